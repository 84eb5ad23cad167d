"""What may be observed: a record is dated, sourced observations, and the windows in which silence speaks.

====================  ==============================================================================
observation           what it says
====================  ==============================================================================
``move``              a move of a class fired at a moment, or once between two moments
``level``             variables were at certain levels, with a chance that the reading is wrong
``count``             so many moves of a class fired between two moments
``toll``              a number (of dead, say) that the moves of a class made between two moments
``starts``            where a subject is when its record begins: a condition, not evidence
====================  ==============================================================================

*Absence is evidence only inside coverage*: a `Window` says that moves of a class are listed there, each with
a chance ``listed`` (1 unless said). Outside every window nothing is learnt from silence. A `Regime` begins on
a date and changes the scenario from then on, to everyone's surprise.

Moments are days: since 1970-01-01 where the record speaks of dates (*dated*), since the subject's own zero
where it speaks of elapsed time (``3.5 years``). A date without a time of day is a day: what is observed on it
is taken at midday, several in turn as written. A month, a week or a year is a window:
the move fired once somewhere in it.

A record may hold several *subjects* that follow the same scenario independently of each other (patients,
crises of one kind): its likelihood is the product over them.

A date is written ``2022``, ``2022-09``, ``2022-09-14`` or ``2022-09-14 14:30``; a moment is the number of
days since 1970-01-01, a real number. What is written to the month or year stretches to its end. *Precision*
may widen a date: ``week`` makes the seven days that begin with it. ``minute`` and ``hour`` are a moment.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bystander.errors import Mark, Problem, ScenarioError

PRECISIONS = ("minute", "hour", "day", "week", "month", "year")
FINE = ("minute", "hour", "day")
MIDDAY = 0.5
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{1,2}):(\d{2})(?::[0-5]\d)?Z?)?)?)?")
_EPOCH = date(1970, 1, 1)
DATES = "write 2022-09-14, '2022-09-14 14:30', or 2022-09 where the day is not known"


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
        first = date(year or 0, 1 if month is None else month, 1 if day is None else day)
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
            return float((date(first.year, 12, 31) - _EPOCH).days) + 1.0
        case "month":
            last = monthrange(first.year, first.month)[1]
            return float((first.replace(day=last) - _EPOCH).days) + 1.0
        case "week":
            return begin + 7.0
    return begin + 1.0


def day_number(text: str) -> float:
    """Return the first moment of a date."""
    return read_span(text, Mark("the date"))[0]


def end_of_day(text: str, mark: Mark | None = None) -> float:
    """Return the last moment of a day, and of nothing that is longer or shorter than a day.

    Raises
    ------
    ScenarioError
        If it is a month, a year or a time of day: what was known by the end of it would be another question.
    """
    mark = mark or Mark("the date")
    fix = "write a day, such as 2022-09-14"
    try:
        begin, end, kind = read_span(text, mark)
    except ScenarioError as error:
        raise ScenarioError([replace(problem, fix=fix) for problem in error.problems]) from None
    if kind != "day" or end != begin + 1.0:
        raise ScenarioError(Problem(mark, f"'{text[:40]}' is not a day", fix, "bad-date"))
    return end


_KNOWN_TO = {"month": len("1991-07"), "year": len("1991")}
"""How much of a date is known, by its precision."""


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
    return ScenarioError(Problem(mark, message, DATES, "bad-date"))


LAWS = ("poisson", "geometric")
COUNTS = ("count", "toll")
"""Kinds of observations that count every firing."""
NO_ERROR = 0.0


@dataclass(frozen=True, slots=True)
class MoveClass:
    """A class of moves in the words of the record.

    A jump belongs to it if its move is one of ``moves``, ``source`` holds before it, and ``into`` begins to
    hold by it.

    Attributes
    ----------
    moves
        Names with wildcards: ``tajikistan.escalate``, ``csto.*``, ``*``. Names that a scenario does not know
        are passed over, so that one record serves several scenarios.
    source, into
        Conditions in the scenario's language; empty for any.
    """

    moves: tuple[str, ...] = ("*",)
    source: str = ""
    into: str = ""
    mark: Mark = field(default=Mark("record"), compare=False)


@dataclass(frozen=True, slots=True)
class Observation:
    """One line of a record.

    Attributes
    ----------
    name
        Its name, unique in the record.
    begin, end
        Days; the same where the moment is known.
    of
        The class of moves it is about.
    levels
        For each variable the levels it may have been at, all as likely to be read so.
    error
        The chance that a reading of levels is wrong, or the name of a table of readings.
    low, high
        The least and the most of a count or toll.
    each, law
        Mean toll of a move and its law: ``poisson``, or ``geometric``.
    perhaps
        A move may have fired at that moment, or none.
    sources
        Who says so: several sources make one observation.
    """

    name: str
    kind: str
    begin: float
    end: float
    of: str = ""
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    error: float | str = NO_ERROR
    low: float = 0.0
    high: float = 0.0
    each: float = 0.0
    law: str = "poisson"
    perhaps: bool = False
    subject: str = ""
    sources: tuple[str, ...] = ()
    precision: str = ""
    confidence: str = ""
    claim: tuple[str, ...] = ()
    says: str = ""
    mark: Mark = field(default=Mark("record"), compare=False)

    @property
    def called(self) -> str:
        """Return its name, with its subject where it has one."""
        return f"{self.name} ({self.subject})" if self.subject else self.name

    @property
    def exact(self) -> bool:
        """Say whether it is of one moment."""
        return self.begin == self.end


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch in which the moves of a class are listed, each with the chance ``listed``."""

    of: str
    begin: float
    end: float
    listed: float = 1.0
    subject: str = ""
    sources: tuple[str, ...] = ()
    says: str = ""
    mark: Mark = field(default=Mark("record"), compare=False)


