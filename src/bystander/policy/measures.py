"""Measures and packages of measures: what each does once everyone has adapted to it.

Every named measure of a scenario is tried at each of its degrees, alone and in packages of up to ``up_to``
measures at once (a measure in one degree only). Each is solved again: a package is not the sum of its parts.
For each: the effect on every outcome, who opposes it (whose value at the start falls, and by how much), its
cost (costs add up), and whether it is *efficient*: no other package is at least as good for every aim and no
dearer.

Single measures and efficient packages are answered in full, all other packages in their aims only: questions
cost about as much as solving. Without aims every package is answered in full.

*Aims* are the outcomes of which the scenario, or the caller, says that less or more is wanted. Everything
else a package does is a side effect. Without any aim there is no efficient set, and the result says so.

*Robustness* of the efficient ones: in how many draws of all parameters from their priors the package still
improves each aim, compared with doing nothing in the same draw. Where a search finds further equilibria,
single measures and efficient packages are followed from each, and their effects are ranges over them; an
effect that includes a jump from one equilibrium to another says so.

A search from many starts (`bystander.equilibrium.multiplicity`) finds the equilibria there are to be found
without the change. The change is then followed from each (`bystander.cases.jobs`), and its effect is the
difference along that branch; effects over all branches give a range. A search that finds one proves nothing
about others, so it is reported with its starts; where it found one it is not made twice.

Where actors are *alike*, what is said of the scenario, of what is asked of it and of the measures is the same
with their names exchanged. To exchange their values then makes an equilibrium of an equilibrium, and answers
and effects are those of the other: of 255 equilibria of eight who might step in, eight are followed.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from bystander.cases.cases import Asked, Case, answer_case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import Answers, answer_changes, answers_of
from bystander.cases.store import Store, default_store, key_of
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Status
from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.policy.packages import (
    MeasuresResult,
    PackageResult,
    alternatives_of,
    arrange_packages,
    hindered,
    mark_efficient,
    ranged,
    result_of,
    survivals,
)
from bystander.policy.robustness import draw_parameters
from bystander.progress import Progress, part_of
from bystander.scenario import scenario_hash
from bystander.scenario.schema import Scenario

TOLERANCE = 1e-8
EXCHANGED = 1e-5
"""Difference of values, as a share of the largest, within which two are one equilibrium, names exchanged."""
APART = {"variables", "starts", "conditions", "parameters", "never", "calendar", "clauses"}
SAID = {*APART, "horizon", "settings", "actors", "hazards", "institutions", "outcomes", "measures", "rivals"}
"""Sections that an equilibrium and its answers follow from; in those ``APART`` no actor is to be named."""
NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Branches:
    """The other equilibria of a solved scenario, and the starts from which they were searched."""

    others: tuple[Case, ...]
    starts: int

    @property
    def found(self) -> int:
        """How many equilibria are known, the case itself included."""
        return 1 + len(self.others)


def search_branches(
    case: Case, starts: int, *, seed: int = 0, outcomes: Asked = None, store: Store | None = None
) -> Branches:
    """Search for other equilibria of a case and answer its outcomes there. Cost: a direct solve a start."""
    store = default_store() if store is None else store
    key = key_of(scenario_hash(case.scenario), "branches", str(starts), str(seed), _name(case))
    if store.get(key, int) == 1:
        return Branches((), starts)
    found = search(case.game, starts=starts, seed=seed, base=case.equilibrium, tolerance=TOLERANCE)
    others = tuple(
        answer_case(case.scenario, other, outcomes=outcomes, judgements=())
        for other in found.equilibria[1:]
        if other.status is Status.CONVERGED
    )
    if found.starts == starts:
        store.put(key, 1 + len(others))
    return Branches(others, found.starts)


def differences(
    base: Case,
    branches: Branches,
    changes: Sequence[Change],
    *,
    outcomes: Sequence[str] | None = None,
    store: Store | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> tuple[list[dict[str, list[float]]], str]:
    """Return for each change what it adds to each outcome on every other branch, and why it ended early.

    Of branches that differ by who is who among actors that are alike, the base's included, one is followed.
    """
    found: list[dict[str, list[float]]] = [{} for _ in changes]
    for case in _unlike(base, branches.others, changes, outcomes):
        before = answers_of(case).outcomes
        done = answer_changes(
            case,
            changes,
            outcomes=outcomes,
            judgements=(),
            store=store,
            workers=workers,
            seconds=seconds,
            progress=progress,
            step="Following the other equilibria",
            branch=_name(case),
        )
        for place, answers in enumerate(done.answers):
            if answers is not None and answers.solved:
                for name, value in answers.outcomes.items():
                    found[place].setdefault(name, []).append(value - before[name])
        if done.ended:
            return found, done.ended
    return found, ""


def _unlike(
    base: Case, others: Sequence[Case], changes: Sequence[Change], outcomes: Sequence[str] | None
) -> list[Case]:
    """Return those of the other equilibria that no exchange of alike actors makes of the base or another."""
    if len(others) < 2:
        return list(others)
    measures = {name for change in changes for name, _ in change.measures}
    groups = alike(base.scenario, base.outcomes if outcomes is None else outcomes, measures)
    columns = [[base.game.actors.index(name) for name in group] for group in groups]
    seen, kept = [_ordered(base, columns)], list[Case]()
    for case in others:
        values = _ordered(case, columns)
        near = EXCHANGED * max(1.0, float(np.abs(values).max(initial=0.0)))
        if all(np.abs(values - other).max(initial=0.0) > near for other in seen):
            seen.append(values)
            kept.append(case)
    return kept


def _ordered(case: Case, columns: Sequence[Sequence[int]]) -> Float:
    """Return the values of an equilibrium, the columns of alike actors in an order of their own."""
    values = np.array(case.equilibrium.lasting.values)
    for group in columns:
        some = values[:, group]
        values[:, group] = some[:, np.lexsort(np.round(some, 4))]
    return values


def alike(scenario: Scenario, outcomes: Iterable[str], measures: Iterable[str]) -> list[list[str]]:
    """Return groups of actors with whose names exchanged a scenario, outcomes and measures say the same.

    Only what reads the same is alike: terms of an expression in another order are not. Names that also mean
    something else, or by which the situation itself tells actors apart, are alike to none.
    """
    said = scenario.model_dump(mode="json", include=SAID, exclude_defaults=True)
    said["outcomes"] = {name: said["outcomes"][name] for name in outcomes if name in scenario.outcomes}
    changes = {**said.pop("measures", {}), **said.pop("rivals", {})}
    said["measures"] = {name: changes[name] for name in measures}
    words = set(NAMES.findall(json.dumps({key: body for key, body in said.items() if key in APART})))
    groups: list[list[str]] = []
    plain = _exchanged(said, {})
    for name in scenario.actors:
        for group in groups:
            if {name, group[0]}.isdisjoint(words) and plain == _exchanged(
                said, {name: group[0], group[0]: name}
            ):
                group.append(name)
                break
        else:
            groups.append([name])
    return [group for group in groups if len(group) > 1]


def _exchanged(said: Any, names: Mapping[str, str]) -> Any:
    """Return what is said with names exchanged, words about it left out, lists of names in order."""
    if isinstance(said, dict):
        return {
            _exchanged(key, names): _exchanged(body, names) for key, body in said.items() if key != "about"
        }
    if isinstance(said, list):
        found = [_exchanged(each, names) for each in said]
        return sorted(found) if all(isinstance(each, str) for each in found) else found
    return NAMES.sub(lambda word: names.get(word[0], word[0]), said) if isinstance(said, str) else said


def _name(case: Case) -> str:
    """Name an equilibrium by its behaviour, to the digits in which two count as one."""
    rounded = np.round(case.equilibrium.choice, 4) + 0.0
    return sha256(rounded.tobytes()).hexdigest()


Direction = Literal["less", "more"]

Package = tuple[tuple[str, str], ...]

LIMIT = 700


def try_measures(
    scenario: Scenario,
    *,
    up_to: int = 1,
    only: Sequence[str] | None = None,
    aims: Mapping[str, Direction] | None = None,
    outcomes: Sequence[str] | None = None,
    degrees: bool = True,
    limit: int = LIMIT,
    draws: int = 0,
    starts: int = 0,
    why_idle: bool = True,
    seed: int = 0,
    base: Case | None = None,
    store: Store | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> MeasuresResult:
    """Try every measure, and packages of up to ``up_to`` of them.

    Parameters
    ----------
    only
        Measures to consider, ``name`` or ``name=degree``; all if None.
    aims
        Outcomes wanted ``less`` or ``more``; those the scenario marks if None.
    outcomes
        Outcomes to compute; all if None. Aims are always computed.
    degrees
        Whether single measures are tried at each of their degrees. Packages of several use each measure as
        written, or the degree named in ``only``.
    limit
        Most packages to solve.
    draws
        Draws from the priors for the robustness of the efficient packages.
    starts
        Starts of the search for further equilibria without measures; 0 for none.
    why_idle
        Whether to ask why single measures that move no aim do not.
    seconds
        Time after which no further package is begun.

    Raises
    ------
    QueryError
        If a measure or an aim is unknown, or there are no measures.
    """
    wanted = _aims(scenario, aims)
    asked = None if outcomes is None else list(dict.fromkeys([*outcomes, *wanted]))
    chosen = alternatives_of(scenario, only, degrees)
    before = base or solve_case(scenario, outcomes=asked)
    jobs, contradictory, left_out = arrange_packages(scenario, chosen, up_to, limit)
    work = _PackageSolver(
        before, asked, store, workers, None if seconds is None else time.monotonic() + seconds
    )
    singles = [package for package in jobs if len(package) == 1]
    found = work.solve(singles, asked, part_of(progress, 0.0, len(singles) / max(len(jobs), 1)))
    rest = [package for package in jobs if len(package) > 1]
    share = 0.7 if draws else 0.95
    brief = list(wanted) or asked
    found |= work.solve(rest, brief, part_of(progress, len(singles) / max(len(jobs), 1) * share, share))
    results = [result_of(before, package, found[package], wanted) for package in jobs if package in found]
    left_out += len(jobs) - len(results)
    results = mark_efficient(results, wanted)
    if wanted:
        places = [n for n, r in enumerate(results) if r.efficient and len(r.parts) > 1]
        full = work.solve([results[n].parts for n in places], asked, part_of(progress, share, share))
        for n in places:
            if results[n].parts in full:
                again = result_of(before, results[n].parts, full[results[n].parts], wanted)
                results[n] = replace(again, efficient=True)
    if why_idle and not work.ended:
        results = [hindered(before, r, store) if len(r.parts) == 1 else r for r in results]
    equilibria, starts = 1, 0 if work.ended else starts
    if starts:
        results, equilibria = _over_equilibria(work, results, starts, seed, part_of(progress, share, share))
    if draws and not work.ended:
        results = _robust(work, results, wanted, draws, seed, part_of(progress, share, 1.0))
    return MeasuresResult(
        tuple(wanted.items()), tuple(results), tuple(contradictory), left_out, work.ended, starts, equilibria
    )


@dataclass
class _PackageSolver:
    """Solves packages and remembers why it had to stop."""

    before: Case
    asked: list[str] | None
    store: Store | None
    workers: int | None
    deadline: float | None
    ended: str = ""

    def left(self) -> float | None:
        """Return the seconds left, None without a deadline."""
        return None if self.deadline is None else self.deadline - time.monotonic()

    def answer(
        self,
        changes: Sequence[Change],
        outcomes: Sequence[str] | None,
        progress: Progress,
        step: str,
        *,
        by_itself: bool = False,
    ) -> tuple[Answers | None, ...]:
        """Answer changes, unless the work has ended."""
        if self.ended or not changes:
            return (None,) * len(changes)
        done = answer_changes(
            self.before,
            changes,
            outcomes=outcomes,
            judgements=(),
            store=self.store,
            workers=self.workers,
            seconds=self.left(),
            progress=progress,
            step=step,
            by_itself=by_itself,
        )
        self.ended = done.ended
        return done.answers

    def solve(
        self, packages: Sequence[Package], outcomes: Sequence[str] | None, progress: Progress
    ) -> dict[Package, Answers]:
        """Solve packages; those that were not reached are missing."""
        changes = [Change(measures=package) for package in packages]
        answers = self.answer(changes, outcomes, progress, "Trying measures", by_itself=True)
        return {p: a for p, a in zip(packages, answers, strict=True) if a is not None}


def _aims(scenario: Scenario, aims: Mapping[str, Direction] | None) -> dict[str, str]:
    if aims is None:
        return {name: outcome.wanted for name, outcome in scenario.outcomes.items() if outcome.wanted}
    for name, direction in aims.items():
        if name not in scenario.outcomes:
            raise QueryError(
                f"There is no outcome '{name}' to aim at. There is: {', '.join(scenario.outcomes)}."
            )
        if direction not in ("less", "more"):
            raise QueryError(f"An aim is 'less' or 'more' of an outcome, not '{direction}' of '{name}'.")
    return dict(aims)


def _robust(
    work: _PackageSolver,
    results: list[PackageResult],
    wanted: Mapping[str, str],
    draws: int,
    seed: int,
    progress: Progress,
) -> list[PackageResult]:
    """Solve the efficient packages, and doing nothing, in drawn worlds."""
    worlds = draw_parameters(work.before.scenario, draws, seed)
    places = [n for n, r in enumerate(results) if r.efficient]
    packages = [Change(), *(Change(measures=results[n].parts) for n in places)]
    jobs = [package.under(world) for world in worlds for package in packages]
    step = "Trying the efficient packages in other worlds"
    answers = work.answer(jobs, list(wanted), progress, step)
    width = len(packages)
    marked = list(results)
    for column, n in enumerate(places, start=1):
        pairs = [(answers[row * width], answers[row * width + column]) for row in range(len(worlds))]
        marked[n] = replace(results[n], robustness=survivals(pairs, wanted))
    return marked


def _over_equilibria(
    work: _PackageSolver, results: list[PackageResult], starts: int, seed: int, progress: Progress
) -> tuple[list[PackageResult], int]:
    """Follow single measures and efficient packages from every equilibrium that a search finds."""
    branches = search_branches(work.before, starts, seed=seed, outcomes=work.asked, store=work.store)
    if not branches.others:
        return results, branches.found
    places = [n for n, r in enumerate(results) if not r.failure and (r.efficient or len(r.parts) == 1)]
    found, ended = differences(
        work.before,
        branches,
        [Change(measures=results[n].parts) for n in places],
        outcomes=work.asked,
        store=work.store,
        workers=work.workers,
        seconds=work.left(),
        progress=progress,
    )
    work.ended = ended
    marked = list(results)
    for n, changes in zip(places, found, strict=True):
        marked[n] = ranged(results[n], changes)
    return marked, branches.found
