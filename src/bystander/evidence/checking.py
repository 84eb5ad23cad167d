"""What is wrong with a record beside a scenario, before anything is computed.

*Double use*: an event that sets a number of the scenario does not test it. A fact that a parameter rests on
and an observation that cites the same claim, or bears the fact's name, are the same event; refused by name
unless the parameter says that it is learnt (``learnt:``).

*Leakage*: what is dated after the scenario's ``as_of`` was not known then; a record that goes beyond it is
refused, never cut in silence (`known_by` cuts it aloud). A later fact that a number was learnt from is said
aloud; one that is cited as a reason is refused.

*One thing seen twice*: two lines about one event count it twice; two newspapers are two sources of one line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from bystander.errors import Mark, Problem, QueryError, ScenarioError
from bystander.evidence.binding import is_nearly_a_class, matches, misspelt
from bystander.evidence.record import (
    COUNTS,
    Observation,
    Record,
    Regime,
    Window,
    day_number,
    end_of_day,
    read_span,
)
from bystander.scenario import Scenario, apply_measures, vary
from bystander.scenario.checks.numbers import hindsight
from bystander.scenario.expressions import Sort, expect, facts_in, parse_expression, resolve

WILD = frozenset("*?[")
WITHIN = 1.0
"""Days within which two lines that cite one claim tell one event."""


def record_problems(record: Record, scenario: Scenario | None = None) -> tuple[Problem, ...]:
    """Return everything that is wrong with a record, and with using it on a scenario."""
    found = [
        *seen_nothing(record),
        *seen_twice(record),
        *outside(record),
        *counted_twice(record),
        *unused_classes(record),
    ]
    if scenario is not None:
        found += [
            *double_use(record, scenario),
            *leakage(record, scenario),
            *unknown_patterns(record, scenario),
            *unknown_conditions(record, scenario),
            *unknown_regimes(record, scenario),
            *dates_not_followed(record, scenario),
            *misspelt(record, {name: tuple(known.levels) for name, known in scenario.variables.items()}),
        ]
    return tuple(sorted(found, key=lambda problem: problem.place))


def require_sound(record: Record, scenario: Scenario | None = None) -> tuple[Problem, ...]:
    """Refuse a record with errors, and return what else is to be said of it.

    Raises
    ------
    ScenarioError
        With all of them.
    """
    found = record_problems(record, scenario)
    errors = [each for each in found if each.severity == "error"]
    if errors:
        raise ScenarioError(errors)
    return found


def dates_not_followed(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find known dates with effects that a record goes past, past for the scenario as well: nothing jumps."""
    if not record.dated:
        return
    spans = [record.span(subject) for subject in record.subjects]
    begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
    for name, known in scenario.calendar.items():
        day = day_number(known.date)
        if known.then and begin < day < end and day <= day_number(scenario.as_of):
            message = f"the record goes past '{name}' of {known.date}, and what that does is not followed"
            fix = "let the record begin after it, or observe what it brought"
            yield Problem(scenario.mark("calendar", name), message, fix, "date-not-followed", "warning")


def seen_nothing(record: Record) -> Iterator[Problem]:
    """Refuse a record of no observation and no time."""
    if not (record.observations or record.windows) and record.end is None:
        mark = Mark(record.name or "record")
        yield _problem(mark, "the record observes nothing", "write observations:, or from: and until:")


def seen_twice(record: Record) -> Iterator[Problem]:
    """Find lines that tell one event twice."""
    names: dict[str, Observation] = {}
    for each in record.observations:
        if each.name in names:
            yield _problem(each.mark, f"two observations are called '{each.name}'", "name each once", "name")
        names[each.name] = each
    groups: dict[tuple[object, ...], list[Observation]] = {}
    for each in record.observations:
        own = (each.subject, each.kind, each.of or str(sorted(each.levels)), each.exact)
        for claim in set(each.claim) if each.kind in ("move", "starts") else ():
            groups.setdefault((*own, "claim", claim), []).append(each)
        if each.kind == "move" and each.precision == "minute":
            groups.setdefault((*own, "minute", each.begin), []).append(each)
    told = set()
    for group in groups.values():
        for one, two in pairwise(sorted(group, key=lambda each: each.begin)):
            if two.begin - one.begin < WITHIN and (one.name, two.name) not in told:
                told.add((one.name, two.name))
                yield _problem(
                    two.mark,
                    f"'{one.name}' and '{two.name}' are one event told twice",
                    "make them one observation with both sources",
                    "double-observation",
                )


