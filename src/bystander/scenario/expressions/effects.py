"""What a move makes of a variable, where that depends on the situation.

``clash if rain == none else battle`` names a level in each case; ``funds - 1`` reckons with a *numeric*
variable, one whose levels are all whole numbers in increasing order. A result below the first level is the
first, beyond the last the last; a result between two levels is none, and -1 here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Problem, ScenarioError
from bystander.scenario.expressions.dimensions import expect
from bystander.scenario.expressions.evaluating import Array, evaluate
from bystander.scenario.expressions.resolving import Scope, is_numeric, resolve
from bystander.scenario.expressions.syntax import Choice, Expr, Level, Name, Number
from bystander.units import PLAIN


def resolve_effect(expr: Expr, variable: str, scope: Scope) -> Expr:
    """Give the names of an effect on a variable their meaning.

    Raises
    ------
    ScenarioError
        For a level the variable does not have, or arithmetic with levels that are not numbers.
    """
    levels = scope.variables[variable]
    text = expr.name if isinstance(expr, Name) else expr.text if isinstance(expr, Number) else ""
    if text in levels:
        return Level(variable, text, levels.index(text), expr.mark)
    if isinstance(expr, Level):
        return expr
    if isinstance(expr, Choice):
        condition = resolve(expr.condition, scope)
        then, other = (resolve_effect(part, variable, scope) for part in (expr.then, expr.otherwise))
        return Choice(then, condition, other, expr.mark)
    if not is_numeric(levels):
        message = f"'{variable}' becomes one of its levels, and this is none of them."
        raise ScenarioError(
            Problem(expr.mark, message, f"Its levels are {', '.join(levels)}.", "unknown-level")
        )
    found = resolve(expr, scope)
    expect(found, PLAIN, f"what '{variable}' becomes")
    return found


def effect_levels(
    expr: Expr, names: tuple[str, ...], levels: Mapping[str, Array], parameters: Mapping[str, float]
) -> NDArray[np.int64]:
    """Index of the level that a variable with these level names comes to; -1 where there is none."""
    match expr:
        case Level(index=index):
            return np.asarray(index, dtype=np.int64)
        case Choice(then=then, condition=condition, otherwise=otherwise):
            sides = (effect_levels(part, names, levels, parameters) for part in (then, otherwise))
            return np.where(evaluate(condition, levels, parameters), *sides).astype(np.int64)
    numbers = np.array([float(name) for name in names])
    value = np.clip(evaluate(expr, levels, parameters), numbers[0], numbers[-1])
    place = np.searchsorted(numbers, value - 1e-9)
    return np.where(np.abs(numbers[place] - value) <= 1e-9, place, -1).astype(np.int64)