@dataclass(frozen=True, slots=True)
class Regime:
    """A stretch of time with one set of known facts: what the scenario is from ``begin`` on."""

    name: str
    begin: float
    sets: Mapping[str, str] = field(default_factory=dict)
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    says: str = ""
    mark: Mark = field(default=Mark("record"), compare=False)


@dataclass(frozen=True, slots=True)
class Cited:
    """A source of a record: its title and where it can be found."""

    title: str
    url: str = ""
    date: str = ""
    says: str = ""
    kind: str = ""
    author: str = ""
    publisher: str = ""
    locator: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Dated, sourced observations.

    Attributes
    ----------
    start
        ``scenario``, ``long run``, or levels of variables with their chances.
    dated
        Whether moments are dates; else they are elapsed days.
    start_mark
        Where that is written.
    begin, end
        What is observed begins and ends here; with elapsed time each subject has its own.
    classes
        Classes of moves by name.
    readings
        Tables of readings: chance of each level read, by true level.
    set_aside
        Observations that say why they are not used (a fact of the scenario already tells them).
    """

    title: str
    observations: tuple[Observation, ...]
    windows: tuple[Window, ...] = ()
    regimes: tuple[Regime, ...] = ()
    classes: Mapping[str, MoveClass] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    start: str | Mapping[str, Mapping[str, float]] = "scenario"
    start_mark: Mark = field(default=Mark("record"), compare=False)
    dated: bool = True
    begin: float | None = None
    end: float | None = None
    sources: Mapping[str, Cited] = field(default_factory=dict)
    about: str = ""
    name: str = "record"

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return its subjects in the order in which they come up."""
        named = [each.subject for each in self.observations] + [each.subject for each in self.windows]
        return tuple(dict.fromkeys(named)) or ("",)

    def span(self, subject: str = "") -> tuple[float, float]:
        """Return the moments between which a subject is observed."""
        return self.spans()[subject]

    def spans(self) -> Mapping[str, tuple[float, float]]:
        """Return for each subject the moments between which it is observed, by one look at every line."""
        found: dict[str, tuple[float, float]] = {"": (math.inf, -math.inf)}
        lines: tuple[Observation | Window, ...] = (*self.observations, *self.windows)
        for each in lines:
            first, last = found.get(each.subject, (math.inf, -math.inf))
            found[each.subject] = min(first, each.begin), max(last, each.end)
        everyone = found[""]
        return {name: self._within(*span, *everyone) for name, span in found.items()}

    def _within(self, first: float, last: float, early: float, late: float) -> tuple[float, float]:
        """Return a span, widened to that of everyone, or to what the record says of itself."""
        first, last = min(first, early), max(last, late)
        if first > last:
            first = last = (self.begin if self.end is None else self.end) or 0.0
        begin, end = first if self.begin is None else self.begin, last if self.end is None else self.end
        return begin, max(begin, end)

    def told_of(self, each: Observation) -> str:
        """Write when an observation was, no more precisely than it is known."""
        told = self.when(float(math.floor(each.begin)) if each.precision == "day" else each.begin)
        return told[: _KNOWN_TO.get(each.precision, len(told))] if self.dated else told

    def told_at(self, each: Observation) -> str:
        """Write when an observation was as part of a sentence: on a day, in a month, between two days."""
        if each.precision in _KNOWN_TO and self.dated:
            return f"in {self.told_of(each)}"
        days = self.lasting(each.begin, each.end)
        return f"on {self.told_of(each)}" if len(days) == 1 else f"between {' and '.join(days)}"

    def when(self, moment: float) -> str:
        """Write a moment of the record."""
        return write_day(moment) if self.dated else f"{moment:.6g} days"

    def lasting(self, begin: float, end: float) -> tuple[str, ...]:
        """Write a time by its first and its last day, or by its one: what ends with a day ends on it."""
        first, last = self.when(begin), self.when(max(begin, math.ceil(end) - 1.0) if self.dated else end)
        return tuple(dict.fromkeys((first, last)))
