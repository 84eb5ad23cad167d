"""A factor at everything, so that one derivative, or one solution at 0, tells what a thing changes.

Every interest, hazard and decision gets a factor that stands at 1, every action a worth that stands at 0,
every number of a fact a factor that stands at 1. They are parameters like others: games at other values of
them are made by exchanging tables, and derivatives in all of them come at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bystander.scenario.claims import numbers_used, parts
from bystander.scenario.expressions import Expr, facts_in
from bystander.scenario.expressions.syntax import Binary, FactValue, ParameterValue
from bystander.scenario.schema import Parameter, Scenario
from bystander.scenario.schema.fields import EXPRESSION_CLASSES, Part
from bystander.units import PLAIN, Quantity

_FACTOR = "effect_factor_"


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
        return with_nodes(value, change)
    if isinstance(value, Part):
        names = type(value).model_fields
        new = {name: rewritten(getattr(value, name), change) for name in names}
        return value.model_copy(update={n: v for n, v in new.items() if v is not getattr(value, n)})
    if isinstance(value, dict):
        return {key: rewritten(item, change) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(rewritten(item, change) for item in value)
    return value


def with_nodes(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return an expression with every node of it changed, from the leaves up."""
    new: dict[str, Any] = {}
    for field in dataclasses.fields(expr):
        inner = getattr(expr, field.name)
        if isinstance(inner, EXPRESSION_CLASSES):
            new[field.name] = with_nodes(inner, change)
        elif isinstance(inner, tuple) and any(isinstance(part, EXPRESSION_CLASSES) for part in inner):
            new[field.name] = tuple(with_nodes(part, change) for part in inner)
    return change(dataclasses.replace(expr, **new) if new else expr)


def _in_expressions(body: Part) -> Iterable[str]:
    value = getattr(body, "value", None)
    derived = set(facts_in(value)) if isinstance(value, Quantity) else set()
    return (name for name in numbers_used(body) if name not in derived)
