"""A change to a scenario, small enough to send to another process and to name an answer in a cache.

The order of application is fixed: ``draw`` (values of parameters drawn from their priors: another world),
then measures (what is done in that world), then everything else (what the user asks on top).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from bystander.errors import QueryError, did_you_mean
from bystander.harmless import in_brief, spaced
from bystander.scenario import apply_measures, null, vary
from bystander.scenario.expressions import Expr
from bystander.scenario.motives import motives_of, without
from bystander.scenario.schema import Parameter, Scenario
from bystander.units import MINUS, written_like


def in_its_unit(parameter: Parameter, value: float) -> str:
    """Write a value (in days, people, dollars) as the parameter's own is written: ``2.6 per year``."""
    return written_like(parameter.value, value)


Value = str | float
Label: TypeAlias = Callable[[str], str]
"""Turns an identifier into words."""
STRUCTURE, ABSENT = "structure", "absent"
"""What two scenarios differ in that is no number, and how a part is told that one of them lacks."""
STARTS = "starts"
"""Where several variables start, taken together."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to change.

    Attributes
    ----------
    measures
        (name, degree) pairs of measures or rival explanations, degree "" for the measure as written.
    sets
        New values of parameters: text with a unit, or a number in days, people, dollars.
    enable, disable
        Moves, ``owner.move``.
    start
        New start of variables: a level, or probabilities of levels.
    draw
        Values of parameters that hold before anything else is changed.
    without
        Motives taken away, ``party.key`` (`bystander.scenario.motives`).
    null
        Whether nothing is at stake for anyone (`bystander.scenario.null`), after everything else.
    """

    measures: tuple[tuple[str, str], ...] = ()
    sets: Mapping[str, Value] = field(default_factory=dict)
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    start: Mapping[str, str | Mapping[str, float]] = field(default_factory=dict)
    draw: Mapping[str, float] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    null: bool = False

    def apply(self, scenario: Scenario) -> Scenario:
        """Return the changed scenario.

        Raises
        ------
        QueryError
            With everything unknown, unfit or contradictory.
        """
        if self.draw:
            scenario = vary(scenario, sets=dict(self.draw))
        if self.measures:
            degrees = _one_degree_each(self.measures)
            named = {name: degree for name, degree in degrees.items() if degree}
            scenario = apply_measures(scenario, list(degrees), named or None)
        if self.sets or self.enable or self.disable or self.start:
            sets: dict[str, str | float | Expr] = dict(self.sets)
            scenario = vary(
                scenario, sets=sets, enable=self.enable, disable=self.disable, start=dict(self.start) or None
            )
        scenario = without(scenario, self.without) if self.without else scenario
        return null(scenario) if self.null else scenario

    def under(self, draw: Mapping[str, float]) -> Change:
        """Return the same change in another world."""
        return replace(self, draw=dict(draw))

    def to_json(self) -> str:
        """Return one text for equal changes, whatever the order in which they were given."""
        plain: dict[str, Any] = {
            "measures": sorted(self.measures),
            "sets": dict(self.sets),
            "enable": sorted(self.enable),
            "disable": sorted(self.disable),
            "start": {k: v if isinstance(v, str) else dict(v) for k, v in self.start.items()},
            "draw": dict(self.draw),
        }
        if self.without:
            plain["without"] = sorted(self.without)
        if self.null:
            plain["null"] = True
        return json.dumps(plain, sort_keys=True)

    def words(self, scenario: Scenario, label: Label = spaced) -> tuple[str, ...]:
        """Say each part of the change in the scenario's words, with old and new values.

        Parameters
        ----------
        label
            How what has no words is called by its name.
        """
        known = {**scenario.measures, **scenario.rivals}
        said = [_called(known.get(pair[0]), name_of(pair), label) for pair in dict.fromkeys(self.measures)]
        changed = self.apply(scenario) if self.sets else scenario
        before = Change(self.measures, draw=self.draw).apply(scenario) if self.sets else scenario
        for name in self.sets:
            parameter = before.parameters[name]
            old, new = parameter.value.value, changed.parameters[name].value.value
            values = (in_its_unit(parameter, each).replace("-", MINUS) for each in (old, new))
            said.append(f"{_called(parameter, name, label)}: {' → '.join(values)}")
        moves, motives = scenario.moves(), self.without
        said += [f"with {_called_move(moves.get(move), move, label)}" for move in self.enable]
        said += [f"without {_called_move(moves.get(move), move, label)}" for move in self.disable]
        parties = {name.partition(".")[0] for name in motives}
        moved_by = {m.name: m for each in sorted(parties) for m in motives_of(scenario, each)}
        said += [f"nothing at stake in {_called(moved_by.get(name), name, label)}" for name in motives]
        said += ["nothing at stake for anyone"] if self.null else []
        said += [
            f"{_called_variable(scenario, name, label)} starts at {_start(scenario, name, value)}"
            for name, value in self.start.items()
        ]
        return tuple(said)


