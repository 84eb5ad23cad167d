"""Judgements: whether what a source concludes comes out of the model.

A judgement is a comparison over ``P(outcome)`` and ``E(outcome)``, each with its own ``given`` and ``within``
or those of the judgement. Every such question is answered by the process; then the comparison is evaluated.
The number shown is the left side of the first comparison, the threshold its right side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bystander.assessment.result import Estimate, JudgementResult
from bystander.scenario.expressions import Expr, Query, evaluate, queries_of, to_text, walk
from bystander.scenario.expressions.syntax import Comparison
from bystander.scenario.schema.questions import Judgement

Answer = Callable[[Query], Estimate]


def judge(
    name: str, judgement: Judgement, parameters: Mapping[str, float], answer: Answer
) -> JudgementResult:
    """Evaluate one judgement.

    Parameters
    ----------
    parameters
        Values of the scenario's parameters, in days, people, dollars.
    answer
        Answers one ``P(...)`` or ``E(...)``.
    """
    queries = queries_of(judgement.asked)
    estimates = {query: answer(query) for query in queries}
    values = {query: estimate.value for query, estimate in estimates.items()}
    verdict = bool(evaluate(judgement.asked, {}, parameters, values))
    left, right = _sides(judgement.asked)
    number = float(evaluate(left, {}, parameters, values))
    alone = estimates.get(left) if isinstance(left, Query) else None
    first = next(iter(estimates.values()), None)
    return JudgementResult(
        name=name,
        claim=", ".join(judgement.claim),
        says=judgement.says,
        formula=to_text(judgement.holds),
        number=alone or Estimate(number, unit=first.unit if first else ""),
        threshold=float(evaluate(right, {}, parameters, values)) if right is not None else float("nan"),
        holds=verdict,
        given="" if judgement.given is None else to_text(judgement.given),
    )


def _sides(verdict: Expr) -> tuple[Expr, Expr | None]:
    comparison = next((part for part in walk(verdict) if isinstance(part, Comparison)), None)
    if comparison is None:
        return verdict, None
    left, right = comparison.operands[0], comparison.operands[1]
    return (left, right) if queries_of(left) else (right, left)


def margin(result: JudgementResult) -> float:
    """Return how far the number is from the threshold, in absolute terms; infinite where there is none."""
    gap = abs(result.number.value - result.threshold)
    return gap if np.isfinite(gap) else float("inf")
