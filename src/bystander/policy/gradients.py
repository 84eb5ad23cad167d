"""Derivatives of outcomes, judgements and targets in every parameter, at a solved case.

Outcomes come from `bystander.derivatives.outcomes`: exact derivatives of the process joined
to the equilibrium's adjoint. A judgement's margin is a formula over answers, so its derivative follows by the
chain rule, the formula itself being differentiated by central differences: it is arithmetic on few numbers.

Facts, events, claims, interests and parameters without an effect on any outcome change nothing by themselves
(of two vetoes, each of which is enough, neither does). Every
interest, hazard and decision gets a factor s that stands at 1, every action a worth s that stands at
0, every number of a fact a factor that stands at 1. The scenario is solved once, and each outcome y
differentiated in all of these and in the parameters by the adjoint (`bystander.derivatives`):

    effect = max_y |dy/ds| / max(|y|, 1),   with |p dy/dp| for a parameter p, |f dp/df dy/dp| for a fact f;
    in place of |p| half of what eight in ten draws of its prior span, where that is more.

What has less effect than `LEAST` on every outcome is said to change nothing. A fact works through its number
where a rule or a parameter is reckoned from it; else through parameters that were learnt from it; else
through what is argued with it, whose effect is then the most that the fact can have: no number follows from
words. An event changes what is learnt from it. A claim changes something if a part that takes it up does.

A derivative sees the margin only: a motive so strong that nothing near it matters has none. So whatever shows
no effect there is taken away (a factor of 0; a parameter at 0, then at the farther end of what its prior
spans) and everything is solved again; the largest difference to an outcome, relative as above, is then its
effect. A limit that does not bind still shows none. A fact that decides a parameter by a threshold has no
derivative either: it is halved, doubled and taken away until a parameter changes, and that is solved.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.cases.verdicts import margin_of, queries_in
from bystander.derivatives.implicit import Linearisation
from bystander.derivatives.outcomes import gradients
from bystander.policy.targets import Target, slope_of_scale
from bystander.process.outcomes import Request, make_clocks, request_of
from bystander.progress import Progress
from bystander.scenario.claims import numbers_used, parts, place_claims
from bystander.scenario.expressions import Expr, Query, facts_in, parse_expression, resolve
from bystander.scenario.expressions.evaluating import derivative, evaluate
from bystander.scenario.expressions.syntax import Binary, FactValue, ParameterValue
from bystander.scenario.schema import Parameter, Scenario
from bystander.scenario.schema.fields import EXPRESSION_CLASSES, Part
from bystander.units import PLAIN, Quantity

K = TypeVar("K")
Gradient = dict[str, float]


def outcome_gradients(
    case: Case,
    outcomes: Sequence[str] | None = None,
    parameters: Sequence[str] | None = None,
    line: Linearisation | None = None,
) -> dict[str, Gradient]:
    """Return the derivative of each outcome in each parameter, per unit (days, people, dollars) of it."""
    names = list(case.outcomes) if outcomes is None else list(outcomes)
    requests = [Request(name, case.scenario.outcomes[name]) for name in names]
    return dict(zip(names, gradients(case.equilibrium, requests, parameters, line=line), strict=True))


def judgement_gradients(
    case: Case, judgements: Sequence[str] | None = None, parameters: Sequence[str] | None = None
) -> dict[str, Gradient]:
    """Return the derivative of each judgement's margin in each parameter."""
    names = list(case.verdicts) if judgements is None else list(judgements)
    tested = [case.scenario.judgements[name] for name in names]
    queries = queries_in(tested)
    clocks = make_clocks(case.equilibrium)
    requests = [request_of(clocks, query, case.scenario.outcomes) for query in queries]
    slopes = dict(zip(queries, gradients(case.equilibrium, requests, parameters), strict=True))
    values = case.scenario.parameter_values()
    answers = {query: estimate.value for query, estimate in case.answers.items()}
    chosen = list(values) if parameters is None else list(parameters)
    found = {}
    for name, judgement in zip(names, tested, strict=True):
        asked = judgement.asked
        total = {p: _slope(partial(_with_parameters, asked, answers), values, p) for p in chosen}
        for query in queries_in([judgement]):
            weight = _slope(partial(margin_of, asked, values), answers, query)
            for parameter in chosen:
                total[parameter] += weight * slopes[query].get(parameter, 0.0)
        found[name] = total
    return found


