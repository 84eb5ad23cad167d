"""Whether a judgement holds, and by how much.

A judgement is a comparison over probabilities and expectations. Its *margin* is positive where it holds and
negative where it fails, and continuous in the answers: for ``a < b`` it is b - a, for several conditions
joined by ``and`` the smallest margin, by ``or`` the largest, for ``not`` the opposite. Where the margin
crosses zero the verdict flips, so the margin is what turning points are searched with.

Answers have error bounds, and so has the margin: *slack* is the sum of what each answer can move it by, and
the rounding made in reckoning it. A margin within its slack of zero is too close to say. An answer that is
not there leaves the judgement not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bystander.numerics.bounds import UNIT_ROUNDOFF
from bystander.process.result import Estimate, verdict_in_words
from bystander.scenario.expressions import Expr, Query, evaluate, queries_of, walk
from bystander.scenario.expressions.syntax import Comparison, Logic, Unary
from bystander.scenario.schema import Judgement

ROUNDINGS = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement weighed.

    Attributes
    ----------
    holds
        None where it cannot be said: the margin is within its slack, or, with a reason ``why``, not known.
    number, threshold
        The side of the first comparison that asks the process, and the other.
    log_odds
        Whether the judgement compares one probability with a number, so that log-odds are the scale for its
        margin.
    slack
        Bound on the error of the margin.
    """

    holds: bool | None
    margin: float
    number: float
    threshold: float
    log_odds: bool = False
    slack: float = 0.0
    why: str = ""

    @property
    def words(self) -> str:
        """Holds, fails, too close to say, or not known."""
        return verdict_in_words(self.holds, self.why)


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
    missing = [answers[query].withheld for query in values if answers[query].withheld]
    slack = _slack_of(asked, parameters, values, answers, margin)
    holds: bool | None = bool(evaluate(asked, {}, parameters, values))
    if missing or np.isnan(margin) or abs(margin) <= slack:
        holds = None
    return Verdict(
        holds,
        margin,
        number,
        threshold,
        _is_one_probability(asked) and 0.0 < number < 1.0 and 0.0 < threshold < 1.0,
        slack,
        missing[0] if missing else "It compares infinite times." if np.isnan(margin) else "",
    )


def _slack_of(
    asked: Expr,
    parameters: Mapping[str, float],
    values: Mapping[Query, float],
    answers: Mapping[Query, Estimate],
    margin: float,
) -> float:
    """Return how far the margin may be off: answers moved by their errors one at a time, and rounding."""
    if not np.isfinite(margin):
        return 0.0
    slack, size = 0.0, abs(margin)
    for query, value in values.items():
        error = answers[query].error
        size = max(size, abs(value) if np.isfinite(value) else 0.0)
        if error > 0.0 and np.isfinite(value):
            moved = (margin_of(asked, parameters, {**values, query: value + e}) for e in (-error, error))
            slack += max(abs(other - margin) for other in moved)
    return slack + ROUNDINGS * UNIT_ROUNDOFF * size


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
