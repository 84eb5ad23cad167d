"""Dates: what is in force on the day a scenario speaks from, and how far other days are.

A date is a day, ``2022-10-15``, or a month or year that stands for its first day as a beginning and for its
last as an end. Something with ``from`` and ``until`` is in force on the days d with ``from <= d < until``.
Wherever one value stands, a mapping of dates to values may stand instead: the value in force is that of the
latest date not after the day,

    value(d) = v_k   with   k = max {k : date_k <= d}.

Days between dates are days of the calendar; a year is 365.25 days elsewhere in the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from bystander.errors import Mark, Problem, ScenarioError

DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
SOME_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def first_day(text: str, mark: Mark | None = None) -> date:
    """Return the first day that a date, month or year stands for.

    Raises
    ------
    ScenarioError
        If the calendar has no such day.
    """
    match = SOME_DAY.fullmatch(text.strip())
    try:
        if match is not None:
            return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        pass
    message, fix = f"'{text[:20]}' is not a date of the calendar.", "Write a date as 2022-10-15."
    raise ScenarioError(Problem(mark or Mark(), message, fix, "impossible-date"))


def last_day(text: str, mark: Mark | None = None) -> date:
    """Return the last day that a date, month or year stands for; see `first_day`."""
    first = first_day(text, mark)
    match text.strip().count("-"):
        case 0:
            return date(first.year, 12, 31)
        case 1:
            after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
            return after - timedelta(days=1)
    return first


def in_force(day: date, begins: str | None, ends: str | None, mark: Mark | None = None) -> bool:
    """Tell whether something with these ``from`` and ``until`` is in force on a day."""
    begun = begins is None or first_day(begins, mark) <= day
    return begun and (ends is None or day < first_day(ends, mark))


def latest(day: date, dates: Iterable[str], mark: Mark | None = None) -> str | None:
    """Return the latest of some dates that is not after a day; None if all are."""
    known = [(first_day(text, mark), text) for text in dates]
    return max((pair for pair in known if pair[0] <= day), default=(day, None))[1]


def days_from(day: date, text: str, mark: Mark | None = None) -> int:
    """Return how many days after a day a date is; negative if it is before."""
    return (first_day(text, mark) - day).days
