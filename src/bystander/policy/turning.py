r"""What would flip it: the nearest value of each parameter at which a target crosses its threshold.

One parameter at a time, all others held, everyone adapting: the scenario is solved again at every value
tried, each solve continuing from the nearest one before it. A parameter moves on the scale of its prior, z =
Phi^-1(F(value)): standard deviations from the prior's median. Derivatives say which parameters have leverage
and which way to go; the crossing is then bracketed and closed in on (Illinois variant of false position;
Dowell & Jarratt 1971) until it is known to `PRECISION` in z.

Turning points are ordered by plausibility: the probability that the prior gives to values at least as far
out, two-sided, ``2 min(F, 1 - F)``. A parameter without a prior is searched from a tenth to ten times its
value, comes after all others and has no plausibility.

Nothing is claimed of what was not looked at: parameters without leverage, those searched to the end of their
range without a crossing, and those not searched are listed apart. A crossing beyond a reversal of direction
that no evaluation saw can be missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from bystander.errors import NotConvergedError, QueryError, ScenarioError
from bystander.policy.amounts import in_its_unit
from bystander.policy.cases import Case, solve_case
from bystander.policy.changes import Change, name_of
from bystander.policy.gradients import target_gradient
from bystander.policy.store import Store
from bystander.policy.targets import Target, base_for
from bystander.policy.work import answer_changes
from bystander.progress import Progress, silent
from bystander.scenario import vary
from bystander.scenario.schema import Parameter, Scenario

FARTHEST = 3.719  # two-sided tail of 1 in 5,000
PRECISION = 2e-3
MOST_STEPS = 25
WITHOUT_PRIOR = 10.0


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """Where one parameter turns the target.

    Attributes
    ----------
    now, there
        Values in days, people and dollars; ``now_text`` and ``there_text`` with units.
    deviations
        Standard deviations of ``there`` from the prior's median; None without a prior.
    tail
        Probability under the prior of a value at least as far out, two-sided; None without a prior.
    assumption
        Whether no fact supports the parameter.
    """

    parameter: str
    about: str
    now: float
    there: float
    now_text: str
    there_text: str
    deviations: float | None
    tail: float | None
    assumption: bool
    solves: int


@dataclass(frozen=True, slots=True)
class TurningPoints:
    """Everything found about what would turn a target.

    Attributes
    ----------
    number
        The target's number now, beside its ``threshold``.
    points
        Most plausible first.
    measures
        (measure, number with it, whether the target turns).
    unmoved
        Parameters searched to the end of their range without a crossing.
    powerless
        Parameters that have no influence, as far as derivatives tell.
    unsearched
        Parameters with influence that were not searched.
    """

    target: str
    number: float
    threshold: float
    points: tuple[TurningPoint, ...]
    measures: tuple[tuple[str, float, bool], ...] = ()
    unmoved: tuple[str, ...] = ()
    powerless: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The finding in one sentence."""
        if self.points:
            first = self.points[0]
            odds = "" if first.tail is None else f" (a value the prior puts at {first.tail:.1%} or less)"
            return f"{first.parameter} would turn it at {first.there_text} instead of {first.now_text}{odds}."
        turning = [name for name, _, turns in self.measures if turns]
        if turning:
            return f"No single parameter turns it within its range; the measure {turning[0]} does."
        if self.unsearched:
            return (
                f"None of the {len(self.unmoved)} parameters with most influence turns it within its range; "
                f"{len(self.unsearched)} were not searched."
            )
        return "Nothing reaches it: no parameter, over its whole range, and no measure turns it."


