"""Readers of what analysts have: UCDP, ACLED, ICB, MID, MIE, GDELT, VIEWS, and any CSV by a mapping.

A file is recognised by the columns it has; a mapping says which of them play which role. Rows come out with
one set of columns (`FIELDS`), the data set's own id, both sides, and low, best and high where it has them.
Nothing is guessed: a row without an id or a date, with a date that can be read in two ways, a number that is
none or bytes that are not UTF-8 is dropped, and counted under the reason (`Account`). Missing is kept
missing; it is not zero. Cells are texts and are never evaluated.
"""

from __future__ import annotations

import csv
import os
import re
from calendar import month_abbr, month_name
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from bystander.errors import Mark, Problem, QueryError, ScenarioError
from bystander.evidence.record import day_number, read_span, write_day
from bystander.scenario.reading import separator_of, without_empty_end
from bystander.units import plain_number

FIELDS = (
    "id", "begin", "finish", "precision", "kind", "action", "side_a", "side_b", "country", "place",
    "latitude", "longitude", "low", "best", "high", "says", "source",
)  # fmt: skip
EventRow: TypeAlias = tuple[str | float | None, ...]
MAX_CELL = 200_000
MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name} | {
    name.lower(): number for number, name in enumerate(month_abbr) if name
}
LENGTHS = {"year": 4, "month": 7}
"""How many letters of a date say the year, and the month: an end that is dated so is its last day."""
PRECISIONS = ("day", "around", "week", "month", "year")
UNKNOWN = {"", "-9", "-9.0", "-99", "na", "nan", "null", "none", "."}


@dataclass(frozen=True, slots=True)
class EventMapping:
    """Which columns of a file play which role.

    Attributes
    ----------
    name
        The data set.
    needs
        Columns by which a file is recognised.
    columns
        Role to columns; several are joined with ``-`` for ids, added up for numbers, tried in turn otherwise.
    day_first
        How to read 03/04/2022: True for the 3rd of April, False for the 4th of March, None to drop it.
    fixed
        Roles that are the same in every row.
    codes
        What the data set's codes of precision mean.
    """

    name: str
    needs: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    day_first: bool | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


def _mapping(
    name: str,
    needs: str,
    fixed: Mapping[str, str] | None = None,
    codes: Mapping[str, str] | None = None,
    **columns: str,
) -> EventMapping:
    roles = {role: tuple(text.split()) for role, text in columns.items()}
    return EventMapping(name, tuple(needs.split()), roles, fixed=fixed or {}, codes=codes or {})


MAPPINGS = (
    _mapping(
        "ucdp",
        "id date_start side_a side_b best low high type_of_violence",
        codes={"1": "day", "2": "around", "3": "week", "4": "month", "5": "year"},
        id="id",
        begin="date_start",
        finish="date_end",
        precision="date_prec",
        kind="type_of_violence",
        side_a="side_a",
        side_b="side_b",
        country="country",
        place="where_coordinates where adm_1 adm1",
        latitude="latitude",
        longitude="longitude",
        low="low",
        best="best",
        high="high",
        says="source_headline where_description",
        source="source_article",
    ),
    _mapping(
        "acled",
        "event_id_cnty event_date actor1 fatalities event_type",
        codes={"1": "day", "2": "around", "3": "month"},
        id="event_id_cnty",
        begin="event_date",
        precision="time_precision",
        kind="event_type",
        action="sub_event_type",
        side_a="actor1",
        side_b="actor2",
        country="country",
        place="location",
        latitude="latitude",
        longitude="longitude",
        best="fatalities",
        says="notes",
        source="source",
    ),
    _mapping(
        "icb-actor",
        "icb2 crisno cracno actor yrtrig",
        id="crisno cracno",
        begin="yrtrig motrig datrig",
        finish="yrterm moterm daterm",
        kind="triggr",
        action="majres",
        side_a="actor",
        side_b="trigent",
        says="crisname",
    ),
    _mapping(
        "icb",
        "icb1 crisno crisname yrtrig",
        id="crisno",
        begin="yrtrig motrig datrig",
        finish="yrterm moterm daterm",
        kind="break",
        action="viol",
        says="crisname",
    ),
    _mapping(
        "mie",
        "micnum eventnum ccode1 ccode2 styear action",
        id="micnum eventnum",
        begin="styear stmon stday",
        finish="endyear endmon endday",
        kind="hostlev",
        action="action",
        side_a="ccode1",
        side_b="ccode2",
        low="fatalmin1 fatalmin2",
        high="fatalmax1 fatalmax2",
    ),
    _mapping(
        "mid",
        "dispnum ccode1 ccode2 year hostlev1 hiact1",
        id="dispnum ccode1 ccode2 year",
        begin="year stmon",
        kind="hostlev1",
        action="hiact1",
        side_a="ccode1",
        side_b="ccode2",
    ),
    _mapping(
        "gdelt",
        "iso3 week n_events n_material_conflict",
        {"kind": "material conflict", "precision": "week"},
        id="iso3 week",
        begin="week",
        country="country iso3",
        best="n_material_conflict",
    ),
    _mapping(
        "views",
        "month_id month country_id fatalities_sb",
        {"kind": "state-based", "precision": "month"},
        id="country_id month_id",
        begin="month",
        country="name",
        best="fatalities_sb",
    ),
)


