"""YAML in, marked nodes out: bounded, tag-free, and located.

A scenario may come from anywhere, so nothing is trusted until it is read: a file's size, its number of
nodes, its depth and the length of each text are bounded *while* it is parsed, before any tree exists.
Anchors, aliases and tags are refused (a "YAML bomb" is made of aliases; a scenario has no use for them), as
are duplicate names, several documents in one file and control characters. Only the YAML event stream is
used: no constructor ever runs, hence no object is ever built from a file. Events come from libyaml through
ruamel.yaml, with marks.
"""

from __future__ import annotations

import os
import re
from pathlib import Path as FilePath
from typing import Any

from bystander.errors import Mark, Problem, ScenarioError
from bystander.harmless import COMMANDS
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, tell

MAX_BYTES = 2_000_000
MAX_NODES = 60_000
MAX_DEPTH = 30
MAX_TEXT = 20_000
CONTROL = re.compile("[" + "".join(chr(code) for code in COMMANDS if chr(code) not in "\r\x85") + "]")


def read_text(path: FilePath, shown: str, most: int = MAX_BYTES) -> str:
    """Read a file of bounded size as UTF-8; ``shown`` is the name used in messages."""
    mark = Mark(shown)
    try:
        if not path.is_file():
            raise no_file(path, shown)
        size = path.stat().st_size
        if size > most:
            raise _too_big(mark, size, most)
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not valid"
        message = f"the file cannot be read: {reason}"
        raise _error(mark, message, "check the file and its permissions", "unreadable-file") from None
    if len(raw) > most:
        raise _too_big(mark, len(raw), most)
    return decode(raw, shown)


def no_file(path: FilePath, shown: str) -> ScenarioError:
    """Say that there is no file at a path, or what is there instead."""
    message, fix = f"there is no file {shown}", "check the name and the folder"
    if os.path.isdir(path):  # noqa: PTH112  (a name that no file can have is no reason to stop)
        message, fix = f"'{shown}' is a folder", "name a file in it"
    elif os.path.exists(path):  # noqa: PTH110
        message, fix = f"'{shown}' is no plain file", "save what it gives as a file, and name that"
    return _error(Mark(shown), message, fix, "unreadable-file")


def decode(raw: bytes, shown: str) -> str:
    """Decode UTF-8 without control characters, or say at which line the text stops being that."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = Mark(shown, raw[: error.start].count(b"\n") + 1, 1)
        raise _error(mark, "the file is not UTF-8 text", "save it as UTF-8", "unreadable-file") from None
    if found := CONTROL.search(text):
        before = text[: found.start()]
        place = Mark(shown, 1 + before.count("\n"), 1 + len(before.rpartition("\n")[2]))
        message = f"the text holds the control character U+{ord(found[0]):04X}"
        raise _error(place, message, "remove it", "unreadable-file")
    return text


MARKS = {",": "comma", ";": "semicolon", "\t": "tab"}


def separator_of(text: str) -> str:
    """Return what separates the cells of a table: a comma, or what its first line has for want of one."""
    first = text.partition("\n")[0]
    return next((mark for mark in MARKS if mark in first and "," not in first), ",")


def without_empty_end(cells: list[str], width: int = 0) -> list[str]:
    """Return the cells of a row without empty ones beyond so many: what a spreadsheet adds at the end."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def mend_width(cells: list[str], width: int, parted: str) -> str:
    """Return how to mend a row that has fewer or more cells than the first line."""
    if len(cells) < width:
        return "leave a cell empty where nothing is known, and keep what parts it from the next"
    return f"quote cells that hold a {MARKS[parted]}"


BEGINNINGS = (
    "start a scenario with bystander: 1, a record with record: 1, "
    "questions with forecast: 1, and rules for events with title:"
)
"""How files of each kind begin."""


