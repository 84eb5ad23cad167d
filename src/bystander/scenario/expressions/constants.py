"""Numbers that are derived in the file: expressions over numbers and the values of facts, nothing else.

``1 - fact.polyarchy`` and ``1/3`` are numbers as good as ``66%``; their dimension is that of the expression.
They do not depend on the situation, nor on parameters: a parameter that followed another would no longer be
free to vary, and an expression may name both where they are used.
"""

from __future__ import annotations

import math
import re

from bystander.errors import Mark, Problem, ScenarioError
from bystander.scenario.expressions.dimensions import Sort, dimension_of
from bystander.scenario.expressions.evaluating import evaluate
from bystander.scenario.expressions.parsing import parse_expression
from bystander.scenario.expressions.resolving import Scope, resolve
from bystander.scenario.expressions.syntax import Parameter, Query, Variable, facts_of, walk
from bystander.scenario.expressions.writing import to_text
from bystander.units import PLAIN, Dimension, Quantity, format_quantity, parse_quantity

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
        if isinstance(node, (Parameter, Variable, Query)):
            named = "parameter" if isinstance(node, Parameter) else "situation"
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
    return Quantity(number, dimension, format_quantity(number, dimension), to_text(expr))


def facts_in(quantity: Quantity) -> tuple[str, ...]:
    """Names of the facts that a number is derived from, sorted."""
    return facts_of(parse_expression(quantity.formula)) if quantity.formula else ()
