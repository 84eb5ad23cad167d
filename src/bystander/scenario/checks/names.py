"""Names that clash, and names of levels, variables and actors that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bystander.scenario.checks.finding import Finding, moves, unknown
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario

DATE_LEVELS = ("ahead", "past")


def clashing_names(scenario: Scenario) -> Iterator[Finding]:
    """Find one name for two things that expressions or moves could mean."""
    sections: dict[str, Mapping[str, object]] = {
        "variables": scenario.variables,
        "parameters": scenario.parameters,
        "conditions": scenario.conditions,
    }
    owner: dict[str, str] = {}
    for section, body in sections.items():
        for name in body:
            if name in owner:
                message = f"'{name}' is the name of an entry under '{owner[name]}' and one under '{section}'."
                yield Finding((section, name), message, "Rename one of them.")
            owner.setdefault(name, section)
    for name in scenario.calendar:
        variable = scenario.variables.get(name)
        if variable is not None and variable.level_names != DATE_LEVELS:
            message = f"'{name}' is a known date and a variable with other levels than ahead and past."
            yield Finding(("calendar", name), message, "Rename one of them.")
    for name in scenario.institutions:
        if name in scenario.actors:
            message = f"'{name}' is both an actor and an institution."
            yield Finding(("institutions", name), message, "Rename one of them.")
    for section in ("actors", "institutions"):
        if "nature" in getattr(scenario, section):
            message = "'nature' owns the hazards and cannot be another name."
            yield Finding((section, "nature"), message, "Rename it.")


def unknown_levels(scenario: Scenario) -> Iterator[Finding]:
    """Find a start or an effect that names a level its variable does not have."""
    for name, variable in scenario.variables.items():
        for level in variable.start:
            if level not in variable.levels:
                yield unknown(
                    ("variables", name, "start", level), f"level of '{name}'", level, variable.levels
                )
    for path, changes in _changes(scenario):
        for name, level in changes.items():
            known = scenario.variables.get(name)
            if known is not None and level not in known.levels:
                yield unknown((*path, name), f"level of '{name}'", level, known.levels)
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            for variable_name, start in change.start.items():
                known = scenario.variables.get(variable_name)
                for level in start if known is not None else ():
                    if known is not None and level not in known.levels:
                        path = (section, name, "start", variable_name)
                        yield unknown(path, f"level of '{variable_name}'", level, known.levels)


def unknown_variables(scenario: Scenario) -> Iterator[Finding]:
    """Find an effect or a start that names a variable the scenario does not have."""
    for path, changes in _changes(scenario):
        for name in changes:
            if name not in scenario.variables:
                yield unknown((*path, name), "variable", name, scenario.variables)
    for path, _, move in moves(scenario):
        for name in {name for branch in move.then for name in branch.computed}:
            if name not in scenario.variables:
                yield unknown((*path, "then", name), "variable", name, scenario.variables)
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            for variable in change.start:
                if variable not in scenario.variables:
                    yield unknown(
                        (section, name, "start", variable), "variable", variable, scenario.variables
                    )


def unknown_actors(scenario: Scenario) -> Iterator[Finding]:
    """Find an impact on someone who is not an actor."""
    for path, _, move in moves(scenario):
        for actor in move.impacts:
            if actor not in scenario.actors:
                yield unknown((*path, "impacts", actor), "actor", actor, scenario.actors)


def unknown_given(scenario: Scenario) -> Iterator[Finding]:
    """Find a ``given`` of the scenario that is not a named condition."""
    if scenario.given is not None and scenario.given not in scenario.conditions:
        yield unknown(("given",), "condition", scenario.given, scenario.conditions)


def unknown_moves(scenario: Scenario) -> Iterator[Finding]:
    """Find an outcome, event or measure that names a move nobody has."""
    known = scenario.moves()
    for name, outcome in scenario.outcomes.items():
        for key in ("fires", "counts", "on_moves"):
            for index, move in enumerate(getattr(outcome, key) or ()):
                if move not in known:
                    yield unknown(
                        ("outcomes", name, key, move if key == "on_moves" else index), "move", move, known
                    )
    for name, event in scenario.events.items():
        if event.move is not None and event.move not in known:
            yield unknown(("events", name, "move"), "move", event.move, known)
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            for key in ("enable", "disable"):
                for index, move in enumerate(getattr(change, key)):
                    if move not in known:
                        yield unknown((section, name, key, index), "move", move, known)


def unknown_parties(scenario: Scenario) -> Iterator[Finding]:
    """Find a question about someone, or about an outcome, that the scenario does not have."""
    parties = {**scenario.actors, **scenario.institutions}
    for name, ask in scenario.asks.items():
        if ask.party not in parties:
            yield unknown(("asks", name, "party"), "actor or institution", ask.party, parties)
        for index, outcome in enumerate(ask.matters):
            if outcome not in scenario.outcomes:
                yield unknown(("asks", name, "matters", index), "outcome", outcome, scenario.outcomes)


def unmodelled_moves(scenario: Scenario) -> Iterator[Finding]:
    """Find a question about a move that the scenario does not have."""
    known = scenario.moves()
    for name, ask in scenario.asks.items():
        for index, move in enumerate(ask.full_moves):
            if move not in known:
                message = f"'{move}' is asked about and not modelled; the answer will say so."
                yield Finding(("asks", name, "moves", index), message, "Add the move, or leave it at that.")


def _changes(scenario: Scenario) -> Iterator[tuple[Path, dict[str, str]]]:
    for path, _, move in moves(scenario):
        for index, branch in enumerate(move.then):
            yield ((*path, "then", index) if len(move.then) > 1 else (*path, "then")), branch.changes
    for name, event in scenario.events.items():
        yield ("events", name, "then"), event.then
