"""What validation found, in words and with places.

Pydantic says which path of the data is wrong and how; the tree of nodes says where that path was written.
Complaints about a name whose own definition is broken are left out: they are consequences.
"""

from __future__ import annotations

import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bystander.errors import Problem, ScenarioError, did_you_mean
from bystander.scenario.nodes import A_NAME, Mapping, Node, Path, Scalar, Sequence, find, tell

_FIX = "Write what its place wants; `bystander schema` says what that is."
_FIXES = {
    "dict": "Write name: value below it, further in.",
    "model": "Write name: value below it, further in.",
    "list": "Write [first, second].",
    "tuple": "Write [first, second].",
    "string": "Write one text.",
    "string_too_long": "Shorten it.",
    "bool": "Write true or false.",
    "too_short": "List at least one.",
    "too_long": "Leave some out.",
    "int": "Write a whole number.",
    **dict.fromkeys(("float", "finite", "greater", "less"), "Write a number."),
}
"""What to do about each kind of complaint of pydantic, by its name or the first word of that."""
NEEDED = {
    "title": "add title: What it is called",
    "bystander": "add bystander: 1, the version of the language",
    "as_of": "add as_of: 2022-10-15, the date the scenario speaks from",
    "horizon": "add horizon: 1 year",
    "variables": "add variables: {front: {levels: [quiet, clash], start: quiet}}",
    "discount": "add discount: 50% per year, how fast the future fades",
    "start": "add start: and one of its levels",
    "levels": "add levels: [quiet, clash]",
    "value": "add value: 2 per year, its number with its unit",
    "kind": "add kind: fact, or event, mechanism, judgement, rival, prospect",
    "says": "add says: What it says, in a sentence",
    "source": "add source: and the name of an entry of 'sources'",
    "date": "add date: 2022-10-15",
    "reading": "add reading: yes, or ambiguous, or no",
    "worth": "add worth: -2 per year",
    "then": "add then: and what it changes, such as {front: clash}",
    "members": "add members: and the actors that vote in it, [a, b]",
    "rule": "add rule: majority, or consensus",
    "proposed": "add proposed: every 2 weeks, how often it comes to a vote",
    "first": "add first: and the condition asked about",
    "than": "add than: and the condition it is to precede",
    "party": "add party: and the actor or institution that is asked about",
    "moves": "add moves: and what it might do, [move, other_move]",
    "name": "add name: and the column that names each row",
    "observed": "add observed: {helped: {column: answer, outcome: sends, yes: [troops]}}",
    "column": "add column: and the column of the table",
    "forecast": "add forecast: 1, the version of this form",
    "scenario": "add scenario: and the name of its file",
    "record": "add record: and the name of its file",
    "questions": 'add questions: {again: {asks: "Again?", fires: clash, by: 2023-03-31}}',
    "asks": 'add asks: "What is asked?"',
    "holds": "add holds: P(outcome) < 5%, with the name of an outcome",
}
"""How to add each key that an entry of a file cannot do without."""
SHORT_FORMS = {
    "Scenario": ("use", "groups", "tables"),
    "Actor": ("answers",),
    "Institution": ("answers",),
    "Hazard": ("takes", "once"),
    "Action": ("takes", "once"),
    "Decision": ("takes", "once"),
}
"""What may be written besides the keys of a class, and is written out before it is read."""


SCENARIO = "the scenario"


def located_problems(
    error: ValidationError,
    root: Mapping,
    model: type[BaseModel],
    broken: frozenset[str] = frozenset(),
    *,
    whole: str = SCENARIO,
) -> ScenarioError:
    """Turn what pydantic found while reading ``root`` as a ``model`` into located problems.

    Parameters
    ----------
    whole
        What the file is called where a key of its own is wrong.
    """
    found: dict[Problem, None] = {}
    for detail in error.errors():
        problem = _problem(detail, root, model, whole)
        named = problem.message.split("'")[1:-1]
        consequence = not broken.isdisjoint(named) and problem.check != "bad-quantity"
        if not consequence or _defines(detail["loc"], broken):
            found[problem] = None
    if not found:
        found = {_problem(detail, root, model, whole): None for detail in error.errors()}
    return ScenarioError(sorted(found, key=lambda problem: problem.place))


def _defines(loc: Path, broken: frozenset[str]) -> bool:
    return (
        len(loc) >= 2
        and loc[0] in ("variables", "parameters", "conditions", "facts", "clauses")
        and loc[1] in broken
    )


