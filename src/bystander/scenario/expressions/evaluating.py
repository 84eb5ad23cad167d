"""Evaluating a resolved expression over arrays of situations.

Levels come as integer arrays that broadcast against each other; the result has their common shape, or no axes
if nothing in the expression varies. Conditions give booleans, everything else floats. Both sides of ``a if c
else b`` are computed, so a division by zero on the side not taken is harmless; on the side taken it shows as
an infinity, which callers refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    Parameter,
    Query,
    Truth,
    Unary,
    Variable,
)

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
    parameters: Mapping[str, float],
    answers: Mapping[Query, float] | None = None,
) -> Array:
    """Evaluate an expression.

    Parameters
    ----------
    levels
        Level index of each variable the expression mentions.
    parameters
        Value of each parameter it mentions, in days, people, dollars.
    answers
        Answers to the ``P(...)`` and ``E(...)`` of a judgement.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(_value(expr, levels, parameters, answers or {}))


def _value(
    expr: Expr, at: Mapping[str, Array], given: Mapping[str, float], answers: Mapping[Query, float]
) -> Any:
    match expr:
        case Number(value=value) | Truth(value=value) | FactValue(value=value):
            return value if isinstance(value, bool) else np.float64(value)
        case Parameter(name=name):
            return np.float64(given[name])
        case Variable(name=name):
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
        case Membership(item=Variable(name=name, levels=names), options=options, negated=negated):
            table = np.full(len(names), negated)
            table[[option.index for option in options if isinstance(option, Level)]] = not negated
            return table[at[name]]
        case Comparison(operators=operators, operands=operands):
            sides = [_value(part, at, given, answers) for part in operands]
            held = [_COMPARE[o](a, b) for o, a, b in zip(operators, sides[:-1], sides[1:], strict=True)]
            return _fold(np.logical_and, held)
        case Logic(operator=operator, terms=terms):
            join = np.logical_and if operator == "and" else np.logical_or
            return _fold(join, [_value(term, at, given, answers) for term in terms])
        case Choice(then=then, condition=condition, otherwise=otherwise):
            parts = [_value(part, at, given, answers) for part in (condition, then, otherwise)]
            return np.where(*parts)
        case Call(function="value", arguments=(Variable(name=name, levels=names),)):
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
            return _fold(np.minimum, arguments)
        case "max":
            return _fold(np.maximum, arguments)
        case "rank":
            return np.asarray(arguments[0], dtype=np.float64)
        case _:
            return (np.exp if function == "exp" else np.log)(arguments[0])


def _fold(join: np.ufunc, parts: list[Any]) -> Any:
    out = parts[0]
    for part in parts[1:]:
        out = join(out, part)
    return out
