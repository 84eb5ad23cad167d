"""Measures and rivals that change what is not there; judgements that ask what cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bystander.errors import ScenarioError
from bystander.scenario.checks.finding import Finding, unknown
from bystander.scenario.expressions import Expr, Query, dimension_of, expect, queries_of, variables_of
from bystander.scenario.expressions.syntax import Binary, Call, Choice, Comparison, Logic, Number, Unary
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario


def unknown_settings(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that sets a parameter the scenario does not have."""
    for path, name, _ in _settings(scenario):
        if name not in scenario.parameters:
            yield unknown(path, "parameter", name, scenario.parameters)


def unfit_settings(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that sets a parameter to something of another kind."""
    for path, name, value in _settings(scenario):
        known = scenario.parameters.get(name)
        if known is None:
            continue
        if variables_of(value):
            message = f"The new value of '{name}' depends on {', '.join(variables_of(value))}."
            yield Finding(path, message, "Use numbers and parameters only.", value.mark)
            continue
        try:
            expect(value, known.dimension, f"the new value of '{name}'")
        except ScenarioError as error:
            yield Finding(path, error.problems[0].message, error.problems[0].fix, value.mark)


def contradictory_changes(scenario: Scenario) -> Iterator[Finding]:
    """Find a measure or rival that enables and disables the same move."""
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            for move in change.enable:
                if move in change.disable:
                    message = f"'{name}' both enables and disables '{move}'."
                    yield Finding((section, name), message, "Remove one of the two.")


def judgements_without_question(scenario: Scenario) -> Iterator[Finding]:
    """Find a judgement that asks the process nothing, and so would be assumed rather than computed."""
    for name, judgement in scenario.judgements.items():
        if not queries_of(judgement.holds):
            message = f"The judgement '{name}' asks for no outcome."
            yield Finding(
                ("judgements", name, "holds"), message, "Write P(outcome) < 5%.", judgement.holds.mark
            )


def questions_misasked(scenario: Scenario) -> Iterator[Finding]:
    """Find ``P`` of what is no probability, ``E`` of one, and answers compared with unlike numbers."""
    for name, judgement in scenario.judgements.items():
        path: Path = ("judgements", name, "holds")
        wrong = False
        for query in queries_of(judgement.holds):
            kind = scenario.outcomes[query.outcome].kind
            if (query.kind == "P") != (kind == "probability"):
                wrong = True
                other = "E" if query.kind == "P" else "P"
                article = "an" if kind == "amount" else "a"
                message = (
                    f"'{query.outcome}' is {article} {kind}, which is asked for as {other}({query.outcome})."
                )
                yield Finding(path, message, f"Write {other}({query.outcome}).", query.mark)
        if not wrong:
            try:
                dimension_of(_answered(judgement.holds, scenario))
            except ScenarioError as error:
                yield Finding(path, error.problems[0].message, error.problems[0].fix, error.problems[0].mark)


def _answered(expr: Expr, scenario: Scenario) -> Expr:
    """Return the judgement with a number of the right dimension for every ``E(...)``."""

    def again(part: Expr) -> Expr:
        return _answered(part, scenario)

    match expr:
        case Query(kind="E", outcome=outcome, mark=mark):
            return Number(1.0, scenario.outcomes[outcome].dimension, "1", mark)
        case Unary():
            return replace(expr, operand=again(expr.operand))
        case Binary():
            return replace(expr, left=again(expr.left), right=again(expr.right))
        case Comparison():
            return replace(expr, operands=tuple(map(again, expr.operands)))
        case Logic():
            return replace(expr, terms=tuple(map(again, expr.terms)))
        case Call():
            return replace(expr, arguments=tuple(map(again, expr.arguments)))
        case Choice():
            return replace(expr, then=again(expr.then), otherwise=again(expr.otherwise))
    return expr


def _settings(scenario: Scenario) -> Iterator[tuple[Path, str, Expr]]:
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            for parameter, value in change.set.items():
                yield (section, name, "set", parameter), parameter, value
            for degree, setting in change.intensities.items():
                for parameter, value in setting.set.items():
                    yield (section, name, "intensities", degree, "set", parameter), parameter, value
