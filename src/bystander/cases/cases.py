"""A scenario solved and answered, and other scenarios reached from it.

Everything in this room compares *cases*: the base and what becomes of it under some change. A changed
scenario is solved by continuing from a case near it (`bystander.equilibrium.continuation`), so that an effect
is the movement of one equilibrium and not a jump to another, or is reported as a jump; where only parameters
differ, tables are exchanged and nothing is compiled again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bystander.cases.closeness import carry_residual
from bystander.cases.verdicts import Verdict, queries_in, weigh
from bystander.equilibrium.announced import solve_with_dates
from bystander.equilibrium.continuation import JUMP, carry, continue_from
from bystander.equilibrium.multiplicity import same
from bystander.equilibrium.result import Equilibrium, Jump, Selection, Status
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import Bool, Game
from bystander.game.compile import compile_game, with_parameters
from bystander.numerics.generators import read_columns
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Request, answer_all, make_clocks, request_of
from bystander.process.result import Estimate, OutcomeResult
from bystander.scenario.expressions import Query
from bystander.scenario.schema import Judgement, Scenario

TOLERANCE = 1e-9
CONTINUED, RETRACED = "continued", "retraced"
FEW_VALUES = 2_000
"""Values (situations times actors) up to which what was followed is solved by itself too, in milliseconds."""
UNMOVED = 1e-6
"""Displacement of values, in worth, up to which a game that was solved afresh has the base's equilibrium."""
Asked = Sequence[str] | None


@dataclass(frozen=True)
class Case:
    """A scenario with its equilibrium and its answers.

    Attributes
    ----------
    outcomes
        By name, in the order of the scenario.
    verdicts
        By name of judgement.
    worths
        Value of each actor at the scenario's start, in worth.
    answers
        What the judgements asked, and the process answered.
    """

    scenario: Scenario
    equilibrium: Equilibrium
    outcomes: Mapping[str, OutcomeResult]
    verdicts: Mapping[str, Verdict]
    worths: Mapping[str, float]
    answers: Mapping[Query, Estimate]

    @property
    def game(self) -> Game:
        """The compiled game."""
        return self.equilibrium.game

    @property
    def headlines(self) -> list[str]:
        """Names of the main outcomes among those answered."""
        return [name for name, outcome in self.outcomes.items() if outcome.headline]

    def value(self, outcome: str) -> float:
        """Return the value of an outcome."""
        return self.outcomes[outcome].estimate.value

    @property
    def jump(self) -> float:
        """The largest jump between equilibria on the way from the case it was continued from, in worth.

        0 if there was none, or the case was not reached from another.
        """
        selection = self.equilibrium.selection
        if selection.how not in (CONTINUED, RETRACED):
            return 0.0
        return max((jump.size for jump in selection.jumps), default=0.0)


def solve_case(
    scenario: Scenario,
    *,
    near: Case | None = None,
    outcomes: Asked = None,
    judgements: Asked = None,
    tolerance: float = TOLERANCE,
) -> Case:
    """Solve a scenario and answer its questions.

    Parameters
    ----------
    near
        A case to continue from; without one the equilibrium is traced from uniform behaviour.
    outcomes, judgements
        Names of those to answer; all if None.

    Raises
    ------
    QueryError
        If an outcome or judgement is unknown.
    NotConvergedError
        If no equilibrium was found to tolerance.
    """
    equilibrium = reach_equilibrium(scenario, near, tolerance)
    return answer_case(scenario, equilibrium, outcomes=outcomes, judgements=judgements)


def answer_case(
    scenario: Scenario,
    equilibrium: Equilibrium,
    *,
    outcomes: Asked = None,
    judgements: Asked = None,
    clocks: Clocks | None = None,
    carried: bool = True,
) -> Case:
    """Answer the questions of a scenario at an equilibrium of it, all in as few passes as possible.

    Error bounds are those of the equilibrium and of the process; of the process alone if not ``carried``.
    """
    chosen = _chosen("outcome", outcomes, scenario.outcomes)
    tested = {n: scenario.judgements[n] for n in _chosen("judgement", judgements, scenario.judgements)}
    clocks = clocks or make_clocks(equilibrium)
    found, answers = _ask(scenario, clocks, chosen, tested, equilibrium if carried else None)
    parameters = scenario.parameter_values()
    verdicts = {name: weigh(judgement, parameters, answers) for name, judgement in tested.items()}
    start = equilibrium.game.situations.start
    worths = dict(zip(equilibrium.game.actors, read_columns(start, equilibrium.values).tolist(), strict=True))
    return Case(scenario, equilibrium, found, verdicts, worths, answers)


def reach_equilibrium(scenario: Scenario, near: Case | None, tolerance: float = TOLERANCE) -> Equilibrium:
    """Solve a scenario, from a case near it if there is one.

    Where continuing does not settle, the equilibrium is traced afresh; that it belongs to the same branch is
    then not known, and the whole displacement counts as a jump.

    Raises
    ------
    NotConvergedError
        If neither continuing nor tracing meets the tolerance.
    """
    return reach(game_of(scenario, near), near.equilibrium if near is not None else None, tolerance)


