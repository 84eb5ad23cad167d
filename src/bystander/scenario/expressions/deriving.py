"""The derivative of an expression in a parameter, as an expression.

Ordinary rules of calculus. ``min``, ``max`` and ``if`` are differentiated on the branch taken; a condition
that mentions the parameter contributes nothing, which is right everywhere but where it changes its mind.
"""

from __future__ import annotations

from dataclasses import replace

from bystander.scenario.expressions.syntax import (
    Binary,
    Call,
    Choice,
    Comparison,
    Expr,
    Number,
    Parameter,
    Unary,
    parameters_of,
)
from bystander.units import PLAIN

_ZERO = Number(0.0, PLAIN, "0")
_ONE = Number(1.0, PLAIN, "1")


def derivative(expr: Expr, parameter: str) -> Expr:
    """Differentiate a resolved numeric expression in one parameter; plain 0 if it does not occur."""
    if parameter not in parameters_of(expr):
        return _ZERO
    match expr:
        case Parameter():
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
