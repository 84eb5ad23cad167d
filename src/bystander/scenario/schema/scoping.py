"""The names a document defines, collected before it is validated.

Collecting is lenient: a variable without a start still has levels, a condition that cannot be read is set
aside. What is broken is told by the schema; here it is only noted, so that complaints about names which
depend on it can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bystander.errors import ScenarioError
from bystander.scenario.expressions import Expr, Scope, parse_expression, read_constant
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, data_of
from bystander.scenario.schema.fields import reading_in
from bystander.scenario.schema.law import parsed_weight
from bystander.scenario.schema.world import numbered_levels
from bystander.units import PLAIN, Dimension, Quantity


@contextmanager
def scope_for(root: Mapping) -> Iterator[frozenset[str]]:
    """Put the names that a document defines in force; yields the names whose own definition is broken."""
    broken: set[str] = set()
    variables: dict[str, tuple[str, ...]] = {}
    ordered: set[str] = set()
    for name, body in _entries(root, "variables"):
        levels = body.get("levels") if isinstance(body, Mapping) else None
        if isinstance(levels, Mapping):
            variables[name] = tuple(levels.entries)
        elif isinstance(levels, Sequence) and levels.items:
            variables[name] = tuple(item.text for item in levels.items if isinstance(item, Scalar))
        elif isinstance(levels, Scalar):
            variables[name] = numbered_levels(levels.text)
        if not variables.get(name):
            variables.pop(name, None)
            broken.add(name)
        flag = body.get("ordered") if isinstance(body, Mapping) else None
        if isinstance(flag, Scalar) and flag.datum() is True:
            ordered.add(name)
    facts: dict[str, Quantity | None] = {}
    for name, quantity in _numbers(root, "facts", Scope({}), broken):
        facts[name] = quantity
    parameters: dict[str, Dimension] = {}
    for name, quantity in _numbers(root, "parameters", Scope({}, facts=facts), broken):
        parameters[name] = PLAIN if quantity is None else quantity.dimension
    conditions: dict[str, Expr] = {}
    for name, body in _entries(root, "conditions"):
        try:
            datum = body.datum() if isinstance(body, Scalar) else None
            conditions[name] = parse_expression("" if datum is None else datum, body.mark)
        except ScenarioError:
            broken.add(name)
    outcomes = frozenset(name for name, _ in _entries(root, "outcomes"))
    given = root.get("as_of")
    day = given.text if isinstance(given, Scalar) else ""
    clauses = dict(_clauses(root, day, broken))
    scope = Scope(variables, frozenset(ordered), parameters, conditions, outcomes, facts, day, clauses)
    with reading_in(scope):
        yield frozenset(broken)


def _clauses(root: Mapping, day: str, broken: set[str]) -> Iterator[tuple[str, Expr]]:
    """Iterate over how clauses read; broken ones are noted."""
    for name, body in _entries(root, "clauses"):
        reading = body.get("reading") if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or reading is None:
            broken.add(name)
            continue
        dates = [
            node.text if isinstance(node := body.get(key), Scalar) else None for key in ("from", "until")
        ]
        try:
            yield name, parsed_weight(data_of(reading), day, *dates)
        except (ScenarioError, TypeError):
            broken.add(name)


def _numbers(
    root: Mapping, section: str, scope: Scope, broken: set[str]
) -> Iterator[tuple[str, Quantity | None]]:
    """Iterate over the numbers of a section, None for an entry without; broken ones are noted."""
    for name, body in _entries(root, section):
        value = body.get("value") if isinstance(body, Mapping) else body
        try:
            datum = value.datum() if isinstance(value, Scalar) else None
            given = None if datum is None or isinstance(datum, bool) else datum
            yield name, None if given is None else read_constant(given, body.mark, scope)
        except ScenarioError:
            broken.add(name)


def _entries(root: Mapping, section: str) -> list[tuple[str, Node]]:
    body = root.get(section)
    return list(body.entries.items()) if isinstance(body, Mapping) else []
