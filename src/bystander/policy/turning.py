r"""What would flip it: the nearest value of each parameter at which a target crosses its threshold.

One parameter at a time, all others held, everyone adapting: the scenario is solved again at every value
tried, each solve continuing from the nearest one before it. A parameter moves on the scale of its prior, z =
Phi^-1(F(value)): standard deviations from the prior's median. Derivatives say which parameters have leverage
and which way to go; the crossing is then bracketed and closed in on (Illinois variant of false position;
Dowell & Jarratt 1971) until it is known to `PRECISION` in z.

Turning points are ordered by plausibility: the probability that the prior gives to values at the turning
point or beyond it, seen from the value now. A parameter without a prior is searched from a tenth to ten times
its value, comes after all others and has no plausibility.

Nothing is claimed of what was not looked at: parameters without leverage, those searched to the end of their
range without a crossing, and those not searched are listed apart. A crossing beyond a reversal of direction
that no evaluation saw can be missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr

from bystander.cases.cases import Case, solved_by_itself
from bystander.cases.changes import Change, in_its_unit, name_of
from bystander.cases.jobs import answer_changes
from bystander.cases.store import Store
from bystander.errors import QueryError, did_you_mean
from bystander.game.checks import shut_at_zero
from bystander.harmless import in_brief
from bystander.policy.packages import alternatives_of
from bystander.policy.sensitivity import target_gradient
from bystander.policy.targets import (
    FARTHEST,
    Search,
    Target,
    base_for,
    bracket,
    close_in,
    from_scale,
    speed_of,
    to_scale,
)
from bystander.progress import Progress, silent
from bystander.scenario.claims import StandingName, standing_of_parameter
from bystander.scenario.schema import Parameter, Scenario

Apart = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """Where one parameter turns the target.

    Attributes
    ----------
    now, there
        Values in days, people and dollars; ``now_text`` and ``there_text`` with units.
    deviations
        Standard deviations of ``there`` from the prior's median; None without a prior.
    beyond
        Probability under the prior of ``there`` or a value beyond it, seen from ``now``; None without a
        prior.
    standing
        What the value stands on: measured, learnt, argued or free.
    jump
        Whether the target turns there, or before, by a jump to another equilibrium.
    """

    parameter: str
    about: str
    now: float
    there: float
    now_text: str
    there_text: str
    deviations: float | None
    beyond: float | None
    standing: StandingName
    solves: int
    jump: bool = False


@dataclass(frozen=True, slots=True)
class ShortOfIt:
    """How near one parameter brings the target without turning it.

    Attributes
    ----------
    now_text, there, there_text
        The parameter now, and where it brings the target's number nearest to the threshold (``there`` in
        days, people and dollars).
    number
        That number.
    """

    parameter: str
    about: str
    now_text: str
    there: float
    there_text: str
    number: float


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
        (measure, number with it, whether the target turns), of those with which it can be asked at all.
    unmoved
        Parameters searched to the end of their range without a crossing, those that come nearest first.
    powerless
        Parameters that have no influence, as far as derivatives tell.
    unsearched
        Parameters with influence that were not searched, being farther by the tangent.
    unit
        Unit of number and threshold.
    joined
        Whether several conditions are judged together; number and threshold are then those of the first.
    unsolved
        Parameters and measures of which it is not known, since the scenario with them could not be solved.
    shut
        Parameters that make a rate or chance exactly 0 and have no prior: neither a derivative nor a range
        speaks of them, and they are not searched.
    by_itself
        (parameter or measure, number, number where the scenario with it is solved by itself), where that has
        another equilibrium than the one followed to.
    """

    target: str
    number: float
    threshold: float
    points: tuple[TurningPoint, ...]
    measures: tuple[tuple[str, float, bool], ...] = ()
    unmoved: tuple[ShortOfIt, ...] = ()
    powerless: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()
    unit: str = ""
    joined: bool = False
    shut: tuple[str, ...] = ()
    unsolved: tuple[str, ...] = ()
    by_itself: tuple[tuple[str, float, float], ...] = ()

    @property
    def nearest_measure(self) -> tuple[str, float] | None:
        """The measure that brings the number nearest to its threshold from the side it is on, with it.

        None if there is none, or no one number measures the target.
        """
        if self.joined:
            return None
        short = [(name, number) for name, number, turns in self.measures if not turns]
        sign = 1.0 if self.number < self.threshold else -1.0
        return max(short, key=lambda pair: sign * pair[1], default=None)


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

    Raises
    ------
    QueryError
        If a parameter is unknown, or the target has no number now.
    """
    tell = progress or silent
    for name in parameters or ():
        if name not in scenario.parameters:
            raise QueryError(f"There is no parameter '{name}'. {did_you_mean(name, scenario.parameters)}")
    tell("Solving as it is", 0.0)
    case = base_for(scenario, target, base)
    number, gap = target.known(case)
    slopes = target_gradient(case, target)
    ordered, powerless, shut = _by_leverage(case, parameters or tuple(scenario.parameters), slopes, gap)
    points, unmoved, unsolved, apart = [], [], list[str](), list[Apart]()
    for n, name in enumerate(ordered[:limit]):
        tell(
            f"Moving: {in_brief(scenario.parameters[name].about) or name}",
            0.1 + 0.7 * n / max(min(limit, len(ordered)), 1),
        )
        search = Search(case, target, name)
        found = _turn(search, gap, slopes.get(name, 0.0))
        if found is None and search.failed:
            unsolved.append(name)
        elif found is None:
            unmoved.append(_short(search, gap))
        else:
            points.append(found)
            apart += _apart(search, found)
    tried: tuple[tuple[str, float, bool], ...] = ()
    if measures and scenario.measures:
        tried = _try_measures(case, target, gap, store, tell, apart, unsolved)
    points.sort(key=lambda p: (p.beyond is None, -(p.beyond or 0.0)))
    unmoved.sort(key=lambda short: abs(short.number - target.level(case)))
    return TurningPoints(
        target.label,
        number,
        target.level(case),
        tuple(points),
        tried,
        tuple(unmoved),
        tuple(powerless),
        tuple(ordered[limit:]),
        target.unit(case),
        target.joined(case),
        tuple(shut),
        tuple(unsolved),
        tuple(apart),
    )


def _by_leverage(
    case: Case, names: Sequence[str], slopes: Mapping[str, float], gap: float
) -> tuple[list[str], list[str], list[str]]:
    """Return parameters to search, the nearest by the tangent first, those without influence, those shut.

    Where a parameter makes a rate or chance exactly 0, no tangent tells how near it is: it comes first.
    """
    searchable, powerless, shut = [], [], []
    closed = shut_at_zero(case.game)
    for name in names:
        body = case.scenario.parameters[name]
        if slopes.get(name, 0.0) == 0.0 and name in closed:
            if body.prior is None:
                shut.append(name)
            else:
                searchable.append((0.0, name))
        elif slopes.get(name, 0.0) == 0.0 or (body.prior is None and body.value.value == 0.0):
            powerless.append(name)
        else:
            searchable.append((_distance(body, gap, slopes[name]), name))
    return [name for _, name in sorted(searchable)], powerless, shut


def _distance(parameter: Parameter, gap: float, slope: float) -> float:
    """First guess of how far out the turning point lies, by the tangent; those without a prior come last."""
    z = to_scale(parameter, parameter.value.value)
    rise = slope * speed_of(parameter, z)
    if rise == 0.0:
        return math.inf
    far = abs(z - gap / rise)
    return far if parameter.prior is not None else far + 1e6


def _turn(search: Search, gap: float, slope: float) -> TurningPoint | None:
    """Bracket the crossing, going where the slope points, then the other way; close in on it."""
    rise = slope * speed_of(search.parameter, search.start)
    first = search.start - (gap / rise if rise else math.copysign(FARTHEST, -gap))
    ahead = 1.0 if first > search.start else -1.0
    for direction in (ahead, -ahead):
        limit = direction * FARTHEST
        if direction * (limit - search.start) <= 0.0:
            continue
        guess = search.start + direction * min(1.1 * abs(first - search.start), abs(limit - search.start))
        found = bracket(search.gap, search.start, gap, guess, limit)
        if found is not None:
            return _point(search, search.turned(close_in(search.gap, *found)))
    return None


def _point(search: Search, z: float) -> TurningPoint:
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
        float(ndtr(-z if z > search.start else z)) if known else None,
        standing_of_parameter(search.base.scenario, search.name).name,
        search.solves,
        search.jumped(z),
    )


def _apart(search: Search, point: TurningPoint) -> Iterator[Apart]:
    """Tell of a turning point solved by itself, where that has another equilibrium."""
    there = search.cases[min(search.cases, key=lambda z: abs(search.value(z) - point.there))]
    other = solved_by_itself(there)
    if other is not None:
        yield point.parameter, search.target.of(there)[0], search.target.of(other)[0]


def _short(search: Search, gap: float) -> ShortOfIt:
    """Tell where a parameter that never turns the target brings it nearest."""
    gaps = {z: gap if z == search.start else search.gap(z) for z in search.cases}
    z = min(gaps, key=lambda at: abs(gaps[at]))
    parameter = search.parameter
    there = search.now if z == search.start else from_scale(parameter, search.now, z)
    return ShortOfIt(
        search.name,
        parameter.about,
        in_its_unit(parameter, search.now),
        there,
        in_its_unit(parameter, there),
        search.target.of(search.cases[z])[0],
    )


def _try_measures(
    case: Case,
    target: Target,
    gap: float,
    store: Store | None,
    tell: Progress,
    apart: list[Apart],
    unsolved: list[str],
) -> tuple[tuple[str, float, bool], ...]:
    pairs = [pair for alternatives in alternatives_of(case.scenario, None, True) for pair in alternatives]
    done = answer_changes(
        case,
        [Change(measures=(pair,)) for pair in pairs],
        outcomes=target.outcomes,
        judgements=target.judgements,
        store=store,
        progress=lambda _, share: tell("Trying measures", 0.8 + 0.2 * share),
        by_itself=True,
    )
    found = []
    for pair, answers in zip(pairs, done.unless_ended(), strict=True):
        if answers is not None and answers.solved:
            left = target.gap(answers.outcomes, answers.verdicts)
            if not math.isnan(left):
                number = target.number(answers.outcomes, answers.verdicts)
                found.append((name_of(pair), number, (left > 0.0) != (gap > 0.0)))
                apart += [
                    (name_of(pair), number, answers.by_itself[n])
                    for n in target.outcomes
                    if answers.by_itself
                ]
        else:
            unsolved.append(name_of(pair))
    return tuple(found)
