r"""How far answers spread: over other equilibria than the one assessed, and over draws from the priors.

A search makes a few direct solves from starts far apart (`bystander.equilibrium.multiplicity`); four starts
are one of each kind and both extremes, nobody ever acting and everybody always. Where it finds further
equilibria every outcome is asked of them too, and its range and band run over all that were found. The
search says how many starts it made; it never says that there are no more.

What a search found hangs on the scenario, the starts, the seed and the program alone, so it is kept in the
store and not made twice.

Draws from the priors are read off the derivatives at the central parameters, none of them solved again. With
y an outcome, :math:`\theta` the parameters and g, z the scales on which they vary most evenly,

.. math:: g(y(\theta)) \approx g(y_0) + \sum_k \frac{dg}{dz_k} (z_k(\theta) - z_k(\theta_0)),

log-odds for chances and shares (so that no range leaves 0 to 1), logs for other positive numbers. What
accumulates or is counted is a share of the most that could (its largest rate all the time: nobody fights more
days than there are); the share moves like a chance, and the most with the parameters like other numbers: more
incidents a year are more that could be counted. For parameters the scale is the log under lognormal and gamma
priors, log-odds under beta ones, else the parameter itself. The same draws are read as would be
solved, and those at which the game means nothing are left out of both.
Everything that bends (a choice that saturates, a way that opens only when two things change) is missed:
tests/assessment/test_ranges.py compares with solved draws.

A parameter at which a rate or chance is exactly 0 has no slope (`bystander.game.checks.shut_at_zero`): what
it would open is not in the game. It gets that of a chord instead, to the answers solved at the median of its
prior, those before it being at theirs.

Where a chance bends within its range, the straight line is wrong by most of it. A headline chance whose
log-odds have a standard deviation of `STEEP` or more to first order, and a range of `WIDE` or more, is
therefore solved again at two points: with u the parameters as standard normal numbers (u = 0 their medians)
and a the unit vector along which the chance rises fastest to first order, at

.. math:: u = \\pm \\Phi^{-1}(0.9) a,

the design points of the first-order reliability method (Hasofer & Lind 1974; Rackwitz & Fiessler 1978): there
a linear function of normal numbers has its tenth and ninetieth percentile. Draws are then read off the broken
line through the two solved chances and the central one. In a large scenario no more than `SOLVED` chances,
the widest, are so treated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from scipy.special import expit, ndtr, ndtri

from bystander.assessment.judging import FEWEST
from bystander.assessment.ranges import Spread
from bystander.assessment.result import FIRST_ORDER, OutcomeResult
from bystander.cases.cases import Case, answer_case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import SMALL, answer_changes
from bystander.cases.store import Store, key_of, of_form
from bystander.cases.verdicts import margin_of, queries_in
from bystander.derivatives.implicit import Linearisation, adjoints
from bystander.derivatives.outcomes import gradients, most_of
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Equilibrium, Status
from bystander.errors import BystanderError
from bystander.game.arrays import Float
from bystander.game.checks import shut_at_zero
from bystander.game.compile import with_parameters
from bystander.policy.robustness import draw_parameters, from_uniform, uncertain
from bystander.process.outcomes import Request, make_clocks, read_requests, request_of
from bystander.process.result import Estimate
from bystander.scenario import Scenario, scenario_hash, vary
from bystander.scenario.expressions import Query, queries_of
from bystander.scenario.schema import Parameter
from bystander.units import CHANCES

STARTS = 4
TOLERANCE = 1e-8

Curve = tuple[tuple[float, float], ...]
T = TypeVar("T", str, Query)


@dataclass(frozen=True, slots=True)
class Further:
    """What a search found.

    Attributes
    ----------
    starts
        Starts made.
    others
        For each equilibrium besides the one assessed, the value and the curve of every outcome.
    missing
        How many more must exist at least, by the census of the search.
    """

    starts: int
    others: tuple[Mapping[str, tuple[float, Curve]], ...] = ()
    missing: int = 0


def look_further(
    scenario: Scenario, equilibrium: Equilibrium, *, starts: int, seed: int, store: Store | None = None
) -> Further:
    """Search for further equilibria and ask them for every outcome, or take it from the store."""
    key = key_of(scenario_hash(scenario), "equilibria", str(starts), str(seed)) if store else ""
    kept = store.get(key, of_form(Further)) if store else None
    if kept is not None:
        return kept
    found = search(equilibrium.game, starts=starts, seed=seed, base=equilibrium, tolerance=TOLERANCE)
    others = tuple(
        {
            name: (result.estimate.value, result.curve)
            for name, result in answer_case(scenario, other, judgements=()).outcomes.items()
        }
        for other in found.equilibria[1:]
        if other.status is Status.CONVERGED
    )
    further = Further(found.starts, others, found.missing or 0)
    if store:
        store.put(key, asdict(further))
    return further


def ranged(result: OutcomeResult, further: Further) -> OutcomeResult:
    """Give an outcome its range and band over all equilibria found; alone, it has none."""
    if not further.others:
        return result
    answers = [other[result.name] for other in further.others]
    values = [result.estimate.value, *(value for value, _ in answers)]
    estimate = replace(result.estimate, low=min(values), high=max(values))
    curves = [result.curve, *(curve for _, curve in answers)]
    if len({tuple(t for t, _ in curve) for curve in curves}) > 1:
        return replace(result, estimate=estimate)
    band = tuple(
        (points[0][0], min(y for _, y in points), max(y for _, y in points))
        for points in zip(*curves, strict=True)
    )
    return replace(result, estimate=estimate, band=band)


DRAWS = 200
LOW, HIGH = 0.1, 0.9
STEEP, WIDE, SOLVED = 1.5, 0.1, 2
STEEPEST = 700.0
FAINTEST = 1e-12
CLOSE = 1e-4
"""Relative residual of the linear solves: derivatives are then right to about 1 part in 100,000."""

Gradient = Mapping[str, float]


@dataclass(frozen=True)
class Slopes:
    """Derivatives of outcomes and of what judgements ask in every parameter.

    ``most`` is what a number could be at most, where that is known, and the derivative of that.
    """

    outcomes: Mapping[str, Gradient]
    queries: Mapping[Query, Gradient]
    most: Mapping[str | Query, tuple[float, Gradient]]


def slopes_at(
    case: Case, outcomes: Sequence[str], line: Linearisation | None, judgements: bool = True
) -> Slopes:
    """Differentiate outcomes, and what the case's judgements ask, all together.

    Raises
    ------
    NotConvergedError
        If the equilibrium is at or near a turning point.
    QueryError
        If one of them has no derivative.
    """
    scenario, clocks = case.scenario, make_clocks(case.equilibrium)
    tested = [scenario.judgements[name] for name in case.verdicts] if judgements else []
    asked = [query for query in queries_in(tested) if _known(case.answers[query])]
    names = [name for name in outcomes if _known(case.outcomes[name].estimate)]
    names += [name for name in dict.fromkeys(map(_plainly, asked)) if name and name not in names]
    apart = [query for query in asked if not _plainly(query)]
    requests = [Request(name, scenario.outcomes[name]) for name in names]
    requests += [request_of(clocks, query, scenario.outcomes) for query in apart]
    found = gradients(case.equilibrium, requests, clocks=clocks, line=line, tolerance=CLOSE)
    known = [name for name, _ in case.game.parameters]
    bounded = {
        place: most_of(clocks, reading, known)
        for place, reading in enumerate(read_requests(clocks, requests))
        if reading.question.sort in ("accumulates", "counts")
    }
    moved = adjoints(
        line or case.equilibrium.lasting, [felt for _, felt in bounded.values()], tolerance=CLOSE
    )
    asked_of: list[str | Query] = [*names, *apart]
    most: dict[str | Query, tuple[float, Gradient]] = {
        asked_of[place]: (limit, slope)
        for (place, (limit, _)), slope in zip(bounded.items(), moved, strict=True)
    }
    by_name = dict(zip(names, found, strict=False))
    by_query = dict(zip(apart, found[len(names) :], strict=True))
    most |= {query: most[query.outcome] for query in asked if _plainly(query) in most}
    return Slopes(by_name, {query: by_query.get(query) or by_name[query.outcome] for query in asked}, most)


def _plainly(query: Query) -> str:
    """Return the outcome that a query asks for as it is, "" where it asks under conditions of its own."""
    return query.outcome if query.given is None and query.within is None else ""


def _known(estimate: Estimate) -> bool:
    return not estimate.withheld and math.isfinite(estimate.value)


def first_order_spread(
    case: Case, slopes: Slopes, *, draws: int = DRAWS, seed: int = 0, store: Store | None = None
) -> Spread | None:
    """Return what draws make of outcomes and judgements to first order; None if no parameter has a prior.

    Chances that are steep are solved again at two points each, whose answers the ``store`` keeps; without a
    store none is.
    """
    scenario = case.scenario
    names = uncertain(scenario)
    if not names:
        return None
    drawn_at = draw_parameters(scenario, draws, seed)
    worlds = [world for world in drawn_at if _can_be(case, world)]
    if len(worlds) < FEWEST:
        return None
    shut = shut_at_zero(case.game)
    slopes = _with_chords(case, slopes, [name for name in names if name in shut])
    drawn = _Drawn(case, slopes, names, worlds)
    outcomes = {name: ends for name in slopes.outcomes if (ends := drawn.ends(name))}
    steep = [name for name in outcomes if drawn.steep(name)]
    steep.sort(key=lambda name: outcomes[name][0] - outcomes[name][1])
    few = len(steep) if case.game.size < SMALL else SOLVED
    solved = tuple(name for name in steep[:few] if store is not None and drawn.bend(name, store))
    outcomes |= {name: ends for name in solved if (ends := drawn.ends(name))}
    answers = {
        query: drawn.values(_plainly(query) or query, case.answers[query], gradient)
        for query, gradient in slopes.queries.items()
    }
    central = scenario.parameter_values()
    judgements: dict[str, tuple[float, tuple[str, ...]]] = {}
    for name in case.verdicts:
        asked = scenario.judgements[name].asked
        queries = queries_of(asked)
        if all(query in answers for query in queries):
            margins = [
                margin_of(asked, {**central, **world}, {query: float(answers[query][n]) for query in queries})
                for n, world in enumerate(worlds)
            ]
            judgements[name] = (float(np.mean(np.array(margins) > 0.0)), ())
    return Spread(FIRST_ORDER, len(worlds), outcomes, judgements, draws - len(worlds), solved=solved)


def _can_be(case: Case, world: Mapping[str, float]) -> bool:
    """Say whether a draw means anything: a straight line passes where chances exceed 1 or rates are negative.

    Not asked where known dates or joint starts would have a large game compiled again for it.
    """
    game = case.game
    if game.size >= SMALL and (game.dates or case.scenario.starts):
        return True
    try:
        with_parameters(game, world)
    except BystanderError:
        return False
    return True


def _with_chords(case: Case, slopes: Slopes, shut: Sequence[str]) -> Slopes:
    """Give parameters at which something is exactly 0 slopes of chords, 0 to what is not solved.

    One is moved after the other, so that where all have been moved, their steps add up to what is solved.
    """
    tops = {asked: most for asked, (most, _) in slopes.most.items()}
    last, sets = case, dict[str, float]()
    for name in shut:
        parameter = case.scenario.parameters[name]
        assert parameter.prior is not None
        now, there = parameter.value.value, parameter.prior.median
        if math.isclose(now, there):
            there = float(parameter.prior.ppf(np.array(HIGH)))
        places, speed = _on_its_scale(parameter, np.array([now, there]))
        run = float(places[1] - places[0]) * speed
        try:
            scenario = vary(case.scenario, sets={**sets, name: there})
            moved = solve_case(scenario, near=last, outcomes=[*slopes.outcomes])
            sets[name] = there
        except BystanderError:
            moved = last
        told = [{n: o.estimate for n, o in each.outcomes.items()} for each in (case, last, moved)]
        replied = [each.answers for each in (case, last, moved)]
        slopes = Slopes(
            {n: {**old, name: _chord(n, told, tops) / run} for n, old in slopes.outcomes.items()},
            {q: {**old, name: _chord(q, replied, tops) / run} for q, old in slopes.queries.items()},
            {each: (most, {**old, name: 0.0}) for each, (most, old) in slopes.most.items()},
        )
        last = moved
    return slopes


def _chord(asked: T, told: Sequence[Mapping[T, Estimate]], tops: Mapping[str | Query, float]) -> float:
    """Return the first-order step from one answer to the next as `_moved` would go from the central one."""
    here, begin, end = (answers[asked] for answers in told)
    if begin.withheld or end.withheld or not math.isfinite(begin.value - end.value):
        return 0.0
    value, ends = here.value, np.array([begin.value, end.value])
    scale, top = _scale_of(here, tops.get(asked, math.inf))
    if scale == "log-odds":
        share, shares = value / top, np.clip(ends / top, FAINTEST, 1.0 - FAINTEST)
        return float(np.diff(np.log(shares) - np.log1p(-shares))[0]) * value * (1.0 - share)
    if scale == "log":
        return value * float(np.diff(np.log(np.maximum(ends / value, FAINTEST)))[0])
    return end.value - begin.value


class _Drawn:
    """Draws of the uncertain parameters, and what numbers are in them to first order."""

    def __init__(
        self, case: Case, slopes: Slopes, names: Sequence[str], worlds: Sequence[Mapping[str, float]]
    ) -> None:
        self.case, self.slopes, self.names = case, slopes, names
        self.moved, self.speeds = self._moves(worlds)
        self.bends: dict[str | Query, tuple[Float, Float]] = {}

    def _moves(self, worlds: Sequence[Mapping[str, float]]) -> tuple[Float, Float]:
        """Return how far worlds are from the central one, on the scales of the priors, and the speeds."""
        central, parameters = self.case.scenario.parameter_values(), self.case.scenario.parameters
        moved, speeds = np.zeros((len(worlds), len(self.names))), np.zeros(len(self.names))
        for k, name in enumerate(self.names):
            z, speeds[k] = _on_its_scale(
                parameters[name], np.array([central[name], *(world[name] for world in worlds)])
            )
            moved[:, k] = z[1:] - z[0]
        return moved, speeds

    def weights(self, gradient: Gradient) -> Float:
        """Return the derivatives on the scales of the priors."""
        return np.asarray(self.speeds * np.array([gradient.get(name, 0.0) for name in self.names]))

    def values(self, name: str | Query, estimate: Estimate, gradient: Gradient) -> Float:
        """Return a number in every draw."""
        steps = self.moved @ self.weights(gradient)
        most, slope = self.slopes.most.get(name, (math.inf, {}))
        return _moved(estimate, steps, most, self.moved @ self.weights(slope), self.bends.get(name))

    def ends(self, name: str) -> tuple[float, float] | None:
        """Return the ends of an outcome's range, none where a draw has no number."""
        values = self.values(name, self.case.outcomes[name].estimate, self.slopes.outcomes[name])
        if not np.isfinite(values).all():
            return None
        low, high = np.quantile(values, [LOW, HIGH], method="nearest").tolist()
        return low, high

    def steep(self, name: str) -> bool:
        """Say whether a headline chance is too steep to be read off its derivative."""
        estimate, ends = self.case.outcomes[name].estimate, self.ends(name)
        shown = self.case.outcomes[name].headline and estimate.unit in CHANCES
        if not shown or not 0.0 < estimate.value < 1.0 or ends is None:
            return False
        deviation = float(np.std(self.moved @ self.weights(self.slopes.outcomes[name])))
        return deviation >= STEEP * estimate.value * (1.0 - estimate.value) and ends[1] - ends[0] >= WIDE

    def bend(self, name: str, store: Store) -> bool:
        """Solve an outcome at its two design points and lay its line through them, if that can be."""
        weights, value = self.weights(self.slopes.outcomes[name]), self.case.outcomes[name].estimate.value
        pull = weights * np.std(self.moved, axis=0)
        points = ndtr(np.outer([1.0, -1.0], pull / np.linalg.norm(pull)) * ndtri(LOW))
        worlds = from_uniform(self.case.scenario, self.names, points)
        done = answer_changes(
            self.case, [Change(draw=world) for world in worlds], outcomes=[name], judgements=(),
            store=store, workers=1, rough=True,
        )  # fmt: skip
        found = [a.outcomes[name] if a is not None and a.solved else math.nan for a in done.unless_ended()]
        chances = np.array([found[0], value, found[1]])
        steps = np.array([0.0, *(self._moves(worlds)[0] @ weights)])[[1, 0, 2]] / (value * (1.0 - value))
        if not np.all((chances > 0.0) & (chances < 1.0)) or np.unique(steps).size < 3:
            return False
        order = np.argsort(steps)
        odds = np.log(chances) - np.log1p(-chances)
        self.bends[name] = steps[order], odds[order] - odds[1]
        return True


