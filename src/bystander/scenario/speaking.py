"""A scenario on another day: what is in force then, in what was not changed since it was read.

    speaking_on(scenario, day) = merge(read on its own day, read on that day, scenario as it is)

Values by date, memberships, clauses and what is cited from used files are those of the day; what was set,
enabled, disabled or started since stays as it was set. Each entry, down to single values, is taken from the
day where it is as it was read. Times until a date end on that date still; what was asked until a date that is
over by then is asked no more, and left out with whatever judges it. A fact that was not known on that
day may still speak for something: whoever asks about another day than a file's own does so with hindsight.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.expressions import queries_of
from bystander.scenario.nodes import NOWHERE
from bystander.scenario.read import on_days
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import Part, on_another_day

ASKING = ("outcomes", "asks", "judgements")


def speaking_on(scenario: Scenario, as_of: str) -> Scenario:
    """Return a copy that speaks from another day, without what is `over_by` then.

    Raises
    ------
    ScenarioError
        If the horizon, or all that is asked, would be over; and with what has no value on that day.
    """
    over = _over(scenario, as_of)
    changes: dict[str, Any] = {
        "as_of": as_of,
        "horizon": on_another_day(scenario.horizon, as_of, scenario.mark("horizon")),
    }
    for section in ASKING:
        changes[section] = {
            name: _until(asked, as_of)
            for name, asked in getattr(scenario, section).items()
            if (section, name) not in over
        }
    if scenario.outcomes and not changes["outcomes"]:
        raise ScenarioError(list(over.values()))
    gone = scenario.outcomes.keys() - changes["outcomes"].keys()
    changes["asks"] = {
        name: ask.model_copy(update={"matters": tuple(each for each in ask.matters if each not in gone)})
        if gone.intersection(ask.matters)
        else ask
        for name, ask in changes["asks"].items()
    }
    return _in_force(scenario, as_of, over).model_copy(update=changes)


def over_by(scenario: Scenario, as_of: str) -> tuple[Problem, ...]:
    """Return a remark on each thing that is asked until a date and is no longer asked on a day."""
    return tuple(
        replace(
            problem,
            message=f"'{name}' is left out: {problem.message}",
            fix="ask on an earlier day, or write a later date",
            check="date-not-followed",
            severity="warning",
        )
        for (_, name), problem in _over(scenario, as_of).items()
    )


def _over(scenario: Scenario, as_of: str) -> dict[tuple[str, str], Problem]:
    """Return by section and name why something is over: it is asked until a date, or judges what is."""
    found: dict[tuple[str, str], Problem] = {}
    for section in ASKING:
        for name, asked in getattr(scenario, section).items():
            try:
                _until(asked, as_of, scenario.mark(section, name, "within"))
            except ScenarioError as error:
                found[section, name] = error.problems[0]
    for name, judgement in scenario.judgements.items():
        for query in queries_of(judgement.asked):
            if ("outcomes", query.outcome) in found:
                found.setdefault(("judgements", name), found["outcomes", query.outcome])
    return found


def _until(asked: Any, as_of: str, mark: Mark = NOWHERE) -> Any:
    if asked.within is None:
        return asked
    return asked.model_copy(update={"within": on_another_day(asked.within, as_of, mark)})


def _in_force(scenario: Scenario, day: str, over: Collection[tuple[str, str]]) -> Scenario:
    document = scenario.document
    if document is None or day == scenario.as_of:
        return scenario
    days = on_days(document, scenario.as_of, day, leaving=over)
    merged = _merged(days[0], days[1], scenario) if days else scenario
    assert isinstance(merged, Scenario)
    return merged


def _merged(own: Any, then: Any, now: Any) -> Any:
    """Return what is in force then where it is now as it was read, and what it is now elsewhere."""
    if own == then or now == own:
        return now if own == then else then
    if isinstance(own, Mapping) and isinstance(then, Mapping) and isinstance(now, Mapping):
        gone = own.keys() - then.keys()
        new = {name: body for name, body in then.items() if name not in own}
        kept = {
            name: _merged(own.get(name), then.get(name), body)
            for name, body in now.items()
            if name not in gone
        }
        return kept | new
    if isinstance(now, Part) and type(own) is type(then) is type(now):
        fields = type(now).model_fields
        found = {name: _merged(*(getattr(part, name) for part in (own, then, now))) for name in fields}
        return now.model_copy(update={n: value for n, value in found.items() if value is not getattr(now, n)})
    return now
