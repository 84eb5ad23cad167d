"""What a scenario file is before it means anything: a tree of texts that know where they stand.

A node is a `Scalar` (a text), a `Mapping` (named nodes, in order, names distinct) or a `Sequence`. Scalars
are kept as written: ``0.30`` stays ``0.30`` and ``2022-10-15`` stays a text, so that files can be written
back unchanged and numbers are read by whoever knows their unit. Every node carries the `Mark` of its first
character, and through it the file it came from, which is all that provenance and error messages need.

Nodes are frozen; merging and expansion build new trees which share the parts that do not change.

One file is laid over another (`overlay`), and two side by side (`beside`):

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

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bystander.errors import Mark, Problem


def tell(mark: Mark, message: str, fix: str, check: str = "", severity: str = "error") -> Problem:
    """Return a problem whose message and fix are sentences, however they were put together."""
    return Problem(mark, sentence(message), sentence(fix), check, severity)


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends with a stop, unless it ends in something to type."""
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".?!:)]}" else ".")


Path: TypeAlias = tuple[str | int, ...]
A_NAME = "at most 60 small letters, digits and _, beginning with a letter"
NOWHERE = Mark()
NULL_TEXTS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEAN_TEXTS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class MarkedText(str):
    """A text that remembers where it was written, and whether without quotes."""

    mark: Mark
    plain: bool

    def __new__(cls, text: str, mark: Mark, plain: bool = True) -> MarkedText:
        """Attach a mark to a text."""
        self = super().__new__(cls, text)
        self.mark = mark
        self.plain = plain
        return self

    def __reduce__(self) -> tuple[type[MarkedText], tuple[str, Mark, bool]]:
        """Say how to copy and pickle it."""
        return MarkedText, (str(self), self.mark, self.plain)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single text; if quoted or a block (not ``plain``) it is never a boolean and never nothing."""

    text: str
    mark: Mark = NOWHERE
    plain: bool = True

    def datum(self) -> MarkedText | bool | None:
        """Return what pydantic should see: None, a boolean, or the marked text."""
        if self.plain:
            if self.text in NULL_TEXTS:
                return None
            if self.text in BOOLEAN_TEXTS:
                return BOOLEAN_TEXTS[self.text]
        return MarkedText(self.text, self.mark, self.plain)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Named nodes in the order written; ``keys`` holds each name with its own mark."""

    entries: dict[str, Node]
    keys: dict[str, Scalar]
    mark: Mark = NOWHERE

    def items(self) -> Iterator[tuple[Scalar, Node]]:
        """Iterate over (name, node) pairs."""
        return ((self.keys[name], node) for name, node in self.entries.items())

    def get(self, name: str) -> Node | None:
        """Return the node of that name, or None."""
        return self.entries.get(name)

    def without(self, *names: str) -> Mapping:
        """Return a copy that lacks these entries."""
        return Mapping(
            {k: v for k, v in self.entries.items() if k not in names},
            {k: v for k, v in self.keys.items() if k not in names},
            self.mark,
        )

    def with_entry(self, key: Scalar, node: Node) -> Mapping:
        """Return a copy in which one entry is set; an existing name keeps its place."""
        return Mapping({**self.entries, key.text: node}, {**self.keys, key.text: key}, self.mark)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes in the order written."""

    items: tuple[Node, ...]
    mark: Mark = NOWHERE


Node: TypeAlias = Scalar | Mapping | Sequence


def mapping_at(mark: Mark, entries: abc.Mapping[str, Node]) -> Mapping:
    """Return a mapping that was not written so: all its names stand at one place."""
    return Mapping(dict(entries), {name: Scalar(name, mark) for name in entries}, mark)


def nodes_in(node: Node) -> tuple[Node, ...]:
    """Return what stands directly in a node."""
    if isinstance(node, Scalar):
        return ()
    return node.items if isinstance(node, Sequence) else tuple(node.entries.values())


def entry_of(node: Node | None, name: str) -> Node | None:
    """Return what a mapping has under a name; None if it has nothing, or is no mapping."""
    return node.get(name) if isinstance(node, Mapping) else None


def entries_of(node: Node | None) -> abc.Iterable[tuple[Scalar, Node]]:
    """Iterate over (name, node) pairs of a mapping; anything else has none."""
    return node.items() if isinstance(node, Mapping) else ()


def names_of(node: Node | None) -> list[str]:
    """Return the names of a mapping, or the texts of a list."""
    if isinstance(node, Sequence):
        return [item.text for item in node.items if isinstance(item, Scalar)]
    return list(node.entries) if isinstance(node, Mapping) else []


def items_of(node: Node) -> tuple[Node, ...]:
    """Return the items of a list; anything else is one itself."""
    return node.items if isinstance(node, Sequence) else (node,)


def text_of(node: Node | None) -> str:
    """Return the text of a scalar; anything else has none."""
    return node.text if isinstance(node, Scalar) else ""


def size_of(node: Node) -> int:
    """Count the nodes of a tree."""
    return 1 + sum(map(size_of, nodes_in(node)))


def data_of(node: Node) -> Any:
    """Return the plain dicts, lists and marked texts that pydantic validates."""
    if isinstance(node, Scalar):
        return node.datum()
    if isinstance(node, Sequence):
        return [data_of(item) for item in node.items]
    return {MarkedText(key.text, key.mark, key.plain): data_of(value) for key, value in node.items()}


def node_of(data: Any, mark: Mark = NOWHERE) -> Node:
    """Return the tree of plain Python data: dicts, lists, texts, numbers, booleans and None.

    Raises
    ------
    TypeError
        For any other type.
    """
    if isinstance(data, (Scalar, Mapping, Sequence)):
        return data
    if isinstance(data, dict):
        keys = {str(key): Scalar(str(key), getattr(key, "mark", mark)) for key in data}
        return Mapping({str(key): node_of(value, mark) for key, value in data.items()}, keys, mark)
    if isinstance(data, (list, tuple)):
        return Sequence(tuple(node_of(item, mark) for item in data), mark)
    if data is None:
        return Scalar("", mark)
    if isinstance(data, bool):
        return Scalar("true" if data else "false", mark)
    if isinstance(data, str):
        return Scalar(str(data), getattr(data, "mark", mark), plain=getattr(data, "plain", False))
    if isinstance(data, (int, float)):
        return Scalar(repr(data), mark)
    raise TypeError(f"a scenario holds texts, numbers, lists and mappings, not {type(data).__name__}")


def find(node: Node, path: Path) -> tuple[Node, Mark, bool]:
    """Follow a path as far as it goes: the node reached, the mark of its name, and whether all was found."""
    mark = node.mark
    for step in path:
        if isinstance(node, Mapping) and str(step) in node.entries:
            mark = node.keys[str(step)].mark
            node = node.entries[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            mark = node.mark
        else:
            return node, mark, False
    return node, mark, True


WHOLE = frozenset({"start", "then", "levels", "rule", "recuse", "accumulates", "on_moves"})
GATHERED = frozenset({"because", "never"})
NAMED_WITHIN = frozenset(
    {"interests", "actions", "decisions", "claims", "intensities", "impacts", "set", "worth"}
)
QuestionKind: TypeAlias = Literal["probability", "amount", "count", "time", "share"]
QUESTIONS: dict[str, QuestionKind] = {
    "ever": "probability",
    "fires": "probability",
    "at": "probability",
    "share": "share",
    "accumulates": "amount",
    "on_moves": "amount",
    "counts": "count",
    "time_to": "time",
    "before": "probability",
    "long_run": "share",
}
"""What an outcome may ask, and what kind of number answers."""
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
            below = entry_of(settled, key.text)
            entries[key.text] = beside(known, node, below, problems, (*path, key.text))
        return Mapping(entries, keys, first.mark)
    if settled is None:
        where = ".".join(path)
        message = f"'{where}' is {_brief(second)} here and {_brief(first)} at {first.mark}"
        fix = f"give '{where}' in the scenario itself; or leave one of the two out, where both are meant"
        problems.append(tell(second.mark, message, fix, "conflict"))
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
        for item in items_of(node):
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
    if isinstance(node, Sequence):
        return "a list"
    plain = all(isinstance(below, Scalar) for below in node.entries.values())
    inside = ", ".join(
        f"{key.text}: {below.text}" for key, below in node.items() if isinstance(below, Scalar)
    )
    return f"'{inside[:40]}'" if plain and inside else "a mapping"
