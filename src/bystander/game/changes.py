"""Nearby games: other parameters, another start; and how the numbers move with a parameter.

A parameter changes tables only, unless a guard changes its mind or a rate or chance becomes or stops being
zero; then the game is compiled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from bystander.errors import QueryError, did_you_mean
from bystander.game.arrays import Float, Game, Numbers
from bystander.game.checks import check_numbers
from bystander.game.compile import Compiled, compile_rules, select_numbers
from bystander.game.drafting import start_slopes_of, starts_of
from bystander.game.reach import Stepper, starting_slopes
from bystander.game.tables import changed_numbers


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
    compiled = compiled_of(game)
    known = dict(game.parameters)
    for name, value in values.items():
        require_parameter(name, known)
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


def start_derivatives(game: Game, parameters: Iterable[str]) -> dict[str, Float]:
    """Return ``(N,)`` the derivative of the starting distribution in each parameter that moves it.

    A parameter at which a chance is 0 or 1 may be left out, as with rates: what begins only beside it is not
    among the situations.
    """
    found: dict[str, Float] = {}
    compiled = compiled_of(game)
    rules = compiled.rules
    if not rules.starts or rules.scenario is None:
        return found
    stepper = Stepper(rules, compiled.layout, compiled.tables)
    known = game.situations.codes
    for name in parameters:
        moved = start_slopes_of(rules.scenario, rules.parameters, name)
        codes, slopes = starting_slopes(stepper, moved)
        codes, slopes = codes[slopes != 0], slopes[slopes != 0]
        place = np.minimum(np.searchsorted(known, codes), game.size - 1)
        if len(codes) and (known[place] == codes).all():
            found[name] = np.zeros(game.size)
            found[name][place] = slopes
    return found


def has_chance_of_nothing(game: Game) -> bool:
    """Say whether a joint distribution of the start gives something a chance of 0."""
    if not isinstance(game.compiled, Compiled):
        return False
    return any(chance == 0.0 for start in game.compiled.rules.starts for chance, _ in start)


def _same_support(old: Numbers, new: Numbers) -> bool:
    pairs = ((old.rate, new.rate), (old.chance, new.chance), (old.pace, new.pace))
    return all(a is b or np.array_equal(a != 0, b != 0) for a, b in pairs)


def compiled_of(game: Game) -> Compiled:
    """Return what a game keeps to change its parameters.

    Raises
    ------
    QueryError
        If it was built from arrays.
    """
    if not isinstance(game.compiled, Compiled):
        raise QueryError("This game was built from arrays and has no parameters; compile a scenario.")
    return game.compiled


def require_parameter(name: str, known: Mapping[str, float]) -> None:
    """Refuse a parameter that is not known."""
    if name not in known:
        raise QueryError(f"No parameter is called '{name}'. {did_you_mean(name, known)}")
