"""Whether a judgement holds, and by how much.

A judgement is a comparison over probabilities and expectations. Its *margin* is positive where it holds and
negative where it fails, and continuous in the answers: for ``a < b`` it is b - a, for several conditions
joined by ``and`` the smallest margin, by ``or`` the largest, for ``not`` the opposite. Where the margin
crosses zero the verdict flips, so the margin is what turning points are searched with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bystander.process.result import Estimate
from bystander.scenario.expressions import Expr, Query, evaluate, queries_of, walk
from bystander.scenario.expressions.syntax import Comparison, Logic, Unary
from bystander.scenario.schema import Judgement


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement weighed.

    Attributes
    ----------
    number, threshold
        The side of the first comparison that asks the process, and the other.
    log_odds
        Whether the judgement compares one probability with a number, so that log-odds are the scale for its
        margin.
    """

    holds: bool
    margin: float
    number: float
    threshold: float
    log_odds: bool = False


def weigh(
    judgement: Judgement, parameters: Mapping[str, float], answers: Mapping[Query, Estimate]
) -> Verdict:
    """Weigh one judgement.

    Parameters
    ----------
    parameters
        Values of the scenario's parameters, in days, people, dollars.
    answers
        An estimate for each ``P(...)`` and ``E(...)`` of `Judgement.asked`.
    """
    asked = judgement.asked
    values = {query: answers[query].value for query in queries_of(asked)}
    margin = margin_of(asked, parameters, values)
    number, threshold = float("nan"), float("nan")
    first = next((part for part in walk(asked) if isinstance(part, Comparison)), None)
    if first is not None:
        left, right = first.operands[0], first.operands[1]
        if not queries_of(left):
            left, right = right, left
        number = float(evaluate(left, {}, parameters, values))
        threshold = float(evaluate(right, {}, parameters, values))
    return Verdict(
        bool(evaluate(asked, {}, parameters, values)),
        margin,
        number,
        threshold,
        _is_one_probability(asked) and 0.0 < number < 1.0 and 0.0 < threshold < 1.0,
    )


def queries_in(judgements: Iterable[Judgement]) -> list[Query]:
    """Return each ``P(...)`` and ``E(...)`` of judgements once."""
    return list({query: None for judgement in judgements for query in queries_of(judgement.asked)})


def margin_of(expr: Expr, parameters: Mapping[str, float], values: Mapping[Query, float]) -> float:
    """Return by how much a comparison holds (positive) or fails, given the answers to its queries."""
    match expr:
        case Comparison(operators=operators, operands=operands):
            sides = [float(evaluate(side, {}, parameters, values)) for side in operands]
            gaps = []
            for operator, left, right in zip(operators, sides[:-1], sides[1:], strict=True):
                match operator:
                    case "<" | "<=":
                        gaps.append(right - left)
                    case ">" | ">=":
                        gaps.append(left - right)
                    case "==":
                        gaps.append(-abs(left - right))
                    case _:
                        gaps.append(abs(left - right))
            return min(gaps)
        case Logic(operator=operator, terms=terms):
            parts = [margin_of(term, parameters, values) for term in terms]
            return min(parts) if operator == "and" else max(parts)
        case Unary(operator="not", operand=operand):
            return -margin_of(operand, parameters, values)
    return 1.0 if evaluate(expr, {}, parameters, values) else -1.0


def _is_one_probability(asked: Expr) -> bool:
    if not (isinstance(asked, Comparison) and len(asked.operands) == 2):
        return False
    left, right = asked.operands
    lone, other = (left, right) if isinstance(left, Query) else (right, left)
    return isinstance(lone, Query) and lone.kind == "P" and not queries_of(other)
