"""The catalogue: every file of the library by its path, which is its identity.

The first folder is the kind: ``crises``, ``institutions``, ``actors``, ``mechanisms``, ``papers``,
``sources``, ``toys``, ``templates``. Listing reads one line of each file; only ``read_entry`` parses a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bystander.scenario.document import library_name, library_paths, library_place, load_document
from bystander.scenario.fragments import Hole, holes_of, uses_of
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, entries_of, entry_of, text_of
from bystander.scenario.unfolding import texts_but_prose

KINDS = ("crises", "institutions", "actors", "mechanisms", "papers", "sources", "toys", "templates")
NAMED = ("conditions", "parameters")
WORD = re.compile(r"(?<![$.\w{])[a-z_][a-z0-9_]*(?![.\w])")
TITLE = re.compile(r"^(fragment|title):[ \t]*+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CatalogueLine:
    """A line of the catalogue: path, kind, title, and whether it is a fragment to be used by scenarios."""

    path: str
    kind: str
    title: str
    fragment: bool


@dataclass(frozen=True, slots=True)
class FragmentText:
    """What a fragment says about itself."""

    entry: CatalogueLine
    about: str
    statement: str
    references: tuple[str, ...]
    toy: str
    holes: tuple[Hole, ...]
    declares: frozenset[str]
    """Holes whose variable the fragment, or one that it brings, declares: any name will do."""
    sheet: tuple[CodedFact, ...]
    numbers: tuple[CodedFact, ...]
    """The other parameters that come with it; they have no scale."""
    reads: tuple[NameRead, ...]
    brings: tuple[str, ...]
    makes: tuple[MadeName, ...]


@dataclass(frozen=True, slots=True)
class MadeName:
    """A variable with its levels, or a move, that comes with a fragment; holes in it keep their names."""

    kind: str
    name: str
    says: str


@dataclass(frozen=True, slots=True)
class NameRead:
    """A condition or parameter that a fragment reads and leaves to others, and which file names it."""

    name: str
    kind: str
    about: str
    place: str


@dataclass(frozen=True, slots=True)
class CodedFact:
    """A parameter that a crisis may set: its name, its scale if any, the value if not stated, its words."""

    name: str
    scale: str
    value: str
    about: str


def entries(kind: str = "") -> tuple[CatalogueLine, ...]:
    """Return the catalogue, or one kind of it, sorted by kind and path."""
    found = [entry(path) for path in library_paths() if not kind or path.split("/")[0] == kind]
    rank = {name: place for place, name in enumerate(KINDS)}
    return tuple(sorted(found, key=lambda e: (rank.get(e.kind, len(KINDS)), e.path)))


def entry(path: str) -> CatalogueLine:
    """Return one line of the catalogue.

    Raises
    ------
    ScenarioError
        If the library has no such file; it says which paths look like it.
    """
    path = library_name(path)
    text = library_place(path).path.read_text(encoding="utf-8")
    found = TITLE.search(text)
    title = found.group(2).strip().strip("\"'") if found else path
    is_fragment = found is not None and found.group(1) == "fragment"
    return CatalogueLine(path, path.split("/")[0], title, is_fragment)


def read_entry(path: str) -> FragmentText:
    """Return what a fragment says about itself."""
    root = load_document(path).root
    references = root.get("references")
    items = references.items if isinstance(references, Sequence) else ()
    brought = _brought(root)
    coded = tuple(_coded(root, set()))
    return FragmentText(
        entry=entry(path),
        about=_text(root.get("about")),
        statement=_text(root.get("statement")),
        references=tuple(_text(item) for item in items),
        toy=_text(root.get("toy")),
        holes=holes_of(root),
        declares=frozenset(_declared(root)),
        sheet=tuple(fact for fact in coded if fact.scale),
        numbers=tuple(fact for fact in coded if not fact.scale),
        reads=tuple(_reads([root, *brought.values()])),
        brings=tuple(name for name in brought if not name.startswith("sources/")),
        makes=tuple(_once(_made(root, {}))),
    )


def _made(root: Mapping, filled: dict[str, str]) -> Iterator[MadeName]:
    """Give what a fragment adds under the names of its own holes, then what the files that it uses add."""

    def here(text: str) -> str:
        return filled.get(text.removeprefix("$"), text.removeprefix("$")) if text.startswith("$") else text

    for key, body in entries_of(root.get("variables")):
        levels = entry_of(body, "levels")
        if isinstance(levels, Mapping):
            yield MadeName("variable", here(key.text), ", ".join(levels.entries))
        elif isinstance(levels, Sequence):
            yield MadeName("variable", here(key.text), ", ".join(_text(level) for level in levels.items))
    for section, within in (("actors", "actions"), ("institutions", "decisions")):
        for owner, owned in entries_of(root.get(section)):
            for key, body in entries_of(entry_of(owned, within)):
                yield MadeName("move", f"{here(owner.text)}.{here(key.text)}", _about(body))
    for key, body in entries_of(root.get("hazards")):
        yield MadeName("move", f"nature.{here(key.text)}", _about(body))
    for name, fillings, _ in uses_of(root, []):
        inner = {hole.text: here(_text(filling)) for hole, filling in fillings.items()}
        yield from _made(load_document(name).root, inner)


def _once(made: Iterable[MadeName]) -> Iterable[MadeName]:
    """Name each once, with the words of whichever file says some: one that changes a number only has none."""
    found: dict[tuple[str, str], MadeName] = {}
    for one in made:
        if not found.get((one.kind, one.name), MadeName("", "", "")).says:
            found[one.kind, one.name] = one
    return found.values()


def _about(body: Node) -> str:
    return _text(entry_of(body, "about"))


def _declared(root: Mapping) -> Iterator[str]:
    """Give the holes whose variable a fragment declares, itself or by one that it uses with them."""
    for key, body in entries_of(root.get("variables")):
        if key.text.startswith("$") and isinstance(body, Mapping) and "levels" in body.entries:
            yield key.text[1:]
    for name, fillings, _ in uses_of(root, []):
        inner = set(_declared(load_document(name).root))
        for hole, filling in fillings.items():
            if hole.text in inner and text_of(filling).startswith("$"):
                yield text_of(filling)[1:]


def _brought(root: Mapping) -> dict[str, Mapping]:
    """Return every file that a fragment uses, and those that they use."""
    found: dict[str, Mapping] = {}
    ahead = [root]
    while ahead:
        for name, _, _ in uses_of(ahead.pop(0), []):
            if name not in found:
                found[name] = load_document(name).root
                ahead.append(found[name])
    return found


def _reads(roots: list[Mapping]) -> Iterator[NameRead]:
    """Give the conditions and parameters of other fragments that some fragments read and do not bring."""
    own = {key.text for root in roots for kind in NAMED for key, _ in entries_of(root.get(kind))}
    own |= {hole.name for root in roots for hole in holes_of(root)}
    words = {word for root in roots for text in texts_but_prose(root) for word in WORD.findall(text)} - own
    for line in entries():
        if not line.fragment or line.kind == "crises" or not words:
            continue
        other = load_document(line.path).root
        holes = {f"${hole.name}": hole.about for hole in holes_of(other)}
        for kind in NAMED:
            for key, body in entries_of(other.get(kind)):
                if key.text in words:
                    words.discard(key.text)
                    told = holes.get(_text(body), "") or _about(body)
                    yield NameRead(key.text, kind.removesuffix("s"), told, line.path)


def _coded(root: Mapping, seen: set[str]) -> Iterator[CodedFact]:
    """Give the parameters of a fragment, then those of what it uses."""
    for key, body in entries_of(root.get("parameters")):
        if key.text not in seen:
            seen.add(key.text)
            value = entry_of(body, "value") if isinstance(body, Mapping) else body
            stated = _text(value) if isinstance(value, Scalar) else "by date"
            yield CodedFact(key.text, _text(entry_of(body, "scale")), stated, _about(body))
    for name, _, _ in uses_of(root, []):
        if name not in seen:
            seen.add(name)
            yield from _coded(load_document(name).root, seen)


def _text(node: Node | None) -> str:
    return text_of(node).strip()
