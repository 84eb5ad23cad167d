"""Judgements: whether what a source concludes comes out of the model.

A judgement is a comparison over ``P(outcome)`` and ``E(outcome)``, each with its own ``given`` and ``within``
or those of the judgement. The process answers every such question; then the comparison is evaluated. The
number shown is the side of the first comparison that asks the process, the threshold the other side.
"""

from __future__ import annotations

from collections.abc import Mapping

from bystander.assessment.result import Estimate, JudgementResult
from bystander.scenario.expressions import Expr, Query, evaluate, queries_of, to_text, walk
from bystander.scenario.expressions.syntax import Comparison
from bystander.scenario.schema.questions import Judgement


def judge(
    name: str,
    judgement: Judgement,
    parameters: Mapping[str, float],
    answers: Mapping[Query, Estimate],
) -> JudgementResult:
    """Evaluate one judgement.

    Parameters
    ----------
    parameters
        Values of the scenario's parameters, in days, people, dollars.
    answers
        An estimate for each ``P(...)`` and ``E(...)`` of `Judgement.asked`.
    """
    asked = judgement.asked
    values = {query: answers[query].value for query in queries_of(asked)}
    left, right = _sides(asked)
    within = answers[queries_of(asked)[0]] if values else Estimate(0.0, unit="")
    number = answers.get(left) if isinstance(left, Query) else None
    return JudgementResult(
        name=name,
        claim=", ".join(judgement.claim),
        says=judgement.says,
        formula=to_text(judgement.holds),
        number=number or Estimate(float(evaluate(left, {}, parameters, values)), unit=within.unit),
        threshold=float("nan") if right is None else float(evaluate(right, {}, parameters, values)),
        holds=bool(evaluate(asked, {}, parameters, values)),
        given="" if judgement.given is None else to_text(judgement.given),
    )


def _sides(verdict: Expr) -> tuple[Expr, Expr | None]:
    comparison = next((part for part in walk(verdict) if isinstance(part, Comparison)), None)
    if comparison is None:
        return verdict, None
    left, right = comparison.operands[0], comparison.operands[1]
    return (left, right) if queries_of(left) else (right, left)
