"""What a scenario file is before it means anything: a tree of texts that know where they stand.

A node is a `Scalar` (a text), a `Mapping` (named nodes, in order, names distinct) or a `Sequence`. Scalars
are kept as written: ``0.30`` stays ``0.30`` and ``2022-10-15`` stays a text, so that files can be written
back unchanged and numbers are read by whoever knows their unit. Every node carries the `Mark` of its first
character, and through it the file it came from, which is all that provenance and error messages need.

Nodes are frozen; merging and expansion build new trees which share the parts that do not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from bystander.errors import Mark

Path: TypeAlias = tuple[str | int, ...]
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