def _problem(detail: Any, root: Mapping, model: type[BaseModel], whole: str) -> Problem:
    loc: Path = tuple(step for step in detail["loc"] if step != "[key]")
    node, mark, _ = find(root, loc)
    kind: str = detail["type"]
    given: Problem | None = detail.get("ctx", {}).get("problem")
    if given is not None:
        place = given.mark if given.mark.line else mark
        return tell(place, given.message, given.fix, given.check, given.severity)
    name = str(loc[-1]) if loc else whole
    if kind == "extra_forbidden":
        part = _model_at(model, loc[:-1])
        known = tuple(field.alias or written for written, field in part.model_fields.items())
        known += SHORT_FORMS.get(part.__name__, ())
        fix = did_you_mean(name, known, f"What may stand here: {', '.join(known)}.")
        if _continues(name, node, find(root, loc[:-1])[0]):
            fix = "Inside { } a comma ends a value: put quotes around the whole text."
        return tell(mark, f"'{name}' is not a key of {_place(loc[:-1], whole)}", fix, "unknown-key")
    if kind == "missing":
        parent, place, _ = find(root, loc[:-1])
        if not loc[:-1]:
            place = parent.mark
        fix = NEEDED.get(name, f"add {name}: ...")
        return tell(place, f"{_place(loc[:-1], whole)} has no '{name}'", fix, "missing-key")
    message = f"{_place(loc, whole)}: {_reason(detail, node)}"
    check = "bad-name" if kind == "string_pattern_mismatch" else "wrong-type"
    return tell(mark if mark.line else node.mark, message, _advice(detail), check)


def _continues(name: str, node: Node, parent: Node) -> bool:
    """Say whether what stands where a key is due is the rest of a text that a comma has cut off.

    Brackets that do not match, or words without a value that follow an entry on the same line.
    """
    if name.count("(") != name.count(")") or name.count("[") != name.count("]"):
        return True
    empty = isinstance(node, Scalar) and node.datum() is None
    if not (empty and isinstance(parent, Mapping)):
        return False
    names = list(parent.entries)
    place = names.index(name) if name in names else 0
    if not place:
        return False
    before = parent.keys[names[place - 1]].mark
    return before.line == parent.keys[name].mark.line or " " in name


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
    if kind == "too_short":
        return "nothing is listed"
    if kind == "string_type":
        return f"a text is needed, not {shown}"
    if kind in ("bool_parsing", "bool_type"):
        return f"true or false is needed, not {shown}"
    if kind in ("int_parsing", "int_type", "float_parsing", "float_type"):
        return f"a number is needed, not {shown}"
    return f"{shown} does not fit: {detail['msg'].lower()}"


def _advice(detail: Any) -> str:
    pattern = str(detail.get("ctx", {}).get("pattern", ""))
    if detail["type"] == "string_pattern_mismatch":
        if detail["loc"] == ("given",):
            return "Give it a name, conditions: {begun: front == fighting}, and name it, given: begun."
        if "d{4}" in pattern:
            return "Write a date as 2022-10-15."
        if r"\." in pattern:
            return "Write owner.move, such as csto.deploy or nature.flare."
        if detail["loc"][-1:] == ("fires",):
            return "Name a class of the record; it gives a move one under classes: {landing: owner.move}."
        return f"Use {A_NAME}."
    if detail["type"] == "literal_error":
        options = re.findall("'([^']*)'", detail["ctx"]["expected"])
        return did_you_mean(str(detail["input"]), options)
    bounds = [str(limit) for name, limit in detail.get("ctx", {}).items() if name in ("ge", "le", "gt", "lt")]
    return _FIXES.get(detail["type"], _FIXES.get(detail["type"].partition("_")[0], _FIX)) + "".join(
        f" The limit is {b}." for b in bounds
    )


def _shape(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    return "a list" if isinstance(node, Sequence) else "nothing"


def _place(loc: Path, whole: str) -> str:
    if not loc:
        return whole
    return "'" + ".".join(str(step) for step in loc) + "'"


def _model_at(model: type[BaseModel], loc: Path) -> type[BaseModel]:
    """Return the class of the part at a path."""
    current: Any = model
    for step in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(step))
            current = field.annotation if field else model
        elif get_origin(current) is dict:
            current = get_args(current)[1]
        while get_origin(current) not in (None, dict) and get_args(current):
            current = get_args(current)[0]
    return current if isinstance(current, type) and issubclass(current, BaseModel) else model