def _called(part: Any, name: str, label: Label) -> str:
    """Say what something is called in the crisis; its name where it has no words."""
    about = in_brief(getattr(part, "about", ""))
    return with_degree(f"\u201c{about}\u201d", name) if about else label(name)


def _called_variable(scenario: Scenario, name: str, label: Label) -> str:
    """Say what a variable is called, with its name where another is called the same."""
    called = _called(scenario.variables.get(name), name, label)
    return f"{called} ({name})" if has_namesake(scenario, name) else called


def has_namesake(scenario: Scenario, name: str) -> bool:
    """Say whether another variable has the same words: two leaders' standing, as one library file says it."""
    known = scenario.variables
    about = known[name].about if name in known else ""
    return about != "" and sum(each.about == about for each in known.values()) > 1


def _called_move(part: Any, name: str, label: Label) -> str:
    """Say what a move is called, and by its name whose it is."""
    called = _called(part, name, label)
    return f"{called} ({name})" if getattr(part, "about", "") else called


def with_degree(said: str, written: str) -> str:
    """Add to the words of what is written ``name`` or ``name (degree)`` the degree, if there is one."""
    degree = spaced(written.partition(" (")[2])
    return f"{said} ({degree}" if said and degree else said


def name_of(measure: tuple[str, str]) -> str:
    """Write a measure with its degree: ``western_mediation (envoy)``."""
    name, degree = measure
    return f"{name} ({degree})" if degree else name


def _one_degree_each(measures: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the degree of each measure, "" as written.

    Raises
    ------
    QueryError
        If one is to be taken in two degrees at once.
    """
    found: dict[str, str] = {}
    for name, degree in measures:
        if found.setdefault(name, degree) != degree:
            one, other = (name_of((name, each)) for each in (found[name], degree))
            raise QueryError(f"A measure is taken in one degree at a time, not as '{one}' and '{other}'.")
    return found


def read_measures(scenario: Scenario, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read measures written ``name`` or ``name=degree``.

    Raises
    ------
    QueryError
        If one is unknown.
    """
    found = []
    for text in names:
        name, _, degree = text.partition("=")
        known = scenario.measures.get(name) or scenario.rivals.get(name)
        if known is None:
            hint = did_you_mean(name, [*scenario.measures, *scenario.rivals])
            raise QueryError(f"There is no measure '{name}'. {hint}")
        if degree and degree not in known.intensities:
            listed = ", ".join(known.intensities) or "none"
            raise QueryError(f"'{name}' has no degree '{degree}'. Its degrees: {listed}.")
        found.append((name, degree))
    return tuple(found)


def _start(scenario: Scenario, name: str, value: str | Mapping[str, float]) -> str:
    glosses = scenario.variables[name].levels if name in scenario.variables else {}

    def said(level: str) -> str:
        gloss = in_brief(glosses.get(level, ""))
        return f"\u201c{gloss}\u201d" if gloss else spaced(level)

    if isinstance(value, str):
        return said(value)
    return ", ".join(f"{said(level)} ({chance:.0%})" for level, chance in value.items())