def _with_parameters(asked: Expr, answers: Mapping[Query, float], values: Mapping[str, float]) -> float:
    return margin_of(asked, values, answers)


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


LEAST = 1e-6
"""Effects below this, relative to an outcome, count as none."""
_FACTOR = "effect_factor_"


Size = tuple[float, str]
Through = Literal["", "number", "learnt", "words"]


@dataclass(frozen=True, slots=True)
class LargestEffect:
    """The largest effect of one thing on any outcome, on which, and for a fact through what."""

    kind: str
    name: str
    size: float
    outcome: str
    through: Through = ""

    @property
    def none(self) -> bool:
        """Whether it changes nothing."""
        return self.size < LEAST


def measure_effects(scenario: Scenario, progress: Progress | None = None) -> tuple[LargestEffect, ...]:
    """Measure the effect of every parameter, interest, fact, event and claim on the outcomes.

    Returns
    -------
    In the order parameters, interests, facts, events, claims; as written within.

    Raises
    ------
    NotConvergedError
        If there is no solution, or no derivative at it.
    """
    scaled, factors = with_factors(scenario)
    case = solve_case(scaled)
    sizes: dict[str, Size] = dict.fromkeys(scaled.parameters, (0.0, ""))
    spans = {name: 1.0 if name in factors else _span(body) for name, body in scaled.parameters.items()}
    finite = [name for name in case.outcomes if math.isfinite(case.value(name))]
    for outcome, gradient in outcome_gradients(case, finite, list(scaled.parameters)).items():
        for name, slope in gradient.items():
            size = abs(slope) * spans[name] / max(abs(case.value(outcome)), 1.0)
            sizes[name] = max(sizes[name], (size, outcome))
    for away in (lambda _: 0.0, _farthest):
        unfelt = {n: away(scaled.parameters[n]) for n, (size, _) in sizes.items() if size < LEAST}
        changes = {n: {n: to} for n, to in unfelt.items() if to != scaled.parameters[n].value.value}
        sizes |= _effects_of_changes(case, changes, progress)
    by_part = {key: sizes[name] for name, key in factors.items()}
    by_part |= {("parameter", name): sizes[name] for name in scenario.parameters}
    found = [LargestEffect("parameter", name, *sizes[name]) for name in scenario.parameters]
    found += [LargestEffect(*key, *size) for key, size in by_part.items() if key[0] == "interest"]
    facts = _fact_effects(scenario, case, by_part, progress)
    found += facts.values()
    for name in scenario.events:
        learnt = [sizes[p] for p, body in scenario.parameters.items() if name in body.learnt]
        found.append(LargestEffect("event", name, *max(learnt, default=(0.0, ""))))
    for claim in place_claims(scenario):
        cited = [size for place, size in by_part.items() if place in claim.places]
        name = f"{claim.source}#{claim.claim}"
        told = [facts[n] for n, body in scenario.facts.items() if body.source in (name, claim.claim)]
        cited += [(fact.size, fact.outcome) for fact in told if fact.through != "words"]
        found.append(LargestEffect("claim", name, *max(cited, default=(0.0, ""))))
    return tuple(found)


def _ends(parameter: Parameter) -> list[float]:
    return [] if parameter.prior is None else parameter.prior.ppf(np.array([0.1, 0.9])).tolist()


def _span(parameter: Parameter) -> float:
    """Return how far a parameter may be moved: its own size, or what its prior spans if that is more."""
    own, ends = abs(parameter.value.value), _ends(parameter)
    return max(own, (ends[1] - ends[0]) / 2.0) if ends else own or 1.0


def _farthest(parameter: Parameter) -> float:
    """Return the end of what a prior spans that is farther from the value; the value if there is no prior."""
    value = parameter.value.value
    return max(_ends(parameter), key=lambda end: abs(end - value), default=value)


