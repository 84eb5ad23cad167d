"""JSON Schema of scenario files, so that editors complete and check them while they are written."""

from __future__ import annotations

from typing import Any

from bystander.scenario.fragments import HOLE_TYPES
from bystander.scenario.schema import Scenario

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
    properties = _loose(schema["properties"], fragment)
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
    return kept
