"""Dates: what is in force on the day a scenario speaks from, and how far other days are.

A date is a day, ``2022-10-15``, or a month or year that stands for its first day as a beginning and for its
last as an end. Something with ``from`` and ``until`` is in force on the days d with ``from <= d < until``.
Wherever one value stands, a mapping of dates to values may stand instead: the value in force is that of the
latest date not after the day,

    value(d) = v_k   with   k = max {k : date_k <= d}.

Days between dates are days of the calendar; a year is 365.25 days elsewhere in the language.

A file that serves many crises cites what is known of all of them. On the day one of them speaks from, what
came later is not known, and speaks for nothing (`citing_what_was_known`); what a scenario itself cites of
later days is refused by the check ``hindsight``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Container, Iterable
from datetime import date

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.nodes import Mapping, Node, Scalar, Sequence, entry_of

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
    """Return the last day that a date, month or year stands for; raises as `first_day` does."""
    first = first_day(text, mark)
    match text.count("-"):
        case 0:
            return date(first.year, 12, 31)
        case 1:
            return date(first.year, first.month, monthrange(first.year, first.month)[1])
    return first


def ends_too_soon(begins: str | None, ends: str | None, mark: Mark | None = None) -> bool:
    """Tell whether something with these ``from`` and ``until`` is never in force."""
    return begins is not None and ends is not None and last_day(ends, mark) <= first_day(begins, mark)


def in_force(day: date, begins: str | None, ends: str | None, mark: Mark | None = None) -> bool:
    """Tell whether something with these ``from`` and ``until`` is in force on a day."""
    begun = begins is None or first_day(begins, mark) <= day
    return begun and (ends is None or day < last_day(ends, mark))


def latest(day: date, dates: Iterable[str], mark: Mark | None = None) -> str | None:
    """Return the latest of some dates that is not after a day; None if all are."""
    known = [(first_day(text, mark), text) for text in dates]
    return max((pair for pair in known if pair[0] <= day), default=(day, None))[1]


def days_from(day: date, text: str, mark: Mark | None = None) -> int:
    """Return how many days after a day a date is; negative if it is before."""
    return (first_day(text, mark) - day).days


def citing_what_was_known(day: date, root: Mapping) -> Mapping:
    """Leave out what used files cite (``because``) of facts dated after a day."""
    facts = root.get("facts")
    later = (
        {key.text for key, fact in facts.items() if _is_later(fact, day)}
        if isinstance(facts, Mapping)
        else ()
    )
    return _without(root, later, root.mark.file) if later else root  # type: ignore[return-value]


def by_date(node: Mapping) -> bool:
    """Tell whether a mapping gives a value for each of some dates."""
    days = [name for name in node.entries if SOME_DAY.fullmatch(name)]
    return len(days) == len(node.entries) and any(DATE.fullmatch(name) for name in days)


def numbering_what_was_known(day: date, root: Mapping) -> Mapping:
    """Leave used files' facts without a number where all are of later days: they stand in words."""
    facts = root.get("facts")
    if not isinstance(facts, Mapping):
        return root
    known = {
        key.text: fact
        if fact.mark.file == root.mark.file
        or not isinstance(fact, Mapping)
        or not _is_numbered_later(fact, day)
        else fact.without("value")
        for key, fact in facts.items()
    }
    entries = {**root.entries, "facts": Mapping(known, facts.keys, facts.mark)}
    return Mapping(entries, root.keys, root.mark)


def _is_numbered_later(fact: Mapping, day: date) -> bool:
    value = fact.get("value")
    try:
        return isinstance(value, Mapping) and by_date(value) and latest(day, value.entries) is None
    except ScenarioError:
        return False


def _is_later(fact: Node, day: date) -> bool:
    given = entry_of(fact, "date")
    try:
        return isinstance(given, Scalar) and first_day(given.text) > day
    except ScenarioError:
        return False


def _without(node: Node, names: Container[str], own: str) -> Node:
    """Strike names from every ``because`` that was not written in one's own file."""
    if isinstance(node, Sequence):
        return Sequence(tuple(_without(item, names, own) for item in node.items), node.mark)
    if not isinstance(node, Mapping):
        return node
    entries = {key.text: _without(body, names, own) for key, body in node.items()}
    cited = entries.get("because")
    if cited is not None and cited.mark.file != own:
        reasons = cited.items if isinstance(cited, Sequence) else (cited,)
        kept = tuple(r for r in reasons if not (isinstance(r, Scalar) and r.text in names))
        entries["because"] = Sequence(kept, cited.mark)
    return Mapping(entries, node.keys, node.mark)
