"""Changed copies of a scenario: the last step of merging, library < scenario < variant.

A change sets parameters, enables or disables moves, or changes the start. Measures and rivals are named
changes; several can be applied together. Settings that mention the parameter they set (``flare / 2``) are
applied one after the other on top of those that do not; two that set the same parameter outright to
different values contradict each other, which is an error, as it is to enable a move with one measure and
disable it with another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bystander.errors import Mark, Problem, QueryError, ScenarioError, did_you_mean
from bystander.scenario.expressions import (
    Expr,
    evaluate,
    expect,
    parameters_of,
    parse_expression,
    resolve,
    variables_of,
)
from bystander.scenario.expressions.syntax import Number
from bystander.scenario.motives import nothing_at_stake
from bystander.scenario.schema import Measure, Rival, Scenario, Variable
from bystander.units import Dimension, Quantity, exact_quantity, format_quantity

StartLike = str | Mapping[str, float]


def vary(
    scenario: Scenario,
    *,
    sets: Mapping[str, str | float | Expr] = {},
    enable: Iterable[str] = (),
    disable: Iterable[str] = (),
    start: Mapping[str, StartLike] | None = None,
) -> Scenario:
    """Return a copy with some things changed.

    Parameters
    ----------
    sets
        New values of parameters: text with a unit (``"3 per year"``, ``"flare / 2"``), or a number in days,
        people, dollars.
    enable, disable
        Moves, ``owner.move``.
    start
        New start of variables: a level, or a distribution over levels.

    Raises
    ------
    QueryError
        With everything that is unknown or does not fit.
    """
    problems: list[Problem] = []
    parameters, central = dict(scenario.parameters), scenario.parameter_values()
    for name, value in sets.items():
        what = f"the new value of {name}"
        known = scenario.parameters.get(name)
        if known is None:
            problems.append(_unknown("parameter", name, scenario.parameters))
            continue
        try:
            quantity = _quantity(scenario, known.dimension, value, central, what)
            if isinstance(value, str) and known.scale is not None and known.off_scale(quantity.value):
                message = f"'{name}' is coded from {known.scale[0]:g} to {known.scale[1]:g}, not {value}"
                problems.append(Problem(Mark(what), message, known.coding, "value-off-scale"))
            parameters[name] = known.model_copy(update={"value": quantity})
        except ScenarioError as error:
            problems.extend(error.problems)
    enable, disable = tuple(enable), tuple(disable)
    for name in dict.fromkeys(move for move in enable if move in disable):
        message, fix = f"'{name}' is both enabled and disabled.", "Leave out one of the two."
        problems.append(Problem(Mark("the change asked for"), message, fix, "contradiction"))
    switched = {**dict.fromkeys(enable, True), **dict.fromkeys(disable, False)}
    problems += [
        _unknown("move", name, scenario.moves()) for name in switched if name not in scenario.moves()
    ]
    variables = dict(scenario.variables)
    for name, given in (start or {}).items():
        try:
            variables[name] = _restarted(scenario, name, given)
        except QueryError as error:
            problems.extend(error.problems)
    if problems:
        raise QueryError(problems)
    changes: dict[str, Any] = {"parameters": parameters, "variables": variables}
    if start and scenario.starts:
        changes["starts"] = {
            name: tuple(
                branch.model_copy(
                    update={"changes": {n: v for n, v in branch.changes.items() if n not in start}}
                )
                for branch in lottery
            )
            for name, lottery in scenario.starts.items()
        }
    changed = scenario.model_copy(update=changes)
    if not switched:
        return changed
    return changed.with_moves(
        lambda name, move: move.model_copy(update={"enabled": switched.get(name, move.enabled)})
    )


def apply_measures(
    scenario: Scenario, names: Sequence[str] | str, intensity: str | Mapping[str, str] | None = None
) -> Scenario:
    """Return a copy with measures or rival explanations in force.

    Parameters
    ----------
    names
        Names of measures or rivals. Each is taken once, rivals first, and where settings build on one another
        in the order of the file: what is taken together has one answer, however it is asked for.
    intensity
        Degree of every measure that has it, or of each by name.

    Raises
    ------
    QueryError
        For an unknown name or degree, or where two of them contradict each other.
    """
    chosen = [names] if isinstance(names, str) else list(names)
    known: dict[str, Measure | Rival] = {**scenario.rivals, **scenario.measures}
    unknown = [_unknown("measure or rival", name, known) for name in chosen if name not in known]
    if unknown:
        raise QueryError(unknown)
    chosen = [name for name in known if name in chosen]
    settings: list[tuple[str, str, Expr]] = []
    switched: dict[str, tuple[bool, str]] = {}
    start: dict[str, StartLike] = {}
    for name in chosen:
        change = known[name]
        settings += [
            (name, parameter, value) for parameter, value in _settings(name, change, intensity).items()
        ]
        for move, on in (*((m, True) for m in change.enable), *((m, False) for m in change.disable)):
            if switched.get(move, (on, ""))[0] != on:
                raise QueryError(
                    f"'{switched[move][1]}' and '{name}' contradict each other about the move '{move}'"
                )
            switched[move] = (on, name)
        for variable, begin in change.start.items():
            if start.get(variable, begin) != begin:
                raise QueryError(f"'{name}' and another measure start '{variable}' differently")
            start[variable] = begin
    return vary(
        scenario,
        sets=_combined(scenario, settings),
        enable=[move for move, (on, _) in switched.items() if on],
        disable=[move for move, (on, _) in switched.items() if not on],
        start=start,
    )


def null(scenario: Scenario) -> Scenario:
    """Return the scenario in which nobody has anything at stake: its null (docs/theory/game.md).

    Every interest, impact and worth is zero; situations, moves, paces and habits stay. Under ``shocks:
    control`` each move then fires at exactly its habit, and what the scenario itself says beyond that is what
    motives add.
    """
    return nothing_at_stake(scenario, lambda *_: True)


def _quantity(
    scenario: Scenario, dimension: Dimension, value: str | float | Expr, at: Mapping[str, float], what: str
) -> Quantity:
    if isinstance(value, (int, float)):
        number = float(value)
    else:
        mark = Mark(what)
        written = parse_expression(value, mark) if isinstance(value, str) else value
        expr = resolve(written, scenario.scope())
        expect(expr, dimension, "the new value", mark if isinstance(value, str) else None)
        if isinstance(expr, Number) and expr.text and expr.dimension == dimension:
            return Quantity(expr.value, dimension, expr.text)
        number = float(evaluate(expr, {}, at)) if not variables_of(expr) else math.nan
    if not math.isfinite(number):
        fix = "set it to a number, or to an expression over parameters only"
        raise ScenarioError(Problem(Mark(what), "the new value is not a finite number", fix, "bad-quantity"))
    return exact_quantity(number, dimension)


def _settings(
    name: str, change: Measure | Rival, intensity: str | Mapping[str, str] | None
) -> dict[str, Expr]:
    degree = intensity.get(name) if isinstance(intensity, Mapping) else intensity
    if degree is None or (isinstance(intensity, str) and not change.intensities):
        return dict(change.set)
    if degree not in change.intensities:
        raise QueryError(_unknown(f"degree of '{name}'", degree, change.intensities))
    return {**change.set, **change.intensities[degree].set}


def _combined(scenario: Scenario, settings: list[tuple[str, str, Expr]]) -> dict[str, float]:
    values = scenario.parameter_values()
    outright = [s for s in settings if s[1] not in parameters_of(s[2])]
    first: dict[str, tuple[str, float]] = {}
    for name, parameter, expr in outright:
        value = float(evaluate(expr, {}, values))
        by, before = first.setdefault(parameter, (name, value))
        if before != value:
            dimension = scenario.parameters[parameter].dimension
            both = f"{format_quantity(before, dimension)} and {format_quantity(value, dimension)}"
            raise QueryError(
                f"'{by}' and '{name}' set the parameter '{parameter}' to different values, {both}"
            )
    values.update({parameter: value for parameter, (_, value) in first.items()})
    for _, parameter, expr in settings:
        if parameter in parameters_of(expr):
            values[parameter] = float(evaluate(expr, {}, values))
    return {parameter: values[parameter] for _, parameter, _ in settings}


def _restarted(scenario: Scenario, name: str, given: StartLike) -> Variable:
    known = scenario.variables.get(name)
    if known is None:
        raise QueryError(_unknown("variable", name, scenario.variables))
    start = (
        {given: 1.0} if isinstance(given, str) else {level: float(chance) for level, chance in given.items()}
    )
    unknown = [
        _unknown(f"level of '{name}'", level, known.levels) for level in start if level not in known.levels
    ]
    if unknown:
        raise QueryError(unknown)
    if any(not 0 <= chance <= 1 for chance in start.values()) or abs(sum(start.values()) - 1) > 1e-9:
        raise QueryError(
            f"the start of '{name}' must be probabilities that add up to 1, not {sum(start.values()):g}"
        )
    return known.model_copy(update={"start": start})


def _unknown(kind: str, name: str, known: Iterable[str]) -> Problem:
    fix = did_you_mean(name, known, cutoff=0.5)
    return Problem(Mark("the change asked for"), f"There is no {kind} called '{name}'.", fix, "unknown-name")
