"""Derivatives of outcomes, judgements and targets in every parameter, at a solved case.

Outcomes come from `bystander.derivatives.outcomes`: exact derivatives of the process joined
to the equilibrium's adjoint. A judgement's margin is a formula over answers, so its derivative follows by the
chain rule, the formula itself being differentiated by central differences: it is arithmetic on few numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bystander.cases.cases import Case
from bystander.cases.verdicts import margin_of, queries_in
from bystander.derivatives.outcomes import gradients
from bystander.policy.targets import Target, slope_of_scale
from bystander.process.outcomes import Request, make_clocks, request_of

K = TypeVar("K")
Gradient = dict[str, float]


def outcome_gradients(
    case: Case,
    outcomes: Sequence[str] | None = None,
    parameters: Sequence[str] | None = None,
) -> dict[str, Gradient]:
    """Return the derivative of each outcome in each parameter, per unit (days, people, dollars) of it."""
    names = list(case.outcomes) if outcomes is None else list(outcomes)
    requests = [Request(name, case.scenario.outcomes[name]) for name in names]
    return dict(zip(names, gradients(case.equilibrium, requests, parameters), strict=True))


def judgement_gradients(case: Case, judgements: Sequence[str] | None = None) -> dict[str, Gradient]:
    """Return the derivative of each judgement's margin in each parameter."""
    names = list(case.verdicts) if judgements is None else list(judgements)
    tested = [case.scenario.judgements[name] for name in names]
    queries = queries_in(tested)
    clocks = make_clocks(case.equilibrium)
    requests = [request_of(clocks, query, case.scenario.outcomes) for query in queries]
    slopes = dict(zip(queries, gradients(case.equilibrium, requests), strict=True))
    values = case.scenario.parameter_values()
    answers = {query: estimate.value for query, estimate in case.answers.items()}
    found = {}
    for name, judgement in zip(names, tested, strict=True):
        asked = judgement.asked
        total = {p: _slope(partial(margin_of, asked, values=answers), values, p) for p in values}
        for query in queries_in([judgement]):
            weight = _slope(partial(margin_of, asked, values), answers, query)
            for parameter in values:
                total[parameter] += weight * slopes[query].get(parameter, 0.0)
        found[name] = total
    return found


def _slope(formula: Callable[[dict[K, float]], float], at: Mapping[K, float], key: K) -> float:
    """Central difference of a formula in one of its numbers."""
    step = 1e-6 * max(abs(at[key]), 1e-3)
    up, down = {**at, key: at[key] + step}, {**at, key: at[key] - step}
    return (formula(up) - formula(down)) / (2.0 * step)


def target_gradient(case: Case, target: Target) -> Gradient:
    """Return the derivative of a target's gap in each parameter."""
    if target.kind == "judgement":
        found = judgement_gradients(case, [target.name])[target.name]
        verdict = case.verdicts[target.name]
        slope = slope_of_scale(verdict.number, "probability") if verdict.log_odds else 1.0
        return {name: slope * value for name, value in found.items()}
    slope = slope_of_scale(case.value(target.name), target.kind)
    found = outcome_gradients(case, [target.name])[target.name]
    return {name: slope * value for name, value in found.items()}
