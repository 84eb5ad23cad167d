"""Dates as days, and how far a date can be trusted.

A date is written ``2022``, ``2022-09``, ``2022-09-14`` or ``2022-09-14 14:30``; a moment is the number of
days since 1970-01-01, a real number. What is written to the month or year stretches to its end. *Precision*
may widen a date: ``week`` makes the seven days that begin with it. ``minute`` and ``hour`` are a moment.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from bystander.errors import Mark, Problem, ScenarioError

PRECISIONS = ("minute", "hour", "day", "week", "month", "year")
FINE = ("minute", "hour", "day")
MIDDAY = 0.5
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{1,2}):(\d{2})(?::\d{2})?Z?)?)?)?")
_EPOCH = date(1970, 1, 1)


def read_span(text: str, mark: Mark, precision: str = "") -> tuple[float, float, str]:
    """Read a date: first and last moment of what it says, and its precision.

    Returns
    -------
    begin, end, precision
        Days; a date with a time of day begins and ends there.

    Raises
    ------
    ScenarioError
        If it is not a date, or one that the calendar does not have.
    """
    match = _DATE.fullmatch(str(text).strip())
    if match is None:
        raise _not_a_date(text, mark)
    year, month, day, hour, minute = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 1, month or 1, day or 1)
        if hour is not None and not (hour < 24 and (minute or 0) < 60):
            raise ValueError
    except ValueError:
        raise _not_a_date(text, mark) from None
    begin = float((first - _EPOCH).days)
    written = "year" if month is None else "month" if day is None else "day" if hour is None else "minute"
    kind = precision or written
    if kind not in PRECISIONS:
        message = f"'{precision}' is not a precision"
        raise ScenarioError(Problem(mark, message, f"write one of {', '.join(PRECISIONS)}", "bad-precision"))
    if hour is not None:
        begin += (hour + (minute or 0) / 60.0) / 24.0
        if kind in FINE:
            return begin, begin, kind
    return begin, _end_of(first, begin, max(kind, written, key=PRECISIONS.index)), kind


def _end_of(first: date, begin: float, kind: str) -> float:
    match kind:
        case "year":
            return float((date(first.year + 1, 1, 1) - _EPOCH).days) if first.year < 9999 else begin + 366.0
        case "month":
            after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            return float((after - _EPOCH).days)
        case "week":
            return begin + 7.0
    return begin + 1.0


def day_number(text: str, mark: Mark | None = None) -> float:
    """Return the first moment of a date."""
    return read_span(text, mark or Mark("the date"))[0]


def write_day(moment: float) -> str:
    """Write a moment as a date, with the time of day where it is not midnight or midday."""
    whole = int(moment // 1)
    rest = moment - whole
    try:
        day = _EPOCH + timedelta(days=whole)
    except OverflowError:
        return f"day {moment:g}"
    if rest in (0.0, MIDDAY):
        return day.isoformat()
    at = datetime(day.year, day.month, day.day) + timedelta(minutes=round(rest * 1440.0))
    return at.strftime("%Y-%m-%d %H:%M")


def _not_a_date(text: str, mark: Mark) -> ScenarioError:
    message = f"'{str(text)[:40]}' is not a date"
    return ScenarioError(Problem(mark, message, "write 2022-09-14, 2022-09 or 2022-09-14 14:30", "bad-date"))
