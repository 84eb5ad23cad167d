"""Library fragments: definitions with typed holes, filled where they are used.

A fragment is a scenario file with a ``fragment`` title and ``holes``. Using it substitutes ``$name`` or
``${name}`` in every text and every name of its sections, ``$$`` standing for a dollar sign::

    expand(fragment, filling) = sections of the fragment with every $hole replaced by filling[hole] or its
    default

A hole that is the whole of a text is replaced by the node given, mark and all, so that a mistake in a
filling is reported where the filling was written. Inside a longer text, names are inserted as they are,
lists as ``[a, b]``, and expressions in parentheses, so that ``2 * $worth`` means what it looks like. What a
filling may be is checked twice: its form here, and after merging that an ``actor`` is an actor, a
``variable`` a variable (`filled_names`).

A hole may stand in a text many times, its filling hold holes of another fragment, and so on: what comes out
can be larger than what goes in by a factor that grows with each step. `Room` counts entries and characters
before they are made, over all fragments of a scenario, and refuses those beyond its bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bystander.errors import Mark, Problem, ScenarioError, nearest_names
from bystander.scenario.nodes import (
    A_NAME,
    Mapping,
    Node,
    Scalar,
    Sequence,
    entry_of,
    items_of,
    mapping_at,
    names_of,
    tell,
    text_of,
)
from bystander.units import is_beyond, read_scale

NAME = re.compile(r"[a-z][a-z0-9_]*")
HOLE = re.compile(r"\$(?:\$|([a-z][a-z0-9_]*)|\{([a-z][a-z0-9_]*)\})")
FRAGMENT_KEYS = ("bystander", "fragment", "about", "references", "statement", "holes", "toy")
NAME_TYPES = frozenset({"actor", "variable", "level", "name"})
LIST_TYPES = frozenset({"actors", "levels"})
EXPRESSION_TYPES = frozenset({"condition", "worth", "rate", "number"})
HOLE_TYPES = NAME_TYPES | LIST_TYPES | EXPRESSION_TYPES
HOLE_KEYS = frozenset({"type", "about", "default", "scale"})


MAX_EXPANDED_NODES = 200_000
MAX_EXPANDED_CHARACTERS = 4_000_000
MAX_FILLED_TEXT = 20_000


@dataclass(slots=True)
class Room:
    """Entries and characters made so far in filling the fragments of a scenario, and no more than allowed."""

    nodes: int = 0
    characters: int = 0

    def take(self, nodes: int, characters: int, mark: Mark) -> None:
        """Count what is about to be made, or refuse it."""
        self.nodes += nodes
        self.characters += characters
        if self.nodes > MAX_EXPANDED_NODES:
            said = f"has {self.nodes:,} entries or more; the limit is {MAX_EXPANDED_NODES:,}"
        elif characters > MAX_FILLED_TEXT * max(nodes, 1):
            said = f"has a text of {characters:,} characters; the limit is {MAX_FILLED_TEXT:,}"
        elif self.characters > MAX_EXPANDED_CHARACTERS:
            said = f"has {self.characters:,} characters or more; the limit is {MAX_EXPANDED_CHARACTERS:,}"
        else:
            return
        fix = "use fewer fragments, or fill their holes with less"
        raise ScenarioError(tell(mark, f"what this scenario uses, written out, {said}", fix, "too-large"))


FROM_NO_TO_YES = (-1.0, 1.0)
CLAUSE = re.compile(r"clause\.\w+")
"""How a clause reads, by itself: 1, 1/2 or 0."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A declared hole: its name, type, prose, its default if it may be left out, the scale of its number."""

    name: str
    type: str
    about: str
    default: Node | None
    mark: Mark
    scale: tuple[float, float] | None = None

    def off_scale(self, text: str) -> bool:
        """Say whether a filling is a number beyond the scale on which it is coded."""
        try:
            return is_beyond(self.scale, float(text))
        except ValueError:
            return False

    @property
    def coding(self) -> str:
        """How it is coded on its scale, as advice."""
        low, high = self.scale or (0.0, 0.0)
        return f"code it between {low:g} and {high:g}{': ' + self.about if self.about else ''}"


@dataclass(frozen=True, slots=True)
class FilledName:
    """A filling that must turn out to be an actor or variable which more than this fragment knows of."""

    type: str
    name: str
    mark: Mark
    fragment: str
    about: str = ""


def is_fragment(root: Mapping) -> bool:
    """Return whether a file is a fragment rather than a whole scenario."""
    return "fragment" in root.entries