def outside(record: Record) -> Iterator[Problem]:
    """Find observations outside the time that the record says it observes."""
    spans = record.spans()
    for each in record.observations:
        begin, end = spans[each.subject]
        if each.begin < begin or each.end > end:
            when = " to ".join(record.lasting(begin, end))
            message = f"'{each.name}' lies outside what the record observes, {when}"
            yield _problem(each.mark, message, "move from: or until:", "outside-record")


def counted_twice(record: Record) -> Iterator[Problem]:
    """Find moves that are counted and listed at once, looking at the lines of a class in order of time."""
    classes: dict[tuple[str, str], list[Observation]] = {}
    for each in record.observations:
        if each.of:
            classes.setdefault((each.of, each.subject), []).append(each)
    windows: dict[tuple[str, str], list[Window]] = {}
    for window in record.windows:
        windows.setdefault((window.of, window.subject), []).append(window)
    for (of, subject), lines in classes.items():
        counts = [each for each in lines if _counts(each)]
        if not counts:
            continue
        longest: dict[bool, Observation] = {}
        for each in sorted(lines, key=lambda line: (line.begin, not _counts(line))):
            for earlier in {id(other): other for other in longest.values()}.values():
                touches = each.exact and each.begin <= earlier.end
                if (_counts(each) or _counts(earlier)) and (each.begin < earlier.end or touches):
                    count, other = (each, earlier) if _counts(each) else (earlier, each)
                    yield _problem(
                        other.mark,
                        f"'{other.name}' is also counted in '{count.name}'",
                        "keep the count or the single moves",
                        "double-observation",
                    )
                    break
            if (kind := _counts(each)) not in longest or longest[kind].end < each.end:
                longest[kind] = each
        for window in (each for who in dict.fromkeys((subject, "")) for each in windows.get((of, who), ())):
            for count in counts:
                if window.begin < count.end and count.begin < window.end:
                    yield _problem(
                        window.mark,
                        f"moves of {of} are both listed and counted in '{count.name}'",
                        "end the coverage where the count begins",
                        "double-observation",
                    )


def _counts(each: Observation) -> bool:
    return each.kind in COUNTS


def unused_classes(record: Record) -> Iterator[Problem]:
    """Find classes that no observation and no window is about."""
    used = {each.of for each in record.observations} | {each.of for each in record.windows}
    for name, each in record.classes.items():
        if name not in used:
            message = f"nothing is about the class '{name}'"
            yield Problem(each.mark, message, "leave it out", "unused-class", "info")


