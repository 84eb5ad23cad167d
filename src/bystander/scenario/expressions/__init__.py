"""The expression language of scenarios: conditions, rates and worths.

    text --parse_expression--> tree of names --resolve--> tree of variables, levels, parameters --evaluate-->
    array

``parse_expression(text, mark)`` needs no knowledge of the scenario. ``resolve(expr, scope)`` gives names
their meaning; a `Scope` lists the variables with their levels, the parameters with their dimensions, the
named conditions and (for judgements) the outcomes. ``expect(expr, RATE, "the rate of ...")`` checks that a
resolved expression is what its place needs, `Sort.CONDITION` for conditions. ``evaluate(expr, levels,
parameters)`` computes it for many situations at once. ``derivative`` differentiates in a parameter,
``to_text`` writes back. All failures are `ScenarioError` with the place of the offending token.

The grammar is in `bystander.scenario.expressions.parsing`; nothing is ever evaluated as Python.
"""

from bystander.scenario.expressions.dimensions import Meaning, Sort, dimension_of, expect
from bystander.scenario.expressions.evaluating import (
    derivative,
    effect_levels,
    evaluate,
    facts_in,
    read_constant,
    refuse_meaningless,
    resolve_effect,
)
from bystander.scenario.expressions.parsing import parse_expression
from bystander.scenario.expressions.resolving import Scope, resolve
from bystander.scenario.expressions.syntax import (
    RESERVED,
    Expr,
    Query,
    facts_of,
    parameters_of,
    queries_of,
    to_text,
    variables_of,
    walk,
    written,
)

__all__ = [
    "RESERVED",
    "Expr",
    "Meaning",
    "Query",
    "Scope",
    "Sort",
    "derivative",
    "dimension_of",
    "effect_levels",
    "evaluate",
    "expect",
    "facts_in",
    "facts_of",
    "parameters_of",
    "parse_expression",
    "queries_of",
    "read_constant",
    "refuse_meaningless",
    "resolve",
    "resolve_effect",
    "to_text",
    "variables_of",
    "walk",
    "written",
]
