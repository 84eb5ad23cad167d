"""What does as well as a measure, without it, and if need be without someone.

The measure is solved as it is: that is the reference. Every other measure, and every package of them, is then
solved in the scenario from which all moves of some owners have been taken out: an alternative *without the
West* is one that works while the West does nothing, rather than one that does not mention it. An alternative
is as good if it falls short of the reference in no aim by more than the error bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bystander.errors import QueryError
from bystander.policy.cases import Case, solve_case
from bystander.policy.changes import read_measures
from bystander.policy.measures import try_measures
from bystander.policy.opposition import as_good, falls_short
from bystander.policy.packages import MeasuresResult, PackageResult
from bystander.policy.store import Store
from bystander.progress import Progress, part_of
from bystander.scenario import vary
from bystander.scenario.schema import Scenario

CHANCE = "nature"


@dataclass(frozen=True, slots=True)
class Substitutes:
    """What does as well as a measure.

    Attributes
    ----------
    reference
        The measure or package to be replaced.
    without
        Owners whose moves the alternatives do without.
    as_good
        Alternatives that fall short in no aim, cheapest first.
    nearest
        For each aim the alternative that comes nearest to the reference, or goes farthest beyond it.
    tried
        Everything that was tried in its place.
    """

    reference: PackageResult
    without: tuple[str, ...]
    as_good: tuple[PackageResult, ...]
    nearest: tuple[tuple[str, PackageResult], ...]
    tried: MeasuresResult


def without_owners(scenario: Scenario, owners: Sequence[str]) -> Scenario:
    """Return a scenario from which every move of some owners is taken out.

    Raises
    ------
    QueryError
        If an owner has no moves.
    """
    moves = scenario.moves()
    known = dict.fromkeys(name.partition(".")[0] for name in moves)
    known.pop(CHANCE, None)
    for owner in owners:
        if owner not in known:
            raise QueryError(
                f"Nobody called '{owner}' has moves to do without. There is: {', '.join(known)}."
            )
    taken = [name for name, move in moves.items() if move.enabled and name.partition(".")[0] in owners]
    return vary(scenario, disable=taken) if taken else scenario


def substitutes(
    scenario: Scenario,
    measures: Sequence[tuple[str, str]],
    *,
    without: Sequence[str] = (),
    up_to: int = 1,
    aims: Mapping[str, Literal["less", "more"]] | None = None,
    base: Case | None = None,
    store: Store | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Substitutes:
    """Find what does as well as some measures, for every aim.

    Parameters
    ----------
    measures
        (name, degree) pairs, together the package to be replaced.
    without
        Owners whose moves alternatives must do without.
    up_to
        Largest number of measures in an alternative.

    Raises
    ------
    QueryError
        If a measure or an owner is unknown, there are no aims, or nothing else could be done.
    """
    chosen = [f"{name}={degree}" if degree else name for name, degree in measures]
    read_measures(scenario, chosen)
    banned = {name for name, _ in measures}
    others = {name: measure for name, measure in scenario.measures.items() if name not in banned}
    if not others:
        raise QueryError("The scenario has no other measure to put in its place.")
    spared = without_owners(scenario, without).model_copy(update={"measures": others})
    now = base or solve_case(scenario, judgements=())
    reference = try_measures(
        scenario,
        only=chosen,
        up_to=len(chosen),
        aims=aims,
        why_idle=False,
        base=now,
        store=store,
        workers=workers,
        progress=part_of(progress, 0.0, 0.05),
    )
    if not reference.aims:
        raise QueryError("No outcome is marked as wanted, so nothing can be as good. Write wanted: less.")
    wanted = reference.packages[-1]
    if wanted.failure or len(wanted.parts) < len(chosen):
        raise QueryError(f"'{' + '.join(chosen)}' could not be solved: {wanted.failure or 'out of time'}")
    tried = try_measures(
        spared,
        up_to=up_to,
        aims=aims,
        why_idle=False,
        base=solve_case(spared, near=now, judgements=()) if without else now,
        store=store,
        workers=workers,
        seconds=seconds,
        progress=part_of(progress, 0.05, 1.0),
    )
    solved = [p for p in tried.packages if not p.failure]
    nearest = [
        (aim[0], min(solved, key=lambda p: (falls_short(p, wanted, aim), p.cost)))
        for aim in tried.aims
        if solved
    ]
    return Substitutes(wanted, tuple(without), as_good(tried, wanted), tuple(nearest), tried)
