"""What is said once for many, written out for each: dates, lists, tables, answers.

    expand: files merged --unfold--> the same scenario without short forms --> validate

===============================  ==========================================================================
written                          written out
===============================  ==========================================================================
``{2018-01: a, 2022-02-24: b}``  the value in force at ``as_of`` (`bystander.scenario.dating`)
``because: [a]`` in a used file  what was known at ``as_of``
``members: {a: {until: d}}``     the members in force at ``as_of``
``groups: {g: [a, b]}``          where actors are named: members, recusals, impacts, worths, weights, habits,
                                 actors; ``all`` is every actor, ``members`` those of the
                                 institution, ``others`` all but the owner; a name of one's own comes first
``tables: {t: {a: 1, g: 2}}``    ``table.t`` in what is said of an actor, which ``$actor`` names
``answers: ...``                 a variable, and an action or decision for each answer
                                 (`bystander.scenario.shorthands`)
``takes``, ``once``              stages and marks (`bystander.scenario.shorthands`)
``calendar: {vote: ...}``        a variable ``vote`` with the levels ahead and past, where ``before vote`` or
                                 ``after vote`` is said anywhere
``fires: north.*``               every move so named
===============================  ==========================================================================

Whoever is named in a used file and is not in the scenario, or is no longer a member, is left out with a
warning: removing a member breaks no library file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean
from bystander.scenario.dating import (
    by_date,
    citing_what_was_known,
    ends_too_soon,
    first_day,
    in_force,
    latest,
    numbering_what_was_known,
)
from bystander.scenario.nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    entries_of,
    entry_of,
    items_of,
    mapping_at,
    names_of,
    overlay,
    size_of,
    tell,
)
from bystander.scenario.shorthands import answers_written_out, stages_written_out

MAX_WRITTEN_OUT = 200_000
_HERE = re.compile(r"\$(?:actor\b|\{actor\})")
_TABLE = re.compile(r"\btable\.([a-z][a-z0-9_]*)")
_BY_VOTER = (
    ("worth",),
    ("habit",),
    ("recuse",),
    ("abstain",),
    ("rule", "weighted", "weights"),
    ("rule", "majority", "weights"),
    ("rule", "veto"),
)
_PROSE = ("about", "as_reason", "says", "title", "question", "sources", "map", "levels")
_FREE = ("map", "sources", "use")
_MOVES = {"outcomes": ("fires", "counts", "on_moves"), "measures": ("enable", "disable")}
_MOVES |= {"rivals": ("enable", "disable")}


def unfold(root: Mapping) -> tuple[Mapping, tuple[Problem, ...]]:
    """Write out everything that a merged file says in short.

    Returns
    -------
    The file, and warnings about what was left out.

    Raises
    ------
    ScenarioError
        For unknown groups and tables, dates that are none, values not yet in force, and files that would
        become too large.
    """
    given = root.get("as_of")
    day = first_day(given.text, given.mark) if isinstance(given, Scalar) and _is_day(given.text) else None
    work = _Unfolding(root, day)
    if day is not None:
        root = citing_what_was_known(day, work.dated(root))
        work.root = root
    root = work.listed(root)
    if work.problems:
        raise ScenarioError(list(dict.fromkeys(work.problems)))
    return root, tuple(dict.fromkeys(work.warnings))


def actors_through_groups(root: Mapping) -> set[str]:
    """Name those who are actors because a group of theirs is an entry of ``actors``."""
    groups = _Unfolding(root, None).groups(root)
    return {member for entry in names_of(root.get("actors")) for member in groups.get(entry, ())}


def _is_day(text: str) -> bool:
    try:
        first_day(text)
    except ScenarioError:
        return False
    return True


@dataclass
class _Unfolding:
    """One file being written out."""

    root: Mapping
    day: date | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    written: int = 0
    terms: dict[str, str] = field(default_factory=dict)
    """When those belong to a body or group who do not on the day."""

    def count(self, node: Node, times: int = 1) -> None:
        """Count what is written out, before it is."""
        self.written += times * size_of(node)
        if self.written > MAX_WRITTEN_OUT:
            message = f"with its lists written out this scenario has more than {MAX_WRITTEN_OUT:,} entries"
            raise ScenarioError(tell(node.mark, message, "use smaller groups", "too-large"))

    def complain(self, mark: Mark, message: str, fix: str, check: str) -> None:
        """Note what is wrong."""
        self.problems.append(tell(mark, message, fix, check))

    # dates

    def dated(self, root: Mapping) -> Mapping:
        """Choose what is in force."""
        assert self.day is not None
        root = numbering_what_was_known(self.day, root)
        named = _at(
            root, ("parameters",), lambda node: _each(node, lambda n, p: self.value_in_force(p, n.text))
        )
        done = (*_FREE, "parameters")
        return _each(named, lambda key, node: node if key.text in done else self.value_in_force(node))

    def value_in_force(self, node: Node, parameter: str = "") -> Node:
        if isinstance(node, Sequence):
            return Sequence(tuple(self.value_in_force(item, parameter) for item in node.items), node.mark)
        if not isinstance(node, Mapping):
            return node
        if not by_date(node):
            return _each(node, lambda _, inner: self.value_in_force(inner, parameter))
        assert self.day is not None
        try:
            chosen = latest(self.day, node.entries, node.mark)
            same = {first_day(name, node.mark): name for name in reversed(node.entries)}
        except ScenarioError as error:
            self.problems += error.problems
            return node
        if len(same) < len(node.entries):
            twice = next(name for name in node.entries if name not in same.values())
            message = f"'{twice}' is the same day as '{same[first_day(twice)]}'"
            self.complain(node.keys[twice].mark, message, "keep one of the two", "duplicate-name")
            return node
        if chosen is None:
            message = f"nothing is given here for {self.day}, the day the scenario speaks from"
            fix = f"add a value from that day or before; the first is from {min(node.entries)}"
            if parameter and node.mark.file != self.root.mark.file:
                fix = f"give '{parameter}' a value in the scenario itself; {fix.partition('; ')[2]}"
            self.complain(node.mark, message, fix, "not-in-force")
            return node
        return self.value_in_force(node.entries[chosen])

    # lists

    def listed(self, root: Mapping) -> Mapping:
        """Write out groups, tables, answers and move names with a star."""
        groups = self.groups(root)
        tables, lists = root.get("tables"), root
        root = root.without("groups", "tables")
        root = _at(root, ("actors",), lambda node: self.spread(node, groups, tables))
        actors = names_of(root.get("actors"))
        self.named_in_lists(lists, actors)
        groups["all"] = actors
        root = answers_written_out(root, self.problems)
        root = self.calendar(root)
        writing = _Lists(self, groups, tables, actors, root.mark.file)
        root = _at(root, ("actors",), lambda node: _each(node, writing.actor))
        root = _at(root, ("hazards",), lambda node: _each(node, lambda _, body: writing.move(body, actors)))
        root = _at(root, ("calendar",), lambda node: _each(node, lambda _, body: writing.move(body, actors)))
        root = _at(root, ("institutions",), lambda node: _each(node, writing.institution))
        # a move that takes a time hands its effect to a hazard, which has no owner: names come before
        root = stages_written_out(root, self.problems, self.warnings)
        return self.starred(root)

    def groups(self, root: Mapping) -> dict[str, list[str]]:
        """Read the groups; one group may name another that stands before it."""
        found: dict[str, list[str]] = {}
        given = root.get("groups")
        if given is not None and not isinstance(given, Mapping):
            message, fix = "groups are names, each with a list of actors", "write groups: {parties: [a, b]}"
            self.complain(given.mark, message, fix, "wrong-type")
        for key, body in entries_of(given):
            if key.text in ("all", "others", "members"):
                message = f"'{key.text}' has a meaning of its own and cannot name a group"
                self.complain(key.mark, message, "choose another name", "reserved-word")
            members: list[str] = []
            for name in self.roll(body):
                members += found.get(name.text, [name.text])
            found[key.text] = list(dict.fromkeys(members))
        return found

    def named_in_lists(self, root: Mapping, actors: list[str]) -> None:
        """Note who is named in a group or table of the scenario's own file and is nobody."""
        before: list[str] = []
        for key, body in entries_of(root.get("groups")):
            for name in self.roll(body):
                self.somebody(name, [*actors, *before], root.mark.file)
            for item in body.items if isinstance(body, Sequence) else ():
                if not isinstance(item, Scalar):
                    message, fix = (
                        f"'{key.text}' lists names, and this is none",
                        "write groups: {parties: [a, b]}",
                    )
                    self.complain(item.mark, message, fix, "wrong-type")
            before.append(key.text)
        tables = root.get("tables")
        rows = list(entries_of(tables))
        for node, what in (
            (tables, "tables are names, each"),
            *((row, "a table is a name") for _, row in rows),
        ):
            if node is not None and not isinstance(node, Mapping):
                fix = "write tables: {stake: {a: 3, all: 1}}"
                self.complain(node.mark, f"{what} with an entry for each actor", fix, "wrong-type")
        for _, row in rows:
            for name, _ in entries_of(row):
                self.somebody(name, [*actors, *before, "all"], root.mark.file)

    def somebody(self, name: Scalar, known: list[str], file: str) -> None:
        """Note a name of the scenario's own file that is none of those known."""
        if name.text not in known and name.mark.file == file:
            message = f"'{name.text}' is no actor, and no group that stands before"
            fix = did_you_mean(name.text, known)
            self.complain(name.mark, message, fix, "unknown-name")

    def roll(self, node: Node) -> list[Scalar]:
        """Read a list of names, or a mapping of names to the time for which they belong."""
        if isinstance(node, Scalar):
            return [node]
        if isinstance(node, Sequence):
            return [item for item in node.items if isinstance(item, Scalar)]
        found = []
        for key, term in node.items():
            begins, ends = (_text(term, "from"), _text(term, "until"))
            if isinstance(term, Scalar) and term.datum() is False:
                continue
            extra = sorted(set(names_of(term)) - {"from", "until"})
            if extra or (isinstance(term, Scalar) and term.datum() is not None):
                message, fix = f"'{key.text}' is given a term", "write {from: 2002-10-07, until: 2012-12-19}"
                self.complain(term.mark, message, fix, "unknown-key")
            try:
                if ends_too_soon(begins, ends, term.mark):
                    message = f"'{key.text}' belongs until {ends}, and only from {begins}: never"
                    self.complain(term.mark, message, "exchange or correct the dates", "impossible-date")
                elif self.day is None or in_force(self.day, begins, ends, term.mark):
                    found.append(key)
                else:
                    self.terms[key.text] = f"from {begins or 'ever'} until {ends or 'now'}"
            except ScenarioError as error:
                self.problems += error.problems
        return found

    def spread(self, node: Node, groups: dict[str, list[str]], tables: Node | None) -> Node:
        """Give each member of a group what ``actors`` says of the group; its own words come first."""
        if not isinstance(node, Mapping):
            return node
        shared = [name for name in node.entries if name in groups or name == "all"]

        def said(body: Node, name: str) -> Node:
            return _with_impacts_of(body, self.said_of(body, name, tables, groups))

        entries = {name: said(body, name) for name, body in node.entries.items() if name not in shared}
        keys = {name: node.keys[name] for name in entries}
        for group in reversed(shared):
            body = node.entries[group]
            members = groups.get(group) or [name for name in node.entries if name not in shared]
            self.count(body, len(members))
            for name in members:
                own = entries.get(name)
                shares = said(body, name)
                entries[name] = shares if own is None else overlay(shares, own, ("actors", name))
                keys.setdefault(name, Scalar(name, node.keys[group].mark))
        return Mapping(entries, keys, node.mark)

    def said_of(self, node: Node, actor: str, tables: Node | None, groups: dict[str, list[str]]) -> Node:
        """Return what is said of one actor: ``$actor`` is its name, ``table.t`` its entry in a table."""

        def text(scalar: Scalar) -> Scalar:
            if "$" not in scalar.text and "table." not in scalar.text:
                return scalar
            new = _HERE.sub(actor, scalar.text)
            new = _TABLE.sub(lambda m: self.entry(m[1], actor, tables, groups, scalar.mark), new)
            return replace(scalar, text=new, mark=scalar.mark.as_a_whole())

        return _texts(node, text)

    def entry(
        self, table: str, actor: str, tables: Node | None, groups: dict[str, list[str]], mark: Mark
    ) -> str:
        """Return an actor's entry in a table, its group's or that of ``all``, fit for an expression."""
        rows = entry_of(tables, table)
        if rows is not None and not isinstance(rows, Mapping):
            return "0"
        if rows is None:
            message = f"no table is called '{table}'"
            fix = did_you_mean(table, names_of(tables), f"write tables: {{{table}: {{{actor}: 1, all: 0}}}}")
            self.complain(mark, message, fix, "unknown-table")
            return "0"
        holders = [actor, *(name for name in rows.entries if actor in groups.get(name, ())), "all"]
        row = next((rows.entries[name] for name in holders if name in rows.entries), None)
        if not isinstance(row, Scalar):
            message = f"the table '{table}' has no entry for '{actor}'"
            self.complain(mark, message, f"add {actor}: ... or all: ...", "unknown-table")
            return "0"
        return row.text if re.fullmatch(r"[a-z_0-9.]+", row.text) else f"({row.text})"

    # known dates

    def calendar(self, root: Mapping) -> Mapping:
        """Make a variable of every known date that a condition speaks of: ahead, and from then on past."""
        dates = root.get("calendar")
        known = names_of(root.get("variables"))
        names = [
            name for name in names_of(dates) if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name not in known
        ]
        if not names or self.day is None or not isinstance(dates, Mapping):
            return root
        spoken = re.compile(
            rf"\b(?:before|after)\s+({'|'.join(names)})\b|\b({'|'.join(names)})\s*(?:[=!]=|in\b)"
        )
        mentioned = {name for text in texts_but_prose(root) for pair in spoken.findall(text) for name in pair}
        variables = root.get("variables")
        entries = dict(variables.entries) if isinstance(variables, Mapping) else {}
        keys = dict(variables.keys) if isinstance(variables, Mapping) else {}
        for name in names:
            if name not in mentioned:
                continue
            key, body = dates.keys[name], dates.entries[name]
            given = _text(body, "date") or ""
            past = _is_day(given) and first_day(given) <= self.day
            levels = Sequence((Scalar("ahead", key.mark), Scalar("past", key.mark)), key.mark)
            made: dict[str, Node] = {
                "levels": levels,
                "ordered": Scalar("true"),
                "start": Scalar("past" if past else "ahead"),
            }
            about = entry_of(body, "about")
            made.update({"about": about} if isinstance(about, Scalar) else {})
            entries[name] = mapping_at(key.mark, made)
            keys[name] = key
        section = root.keys.get("variables") or Scalar("variables", root.mark)
        return root.with_entry(section, Mapping(entries, keys, root.mark))

    # moves

    def starred(self, root: Mapping) -> Mapping:
        """Write out ``north.*`` where moves are named."""
        moves = _moves(root)
        for section, keys in _MOVES.items():
            root = _at(
                root,
                (section,),
                lambda node, keys=keys: _each(  # type: ignore[misc]
                    node, lambda _, body: self.stars(body, keys, moves)
                ),
            )
        return root

    def stars(self, body: Node, keys: Iterable[str], moves: list[str]) -> Node:
        for key in keys:
            body = _at(body, (key,), lambda node: self.star(node, moves))
        return body

    def star(self, node: Node, moves: list[str]) -> Node:
        items = items_of(node)
        if isinstance(node, Mapping):
            named = [(name, key, body) for key, body in node.items() for name in self.matching(key, moves)]
            kept = [(n, b) for n, k, b in named if n.text == k.text or n.text not in node.entries]
            return Mapping({n.text: b for n, b in kept}, {n.text: n for n, _ in kept}, node.mark)
        if not any(isinstance(item, Scalar) and "*" in item.text for item in items):
            return node
        found: list[Node] = []
        for item in items:
            found += self.matching(item, moves) if isinstance(item, Scalar) else [item]
        return Sequence(tuple(found), node.mark)

    def matching(self, name: Scalar, moves: list[str]) -> list[Scalar]:
        if "*" not in name.text:
            return [name]
        if not re.fullmatch(r"[a-z0-9_.*]{1,130}", name.text):
            return [name]
        found = [Scalar(move, name.mark) for move in moves if fnmatchcase(move, name.text)]
        self.count(name, len(found))
        if not found:
            message = f"no move is called like '{name.text}'"
            owners = dict.fromkeys(f"{move.partition('.')[0]}.*" for move in moves)
            alike = [*owners, *dict.fromkeys(f"*.{move.partition('.')[2]}" for move in moves)]
            fix = did_you_mean(name.text, alike, "write owner.* or *.move, with an owner or move there is")
            self.complain(name.mark, message, fix, "unknown-move")
        return found


