"""JSON Schema of scenario files, so that editors complete and check them while they are written."""

from __future__ import annotations

from typing import Any

from bystander.scenario.fragments import HOLE_TYPES
from bystander.scenario.schema import Scenario

MEMBERS = "Its members: actors or groups, or a mapping of them to the terms for which they are members."
DIALECT = "https://json-schema.org/draft/2020-12/schema"
USE = {
    "description": "Files to merge in first: a library path, or a path with its holes filled.",
    "type": "array",
    "items": {
        "anyOf": [
            {"type": "string", "examples": ["institutions/csto", "./parts"]},
            {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
        ]
    },
}
_TERM = {
    "type": ["object", "null", "boolean"],
    "properties": {"from": {"type": ["string", "integer"]}, "until": {"type": ["string", "integer"]}},
    "additionalProperties": False,
}
ROLL = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": _TERM},
    ]
}
GROUPS = {
    "description": "Lists of actors by name; a member may have a term, {from: 2002-10-07}.",
    "type": "object",
    "additionalProperties": ROLL,
}
TABLES = {
    "description": "Numbers by actor, group or all; `table.name` in what is said of an actor is its entry.",
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
}
ANSWERS = {
    "description": "Graded answers by name: a variable, and a move for each grade.",
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {
            "grades": {
                "type": "object",
                "additionalProperties": {"type": ["object", "null"]},
                "description": "The answers from the least to the most, each with keys of its own.",
            },
            "ends": {"type": "object", "description": "When an answer ends, and `every` or `rate` how soon."},
            "start": {
                "type": ["string", "object"],
                "description": "The answer at the start; none, if not given.",
            },
        },
        "required": ["grades"],
    },
}
"""Short forms that are written out before the schema reads them, see `bystander.scenario.unfolding`."""
TAKES = {
    "type": "string",
    "description": "How long it takes, in stages.",
    "examples": ["3 weeks in 4 stages"],
}
ONCE = {"type": "boolean", "description": "Whether it happens no more than once."}
_DATED = r"^\d{4}-\d{2}(-\d{2})?$"
HOLES = {
    "description": "Holes to be filled where the fragment is used.",
    "type": "object",
    "additionalProperties": {
        "anyOf": [
            {"enum": sorted(HOLE_TYPES)},
            {
                "type": "object",
                "properties": {
                    "type": {"enum": sorted(HOLE_TYPES)},
                    "about": {"type": "string"},
                    "default": True,
                },
                "required": ["type"],
                "additionalProperties": False,
            },
        ]
    },
}


def json_schema(*, fragment: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of scenarios, or of library fragments.

    Only ``bystander`` is required, since any part may be completed by a file that is used; in a fragment any
    text may hold a ``$hole``.
    """
    schema = Scenario.model_json_schema()
    parts = schema["$defs"]
    for owner in ("Actor", "Institution"):
        parts[owner]["properties"]["answers"] = ANSWERS
    for move in ("Action", "Hazard", "Decision"):
        parts[move]["properties"] |= {"takes": TAKES, "once": ONCE}
    parts["Institution"]["properties"]["members"] = {**ROLL, "description": MEMBERS}
    parts["Actor"]["properties"]["patience"] = {"deprecated": True, "description": "Old word for discount."}
    for part in ("Fact", "Parameter"):
        value = parts[part]["properties"]["value"]
        parts[part]["properties"]["value"] = {
            "description": value.get("description", ""),
            "anyOf": [value, {"type": "object", "patternProperties": {_DATED: value}}],
        }
    properties = _loose(schema["properties"], fragment)
    properties |= {"groups": GROUPS, "tables": TABLES}
    properties["bystander"] = {"const": 1, "description": properties["bystander"].get("description", "")}
    properties["use"] = USE
    if fragment:
        properties |= {
            "fragment": {"type": "string", "description": "Title of the fragment."},
            "references": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Literature it rests on.",
            },
            "statement": {"type": "string", "description": "What it says, formally."},
            "toy": {"type": "string", "description": "Library path of a toy scenario with a known answer."},
            "holes": HOLES,
        }
    return {
        "$schema": DIALECT,
        "title": "Bystander fragment" if fragment else "Bystander scenario",
        "description": "A part of scenarios with holes."
        if fragment
        else " ".join((Scenario.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": ["bystander", "fragment"] if fragment else ["bystander"],
        "additionalProperties": False,
        "$defs": _loose(schema.get("$defs", {}), fragment),
    }


def _loose(schema: Any, fragment: bool) -> Any:
    """Return a schema without what merging and holes make optional."""
    if isinstance(schema, list):
        return [_loose(item, fragment) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "required" and isinstance(value, list):
            continue
        if fragment and key in ("pattern", "propertyNames", "enum") and not isinstance(value, dict):
            continue
        if fragment and key == "patternProperties":
            (kept["additionalProperties"],) = (_loose(item, fragment) for item in value.values())
            continue
        kept[key] = _loose(value, fragment)
    if fragment and kept.get("type") == "array":
        return {"anyOf": [kept, {"type": "string", "pattern": r"^\$"}]}
    return kept
