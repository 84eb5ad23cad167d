"""Writing an expression back as text that parses to the same tree; named conditions keep their names."""

from __future__ import annotations

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
from bystander.units import UNITS, format_quantity

_CHOICE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _PREFIX, _ATOM = range(1, 10)


def to_text(expr: Expr) -> str:
    """Write an expression with as few parentheses as its meaning allows."""
    return _write(expr)[0]


def _write(expr: Expr) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    match expr:
        case Number(text=text, value=value, dimension=dimension):
            return text or format_quantity(value, dimension), _ATOM if value >= 0 else _PREFIX
        case Truth(value=value):
            return str(value).lower(), _ATOM
        case (
            Name(name=name) | Variable(name=name) | Level(name=name) | Parameter(name=name) | Named(name=name)
        ):
            return name, _ATOM
        case ClauseReading(name=name):
            return f"clause.{name}", _ATOM
        case FactValue(name=name):
            return f"fact.{name}", _ATOM
        case Unary(operator="-", operand=operand):
            return f"-{_inside(operand, _PREFIX)}", _PREFIX
        case Unary(operator="not", operand=operand):
            return f"not {_inside(operand, _NOT)}", _NOT
        case Unary(operator=operator, operand=operand):
            return f"{operator} {_inside(operand, _PREFIX)}", _PREFIX
        case Binary(operator="/", left=left, right=Number(text=text)) if text in UNITS:
            return f"{_inside(left, _ATOM)} per {text}", _PREFIX
        case Binary(operator=operator, left=left, right=right):
            own = _SUM if operator in "+-" else _PRODUCT
            return f"{_inside(left, own)} {operator} {_inside(right, own + 1)}", own
        case Comparison(operators=operators, operands=operands):
            text = _inside(operands[0], _SUM)
            for operator, operand in zip(operators, operands[1:], strict=True):
                text += f" {operator} {_inside(operand, _SUM)}"
            return text, _COMPARISON
        case Membership(item=item, options=options, negated=negated):
            names = ", ".join(to_text(option) for option in options)
            return f"{_inside(item, _SUM)} {'not in' if negated else 'in'} [{names}]", _COMPARISON
        case Logic(operator=operator, terms=terms):
            own = _AND if operator == "and" else _OR
            return f" {operator} ".join(_inside(term, own + 1) for term in terms), own
        case Choice(then=then, condition=condition, otherwise=otherwise):
            parts = (_inside(then, _OR), _inside(condition, _OR), _inside(otherwise, _CHOICE))
            return f"{parts[0]} if {parts[1]} else {parts[2]}", _CHOICE
        case Call(function="value", arguments=(Variable(name=name),)):
            return name, _ATOM
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(to_text(part) for part in arguments)})", _ATOM
        case Query():
            return _query(expr), _ATOM
    raise AssertionError(expr)


def _inside(expr: Expr, tightness: int) -> str:
    text, own = _write(expr)
    return text if own >= tightness else f"({text})"


def _query(expr: Query) -> str:
    given = "" if expr.given is None else f" | {to_text(expr.given)}"
    within = "" if expr.within is None else f", within {to_text(expr.within)}"
    return f"{expr.kind}({expr.outcome}{given}{within})"
