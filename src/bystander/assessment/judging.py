"""Judgements as they are shown: the formula, the number that was compared, the threshold, the verdict."""

from __future__ import annotations

from dataclasses import replace

from bystander.assessment.result import Estimate, JudgementResult
from bystander.cases.cases import Case
from bystander.cases.store import Store
from bystander.policy.robustness import judge_over_draws
from bystander.progress import Progress
from bystander.scenario.expressions import queries_of, to_text


def judgement_results(case: Case) -> tuple[JudgementResult, ...]:
    """Return every judgement of a solved scenario, in the order of the scenario.

    The number has an error bound where it is one answer of the process, and none where it is computed from
    several.
    """
    found = []
    for name, verdict in case.verdicts.items():
        judgement = case.scenario.judgements[name]
        answers = [case.answers[query] for query in queries_of(judgement.asked)]
        number = next((answer for answer in answers if answer.value == verdict.number), None)
        unit = answers[0].unit if answers else ""
        found.append(
            JudgementResult(
                name=name,
                claim=", ".join(judgement.claim),
                says=judgement.says,
                formula=to_text(judgement.holds),
                number=number or Estimate(verdict.number, unit=unit),
                threshold=verdict.threshold,
                holds=verdict.holds,
                why=verdict.why,
                given="" if judgement.given is None else to_text(judgement.given),
            )
        )
    return tuple(found)


def robust_judgements(
    case: Case,
    *,
    draws: int = 200,
    seed: int = 0,
    store: Store | None = None,
    progress: Progress | None = None,
) -> tuple[JudgementResult, ...]:
    """Return every judgement with the share of draws from the priors in which it holds, and what decides.

    Parameters
    ----------
    store
        Where draws are kept, so that work that is stopped goes on where it was.

    Raises
    ------
    QueryError
        If no parameter has a prior.
    """
    drawn = judge_over_draws(
        case.scenario, draws=draws, seed=seed, outcomes=(), base=case, store=store, progress=progress
    )
    found = {result.judgement: result for result in drawn.judgements}
    return tuple(
        replace(
            result,
            robustness=found[result.name].share,
            deciding=tuple(decider.parameter for decider in found[result.name].deciding),
        )
        if result.name in found
        else result
        for result in judgement_results(case)
    )
