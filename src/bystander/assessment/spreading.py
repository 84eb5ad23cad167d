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

log-odds for chances and shares (so that no range leaves 0 to 1), and for what accumulates as a share of the
most that could (its largest rate all the time: nobody fights more days than there are), logs for other
positive numbers; for parameters the log under lognormal and gamma priors, log-odds under beta ones, else the
parameter itself. The same draws are read as would be solved. Everything that bends (a choice that saturates,
a way that opens only when two things change) is missed: tests/assessment/test_ranges.py compares with solved
draws. Near a turning point of the equilibrium derivatives are large and ranges run from nothing to certain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bystander.assessment.ranges import Spread
from bystander.assessment.result import FIRST_ORDER, OutcomeResult
from bystander.cases.cases import Case, answer_case
from bystander.cases.store import Store, key_of
from bystander.cases.verdicts import margin_of, queries_in
from bystander.derivatives.implicit import Linearisation
from bystander.derivatives.outcomes import gradients
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Equilibrium, Status
from bystander.game.arrays import Float
from bystander.policy.robustness import draw_parameters, uncertain
from bystander.process.clocks import Clocks
from bystander.process.outcomes import (
    Reading,
    Request,
    make_clocks,
    read_requests,
    request_of,
    reward_of,
)
from bystander.process.result import Estimate
from bystander.scenario import Scenario, scenario_hash
from bystander.scenario.expressions import Query, queries_of
from bystander.scenario.schema import Parameter
from bystander.units import CHANCES

STARTS = 4
TOLERANCE = 1e-8

Curve = tuple[tuple[float, float], ...]


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
    kept = store.get(key, _read) if store else None
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
    if store:
        store.put(key, {"starts": found.starts, "others": others, "missing": found.missing or 0})
    return Further(found.starts, others, found.missing or 0)


def _read(kept: Any) -> Further:
    """Make the result of a search of what was kept, or raise where it is something else."""
    others = tuple(
        {
            str(name): (float(value), tuple((float(t), float(y)) for t, y in curve))
            for name, (value, curve) in other.items()
        }
        for other in kept["others"]
    )
    return Further(int(kept["starts"]), others, int(kept["missing"]))


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
STEEPEST = 700.0
CLOSE = 1e-4
"""Relative residual of the linear solves: derivatives are then right to about 1 part in 100,000."""

Gradient = Mapping[str, float]


@dataclass(frozen=True)
class Slopes:
    """Derivatives of outcomes and of what judgements ask in every parameter.

    ``most`` is what a number could be at most, where that is known.
    """

    outcomes: Mapping[str, Gradient]
    queries: Mapping[Query, Gradient]
    most: Mapping[str | Query, float]


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
    limits = [_most(clocks, reading) for reading in read_requests(clocks, requests)]
    most: dict[str | Query, float] = dict(zip([*names, *apart], limits, strict=True))
    by_name = dict(zip(names, found, strict=False))
    by_query = dict(zip(apart, found[len(names) :], strict=True))
    most |= {query: most[query.outcome] for query in asked if _plainly(query)}
    return Slopes(by_name, {query: by_query.get(query) or by_name[query.outcome] for query in asked}, most)


def _most(clocks: Clocks, reading: Reading) -> float:
    """Return what a question could collect at most by its last day, infinity where that is not bounded."""
    if reading.question.sort not in ("accumulates", "counts"):
        return math.inf
    return float(reading.times[-1]) * float(reward_of(clocks, reading.question).max(initial=0.0))


def _plainly(query: Query) -> str:
    """Return the outcome that a query asks for as it is, "" where it asks under conditions of its own."""
    return query.outcome if query.given is None and query.within is None else ""


def _known(estimate: Estimate) -> bool:
    return not estimate.withheld and math.isfinite(estimate.value)


def first_order_spread(case: Case, slopes: Slopes, *, draws: int = DRAWS, seed: int = 0) -> Spread | None:
    """Return what draws make of outcomes and judgements to first order; None if no parameter has a prior."""
    scenario = case.scenario
    names = uncertain(scenario)
    if not names:
        return None
    worlds = draw_parameters(scenario, draws, seed)
    central = scenario.parameter_values()
    moved, speeds = np.zeros((draws, len(names))), np.zeros(len(names))
    for k, name in enumerate(names):
        drawn = np.array([central[name], *(world[name] for world in worlds)])
        z, speeds[k] = _on_its_scale(scenario.parameters[name], drawn)
        moved[:, k] = z[1:] - z[0]

    def drawn_values(estimate: Estimate, gradient: Gradient, most: float) -> Float:
        steps = moved @ (speeds * np.array([gradient.get(name, 0.0) for name in names]))
        return _moved(estimate, steps, most)

    outcomes = {}
    for name, gradient in slopes.outcomes.items():
        values = drawn_values(case.outcomes[name].estimate, gradient, slopes.most[name])
        if np.isfinite(values).all():
            low, high = np.quantile(values, [LOW, HIGH], method="nearest").tolist()
            outcomes[name] = (low, high)
    answers = {
        query: drawn_values(case.answers[query], gradient, slopes.most[query])
        for query, gradient in slopes.queries.items()
    }
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
    return Spread(FIRST_ORDER, draws, outcomes, judgements)


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


def _moved(estimate: Estimate, steps: Float, most: float) -> Float:
    """Return a number moved by first-order steps, taken on the scale of its kind."""
    value = estimate.value
    top = 1.0 if estimate.unit in CHANCES else most
    if 0.0 < value < top < math.inf:
        share = value / top
        odds = math.log(share / (1.0 - share)) + np.clip(steps / (value * (1.0 - share)), -STEEPEST, STEEPEST)
        return np.asarray(top / (1.0 + np.exp(-odds)))
    if estimate.unit in CHANCES:
        return np.clip(value + steps, 0.0, 1.0)
    if value > 0.0:
        return np.asarray(value * np.exp(np.clip(steps / value, -STEEPEST, STEEPEST)))
    return np.asarray(value + steps)