TOTALS = frozenset(mapping.name for mapping in MAPPINGS if "precision" in mapping.fixed)
"""Data sets whose rows are totals of a stretch of time: a row of none is no event."""


@dataclass
class Account:
    """What became of the rows of a file: every one is read, or dropped for a reason."""

    rows: int = 0
    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    mapping: str = ""

    def drop(self, reason: str, first: int, last: int) -> None:
        """Count what cannot be used, by its lines: an open quote swallows many."""
        self.rows += last - first
        self.dropped[reason] += last - first + 1
        self.first.setdefault(reason, first)

    def words(self) -> tuple[str, ...]:
        """Say how many rows were dropped for each reason, and where the first of them stands."""
        return tuple(
            f"{count} dropped: {reason} (first in line {self.first[reason]})"
            for reason, count in self.dropped.most_common()
        )


def read_events(
    path: str | os.PathLike[str], mapping: EventMapping | None = None
) -> tuple[Iterator[EventRow], Account]:
    """Read a file of events row by row; the account fills while the rows are taken.

    Raises
    ------
    QueryError
        If no mapping fits its columns.
    """
    file = Path(path)
    account = Account()
    try:
        stream = file.open("rb")
    except OSError as error:
        raise QueryError(f"{path} cannot be read: {error.strerror or error}") from None
    with stream:
        first = stream.readline(MAX_CELL)
    header, parted = _header(first, str(path))
    chosen = mapping or _recognise(header, str(path))
    missing = [name for name in chosen.columns.get("id", ()) if name not in header]
    missing += [name for name in chosen.columns.get("begin", ())[:1] if name not in header]
    if missing:
        message = f"the file has no column {' and '.join(missing)}"
        raise _refused(str(path), message, "name its columns in a mapping", "columns")
    played = {name for names in chosen.columns.values() for name in names}
    if twice := sorted(name for name in played if header.count(name) > 1):
        message = f"two columns are called {' and '.join(twice)}"
        raise _refused(str(path), message, "rename or remove one", "columns")
    account.mapping = chosen.name
    return _rows(file, header, parted, chosen, account), account


def _header(line: bytes, shown: str) -> tuple[list[str], str]:
    """Return the columns, and what separates them."""
    if b"\r" in line.rstrip(b"\r\n"):
        message = "the first line does not end: a carriage return stands in it without a line feed"
        raise _refused(shown, message, "save it with the line ends of Windows or Unix")
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
        parted = separator_of(text)
        cells = next(csv.reader([text], delimiter=parted))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise _refused(shown, "the first line is no CSV header in UTF-8", "save it as CSV, UTF-8") from None
    return [cell.strip().lower() for cell in cells], parted


def _recognise(header: Sequence[str], shown: str) -> EventMapping:
    for mapping in MAPPINGS:
        if all(name in header for name in mapping.needs):
            return mapping
    known = ", ".join(mapping.name for mapping in MAPPINGS)
    message = f"its columns are those of none of {known}: {', '.join(header[:12]) or 'it has none'}"
    fix = "take it as it is published, first line and all; in Python, read_events reads any by a mapping"
    raise _refused(shown, message, fix, "columns")


def _refused(shown: str, message: str, fix: str, check: str = "") -> ScenarioError:
    """Refuse a file for its first line."""
    return ScenarioError(Problem(Mark(shown, 1, 1), message, fix, check))


def _rows(
    file: Path, header: list[str], parted: str, mapping: EventMapping, account: Account
) -> Iterator[EventRow]:
    csv.field_size_limit(MAX_CELL)
    places = {
        role: [header.index(name) for name in names if name in header]
        for role, names in mapping.columns.items()
    }
    seen: set[str] = set()
    with file.open("rb") as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=parted)
        next(reader, None)
        while True:
            first = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                account.rows += 1
                account.drop("no CSV row", first, reader.line_num)
                continue
            if not row:
                continue
            account.rows += 1
            found = _read_event(row, len(header), lines, first, places, mapping, seen)
            if isinstance(found, str):
                account.drop(found, first, reader.line_num)
                continue
            account.read += 1
            yield found


def _read_event(
    row: list[str], width: int, lines: _Lines, first: int,
    places: Mapping[str, list[int]], mapping: EventMapping, seen: set[str],
) -> EventRow | str:  # fmt: skip
    """Return the event of a row that begins in line ``first``, or the reason why it is none."""
    if lines.bad >= first:
        return "bytes that are not UTF-8"
    if lines.ended:
        return "a quote that is never closed"
    row = without_empty_end(row, width)
    if len(row) != width:
        return "another number of cells than the header"
    found = _event(row, places, mapping)
    if isinstance(found, str):
        return found
    if (name := str(found[0])) in seen:
        return "an id that came before"
    seen.add(name)
    return found