def _effects_of_changes(
    case: Case, changes: Mapping[str, Mapping[str, float]], progress: Progress | None
) -> dict[str, Size]:
    """Return the largest effect on any outcome of changed parameters, by name, where that can be solved."""
    done = answer_changes(
        case,
        [Change(draw=dict(to)) for to in changes.values()],
        judgements=(),
        progress=progress,
        step="Taking away what shows no effect",
    )
    found = {}
    for name, answers in zip(changes, done.answers, strict=True):
        if answers is not None and answers.solved:
            moved = {
                outcome: abs(value - case.value(outcome)) / max(abs(case.value(outcome)), 1.0)
                for outcome, value in answers.outcomes.items()
            }
            told = {outcome: size for outcome, size in moved.items() if math.isfinite(size)}
            outcome = max(told, key=told.__getitem__, default="")
            found[name] = (told.get(outcome, 0.0), outcome)
    return found


def with_factors(scenario: Scenario) -> tuple[Scenario, dict[str, tuple[str, str]]]:
    """Return the scenario with a factor at everything, and what each factor stands for: kind and name."""
    factors: dict[str, tuple[str, str]] = {}
    parameters = dict(scenario.parameters)

    def factor(kind: str, name: str, at: float) -> ParameterValue:
        own = f"{_FACTOR}{len(factors)}"
        factors[own] = (kind, name)
        parameters[own] = Parameter(value=Quantity(at, PLAIN, f"{at:g}"))
        return ParameterValue(own, PLAIN)

    used = sorted({fact for *_, body in parts(scenario) for fact in _in_expressions(body)})
    facts = {name: factor("fact", name, 1.0) for name in used}

    def scale_facts(node: Expr) -> Expr:
        return Binary("*", node, facts[node.name]) if isinstance(node, FactValue) else node

    def scaled(expr: Expr, kind: str, name: str) -> Expr:
        return Binary("*", expr, factor(kind, name, 1.0))

    def one(kind: str, name: str, body: Any) -> Any:
        body = rewritten(body, scale_facts)
        match kind:
            case "interest":
                return body.model_copy(update={"worth": scaled(body.worth, kind, name)})
            case "hazard":
                return body.model_copy(update={"rate": scaled(body.frequency, kind, name), "every": None})
            case "decision":
                return body.model_copy(update={"proposed": scaled(body.proposed, kind, name)})
            case "action":
                shift = factor(kind, name, 0.0)
                return body.model_copy(update={"worth": Binary("+", body.worth, shift)})
        return body

    def each(kind: str, owner: str, bodies: Mapping[str, Any]) -> dict[str, Any]:
        return {name: one(kind, f"{owner}{name}", body) for name, body in bodies.items()}

    actors = {}
    for name, actor in scenario.actors.items():
        inner = {
            "interests": each("interest", f"{name}.", actor.interests),
            "actions": each("action", f"{name}.", actor.actions),
        }
        bare = rewritten(actor.model_copy(update={"interests": {}, "actions": {}}), scale_facts)
        actors[name] = bare.model_copy(update=inner)
    institutions = {
        name: body.model_copy(update={"decisions": each("decision", f"{name}.", body.decisions)})
        for name, body in scenario.institutions.items()
    }
    changed = {
        "actors": actors,
        "institutions": institutions,
        "hazards": each("hazard", "", scenario.hazards),
        "outcomes": each("outcome", "", scenario.outcomes),
        "parameters": parameters,
    }
    return scenario.model_copy(update=changed), factors