@dataclass
class _Lists:
    """Lists of actors in the places where actors are named."""

    work: _Unfolding
    groups: dict[str, list[str]]
    tables: Node | None
    actors: list[str]
    file: str

    def actor(self, key: Scalar, body: Node) -> Node:
        body = self.in_new_words(body)
        groups = {"others": [name for name in self.actors if name != key.text]}
        body = _at(
            body, ("actions",), lambda node: _each(node, lambda _, move: self.move(move, self.actors, groups))
        )
        return self.work.said_of(body, key.text, self.tables, self.groups)

    def in_new_words(self, body: Node) -> Node:
        """Rename the keys of an actor that have a newer name."""
        old = body.keys.get("patience") if isinstance(body, Mapping) else None
        if not isinstance(body, Mapping) or old is None or "discount" in body.entries:
            return body
        message = "'patience' is called 'discount' now: how fast the future fades"
        self.work.warnings.append(tell(old.mark, message, "write discount: 50% per year", "old-word", "info"))
        given = body.entries["patience"]
        return body.without("patience").with_entry(Scalar("discount", old.mark), given)

    def institution(self, _: Scalar, body: Node) -> Node:
        if not isinstance(body, Mapping):
            return body
        given = body.get("members")
        members: list[str] = []
        if given is not None:
            listed = [
                Scalar(name, item.mark)
                for item in self.work.roll(given)
                for name in self.groups.get(item.text, [item.text])
            ]
            members = [item.text for item in listed]
            items = given.items if isinstance(given, Sequence) else ()
            others = (item for item in items if not isinstance(item, Scalar))  # for the schema to refuse
            body = body.with_entry(body.keys["members"], Sequence((*listed, *others), given.mark))
        groups = {"members": members, "others": [name for name in self.actors if name not in members]}
        return _at(
            body, ("decisions",), lambda node: _each(node, lambda _, move: self.move(move, members, groups))
        )

    def move(self, body: Node, voters: list[str], groups: dict[str, list[str]] | None = None) -> Node:
        """Write out lists in one move; worths, habits, weights and recusals are about its voters."""
        known = {**self.groups, **(groups or {})}
        body = _at(body, ("impacts",), lambda node: self.by_actor(node, self.actors, known))
        for path in _BY_VOTER:
            body = _at(body, path, lambda node: self.by_actor(node, voters, {**known, "all": voters}))
        return body

    def by_actor(self, node: Node, who: list[str], groups: dict[str, list[str]]) -> Node:
        """Write out a list or mapping of actors: own entries first, then groups', then that of all."""
        if isinstance(node, Sequence):
            names = [s for s in node.items if isinstance(s, Scalar)]
            found = [Scalar(n, s.mark) for s in names for n in groups.get(s.text, [s.text])]
            kept = {s.text: s for s in found if self.is_there(s, who, s.text in names_of(node))}
            others = (item for item in node.items if not isinstance(item, Scalar))  # for the schema to refuse
            return Sequence((*kept.values(), *others), node.mark)
        if isinstance(node, Scalar) and node.text in groups:
            return Sequence(tuple(Scalar(n, node.mark) for n in groups[node.text] if n in who), node.mark)
        if not isinstance(node, Mapping):
            return node
        order = {name: (2 if name == "all" else 1 if name in groups else 0) for name in node.entries}
        entries: dict[str, Node] = {}
        keys: dict[str, Scalar] = {}
        for name in sorted(node.entries, key=lambda n: order[n]):
            body, key = node.entries[name], node.keys[name]
            members = groups.get(name) if order[name] else [name]
            self.work.count(body, len(members or ()))
            for member in members or ():
                if member in entries:
                    continue
                if self.is_there(Scalar(member, key.mark), who, not order[name]):
                    entries[member] = self.work.said_of(body, member, self.tables, self.groups)
                    keys[member] = Scalar(member, key.mark)
        return Mapping(entries, keys, node.mark)

    def is_there(self, name: Scalar, who: list[str], named: bool) -> bool:
        """Tell whether to keep a name: any written here, those of groups and used files where they belong."""
        if name.text in who:
            return True
        if not named:
            return False
        term = self.work.terms.get(name.text)
        if name.mark.file == self.file and term is None:
            return True
        message = f"'{name.text}' is named here and has no part in this scenario; the entry is left out"
        if term is not None:
            message = f"'{name.text}' belongs {term}, not on {self.work.day}; the entry is left out"
        self.work.warnings.append(
            tell(name.mark, message, "nothing, if that is meant", "left-out", "warning")
        )
        return False