def double_use(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find events that are used both as a fact that sets a number and as an observation that tests it."""
    claimed: dict[str, str] = {name: name for name in scenario.facts}
    for name, fact in scenario.facts.items():
        _, _, claim = fact.source.partition("#")
        if claim and fact.value is not None:
            claimed.setdefault(claim, name)
    for parameter, body in scenario.parameters.items():
        if body.learnt:
            continue
        cited = {claimed[text] for text in body.because if text in claimed} | set(facts_in(body.value))
        for each in record.observations:
            same = {claimed[text] for text in (each.name, *each.claim) if text in claimed} & cited
            for told in sorted(same):
                date = scenario.facts[told].date
                if _one_time(record, each, date):
                    yield _problem(
                        each.mark,
                        f"'{each.name}' is the event of the fact '{told}', which sets {parameter}: it cannot "
                        "test it too",
                        f"leave it out of the record, or say of {parameter} that it is learnt: [{told}]",
                        "double-use",
                    )


def _one_time(record: Record, each: Observation, date: str | None) -> bool:
    if not record.dated or not date:
        return True
    begin, end, _ = read_span(date, Mark("the fact"))
    return each.begin <= end + WITHIN and begin - WITHIN <= each.end


def leakage(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find what is dated after the scenario's ``as_of``."""
    if not record.dated:
        return
    limit = end_of_day(scenario.as_of)
    dated: tuple[Observation | Window, ...] = (*record.observations, *record.windows)
    late = [each for each in dated if each.end > limit]

    def ends(moment: float) -> str:
        return record.when(math.ceil(moment) - 1.0)

    last = max((each.end for each in late), default=limit)
    fix = f"cut the record with --as-of {scenario.as_of}, or read on with hindsight: --as-of {ends(last)}"
    for each in late:
        told = f"the coverage of {each.of} goes on to" if isinstance(each, Window) else f"'{each.name}' is of"
        said = f"{told} {ends(each.end)}, after the scenario's as_of {scenario.as_of}"
        yield _problem(each.mark, said, fix, "leakage")
    for key, severity in (("because", "error"), ("learnt", "warning")):
        for finding in hindsight(scenario, (key,)):
            name = str(finding.path[1])
            message = f"the fact '{name}' is of {scenario.facts[name].date}, after as_of {scenario.as_of}"
            fix = f"take it out, move as_of, or read on with hindsight: --as-of {scenario.facts[name].date}"
            yield Problem(scenario.mark("facts", name), message, fix, "leakage", severity)


def unknown_patterns(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find names of moves that the scenario does not have, where a class has no other."""
    known = list(scenario.moves())
    spoken = [each.of for each in record.observations] + [each.of for each in record.windows]
    for name in dict.fromkeys(of for of in spoken if of):
        own = record.classes.get(name)
        patterns: Iterable[str] = own.moves if own else (name,)
        nearly = is_nearly_a_class(record, name)
        if not nearly and not any(matches(move, patterns) for move in known):
            mark = own.mark if own else Mark(record.name)
            message = (
                f"no move of the scenario is {' or '.join(patterns)}: what is said of '{name}' is set aside"
            )
            # In a scenario a hazard is written without the owner that its whole name has.
            whole = [move for move in known if move.partition(".")[2] in patterns]
            fix = f"write {' or '.join(whole)}" if whole else "name its moves in classes:"
            yield Problem(mark, message, fix, "unbound-class", "warning")


def unknown_conditions(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find classes whose conditions the scenario has no words for."""
    for name, own in record.classes.items():
        for condition in filter(None, (own.source, own.into)):
            try:
                expect(resolve(parse_expression(condition, own.mark), scenario.scope()), Sort.CONDITION)
            except ScenarioError as error:
                why = error.problems[0]
                message = f"'{condition}' means nothing here, and what is said of '{name}' is set aside: "
                yield replace(why, message=message + why.message, check="unbound-class", severity="warning")


def turned(scenario: Scenario, regime: Regime) -> Scenario:
    """Return a scenario as it is from the beginning of a regime on.

    What it sets that the scenario has no parameter for is set aside.

    Raises
    ------
    QueryError
        At the regime, with everything of it that the scenario cannot take.
    """
    sets = {name: value for name, value in regime.sets.items() if name in scenario.parameters}
    try:
        changed = apply_measures(scenario, regime.measures) if regime.measures else scenario
        return vary(changed, sets=sets, enable=regime.enable, disable=regime.disable)
    except QueryError as error:
        raise QueryError([replace(each, mark=regime.mark) for each in error.problems]) from None


def unknown_regimes(record: Record, scenario: Scenario) -> Iterator[Problem]:
    """Find regimes that the scenario cannot take, each by itself."""
    for regime in record.regimes:
        try:
            turned(scenario, regime)
        except QueryError as error:
            yield from error.problems


def known_by(record: Record, date: str) -> tuple[Record, int]:
    """Return what of a record was known by the end of a day, and how many observations come later.

    A move that is known to the week, month or year in which the day lies may have come by then or not: it is
    left out, and silence counts for its class only up to where it may have come. Of a day before the record
    begins nothing was known: its start is that of a later day.
    """
    if not record.dated:
        raise ScenarioError(
            _problem(Mark("--as-of"), "the record speaks of elapsed time", "leave out --as-of")
        )
    limit = end_of_day(date, Mark("--as-of"))
    if record.begin is not None and limit < record.begin:
        begins = record.when(record.begin)
        told = f"the record begins on {begins}, and says nothing of {date}"
        raise ScenarioError(_problem(Mark(record.name), told, f"ask on {begins} or later"))
    kept = tuple(each for each in record.observations if each.end <= limit)
    pending = [each for each in record.observations if each.kind == "move" and each.begin < limit < each.end]
    windows = []
    for window in record.windows:
        ends = [each.begin for each in pending if _may_cover(record, window, each)]
        end = min((window.end, limit, *ends))
        if window.begin < end:
            windows.append(replace(window, end=end))
    regimes = tuple(regime for regime in record.regimes if regime.begin < limit)
    end = limit if record.end is None else min(record.end, limit)
    cut = replace(record, observations=kept, windows=tuple(windows), regimes=regimes, end=end)
    return cut, len(record.observations) - len(kept)


def _may_cover(record: Record, window: Window, each: Observation) -> bool:
    """Say whether a move that was seen may be one of those that a window lists."""
    if window.subject not in ("", each.subject):
        return False
    listed, seen = (
        record.classes[of].moves if of in record.classes else (of,) for of in (window.of, each.of)
    )
    return any(
        matches(one, [two]) or matches(two, [one]) or bool(WILD & set(one) and WILD & set(two))
        for one in listed
        for two in seen
    )


def _problem(mark: Mark, message: str, fix: str, check: str = "bad-record") -> Problem:
    return Problem(mark, message, fix, check)
