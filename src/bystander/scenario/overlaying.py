"""Laying one file over another, and two side by side.

==========================  ================================================================
written                     merged
==========================  ================================================================
mapping of names            name by name, recursively
``because``                 together when side by side
``never``                   together always: what is impossible in a part is impossible in all
an effect, start, levels,   as one value: the overriding one
rule, recusal, amounts
anything else               the overriding value; side by side, different values are an error
==========================  ================================================================

Giving ``rate`` where the library gave ``every`` (or one question of an outcome where it gave another)
replaces it.
"""

from __future__ import annotations

from bystander.errors import Problem
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence
from bystander.scenario.telling import tell

WHOLE = frozenset({"start", "then", "levels", "rule", "recuse", "accumulates", "on_moves"})
GATHERED = frozenset({"because", "never"})
NAMED_WITHIN = frozenset(
    {"interests", "actions", "decisions", "claims", "intensities", "impacts", "set", "worth"}
)
QUESTIONS = (
    "ever",
    "fires",
    "at",
    "share",
    "accumulates",
    "on_moves",
    "counts",
    "time_to",
    "before",
    "long_run",
)
ALTERNATIVES = {
    "hazards": (("every",), ("rate",)),
    "actors": (("discount",), ("patience",)),
    "outcomes": tuple((question,) for question in QUESTIONS),
}


def overlay(base: Node, top: Node, path: tuple[str, ...] = ()) -> Node:
    """Return ``base`` overridden by ``top``."""
    if path and path[-1] == "never" and len(path) == 1:
        return _gather(base, top)
    if isinstance(base, Sequence) and isinstance(top, Mapping) and path[::2] == ("institutions", "members"):
        names = [item for item in base.items if isinstance(item, Scalar)]
        base = Mapping({n.text: Scalar("", n.mark) for n in names}, {n.text: n for n in names}, base.mark)
    if not (isinstance(base, Mapping) and isinstance(top, Mapping)) or _is_whole(path):
        return top
    entries = dict(base.entries)
    keys = dict(base.keys)
    for name in _replaced(path, base, top):
        entries.pop(name, None)
        keys.pop(name, None)
    for key, node in top.items():
        known = entries.get(key.text)
        entries[key.text] = node if known is None else overlay(known, node, (*path, key.text))
        keys[key.text] = key
    return Mapping(entries, keys, top.mark)


def beside(
    first: Node, second: Node, settled: Node | None, problems: list[Problem], path: tuple[str, ...] = ()
) -> Node:
    """Merge two uses side by side; ``settled`` is what the file that uses them says there, if anything."""
    if first is second or _same_text(first, second):
        return first
    if path and path[-1] in GATHERED and not _is_name(path):
        return _gather(first, second)
    if isinstance(first, Mapping) and isinstance(second, Mapping) and not _is_whole(path):
        entries = dict(first.entries)
        keys = dict(first.keys)
        for key, node in second.items():
            known = entries.get(key.text)
            if known is None:
                entries[key.text] = node
                keys[key.text] = key
                continue
            below = settled.get(key.text) if isinstance(settled, Mapping) else None
            entries[key.text] = beside(known, node, below, problems, (*path, key.text))
        return Mapping(entries, keys, first.mark)
    if settled is None:
        where = ".".join(path)
        message = f"'{where}' is {_brief(second)} here and {_brief(first)} at {first.mark}"
        problems.append(tell(second.mark, message, f"give '{where}' in the scenario itself", "conflict"))
    return first


def _is_name(path: tuple[str, ...]) -> bool:
    return len(path) == 2 or (len(path) >= 4 and path[-2] in NAMED_WITHIN)


def _is_whole(path: tuple[str, ...]) -> bool:
    return len(path) >= 3 and path[-1] in WHOLE and not _is_name(path)


def _replaced(path: tuple[str, ...], base: Mapping, top: Mapping) -> list[str]:
    if len(path) != 2 or path[0] not in ALTERNATIVES:
        return []
    keys = {key for group in ALTERNATIVES[path[0]] for key in group}
    given = keys & top.entries.keys()
    return sorted((keys & base.entries.keys()) - given) if given else []


def _gather(first: Node, second: Node) -> Node:
    items: list[Node] = []
    for node in (first, second):
        for item in node.items if isinstance(node, Sequence) else (node,):
            if not any(_same_text(item, other) for other in items):
                items.append(item)
    return Sequence(tuple(items), first.mark)


def _same_text(first: Node, second: Node) -> bool:
    if isinstance(first, Scalar) and isinstance(second, Scalar):
        return first.text == second.text
    if isinstance(first, Sequence) and isinstance(second, Sequence):
        return len(first.items) == len(second.items) and all(map(_same_text, first.items, second.items))
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.entries.keys() == second.entries.keys() and all(
            _same_text(node, second.entries[name]) for name, node in first.entries.items()
        )
    return False


def _brief(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"'{node.text[:40]}'"
    return "a list" if isinstance(node, Sequence) else "a mapping"