def _each(node: Node, change: Callable[[Scalar, Node], Node]) -> Mapping:
    """Change every entry of a mapping; anything else is left for the schema to refuse."""
    if not isinstance(node, Mapping):
        return node  # type: ignore[return-value]
    return Mapping({key.text: change(key, body) for key, body in node.items()}, node.keys, node.mark)


def _at(node: Node, path: tuple[str, ...], change: Callable[[Node], Node]) -> Mapping:
    """Change the entry at a path, if there is one."""
    if not isinstance(node, Mapping) or path[0] not in node.entries:
        return node  # type: ignore[return-value]
    inner = node.entries[path[0]]
    new = change(inner) if len(path) == 1 else _at(inner, path[1:], change)
    return node if new is inner else node.with_entry(node.keys[path[0]], new)


def _texts(node: Node, change: Callable[[Scalar], Scalar]) -> Node:
    """Change every text and name of a tree."""
    if isinstance(node, Scalar):
        return change(node)
    if isinstance(node, Sequence):
        return Sequence(tuple(_texts(item, change) for item in node.items), node.mark)
    entries: dict[str, Node] = {}
    keys: dict[str, Scalar] = {}
    for key, body in node.items():
        new = change(key)
        entries[new.text], keys[new.text] = _texts(body, change), new
    return Mapping(entries, keys, node.mark)


