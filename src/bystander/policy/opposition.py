"""What opposition takes back of a measure, and what would do as well without it.

A measure is solved twice: as it is, and with the opposing moves taken out of the game. With y the outcome,

    promised     y(measure, nobody opposes) - y(now)
    taken back   y(measure, nobody opposes) - y(measure)
    kept         y(measure) - y(now)              = promised - taken back

Everyone adapts in both: taking the moves out changes what others expect, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bystander.errors import QueryError
from bystander.policy.cases import Case, solve_case
from bystander.policy.changes import Change, name_of
from bystander.policy.packages import MeasuresResult, PackageResult
from bystander.scenario.schema import Scenario

OPPOSING = "obstruction"


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
        raise QueryError(f"No move is tagged '{OPPOSING}', so it is unclear who opposes. Name the moves.")
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


def opposing_moves(scenario: Scenario) -> list[str]:
    """Return the enabled moves tagged as obstruction."""
    return [name for name, move in scenario.moves().items() if OPPOSING in move.tags and move.enabled]


def as_good(
    found: MeasuresResult, package: str | PackageResult, *, without: Sequence[str] = ()
) -> tuple[PackageResult, ...]:
    """Return the packages that do at least as well as one for every aim, cheapest first.

    Parameters
    ----------
    package
        Its name, as in `PackageResult.name`, or itself, solved elsewhere.
    without
        Measures that an alternative may not contain, by name, whatever their degree.

    Raises
    ------
    QueryError
        If the package was not solved, or there are no aims to compare by.
    """
    solved = {p.name: p for p in found.packages if not p.failure}
    if isinstance(package, str) and package not in solved:
        raise QueryError(f"'{package}' is not among the packages that were solved.")
    if not found.aims:
        raise QueryError("No outcome is marked as wanted, so nothing can be as good. Name aims.")
    reference = solved[package] if isinstance(package, str) else package
    banned = {*without, *(name for name, _ in reference.parts)}
    others = [
        p
        for p in solved.values()
        if not banned & {name for name, _ in p.parts}
        and all(falls_short(p, reference, aim) <= 0.0 for aim in found.aims)
    ]
    return tuple(sorted(others, key=lambda p: (p.cost, len(p.parts), p.name)))


def falls_short(candidate: PackageResult, reference: PackageResult, aim: tuple[str, str]) -> float:
    """Return by how much a package is worse than another for an aim; 0 within the error bounds."""
    outcome, direction = aim
    mine, theirs = candidate.effect(outcome), reference.effect(outcome)
    gap = (mine.after - theirs.after) * (1.0 if direction == "less" else -1.0)
    return gap if gap > mine.error + theirs.error else min(gap, 0.0)
