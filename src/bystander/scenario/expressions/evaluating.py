"""What an expression comes to: over arrays of situations, as a constant, as a level; and its derivative.

Levels come as integer arrays that broadcast against each other; the result has their common shape, or no axes
if nothing in the expression varies. Conditions give booleans, everything else floats. Both sides of ``a if c
else b`` are computed, so a division by zero on the side not taken is harmless; on the side taken it shows as
an infinity, which callers refuse.

The derivative in a parameter is an expression, by the ordinary rules of calculus: ``min``, ``max`` and ``if``
are differentiated on the branch taken; a condition that mentions the parameter contributes nothing, which is
right everywhere but where it changes its mind.

Numbers that are derived in the file are expressions over numbers and the values of facts: ``1 -
fact.polyarchy`` and ``1/3`` are numbers as good as ``66%``; their dimension is that of the expression. They
do not depend on the situation, nor on parameters: a parameter that followed another would no longer be free
to vary, and an expression may name both where they are used.

What a move makes of a variable may depend on the situation: ``clash if rain == none else battle`` names a
level in each case; ``funds - 1`` reckons with a *numeric* variable, one whose levels are all whole numbers in
increasing order. A result below the first level is the first, beyond the last the last; a result between two
levels is none, and -1 here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.expressions.dimensions import Sort, dimension_of, expect
from bystander.scenario.expressions.parsing import parse_expression
from bystander.scenario.expressions.resolving import Scope, is_numeric, resolve, spelling
from bystander.scenario.expressions.syntax import (
    Binary,
    Call,
    Choice,
    ClauseReading,
    Comparison,
    Expr,
    FactValue,
    Level,
    Logic,
    Membership,
    Name,
    Named,
    Number,
    ParameterValue,
    Query,
    Truth,
    Unary,
    VariableReading,
    children,
    facts_of,
    parameters_of,
    to_text,
    walk,
)
from bystander.units import PLAIN, Dimension, Quantity, parse_quantity, written_like

Array = NDArray[Any]
_BINARY = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate(
    expr: Expr,
    levels: Mapping[str, Array],
    parameters: Mapping[str, float] | Mapping[str, Array],
    answers: Mapping[Query, float] | None = None,
) -> Array:
    """Evaluate an expression.

    Parameters
    ----------
    levels
        Level index of each variable the expression mentions.
    parameters
        Value of each parameter it mentions, in days, people, dollars; or several, along an axis of their own.
    answers
        Answers to the ``P(...)`` and ``E(...)`` of a judgement.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(_value(expr, levels, parameters, answers or {}))


def _value(
    expr: Expr,
    at: Mapping[str, Array],
    given: Mapping[str, float] | Mapping[str, Array],
    answers: Mapping[Query, float],
) -> Any:
    match expr:
        case Number(value=value) | Truth(value=value) | FactValue(value=value):
            return value if isinstance(value, bool) else np.float64(value)
        case ParameterValue(name=name):
            return np.float64(given[name])
        case VariableReading(name=name):
            return at[name]
        case Level(index=index):
            return index
        case Named(body=body):
            return _value(body, at, given, answers)
        case ClauseReading(body=reading) if reading is not None:
            return _value(reading, at, given, answers)
        case Unary(operator=operator, operand=operand):
            inner = _value(operand, at, given, answers)
            return np.logical_not(inner) if operator == "not" else -inner if operator == "-" else 1.0 / inner
        case Binary(operator=operator, left=left, right=right):
            return _BINARY[operator](_value(left, at, given, answers), _value(right, at, given, answers))
        case Membership(item=VariableReading(name=name, levels=names), options=options, negated=negated):
            table = np.full(len(names), negated)
            table[[option.index for option in options if isinstance(option, Level)]] = not negated
            return table[at[name]]
        case Comparison(operators=operators, operands=operands):
            sides = [_value(part, at, given, answers) for part in operands]
            held = [_COMPARE[o](a, b) for o, a, b in zip(operators, sides[:-1], sides[1:], strict=True)]
            return reduce(np.logical_and, held)
        case Logic(operator=operator, terms=terms):
            join = np.logical_and if operator == "and" else np.logical_or
            return reduce(join, [_value(term, at, given, answers) for term in terms])
        case Choice(then=then, condition=condition, otherwise=otherwise):
            parts = [_value(part, at, given, answers) for part in (condition, then, otherwise)]
            return np.where(*parts)
        case Call(function="value", arguments=(VariableReading(name=name, levels=names),)):
            return np.array([float(level) for level in names])[at[name]]
        case Call(function=function, arguments=arguments):
            inner = [_value(part, at, given, answers) for part in arguments]
            return _call(function, inner)
        case Query():
            return np.float64(answers[expr])
        case Name(name=name):
            raise ValueError(f"'{name}' must be resolved before it is evaluated")
    raise AssertionError(expr)


