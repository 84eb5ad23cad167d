"""From an expanded document to a scenario: every problem found at once, each where it was written.

Names are collected first (variables and their levels, parameters and their dimensions, conditions,
outcomes), leniently, so that one broken definition does not hide the rest; then the schema reads every part
with those names in scope; then the checks of `bystander.scenario.checks` look at the whole. Complaints
about a name whose definition is itself broken are left out: they are consequences.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bystander.errors import Problem, ScenarioError
from bystander.scenario.document import Document
from bystander.scenario.expressions import Expr, Scope, parse_expression
from bystander.scenario.nodes import Mapping, Node, Path, Scalar, Sequence, data_of, find
from bystander.scenario.schema.fields import reading_in
from bystander.scenario.schema.scenario import Scenario
from bystander.units import PLAIN, Dimension, parse_quantity

NEEDED = {
    "title": "add title: What the crisis is called",
    "bystander": "add bystander: 1, the version of the language",
    "as_of": "add as_of: 2022-10-15, the date the scenario speaks from",
    "horizon": "add horizon: 1 year",
    "patience": "add patience: 50% per year",
    "start": "add start: and one of its levels",
}


def validate(document: Document) -> Scenario:
    """Read an expanded document as a scenario.

    Raises
    ------
    ScenarioError
        With every problem the schema and the checks find.
    """
    from bystander.scenario.checks import find_errors

    root = document.root
    if "fragment" in root.entries:
        message = "this file is a fragment, to be used by a scenario, not a scenario"
        fix = "write a scenario that has it under 'use', or read its toy"
        raise ScenarioError(Problem(root.keys["fragment"].mark, message, fix, "fragment"))
    with scope_for(root) as broken:
        try:
            scenario = Scenario.model_validate(data_of(root))
        except ValidationError as error:
            raise located_problems(error, root, broken) from None
    scenario._document = document
    errors = find_errors(scenario)
    if errors:
        raise ScenarioError(errors)
    return scenario


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


def located_problems(
    error: ValidationError, root: Mapping, broken: frozenset[str] = frozenset()
) -> ScenarioError:
    """Turn what pydantic found into located problems."""
    found: dict[Problem, None] = {}
    for detail in error.errors():
        problem = _problem(detail, root)
        consequence = (
            any(f"'{name}'" in problem.message for name in broken) and problem.check != "bad-quantity"
        )
        if not consequence or _defines(detail["loc"], broken):
            found[problem] = None
    if not found:
        found = {_problem(detail, root): None for detail in error.errors()}
    return ScenarioError(sorted(found, key=lambda p: (p.mark.file, p.mark.line, p.mark.column)))


def _defines(loc: Path, broken: frozenset[str]) -> bool:
    return len(loc) >= 2 and loc[0] in ("variables", "parameters", "conditions") and loc[1] in broken


def _problem(detail: Any, root: Mapping) -> Problem:
    loc: Path = tuple(step for step in detail["loc"] if step != "[key]")
    node, mark, _ = find(root, loc)
    kind: str = detail["type"]
    given: Problem | None = detail.get("ctx", {}).get("problem")
    if given is not None:
        place = given.mark if given.mark.line else mark
        return Problem(place, _sentence(given.message), _sentence(given.fix), given.check, given.severity)
    name = str(loc[-1]) if loc else "the scenario"
    if kind == "extra_forbidden":
        known = tuple(_model_at(loc[:-1]).model_fields)
        if len(loc) == 1:
            known = (*known, "use")
        close = difflib.get_close_matches(name, known, 1, 0.6)
        fix = f"Did you mean '{close[0]}'?" if close else f"What may stand here: {', '.join(known)}."
        if name.count("(") != name.count(")") or name.count("[") != name.count("]"):
            fix = "Inside { } a comma ends a value: put quotes around the whole value."
        return Problem(mark, f"'{name}' is not a key of {_place(loc[:-1])}.", fix, "unknown-key")
    if kind == "missing":
        parent, place, _ = find(root, loc[:-1])
        if not loc[:-1]:
            place = parent.mark
        fix = NEEDED.get(name, f"add {name}: ...")
        return Problem(
            place,
            f"{_place(loc[:-1])[:1].upper()}{_place(loc[:-1])[1:]} has no '{name}'.",
            fix,
            "missing-key",
        )
    return Problem(
        mark if mark.line else node.mark,
        f"{_place(loc)}: {_reason(detail, node)}.",
        _advice(detail),
        _check(detail),
    )


def _reason(detail: Any, node: Node) -> str:
    kind = detail["type"]
    shown = f"'{node.text[:60]}'" if isinstance(node, Scalar) and node.text else _shape(node)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        shown = f"'{str(detail['input'])[:60]}'"
    if kind == "string_pattern_mismatch":
        return f"{shown} is not written as it should be"
    if kind == "literal_error":
        return f"{shown} is not one of {detail['ctx']['expected']}"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return f"a mapping of names is needed, not {shown}"
    if kind in ("list_type", "tuple_type"):
        return f"a list is needed, not {shown}"
    if kind == "string_type":
        return f"a text is needed, not {shown}"
    return f"{shown} does not fit: {detail['msg'].lower()}"


def _advice(detail: Any) -> str:
    pattern = str(detail.get("ctx", {}).get("pattern", ""))
    if detail["type"] == "string_pattern_mismatch":
        if "d{4}" in pattern:
            return "Write a date as 2022-10-15."
        if r"\." in pattern:
            return "Write owner.move, such as csto.deploy or nature.flare."
        return "Use small letters, digits and _, beginning with a letter."
    if detail["type"] in ("dict_type", "model_type"):
        return "Write name: value below it, further in."
    return ""


def _check(detail: Any) -> str:
    return "bad-name" if detail["type"] == "string_pattern_mismatch" else "wrong-type"


def _shape(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    return "a list" if isinstance(node, Sequence) else "nothing"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".?!:)]}" else ".")


def _place(loc: Path) -> str:
    if not loc:
        return "the scenario"
    return "'" + ".".join(str(step) for step in loc) + "'"


def _model_at(loc: Path) -> type[BaseModel]:
    """Return the class of the part at a path."""
    current: Any = Scenario
    for step in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(step))
            current = field.annotation if field else Scenario
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        while get_origin(current) not in (None, dict) and get_args(current):
            current = get_args(current)[0]
    return current if isinstance(current, type) and issubclass(current, BaseModel) else Scenario


def _entries(root: Mapping, section: str) -> list[tuple[str, Node]]:
    body = root.get(section)
    return list(body.entries.items()) if isinstance(body, Mapping) else []
