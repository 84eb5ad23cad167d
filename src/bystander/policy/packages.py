"""Packages of measures: which there are, what a solved one is worth, its place among the others.

A package is *efficient* if nothing else tried, doing nothing at no cost included, is at least as good for
every aim and no dearer. It is *idle* if it hardly moves any aim; why is then
asked of the institutions it opens a way to (`bystander.policy.reasons`).

In the efficient set are rows that nothing else beats on every count. A row dominates another if it is at
least as good in every criterion and better in one, by more than a tolerance (numbers that differ by less than
their error bounds do not beat each other). Rows are scored so that less is better.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case, try_case
from bystander.cases.changes import Change, name_of, read_measures
from bystander.cases.jobs import TOLERANCE, Answers, answers_of
from bystander.cases.store import Store, default_store, key_of, of_form
from bystander.equilibrium.reasons import Hindrance
from bystander.errors import QueryError
from bystander.policy.reasons import hindrances
from bystander.policy.what_if import Moved, WorthChange, hardly_moves, who_loses, worth_changes
from bystander.scenario import scenario_hash
from bystander.scenario.schema import Measure, Scenario

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PackageEffect(Moved):
    """An outcome without and with a package; ``aim`` is "less", "more" or "" for a side effect.

    ``error`` bounds what the change may be wrong by, behaviour solved only so closely included; ``withheld``
    says why a number is not known. ``low`` and ``high`` bound the change over the equilibria found; None
    where only one was, or none sought.
    """

    outcome: str
    before: float
    after: float
    unit: str
    aim: str = ""
    error: float = 0.0
    low: float | None = None
    high: float | None = None
    withheld: str = ""


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
    by_itself
        (outcome, number) where the scenario with it, solved by itself, has another equilibrium.
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
    by_itself: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """The measures in one text."""
        return " + ".join(self.measures) or "nothing"

    @property
    def opposed(self) -> tuple[WorthChange, ...]:
        """Actors whose value falls, most first."""
        return who_loses(self.worths)

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
        return [[pair] for pair in dict.fromkeys(read_measures(scenario, only))]
    found = []
    for name, measure in scenario.measures.items():
        other = [(name, degree) for degree in measure.intensities if not _as_written(measure, degree)]
        alternatives = other if measure.is_bare and other else [(name, ""), *other]
        found.append(alternatives if degrees or measure.is_bare else alternatives[:1])
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


Array = NDArray[Any]


FAR = 1e300


def efficient(scores: Array, tolerance: Array | float = 0.0) -> NDArray[np.bool_]:
    """Say which rows are dominated by no other.

    Parameters
    ----------
    scores
        ``(n, criteria)``, less is better; rows with a NaN are never efficient.
    tolerance
        ``(criteria,)`` or one number.

    Returns
    -------
    array
        ``(n,)`` of bool. Among rows equal in every criterion the first is kept.
    """
    scores = np.clip(np.asarray(scores, dtype=float), -FAR, FAR)  # never is as far as never
    keep: NDArray[np.bool_] = np.array([not np.isnan(row).any() for row in scores], dtype=np.bool_)
    for n in range(len(scores)):
        if not keep[n]:
            continue
        no_worse = (scores <= scores[n] + tolerance).all(axis=1)
        better = (scores < scores[n] - tolerance).any(axis=1)
        twin = (np.abs(scores - scores[n]) <= tolerance).all(axis=1) & (np.arange(len(scores)) < n)
        if ((no_worse & better) | (twin & keep)).any():
            keep[n] = False
    return keep


DIGITS = 10 * TOLERANCE


def result_of(
    before: Case, package: tuple[Pair, ...], answers: Answers, wanted: Mapping[str, str]
) -> PackageResult:
    """Set a package's answers beside those without it."""
    scenario = before.scenario
    measures = [scenario.measures.get(name) or scenario.rivals[name] for name, _ in package]
    plain = answers_of(before)
    effects = tuple(
        PackageEffect(
            name,
            plain.outcomes[name],
            value,
            before.outcomes[name].estimate.unit,
            wanted.get(name, ""),
            plain.errors[name] + answers.errors[name] + DIGITS * abs(plain.outcomes[name]),
            withheld=answers.withheld.get(name, "") or plain.withheld.get(name, ""),
        )
        for name, value in answers.outcomes.items()
        if name in plain.outcomes
    )
    return PackageResult(
        tuple(map(name_of, package)),
        sum(measure.cost for measure in measures),
        effects,
        worth_changes(plain.worths, answers.worths),
        package,
        claims=tuple(dict.fromkeys(claim for measure in measures for claim in measure.claim)),
        failure=answers.failure,
        jump=answers.jump,
        by_itself=tuple(answers.by_itself.items()),
    )


