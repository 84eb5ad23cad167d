"""The names a document defines, collected before it is validated.

Collecting is lenient: a variable without a start still has levels, a condition that cannot be read is set
aside. What is broken is told by the schema; here it is only noted, so that complaints about names which
depend on it can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bystander.errors import ScenarioError
from bystander.scenario.expressions import Expr, Scope, parse_expression
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence
from bystander.scenario.schema.fields import reading_in
from bystander.units import PLAIN, Dimension, parse_quantity


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
        if not variables.get(name):
            variables.pop(name, None)
            broken.add(name)
        flag = body.get("ordered") if isinstance(body, Mapping) else None
        if isinstance(flag, Scalar) and flag.datum() is True:
            ordered.add(name)
    parameters: dict[str, Dimension] = {}
    for name, body in _entries(root, "parameters"):
        value = body.get("value") if isinstance(body, Mapping) else body
        try:
            parameters[name] = parse_quantity(value.text).dimension if isinstance(value, Scalar) else PLAIN
        except ScenarioError:
            broken.add(name)
    conditions: dict[str, Expr] = {}
    for name, body in _entries(root, "conditions"):
        try:
            datum = body.datum() if isinstance(body, Scalar) else None
            conditions[name] = parse_expression("" if datum is None else datum, body.mark)
        except ScenarioError:
            broken.add(name)
    outcomes = frozenset(name for name, _ in _entries(root, "outcomes"))
    with reading_in(Scope(variables, frozenset(ordered), parameters, conditions, outcomes)):
        yield frozenset(broken)


def _entries(root: Mapping, section: str) -> list[tuple[str, Node]]:
    body = root.get(section)
    return list(body.entries.items()) if isinstance(body, Mapping) else []
