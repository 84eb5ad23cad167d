"""What both forms of a record, YAML and CSV, are read with: numbers, moments, levels, classes.

Everything is hostile until checked; whatever is wrong is collected with its place and reported together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean
from bystander.evidence.record import COUNTS, LAWS, MIDDAY, Observation, Record, Window, read_span
from bystander.evidence.timeline import MOST_MOVES, most_of_toll
from bystander.scenario.expressions import parse_expression, queries_of, refuse_meaningless
from bystander.scenario.expressions.syntax import Binary, Call, FactValue, Number, Unary
from bystander.units import DURATION, PEOPLE, PLAIN, SEPARATED, parse_quantity

MOST_COUNTED = MOST_MOVES * 1000
CONFIDENCES = ("high", "medium", "low")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
YES, NO = ("true", "yes"), ("", "false", "no")
MEANT = {
    "perhaps": ("move",),
    "error": ("level", "starts"),
    "of": COUNTS,
    "each": ("toll",),
    "law": ("toll",),
}
"""What is said of observations of some kinds only."""


class Complaints:
    """Problems found so far, and whether the record speaks of dates or of elapsed time."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.dated: bool | None = None

    def add(self, mark: Mark, message: str, fix: str, check: str = "bad-record") -> None:
        """Note a problem."""
        self.problems.append(Problem(mark, message, fix, check))

    def unknown(self, mark: Mark, what: str, name: str, known: Iterable[str]) -> None:
        """Note a name that does not exist, with the nearest that does."""
        self.add(mark, f"there is no {what} '{name[:60]}'", did_you_mean(name, known), "unknown-name")

    def finish(self) -> None:
        """Raise everything that was found, sorted by place."""
        if self.problems:
            raise ScenarioError(sorted(self.problems, key=lambda problem: problem.place))

    def moment(self, text: str, mark: Mark, precision: str = "") -> tuple[float, float, str]:
        """Read a date or an elapsed time: first and last moment, and precision; a record has one of them."""
        try:
            if _is_elapsed(text):
                quantity = parse_quantity(text, mark)
                begin = end = quantity.value
                kind, dated = "", False
            else:
                begin, end, kind = read_span(text, mark, precision)
                dated = True
        except ScenarioError as error:
            self.problems.extend(error.problems)
            return math.nan, math.nan, ""  # neither before nor after anything: no second complaint
        if self.dated is None:
            self.dated = dated
        if self.dated != dated:
            message = f"'{text}' mixes dates with elapsed time"
            self.add(mark, message, "write all moments as dates, or all as durations such as 3.5 years")
        return begin, end, kind

    def chance(self, text: str, mark: Mark, what: str) -> float:
        """Read a probability."""
        value = self.number(text, mark, what, share=True)
        if not 0.0 <= value <= 1.0:
            self.add(mark, f"{what} is '{text}', which is no probability", "write 0.05 or 5%")
            return 0.0
        return value

    def listed(self, text: str, mark: Mark) -> float:
        """Read which share of what happens coverage lists: all where nothing is said; never nothing."""
        if not text:
            return 1.0
        noted = len(self.problems)
        share = self.chance(text, mark, "listed")
        if share == 0.0 and len(self.problems) == noted:
            fix = "leave that coverage out, or write how many of a hundred are listed: listed: 5%"
            self.add(mark, "nothing is listed (0%), so nothing is covered", fix)
        return share

    def error(self, text: str, mark: Mark) -> float | str:
        """Read the chance that a reading is wrong, 0 for nothing said, or the name of a table of readings."""
        numeric = bool(text) and (text[0].isdigit() or text[0] in ".+-")
        return self.chance(text, mark, "error") if numeric else text or 0.0

    def whole(self, chances: Mapping[str, float], mark: Mark) -> None:
        """Note chances that do not sum to one."""
        if abs(sum(chances.values()) - 1.0) > 1e-9:
            message = f"the chances of levels sum to {sum(chances.values()):g}"
            self.add(mark, message, "make them sum to 1")

    def number(self, text: str, mark: Mark, what: str, *, share: bool = False) -> float:
        """Read a plain number or a number of people, in percent only if it may be a ``share``."""
        fix = "write 0.05 or 5%" if share else "write 3 or 49 people"
        try:
            quantity = parse_quantity(f"0{text}" if text.startswith(".") else text, mark)
            fits = quantity.dimension in (PLAIN, PEOPLE) and math.isfinite(quantity.value)
        except ScenarioError as error:
            fits, fix = False, error.problems[0].fix if SEPARATED.search(text) else fix
        if not fits:
            self.add(mark, f"{what} is a plain number, not '{text[:40]}'", fix)
            return 0.0
        if quantity.text.endswith(("%", "percent")) and not share:
            self.add(mark, f"{what} counts, and '{text[:40]}' is a share of nothing", fix)
            return 0.0
        return quantity.value

    def interval(self, text: str, mark: Mark, what: str) -> tuple[float, float]:
        """Read a number, or two with dots between: ``40..60``."""
        first, dots, last = text.partition("..")
        low = self.number(first.strip(), mark, what)
        high = self.number(last.strip(), mark, what) if dots else low
        if not 0 <= low <= high:
            self.add(mark, f"{what} '{text[:40]}' does not go from less to more", "write 40..60")
        elif high > MOST_COUNTED:
            self.add(mark, f"{what} '{text[:40]}' is over {MOST_COUNTED:,}", "write less")
        return low, max(low, high)

    def term(self, text: str, mark: Mark, what: str, *, condition: bool = False) -> None:
        """Note an expression that can mean nothing in any scenario."""
        try:
            expr = parse_expression(text, mark)
            refuse_meaningless(expr)
        except ScenarioError as error:
            self.problems.extend(replace(each, mark=mark) for each in error.problems)
            return
        if queries_of(expr):
            self.add(mark, f"{what} asks the process, which only a judgement can do", "write what it is")
        negated = isinstance(expr, Unary) and expr.operator == "not"
        if condition and isinstance(expr, (Number, Binary, Call, FactValue, Unary)) and not negated:
            self.add(mark, f"{what} is a condition, not the number '{text[:40]}'", "write front == clash")

    def date(self, text: str, mark: Mark) -> str:
        """Check a date that is said of something, where one is said."""
        try:
            read_span(text or "2000", mark)
        except ScenarioError as error:
            self.problems.extend(error.problems)
        return text

    def flag(self, text: str, mark: Mark, what: str) -> bool:
        """Read yes or no."""
        if text.lower() not in (*YES, *NO):
            self.add(mark, f"{what} is yes or no, not '{text[:40]}'", f"write {what}: true, or leave it out")
        return text.lower() in YES

    def name(self, text: str, mark: Mark, what: str) -> str:
        """Check a name."""
        if not _NAME.fullmatch(text):
            self.add(mark, f"'{text[:40]}' cannot be the name of {what}", "letters, digits, _ . : and -")
        return text


