"""Packages of measures: which there are, and what is known of one once it has been solved."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bystander.cases.changes import Change, name_of, read_measures
from bystander.equilibrium.reasons import Hindrance
from bystander.errors import QueryError
from bystander.policy.what_if import WorthChange
from bystander.scenario.schema import Measure, Scenario

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PackageEffect:
    """An outcome without and with a package; ``aim`` is "less", "more" or "" for a side effect.

    ``low`` and ``high`` bound the change over the equilibria found; None where only one was, or none sought.
    """

    outcome: str
    before: float
    after: float
    unit: str
    aim: str = ""
    error: float = 0.0
    low: float | None = None
    high: float | None = None

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def improves(self) -> bool | None:
        """Whether an aim comes nearer, by more than the error bounds; None for a side effect."""
        if not self.aim:
            return None
        return (self.change < -self.error) if self.aim == "less" else (self.change > self.error)


@dataclass(frozen=True, slots=True)
class Survival:
    """How an effect fares over draws from the priors.

    ``share`` of the draws in which the aim comes nearer; the change itself is below ``low`` in one draw of
    ten and above ``high`` in another.
    """

    outcome: str
    share: float
    low: float
    high: float
    draws: int


@dataclass(frozen=True, slots=True)
class PackageResult:
    """One measure or package, solved again.

    Attributes
    ----------
    measures
        Names with their degrees, ``western_mediation (envoy)``.
    worths
        What the scenario is worth to each actor at the start.
    parts
        The measures as (name, degree) pairs.
    efficient
        Whether no other package beats it; None if there are no aims.
    failure
        Why it has no numbers; "" if it has.
    jump
        The largest jump between equilibria on the way to it, in worth: where it is not 0 the effects are not
        those of one equilibrium followed.
    hindered
        For a measure that hardly moves anything: the decisions it makes possible that are not made, and why.
    """

    measures: tuple[str, ...]
    cost: float
    effects: tuple[PackageEffect, ...]
    worths: tuple[WorthChange, ...]
    parts: tuple[tuple[str, str], ...] = ()
    efficient: bool | None = None
    robustness: tuple[Survival, ...] = ()
    claims: tuple[str, ...] = ()
    failure: str = ""
    jump: float = 0.0
    hindered: tuple[Hindrance, ...] = ()

    @property
    def name(self) -> str:
        """The measures in one text."""
        return " + ".join(self.measures) or "nothing"

    @property
    def opposed(self) -> tuple[WorthChange, ...]:
        """Actors whose value falls, most first."""
        return tuple(sorted((w for w in self.worths if w.change < 0.0), key=lambda w: w.change))

    @property
    def side_effects(self) -> tuple[PackageEffect, ...]:
        """Outcomes that are no aim, largest relative change first."""
        moved = [e for e in self.effects if not e.aim and abs(e.change) > e.error]
        return tuple(sorted(moved, key=lambda e: -abs(e.change) / max(abs(e.before), 1e-12)))

    def effect(self, outcome: str) -> PackageEffect:
        """Return the effect on one outcome."""
        return next(e for e in self.effects if e.outcome == outcome)


@dataclass(frozen=True, slots=True)
class MeasuresResult:
    """All measures and packages that were tried.

    Attributes
    ----------
    aims
        (outcome, "less" or "more").
    packages
        Single measures first, then pairs, and so on.
    contradictory
        Packages that cannot be put together, with the reason; those that contain them are not listed.
    left_out
        Packages that were not tried, because of the limit, the time, or an interruption.
    ended
        Why the work ended early; "" if it did not.
    starts, equilibria
        Starts of the search for further equilibria without measures (0 if there was none), and how many
        equilibria are known.
    """

    aims: tuple[tuple[str, str], ...]
    packages: tuple[PackageResult, ...]
    contradictory: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    ended: str = ""
    starts: int = 0
    equilibria: int = 1

    @property
    def singles(self) -> tuple[PackageResult, ...]:
        """Single measures."""
        return tuple(p for p in self.packages if len(p.measures) == 1)

    @property
    def frontier(self) -> tuple[PackageResult, ...]:
        """The efficient packages, cheapest first."""
        return tuple(sorted((p for p in self.packages if p.efficient), key=lambda p: (p.cost, p.name)))


def alternatives_of(scenario: Scenario, only: Sequence[str] | None, degrees: bool) -> list[list[Pair]]:
    """Return the alternatives of each measure: as used in packages first, then its other degrees."""
    if not scenario.measures and not only:
        raise QueryError("This scenario has no measures. Write some under 'measures:'.")
    if only:
        return [[pair] for pair in read_measures(scenario, only)]
    found = []
    for name, measure in scenario.measures.items():
        alternatives = [(name, "")]
        if degrees:
            alternatives += [
                (name, degree) for degree in measure.intensities if not _as_written(measure, degree)
            ]
        found.append(alternatives)
    return found


def arrange_packages(
    scenario: Scenario, chosen: list[list[Pair]], up_to: int, limit: int
) -> tuple[list[tuple[Pair, ...]], list[tuple[str, str]], int]:
    """Return at most ``limit`` packages, those that contradict themselves, and how many are left."""
    jobs: list[tuple[Pair, ...]] = []
    contradictory: list[tuple[str, str]] = []
    clashes: list[frozenset[Pair]] = []
    left_out = 0
    for package in _candidates(chosen, up_to):
        if any(clash <= set(package) for clash in clashes):
            continue
        if len(jobs) >= limit:
            left_out += 1
            continue
        if len(package) > 1:
            try:
                Change(measures=package).apply(scenario)
            except QueryError as error:
                clashes.append(frozenset(package))
                contradictory.append((" + ".join(map(name_of, package)), error.problems[0].message))
                continue
        jobs.append(package)
    return jobs, contradictory, left_out


def _candidates(chosen: list[list[Pair]], up_to: int) -> Iterator[tuple[Pair, ...]]:
    for alternatives in chosen:
        for pair in alternatives:
            yield (pair,)
    for size in range(2, up_to + 1):
        yield from itertools.combinations([alternatives[0] for alternatives in chosen], size)


def _as_written(measure: Measure, degree: str) -> bool:
    """Say whether a degree sets what the measure sets anyway."""
    merged = {**measure.set, **measure.intensities[degree].set}
    return merged == dict(measure.set)
