r"""A record out of its file: YAML by `read_record`, CSV by way of `bystander.evidence.tables`.

The YAML form, every key of it::

    record: 1
    title: Clashes on the border
    start: long run                          # or: scenario, or levels: {front: quiet}
    from: 2021-04-01                         # what is observed begins and ends here
    until: 2022-10-15
    sources: {press: {title: ..., url: ..., date: 2022-09-14}}    # author, publisher, kind, locator, says
    classes:
      fighting: [tajikistan.escalate, kyrgyzstan.escalate]
      outbreak: {moves: "*", from: front == clash, into: front == battle}
    readings: {visit: {well: {well: 90%, ill: 10%}, ill: {ill: 1}}}
    coverage:
      - {of: fighting, from: 2021-04-01, until: 2022-10-15, listed: 95%, source: press}
    regimes:
      war: {from: 2022-02-24, set: {war_in_ukraine: 1}}
    observations:
      shots: {on: 2022-09-14, move: fighting, source: press, confidence: high, claim: C01, says: ...}
      spring: {between: [2022-03-01, 2022-05-31], move: fighting}
      street: {on: 2022-05-18, level: {pamirs: [unrest]}, error: 5%}
      june: {from: 2022-06-01, until: 2022-06-30, of: fighting, count: 2..3}
      dead: {from: 2022-09-14, until: 2022-09-20, of: fighting, toll: 90..150, each: 20 people}

A record of elapsed time writes durations where dates stand (``on: 3.5 years``); ``subject:`` tells the
histories of several subjects apart, and ``starts:`` in place of ``level:`` says where one begins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bystander.errors import Mark, Problem, QueryError, ScenarioError
from bystander.evidence.parts import MEANT, Complaints, check_record, placed_in_days
from bystander.evidence.record import COUNTS, Cited, MoveClass, Observation, Record, Regime, Window
from bystander.files import ending_of
from bystander.scenario import Scenario
from bystander.scenario.document import be_of_kind, library_root, record_paths
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import Node, Scalar, Sequence, items_of, mapping_at
from bystander.scenario.reading import parse_yaml, read_text

TOP = [
    "record", "title", "about", "start", "from", "until", "sources", "classes", "readings", "coverage",
    "regimes", "observations",
]  # fmt: skip
OBSERVATION = [
    "on", "between", "from", "until", "move", "perhaps", "level", "starts", "count", "toll", "of", "each",
    "law", "error", "subject", "precision", "source", "confidence", "claim", "says",
]  # fmt: skip
WINDOW = ["of", "from", "until", "listed", "subject", "source", "says"]
REGIME = ["from", "set", "enable", "disable", "measures", "says"]
CLASS = ["moves", "from", "into"]
CITED = [field.name for field in fields(Cited)]


def read_record(path: str | os.PathLike[str]) -> Record:
    """Read a record from a YAML or CSV file, or by the name of one that ships (``kyrgyz-tajik-border``).

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.
    """
    file = Path(path)
    if ending_of(file) == ".csv":
        from bystander.evidence.tables import read_table

        return read_table(file)
    if not file.suffix and not file.exists():
        from bystander.evidence.tables import read_table

        return read_table(shipped_record(str(path)), f"library/records/{file.name}.csv")
    return parse_record(read_text(file, str(path)), str(path))


def record_of(scenario: Scenario, named: str = "") -> Record:
    """Return the record named, or else the one that a scenario names with ``record:``.

    Raises
    ------
    QueryError
        If there is none, or the scenario's leads out of its folder.
    ScenarioError
        With everything that is wrong in it.
    """
    return read_record(named or record_place(scenario))


def record_place(scenario: Scenario) -> Path:
    """Return the file of the record that a scenario names: one beside it, or one that ships.

    Raises
    ------
    QueryError
        If it names none, or one that leads out of its folder.
    """
    name = scenario.record
    if not name:
        raise QueryError(
            "The scenario names no record. Name one with --record, or write record: in the scenario: a "
            f"file beside it, or one that ships ({', '.join(shipped_records())})."
        )
    if not Path(name).suffix:
        return shipped_record(name)
    document = scenario.document
    beside = document.place.path.parent if document is not None and document.place is not None else Path()
    place = beside / name
    try:
        inside = place.resolve().is_relative_to(beside.resolve())
    except (OSError, ValueError):
        inside = False
    if not inside or "\\" in name:
        raise QueryError(
            f"record: {name[:200]} leads out of the scenario's folder; name a file beside the scenario."
        )
    return place


def shipped_records() -> tuple[str, ...]:
    """Return the names of the records that ship with the package."""
    return tuple(path.removeprefix("records/") for path in record_paths())


def shipped_record(name: str) -> Path:
    """Return the file of a record that ships with the package, by its name, ``records/`` before it or not.

    Raises
    ------
    QueryError
        If there is none of that name.
    """
    short = name.removeprefix("records/")
    if short not in shipped_records():
        known = ", ".join(shipped_records())
        raise QueryError(f"There is no file {name}, and no record of that name ships; there is: {known}.")
    return library_root() / "records" / f"{short}.csv"


def parse_record(text: str, shown: str = "<record>") -> Record:
    """Read a record given as YAML text."""
    root = parse_yaml(text, shown)
    found = Complaints()
    if not isinstance(root, Nodes):
        message, fix = (
            "a record is a mapping that begins with record: 1",
            "write record: 1, title:, observations:",
        )
        raise ScenarioError(Problem(root.mark, message, fix, "bad-record"))
    be_of_kind(root, "record")
    reader = _Reader(found)
    record = reader.record(root, Path(shown).stem or "record")
    found.finish()
    return record


class _Reader:
    """Reads the sections of a record's tree, collecting what is wrong."""

    def __init__(self, found: Complaints) -> None:
        self.found = found

    def record(self, root: Nodes, name: str) -> Record:
        self.known(root, TOP, "a record")
        if self.text(root, "record") != "1":
            message = "a record begins with record: 1, the version of its language"
            self.found.add(root.mark, message, "write record: 1")
        readings = self.readings(self.mapping(root, "readings"))
        classes = dict(self.entries(root, "classes", self.move_class))
        observations = placed_in_days(
            [each for _, each in self.entries(root, "observations", self.observation)]
        )
        windows = tuple(self.window(item) for item in self.items(root, "coverage"))
        regimes = tuple(each for _, each in self.entries(root, "regimes", self.regime))
        sources = dict(self.entries(root, "sources", self.cited))
        begin, end = (self.edge(root, key) for key in ("from", "until"))
        record = Record(
            title=self.text(root, "title"),
            observations=observations,
            windows=windows,
            regimes=tuple(sorted(regimes, key=lambda regime: regime.begin)),
            classes=classes,
            readings=readings,
            start=self.start(root),
            start_mark=(root.get("start") or root).mark,
            dated=self.found.dated is not False,
            begin=begin,
            end=end,
            sources=sources,
            about=self.text(root, "about"),
            name=name,
        )
        check_record(record, root.mark, self.found)
        lines: tuple[Observation | Window, ...] = (*observations, *windows)
        for each in lines:
            for source in each.sources:
                if source not in sources and "#" not in source and "://" not in source:
                    self.found.unknown(each.mark, "source", source, sources)
        return record

    def known(self, node: Node, keys: list[str], what: str) -> Nodes:
        if not isinstance(node, Nodes):
            self.found.add(node.mark, f"{what} is a mapping", f"write {{{keys[0]}: ...}}")
            return Nodes({}, {}, node.mark)
        for key, _ in node.items():
            if key.text not in keys:
                self.found.unknown(key.mark, f"key of {what}", key.text, keys)
        return node

    def entries(
        self, root: Nodes, section: str, read: Callable[[str, Node, Mark], Any]
    ) -> list[tuple[str, Any]]:
        node = root.get(section)
        if node is None:
            return []
        if not isinstance(node, Nodes):
            self.found.add(node.mark, f"{section}: is a mapping of names", f"write {section}: {{name: ...}}")
            return []
        return [
            (self.found.name(key.text, key.mark, f"one of {section}"), read(key.text, value, key.mark))
            for key, value in node.items()
        ]

    def items(self, root: Nodes, section: str) -> tuple[Node, ...]:
        node = root.get(section)
        return () if node is None else items_of(node)

    def mapping(self, node: Nodes, key: str) -> Nodes:
        """Return a mapping of names, empty where there is none."""
        value = node.get(key)
        if value is not None and not isinstance(value, Nodes):
            self.found.add(value.mark, f"{key}: is a mapping of names", f"write {key}: {{name: ...}}")
        return value if isinstance(value, Nodes) else Nodes({}, {}, node.mark)

    def text(self, node: Nodes, key: str, default: str = "") -> str:
        value = node.get(key)
        if value is None:
            return default
        if not isinstance(value, Scalar):
            self.found.add(value.mark, f"{key}: is a text", "write one text")
            return default
        return value.text

    def texts(self, node: Nodes, key: str) -> tuple[str, ...]:
        value = node.get(key)
        if value is None:
            return ()
        parts = value.items if isinstance(value, Sequence) else (value,)
        for part in parts:
            if not isinstance(part, Scalar):
                self.found.add(part.mark, f"{key}: is a list of texts", "write [one, two]")
        return tuple(part.text for part in parts if isinstance(part, Scalar) and part.text)

    def edge(self, node: Nodes, key: str) -> float | None:
        value = node.get(key)
        if value is None:
            return None
        begin, end, _ = self.found.moment(self.text(node, key), value.mark)
        return begin if key == "from" else end

    def span(self, node: Nodes, mark: Mark, precision: str = "") -> tuple[float, float, str]:
        """Read ``on``, ``between`` or ``from`` and ``until``: one of the three."""
        said = [key for key in ("on", "between", "from", "until") if node.get(key) is not None]
        if len(said) > 1 and said != ["from", "until"]:
            message = f"it says when by {' and '.join(said)} at once"
            self.found.add(mark, message, "write on:, or between:, or from: and until:")
        if precision and "on" not in said:
            self.found.add(
                _at(node, "precision", mark), "precision: means nothing without on:", "leave it out"
            )
        if node.get("on") is not None:
            return self.found.moment(self.text(node, "on"), _at(node, "on", mark), precision)
        pair = node.get("between")
        if isinstance(pair, Sequence) and len(pair.items) == 2:
            ends = [item.text if isinstance(item, Scalar) else "" for item in pair.items]
            places = [item.mark for item in pair.items]
            first, last = (self.found.moment(text, at) for text, at in zip(ends, places, strict=True))
            return first[0], last[1], "between"
        begin, end = self.edge(node, "from"), self.edge(node, "until")
        if begin is None or end is None:
            fix = "write on: 2022-09-14, between: [first, last], or from: and until:"
            self.found.add(mark, "it does not say when", fix)
            return 0.0, 0.0, ""
        return begin, end, "between"

    def observation(self, name: str, node: Node, mark: Mark) -> Observation:
        node = self.known(node, OBSERVATION, "an observation")
        kinds = [key for key in ("move", "level", "starts", "count", "toll") if node.get(key) is not None]
        if len(kinds) != 1:
            message = f"'{name}' says {' and '.join(kinds) or 'nothing'}: an observation is of one kind"
            self.found.add(mark, message, "write move:, level:, starts:, count: or toll:")
        kind = kinds[0] if kinds else ""
        for key in MEANT:
            if node.get(key) is not None and kinds and kind not in MEANT[key]:
                message = f"{key}: means nothing of an observation that says {kind}:"
                self.found.add(
                    node.keys[key].mark, message, f"leave it out; it belongs to {' and '.join(MEANT[key])}"
                )
        begin, end, precision = self.span(node, mark, self.text(node, "precision"))
        low, high = (0.0, 0.0)
        if kind in COUNTS:
            low, high = self.found.interval(self.text(node, kind), _at(node, kind, mark), kind)
        each = self.text(node, "each")
        return Observation(
            name=name,
            kind=kind,
            begin=begin,
            end=end,
            of=self.text(node, "move") or self.text(node, "of"),
            levels=self.levels(node.get(kind)) if kind in ("level", "starts") else {},
            error=self.found.error(self.text(node, "error"), _at(node, "error", mark)),
            low=low,
            high=high,
            each=self.found.number(each, _at(node, "each", mark), "each") if each else 0.0,
            law=self.text(node, "law", "poisson"),
            perhaps=self.found.flag(self.text(node, "perhaps"), _at(node, "perhaps", mark), "perhaps"),
            subject=self.text(node, "subject"),
            sources=self.texts(node, "source"),
            precision=precision,
            confidence=self.text(node, "confidence"),
            claim=self.texts(node, "claim"),
            says=self.text(node, "says"),
            mark=mark,
        )

    def levels(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        if not isinstance(node, Nodes):
            return {}
        return {key.text: self.texts(node, key.text) for key, _ in node.items()}

    def window(self, node: Node) -> Window:
        mark = node.mark
        node = self.known(node, WINDOW, "a window of coverage")
        begin, end, _ = self.span(node, mark)
        return Window(
            of=self.text(node, "of", "*"),
            begin=begin,
            end=end,
            listed=self.found.listed(self.text(node, "listed"), _at(node, "listed", mark)),
            subject=self.text(node, "subject"),
            sources=self.texts(node, "source"),
            says=self.text(node, "says"),
            mark=mark,
        )

    def regime(self, name: str, node: Node, mark: Mark) -> Regime:
        node = self.known(node, REGIME, "a regime")
        given = self.mapping(node, "set")
        sets = {key.text: self.text(given, key.text) for key, _ in given.items()}
        begin = self.edge(node, "from")
        if begin is None:
            self.found.add(mark, f"the regime '{name}' does not say when it begins", "write from: 2022-02-24")
        enable, disable, measures = (self.texts(node, key) for key in ("enable", "disable", "measures"))
        return Regime(name, begin or 0.0, sets, enable, disable, measures, self.text(node, "says"), mark)

    def move_class(self, name: str, node: Node, mark: Mark) -> MoveClass:
        if not isinstance(node, Nodes):
            moves = self.texts(mapping_at(mark, {"moves": node}), "moves")
            if not moves:
                self.found.add(mark, f"the class '{name}' names no moves", f"write {name}: [actor.move]")
            return MoveClass(moves, mark=mark)
        node = self.known(node, CLASS, f"the class '{name}'")
        if node.get("moves") is not None and not self.texts(node, "moves"):
            self.found.add(mark, f"the class '{name}' names no moves", "write moves: [actor.move]")
        return MoveClass(
            self.texts(node, "moves") or ("*",), self.text(node, "from"), self.text(node, "into"), mark
        )

    def cited(self, _name: str, node: Node, mark: Mark) -> Cited:
        if isinstance(node, Scalar):
            return Cited(node.text)
        node = self.known(node, CITED, "a source")
        self.found.date(self.text(node, "date"), _at(node, "date", mark))
        return Cited(*(self.text(node, key) for key in CITED))

    def readings(self, node: Nodes) -> dict[str, dict[str, dict[str, float]]]:
        out: dict[str, dict[str, dict[str, float]]] = {}
        for name, _ in node.items():
            table = self.mapping(node, name.text)
            out[name.text] = {key.text: self.chances(value) for key, value in table.items()}
        return out

    def chances(self, node: Node) -> dict[str, float]:
        if not isinstance(node, Nodes):
            self.found.add(node.mark, "chances of levels are a mapping", "write {quiet: 60%, clash: 40%}")
            return {}
        found = {
            key.text: self.found.chance(value.text, value.mark, f"the chance of '{key.text}'")
            for key, value in node.items()
            if isinstance(value, Scalar)
        }
        self.found.whole(found, node.mark)
        return found

    def start(self, root: Nodes) -> str | Mapping[str, Mapping[str, float]]:
        node = root.get("start")
        if node is None:
            return "scenario"
        if isinstance(node, Scalar):
            if node.text not in ("scenario", "long run"):
                self.found.unknown(node.mark, "start", node.text, ("scenario", "long run"))
            return node.text
        out: dict[str, Mapping[str, float]] = {}
        for key, value in self.mapping(root, "start").items():
            out[key.text] = {value.text: 1.0} if isinstance(value, Scalar) else self.chances(value)
        return out


def _at(node: Nodes, key: str, mark: Mark) -> Mark:
    """Return where the value of a key is written; elsewhere the place of what holds it."""
    value = node.get(key)
    return mark if value is None else value.mark