def holes_of(root: Mapping) -> tuple[Hole, ...]:
    """Return the declared holes of a fragment, or raise with everything wrong with the declarations."""
    declared = root.get("holes")
    if declared is None:
        return ()
    problems: list[Problem] = []
    holes: list[Hole] = []
    for key, body in _named(declared, "holes", problems):
        if not NAME.fullmatch(key.text):
            problems.append(_problem(key.mark, f"'{key.text}' cannot be the name of a hole", f"use {A_NAME}"))
            continue
        if isinstance(body, Scalar):
            body = mapping_at(body.mark, {"type": body})
        kind = entry_of(body, "type")
        if not isinstance(body, Mapping) or not isinstance(kind, Scalar) or kind.text not in HOLE_TYPES:
            fix = f"give it a type: {', '.join(sorted(HOLE_TYPES))}"
            problems.append(_problem(key.mark, f"the hole '{key.text}' has no known type", fix))
            continue
        for name in body.keys.keys() - HOLE_KEYS:
            message = f"a hole has no '{name}'"
            problems.append(
                tell(body.keys[name].mark, message, "it has type, about, default, scale", "unknown-key")
            )
        span = body.get("scale")
        scale = read_scale(span.text) if isinstance(span, Scalar) and kind.text == "number" else None
        if span is not None and scale is None:
            message = f"the hole '{key.text}' has no scale that runs from one number to a larger one"
            problems.append(_problem(span.mark, message, "write type: number, scale: 0 to 1"))
        about = text_of(body.get("about"))
        holes.append(Hole(key.text, kind.text, about, body.get("default"), key.mark, scale))
    if problems:
        raise ScenarioError(problems)
    return tuple(holes)


def fill(
    root: Mapping, filling: Mapping, mark: Mark, path: str, room: Room | None = None
) -> tuple[Mapping, tuple[FilledName, ...], dict[str, str]]:
    """Return a fragment's sections with the holes filled, names to check later, and the fillings as texts.

    Parameters
    ----------
    filling
        What the use gives: hole name to text or list.
    room
        What may still be made; as much as one scenario may hold if None.

    Raises
    ------
    ScenarioError
        With every hole that is unknown, missing or filled with what does not fit, or if there is no room.
    """
    room = room or Room()
    holes = {hole.name: hole for hole in holes_of(root)}
    problems: list[Problem] = []
    for key, _ in filling.items():
        if key.text not in holes:
            message = f"'{path}' has no hole '{key.text}'"
            problems.append(tell(key.mark, message, _suggest(key.text, holes), "unknown-hole"))
    values: dict[str, tuple[Hole, Node]] = {}
    for hole in holes.values():
        node = filling.get(hole.name)
        if node is None and hole.default is not None:
            node = substitute(hole.default, values, problems, room)
        if node is None:
            fix = f"add {hole.name}: ... ({hole.type}{'; ' + hole.about if hole.about else ''})"
            message = f"'{path}' needs its hole '{hole.name}' filled"
            problems.append(tell(mark, message, fix, "missing-hole"))
            continue
        complaint = _unfit(hole, node)
        if complaint:
            problems.append(tell(node.mark, complaint, _form(hole.type), "hole-type"))
            continue
        if isinstance(node, Scalar) and hole.off_scale(node.text):
            message = f"the hole '{hole.name}' is {node.text[:60]}, off its scale"
            problems.append(tell(node.mark, message, hole.coding, "value-off-scale"))
        values[hole.name] = (hole, _rescaled(hole, node))
    sections = root.without(*FRAGMENT_KEYS)
    if problems:
        raise ScenarioError(problems)
    filled = substitute(sections, values, problems, room)
    if problems:
        raise ScenarioError(problems)
    assert isinstance(filled, Mapping)
    names = tuple(_names_to_check(values, root.mark.file))
    return filled, names, {name: _inserted(hole, node, bare=True) for name, (hole, node) in values.items()}


def _rescaled(hole: Hole, node: Node) -> Node:
    """Put how a clause reads, by itself, on the scale of a hole that is coded from no to yes."""
    if isinstance(node, Scalar) and hole.scale == FROM_NO_TO_YES and CLAUSE.fullmatch(node.text.strip()):
        return replace(node, text=f"2 * {node.text.strip()} - 1", mark=node.mark.as_a_whole())
    return node


def _twice(text: str, mark: Mark, values: dict[str, tuple[Hole, Node]]) -> Problem:
    """Refuse two entries of one name, where the holes that make them so are filled."""
    alike = [name for name, (_, node) in values.items() if isinstance(node, Scalar) and node.text == text]
    if len(alike) < 2:
        message = f"two entries are both named '{text}' once the holes are filled"
        return tell(mark, message, "fill the holes with different names", "duplicate-name")
    message = f"the holes {', '.join(alike)} are all filled with '{text}', and each needs a name of its own"
    place = values[alike[1]][1].mark
    return tell(place if place.line else mark, message, "give each another name", "duplicate-name")


def substitute(node: Node, values: dict[str, tuple[Hole, Node]], problems: list[Problem], room: Room) -> Node:
    """Replace the holes in a tree; problems are appended, only a lack of room is raised."""
    room.take(1, 0, node.mark)
    if isinstance(node, Sequence):
        return Sequence(tuple(substitute(item, values, problems, room) for item in node.items), node.mark)
    if isinstance(node, Mapping):
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        for key, body in node.items():
            text = _substitute_text(key, values, problems, room)
            if text in entries:
                problem = _twice(text, key.mark, values)
                problems += [problem] if problem not in problems else []
                continue
            keys[text] = key if text == key.text else Scalar(text, key.mark, key.plain)
            entries[text] = substitute(body, values, problems, room)
        return Mapping(entries, keys, node.mark)
    if "$" not in node.text:
        return node
    whole = HOLE.fullmatch(node.text)
    if whole and node.text != "$$":
        known = values.get(whole[1] or whole[2])
        if known is not None:
            size = len(known[1].items) if isinstance(known[1], Sequence) else 0
            room.take(size, _length(known[1]), node.mark)
            return known[1]
    text = _substitute_text(node, values, problems, room)
    return replace(node, text=text, mark=node.mark.as_a_whole())


