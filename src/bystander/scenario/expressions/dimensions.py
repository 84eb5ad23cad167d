"""Checking that an expression adds like to like, and is what its place needs.

An expression means a condition, or a number with a `Dimension`. A plain zero is zero in every unit, so that
``2 per year if at_war else 0`` needs no unit behind the 0; no other bare number is taken for a rate or a
duration.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from bystander.errors import Mark, Problem, ScenarioError
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
)
from bystander.units import DURATION, PLAIN, RATE, Dimension


class Sort(Enum):
    """What an expression can mean besides a number with a dimension."""

    CONDITION = "a condition"
    ZERO = "zero"
    LEVEL = "a level"
    ANSWER = "an answer"

    def __str__(self) -> str:
        """Say it in words."""
        return self.value


Meaning: TypeAlias = Dimension | Sort
_EXAMPLES = {
    RATE: "Write it with units, such as '6 per year' or 'every 2 weeks'.",
    DURATION: "Write it with units, such as '3 weeks'.",
    PLAIN: "Write a number without a unit.",
    Sort.CONDITION: "Write a condition, such as 'front == quiet'.",
}


def dimension_of(expr: Expr) -> Meaning:
    """Return what a resolved expression means.

    ``E(...)`` has the dimension of its outcome, which is not known here: it means `Sort.ANSWER`, which agrees
    with every dimension.

    Raises
    ------
    ScenarioError
        Where unlike things are added or compared, or a condition stands for a number or the reverse.
    """
    match expr:
        case Number(value=0.0, dimension=dimension, text=text) if dimension == PLAIN and "%" not in text:
            return Sort.ZERO
        case Number(dimension=dimension) | ParameterValue(dimension=dimension):
            return dimension
        case FactValue(name=name, dimension=known, mark=mark):
            if known is None:
                raise _unbound(f"fact.{name}", mark)
            return known
        case ClauseReading():
            return PLAIN
        case Truth():
            return Sort.CONDITION
        case Named(body=body):
            expect(body, Sort.CONDITION, f"the condition '{expr.name}'")
            return Sort.CONDITION
        case VariableReading() | Level():
            return Sort.LEVEL
        case Unary(operator="not", operand=operand):
            return expect(operand, Sort.CONDITION, "what follows 'not'")
        case Unary(operator="every", operand=operand):
            return _quotient(PLAIN, _number(operand))
        case Unary(operand=operand):
            return _number(operand)
        case Binary(operator="*", left=left, right=right):
            return _product(_number(left), _number(right))
        case Binary(operator="/", left=left, right=right):
            return _quotient(_number(left), _number(right))
        case Binary(left=left, right=right, mark=mark):
            return _alike(_number(left), _number(right), mark, "added")
        case Call():
            return _call(expr)
        case Comparison():
            return _comparison(expr)
        case Membership():
            return Sort.CONDITION
        case Logic(operator=operator, terms=terms):
            for term in terms:
                expect(term, Sort.CONDITION, f"each side of '{operator}'")
            return Sort.CONDITION
        case Choice(then=then, condition=condition, otherwise=otherwise, mark=mark):
            expect(condition, Sort.CONDITION, "what follows 'if'")
            first, second = dimension_of(then), dimension_of(otherwise)
            return (
                first
                if first == second
                else _alike(_as_number(first, then), _as_number(second, otherwise), mark, "chosen")
            )
        case Query(kind=kind, given=given, within=within):
            if given is not None:
                expect(given, Sort.CONDITION, "what follows '|'")
            if within is not None:
                expect(within, DURATION, "what follows 'within'")
            return PLAIN if kind == "P" else Sort.ANSWER
        case Name(name=name, mark=mark):
            raise _unbound(name, mark)
    raise AssertionError(expr)


def _unbound(name: str, mark: Mark) -> ScenarioError:
    message, fix = f"'{name}' has not been given a meaning.", "Read it as part of a scenario that has it."
    return ScenarioError(Problem(mark, message, fix, "unknown-name"))


def expect(expr: Expr, wanted: Meaning, what: str = "this", mark: Mark | None = None) -> Meaning:
    """Check that a resolved expression means what its place needs, and return that.

    Parameters
    ----------
    wanted
        A `Dimension`, or `Sort.CONDITION`.
    what
        What the expression is, for the message: ``the rate of hazard 'x'``.

    Raises
    ------
    ScenarioError
        If it means something else; a bare 0 is accepted for any dimension.
    """
    found = dimension_of(expr)
    fits = found == wanted or (isinstance(wanted, Dimension) and found in (Sort.ZERO, Sort.ANSWER))
    if not fits:
        message = f"{what[:1].upper()}{what[1:]} must be {wanted}, and is {found}."
        raise ScenarioError(Problem(mark or expr.mark, message, _instead(expr, wanted), "wrong-unit"))
    return wanted


def _instead(expr: Expr, wanted: Meaning) -> str:
    match expr:
        case Binary("/", Number(value=above, dimension=over), Number(dimension=below, text=text)) if (
            wanted,
            over,
            below,
        ) == (DURATION, PLAIN, DURATION):
            return (
                f"It is read as {above:g} / ({text}). Write a part of a time as '0.5 years' or 'half a year'."
            )
    return _EXAMPLES.get(wanted, "")


def _number(expr: Expr) -> Meaning:
    return _as_number(dimension_of(expr), expr)


def _as_number(found: Meaning, expr: Expr) -> Meaning:
    if found in (Sort.CONDITION, Sort.LEVEL):
        fix = (
            "Write '1 if ... else 0' to count a condition." if found is Sort.CONDITION else "Write a number."
        )
        raise ScenarioError(
            Problem(expr.mark, f"A number is needed here, and this is {found}.", fix, "wrong-unit")
        )
    return found


def _product(left: Meaning, right: Meaning) -> Meaning:
    if isinstance(left, Dimension) and isinstance(right, Dimension):
        return left * right
    return Sort.ZERO if Sort.ZERO in (left, right) else Sort.ANSWER


def _quotient(left: Meaning, right: Meaning) -> Meaning:
    if isinstance(left, Dimension) and isinstance(right, Dimension):
        return left / right
    return left if left is Sort.ZERO else Sort.ANSWER


def _alike(left: Meaning, right: Meaning, mark: Mark, verb: str) -> Meaning:
    for one, other in ((left, right), (right, left)):
        if one in (Sort.ZERO, Sort.ANSWER) or one == other:
            return other
    message = f"Unlike things are {verb}: {left} and {right}."
    raise ScenarioError(Problem(mark, message, "Give both the same unit.", "wrong-unit"))


def _call(expr: Call) -> Meaning:
    first, *others = expr.arguments
    match expr.function:
        case "value":
            return PLAIN
        case "rank":
            return _rank(expr)
        case "exp" | "log":
            return expect(first, PLAIN, f"the argument of '{expr.function}'")
    found = _number(first)
    for argument in others:
        found = _alike(found, _number(argument), expr.mark, "compared")
    return found


def _rank(expr: Call) -> Meaning:
    variable = expr.arguments[0]
    if not isinstance(variable, VariableReading) or not variable.ordered:
        message = "'rank' needs a variable whose levels are ordered."
        raise ScenarioError(Problem(expr.mark, message, "Add 'ordered: true' to the variable.", "unordered"))
    return PLAIN


def _comparison(expr: Comparison) -> Meaning:
    meanings = [dimension_of(operand) for operand in expr.operands]
    if Sort.LEVEL in meanings:
        loose = next((p for p in expr.operands if isinstance(p, VariableReading) and not p.ordered), None)
        if loose is not None and any(operator not in ("==", "!=") for operator in expr.operators):
            message = f"The levels of '{loose.name}' have no order, so '<' and '>' mean nothing for them."
            fix = f"Use '==' or 'in', or add 'ordered: true' to '{loose.name}'."
            raise ScenarioError(Problem(expr.mark, message, fix, "unordered"))
        return Sort.CONDITION
    numbers = [_as_number(m, operand) for m, operand in zip(meanings, expr.operands, strict=True)]
    found = numbers[0]
    for other in numbers[1:]:
        found = _alike(found, other, expr.mark, "compared")
    return Sort.CONDITION
