"""Many changed scenarios answered: in parallel, resumable, interruptible, within a budget.

Each *job* is a `Change`. It is solved by continuing from the base case and its answers are kept in a `Store`
as soon as they are there. Whatever ends the work early (the interrupt key, the time budget, a worker that
dies twice), the answers so far are returned and stay in the store; asking again does only the rest. Answers
do not depend on the number of workers, because every job starts from the same base.

Work goes through `bystander.cases.engines`: fewer than `MANY` jobs on threads of this process, more in
processes of their own; small games are solved here, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from bystander.cases.cases import Case, answer_case, numbers_by_itself, reach_equilibrium
from bystander.cases.changes import Change
from bystander.cases.engines import run_tasks, scheduler
from bystander.cases.leverage import Leverage, leverage_at
from bystander.cases.store import Store, default_store, key_of, of_form
from bystander.cases.verdicts import Verdict
from bystander.errors import BystanderError, NotConvergedError, QueryError, ScenarioError
from bystander.process.outcomes import make_clocks
from bystander.progress import Progress, silent
from bystander.scenario import Scenario, scenario_hash

TOLERANCE = 1e-8
"""Residual, in worth, of changed scenarios: where sweeping shows mostly that the error matters to nobody, so
that no linear solve need bound it (`bystander.cases.closeness`), which would cost five times the sweeps."""
ROUGH = 1e-4
"""Residual, in worth, of draws of which only shares and percentiles are wanted: see `answer_changes`."""
NEARER = ROUGH / 32
"""That of draws whose bounds would say too little."""
CLOSELY, ROUGHLY = 1e-9, 1e-7
"""How closely the process of a changed scenario is followed, and that of such draws."""
SMALL = 3_000
FEW = 4
MANY = 100
"""Jobs from which on processes are worth beginning; fewer go side by side on threads."""


INTERRUPTED = "interrupted"


class Asking(NamedTuple):
    """What is asked of every change, all if None, whether only roughly, and whether bounds then say so.

    ``by_itself``: whether each is solved without the base too, where that might tell another equilibrium.
    """

    outcomes: tuple[str, ...] | None = None
    judgements: tuple[str, ...] | None = None
    rough: bool = False
    bounded: bool = False
    by_itself: bool = False


ALL = Asking()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a changed scenario answers, in plain numbers.

    Attributes
    ----------
    outcomes, errors
        Value and error bound of each outcome asked.
    withheld
        Why an outcome has no value, of those that have none.
    worths
        Value of each actor at the start, in worth.
    failure
        Why there are no numbers; "" if there are.
    jump
        The largest jump between equilibria on the way from the base, in worth; 0 if there was none.
    by_itself
        The outcomes where the scenario is solved without the base, if that leads to another equilibrium
        (`bystander.cases.cases.solved_by_itself`), if that is asked.
    """

    outcomes: dict[str, float]
    errors: dict[str, float]
    verdicts: dict[str, Verdict]
    worths: dict[str, float]
    failure: str = ""
    jump: float = 0.0
    withheld: dict[str, str] = field(default_factory=dict)
    by_itself: dict[str, float] = field(default_factory=dict)

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

    def unless_ended(self) -> tuple[Answers | None, ...]:
        """Return the answers, for whoever has nothing to say of a part; see `unless_ended`."""
        unless_ended(self.ended)
        return self.answers


def unless_ended(ended: str) -> None:
    """Go on where work was done as a whole.

    Raises
    ------
    KeyboardInterrupt
        Again, if that is why the work ended.
    BystanderError
        If anything else ended it.
    """
    if ended == INTERRUPTED:
        raise KeyboardInterrupt
    if ended:
        raise BystanderError(f"Not everything could be solved: {ended}")