def rewritten(value: Any, change: Callable[[Expr], Expr]) -> Any:
    """Return a part, or anything in one, with every node of its expressions changed."""
    if isinstance(value, EXPRESSION_CLASSES):
        return _changed(value, change)
    if isinstance(value, Part):
        names = type(value).model_fields
        new = {name: rewritten(getattr(value, name), change) for name in names}
        return value.model_copy(update={n: v for n, v in new.items() if v is not getattr(value, n)})
    if isinstance(value, dict):
        return {key: rewritten(item, change) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(rewritten(item, change) for item in value)
    return value


def _changed(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    new: dict[str, Any] = {}
    for field in dataclasses.fields(expr):
        inner = getattr(expr, field.name)
        if isinstance(inner, EXPRESSION_CLASSES):
            new[field.name] = _changed(inner, change)
        elif isinstance(inner, tuple) and any(isinstance(part, EXPRESSION_CLASSES) for part in inner):
            new[field.name] = tuple(_changed(part, change) for part in inner)
    return change(dataclasses.replace(expr, **new) if new else expr)


def _in_expressions(body: Part) -> Iterable[str]:
    value = getattr(body, "value", None)
    derived = set(facts_in(value)) if isinstance(value, Quantity) else set()
    return (name for name in numbers_used(body) if name not in derived)


def _fact_effects(
    scenario: Scenario, case: Case, by_part: Mapping[tuple[str, str], Size], progress: Progress | None
) -> dict[str, LargestEffect]:
    """Return the effect of every fact: by its number, by what was learnt from it, or by words."""
    numbers = {name: _effect_of_number(scenario, name, by_part) for name in scenario.facts}
    steps = {name: _step(scenario, name) for name, (size, _) in numbers.items() if size < LEAST}
    numbers |= _effects_of_changes(case, {name: to for name, to in steps.items() if to}, progress)
    learnt: dict[str, list[Size]] = {name: [] for name in scenario.facts}
    argued: dict[str, list[Size]] = {name: [] for name in scenario.facts}
    for _, kind, name, body in parts(scenario):
        size = by_part.get((kind, name), (0.0, ""))
        for fact in getattr(body, "learnt", ()):
            learnt.get(fact, []).append(size)
        for fact in getattr(body, "because", ()):
            argued.get(fact, []).append(size)
    found = {}
    for name in scenario.facts:
        ways: tuple[tuple[Size, Through], ...] = (
            (numbers[name], "number"),
            (max(learnt[name], default=(0.0, "")), "learnt"),
            (max(argued[name], default=(0.0, "")), "words"),
        )
        felt = [LargestEffect("fact", name, *size, through) for size, through in ways]
        found[name] = next((one for one in felt if not one.none), LargestEffect("fact", name, 0.0, ""))
    return found


def _effect_of_number(scenario: Scenario, fact: str, by_part: Mapping[tuple[str, str], Size]) -> Size:
    """Return the largest effect of a fact's number, where it stands itself or behind a parameter."""
    found = [by_part.get(("fact", fact), (0.0, ""))]
    for name, body in scenario.parameters.items():
        if fact in facts_in(body.value):
            size, outcome = by_part["parameter", name]
            found.append((size * _share(scenario, body.value, fact), outcome))
    return max(found)


def _step(scenario: Scenario, fact: str) -> dict[str, float]:
    """Return the parameters that change first as a fact is halved, doubled or taken away; none if none do."""
    derived = {n: body.value for n, body in scenario.parameters.items() if fact in facts_in(body.value)}
    for factor in (0.5, 2.0, 0.0):
        to = {n: float(evaluate(_times(scenario, v, fact), {}, {"": factor})) for n, v in derived.items()}
        to = {name: number for name, number in to.items() if number != derived[name].value}
        if to and all(map(math.isfinite, to.values())):
            return to
    return {}


def _times(scenario: Scenario, value: Quantity, fact: str) -> Expr:
    """Return the formula of a derived number with a factor, the parameter without a name, at a fact."""
    node = ParameterValue("", PLAIN)

    def scale(part: Expr) -> Expr:
        return Binary("*", part, node) if isinstance(part, FactValue) and part.name == fact else part

    return _changed(resolve(parse_expression(value.formula), scenario.scope()), scale)


def _share(scenario: Scenario, value: Quantity, fact: str) -> float:
    """Relative change of a derived number for a relative change of a fact: |f dp/df / p|."""
    slope = float(evaluate(derivative(_times(scenario, value, fact), ""), {}, {"": 1.0}))
    return abs(slope / value.value) if value.value else abs(slope)
