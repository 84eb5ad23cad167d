"""Giving names their meaning.

A name is a parameter, a named condition or a variable; a level is understood from the variable it is compared
with. Named conditions are inlined (and remembered by name); a condition that mentions itself, however
indirectly, is refused. What is inlined may not exceed `MAX_NODES` nodes in one expression, nor `MOST_NODES`
in all expressions of a scenario together, so that conditions which double each other cannot grow without end
and reading takes time linear in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn

from bystander.errors import Mark, Problem, ScenarioError, did_you_mean
from bystander.scenario.expressions.parsing import MAX_DEPTH
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
    Unary,
    VariableReading,
)
from bystander.units import DURATION, UNITS, Dimension, Quantity, folded

MAX_NODES = 20_000
MOST_NODES = 250_000


@dataclass
class _Spent:
    """Nodes of all expressions resolved so far, and where they became too many."""

    nodes: int = 0
    beyond: Mark | None = None


@dataclass(frozen=True)
class Scope:
    """What names may mean.

    Attributes
    ----------
    variables
        Level names of each variable, in order.
    ordered
        The variables whose levels may be compared with < and >.
    parameters
        Dimension of each parameter.
    conditions
        Named conditions, parsed; resolved when first used.
    facts
        Number of each fact; None for a fact that has none.
    as_of
        The day the scenario speaks from, "" where that is not known.
    clauses
        How each clause reads, parsed; resolved where it is used.
    outcomes
        Names that may stand in ``P(...)`` and ``E(...)``; None where the process cannot be asked.
    """

    variables: Mapping[str, tuple[str, ...]]
    ordered: frozenset[str] = frozenset()
    parameters: Mapping[str, Dimension] = field(default_factory=dict)
    conditions: Mapping[str, Expr] = field(default_factory=dict)
    outcomes: frozenset[str] | None = None
    facts: Mapping[str, Quantity | None] = field(default_factory=dict)
    as_of: str = ""
    clauses: Mapping[str, Expr] = field(default_factory=dict)
    _resolved: dict[str, tuple[Expr, int, int] | Problem] = field(
        default_factory=dict, repr=False, compare=False
    )
    _spent: _Spent = field(default_factory=lambda: _Spent(), repr=False, compare=False)


def is_numeric(levels: tuple[str, ...]) -> bool:
    """Tell whether levels are whole numbers in increasing order, with which one may reckon."""
    if not all(level.isdecimal() for level in levels):
        return False
    numbers = [int(level) for level in levels]
    return all(a < b for a, b in pairwise(numbers))


def resolve(expr: Expr, scope: Scope, *, asking: bool = False) -> Expr:
    """Return the expression with every name bound; one that is bound already is returned as it is.

    Parameters
    ----------
    asking
        Whether it may ask the process, ``P(...)`` and ``E(...)``: whatever the process rests on may not.

    Raises
    ------
    ScenarioError
        For an unknown or ambiguous name (with the nearest known one), a level without its variable, a
        circular condition, or an expansion that is too large.
    """
    resolver = _Resolver(scope, (), asking)
    found = resolver.visit(expr, 0)
    spent = scope._spent
    spent.nodes += resolver.nodes
    if spent.nodes > MOST_NODES:
        spent.beyond = spent.beyond or expr.mark
        message = (
            f"With named conditions written out, the scenario's expressions have over {MOST_NODES:,} parts."
        )
        _fail(spent.beyond, message, "Use fewer conditions inside each other.", "too-large")
    return found


class _Resolver:
    """One walk; counts nodes and depth, and knows which conditions it is inside."""

    def __init__(self, scope: Scope, inside: tuple[str, ...], asking: bool = False) -> None:
        self.scope = scope
        self.inside = inside
        self.asking = asking
        self.nodes = 0
        self.deepest = 0

    def count(self, nodes: int, depth: int, mark: Mark) -> None:
        self.nodes += nodes
        self.deepest = max(self.deepest, depth)
        if self.nodes > MAX_NODES or self.deepest > 2 * MAX_DEPTH:
            _fail(
                mark,
                "With its named conditions written out, this expression is too large.",
                "Simplify the conditions.",
            )

    def visit(self, expr: Expr, depth: int) -> Expr:
        self.count(1, depth, expr.mark)
        depth += 1
        match expr:
            case Name(name=name, mark=mark):
                return self.name(name, mark, depth)
            case FactValue(name=name, dimension=None, mark=mark):
                return self.fact(name, mark)
            case ClauseReading(name=name, body=None, mark=mark):
                return self.clause(name, mark, depth)
            case Unary(operator=operator, operand=operand, mark=mark):
                return Unary(operator, self.visit(operand, depth), mark)
            case Binary(operator="/", left=left, right=Name(name=name, mark=place), mark=mark) if (
                time := self.time(name)
            ):
                return Binary("/", self.visit(left, depth), Number(*UNITS[time], time, place), mark)
            case Binary(operator=operator, left=left, right=right, mark=mark):
                return Binary(operator, self.visit(left, depth), self.visit(right, depth), mark)
            case Call(function="rank", arguments=(Name() as item,), mark=mark):
                return Call("rank", (self.variable(item),), mark)
            case Call(function=function, arguments=arguments, mark=mark):
                return Call(function, tuple(self.visit(part, depth) for part in arguments), mark)
            case Logic(operator=operator, terms=terms, mark=mark):
                return Logic(operator, tuple(self.visit(term, depth) for term in terms), mark)
            case Choice(then=then, condition=condition, otherwise=otherwise, mark=mark):
                parts = (self.visit(then, depth), self.visit(condition, depth), self.visit(otherwise, depth))
                return Choice(*parts, mark)
            case Comparison(operators=operators, operands=operands, mark=mark):
                return Comparison(operators, self.operands(operands, depth), mark)
            case Membership(item=item, options=options, negated=negated, mark=mark):
                variable = self.variable(item)
                self.count(len(options), depth, mark)
                return Membership(variable, tuple(self.level(variable, o) for o in options), negated, mark)
            case Query():
                return self.query(expr, depth)
        return expr

    def time(self, name: str) -> str:
        """Return which time a name is, if nothing in the scenario is called so: ``6/year``; "" if none."""
        scope, time = self.scope, folded(name)
        if time not in UNITS or UNITS[time][1] != DURATION:
            return ""
        levels = (level for known in scope.variables.values() for level in known)
        return "" if name in {*scope.variables, *scope.parameters, *scope.conditions, *levels} else time

    def query(self, expr: Query, depth: int) -> Expr:
        if not self.asking or self.scope.outcomes is None:
            _fail(
                expr.mark,
                f"'{expr.kind}(...)' asks the process, which only a judgement can do.",
                "Use a number, or test it under 'judgements'.",
            )
        elif expr.outcome not in self.scope.outcomes:
            _fail(
                expr.mark,
                f"No outcome is called '{expr.outcome}'.",
                did_you_mean(expr.outcome, sorted(self.scope.outcomes)),
            )
        self.asking = False  # what is asked under a condition asks nothing itself
        given = None if expr.given is None else self.visit(expr.given, depth)
        within = None if expr.within is None else self.visit(expr.within, depth)
        self.asking = True
        return Query(expr.kind, expr.outcome, given, within, expr.mark)

    def name(self, name: str, mark: Mark, depth: int) -> Expr:
        scope = self.scope
        kinds = [
            kind
            for kind, known in (
                ("a variable", scope.variables),
                ("a parameter", scope.parameters),
                ("a condition", scope.conditions),
            )
            if name in known
        ]
        if len(kinds) > 1:
            _fail(mark, f"'{name}' is both {' and '.join(kinds)}.", "Rename one of them.", "ambiguous-name")
        if name in scope.parameters:
            return ParameterValue(name, scope.parameters[name], mark)
        if name in scope.conditions:
            body, nodes, deep = self.condition(name, mark)
            self.count(nodes, depth + deep, mark)
            return Named(name, body, mark)
        if name in scope.variables and is_numeric(scope.variables[name]):
            return Call("value", (self.bind(Name(name, mark)),), mark)
        if name in scope.variables:
            level = scope.variables[name][0]
            _fail(
                mark,
                f"The variable '{name}' must be compared with a level here.",
                f"Write '{name} == {level}'.",
            )
        asked = self.asking and name in (scope.outcomes or ())
        holders = [variable for variable, levels in scope.variables.items() if name in levels]
        if holders and not asked:
            _fail(mark, f"'{name}' is a level of {_list(holders)}.", f"Write '{holders[0]} == {name}'.")
        known = [*scope.variables, *scope.parameters, *scope.conditions]
        outcomes = (scope.outcomes or ()) if self.asking else ()
        fix = _left_to_others(mark) or did_you_mean(name, [*known, *outcomes])
        for kind, named in (("fact", scope.facts), ("clause", scope.clauses)):
            if name in named:
                fix = f"It is a {kind}: write '{kind}.{name}'."
        if asked:
            fix = f"It is an outcome: write 'P({name})' for its chance, or 'E({name})' for its amount."
        if name in UNITS:
            fix = f"As a unit it stands behind a number or 'per': write '1 {name}', or '1 per {name}'."
        _fail(mark, f"Nothing is called '{name}'.", fix, "unknown-name")

    def fact(self, name: str, mark: Mark) -> Expr:
        if name not in self.scope.facts:
            hint = "Write it under 'facts', with a value and its source."
            fix = did_you_mean(name, self.scope.facts, hint)
            _fail(mark, f"No fact is called '{name}'.", fix, "unknown-fact")
        quantity = self.scope.facts[name]
        if quantity is None:
            _fail(
                mark,
                f"The fact '{name}' has no number.",
                "Give it a 'value' with its unit.",
                "fact-without-number",
            )
        return FactValue(name, quantity.value, quantity.dimension, mark)

    def clause(self, name: str, mark: Mark, depth: int) -> Expr:
        if name not in self.scope.clauses:
            fix = did_you_mean(
                name, self.scope.clauses, "Write it under 'clauses', with its source and reading."
            )
            _fail(mark, f"No clause is called '{name}'.", fix, "unknown-name")
        if f"clause.{name}" in self.inside:
            _fail(mark, f"The clause '{name}' mentions itself.", "Break the circle.", "cyclic-condition")
        inner = _Resolver(self.scope, (*self.inside, f"clause.{name}"))
        body = inner.visit(self.scope.clauses[name], 0)
        self.count(inner.nodes, depth + inner.deepest, mark)
        return ClauseReading(name, body, mark)

    def condition(self, name: str, mark: Mark) -> tuple[Expr, int, int]:
        found = self.scope._resolved.get(name)
        if found is None:
            if name in self.inside:
                circle = " -> ".join((*self.inside[self.inside.index(name) :], name))
                _fail(
                    mark,
                    f"The condition '{name}' mentions itself: {circle}.",
                    "Break the circle.",
                    "cyclic-condition",
                )
            if len(self.inside) > MAX_DEPTH // 2:
                _fail(mark, "Conditions mention each other too deeply.", "Simplify the conditions.")
            inner = _Resolver(self.scope, (*self.inside, name))
            try:
                body = inner.visit(self.scope.conditions[name], 0)
                found = (body, inner.nodes, inner.deepest)
            except ScenarioError as error:
                found = error.problems[0]  # each that mentions it is told the same, without a further walk
            self.scope._resolved[name] = found
        if isinstance(found, Problem):
            raise ScenarioError(found)
        return found

    def variable(self, expr: Expr) -> VariableReading:
        if isinstance(expr, VariableReading):
            return expr
        if isinstance(expr, Name) and expr.name in self.scope.variables:
            return self.bind(expr)
        if isinstance(expr, Name) and expr.name not in {*self.scope.parameters, *self.scope.conditions}:
            fix = did_you_mean(expr.name, self.scope.variables)
            _fail(expr.mark, f"No variable is called '{expr.name}'.", fix, "unknown-name")
        _fail(expr.mark, "A variable is needed here.", did_you_mean("", self.scope.variables))

    def bind(self, expr: Name) -> VariableReading:
        levels = self.scope.variables[expr.name]
        return VariableReading(
            expr.name, levels, expr.name in self.scope.ordered or is_numeric(levels), expr.mark
        )

    def level(self, variable: VariableReading, expr: Expr) -> Level:
        if isinstance(expr, Level):
            return expr
        text = spelling(expr)
        if text not in variable.levels:
            fix = which_level(expr.mark, text, variable.name, variable.levels)
            _fail(expr.mark, f"'{text}' is not a level of '{variable.name}'.", fix, "unknown-level")
        return Level(variable.name, text, variable.levels.index(text), expr.mark)

    def operands(self, operands: tuple[Expr, ...], depth: int) -> tuple[Expr, ...]:
        """Bind the sides of a comparison: all numbers, or a variable and its levels, or like variables."""
        named = [part.name for part in operands if isinstance(part, Name)]
        candidates = [
            part for part in operands if isinstance(part, Name) and part.name in self.scope.variables
        ]
        if any(isinstance(part, (Binary, Call, Choice, Unary)) for part in operands) and all(
            is_numeric(self.scope.variables[part.name]) for part in candidates
        ):
            return tuple(self.visit(part, depth) for part in operands)
        if not candidates:
            holders = [n for n in named if any(n in levels for levels in self.scope.variables.values())]
            unknown = [
                n for n in named if n not in {*self.scope.parameters, *self.scope.conditions, *holders}
            ]
            if unknown and self.scope.variables and named[-1] in ("ahead", "past"):
                fix = f"Write it under 'calendar', {unknown[0]}: {{date: 2023-03-19}}, or name a date of it."
                place = next(p.mark for p in operands if isinstance(p, Name) and p.name == unknown[0])
                _fail(place, f"No known date is called '{unknown[0]}'.", fix, "unknown-name")
            if holders and unknown:
                self.variable(next(p for p in operands if isinstance(p, Name) and p.name == unknown[0]))
            return tuple(self.visit(part, depth) for part in operands)
        for candidate in candidates:
            levels = self.scope.variables[candidate.name]
            others = [part for part in operands if part is not candidate]
            if all(spelling(part) in levels for part in others):
                variable = self.bind(candidate)
                self.unambiguous(candidate, others)
                return tuple(
                    variable if part is candidate else self.level(variable, part) for part in operands
                )
        if len(candidates) == len(operands) > 1:
            bound = tuple(self.bind(part) for part in candidates)
            if len({part.levels for part in bound}) == 1:
                return bound
            if all(is_numeric(part.levels) for part in bound):
                return tuple(self.visit(part, depth) for part in operands)
            if not any(b.name in a.levels for a in bound for b in bound):
                names = _list([part.name for part in bound])
                _fail(
                    operands[0].mark,
                    f"{names} have different levels and cannot be compared.",
                    "Compare each with one of its levels.",
                    "unlike-variables",
                )
        if all(is_numeric(self.scope.variables[part.name]) for part in candidates):
            return tuple(self.visit(part, depth) for part in operands)
        variable = self.bind(candidates[0])
        for part in operands:
            if part is not candidates[0]:
                self.level(variable, part)
        raise AssertionError(operands)

    def unambiguous(self, variable: Name, others: list[Expr]) -> None:
        levels = self.scope.variables
        for part in others:
            if isinstance(part, Name) and levels.get(part.name) == levels[variable.name]:
                _fail(
                    part.mark,
                    f"'{part.name}' is a level of '{variable.name}' and a variable with the same levels.",
                    "Rename one of them.",
                    "ambiguous-name",
                )


def spelling(expr: Expr) -> str:
    """Return a name or a number as it was written; "" of anything else."""
    return expr.name if isinstance(expr, Name) else expr.text if isinstance(expr, Number) else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _fail(mark: Mark, message: str, fix: str, check: str = "bad-expression") -> NoReturn:
    raise ScenarioError(Problem(mark, message, fix, check))


def which_level(mark: Mark, text: str, name: str, levels: Sequence[str]) -> str:
    """Say what to do where a level is missing: whoever used a file of the library cannot mend it there."""
    are = f"its levels are {_list(levels)}."
    if mark.file.startswith("library/"):
        return f"Add it to the levels of '{name}', or fill the hole with a variable that has it; {are}"
    return did_you_mean(text, levels, f"I{are[1:]}")


def _left_to_others(mark: Mark) -> str:
    """Say what to do about a name that a file of the library reads and leaves to the scenario."""
    if not mark.file.startswith("library/"):
        return ""
    entry = mark.file.removeprefix("library/").removesuffix(".yaml")
    said = f"bystander show {entry} says what it stands for"
    return f"Name it in the scenario, under conditions or parameters: {said}."