def answers_of(case: Case) -> Answers:
    """Reduce a case to its numbers."""
    estimates = {name: result.estimate for name, result in case.outcomes.items()}
    return Answers(
        {name: float(e.value) for name, e in estimates.items()},
        {name: float(e.error) for name, e in estimates.items()},
        dict(case.verdicts),
        dict(case.worths),
        jump=case.jump,
        withheld={name: e.withheld for name, e in estimates.items() if e.withheld},
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
    rough: bool = False,
    by_itself: bool = False,
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
    rough
        Solve and follow only as closely as shares and percentiles need. On Ferghana 2022 no outcome is off
        by more than 1e-4 (of itself, where it is an amount). From `MANY` changes on, or in small games, error
        bounds say so (`bystander.cases.leverage`), and a change whose bounds would withhold an answer or
        leave a verdict open is solved on, if need be closely; else they are those of the process alone.
    by_itself
        Whether to solve each without the base too, unless roughly, and say where it has another equilibrium.
    """
    store = default_store() if store is None else store
    tell = progress or silent
    asked = Asking(
        tuple(outcomes) if outcomes is not None else None,
        tuple(judgements) if judgements is not None else None,
        rough,
        rough and (len(changes) >= MANY or base.game.size < SMALL),
        by_itself,
    )
    told = scenario_hash(base.scenario)
    keys = [key_of(told, change.to_json(), repr(asked), branch) for change in changes]
    found: dict[str, Answers] = {}
    for key in keys:
        kept = store.get(key, of_form(Answers))
        if kept is not None:
            found[key] = kept
    todo = {key: change for key, change in zip(keys, changes, strict=True) if key not in found}
    total, deadline = len(set(keys)), None if seconds is None else time.monotonic() + seconds

    def keep(key: str, answer: Answers) -> None:
        found[key] = answer
        store.put(key, asdict(answer))
        tell(step, len(found) / max(total, 1))

    tell(step, len(found) / max(total, 1))
    in_place = not scheduler() and (len(todo) < FEW or base.game.size < SMALL)
    try:
        leverage = leverage_at(base, outcomes, judgements) if asked.bounded and todo else None
        shared = (base, asked, leverage)
        ended = run_tasks(
            _work,
            shared,
            todo,
            keep,
            workers=1 if in_place else workers,
            deadline=deadline,
            threads=len(todo) < MANY,
        )
    except KeyboardInterrupt:
        ended = INTERRUPTED
    return Done(tuple(found.get(key) for key in keys), ended)


def answer_change(
    base: Case, change: Change, asked: Asking = ALL, leverage: Leverage | None = None
) -> Answers:
    """Answer one changed scenario; a scenario that cannot be solved is an answer too."""
    try:
        scenario = change.apply(base.scenario)
        if not asked.rough:
            case = _answered(base, scenario, asked, TOLERANCE)
            beside = numbers_by_itself(case) if asked.by_itself else {}
            return replace(answers_of(case), by_itself=beside)
        case = _answered(base, scenario, asked, ROUGH)
        if leverage is None:
            return answers_of(case)
        found = leverage.carried(case) or leverage.carried(_nearer(case, asked))
        return answers_of(found or _answered(base, scenario, asked, TOLERANCE))
    except (NotConvergedError, QueryError, ScenarioError) as error:
        return Answers({}, {}, {}, {}, str(error) or type(error).__name__)


def _answered(base: Case, scenario: Scenario, asked: Asking, tolerance: float) -> Case:
    """Solve a changed scenario and answer it; curves, which `Answers` do not hold, are left out."""
    equilibrium = reach_equilibrium(scenario, base, tolerance)
    rough = tolerance > TOLERANCE
    return answer_case(
        scenario,
        equilibrium,
        outcomes=asked.outcomes,
        judgements=asked.judgements,
        clocks=make_clocks(equilibrium, epsilon=ROUGHLY if rough else CLOSELY, curves=False),
        carried=not rough,
    )


def _nearer(case: Case, asked: Asking) -> Case:
    """Solve a rough draw on from where it is, by a digit and a half."""
    found = _answered(case, case.scenario, asked, NEARER)
    return replace(found, equilibrium=replace(found.equilibrium, selection=case.equilibrium.selection))


def _work(shared: tuple[Case, Asking, Leverage | None], change: Change) -> Answers:
    return answer_change(shared[0], change, shared[1], shared[2])