def _call(function: str, arguments: list[Any]) -> Any:
    match function:
        case "min":
            return reduce(np.minimum, arguments)
        case "max":
            return reduce(np.maximum, arguments)
        case "rank":
            return np.asarray(arguments[0], dtype=np.float64)
        case _:
            return (np.exp if function == "exp" else np.log)(arguments[0])


_ZERO = Number(0.0, PLAIN, "0")
_ONE = Number(1.0, PLAIN, "1")


def derivative(expr: Expr, parameter: str) -> Expr:
    """Differentiate a resolved numeric expression in one parameter; plain 0 if it does not occur."""
    if parameter not in parameters_of(expr):
        return _ZERO
    match expr:
        case ParameterValue():
            return _ONE
        case Unary(operator="-", operand=operand):
            return _negative(derivative(operand, parameter))
        case Unary(operator="every", operand=operand):
            return _negative(_quotient(derivative(operand, parameter), Binary("*", operand, operand)))
        case Binary(operator=operator, left=left, right=right):
            return _binary(operator, left, right, derivative(left, parameter), derivative(right, parameter))
        case Choice(then=then, condition=condition, otherwise=otherwise):
            return Choice(derivative(then, parameter), condition, derivative(otherwise, parameter))
        case Call(function="exp", arguments=(inner,)):
            return _product(expr, derivative(inner, parameter))
        case Call(function="log", arguments=(inner,)):
            return _quotient(derivative(inner, parameter), inner)
        case Call(function=function, arguments=(first, *rest)):
            if not rest:
                return derivative(first, parameter)
            other = replace(expr, arguments=tuple(rest))
            comparison = Comparison(("<=" if function == "min" else ">=",), (first, other))
            return Choice(derivative(first, parameter), comparison, derivative(other, parameter))
    return _ZERO


def _binary(operator: str, left: Expr, right: Expr, d_left: Expr, d_right: Expr) -> Expr:
    match operator:
        case "+":
            return _sum(d_left, d_right)
        case "-":
            return _sum(d_left, _negative(d_right))
        case "*":
            return _sum(_product(d_left, right), _product(left, d_right))
        case _:
            change = _sum(_product(d_left, right), _negative(_product(left, d_right)))
            return (
                _quotient(d_left, right) if d_right == _ZERO else _quotient(change, Binary("*", right, right))
            )


def _sum(left: Expr, right: Expr) -> Expr:
    if left == _ZERO:
        return right
    return left if right == _ZERO else Binary("+", left, right)


def _product(left: Expr, right: Expr) -> Expr:
    if _ZERO in (left, right):
        return _ZERO
    if left == _ONE:
        return right
    return left if right == _ONE else Binary("*", left, right)


def _quotient(left: Expr, right: Expr) -> Expr:
    return _ZERO if left == _ZERO else Binary("/", left, right)


def _negative(expr: Expr) -> Expr:
    return _ZERO if expr == _ZERO else Unary("-", expr)


_DERIVED = re.compile(r"\bfact\s*\.|(?<!^)(?<![eE])[-+*/(]|^\s*\(")


def read_constant(value: str | float, mark: Mark, scope: Scope | None) -> Quantity:
    """Read a number with its unit, or an expression over numbers and facts.

    Parameters
    ----------
    scope
        What names mean; None where a part is built alone, and facts are not known yet: then a formula is
        kept as it is, to be read again with the scenario.

    Raises
    ------
    ScenarioError
        If it is neither, or depends on parameters or the situation.
    """
    if not isinstance(value, str) or not _DERIVED.search(value.strip()):
        return parse_quantity(value, mark)
    expr = parse_expression(value, mark)
    if scope is None and facts_of(expr):
        return Quantity(math.nan, PLAIN, to_text(expr), to_text(expr))
    bound = resolve(expr, scope or Scope({}))
    for node in walk(bound):
        if isinstance(node, (ParameterValue, VariableReading, Query)):
            named = "parameter" if isinstance(node, ParameterValue) else "situation"
            message = f"This number is fixed, and what is written depends on a {named}."
            fix = "Use numbers and facts here (1 - fact.name); write the expression where the number is used."
            raise ScenarioError(Problem(node.mark, message, fix, "not-fixed"))
    meaning = dimension_of(bound)
    if meaning is Sort.CONDITION:
        message = "A number is needed here, and this is a condition."
        raise ScenarioError(Problem(expr.mark, message, "Write 1 if ... else 0.", "wrong-unit"))
    number = float(evaluate(bound, {}, {}))
    if not math.isfinite(number):
        message = f"'{value.strip()[:60]}' is not a finite number."
        raise ScenarioError(Problem(mark, message, "Look for a division by zero.", "bad-quantity"))
    dimension = meaning if isinstance(meaning, Dimension) else PLAIN
    spelt = (known for node in walk(bound) if (known := _spelt(node, scope)) and known.dimension == dimension)
    like = next(spelt, Quantity(0.0, dimension))
    text = like.text if isinstance(bound, FactValue) and like.text else written_like(like, number)
    return Quantity(number, dimension, text, to_text(expr))


