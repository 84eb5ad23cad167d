"""A record as one CSV table, in and out.

A row is an observation, or says something about the record; columns may stand in any order, unknown ones are
refused. ``kind`` says what a row is:

=============  ======================================================================================
kind           columns
=============  ======================================================================================
``move``       ``on`` (and ``until``), ``what``: a class; ``is``: ``perhaps`` if none may have fired
``level``      ``on``, ``what``: variables, ``is``: levels (``a|b`` for either); ``error``
``starts``     as ``level``: where a subject begins
``count``      ``on``, ``until``, ``what``: a class, ``is``: ``3`` or ``2..5``
``toll``       as ``count``, with ``each`` (mean of a move) and ``law``
``coverage``   ``on``, ``until``, ``what``: a class, ``is``: the chance that a move of it is listed
``class``      ``name``, ``what``: moves; ``is``: ``from ...; into ...`` conditions
``regime``     ``name``, ``on``, ``is``: ``parameter=value; ...``
``reading``    ``name``, ``what``: true level, ``is``: ``level=chance; ...``
``source``     ``name``, ``what``: title, ``is``: address, ``on``: date, ``author``, ``publisher``,
               ``locator`` and ``type``: what kind of source it is (``news``)
``record``     ``what``: title, start, from, until or about; ``is``: its text
=============  ======================================================================================

Several values in a cell are separated by ``;``. What a row of its kind has no use for is refused, and so is a
name that is given twice, or a source that has no row where others have one. Further columns: name, subject,
precision, source, confidence, claim, says. Cells are texts: nothing in them is ever evaluated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bystander.errors import Mark
from bystander.evidence.parts import MEANT, Complaints, check_record, placed_in_days
from bystander.evidence.record import COUNTS, Cited, MoveClass, Observation, Record, Regime, Window
from bystander.scenario.reading import mend_width, read_text, separator_of, without_empty_end

COLUMNS = [
    "name", "subject", "kind", "on", "until", "what", "is", "error", "each", "law", "precision", "source",
    "confidence", "claim", "says",
]  # fmt: skip
CITED = {"author": "author", "publisher": "publisher", "locator": "locator", "type": "kind"}
"""Columns of sources alone, each with what it says of one."""
ALL_COLUMNS = [*COLUMNS, *CITED]
NEEDED = ("kind", "on", "what")
OBSERVED = ("move", "level", "starts", "count", "toll")
KINDS = (*OBSERVED, "coverage", "class", "regime", "reading", "source", "record")
ABOUT = ("title", "start", "from", "until", "about")
COLUMNS_MEANT = {
    **MEANT,
    "precision": OBSERVED,
    "until": (*OBSERVED, "coverage"),
    **dict.fromkeys(CITED, ("source",)),
}
"""Columns that mean something in rows of some kinds only."""
MAX_BYTES = 60_000_000
MAX_ROWS = 500_000
MAX_CELL = 20_000


def read_table(path: Path, shown: str | None = None) -> Record:
    """Read a record from a CSV file.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file and line.
    """
    name = shown or str(path)
    return parse_table(read_text(path, name, MAX_BYTES), name)


def parse_table(text: str, shown: str = "<record>") -> Record:
    """Read a record given as CSV text."""
    found = Complaints()
    table = _Table(found, shown)
    for cells, mark in _rows(text, shown, found):
        table.take(cells, mark)
    record = table.finish(Path(shown).stem)
    found.finish()
    return record


def _rows(text: str, shown: str, found: Complaints) -> Iterator[tuple[dict[str, str], Mark]]:
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator_of(text))
    try:
        header = [cell.strip().lower() for cell in without_empty_end(next(reader, []))]
        strange = (column for column in dict.fromkeys(header) if column not in ALL_COLUMNS)
        for column in islice(strange, len(ALL_COLUMNS)):
            found.unknown(Mark(shown, 1, 1), "column", column, ALL_COLUMNS)
        missing = [column for column in NEEDED if column not in header]
        if missing or len(set(header)) < len(header):
            message = f"the table needs each of the columns {', '.join(NEEDED)} once"
            found.add(Mark(shown, 1, 1), message, f"its first line is {', '.join(COLUMNS)}")
        found.finish()
        for number, row in enumerate(reader):
            mark = Mark(shown, reader.line_num, 1)
            if number >= MAX_ROWS:
                found.add(mark, f"the table has more than {MAX_ROWS:,} rows", "cut it into several records")
                return
            if not any(row):
                continue
            row = without_empty_end(row, len(header))
            if len(row) != len(header):
                message = f"the row has {len(row)} cells and the header {len(header)}"
                found.add(mark, message, mend_width(row, len(header), separator_of(text)))
                continue
            yield dict(zip(header, (cell.strip() for cell in row), strict=True)), mark
    except csv.Error as error:
        long = "field larger" in str(error)
        fix = "close every quote, or shorten the cell" if long else "quote cells with commas"
        found.add(Mark(shown, reader.line_num, 1), f"this is no CSV row: {error}", fix)


@dataclass
class _Table:
    """Rows read so far."""

    found: Complaints
    shown: str
    observations: list[Observation] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    regimes: list[Regime] = field(default_factory=list)
    classes: dict[str, MoveClass] = field(default_factory=dict)
    readings: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    sources: dict[str, Cited] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    start: dict[str, dict[str, float]] = field(default_factory=dict)
    places: dict[str, Mark] = field(default_factory=dict)

    def take(self, row: dict[str, str], mark: Mark) -> None:
        """Read one row."""
        kind = row["kind"].lower()
        for column, kinds in COLUMNS_MEANT.items():
            if row.get(column) and kind in KINDS and kind not in kinds:
                message = f"'{row[column][:40]}' in the column {column} means nothing in a row of kind {kind}"
                self.found.add(mark, message, f"leave {column} empty; is: holds what else there is to say")
        name = row.get("name", "")
        match kind:
            case "move" | "level" | "starts" | "count" | "toll":
                self.observations.append(self.observation(kind, row, mark))
            case "coverage":
                self.windows.append(self.window(row, mark))
            case "class":
                moves = tuple(_parts(row["what"])) or ("*",)
                told = self._pairs(row, mark, " ", ("from", "into"))
                self._once(self.classes, name, mark, "class")
                self.classes[name] = MoveClass(moves, told.get("from", ""), told.get("into", ""), mark)
            case "regime":
                begin, _, _ = self.found.moment(row["on"], mark)
                sets = self._pairs(row, mark, "=")
                self._once({regime.name for regime in self.regimes}, name, mark, "regime")
                self.regimes.append(Regime(name, begin, sets, says=row.get("says", ""), mark=mark))
            case "reading":
                read = {
                    level: self.found.chance(chance, mark, f"the chance of '{level}'")
                    for level, chance in self._pairs(row, mark, "=").items()
                }
                self.found.whole(read, mark)
                self._once(self.readings.get(name, {}), row["what"], mark, f"level of the reading '{name}'")
                self.readings.setdefault(name, {})[row["what"]] = read
            case "source":
                self._once(self.sources, name, mark, "source")
                more = {key: row.get(column, "") for column, key in CITED.items()}
                date = self.found.date(row["on"], mark)
                self.sources[name] = Cited(row["what"], row.get("is", ""), date, row.get("says", ""), **more)
            case "record":
                if row["what"] not in ABOUT:
                    self.found.unknown(mark, "part of a record", row["what"], ABOUT)
                self._once(self.about, row["what"], mark, "part of a record")
                self.about[row["what"]] = row.get("is", "") or row.get("says", "")
                self.places[row["what"]] = mark
                if row["what"] == "start" and self.about["start"] not in ("scenario", "long run"):
                    self.start = {name: {level: 1.0} for name, level in self._pairs(row, mark, "=").items()}
            case _:
                self.found.unknown(mark, "kind of row", kind, KINDS)

    def _once(self, known: Container[str], name: str, mark: Mark, what: str) -> None:
        """Note a row without a name, or of a name that was given before."""
        if not name:
            self.found.add(mark, f"a {what} has no name", "write one in the column name")
        elif name in known:
            self.found.add(mark, f"the {what} '{name[:40]}' is given twice", "name each once")

    def _pairs(
        self, row: dict[str, str], mark: Mark, separator: str, allowed: Sequence[str] = ()
    ) -> dict[str, str]:
        """Read ``name = text; ...``, each name once."""
        out: dict[str, str] = {}
        for part in _parts(row.get("is", "")):
            name, text = _split_first(part, separator)
            if not text or (allowed and name not in allowed):
                like = f"{allowed[0]} ...; {allowed[1]} ..." if allowed else f"name{separator}value; ..."
                self.found.add(mark, f"'{part[:40]}' cannot be read", f"write is: {like}")
            elif name in out:
                self.found.add(mark, f"'{name[:40]}' is given twice", "give each once")
            out[name] = text
        return out

    def observation(self, kind: str, row: dict[str, str], mark: Mark) -> Observation:
        begin, end, precision = self.found.moment(row["on"], mark, row.get("precision", ""))
        if kind == "move" and row.get("is", "") not in ("", "perhaps"):
            message = f"'{row['is'][:40]}' means nothing of a move"
            self.found.add(mark, message, "leave is: empty, or write perhaps")
        if row.get("until"):
            end, precision = self.found.moment(row["until"], mark)[1], "between"
        if kind in COUNTS:
            low, high = self.found.interval(row.get("is", ""), mark, kind)
        else:
            low = high = 0.0
        each = row.get("each", "")
        return Observation(
            name=row.get("name", "") or f"line {mark.line}",
            kind=kind,
            begin=begin,
            end=end,
            of=row["what"] if kind in ("move", "count", "toll") else "",
            levels=self.levels(row, mark) if kind in ("level", "starts") else {},
            error=self.found.error(row.get("error", ""), mark),
            low=low,
            high=high,
            each=self.found.number(each, mark, "each") if each else 0.0,
            law=row.get("law", "") or "poisson",
            perhaps=kind == "move" and row.get("is", "") == "perhaps",
            subject=row.get("subject", ""),
            sources=tuple(_parts(row.get("source", ""))),
            precision=precision,
            confidence=row.get("confidence", ""),
            claim=tuple(_parts(row.get("claim", ""))),
            says=row.get("says", ""),
            mark=mark,
        )

    def levels(self, row: dict[str, str], mark: Mark) -> dict[str, tuple[str, ...]]:
        """Read variables and the levels they were seen at."""
        names, levels = _parts(row["what"]), _parts(row.get("is", ""))
        if len(set(names)) < len(names):
            self.found.add(mark, "a variable is named twice", "write a|b for either of two levels")
        if len(names) != len(levels):
            return {}
        return {name: tuple(level.split("|")) for name, level in zip(names, levels, strict=True)}

    def window(self, row: dict[str, str], mark: Mark) -> Window:
        begin, _, _ = self.found.moment(row["on"], mark)
        end = self.found.moment(row.get("until", ""), mark)[1]
        return Window(
            of=row["what"],
            begin=begin,
            end=end,
            listed=self.found.listed(row.get("is", ""), mark),
            subject=row.get("subject", ""),
            sources=tuple(_parts(row.get("source", ""))),
            says=row.get("says", ""),
            mark=mark,
        )

    def finish(self, name: str) -> Record:
        """Put the record together."""
        observations = placed_in_days(self.observations)
        edges = {}
        for key in ("from", "until"):
            if key in self.about:
                begin, end, _ = self.found.moment(self.about[key], self.places[key])
                edges[key] = begin if key == "from" else end
        record = Record(
            title=self.about.get("title", name),
            observations=observations,
            windows=tuple(self.windows),
            regimes=tuple(sorted(self.regimes, key=lambda regime: regime.begin)),
            classes=self.classes,
            readings=self.readings,
            start=self.start or self.about.get("start", "scenario"),
            start_mark=self.places.get("start", Mark("record")),
            dated=self.found.dated is not False,
            begin=edges.get("from"),
            end=edges.get("until"),
            sources=self.sources,
            about=self.about.get("about", ""),
            name=name,
        )
        check_record(record, Mark(self.shown), self.found)
        lines: tuple[Observation | Window, ...] = (*observations, *self.windows)
        for each in lines if self.sources else ():
            for unknown in set(each.sources) - set(self.sources):
                self.found.unknown(each.mark, "source", unknown, self.sources)
        return record


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _split_first(text: str, separator: str) -> tuple[str, str]:
    head, _, tail = text.partition(separator)
    return head.strip(), tail.strip()