def _is_elapsed(text: str) -> bool:
    try:
        return parse_quantity(text).dimension == DURATION
    except ScenarioError:
        return False


def placed_in_days(observations: list[Observation]) -> tuple[Observation, ...]:
    """Put observations of a whole day at moments of it: several in their order, one at midday."""
    by_day: dict[tuple[str, float], list[int]] = {}
    for place, each in enumerate(observations):
        if (
            each.kind in ("move", "level", "starts")
            and each.precision == "day"
            and each.end == each.begin + 1
        ):
            by_day.setdefault((each.subject, each.begin), []).append(place)
    out = list(observations)
    for (_, day), places in by_day.items():
        for number, place in enumerate(places, 1):
            share = MIDDAY if len(places) == 1 else number / (len(places) + 1)
            out[place] = replace(out[place], begin=day + share, end=day + share)
    return tuple(out)


def check_observation(each: Observation, found: Complaints, readings: Mapping[str, object]) -> None:
    """Note what is missing from an observation or does not fit its kind."""
    if each.kind in ("move", "count", "toll") and not each.of:
        found.add(each.mark, f"'{each.name}' does not say which move it is about", "name a class of moves")
    if each.kind in ("level", "starts") and not each.levels:
        fix = f"write {each.kind}: {{front: clash}}; in a table front under what and clash under is"
        found.add(each.mark, f"'{each.name}' does not say which levels it is about", fix)
    for variable, levels in each.levels.items():
        if not all(levels) or len(set(levels)) != len(levels) or not levels:
            message = f"'{each.name}' does not say at which levels {variable} was read, each of them once"
            found.add(each.mark, message, "write front: clash, or front: [quiet, clash]")
    if each.kind in ("level", "starts") and not each.exact:
        message = f"'{each.name}' reads a level over a stretch of time"
        found.add(each.mark, message, "give the day on which the level was read")
    if each.kind in COUNTS and each.begin >= each.end:
        found.add(each.mark, f"'{each.name}' counts over no time", "write from: and until:")
    if each.kind in COUNTS and (each.low % 1 or each.high % 1):
        found.add(each.mark, f"'{each.name}' is no whole number", "write whole numbers, such as 40..60")
    if each.kind == "count" and each.high > MOST_MOVES:
        found.add(each.mark, f"'{each.name}' is no count of moves", f"whole numbers up to {MOST_MOVES:,}")
    if each.kind == "toll" and not each.each > 0:
        found.add(each.mark, f"'{each.name}' does not say what a move costs", "write each: 12 people")
    if each.kind == "toll" and each.each > 0 and each.law in LAWS and most_of_toll(each) > MOST_MOVES:
        message = f"'{each.name}' leaves room for more than {MOST_MOVES:,} moves"
        found.add(each.mark, message, "look at each:, the mean toll of one move; or leave the toll out")
    if each.law not in LAWS:
        found.unknown(each.mark, "law", each.law, LAWS)
    if each.confidence and each.confidence not in CONFIDENCES:
        found.unknown(each.mark, "confidence", each.confidence, CONFIDENCES)
    if isinstance(each.error, str) and each.error not in readings:
        found.unknown(each.mark, "table of readings", each.error, readings)
    if each.end < each.begin:
        found.add(each.mark, f"'{each.name}' ends before it begins", "give the earlier moment first")


