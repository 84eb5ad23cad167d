"""The tree of an expression: one frozen class per construction, each with the place it was written.

Two trees are equal if they say the same thing; marks and the spelling of numbers do not count. `Name` occurs
only before `resolve`; `VariableReading`, `Level`, `ParameterValue` and `Named` only after it.

`to_text` writes a tree back as text that parses to the same tree; named conditions keep their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias, get_args

from bystander.errors import Mark
from bystander.units import ADVERBS, PLAIN, UNITS, Dimension, format_quantity


@dataclass(frozen=True, slots=True)
class Number:
    """A number in days, people, dollars; ``text`` is its spelling, ``bare`` if it had no unit."""

    value: float
    dimension: Dimension = PLAIN
    text: str = field(default="", compare=False)
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` or ``false``."""

    value: bool
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name not yet resolved."""

    name: str
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class VariableReading:
    """A variable; stands for the index of its level."""

    name: str
    levels: tuple[str, ...]
    ordered: bool
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a variable; ``index`` is its position."""

    variable: str
    name: str
    index: int
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A parameter with its dimension."""

    name: str
    dimension: Dimension
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class FactValue:
    """``fact.name``: the number of a fact; ``value`` and ``dimension`` are known once it is resolved."""

    name: str
    value: float = field(default=0.0, compare=False)
    dimension: Dimension | None = field(default=None, compare=False)
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class ClauseReading:
    """``clause.name``: how a clause of a treaty reads, 1 for yes, 1/2 where it is ambiguous, 0 for no."""

    name: str
    body: Expr | None = field(default=None, compare=False)
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A named condition, with the expression it stands for."""

    name: str
    body: Expr
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x``, ``not x`` or ``every x`` (which is ``1 / x``)."""

    operator: str
    operand: Expr
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """``+``, ``-``, ``*`` or ``/``."""

    operator: str
    left: Expr
    right: Expr
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """``min``, ``max``, ``exp``, ``log``, or ``rank`` (position of an ordered variable's level, from 0)."""

    function: str
    arguments: tuple[Expr, ...]
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """``a < b <= c``: operands are one more than operators."""

    operators: tuple[str, ...]
    operands: tuple[Expr, ...]
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """``front in [clash, fighting]``, or ``not in``."""

    item: Expr
    options: tuple[Expr, ...]
    negated: bool
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` or ``or`` of two or more conditions."""

    operator: str
    terms: tuple[Expr, ...]
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """``then if condition else otherwise``."""

    then: Expr
    condition: Expr
    otherwise: Expr
    mark: Mark = field(default=Mark(), compare=False)


@dataclass(frozen=True, slots=True)
class Query:
    """``P(outcome | given, within 30 days)`` or ``E(...)``: a number the process answers. Judgements only."""

    kind: str
    outcome: str
    given: Expr | None = None
    within: Expr | None = None
    mark: Mark = field(default=Mark(), compare=False)


Expr: TypeAlias = (
    Number
    | Truth
    | Name
    | VariableReading
    | Level
    | ParameterValue
    | FactValue
    | ClauseReading
    | Named
    | Unary
    | Binary
    | Call
    | Comparison
    | Membership
    | Logic
    | Choice
    | Query
)

EXPRESSION_CLASSES = get_args(Expr)
FUNCTIONS = {"min": (1, 20), "max": (1, 20), "exp": (1, 1), "log": (1, 1), "rank": (1, 1)}
RESERVED = frozenset(
    {
        "and", "or", "not", "in", "if", "else", "every", "per", "never", "true", "false", "within", "rest",
        "fact", "clause", *FUNCTIONS, *ADVERBS,
    }
)  # fmt: skip


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the parts of an expression, in reading order."""
    match expr:
        case Named(body=body):
            return (body,)
        case ClauseReading(body=reading) if reading is not None:
            return (reading,)
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=parts) | Comparison(operands=parts) | Logic(terms=parts):
            return parts
        case Membership(item=item, options=options):
            return (item, *options)
        case Choice(then=then, condition=condition, otherwise=otherwise):
            return (then, condition, otherwise)
        case Query(given=given, within=within):
            return tuple(part for part in (given, within) if part is not None)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Iterate over an expression and all its parts; a named condition met twice is entered once."""
    stack, entered = [expr], set()
    while stack:
        node = stack.pop()
        if isinstance(node, Named):
            if node.name in entered:
                continue
            entered.add(node.name)
        yield node
        stack.extend(reversed(children(node)))


def with_nodes(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return an expression with every node of it changed, from the leaves up."""
    new: dict[str, Any] = {}
    for each in fields(expr):
        inner = getattr(expr, each.name)
        if isinstance(inner, EXPRESSION_CLASSES):
            new[each.name] = with_nodes(inner, change)
        elif isinstance(inner, tuple) and any(isinstance(part, EXPRESSION_CLASSES) for part in inner):
            new[each.name] = tuple(with_nodes(part, change) for part in inner)
    return change(replace(expr, **new) if new else expr)


def variables_of(expr: Expr) -> tuple[str, ...]:
    """Names of the variables a resolved expression mentions, sorted."""
    return tuple(sorted({node.name for node in walk(expr) if isinstance(node, VariableReading)}))


def parameters_of(expr: Expr) -> tuple[str, ...]:
    """Names of the parameters a resolved expression mentions, sorted."""
    return tuple(sorted({node.name for node in walk(expr) if isinstance(node, ParameterValue)}))


def facts_of(expr: Expr) -> tuple[str, ...]:
    """Names of the facts whose numbers an expression uses, sorted."""
    return tuple(sorted({node.name for node in walk(expr) if isinstance(node, FactValue)}))


def queries_of(expr: Expr) -> tuple[Query, ...]:
    """Questions to the process that a judgement contains, in reading order."""
    return tuple(node for node in walk(expr) if isinstance(node, Query))


_CHOICE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _PREFIX, _ATOM = range(1, 10)


def to_text(expr: Expr) -> str:
    """Write an expression with as few parentheses as its meaning allows."""
    return _write(expr)[0]


def written(condition: Expr | str | None) -> str:
    """Return a condition, read or not, as text, "" for none."""
    return "" if condition is None else condition if isinstance(condition, str) else to_text(condition)


def _write(expr: Expr) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    match expr:
        case Number(text=text, value=value, dimension=dimension):
            return text or format_quantity(value, dimension), _ATOM if value >= 0 else _PREFIX
        case Truth(value=value):
            return str(value).lower(), _ATOM
        case (
            Name(name=name)
            | VariableReading(name=name)
            | Level(name=name)
            | ParameterValue(name=name)
            | Named(name=name)
        ):
            return name, _ATOM
        case ClauseReading(name=name):
            return f"clause.{name}", _ATOM
        case FactValue(name=name):
            return f"fact.{name}", _ATOM
        case Unary(operator="-", operand=operand):
            text = _inside(operand, _PREFIX)
            return f"-({text})" if text.startswith("-") else f"-{text}", _PREFIX
        case Unary(operator="not", operand=operand):
            return f"not {_inside(operand, _NOT)}", _NOT
        case Unary(operator=operator, operand=operand):
            return f"{operator} {_inside(operand, _PREFIX)}", _PREFIX
        case Binary(operator="/", left=left, right=Number(text=text)) if text in UNITS:
            return f"{_inside(left, _ATOM)} per {text}", _PREFIX
        case Binary(operator=operator, left=left, right=right):
            own = _SUM if operator in "+-" else _PRODUCT
            after = _ATOM + 1 if operator == "/" and ends_in_unit(right) else own + 1
            return f"{_inside(left, own)} {operator} {_inside(right, after)}", own
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
        case Call(function="value", arguments=(VariableReading(name=name),)):
            return name, _ATOM
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(to_text(part) for part in arguments)})", _ATOM
        case Query():
            return _query(expr), _ATOM
    raise AssertionError(expr)


def ends_in_unit(expr: Expr) -> bool:
    """Say whether something ends in ``per year``, so that ``a /`` before it could be read in two ways."""
    if isinstance(expr, Number):
        return " per " in f" {expr.text} "
    return isinstance(expr, Binary) and isinstance(expr.right, Number) and expr.right.text in UNITS


def _inside(expr: Expr, tightness: int) -> str:
    text, own = _write(expr)
    return text if own >= tightness else f"({text})"


def _query(expr: Query) -> str:
    given = "" if expr.given is None else f" | {to_text(expr.given)}"
    within = "" if expr.within is None else f", within {to_text(expr.within)}"
    return f"{expr.kind}({expr.outcome}{given}{within})"