def parse_yaml(text: str, shown: str) -> Node:
    """Parse one YAML document into nodes.

    Raises
    ------
    ScenarioError
        With the place, for anything that is not plain, bounded YAML; duplicate names are reported together.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > MAX_BYTES:
        raise _too_big(Mark(shown), len(text))
    builder = _Builder(shown)
    try:
        for event in YAML(typ="safe", pure=False).parse(text):
            builder.take(event)
    except YAMLError as error:
        raise _syntax_error(error, text, shown) from None
    except (UnicodeError, ValueError, RecursionError):
        raise _error(
            Mark(shown), "the file is not valid YAML text", "save it as UTF-8 YAML", "yaml"
        ) from None
    if builder.problems:
        raise ScenarioError(builder.problems)
    if builder.root is None:
        raise _error(Mark(shown, 1, 1), "the file is empty", BEGINNINGS, "yaml")
    return builder.root


class _Builder:
    """Turns events into nodes and enforces the bounds as they stream by."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.nodes = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.add(self.stack.pop().close())
            return
        if kind in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
            return
        mark = self.mark(event)
        if kind == "DocumentStartEvent":
            if self.root is not None:
                raise _error(
                    mark, "the file holds more than one YAML document", "remove the '---' line", "yaml"
                )
            return
        self.refuse_references(event, mark)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the file has more than {MAX_NODES:,} entries"
            raise _error(mark, message, "split it, or remove what is not needed", "too-large")
        if kind == "ScalarEvent":
            if len(event.value) > MAX_TEXT:
                message = f"a text is {len(event.value):,} characters long; the limit is {MAX_TEXT:,}"
                raise _error(mark, message, "shorten it", "too-large")
            self.add(Scalar(event.value, self.place_of(event, mark), plain=not event.style))
            return
        if len(self.stack) >= MAX_DEPTH:
            message = f"entries are nested more than {MAX_DEPTH} deep"
            raise _error(mark, message, "write it flatter", "too-deep")
        self.stack.append(_Open(kind == "MappingStartEvent", mark))

    def refuse_references(self, event: Any, mark: Mark) -> None:
        if type(event).__name__ == "AliasEvent" or getattr(event, "anchor", None):
            message = f"anchors and aliases (here '{event.anchor}') are not part of the language"
            raise _error(mark, message, "write the entry out, or put it in a file and 'use' it", "yaml-alias")
        tag = getattr(event, "tag", None)
        if tag and str(tag) != "!":
            raise _error(mark, f"the tag '{tag}' is not part of the language", "remove it", "yaml-tag")

    def add(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        problem = self.stack[-1].add(node)
        if problem is not None:
            self.problems.append(problem)

    def place_of(self, event: Any, mark: Mark) -> Mark:
        """Return where a text stands: as a whole where it is read otherwise than it is written."""
        start, end, quotes = event.start_mark, event.end_mark, 2 * (event.style in ("'", '"'))
        written = end.column - start.column - quotes
        return mark if start.line == end.line and written == len(event.value) else mark.as_a_whole()

    def mark(self, event: Any) -> Mark:
        start = event.start_mark
        quoted = getattr(event, "style", None) in ("'", '"')
        return Mark(self.shown, start.line + 1, start.column + 1 + quoted)


class _Open:
    """A mapping or sequence whose end has not come yet."""

    def __init__(self, is_mapping: bool, mark: Mark) -> None:
        self.is_mapping = is_mapping
        self.mark = mark
        self.items: list[Node] = []
        self.entries: dict[str, Node] = {}
        self.keys: dict[str, Scalar] = {}
        self.key: Scalar | None = None

    def add(self, node: Node) -> Problem | None:
        if not self.is_mapping:
            self.items.append(node)
            return None
        if self.key is None:
            if not isinstance(node, Scalar):
                raise _error(node.mark, "a name must be a text", "quote it, or name the entry", "yaml")
            self.key = node
            return None
        key, self.key = self.key, None
        first = self.keys.get(key.text)
        if first is None:
            self.entries[key.text] = node
            self.keys[key.text] = key
            return None
        where = f"line {first.mark.line}" if first.mark.file == key.mark.file else str(first.mark)
        return tell(
            key.mark,
            f"'{key.text}' is given twice; the first is at {where}",
            "remove or rename one of the two",
            "duplicate-name",
        )

    def close(self) -> Node:
        if self.is_mapping:
            return Mapping(self.entries, self.keys, self.mark)
        return Sequence(tuple(self.items), self.mark)


def _syntax_error(error: Any, text: str, shown: str) -> ScenarioError:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if place is None:
        position = getattr(error, "position", 0) or 0
        mark = Mark(shown, text[:position].count("\n") + 1, 1)
        return _error(mark, "the file holds a character that YAML does not allow", "remove it", "yaml")
    mark = Mark(shown, place.line + 1, place.column + 1)
    said = str(getattr(error, "problem", "") or "invalid YAML")
    fix = "check indentation, colons and quotes on this line and the one before"
    lines = text.splitlines()
    line = lines[place.line] if place.line < len(lines) else ""
    if "\t" in line[: place.column + 1]:
        fix = "indent with spaces; YAML takes no tabs"
    elif " in [" in line and "{" in line:
        fix = 'inside { } a condition with [ ] needs quotes: {when: "front in [a, b]", ...}'
    elif "{" in line:
        fix = 'inside { } a comma stands between entries, and a text with a comma, a colon or a "?" needs '
        fix += 'quotes: {says: "Who, and why?", when: front == war}'
    return _error(mark, f"this is not valid YAML: {said}", fix, "yaml")


def _too_big(mark: Mark, size: int, most: int = MAX_BYTES) -> ScenarioError:
    message = f"the file has {size:,} bytes; the limit is {most:,}"
    used = ", or split it into files and 'use' them" if mark.file.endswith((".yaml", ".yml")) else ""
    return _error(mark, message, f"leave out what nothing reads{used}", "too-large")


def _error(mark: Mark, message: str, fix: str, check: str) -> ScenarioError:
    return ScenarioError(tell(mark, message, fix, check))