def _spelt(node: Expr, scope: Scope | None) -> Quantity | None:
    """Return a number or the number of a fact as its author wrote it."""
    if isinstance(node, Number):
        return Quantity(node.value, node.dimension, node.text)
    return scope.facts.get(node.name) if scope is not None and isinstance(node, FactValue) else None


def refuse_meaningless(expr: Expr) -> None:
    """Refuse an expression part of which can mean nothing.

    A division by zero, a part made of numbers only that has no finite value, a variable that is asked for a
    number which is none of its levels.

    Raises
    ------
    ScenarioError
        Where the first such part stands.
    """
    stack = [expr]
    while stack:
        node = stack.pop()
        below = node.right if isinstance(node, Binary) and node.operator == "/" else None
        if below is not None and _is_fixed(below) and evaluate(below, {}, {}) == 0.0:
            message = f"'{to_text(node)[:60]}' divides by zero."
            raise ScenarioError(Problem(node.mark, message, "Divide by something else.", "bad-quantity"))
        if isinstance(node, (Binary, Call)) and _is_fixed(node) and not np.isfinite(evaluate(node, {}, {})):
            message = f"'{to_text(node)[:60]}' is not a finite number."
            raise ScenarioError(
                Problem(
                    node.mark, message, "Look for a division by zero, or use smaller numbers.", "bad-quantity"
                )
            )
        if isinstance(node, Comparison):
            for operator, pair in zip(node.operators, pairwise(node.operands), strict=True):
                _refuse_no_level(operator, *pair)
        if isinstance(node, Choice):
            stack.append(node.condition)  # a side that is not taken does no harm
        elif not isinstance(node, (Named, ClauseReading)):  # these are refused where they stand
            stack.extend(children(node))


def _refuse_no_level(operator: str, left: Expr, right: Expr) -> None:
    for side, other in ((left, right), (right, left)):
        if operator not in ("==", "!=") or not _is_fixed(other):
            continue
        match side:
            case Call(function="value", arguments=(VariableReading(name=name, levels=levels),)):
                if float(evaluate(other, {}, {})) not in map(float, levels):
                    message = f"'{to_text(other)[:60]}' is not a level of '{name}'."
                    fix = f"Its levels are {', '.join(levels)}."
                    raise ScenarioError(Problem(other.mark, message, fix, "unknown-level"))


def _is_fixed(expr: Expr) -> bool:
    """Tell whether an expression is made of numbers only."""
    return all(
        isinstance(part, _FIXED) and not (isinstance(part, FactValue) and part.dimension is None)
        for part in walk(expr)
    )


_FIXED = (Number, FactValue, Unary, Binary, Call)


def facts_in(quantity: Quantity) -> tuple[str, ...]:
    """Names of the facts that a number is derived from, sorted."""
    return facts_of(parse_expression(quantity.formula)) if quantity.formula else ()


def resolve_effect(expr: Expr, variable: str, scope: Scope) -> Expr:
    """Give the names of an effect on a variable their meaning.

    Raises
    ------
    ScenarioError
        For a level the variable does not have, or arithmetic with levels that are not numbers.
    """
    levels = scope.variables[variable]
    text = spelling(expr)
    if text in levels:
        return Level(variable, text, levels.index(text), expr.mark)
    if isinstance(expr, Level):
        return expr
    if isinstance(expr, Choice):
        condition = resolve(expr.condition, scope)
        then, other = (resolve_effect(part, variable, scope) for part in (expr.then, expr.otherwise))
        return Choice(then, condition, other, expr.mark)
    if not is_numeric(levels):
        said = f"'{text}' is" if text else "this is"
        message = f"'{variable}' becomes one of its levels, and {said} none of them."
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
    found = np.asarray(evaluate(expr, levels, parameters), dtype=np.float64)
    value = np.clip(np.where(np.isfinite(found), found, numbers[0]), numbers[0], numbers[-1])
    place = np.searchsorted(numbers, value - 1e-9)
    meets = np.isfinite(found) & (np.abs(numbers[place] - value) <= 1e-9)
    return np.where(meets, place, -1).astype(np.int64)