def solved_by_itself(case: Case) -> Case | None:
    """Return a followed case as it is without what it was followed from, where that is another equilibrium.

    A game has one answer where it is followed to from another and one where it is traced from habit, and with
    several equilibria these may be two. None where both are the same, and where the game is too large to find
    out in passing: there only a jump on the way is reason enough.
    """
    if case.equilibrium.selection.how != CONTINUED or not _worth_tracing(case.game, bool(case.jump)):
        return None
    traced = _traced_elsewhere(case.equilibrium)
    if traced is None:
        return None
    return answer_case(
        case.scenario,
        traced,
        outcomes=list(case.outcomes),
        judgements=list(case.verdicts),
        clocks=make_clocks(traced, curves=False),
        carried=False,
    )


def _worth_tracing(game: Game, several: bool) -> bool:
    """Tell whether it may be found out in passing, or is to be, what else a followed game comes to."""
    return bool(game.actors) and (several or game.size * len(game.actors) <= FEW_VALUES)


def _traced_elsewhere(followed: Equilibrium) -> Equilibrium | None:
    """Return the equilibrium that a game has traced from habit, where it is another than one followed to."""
    try:
        traced = reach(followed.game, None)
    except NotConvergedError:
        return None
    return None if same(traced.lasting.choice, followed.lasting.choice) else traced


def numbers_by_itself(case: Case) -> dict[str, float]:
    """Return the outcomes of a followed case solved by itself; empty where it is the same equilibrium."""
    found = solved_by_itself(case)
    return {} if found is None else {name: found.value(name) for name in found.outcomes}


def numbers_followed(scenario: Scenario, standing: Scenario, several: bool) -> dict[str, float]:
    """Return the outcomes of a changed scenario followed from the one as it stands, if they are others.

    Empty where that is the equilibrium that the changed scenario has by itself, and where nothing says that
    there are ``several`` and the game is too large to find out in passing.
    """
    if not _worth_tracing(compile_game(scenario), several):
        return {}
    try:
        followed = solve_case(scenario, near=solve_case(standing, outcomes=(), judgements=()), judgements=())
    except NotConvergedError:
        return {}
    if _traced_elsewhere(followed.equilibrium) is None:
        return {}
    return {name: followed.value(name) for name in followed.outcomes}


def reach(game: Game, near: Equilibrium | None, tolerance: float = TOLERANCE) -> Equilibrium:
    """Solve a compiled game as `reach_equilibrium` solves a scenario."""
    if game.dates:
        after = _reach_lasting(replace(game, dates=()), near, tolerance, _where_past(game))
        return solve_with_dates(game, after=after)
    return _reach_lasting(game, near, tolerance)


def _where_past(game: Game) -> Bool:
    """Tell in which situations no date is ahead: the others do not outlast the dates."""
    names, levels = game.situations.names, game.situations.levels
    dates = {each.entry for each in game.dates}
    past: Bool = np.min(levels[:, [name in dates for name in names]], axis=1, initial=1) > 0
    return past


def _reach_lasting(
    game: Game, near: Equilibrium | None, tolerance: float, counted: Bool | slice = slice(None)
) -> Equilibrium:
    """Solve a game without known dates, or as it is after the last of them.

    Behaviour before a date follows from the values after it alone, so that a displacement counts as a jump
    only in situations that can be had then.
    """
    if near is not None:
        found = continue_from(near.lasting, game, tolerance=tolerance)
        if found.status is Status.CONVERGED:
            return found
    found = solve(game, tolerance=tolerance).require_converged()
    if near is None:
        return found
    size = float(np.abs(found.values - carry(near.lasting, game))[counted].max(initial=0.0))
    jumps = (Jump(1.0, size, JUMP),) if size > UNMOVED else ()
    return replace(found, selection=Selection(RETRACED, found.selection.steps, jumps))


def game_of(scenario: Scenario, near: Case | None) -> Game:
    """Compile a scenario, or exchange the tables of a case that differs in parameters only."""
    if (
        near is not None
        and near.game.compiled is not None
        and only_parameters_differ(scenario, near.scenario)
    ):
        return replace(with_parameters(near.game, scenario.parameter_values()), scenario=scenario)
    return compile_game(scenario)


def only_parameters_differ(one: Scenario, two: Scenario) -> bool:
    """Say whether two scenarios say the same but for the values of parameters."""
    if one.parameters.keys() != two.parameters.keys():
        return False
    fields = (name for name in Scenario.model_fields if name != "parameters")
    return all(
        getattr(one, name) is getattr(two, name) or getattr(one, name) == getattr(two, name)
        for name in fields
    )


def try_case(make: Callable[[], Case]) -> Case | None:
    """Return the case, or None where its equilibrium was not found."""
    try:
        return make()
    except NotConvergedError:
        return None


def _ask(
    scenario: Scenario,
    clocks: Clocks,
    chosen: Sequence[str],
    tested: Mapping[str, Judgement],
    carried: Equilibrium | None,
) -> tuple[dict[str, OutcomeResult], dict[Query, Estimate]]:
    queries = queries_in(tested.values())
    requests = [Request(name, scenario.outcomes[name]) for name in chosen]
    requests += [request_of(clocks, query, scenario.outcomes) for query in queries]
    found = answer_all(clocks, requests) if requests else []
    if carried is not None and requests:
        found = carry_residual(carried, clocks, requests, found)
    answers = {query: r.estimate for query, r in zip(queries, found[len(chosen) :], strict=True)}
    return dict(zip(chosen, found, strict=False)), answers


def _chosen(kind: str, names: Asked, known: Mapping[str, Any]) -> list[str]:
    if names is None:
        return list(known)
    for name in names:
        if name not in known:
            raise QueryError(
                f"There is no {kind} called '{name}'. There is: {', '.join(known) or 'none here'}."
            )
    return list(names)