def check_record(record: Record, mark: Mark, found: Complaints) -> None:
    """Note what is wrong with a record: its lines, one by one and beside each other, ends and classes."""
    for each in record.observations:
        check_observation(each, found, record.readings)
    for window in record.windows:
        if window.end < window.begin:
            found.add(window.mark, "the coverage ends before it begins", "give the earlier day first")
    check_subjects(record.observations, record.windows, found)
    if record.begin is not None and record.end is not None and record.end <= record.begin:
        found.add(mark, "the record ends before it begins", "give from: the earlier day")
    for name, of in record.classes.items():
        for condition in filter(None, (of.source, of.into)):
            found.term(condition, of.mark, f"what the class '{name}' goes from or into", condition=True)
    for regime in record.regimes:
        for name, value in regime.sets.items():
            found.term(value, regime.mark, f"what the regime '{regime.name}' sets {name} to")


def check_subjects(observations: Iterable[Observation], windows: Iterable[Window], found: Complaints) -> None:
    """Note observations of nobody in particular in a record that tells subjects apart."""
    lines = tuple(observations)
    if any(each.subject for each in lines) or any(each.subject for each in windows):
        for each in lines:
            if not each.subject:
                message = f"'{each.name}' names no subject, and others do"
                found.add(each.mark, message, "write subject: in every observation, or in none")
