"""Many changed scenarios answered: in parallel, resumable, interruptible, within a budget.

Each *job* is a `Change`. It is solved by continuing from the base case and its answers are kept in a `Store`
as soon as they are there. Whatever ends the work early (the interrupt key, the time budget, a worker that
dies twice), the answers so far are returned and stay in the store; asking again does only the rest. Answers
do not depend on the number of workers, because every job starts from the same base.

Workers are processes, each with one thread; small games are solved here, one after the other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from typing import Any

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.cases.store import Store, default_store, key_of
from bystander.cases.verdicts import Verdict
from bystander.errors import BystanderError, NotConvergedError, QueryError, ScenarioError
from bystander.numerics.workers import thread_count
from bystander.progress import Progress, silent
from bystander.scenario import scenario_hash

TOLERANCE = 1e-7
SMALL = 3_000
FEW = 4
RESTARTS = 2


@dataclass(frozen=True, slots=True)
class Answers:
    """What a changed scenario answers, in plain numbers.

    Attributes
    ----------
    outcomes, errors
        Value and error bound of each outcome asked.
    worths
        Value of each actor at the start, in worth.
    failure
        Why there are no numbers; "" if there are.
    jump
        The largest jump between equilibria on the way from the base, in worth; 0 if there was none.
    """

    outcomes: dict[str, float]
    errors: dict[str, float]
    verdicts: dict[str, Verdict]
    worths: dict[str, float]
    failure: str = ""
    jump: float = 0.0

    @property
    def solved(self) -> bool:
        """Whether there are numbers."""
        return not self.failure


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a list of jobs: an answer for each, None for those not reached, and why it ended."""

    answers: tuple[Answers | None, ...]
    ended: str = ""

    @property
    def complete(self) -> bool:
        """Whether every job was reached."""
        return all(answer is not None for answer in self.answers)


def answers_of(case: Case) -> Answers:
    """Reduce a case to its numbers."""
    estimates = {name: result.estimate for name, result in case.outcomes.items()}
    return Answers(
        {name: float(e.value) for name, e in estimates.items()},
        {name: float(e.error) for name, e in estimates.items()},
        dict(case.verdicts),
        dict(case.worths),
        jump=case.jump,
    )


def answer_changes(
    base: Case,
    changes: Sequence[Change],
    *,
    outcomes: Sequence[str] | None = None,
    judgements: Sequence[str] | None = None,
    store: Store | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
    step: str = "Solving",
    branch: str = "",
) -> Done:
    """Answer a list of changed scenarios.

    Parameters
    ----------
    base
        The case that every change is applied to and continued from.
    outcomes, judgements
        Those to answer; all if None.
    store
        Where answers are kept; the user's cache if None.
    workers
        Processes; as many as processors if None.
    seconds
        Time after which no further job is begun.
    progress
        Told the step and the share done.
    branch
        Names the base's equilibrium where it is not the one that solving its scenario leads to.
    """
    store = default_store() if store is None else store
    tell = progress or silent
    asked = (
        tuple(outcomes) if outcomes is not None else None,
        tuple(judgements) if judgements is not None else None,
    )
    told = scenario_hash(base.scenario)
    keys = [key_of(told, change.to_json(), repr(asked), branch) for change in changes]
    found: dict[str, Answers] = {}
    for key in keys:
        kept = store.get(key)
        if kept is not None:
            found[key] = _read(kept)
    todo = {key: change for key, change in zip(keys, changes, strict=True) if key not in found}
    total, deadline = len(set(keys)), None if seconds is None else time.monotonic() + seconds

    def keep(key: str, answer: Answers) -> None:
        found[key] = answer
        store.put(key, asdict(answer))
        tell(step, len(found) / max(total, 1))

    tell(step, len(found) / max(total, 1))
    count = min(workers or thread_count(), len(todo))
    in_place = count <= 1 or len(todo) < FEW or base.game.size < SMALL
    try:
        ended = _one_by_one(base, todo, asked, keep, deadline) if in_place else ""
        if not in_place:
            ended = _side_by_side(base, todo, asked, keep, deadline, count)
    except KeyboardInterrupt:
        ended = "interrupted"
    return Done(tuple(found.get(key) for key in keys), ended)


Asking = tuple[tuple[str, ...] | None, tuple[str, ...] | None]


def answer_change(base: Case, change: Change, asked: Asking = (None, None)) -> Answers:
    """Answer one changed scenario; a scenario that cannot be solved is an answer too."""
    try:
        scenario = change.apply(base.scenario)
        return answers_of(
            solve_case(scenario, near=base, outcomes=asked[0], judgements=asked[1], tolerance=TOLERANCE)
        )
    except (NotConvergedError, QueryError, ScenarioError) as error:
        return Answers({}, {}, {}, {}, str(error) or type(error).__name__)


def _one_by_one(base: Case, todo: dict[str, Change], asked: Asking, keep: Any, deadline: float | None) -> str:
    for key, change in todo.items():
        if deadline is not None and time.monotonic() > deadline:
            return "out of time"
        keep(key, answer_change(base, change, asked))
    return ""


_BASE: list[Case] = []


def _begin(base: Case) -> None:
    """Make a worker ready: the base at hand, one thread, and the interrupt key left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["BYSTANDER_THREADS"] = "1"
    _BASE[:] = [base]


def _work(change: Change, asked: Asking) -> Answers:
    return answer_change(_BASE[0], change, asked)


def _side_by_side(
    base: Case, todo: dict[str, Change], asked: Asking, keep: Any, deadline: float | None, count: int
) -> str:
    left = dict(todo)
    for _ in range(RESTARTS + 1):
        try:
            return _with_pool(base, left, asked, keep, deadline, count)
        except BrokenProcessPool:
            continue
    return "a worker died repeatedly; is there enough memory?"


def _with_pool(
    base: Case, left: dict[str, Change], asked: Asking, keep: Any, deadline: float | None, count: int
) -> str:
    """Work on what is left, taking jobs off ``left`` as they are answered."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(base,))
    waiting = list(left.items())
    running: dict[Future[Answers], str] = {}
    late = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # threads here hold no locks that workers need
            while waiting or running:
                late = late or (deadline is not None and time.monotonic() > deadline)
                while waiting and len(running) < 2 * count and not late:
                    key, change = waiting.pop(0)
                    running[pool.submit(_work, change, asked)] = key
                if not running:
                    break
                done, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    key = running.pop(future)
                    answer = future.result()
                    left.pop(key)
                    keep(key, answer)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return "out of time" if late and left else ""


def _read(kept: Any) -> Answers:
    verdicts = {name: Verdict(**verdict) for name, verdict in kept["verdicts"].items()}
    return Answers(kept["outcomes"], kept["errors"], verdicts, kept["worths"], kept["failure"], kept["jump"])


def require_solved(answers: Answers | None, what: str) -> Answers:
    """Return answers, or raise if there are none."""
    if answers is None:
        raise BystanderError(f"{what} was not reached.")
    if answers.failure:
        raise NotConvergedError(f"{what}: {answers.failure}")
    return answers