def _substitute_text(
    scalar: Scalar, values: dict[str, tuple[Hole, Node]], problems: list[Problem], room: Room
) -> str:
    if "$" not in scalar.text:
        return scalar.text
    named = [match[1] or match[2] for match in HOLE.finditer(scalar.text)]
    made = sum(named.count(name) * _length(values[name][1]) for name in values.keys() & set(named))
    room.take(1, made + len(scalar.text), scalar.mark)

    def replacement(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name = match[1] or match[2]
        known = values.get(name)
        if known is None:
            message = f"'{match[0]}' is not a declared hole of this fragment"
            problems.append(tell(scalar.mark, message, _suggest(name, values), "unknown-hole"))
            return match[0]
        return _inserted(*known)

    return HOLE.sub(replacement, scalar.text)


def _length(node: Node) -> int:
    """Return how many characters a filling adds to a text."""
    texts = [node.text] if isinstance(node, Scalar) else names_of(node)
    return 2 + sum(len(text) + 2 for text in texts)


def _inserted(hole: Hole, node: Node, bare: bool = False) -> str:
    if isinstance(node, Sequence):
        return f"[{', '.join(names_of(node))}]"
    assert isinstance(node, Scalar)
    simple = bare or hole.type not in EXPRESSION_TYPES or NAME.fullmatch(node.text)
    return node.text if simple else f"({node.text})"


def _unfit(hole: Hole, node: Node) -> str:
    if hole.type in LIST_TYPES:
        if isinstance(node, Sequence) and node.items and all(_is_name(item) for item in node.items):
            return ""
        return f"the hole '{hole.name}' takes a list of names"
    if not isinstance(node, Scalar) or not node.text.strip():
        return f"the hole '{hole.name}' takes one {hole.type}, not a list or mapping"
    if hole.type in NAME_TYPES and not NAME.fullmatch(node.text):
        return f"the hole '{hole.name}' takes a name, not '{node.text[:60]}'"
    return ""


def _form(kind: str) -> str:
    if kind in LIST_TYPES:
        return "write [first, second]"
    return f"use {A_NAME}" if kind in NAME_TYPES else "write one expression"


def _is_name(node: Node) -> bool:
    return isinstance(node, Scalar) and NAME.fullmatch(node.text) is not None


def _names_to_check(values: dict[str, tuple[Hole, Node]], fragment: str) -> Iterator[FilledName]:
    for hole, node in values.values():
        for item in items_of(node):
            if hole.type in ("actor", "actors", "variable") and isinstance(item, Scalar):
                yield FilledName(hole.type.rstrip("s"), item.text, item.mark, fragment, hole.about)


def _named(node: Node, section: str, problems: list[Problem]) -> Iterator[tuple[Scalar, Node]]:
    if isinstance(node, Mapping):
        yield from node.items()
    else:
        problems.append(
            _problem(node.mark, f"'{section}' is a mapping of names", f"write {section}: {{name: ...}}")
        )


def _suggest(name: str, known: dict[str, Hole] | dict[str, tuple[Hole, Node]]) -> str:
    close = nearest_names(name, known, 1, cutoff=0.6)
    close += [hole for hole in known if name.startswith(f"{hole}_")]
    if close and name.startswith(f"{close[-1]}_"):
        return f"write ${{{close[-1]}}}{name[len(close[-1]) :]}"
    if close:
        return f"did you mean '{close[0]}'?"
    return f"its holes are {', '.join(known)}" if known else "it has no holes"


def _problem(mark: Mark, message: str, fix: str) -> Problem:
    return tell(mark, message, fix, "hole-type")


def uses_of(root: Mapping, problems: list[Problem]) -> list[tuple[str, Mapping, Mark]]:
    """Return what a file uses: path, fillings by hole and place of each; note what cannot be read."""
    use = root.get("use")
    if use is None:
        return []
    fix = "write use: [institutions/csto] or - mechanisms/diversion: {hole: value}"
    items = use.items if isinstance(use, Sequence) else (use,)
    found: list[tuple[str, Mapping, Mark]] = []
    for item in items:
        if isinstance(item, Scalar) and item.text:
            found.append((item.text, Mapping({}, {}, item.mark), item.mark))
        elif isinstance(item, Mapping):
            for key, filling in item.items():
                if isinstance(filling, Mapping):
                    found.append((key.text, filling, key.mark))
                elif isinstance(filling, Scalar) and filling.datum() is None:
                    found.append((key.text, Mapping({}, {}, key.mark), key.mark))
                else:
                    problems.append(tell(filling.mark, "holes are filled by name", fix, "wrong-type"))
        else:
            problems.append(tell(item.mark, "an entry of 'use' is a path", fix, "wrong-type"))
    return found