def _on_its_scale(parameter: Parameter, values: Float) -> tuple[Float, float]:
    """Return values on the scale of a prior, and how fast the first of them moves with it."""
    family = parameter.prior.family if parameter.prior is not None else ""
    now = float(values[0])
    if family in ("lognormal", "gamma") and now > 0.0:
        return np.log(np.maximum(values, np.finfo(float).tiny)), now
    if family == "beta" and 0.0 < now < 1.0:
        inside = np.clip(values, np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)
        return np.log(inside) - np.log1p(-inside), now * (1.0 - now)
    return values, 1.0


def _scale_of(estimate: Estimate, most: float) -> tuple[Literal["log-odds", "log", ""], float]:
    """Return on which scale a number moves most evenly, its own if "", and the most that it could be."""
    top = 1.0 if estimate.unit in CHANCES else most
    if 0.0 < estimate.value < top < math.inf:
        return "log-odds", top
    return "log" if estimate.value > 0.0 and estimate.unit not in CHANCES else "", top


def _moved(
    estimate: Estimate, steps: Float, most: float, raised: Float, bend: tuple[Float, Float] | None = None
) -> Float:
    """Return a number moved by first-order steps on the scale of its kind, along a line if it bends.

    ``raised`` is by how much the most that it could be is moved.
    """
    value = estimate.value
    scale, top = _scale_of(estimate, most)
    if scale == "log-odds":
        share = value / top
        tops = top * np.exp(np.clip(raised / top, -STEEPEST, STEEPEST))
        rise = np.clip((steps - share * raised) / (value * (1.0 - share)), -STEEPEST, STEEPEST)
        odds = math.log(share / (1.0 - share)) + (rise if bend is None else _along(rise, *bend))
        return np.asarray(tops * expit(odds))
    if scale == "log":
        return np.asarray(value * np.exp(np.clip(steps / value, -STEEPEST, STEEPEST)))
    return np.clip(value + steps, 0.0, 1.0) if estimate.unit in CHANCES else np.asarray(value + steps)


def _along(steps: Float, at: Float, rises: Float) -> Float:
    """Return how far a broken line through three points rises, its last pieces continued."""
    first, last = np.diff(rises) / np.diff(at)
    below, above = np.minimum(steps - at[0], 0.0), np.maximum(steps - at[-1], 0.0)
    return np.asarray(np.interp(steps, at, rises) + first * below + last * above)
