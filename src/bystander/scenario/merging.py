"""One documented order of merging: what is used < the file that uses it < a variant.

A file overrides everything it uses, at any depth; a scenario therefore overrides its library definitions,
and a library fragment those it is built on. Two uses of the same file stand side by side: their mappings
merge name by name, so the interests that several mechanisms give one actor accumulate, but a single value
that two of them give differently is an error, unless the file that uses both settles it.

What exactly that means for each kind of entry is told in `bystander.scenario.overlaying`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.document import Document, FilePlace, FragmentUse, load_nodes, short_name, used_place
from bystander.scenario.fragments import FilledName, Room, fill, is_fragment
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, data_of
from bystander.scenario.overlaying import beside, overlay
from bystander.scenario.telling import tell
from bystander.scenario.unfolding import unfold

MAX_USES = 400
DEFINING = {"actor": {"discount", "patience"}, "variable": {"levels"}}


@dataclass
class _Merge:
    """What one expansion has gathered so far."""

    fragments: list[FragmentUse] = field(default_factory=list)
    names: list[FilledName] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    expanded: dict[tuple[str, str], Mapping] = field(default_factory=dict)
    uses: int = 0
    room: Room = field(default_factory=Room)


def expand(document: Document) -> Document:
    """Merge everything a document uses into it; the result has no ``use``.

    Raises
    ------
    ScenarioError
        With every missing or unsafe file, cycle, unfilled hole and conflict found.
    """
    merge = _Merge(fragments=list(document.fragments))
    chain = ((document.place, document.place.shown),) if document.place else ()
    root = _with_uses(document.root, document.place, merge, chain)
    for name in merge.names:
        merge.problems.extend(_check_filled(name, root))
    if merge.problems:
        raise ScenarioError(_distinct(merge.problems))
    root, warnings = unfold(root)
    return Document(root, document.place, tuple(merge.fragments), warnings)


def _with_uses(
    root: Mapping, place: FilePlace | None, merge: _Merge, chain: tuple[tuple[FilePlace | None, str], ...]
) -> Mapping:
    own = root.without("use")
    base: Node | None = None
    for name, filling, mark in _uses(root, merge.problems):
        try:
            used = _use(name, filling, mark, place, merge, chain)
        except ScenarioError as error:
            merge.problems.extend(error.problems)
            continue
        base = used if base is None else beside(base, used, own, merge.problems)
    if base is None:
        return own
    merged = overlay(base, own)
    assert isinstance(merged, Mapping)
    return merged


def _use(
    name: str,
    filling: Mapping,
    mark: Mark,
    by: FilePlace | None,
    merge: _Merge,
    chain: tuple[tuple[FilePlace | None, str], ...],
) -> Mapping:
    place = used_place(name, by, mark)
    seen = [shown for known, shown in chain if known is not None and known.identity == place.identity]
    if seen:
        steps = " -> ".join([*(shown for _, shown in chain), place.shown])
        raise ScenarioError(
            tell(mark, f"files use each other in a circle: {steps}", "remove one use", "cyclic-use")
        )
    key = (place.identity, repr(data_of(filling)))
    known = merge.expanded.get(key)
    if known is not None:
        return known
    merge.uses += 1
    root = load_nodes(place)
    if merge.uses > MAX_USES:
        message = f"this scenario uses more than {MAX_USES} files"
        raise ScenarioError(tell(mark, message, "use fewer files", "too-large"))
    if is_fragment(root):
        sections, names, filled = fill(root, filling, mark, name, merge.room)
        merge.names.extend(names)
    else:
        if filling.entries:
            raise ScenarioError(
                tell(mark, f"'{name}' has no holes to fill", f"write - {name}", "unknown-hole")
            )
        merge.room.take(_count(root), 0, mark)
        sections, filled = root, {}
    merge.fragments.append(_fragment_use(root, place, filled))
    merge.expanded[key] = _with_uses(sections, place, merge, (*chain, (place, place.shown)))
    return merge.expanded[key]


def _uses(root: Mapping, problems: list[Problem]) -> list[tuple[str, Mapping, Mark]]:
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


def _fragment_use(root: Mapping, place: FilePlace, filled: dict[str, str]) -> FragmentUse:
    def text(name: str) -> str:
        node = root.get(name)
        return node.text if isinstance(node, Scalar) else ""

    references = root.get("references")
    items = references.items if isinstance(references, Sequence) else ()
    return FragmentUse(
        short_name(place),
        text("fragment") or text("title"),
        text("about"),
        tuple(item.text for item in items if isinstance(item, Scalar)),
        text("statement"),
        tuple(filled.items()),
    )


def _check_filled(filled: FilledName, root: Mapping) -> list[Problem]:
    section = root.get(f"{filled.type}s")
    entries = section.entries if isinstance(section, Mapping) else {}
    body = entries.get(filled.name)
    defined = isinstance(body, Mapping) and not DEFINING[filled.type].isdisjoint(body.entries)
    if isinstance(section, Mapping) and body is not None:
        defined = defined or section.keys[filled.name].mark.file != filled.fragment
    if defined:
        return []
    others = ", ".join(name for name in entries if name != filled.name) or "none"
    message = f"'{filled.name}' fills a hole of type {filled.type}, but no {filled.type} has that name"
    return [tell(filled.mark, message, f"the {filled.type}s are: {others}", "hole-type")]


def _count(node: Node) -> int:
    if isinstance(node, Mapping):
        return 1 + sum(map(_count, node.entries.values()))
    if isinstance(node, Sequence):
        return 1 + sum(map(_count, node.items))
    return 1


def _distinct(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
