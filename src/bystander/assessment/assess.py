r"""The main job: a scenario's questions, answered in one object.

    scenario -> game -> equilibrium -> process -> outcomes, responses, reasons, toll, measures, judgements

Everything shown anywhere is in the `Assessment`; nothing is computed twice. The process is asked as few
times as possible: all outcomes, and all that judgements ask, go to it together. Parameters are weighed while
reasons are sought.

What would change the answer: measures solved again, and the parameters that move the outcomes most.

The escalation ladder says how long the process is on each rung, and which moves lead between them. A rung is
a level of one variable. With :math:`d(s)` the expected days spent in situation ``s`` by the horizon, a rung's
share is :math:`\sum_{s \in rung} d(s) / T`. A move leads from rung i to rung j an expected number of times
:math:`\sum_{s \in i} d(s)\, r(s, j)`, with ``r`` the rate of its branches into j; per year on the rung this
is divided by the days spent on i.

The variable is the one the scenario's map calls ``ladder``, else the variable of most levels that its
condition ``given`` mentions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bystander.assessment.asks import answer_asks, stand_by
from bystander.assessment.judging import beside_habit, drawn_spread, judgement_results
from bystander.assessment.ranges import Spread, kept_spread, with_ranges
from bystander.assessment.result import (
    FIRST_ORDER,
    LITTLE,
    STRAIGHT,
    WEIGHING,
    Assessment,
    Heard,
    MeasureResult,
    OutcomeResult,
    Ranges,
    Reported,
    Rung,
    RungStep,
    Sensitivity,
    SolveReport,
)
from bystander.assessment.spreading import (
    DRAWS,
    STARTS,
    Further,
    first_order_spread,
    look_further,
    ranged,
    slopes_at,
)
from bystander.cases.cases import Case, answer_case
from bystander.cases.changes import with_degree
from bystander.cases.jobs import unless_ended
from bystander.cases.store import Store
from bystander.derivatives.implicit import Linearisation, linearise
from bystander.equilibrium.announced import solve_with_dates
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError, QueryError, reason_of
from bystander.game.arrays import Float, Game
from bystander.game.checks import shut_at_zero
from bystander.game.compile import compile_game
from bystander.game.questions import branches_of_kinds
from bystander.harmless import in_brief, spaced
from bystander.numerics.workers import aside
from bystander.origins import own_version
from bystander.policy.measures import try_measures
from bystander.policy.sensitivity import sensitivities_of
from bystander.process.announced import Stretch
from bystander.process.outcomes import expectations, make_clocks
from bystander.progress import Progress, part_of, silent
from bystander.scenario import Scenario, scenario_hash
from bystander.scenario.expressions import variables_of
from bystander.scenario.schema.fields import day_of
from bystander.units import YEAR, in_rank

if TYPE_CHECKING:
    from bystander.equilibrium.reasons import Reason
    from bystander.equilibrium.result import Equilibrium
    from bystander.process.clocks import Clocks
    from bystander.process.result import ResponseTimes


def measure_results(
    scenario: Scenario,
    case: Case,
    store: Store | None,
    unanswered: list[str],
    progress: Progress | None = None,
) -> tuple[MeasureResult, ...]:
    """Solve every measure as written, for the headline outcomes; those that cannot be are ``unanswered``.

    One that says nothing but degrees is solved at each.
    """
    if not scenario.measures:
        return ()
    headline = case.headlines
    tried = try_measures(
        scenario, degrees=False, outcomes=headline, base=case, store=store, progress=progress
    )
    unless_ended(tried.ended)
    about = {p.name: with_degree(scenario.measures[p.parts[0][0]].about, p.name) for p in tried.singles}
    failed = [package for package in tried.singles if package.failure]
    unanswered += [f"What \u201c{in_brief(about[p.name]) or p.name}\u201d does: {p.failure}" for p in failed]
    return tuple(
        MeasureResult(
            name=package.name,
            about=about[package.name],
            claim=", ".join(package.claims),
            effects=tuple((effect.outcome, effect.before, effect.after) for effect in package.effects),
            cost=package.cost,
            aims=tried.aims,
            efficient=package.efficient,
            jump=package.jump,
            hindered=package.hindered,
            by_itself=package.by_itself,
        )
        for package in tried.singles
        if not package.failure
    )


QUICK = 2_000
"""Values of a game up to which draws from the priors are solved: 5 to 10 ms each, and nothing that bends is
missed."""


def weigh_and_draw(
    case: Case, focus: str, *, ranges: bool, seed: int, store: Store
) -> tuple[tuple[Sensitivity, ...], Spread | None, list[str]]:
    """Return what `weigh_parameters` does, from solved draws where that is quick, and what is unknown."""
    unanswered: list[str] = []
    game, equilibrium = case.game, case.equilibrium
    line = linearise(equilibrium) if game.actors and not game.dates else None
    quick = not game.dates and 0 < equilibrium.values.size <= QUICK
    reading_off = ranges and not quick
    weigh = partial(weigh_parameters, case, focus, line, ranges=reading_off, seed=seed, store=store)
    weighed, spread = _unless_denied(WEIGHING, weigh, ((), None), unanswered)
    if ranges and quick and case.outcomes:
        solve = partial(drawn_spread, case.scenario, DRAWS, seed=seed, base=case, store=Store(None))
        spread = _unless_denied("Ranges", solve, None, unanswered)
        unless_ended(spread.ended if spread else "")
    return weighed, spread, unanswered


def weigh_parameters(
    case: Case, focus: str, line: Linearisation | None, *, ranges: bool, seed: int, store: Store | None = None
) -> tuple[tuple[Sensitivity, ...], Spread | None]:
    """Return how the focus answers to a small change of each parameter that moves it, strongest first.

    And, where asked, what draws from the priors make of every headline outcome and judgement to first order.
    """
    if not case.scenario.parameters or not case.outcomes:
        return (), None
    headline = case.headlines if ranges else []
    try:
        slopes = slopes_at(case, list(dict.fromkeys([*filter(None, [focus]), *headline])), line, ranges)
    except QueryError:
        slopes, ranges = slopes_at(case, [focus] if focus else [], line, False), False
    ranked = sensitivities_of(case.scenario, {focus: slopes.outcomes.get(focus, {})})
    shut = shut_at_zero(case.game)
    weighed = tuple(
        Sensitivity(s.parameter, s.outcome, s.elasticity, s.value, s.standing)
        for s in sorted(ranked, key=lambda s: -in_rank(abs(s.elasticity)))
        if s.elasticity and s.parameter not in shut
    )
    return weighed, first_order_spread(case, slopes, seed=seed, store=store) if ranges else None


SHARP = 1e-12

T = TypeVar("T")
N = TypeVar("N")


def assess(
    scenario: Scenario,
    *,
    seed: int = 0,
    starts: int = STARTS,
    measures: bool = True,
    ranges: bool = True,
    store: Store | None = None,
    progress: Progress | None = None,
    heard: Heard | None = None,
) -> Assessment:
    """Answer a scenario's questions.

    Parameters
    ----------
    starts
        How many starts that search makes; 0 makes none.
    measures
        Whether every measure is solved too.
    ranges
        Whether numbers get their ranges over the priors: those of solved draws that the store keeps or, in
        a game of up to `QUICK` values, that are solved now; else to first order.
    store
        Where answers to measures and what the search found are kept from one run to the next; nowhere if
        None.
    progress
        Told what is being done, and which share of the whole is done.
    heard
        Told the answers as soon as they are known: reasons, ranges and measures take most of the time.

    Raises
    ------
    ScenarioError
        If the scenario is too large to solve.
    NotConvergedError
        If the equilibrium was not found to tolerance.
    KeyboardInterrupt, BystanderError
        If it was interrupted, or work ended early: what a part would say of reasons is false of the whole.
        Changes that were solved are in the store.
    """
    tell, unanswered = progress or silent, list[str]()
    case, clocks = _solve_and_follow(scenario, tell)
    game, equilibrium, outcomes = case.game, case.equilibrium, tuple(case.outcomes.values())
    if heard is not None:
        heard(outcomes)
    focus = focus_of(scenario, outcomes)
    with aside() as pool:  # mostly one long linear solve, which holds no interpreter
        weigh = pool.submit(weigh_and_draw, case, focus, ranges=ranges, seed=seed, store=store or Store(None))
        responses, (rungs, steps), reasons = _who_and_why(scenario, equilibrium, clocks, tell, unanswered)
        tell("Weighing parameters", 0.6)
        weighed, spread, unknown = weigh.result()
    unanswered += unknown
    tell("Looking for further equilibria", 0.62)
    further = look_further(scenario, equilibrium, starts=starts, seed=seed, store=store)
    outcomes = tuple(ranged(outcome, further) for outcome in case.outcomes.values())
    tell("Taking reasons away", 0.66)
    asked = answer_asks(scenario, case, clocks, focus=focus, store=store, progress=part_of(tell, 0.66, 0.7))
    trying = partial(measure_results, scenario, case, store, unanswered, part_of(tell, 0.7, 1.0))
    changed = _unless_denied("What measures do", trying, (), unanswered) if measures else ()
    found = Assessment(
        name=scenario.name,
        title=scenario.title,
        question=scenario.question,
        as_of=scenario.as_of,
        horizon_days=scenario.horizon,
        until=day_of(scenario.horizon),
        given=scenario.given or "",
        outcomes=outcomes,
        responses=responses,
        reasons=reasons,
        tolls=tolls(scenario, outcomes),
        measures=changed,
        judgements=beside_habit(case, judgement_results(case), store),
        sensitivities=weighed,
        solve=solve_report(equilibrium, further),
        scenario_hash=scenario_hash(scenario),
        version=own_version(),
        seed=seed,
        rungs=rungs,
        steps=steps,
        focus=focus,
        unanswered=(*unanswered, *without_slope(scenario, game, spread)),
        asks=asked,
        ranges=Ranges(equilibria=_over_equilibria(outcomes)),
        held=clocks.held,
        onsets=clocks.onsets,
    )
    spread = (kept_spread(scenario, seed, store, spread) if ranges and store else None) or spread
    return with_ranges(found, spread) if spread else found


def _solve_and_follow(scenario: Scenario, tell: Progress) -> tuple[Case, Clocks]:
    """Return the solved scenario with its answers, and the clocks that questions start from."""
    tell("Compiling the game", 0.0)
    game = compile_game(scenario)
    tell(f"Solving {game.size:,} situations", 0.05)
    equilibrium = solve_sharply(game)
    tell("Following the process", 0.3)
    clocks = make_clocks(equilibrium)
    return answer_case(scenario, equilibrium, clocks=clocks), clocks


def _who_and_why(
    scenario: Scenario, equilibrium: Equilibrium, clocks: Clocks, tell: Progress, unanswered: list[str]
) -> tuple[tuple[ResponseTimes, ...], tuple[tuple[Rung, ...], tuple[RungStep, ...]], tuple[Reason, ...]]:
    """Return who acts how soon, where time is spent on the ladder, and why who stands by does."""
    tell("Asking who acts", 0.45)
    given = scenario.given or ""
    responses = _unless_denied(
        "Who acts", lambda: expectations(clocks, given, scenario.horizon).responses, (), unanswered
    )
    spent = _unless_denied("Where time is spent, and why", lambda: clocks.stretches(None), (), unanswered)
    ladder = climb(spent, scenario) if spent else ((), ())
    tell("Asking why", 0.5)
    return responses, ladder, stand_by(scenario, equilibrium, clocks) if spent else ()


def without_slope(scenario: Scenario, game: Game, spread: Spread | None = None) -> Iterator[str]:
    """Say of each parameter at which something is exactly 0 that no derivative speaks of it.

    And, where ranges are to first order, what they make of it instead.
    """
    for name, moves in shut_at_zero(game).items():
        said = in_brief(scenario.parameters[name].about) or spaced(name)
        drawn = scenario.parameters[name].prior is not None
        kept = STRAIGHT if drawn and spread is not None and spread.how == FIRST_ORDER else ""
        yield (
            f"{LITTLE} “{said}” would do: now a rate or chance of {', '.join(moves)} "
            f"is exactly 0, where there is no slope{kept}; `what-if --set {name}=...` solves it"
        )


def _over_equilibria(outcomes: Sequence[OutcomeResult]) -> tuple[tuple[str, float, float], ...]:
    """Return the range of each outcome over the equilibria found, where there is one."""
    return tuple(
        (o.name, o.estimate.low, o.estimate.high)
        for o in outcomes
        if o.estimate.low is not None and o.estimate.high is not None
    )


def _unless_denied(what: str, ask: Callable[[], T], nothing: N, unanswered: list[str]) -> T | N:
    """Return an answer; where there is none, note what was asked and why, so that nothing else is denied."""
    try:
        return ask()
    except (QueryError, NotConvergedError) as error:
        unanswered.append(f"{what}: {reason_of(error)}")
        return nothing


def solve_sharply(game: Game) -> Equilibrium:
    """Solve a game so closely that explanations add up without solving on, if it can be."""
    if game.dates:
        return solve_with_dates(game, after=solve_sharply(replace(game, dates=())))
    found = solve(game, tolerance=SHARP)
    if found.status is Status.CONVERGED:
        return found
    return solve(game, warm=found).require_converged()


def focus_of(scenario: Scenario, outcomes: tuple[OutcomeResult, ...]) -> str:
    """Return the outcome that measures are judged by: the first of which less or more is wanted."""
    headline = [outcome.name for outcome in outcomes if outcome.headline]
    wanted = [name for name in headline if scenario.outcomes[name].wanted]
    return next(iter(wanted or headline), "")


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


def solve_report(equilibrium: Equilibrium, further: Further) -> SolveReport:
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
        starts=further.starts,
        equilibria_found=1 + len(further.others),
        sweeps=equilibrium.iterations,
        seconds=equilibrium.seconds,
        shocks=game.shocks,
        missing=further.missing,
        landmarks=tuple((m.kind, m.low, m.high) for m in equilibrium.selection.landmarks),
    )


LEAST_EXPECTED = 1e-9
CALMING = frozenset({"mediation", "monitoring", "peace", "pressure"})
"""Tags of moves that stop a fight."""


def ladder_variable(scenario: Scenario) -> str:
    """Return the variable that escalation climbs, "" if there is none."""
    named = scenario.map.get("ladder")
    if isinstance(named, str) and named in scenario.variables:
        return named
    if scenario.given is None:
        return ""
    mentioned = variables_of(scenario.conditions[scenario.given])
    return max(mentioned, key=lambda name: len(scenario.variables[name].levels), default="")


def climb(stretches: Sequence[Stretch], scenario: Scenario) -> tuple[tuple[Rung, ...], tuple[RungStep, ...]]:
    """Return the rungs with their shares of time, and the steps between them.

    Parameters
    ----------
    stretches
        Expected days spent in each situation by the horizon, and the process on them.
    """
    name = ladder_variable(scenario)
    if not name:
        return (), ()
    game = stretches[0].chain.game
    days: Float = np.sum([each.days for each in stretches], axis=0)
    variable = scenario.variables[name]
    place = game.situations.names.index(name)
    level = game.situations.levels[:, place].astype(np.int64)
    spent = np.bincount(level, weights=days, minlength=len(variable.level_names))
    rungs = tuple(
        Rung(name, at, variable.levels[at], float(spent[i] / days.sum()))
        for i, at in enumerate(variable.level_names)
    )
    calm = frozenset(name for name, move in scenario.moves().items() if CALMING & set(move.tags))
    return rungs, _steps(stretches, level, spent, variable.level_names, calm)


def _steps(
    stretches: Sequence[Stretch],
    level: np.ndarray,
    spent: np.ndarray,
    names: tuple[str, ...],
    calm: frozenset[str],
) -> tuple[RungStep, ...]:
    chain = stretches[0].chain
    game, structure = chain.game, chain.game.structure
    source = np.repeat(np.arange(game.size), np.diff(structure.target_start))
    branches = branches_of_kinds(game)[structure.option_kind]
    move = np.repeat(chain.option_move, branches)
    target = structure.targets
    changes = level[source] != level[target]
    source, target, move = source[changes], target[changes], move[changes]
    width = len(names)
    key = (move.astype(np.int64) * width + level[source]) * width + level[target]
    found, which = np.unique(key, return_inverse=True)
    often = sum(each.days[source] * each.chain.branch_rate[changes] for each in stretches)
    expected = np.bincount(which, weights=often)
    steps = []
    for code, count in zip(found, expected, strict=True):
        if count < LEAST_EXPECTED:
            continue
        m, low, high = int(code) // width**2, int(code) // width % width, int(code) % width
        label = game.moves[m]
        per_year = float(count / spent[low] * YEAR)
        action = label.name.partition(".")[2]
        who, calms = (label.owner, action, label.about), label.name in calm
        steps.append(RungStep(names[low], names[high], *who, per_year, float(count), calms))
    return tuple(sorted(steps, key=lambda step: -in_rank(step.expected)))
