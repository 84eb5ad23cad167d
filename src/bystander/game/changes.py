"""Nearby games: other parameters, another start; and how the numbers move with a parameter.

A parameter changes tables only, unless a guard changes its mind or a rate or chance becomes or stops being
zero; then the game is compiled again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Game, Numbers
from bystander.game.checks import check_numbers
from bystander.game.compile import Compiled, compile_rules, freeze, select_numbers
from bystander.game.drafting import starts_of
from bystander.game.rules import Rules, VariableRule
from bystander.game.tables import changed_numbers, differentiated_numbers
from bystander.nearest import nearest_names


def with_parameters(game: Game, values: Mapping[str, float]) -> Game:
    """Return the same game at other parameter values (in days, people, dollars).

    Where only tables change, structure and situations are shared with ``game``; this takes milliseconds.

    Raises
    ------
    QueryError
        If a parameter is unknown or its value is not finite.
    ScenarioError
        If a number means nothing at the new values.
    """
    compiled = _compiled(game)
    known = dict(game.parameters)
    for name, value in values.items():
        _require(name, known)
        if not np.isfinite(value):
            raise QueryError(f"The parameter '{name}' cannot be {value}; give a finite number.")
    changed = {name for name, value in values.items() if known[name] != value}
    if not changed:
        return game
    rules = replace(compiled.rules, parameters={**known, **{name: float(values[name]) for name in changed}})
    if rules.starts and rules.scenario is not None:
        rules = replace(rules, starts=starts_of(rules.scenario, rules.parameters))
    if (
        rules.dates
        or rules.starts
        or not all(conditions.same_at(rules.parameters) for conditions in compiled.conditions)
    ):
        return compile_rules(rules)
    tables = changed_numbers(rules, compiled.layout, compiled.tables, rules.parameters, changed)
    if not _same_support(compiled.tables, tables):
        return compile_rules(rules)
    moved = replace(compiled, rules=rules, tables=tables)
    numbers = select_numbers(moved, game.numbers, compiled.tables)
    check_numbers(rules, game.structure, numbers)
    return replace(game, numbers=numbers, parameters=tuple(rules.parameters.items()), compiled=moved)


def number_derivatives(game: Game, parameter: str) -> Numbers:
    """Return the derivative of every number in one parameter, laid out like the numbers themselves.

    Votes' weights and quotas are zero. A parameter mentioned in a guard moves nothing but where the guard
    changes its mind, which has no derivative.
    """
    compiled = _compiled(game)
    _require(parameter, dict(game.parameters))
    tables = differentiated_numbers(compiled.rules, compiled.layout, compiled.rules.parameters, parameter)
    return select_numbers(replace(compiled, tables=tables))


def with_start(game: Game, start: Mapping[str, str | Mapping[str, float]]) -> Game:
    """Return the game with other starting levels of some variables.

    Parameters
    ----------
    start
        For each variable a level, or probabilities of levels.

    Raises
    ------
    QueryError
        If a variable or level is unknown or probabilities do not sum to 1.
    """
    rules: Rules = _compiled(game).rules
    names = [variable.name for variable in rules.variables]
    variables = list(rules.variables)
    for name, chosen in start.items():
        if name not in names:
            close = nearest_names(name, names, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise QueryError(f"No variable is called '{name}'.{hint}")
        f = names.index(name)
        variables[f] = _starting(variables[f], chosen)
    fixed = {names.index(name) for name in start}
    starts = tuple(
        tuple((chance, tuple(c for c in changes if c[0] not in fixed)) for chance, changes in lottery)
        for lottery in rules.starts
    )
    return compile_rules(replace(rules, variables=tuple(variables), starts=starts))


def _starting(variable: VariableRule, chosen: str | Mapping[str, float]) -> VariableRule:
    weights = {chosen: 1.0} if isinstance(chosen, str) else dict(chosen)
    unknown = [level for level in weights if level not in variable.levels]
    if unknown:
        raise QueryError(
            f"'{unknown[0]}' is not a level of '{variable.name}'. Its levels: {', '.join(variable.levels)}."
        )
    if any(weight < 0 for weight in weights.values()) or abs(sum(weights.values()) - 1) > 1e-9:
        total = sum(weights.values())
        raise QueryError(
            f"The starting probabilities of '{variable.name}' sum to {total:g}; make them sum to 1."
        )
    return replace(variable, start=tuple(weights.get(level, 0.0) for level in variable.levels))


def with_start_distribution(game: Game, weights: np.ndarray) -> Game:
    """Return the game with another starting distribution over its situations, ``(N,)``, made to sum to 1."""
    total = float(np.sum(weights))
    if len(weights) != game.size or not total > 0 or np.min(weights) < 0:
        raise QueryError(f"A starting distribution needs {game.size} weights, none negative, not all zero.")
    situations = freeze(replace(game.situations, start=np.asarray(weights, dtype=np.float64) / total))
    return replace(game, situations=situations)


def _same_support(old: Numbers, new: Numbers) -> bool:
    pairs = ((old.rate, new.rate), (old.chance, new.chance), (old.pace, new.pace))
    return all(a is b or np.array_equal(a != 0, b != 0) for a, b in pairs)


def _compiled(game: Game) -> Compiled:
    if not isinstance(game.compiled, Compiled):
        raise QueryError("This game was built from arrays and has no parameters; compile a scenario.")
    return game.compiled


def _require(name: str, known: Mapping[str, float]) -> None:
    if name not in known:
        close = nearest_names(name, known, 1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise QueryError(f"No parameter is called '{name}'.{hint}")
