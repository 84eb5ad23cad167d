"""What opposition takes back of a measure, and what would do as well without it.

A measure is solved twice: as it is, and with the opposing moves taken out of the game. With y the outcome,

    promised     y(measure, nobody opposes) - y(now)
    taken back   y(measure, nobody opposes) - y(measure)
    kept         y(measure) - y(now)              = promised - taken back

Everyone adapts in both: taking the moves out changes what others expect, too.

What does as well as a measure, without it, and if need be without someone.

The measure is solved as it is: that is the reference. Every other measure, and every package of them, is then
solved in the scenario from which all moves of some owners have been taken out: an alternative *without the
West* is one that works while the West does nothing, rather than one that does not mention it. An alternative
is as good if it falls short of the reference in no aim by more than the error bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change, name_of, read_measures
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.measures import try_measures
from bystander.policy.packages import MeasuresResult, PackageResult
from bystander.progress import Progress, part_of
from bystander.scenario import vary
from bystander.scenario.motives import OPPOSING, opposing_moves
from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An outcome now, under measures that nobody opposes, and under measures as they would be met."""

    outcome: str
    about: str
    unit: str
    now: float
    unopposed: float
    opposed: float

    @property
    def promised(self) -> float:
        """What the measures would do if nobody opposed them."""
        return self.unopposed - self.now

    @property
    def taken_back(self) -> float:
        """What of that opposition takes back."""
        return self.unopposed - self.opposed

    @property
    def kept(self) -> float:
        """What is left."""
        return self.opposed - self.now


@dataclass(frozen=True, slots=True)
class OppositionResult:
    """What the opposing moves take back of some measures, outcome by outcome.

    ``jump`` is the largest jump between equilibria on the way, in worth.
    """

    measures: tuple[str, ...]
    moves: tuple[str, ...]
    outcomes: tuple[TakenBack, ...]
    jump: float = 0.0

    def outcome(self, name: str) -> TakenBack:
        """Return what is taken back of one outcome."""
        return next(row for row in self.outcomes if row.outcome == name)


def take_back(
    scenario: Scenario,
    measures: Sequence[tuple[str, str]],
    *,
    moves: Sequence[str] | None = None,
    outcomes: Sequence[str] | None = None,
    base: Case | None = None,
) -> OppositionResult:
    """Solve measures with and without opposition.

    Parameters
    ----------
    measures
        (name, degree) pairs.
    moves
        The opposing moves; those tagged ``obstruction`` if None.

    Raises
    ------
    QueryError
        If a measure or move is unknown, or no move is tagged.
    """
    chosen = list(moves) if moves is not None else opposing_moves(scenario)
    if not chosen:
        raise QueryError(
            f"No move is tagged '{OPPOSING}', so it is unclear who opposes. Write tags: [{OPPOSING}]."
        )
    now = base or solve_case(scenario, outcomes=outcomes, judgements=())
    names = list(now.outcomes) if outcomes is None else list(outcomes)
    opposed = solve_case(
        Change(measures=tuple(measures)).apply(scenario), near=now, outcomes=names, judgements=()
    )
    free = Change(measures=tuple(measures), disable=tuple(chosen)).apply(scenario)
    unopposed = solve_case(free, near=opposed, outcomes=names, judgements=())
    rows = tuple(
        TakenBack(
            name,
            result.about,
            result.estimate.unit,
            now.value(name),
            unopposed.value(name),
            result.estimate.value,
        )
        for name, result in opposed.outcomes.items()
    )
    jump = max(opposed.jump, unopposed.jump)
    return OppositionResult(tuple(map(name_of, measures)), tuple(chosen), rows, jump)


def as_good(found: MeasuresResult, package: PackageResult) -> tuple[PackageResult, ...]:
    """Return the packages of other measures that do at least as well for every aim, cheapest first."""
    banned = {name for name, _ in package.parts}
    others = [
        p
        for p in found.packages
        if not p.failure
        and not banned & {name for name, _ in p.parts}
        and all(falls_short(p, package, aim) <= 0.0 for aim in found.aims)
    ]
    return tuple(sorted(others, key=lambda p: (p.cost, len(p.parts), p.name)))


def falls_short(candidate: PackageResult, reference: PackageResult, aim: tuple[str, str]) -> float:
    """Return by how much a package is worse than another for an aim; 0 within the error bounds."""
    outcome, direction = aim
    mine, theirs = candidate.effect(outcome), reference.effect(outcome)
    gap = (mine.after - theirs.after) * (1.0 if direction == "less" else -1.0)
    return gap if gap > mine.error + theirs.error else min(gap, 0.0)


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
    chosen = [f"{name}={degree}" if degree else name for name, degree in dict.fromkeys(measures)]
    Change(measures=read_measures(scenario, chosen)).apply(scenario)  # they are taken together
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