def mark_efficient(results: list[PackageResult], wanted: Mapping[str, str]) -> list[PackageResult]:
    """Mark what nothing beats, doing nothing at no cost included among the rivals."""
    solved = [n for n, r in enumerate(results) if not r.failure]
    if not wanted or not solved:
        return results
    signs = np.array([1.0 if direction == "less" else -1.0 for direction in wanted.values()])
    rows = [[results[n].effect(name).after for name in wanted] for n in solved]
    start = [results[solved[0]].effect(name).before for name in wanted]
    errors = [max(results[n].effect(name).error for n in solved) for name in wanted]
    scores = np.array([start, *rows]) * signs
    costs = np.array([0.0, *(results[n].cost for n in solved)])[:, None]
    keep = efficient(np.hstack([scores, costs]), np.array([*errors, 0.0]))[1:]
    marked = list(results)
    for n, good in zip(solved, keep, strict=True):
        marked[n] = replace(results[n], efficient=bool(good))
    return marked


def survivals(
    pairs: Sequence[tuple[Answers | None, Answers | None]], wanted: Mapping[str, str]
) -> tuple[Survival, ...]:
    """Say how a package fares over worlds, each answered without and with it.

    What never comes in either is not changed; a world in which one of the two is not known is left out.
    """
    solved = [
        (without, with_it)
        for without, with_it in pairs
        if without is not None and with_it is not None and without.solved and with_it.solved
    ]
    if not solved:
        return ()
    found = []
    for name, direction in wanted.items():
        both = np.array([(without.outcomes[name], with_it.outcomes[name]) for without, with_it in solved])
        same = both[:, 0] == both[:, 1]
        changes = np.subtract(both[:, 1], both[:, 0], where=~same, out=np.zeros(len(both)))
        changes = changes[~np.isnan(changes)]
        if not changes.size:
            continue
        better = changes < 0.0 if direction == "less" else changes > 0.0
        with np.errstate(invalid="ignore"):
            ends = np.quantile(changes, [0.1, 0.9])
        if not np.isfinite(changes).all():  # nothing lies between a day and never
            ends = np.quantile(changes, [0.1, 0.9], method="nearest")
        low, high = ends.tolist()
        found.append(Survival(name, float(better.mean()), low, high, len(changes)))
    return tuple(found)


def ranged(result: PackageResult, others: Mapping[str, Sequence[float]]) -> PackageResult:
    """Give the effects of a package their range over equilibria, from its changes on the other branches."""
    effects = []
    for effect in result.effects:
        changes = [effect.change, *others.get(effect.outcome, ())]
        known = len(changes) > 1
        effects.append(replace(effect, low=min(changes), high=max(changes)) if known else effect)
    return replace(result, effects=tuple(effects))


def idle(result: PackageResult) -> bool:
    """Say whether a solved package hardly moves any aim, or without aims anything."""
    judged = [e for e in result.effects if e.aim] or list(result.effects)
    return not result.failure and all(hardly_moves(e.change, e.before) for e in judged)


def hindered(before: Case, result: PackageResult, store: Store | None = None) -> PackageResult:
    """Say why an idle package is: which decisions it makes possible that are not made."""
    if not idle(result):
        return result
    store = default_store() if store is None else store
    key = key_of(scenario_hash(before.scenario), "hindrances", repr(sorted(result.parts)))
    kept = store.get(key, of_form(tuple[Hindrance, ...]))
    if kept is not None:
        return replace(result, hindered=kept)
    changed = Change(measures=result.parts).apply(before.scenario)
    after = try_case(
        lambda: solve_case(changed, near=before, outcomes=(), judgements=(), tolerance=TOLERANCE)
    )
    if after is None:
        return result
    found = hindrances(before, after)
    store.put(key, [asdict(hindrance) for hindrance in found])
    return replace(result, hindered=found)
