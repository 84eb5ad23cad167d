"""One documented order of merging: what is used < the file that uses it < a variant.

A file overrides everything it uses, at any depth; a scenario therefore overrides its library definitions,
and a library fragment those it is built on. Two uses of the same file stand side by side: their mappings
merge name by name, so the interests that several mechanisms give one actor accumulate, but a single value
that two of them give differently is an error, unless the file that uses both settles it.

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

from dataclasses import dataclass, field

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.document import Document, FragmentUse, Place, load_nodes, short_name, used_place
from bystander.scenario.fragments import FilledName, Room, fill, is_fragment
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, data_of
from bystander.scenario.telling import tell

MAX_USES = 400
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
DEFINING = {"actor": "patience", "variable": "levels"}
ALTERNATIVES = {"hazards": (("every",), ("rate",)), "outcomes": tuple((question,) for question in QUESTIONS)}


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
    return Document(root, document.place, tuple(merge.fragments))


def overlay(base: Node, top: Node, path: tuple[str, ...] = ()) -> Node:
    """Return ``base`` overridden by ``top``."""
    if path and path[-1] == "never" and len(path) == 1:
        return _gather(base, top)
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


def _with_uses(
    root: Mapping, place: Place | None, merge: _Merge, chain: tuple[tuple[Place | None, str], ...]
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
    by: Place | None,
    merge: _Merge,
    chain: tuple[tuple[Place | None, str], ...],
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


def _fragment_use(root: Mapping, place: Place, filled: dict[str, str]) -> FragmentUse:
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
    defined = isinstance(body, Mapping) and DEFINING[filled.type] in body.entries
    if isinstance(section, Mapping) and body is not None:
        defined = defined or section.keys[filled.name].mark.file != filled.fragment
    if defined:
        return []
    others = ", ".join(name for name in entries if name != filled.name) or "none"
    message = f"'{filled.name}' fills a hole of type {filled.type}, but no {filled.type} has that name"
    return [tell(filled.mark, message, f"the {filled.type}s are: {others}", "hole-type")]


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


def _count(node: Node) -> int:
    if isinstance(node, Mapping):
        return 1 + sum(map(_count, node.entries.values()))
    if isinstance(node, Sequence):
        return 1 + sum(map(_count, node.items))
    return 1


def _distinct(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
