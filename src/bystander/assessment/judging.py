"""Judgements as they are shown: the formula, the number that was compared, the threshold, the verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from bystander.assessment.ranges import Spread, keep_spread
from bystander.assessment.result import DRAWS, Estimate, JudgementResult
from bystander.cases.cases import Case, solve_case
from bystander.cases.jobs import unless_ended
from bystander.cases.store import Store, key_of
from bystander.errors import NotConvergedError, QueryError
from bystander.policy.robustness import judge_over_draws, uncertain
from bystander.progress import Progress
from bystander.scenario import Scenario, null, scenario_hash
from bystander.scenario.expressions import queries_of, to_text

FEWEST = 20
"""Draws below which nothing is said of them."""


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


def beside_habit(
    case: Case, results: tuple[JudgementResult, ...], store: Store | None = None
) -> tuple[JudgementResult, ...]:
    """Return judgements with what becomes of each where nobody has anything at stake.

    Unchanged where that process cannot be followed. Without habits it is one of tossed coins.

    Parameters
    ----------
    store
        Where the answer is kept from one run to the next; nowhere if None.
    """
    scenario = case.scenario
    if not results:
        return results
    key = key_of(scenario_hash(scenario), "judgements by habit") if store else ""
    kept = store.get(key, lambda told: _kept(told, results)) if store else None
    if kept is None:
        try:
            bare = solve_case(null(scenario), outcomes=())
        except (NotConvergedError, QueryError):
            return results
        kept = {name: (verdict.holds, verdict.number) for name, verdict in bare.verdicts.items()}
        if store:
            store.put(key, kept)
    return tuple(
        replace(result, by_habit=kept[result.name][0], number_by_habit=kept[result.name][1])
        for result in results
    )


def _kept(told: Any, results: tuple[JudgementResult, ...]) -> dict[str, tuple[bool | None, float]]:
    return {r.name: (told[r.name][0], float(told[r.name][1])) for r in results}


def drawn_spread(
    scenario: Scenario,
    draws: int,
    *,
    seed: int = 0,
    base: Case | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Spread | None:
    """Return what solved draws from the priors make of every headline outcome and judgement.

    None where no parameter has a prior. Whole work is kept in the store.

    Raises
    ------
    NotConvergedError
        If too few were solved to say.
    KeyboardInterrupt, BystanderError
        If it ended before there were enough.
    """
    if not uncertain(scenario):
        return None
    drawn = judge_over_draws(
        scenario,
        draws=draws,
        seed=seed,
        outcomes=scenario.headlines,
        base=base,
        store=store,
        progress=progress,
    )
    if drawn.draws < FEWEST:
        unless_ended(drawn.ended)
        raise NotConvergedError(f"only {drawn.draws} of {draws} draws from the priors could be solved")
    found = Spread(
        DRAWS,
        drawn.draws,
        {o.outcome: (o.low, o.high) for o in drawn.outcomes if not math.isnan(o.low)},
        {
            j.judgement: (j.share, tuple(decider.parameter for decider in j.deciding))
            for j in drawn.judgements
            if not math.isnan(j.share)
        },
        drawn.failed,
        drawn.ended,
        means={o.outcome: o.mean for o in drawn.outcomes if not math.isnan(o.mean)},
    )
    if store:
        keep_spread(scenario, seed, found, store)
    return found


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
