"""A scenario on another day: what is in force then, in what was not changed since it was read.

    speaking_on(scenario, day) = merge(read on its own day, read on that day, scenario as it is)

Values by date, memberships, clauses and what is cited from used files are those of the day; what was set,
enabled, disabled or started since stays as it was set. Each entry, down to single values, is taken from the
day where it is as it was read. Times until a date end on that date still. A fact that was not known on that
day may still speak for something: whoever asks about another day than a file's own does so with hindsight.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bystander.errors import Problem, ScenarioError
from bystander.scenario.read import on_days
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import Part, on_another_day


def speaking_on(scenario: Scenario, as_of: str) -> Scenario:
    """Return a copy that speaks from another day.

    Raises
    ------
    ScenarioError
        With every time that would be over, and what has no value on that day.
    """
    problems: list[Problem] = []

    def left(days: float, *path: str) -> float:
        try:
            return on_another_day(days, as_of, scenario.mark(*path))
        except ScenarioError as error:
            problems.extend(error.problems)
            return days

    changes: dict[str, Any] = {"as_of": as_of, "horizon": left(scenario.horizon, "horizon")}
    for section in ("outcomes", "asks", "judgements"):
        changes[section] = {
            name: asked
            if asked.within is None
            else asked.model_copy(update={"within": left(asked.within, section, name, "within")})
            for name, asked in getattr(scenario, section).items()
        }
    if problems:
        raise ScenarioError(problems)
    return _in_force(scenario, as_of).model_copy(update=changes)


def _in_force(scenario: Scenario, day: str) -> Scenario:
    document = scenario.document
    if document is None or day == scenario.as_of:
        return scenario
    days = on_days(document, scenario.as_of, day)
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
