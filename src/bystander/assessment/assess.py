"""The main job: a scenario's questions, answered in one object.

    scenario -> game -> equilibrium -> process -> outcomes, responses, reasons, toll, measures, judgements

Everything shown anywhere is in the `Assessment`; nothing is computed twice. The process is asked as few times
as possible: all outcomes, and all that judgements ask, go to it together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bystander.assessment.judging import judge
from bystander.assessment.ladder import climb, days_spent
from bystander.assessment.reasons import stand_by
from bystander.assessment.result import (
    Assessment,
    JudgementResult,
    OutcomeResult,
    Reported,
    SolveReport,
)
from bystander.chain.outcomes import Request, answer_all, make_clocks, request_of
from bystander.chain.responses import responses
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.progress import Progress, silent
from bystander.provenance import own_version
from bystander.scenario import scenario_hash
from bystander.scenario.expressions import queries_of

if TYPE_CHECKING:
    from bystander.chain.clocks import Clocks
    from bystander.equilibrium.result import Equilibrium
    from bystander.scenario import Scenario

WEEK, MONTH_OF_DAYS = 7.0, 30.0


def assess(
    scenario: Scenario,
    *,
    seed: int = 0,
    starts: int = 8,
    measures: bool = True,
    progress: Progress | None = None,
) -> Assessment:
    """Answer a scenario's questions.

    Parameters
    ----------
    seed
        Seed of the search for further equilibria.
    starts
        How many starts that search makes; 0 makes none.
    measures
        Whether every measure is solved too.
    progress
        Told what is being done, and which share of the whole is done.

    Raises
    ------
    ScenarioError
        If the scenario is too large to solve.
    NotConvergedError
        If the equilibrium was not found to tolerance.
    """
    tell = progress or silent
    tell("Compiling the game", 0.0)
    game = compile_game(scenario)
    tell(f"Solving {game.size:,} situations", 0.05)
    equilibrium = solve(game).require_converged()
    tell("Following the process", 0.3)
    clocks = make_clocks(equilibrium)
    outcomes, judgements = ask(scenario, clocks)
    tell("Asking who acts", 0.45)
    times = sorted({WEEK, MONTH_OF_DAYS, scenario.horizon})
    answered = responses(clocks, scenario.given, times, owners=True)
    days = days_spent(clocks.chain, scenario.horizon)
    rungs, steps = climb(clocks.chain, scenario, days)
    tell("Asking why", 0.6)
    reasons = stand_by(scenario, equilibrium, days)
    return Assessment(
        name=scenario.name,
        title=scenario.title,
        question=scenario.question,
        as_of=scenario.as_of,
        horizon_days=scenario.horizon,
        given=scenario.given or "",
        outcomes=outcomes,
        responses=answered,
        reasons=reasons,
        tolls=tolls(scenario, outcomes),
        measures=(),
        judgements=judgements,
        sensitivities=(),
        solve=solve_report(equilibrium),
        scenario_hash=scenario_hash(scenario),
        version=own_version(),
        seed=seed,
        rungs=rungs,
        steps=steps,
        focus=next((outcome.name for outcome in outcomes if outcome.headline), ""),
    )


def ask(scenario: Scenario, clocks: Clocks) -> tuple[tuple[OutcomeResult, ...], tuple[JudgementResult, ...]]:
    """Answer every outcome and every judgement in one go."""
    queries = list({query: None for j in scenario.judgements.values() for query in queries_of(j.asked)})
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    requests += [request_of(clocks, query, scenario.outcomes) for query in queries]
    found = answer_all(clocks, requests)
    outcomes = tuple(found[: len(scenario.outcomes)])
    answers = dict(zip(queries, (r.estimate for r in found[len(outcomes) :]), strict=True))
    parameters = scenario.parameter_values()
    judgements = (judge(name, j, parameters, answers) for name, j in scenario.judgements.items())
    return outcomes, tuple(judgements)


def tolls(scenario: Scenario, outcomes: tuple[OutcomeResult, ...]) -> tuple[Reported, ...]:
    """Put outcomes beside the facts that report them."""
    found = []
    for result in outcomes:
        for name in scenario.outcomes[result.name].reported:
            fact = scenario.facts[name]
            if fact.value is not None:
                reported = fact.value.value
                found.append(Reported(result.name, fact.says, result.estimate, reported, name, fact.source))
    return tuple(found)


def solve_report(equilibrium: Equilibrium) -> SolveReport:
    """Say how sure the machine is."""
    game, certificate = equilibrium.game, equilibrium.certificate
    return SolveReport(
        situations=game.size,
        moves=len(game.moves),
        actors=len(game.actors),
        residual=certificate.residual,
        regret=max(certificate.regret, default=0.0),
        regret_by_actor=tuple(zip(game.actors, certificate.regret, strict=True)),
        selection=equilibrium.selection.how,
        jumps=len(equilibrium.selection.jumps),
        starts=0,
        equilibria_found=1,
        sweeps=equilibrium.iterations,
        seconds=equilibrium.seconds,
        shocks=game.shocks,
    )