class _Search:
    """The gap of a target as a function of one parameter, each solve continuing from the nearest so far."""

    def __init__(self, base: Case, target: Target, name: str) -> None:
        self.base, self.target, self.name = base, target, name
        self.parameter: Parameter = base.scenario.parameters[name]
        self.now = self.parameter.value.value
        self.start = to_scale(self.parameter, self.now)
        self.cases: dict[float, Case] = {self.start: base}
        self.solves = 0

    def gap(self, z: float) -> float:
        """Return the gap with the parameter at z on its prior's scale, NaN where there is no solution."""
        if z not in self.cases:
            near = self.cases[min(self.cases, key=lambda known: abs(known - z))]
            value = from_scale(self.parameter, self.now, z)
            scenario = vary(self.base.scenario, sets={self.name: value})
            self.solves += 1
            try:
                self.cases[z] = solve_case(
                    scenario, near=near, outcomes=self.target.outcomes, judgements=self.target.judgements
                )
            except (NotConvergedError, ScenarioError, QueryError):
                return math.nan
        return self.target.of(self.cases[z])[1]


def turning_points(
    scenario: Scenario,
    target: Target,
    *,
    parameters: Sequence[str] | None = None,
    limit: int = 12,
    measures: bool = True,
    base: Case | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> TurningPoints:
    """Find what would turn a target.

    Parameters
    ----------
    target
        See `bystander.policy.targets`.
    parameters
        Those to search; all with influence if None.
    limit
        Most parameters to search, those likeliest to turn the target first.
    measures
        Whether to try the scenario's measures too.
    base
        The scenario solved, if it is at hand.

    Raises
    ------
    QueryError
        If a parameter is unknown.
    """
    tell = progress or silent
    for name in parameters or ():
        if name not in scenario.parameters:
            raise QueryError(f"There is no parameter '{name}'. There is: {', '.join(scenario.parameters)}.")
    tell("Solving as it is", 0.0)
    case = base_for(scenario, target, base)
    number, gap = target.of(case)
    slopes = target_gradient(case, target)
    searchable, powerless = [], []
    for name in parameters or scenario.parameters:
        if slopes.get(name, 0.0) == 0.0 or not _has_range(scenario.parameters[name]):
            powerless.append(name)
        else:
            searchable.append((_distance(scenario.parameters[name], gap, slopes[name]), name))
    ordered = [name for _, name in sorted(searchable)]
    points, unmoved = [], []
    for n, name in enumerate(ordered[:limit]):
        tell(f"Turning {name}", 0.1 + 0.7 * n / max(min(limit, len(ordered)), 1))
        found = _turn(_Search(case, target, name), gap, slopes[name])
        if found is None:
            unmoved.append(name)
        else:
            points.append(found)
    tried: tuple[tuple[str, float, bool], ...] = ()
    if measures and scenario.measures:
        tried = _try_measures(case, target, gap, store, tell)
    points.sort(key=lambda p: (p.tail is None, -(p.tail or 0.0)))
    return TurningPoints(
        target.label,
        number,
        target.threshold if target.kind != "judgement" else case.verdicts[target.name].threshold,
        tuple(points),
        tried,
        tuple(unmoved),
        tuple(powerless),
        tuple(ordered[limit:]),
    )


def to_scale(parameter: Parameter, value: float) -> float:
    """Return a value on the scale of the parameter's prior, within its farthest ends."""
    if parameter.prior is None:
        return FARTHEST * math.log(value / parameter.value.value) / math.log(WITHOUT_PRIOR)
    below = float(parameter.prior.cdf(np.array(value)))
    return float(np.clip(ndtri(below), -FARTHEST, FARTHEST))


def from_scale(parameter: Parameter, now: float, z: float) -> float:
    """Return the value at z on the scale of the parameter's prior."""
    if parameter.prior is None:
        return float(now * WITHOUT_PRIOR ** (z / FARTHEST))
    return float(parameter.prior.ppf(ndtr(np.array(z))))


def _has_range(parameter: Parameter) -> bool:
    return parameter.prior is not None or parameter.value.value != 0.0


def _speed(parameter: Parameter, z: float) -> float:
    """Differentiate the parameter's value in z."""
    step = 1e-4
    now = parameter.value.value
    return (from_scale(parameter, now, z + step) - from_scale(parameter, now, z - step)) / (2.0 * step)


def _distance(parameter: Parameter, gap: float, slope: float) -> float:
    """First guess of how far out the turning point lies, by the tangent; those without a prior come last."""
    z = to_scale(parameter, parameter.value.value)
    rise = slope * _speed(parameter, z)
    if rise == 0.0:
        return math.inf
    far = abs(z - gap / rise)
    return far if parameter.prior is not None else far + 1e6


def _turn(search: _Search, gap: float, slope: float) -> TurningPoint | None:
    """Bracket the crossing, going where the slope points, then the other way; close in on it."""
    rise = slope * _speed(search.parameter, search.start)
    first = search.start - (gap / rise if rise else math.copysign(FARTHEST, -gap))
    ahead = 1.0 if first > search.start else -1.0
    for direction in (ahead, -ahead):
        limit = direction * FARTHEST
        if direction * (limit - search.start) <= 0.0:
            continue
        guess = search.start + direction * min(1.1 * abs(first - search.start), abs(limit - search.start))
        bracket = _bracket(search.gap, search.start, gap, guess, limit)
        if bracket is not None:
            return _point(search, close_in(search.gap, *bracket))
    return None


def _bracket(
    gap_at: Callable[[float], float], start: float, gap: float, guess: float, limit: float
) -> tuple[float, float, float, float] | None:
    """Return (z, gap, z, gap) on both sides of a crossing between the start and the limit, if one is seen."""
    inner, inner_gap = start, gap
    middle = 0.5 * (guess + limit)
    for z in dict.fromkeys([guess, middle, limit]):
        here = gap_at(z)
        if math.isnan(here):
            return None
        if here == 0.0 or (here > 0.0) != (inner_gap > 0.0):
            return inner, inner_gap, z, here
        inner, inner_gap = z, here
    return None


def close_in(gap_at: Callable[[float], float], a: float, fa: float, b: float, fb: float) -> float:
    """Return the crossing between a and b by the Illinois method, to `PRECISION`."""
    for _ in range(MOST_STEPS):
        if abs(b - a) <= PRECISION or fb == 0.0:
            break
        c = b - fb * (b - a) / (fb - fa)
        margin = 0.02 * abs(b - a)
        c = min(max(c, min(a, b) + margin), max(a, b) - margin)
        fc = gap_at(c)
        if math.isnan(fc):
            break
        if (fc > 0.0) == (fb > 0.0):
            fa *= 0.5
        else:
            a, fa = b, fb
        b, fb = c, fc
        if abs(fc) < 1e-7:
            break
    return b


def _point(search: _Search, z: float) -> TurningPoint:
    parameter = search.parameter
    there = from_scale(parameter, search.now, z)
    known = parameter.prior is not None
    return TurningPoint(
        search.name,
        parameter.about,
        search.now,
        there,
        in_its_unit(parameter, search.now),
        in_its_unit(parameter, there),
        z if known else None,
        float(2.0 * ndtr(-abs(z))) if known else None,
        not parameter.because,
        search.solves,
    )


def _try_measures(
    case: Case, target: Target, gap: float, store: Store | None, tell: Progress
) -> tuple[tuple[str, float, bool], ...]:
    pairs = [(name, "") for name in case.scenario.measures]
    pairs += [(name, degree) for name, m in case.scenario.measures.items() for degree in m.intensities]
    done = answer_changes(
        case,
        [Change(measures=(pair,)) for pair in pairs],
        outcomes=target.outcomes,
        judgements=target.judgements,
        store=store,
        progress=lambda _, share: tell("Trying measures", 0.8 + 0.2 * share),
    )
    found = []
    for pair, answers in zip(pairs, done.answers, strict=True):
        if answers is not None and answers.solved:
            turned = (target.gap(answers.outcomes, answers.verdicts) > 0.0) != (gap > 0.0)
            found.append((name_of(pair), target.number(answers.outcomes, answers.verdicts), turned))
    return tuple(found)