class _Lines:
    """The lines of a file as text: which was the last that is not UTF-8, and whether the end was asked for.

    A reader that has a whole row asks for no further line: the end is asked for within a row only where a
    quote is open.
    """

    def __init__(self, stream: Iterator[bytes]) -> None:
        self.stream, self.number, self.bad, self.ended = stream, 0, 0, False

    def __iter__(self) -> _Lines:
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line."""
        line = next(self.stream, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.number += 1
        try:
            text = line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError:
            self.bad = self.number
            text = line.decode("utf-8", "replace")
        return text.replace("\0", "")


def _event(row: Sequence[str], places: Mapping[str, list[int]], mapping: EventMapping) -> EventRow | str:
    """Return an event, or the reason why the row is none."""
    name = "-".join(_whole(row[place]) for place in places["id"])
    if not name.strip("-"):
        return "no id"
    begin, precision = _date([row[place] for place in places.get("begin", [])], mapping.day_first)
    if begin is None:
        return precision
    finish, ends = _date([row[place] for place in places.get("finish", [])], mapping.day_first)
    if finish is not None and ends in LENGTHS:
        finish = read_span(write_day(finish)[: LENGTHS[ends]], Mark("event"))[1] - 1.0
    if finish is not None and precision == "day" and finish < begin:
        return "an end before the beginning"
    out: list[str | float | None] = []
    for role in FIELDS:
        cells = [row[place].strip() for place in places.get(role, [])]
        if role == "id":
            out.append(name)
        elif role in ("begin", "finish"):
            out.append(begin if role == "begin" else finish)
        elif role in mapping.fixed:
            out.append(mapping.fixed[role])
        elif role == "precision":
            code = next((_whole(cell).lower() for cell in cells if cell.lower() not in UNKNOWN), precision)
            means = mapping.codes.get(code, code)
            if means not in PRECISIONS:
                return "a precision that nobody knows"
            out.append(means if precision == "day" else precision)
        elif role in ("low", "best", "high", "latitude", "longitude"):
            number = _number(cells)
            if isinstance(number, str):
                return number
            out.append(number)
        else:
            out.append(next((_whole(cell) for cell in cells if cell.lower() not in UNKNOWN), ""))
    low, best, high = (out[FIELDS.index(role)] for role in ("low", "best", "high"))
    given = [number for number in (low, best, high) if isinstance(number, float)]
    if any(number < 0 for number in given) or given != sorted(given):
        return "a toll below nothing, or low, best and high out of order"
    return tuple(out)


def _whole(text: str) -> str:
    text = text.strip()
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def _number(cells: Sequence[str]) -> float | str | None:
    """Return the sum of numbers, None if any is missing, or what is wrong with them."""
    total, seen = 0.0, False
    for cell in cells:
        if cell.lower() in UNKNOWN:
            return None
        try:
            value = plain_number(cell)
        except ValueError:
            return "a number that is none"
        if not abs(value) < 1e12 or "_" in cell:
            return "a number that is none"
        total, seen = total + value, True
    return total if seen else None


def _date(cells: Sequence[str], day_first: bool | None) -> tuple[float | None, str]:
    """Return the first day of a date and its precision; or None and what is wrong."""
    if not cells or cells[0].strip().lower() in UNKNOWN:
        return None, "no date"
    if len(cells) > 1 or re.fullmatch(r"\d{4}(\.0)?", cells[0].strip()):
        parts = [_whole(cell) for cell in cells]
        kept = []
        for part, most in zip(parts, (9999, 12, 31), strict=False):
            if part.lower() in UNKNOWN or not part.isdecimal() or not 0 < int(part) <= most:
                break
            kept.append(int(part))
        text = "-".join(f"{part:04d}" if place == 0 else f"{part:02d}" for place, part in enumerate(kept))
        return _day(text, ("year", "month", "day")[len(kept) - 1] if kept else "")
    return _written(cells[0].strip(), day_first)


def _written(text: str, day_first: bool | None) -> tuple[float | None, str]:
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return _day(text, "month")
    if match := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?", text):
        return _day(f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}", "day")
    if match := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return _day("-".join(match.groups()), "day")
    if match := re.fullmatch(r"(\d{1,2})[ -]([A-Za-z]+)[ ,-]+(\d{4})", text):
        month = MONTHS.get(match[2].lower())
        return _day(f"{match[3]}-{month:02d}-{int(match[1]):02d}", "day") if month else (None, "no date")
    if match := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})([T ].*)?", text):
        one, two = int(match[1]), int(match[2])
        if one <= 12 and two <= 12 and one != two and day_first is None:
            return None, "a date that can be read in two ways"
        day, month = (
            (two, one) if (one <= 12 and two > 12) or (day_first is False and two <= 31) else (one, two)
        )
        return _day(f"{match[3]}-{month:02d}-{day:02d}", "day")
    return None, "a date in no known style"


def _day(text: str, precision: str) -> tuple[float | None, str]:
    try:
        return day_number(text), precision
    except ScenarioError:
        return None, "a date that the calendar does not have"