def _with_impacts_of(written: Node, said: Node) -> Node:
    """Put the numbers of impacts back as written: each is that of whoever it falls on (`_Lists.by_actor`)."""
    if (
        not isinstance(written, Mapping)
        or not isinstance(said, Mapping)
        or len(written.keys) > len(said.keys)
    ):
        return said
    entries: dict[str, Node] = {}
    for (key, before), (name, after) in zip(written.items(), said.items(), strict=True):
        entries[name.text] = _with_impacts_of(before, after)
        if key.text == "impacts" and isinstance(before, Mapping) and isinstance(after, Mapping):
            entries[name.text] = Mapping(
                dict(zip(after.entries, before.entries.values(), strict=False)), after.keys, after.mark
            )
    return Mapping(entries, said.keys, said.mark)


def texts_but_prose(node: Node) -> Iterable[str]:
    """Iterate over texts and names that are not prose."""
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from texts_but_prose(item)
    else:
        for key, body in node.items():
            if key.text not in _PROSE:
                yield key.text
                yield from texts_but_prose(body)


def _text(node: Node, key: str) -> str | None:
    found = entry_of(node, key)
    return found.text if isinstance(found, Scalar) else None


def _moves(root: Mapping) -> list[str]:
    """List the moves by name, ``owner.move``."""
    found = [f"nature.{name}" for name in names_of(root.get("hazards"))]
    for section, kind in (("institutions", "decisions"), ("actors", "actions")):
        for owner, body in entries_of(root.get(section)):
            if isinstance(body, Mapping):
                found += [f"{owner.text}.{name}" for name in names_of(body.get(kind))]
    return found
