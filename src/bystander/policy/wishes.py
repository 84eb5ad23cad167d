"""What is wished for, read from a text: that something become likely, or a conclusion turn.

====================================  ==============================================================
``settlement``                        an outcome, which is to reach a threshold
``csto_stays_out``                    a judgement, which is to turn
``russia.press_for_calm``             a move, to be made at least once after the scenario's ``given``
``P(battle | tension)``               an outcome with a condition or a time of its own
``P(battle) < 20% and E(dead) < 30``  a comparison over outcomes, which is to hold, or to turn if it does
``front == ceasefire``                a condition, to come true at least once
====================================  ==============================================================

A probability that is asked for without a threshold is to pass one half; an amount needs one.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from bystander.errors import BystanderError, Mark, QueryError, ScenarioError
from bystander.policy.targets import Target, Wish, judgement_target, move_target, outcome_target
from bystander.scenario.expressions import (
    Expr,
    Query,
    Sort,
    evaluate,
    expect,
    parse_expression,
    queries_of,
    resolve,
    to_text,
)
from bystander.scenario.expressions.syntax import Comparison, Logic, Unary
from bystander.scenario.schema import Judgement, Outcome, Scenario
from bystander.units import CHANCES, PLAIN, Dimension, parse_quantity

ADDED = "asked"
LIKELY = 0.5


def read_wish(
    scenario: Scenario, text: str, *, at_least: str | float = "", at_most: str | float = ""
) -> tuple[Scenario, Target]:
    """Read a target, and return the scenario with what must be asked of it.

    Parameters
    ----------
    text
        See the module.
    at_least, at_most
        The threshold, and which side of it is wished for: a number, or a text with a unit. Without either the
        target is to turn, whichever side it is on.

    Raises
    ------
    QueryError
        If the text names nothing the scenario has, or the threshold does not fit.
    ScenarioError
        If it is no expression.
    """
    if at_least != "" and at_most != "":
        raise QueryError("A threshold is passed in one direction: give --at-least or --at-most, not both.")
    given = at_least if at_least != "" else at_most
    wish: Wish = "more" if at_least != "" else "less" if at_most != "" else ""
    if text in scenario.judgements and text not in scenario.outcomes:
        _no_threshold(given, f"'{text}' is a judgement")
        return scenario, judgement_target(scenario, text)
    if text in scenario.moves():
        asked, target = move_target(scenario, text, _threshold(given, "probability", text))
        return asked, replace(target, wish=wish)
    if text in scenario.outcomes:
        return _outcome(scenario, text, scenario.outcomes[text], given, wish)
    expr = _read(scenario, text)
    if isinstance(expr, Query):
        outcome = scenario.outcomes[expr.outcome]
        within = outcome.within
        if expr.within is not None:
            within = float(evaluate(expr.within, {}, scenario.parameter_values()))
        own = outcome.model_copy(update={"given": expr.given or outcome.given, "within": within})
        return _outcome(scenario, to_text(expr), own, given, wish)
    if queries_of(expr):
        return _comparison(scenario, expr, given)
    outcome = Outcome(about=f"{to_text(expr)} at least once", ever=expr)
    return _outcome(scenario, to_text(expr), outcome, given, wish)


def _read(scenario: Scenario, text: str) -> Expr:
    try:
        expr = resolve(parse_expression(text, Mark("the target")), scenario.scope())
        if not isinstance(expr, Query):
            expect(expr, Sort.CONDITION, "what is wished for", Mark("the target"))
    except BystanderError as error:
        if text.isidentifier() or text.replace(".", "_").isidentifier():
            raise QueryError(_unknown(scenario, text)) from error
        raise
    return expr


def _unknown(scenario: Scenario, text: str) -> str:
    owner, dot, _ = text.partition(".")
    moves = list(scenario.moves())
    own = [move for move in moves if move.startswith(f"{owner}.")]
    if dot and own:
        return f"There is no move '{text}'. '{owner}' has: {', '.join(own)}."
    named = [*scenario.outcomes, *scenario.judgements]
    close = get_close_matches(text, [*named, *moves], 1)
    hint = f"Did you mean '{close[0]}'?" if close else f"Outcomes and judgements: {', '.join(named)}."
    return f"There is no outcome, judgement or move '{text}'. {hint}"


def _outcome(
    scenario: Scenario, label: str, outcome: Outcome, given: str | float, wish: Wish
) -> tuple[Scenario, Target]:
    name = label if scenario.outcomes.get(label) is outcome else ADDED
    asked = scenario.model_copy(update={"outcomes": {**scenario.outcomes, name: outcome}})
    target = outcome_target(asked, name, _threshold(given, outcome.kind, label, outcome.dimension))
    told = f"{label} ({outcome.about})" if outcome.about and name == ADDED else outcome.about or label
    return (scenario if name == label else asked), replace(target, label=told, wish=wish)


def _comparison(scenario: Scenario, expr: Expr, given: str | float) -> tuple[Scenario, Target]:
    if not isinstance(expr, (Comparison, Logic, Unary)):
        raise QueryError(f"'{to_text(expr)}' is no comparison. Compare it: {to_text(expr)} > 50%.")
    _no_threshold(given, f"'{to_text(expr)}' compares already")
    judgement = Judgement(says=to_text(expr), holds=expr)
    asked = scenario.model_copy(update={"judgements": {**scenario.judgements, ADDED: judgement}})
    return asked, judgement_target(asked, ADDED)


def _threshold(given: str | float, kind: str, label: str, dimension: Dimension = PLAIN) -> float:
    if given == "":
        if kind in CHANCES:
            return LIKELY
        raise QueryError(
            f"'{label}' is an amount ({dimension}), so it needs a threshold: --at-least or --at-most."
        )
    try:
        quantity = parse_quantity(given)
    except ScenarioError as error:
        raise QueryError(f"The threshold of '{label}': {error.problems[0].message}") from error
    if quantity.dimension not in (dimension, PLAIN):
        raise QueryError(
            f"The threshold of '{label}' is {quantity.dimension}, '{quantity.text}'; {dimension} is needed."
        )
    return quantity.value


def _no_threshold(given: str | float, why: str) -> None:
    if given != "":
        raise QueryError(f"{why}, so there is no threshold to give; it turns where its margin is 0.")
