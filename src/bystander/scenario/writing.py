"""Scenarios and documents back to YAML that reads like what an analyst would write.

Mappings and lists that fit on a line are written in one line, ``{when: war, worth: -14 per year}``; the
rest is indented. Texts are quoted only where YAML would misread them. Writing and reading are inverse:
``read(write(s)) == s``. With ``provenance``, an entry that comes from another file than what surrounds it
says so: ``# from mechanisms/diversion``.

The JSON Schema of scenario files lets editors complete and check them while they are written.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from bystander.errors import Mark
from bystander.harmless import escaped
from bystander.scenario.nodes import (
    BOOLEAN_TEXTS,
    NULL_TEXTS,
    Mapping,
    Node,
    Scalar,
    Sequence,
    node_of,
    nodes_in,
)
from bystander.scenario.schema import Scenario

WIDTH = 100
_IN_FLOW = re.compile(r"(?:[\w.(]|[-+](?=[\w.(]))[\w./()+*<=>%;'&!| -]*")
_IN_BLOCK = re.compile(r"(?:[\w.(]|[-+](?=[\w.(]))[^\t]*")
_ESCAPED = re.compile(r"[\ud800-\udfff\ufeff\ufffe\uffff]")


def write_scenario(scenario: Scenario, *, provenance: bool = False) -> str:
    """Write a scenario as YAML; `read_scenario` reads it back as an equal one.

    Parameters
    ----------
    provenance
        Whether to say, for a scenario read from files, which file each entry comes from.
    """
    root = node_of(_texts(scenario.to_dict()))
    if not provenance or scenario.document is None:
        return write_nodes(root)
    own = scenario.document.root
    return write_nodes(_marked(root, own, own.mark), own.mark.file)


def write_nodes(root: Node, own: str | None = None) -> str:
    """Write a tree as YAML; ``own`` is the file whose entries need no comment, None for no comments."""
    lines: list[str] = []
    _write(root, 0, own, lines)
    return "\n".join(lines) + "\n"


def scenario_hash(scenario: Scenario) -> str:
    """Return a hash of what the scenario says; the order of entries in its file does not matter."""
    return _hash_of(scenario.to_dict(), in_order=False)


def told_hash(scenario: Scenario) -> str:
    """Return a hash of all that is told of a scenario: its name and the order of its entries as well."""
    return _hash_of([scenario.name, scenario.to_dict()], in_order=True)


def _hash_of(said: Any, *, in_order: bool) -> str:
    text = json.dumps(said, sort_keys=not in_order, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _write(node: Node, indent: int, origin: str | None, lines: list[str]) -> None:
    pad = "  " * indent
    if isinstance(node, Mapping):
        for key, value in node.items():
            is_section = indent == 0 and isinstance(value, Mapping)
            comment, below = ("", origin) if is_section else _comment(key, origin)
            head = f"{pad}{_name(key, False)}:"
            short = _one_line(value, WIDTH - len(head), below)
            if short is not None:
                lines.append(f"{head} {short}{comment}".rstrip())
            else:
                lines.append(head + comment)
                _write(value, indent + 1, below, lines)
            if indent == 0 and short is None:
                lines.append("")
    elif isinstance(node, Sequence):
        for item in node.items:
            short = _one_line(item, WIDTH - len(pad), origin)
            if short is not None:
                lines.append(f"{pad}- {short}")
                continue
            nested: list[str] = []
            _write(item, indent + 1, origin, nested)
            nested[0] = f"{pad}- {nested[0].lstrip()}"
            lines.extend(nested)
    else:
        lines.append(pad + _scalar(node, False))


def _comment(key: Scalar, origin: str | None) -> tuple[str, str | None]:
    if origin is None or key.mark.file == origin:
        return "", origin
    name = key.mark.file.removeprefix("library/").removesuffix(".yaml").removesuffix("/scenario")
    return f"  # from {name}", key.mark.file


def _one_line(node: Node, room: int, origin: str | None) -> str | None:
    """Return the node on one line, or None where it is too long, too nested or of several origins."""
    if isinstance(node, Scalar):
        return _scalar(node, False)
    if _depth(node) > 2 or (origin is not None and _mixed(node, origin)):
        return None
    text = _flow(node)
    return text if len(text) <= room or not nodes_in(node) else None


def _flow(node: Node) -> str:
    if isinstance(node, Scalar):
        return _scalar(node, True)
    if isinstance(node, Sequence):
        return "[" + ", ".join(map(_flow, node.items)) + "]"
    return "{" + ", ".join(f"{_name(key, True)}: {_flow(value)}" for key, value in node.items()) + "}"


def _depth(node: Node) -> int:
    return 0 if isinstance(node, Scalar) else 1 + max(map(_depth, nodes_in(node)), default=0)


def _mixed(node: Node, origin: str) -> bool:
    if isinstance(node, Mapping):
        return any(key.mark.file != origin or _mixed(value, origin) for key, value in node.items())
    return isinstance(node, Sequence) and any(_mixed(item, origin) for item in node.items)


def _name(key: Scalar, in_flow: bool) -> str:
    return _scalar(Scalar(key.text, key.mark, plain=False), in_flow)


def _scalar(scalar: Scalar, in_flow: bool) -> str:
    text = scalar.text
    if scalar.plain and (text in NULL_TEXTS or text in BOOLEAN_TEXTS):
        return text or "~"
    if text in NULL_TEXTS or text in BOOLEAN_TEXTS or not _is_plain(text, in_flow):
        quoted = escaped(json.dumps(text, ensure_ascii=False))
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
    return text


def _is_plain(text: str, in_flow: bool) -> bool:
    if text != text.strip() or not text.isprintable() or text.startswith("..."):
        return False
    if in_flow:
        return _IN_FLOW.fullmatch(text) is not None
    return _IN_BLOCK.fullmatch(text) is not None and ": " not in text and " #" not in text and text[-1] != ":"


def _marked(node: Node, like: Node | None, mark: Mark) -> Node:
    """Return a tree with the marks of another where it has entries of the same names."""
    if isinstance(node, Sequence):
        return Sequence(tuple(_marked(item, None, mark) for item in node.items), mark)
    if isinstance(node, Scalar):
        return node
    entries: dict[str, Node] = {}
    keys: dict[str, Scalar] = {}
    for name, value in node.entries.items():
        known = like.keys.get(name) if isinstance(like, Mapping) else None
        below = like.entries.get(name) if isinstance(like, Mapping) else None
        keys[name] = known or Scalar(name, mark)
        entries[name] = _marked(value, below, keys[name].mark)
    return Mapping(entries, keys, mark)


def _texts(data: object) -> object:
    """Return the data with every text unmarked, so that numbers written as text stay unquoted."""
    if isinstance(data, dict):
        return {key: _texts(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_texts(item) for item in data]
    if isinstance(data, str) and data not in NULL_TEXTS and data not in BOOLEAN_TEXTS:
        return Scalar(data)
    return data


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


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenarios.

    Only ``bystander`` is required, since any part may be completed by a file that is used.
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
    properties = _loose(schema["properties"])
    properties |= {"groups": GROUPS, "tables": TABLES}
    properties["bystander"] = {"const": 1, "description": properties["bystander"].get("description", "")}
    properties["use"] = USE
    return {
        "$schema": DIALECT,
        "title": "Bystander scenario",
        "description": " ".join((Scenario.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": ["bystander"],
        "additionalProperties": False,
        "$defs": _loose(schema.get("$defs", {})),
    }


def _loose(schema: Any) -> Any:
    """Return a schema without what merging makes optional."""
    if isinstance(schema, list):
        return [_loose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _loose(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }
