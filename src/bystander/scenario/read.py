"""From a path or a name to a scenario, or to everything that is wrong with it; a scenario on another day.

There is one order of merging: what is used < the file that uses it < a variant.

A file overrides everything it uses, at any depth; a scenario therefore overrides its library definitions,
and a library fragment those it is built on. Two uses of the same file stand side by side: their mappings
merge name by name, so the interests that several mechanisms give one actor accumulate, but a single value
that two of them give differently is an error, unless the file that uses both settles it.

What exactly that means for each kind of entry is told in `bystander.scenario.nodes`.

From an expanded document every problem is found at once, each where it was written. Names are collected first
(`bystander.scenario.schema.scenario`), then the schema reads every part with those names in scope, then the
checks of `bystander.scenario.checks` look at the whole.

What is in force on another day counts in what was not changed since the scenario was read:

    speaking_on(scenario, day) = merge(read on its own day, read on that day, scenario as it is)

Values by date, memberships, clauses and what is cited from used files are those of the day; what was set,
enabled, disabled or started since stays as it was set. Each entry, down to single values, is taken from the
day where it is as it was read. Times until a date end on that date still; what was asked until a date that is
over by then is asked no more, and left out with whatever judges it. A fact that was not known on that
day may still speak for something: whoever asks about another day than a file's own does so with hindsight.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.checks import find_errors
from bystander.scenario.complaints import located_problems
from bystander.scenario.document import (
    Document,
    FilePlace,
    FragmentUse,
    be_of_kind,
    load_document,
    load_nodes,
    load_text,
    local_path,
    short_name,
    used_place,
)
from bystander.scenario.expressions import queries_of
from bystander.scenario.fragments import FilledName, Room, fill, is_fragment, uses_of
from bystander.scenario.nodes import (
    NOWHERE,
    Mapping,
    Node,
    Scalar,
    Sequence,
    beside,
    data_of,
    names_of,
    node_of,
    overlay,
    size_of,
    tell,
    text_of,
)
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import Part, on_another_day
from bystander.scenario.schema.scenario import scope_for
from bystander.scenario.unfolding import actors_through_groups, unfold
from bystander.scenario.varying import StartLike, apply_measures, vary

MAX_USES = 400
DEFINING = {"actor": {"discount", "patience"}, "variable": {"levels"}}
ASKING = ("outcomes", "asks", "judgements")


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
        raise ScenarioError(list(dict.fromkeys(merge.problems)))
    written, warnings = unfold(root)
    return Document(written, document.place, tuple(merge.fragments), warnings, root)


def files_used(place: FilePlace) -> tuple[Path, ...]:
    """Return a scenario's file and all that it uses, those beside it too that are broken or not there yet."""
    found: dict[Path, None] = {}
    waiting = [place]
    while waiting and len(found) < MAX_USES:
        here = waiting.pop()
        if here.path in found:
            continue
        found[here.path] = None
        try:
            uses = uses_of(load_nodes(here), [])
        except (ScenarioError, OSError):
            continue
        for name, _, mark in uses:
            try:
                waiting.append(used_place(name, here, mark))
            except ScenarioError:
                if (beside_it := local_path(name, here)) is not None:
                    found[beside_it] = None
    return tuple(found)


def on_days(
    document: Document, *days: str, leaving: abc.Collection[tuple[str, str]] = ()
) -> tuple[Scenario, ...]:
    """Read an expanded document as it is on each of some days; nothing where all are the same.

    Only the form is checked: what was not known on a day may speak for something. Entries that are left out,
    each a section and a name, are those that a day would not let stand.

    Raises
    ------
    ScenarioError
        Where something has no value on a day.
    """
    merged, own = document.merged, document.root.keys.get("as_of")
    if merged is None or own is None:
        return ()
    for section, name in leaving:
        if isinstance(part := merged.get(section), Mapping):
            merged = merged.with_entry(merged.keys[section], part.without(name))
    roots = [unfold(merged.with_entry(own, Scalar(day, own.mark)))[0] for day in days]
    if "clauses" not in merged.entries and len({repr(data_of(root.without("as_of"))) for root in roots}) == 1:
        return ()
    return tuple(_formed(replace(document, root=root)) for root in roots)


def _with_uses(
    root: Mapping, place: FilePlace | None, merge: _Merge, chain: tuple[tuple[FilePlace | None, str], ...]
) -> Mapping:
    own = root.without("use")
    base: Node | None = None
    for name, filling, mark in uses_of(root, merge.problems):
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
        merge.room.take(size_of(root), 0, mark)
        sections, filled = root, {}
    merge.fragments.append(_fragment_use(root, place, filled))
    merge.expanded[key] = _with_uses(sections, place, merge, (*chain, (place, place.shown)))
    return merge.expanded[key]


def _fragment_use(root: Mapping, place: FilePlace, filled: dict[str, str]) -> FragmentUse:
    references = root.get("references")
    return FragmentUse(
        short_name(place),
        text_of(root.get("fragment")) or text_of(root.get("title")),
        text_of(root.get("about")),
        tuple(names_of(references)) if isinstance(references, Sequence) else (),
        text_of(root.get("statement")),
        tuple(filled.items()),
    )


def _check_filled(filled: FilledName, root: Mapping) -> list[Problem]:
    section = root.get(f"{filled.type}s")
    entries = section.entries if isinstance(section, Mapping) else {}
    body = entries.get(filled.name)
    defined = isinstance(body, Mapping) and not DEFINING[filled.type].isdisjoint(body.entries)
    if isinstance(section, Mapping) and body is not None:
        defined = defined or section.keys[filled.name].mark.file != filled.fragment
    grouped = actors_through_groups(root) if filled.type == "actor" else ()
    if defined or filled.name in grouped:
        return []
    keys, groups = DEFINING[filled.type], root.get("groups")
    lists = groups.entries if isinstance(groups, Mapping) else {}
    there = {n for n, each in entries.items() if isinstance(each, Mapping) and keys & each.entries.keys()}
    others = ", ".join(sorted((there - lists.keys()) | set(grouped))) or "none"
    message = f"'{filled.name}' fills a hole of type {filled.type}, but no {filled.type} has that name"
    meant = f" ({filled.about})" if filled.about else ""
    fix = f"add it under {filled.type}s{meant}; there is: {others}"
    return [tell(filled.mark, message, fix, "hole-type")]


def validate(document: Document) -> Scenario:
    """Read an expanded document as a scenario.

    Raises
    ------
    ScenarioError
        With every problem the schema and the checks find.
    """
    _be_a_scenario(document.root)
    scenario = _formed(document)
    errors = find_errors(scenario)
    if errors:
        raise ScenarioError(errors)
    return scenario


def _be_a_scenario(root: Mapping) -> None:
    """Refuse a file that others use, or that a table fills, before its holes are taken for mistakes."""
    if "fragment" in root.entries:
        message = "this file is a fragment, to be used by a scenario, not a scenario"
        fix = "write a scenario that has it under 'use'; 'bystander show' says what it needs"
        raise ScenarioError(tell(root.keys["fragment"].mark, message, fix, "fragment"))
    if "cases" in root.entries:
        message = "this file is a template, whose holes a table of cases fills"
        fix = "use it with 'bystander cases' or 'bystander score'"
        raise ScenarioError(tell(root.keys["cases"].mark, message, fix, "fragment"))
    be_of_kind(root, "bystander")


def _formed(document: Document) -> Scenario:
    with scope_for(document.root) as broken:
        try:
            scenario = Scenario.model_validate(data_of(document.root))
        except ValidationError as error:
            raise located_problems(error, document.root, Scenario, broken) from None
    scenario._document = document
    return scenario


def read_scenario(
    path_or_name: str | Path,
    *,
    variant: abc.Sequence[str] = (),
    sets: abc.Mapping[str, str | float] = {},
    enable: abc.Iterable[str] = (),
    disable: abc.Iterable[str] = (),
    start: abc.Mapping[str, StartLike] | None = None,
) -> Scenario:
    """Read a scenario, merge what it uses, check it, and apply changes.

    Parameters
    ----------
    path_or_name
        A YAML file, a folder with ``scenario.yaml``, or a library path such as ``crises/ferghana-2022``; its
        last part will do where just one file of the library is called so.
    variant
        Names of measures or rivals to put in force.
    sets, enable, disable, start
        Further changes, see `vary`; they come last.

    Raises
    ------
    ScenarioError
        With every problem of the file, each with file, line and column.
    QueryError
        Where a change does not fit the scenario.
    """
    scenario = read_document(load_document(path_or_name))
    if variant:
        scenario = apply_measures(scenario, variant)
    enable, disable = tuple(enable), tuple(disable)
    if sets or enable or disable or start:
        scenario = vary(scenario, sets=sets, enable=enable, disable=disable, start=start)
    return scenario


def read_text(text: str, name: str = "<scenario>") -> Scenario:
    """Read a scenario given as YAML text."""
    return read_document(load_text(text, name))


def read_data(data: abc.Mapping[str, object], name: str = "<scenario>") -> Scenario:
    """Read a scenario given as plain data: dicts, lists, texts and numbers in the words of the language."""
    root = node_of(dict(data), Mark(name))
    assert isinstance(root, Mapping)
    return read_document(Document(root))


def read_document(document: Document) -> Scenario:
    """Expand and validate a document."""
    _be_a_scenario(document.root)
    return validate(expand(document))


def speaking_on(scenario: Scenario, as_of: str) -> Scenario:
    """Return a copy that speaks from another day, without what is `over_by` then.

    Raises
    ------
    ScenarioError
        If the horizon, or all that is asked, would be over; and with what has no value on that day.
    """
    over = _over(scenario, as_of)
    changes: dict[str, Any] = {
        "as_of": as_of,
        "horizon": on_another_day(scenario.horizon, as_of, scenario.mark("horizon")),
    }
    for section in ASKING:
        changes[section] = {
            name: _until(asked, as_of)
            for name, asked in getattr(scenario, section).items()
            if (section, name) not in over
        }
    if scenario.outcomes and not changes["outcomes"]:
        raise ScenarioError(list(over.values()))
    gone = scenario.outcomes.keys() - changes["outcomes"].keys()
    changes["asks"] = {
        name: ask.model_copy(update={"matters": tuple(each for each in ask.matters if each not in gone)})
        if gone.intersection(ask.matters)
        else ask
        for name, ask in changes["asks"].items()
    }
    return _in_force(scenario, as_of, over).model_copy(update=changes)


def over_by(scenario: Scenario, as_of: str) -> tuple[Problem, ...]:
    """Return a remark on each thing that is asked until a date and is no longer asked on a day."""
    return tuple(
        replace(
            problem,
            message=f"'{name}' is left out: {problem.message}",
            fix="ask on an earlier day, or write a later date",
            check="date-not-followed",
            severity="warning",
        )
        for (_, name), problem in _over(scenario, as_of).items()
    )


def _over(scenario: Scenario, as_of: str) -> dict[tuple[str, str], Problem]:
    """Return by section and name why something is over: it is asked until a date, or judges what is."""
    found: dict[tuple[str, str], Problem] = {}
    for section in ASKING:
        for name, asked in getattr(scenario, section).items():
            try:
                _until(asked, as_of, scenario.mark(section, name, "within"))
            except ScenarioError as error:
                found[section, name] = error.problems[0]
    for name, judgement in scenario.judgements.items():
        for query in queries_of(judgement.asked):
            if ("outcomes", query.outcome) in found:
                found.setdefault(("judgements", name), found["outcomes", query.outcome])
    return found


def _until(asked: Any, as_of: str, mark: Mark = NOWHERE) -> Any:
    if asked.within is None:
        return asked
    return asked.model_copy(update={"within": on_another_day(asked.within, as_of, mark)})


def _in_force(scenario: Scenario, day: str, over: abc.Collection[tuple[str, str]]) -> Scenario:
    document = scenario.document
    if document is None or day == scenario.as_of:
        return scenario
    days = on_days(document, scenario.as_of, day, leaving=over)
    merged = _merged(days[0], days[1], scenario) if days else scenario
    assert isinstance(merged, Scenario)
    return merged


def _merged(own: Any, then: Any, now: Any) -> Any:
    """Return what is in force then where it is now as it was read, and what it is now elsewhere."""
    if own == then or now == own:
        return now if own == then else then
    if isinstance(own, abc.Mapping) and isinstance(then, abc.Mapping) and isinstance(now, abc.Mapping):
        gone = own.keys() - then.keys()
        new = {name: body for name, body in then.items() if name not in own}
        kept = {
            name: _merged(own.get(name), then.get(name), body)
            for name, body in now.items()
            if name not in gone
        }
        return kept | new
    if isinstance(now, Part) and type(own) is type(then) is type(now):
        fields = type(now).model_fields
        found = {name: _merged(*(getattr(part, name) for part in (own, then, now))) for name in fields}
        return now.model_copy(update={n: value for n, value in found.items() if value is not getattr(now, n)})
    return now
