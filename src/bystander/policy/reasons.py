"""Why someone acts or stands by, asked of a solved scenario in its own words.

The question arises under a condition (``given``; the scenario's own by default). Situations are weighted by
where the process then is: the expected days it spends in each, from the first onset of the condition on and
up to the horizon, counting only days on which the condition holds. Without a condition the clock starts with
the scenario. The arithmetic of reasons is in `bystander.equilibrium.explain`.

A change that opens a way to an institution may lead nowhere (`hindrances`). A wider mandate does nothing if
nobody asks, and a request does nothing if the vote fails. For every decision of an institution that a change
makes possible for more of the time, as far as its mandate goes, and that is still not made, the largest
obstacle before and after are named, with the chance that the decision would be adopted if it came up, and the
members who ask and how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bystander.cases.cases import Case, solve_case, try_case
from bystander.cases.changes import Change
from bystander.equilibrium.blocking import blocked_each
from bystander.equilibrium.explain import ByDay, WhyQuestion, explain_all, sharpen, whole
from bystander.equilibrium.reasons import NO_MANDATE, NO_REQUEST, VOTE, Hindrance, Reason
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import MoveType
from bystander.game.questions import mask, move_index, options_of
from bystander.numerics.transients import forward_course
from bystander.process.clocks import Clocks
from bystander.process.outcomes import make_clocks
from bystander.scenario.expressions import Expr, parameters_of, variables_of, written

Array = NDArray[Any]


def explain(equilibrium: Equilibrium, move: str, *, given: str | Expr | None = None) -> tuple[Reason, ...]:
    """Explain one move.

    Parameters
    ----------
    move
        ``owner.move``.
    given
        Condition under which the question arises; the scenario's own if None, none at all if ``""``.

    Returns
    -------
    tuple
        For an action one reason. For a decision what stands in its way, then the vote of each member that
        ever votes under the condition.

    Raises
    ------
    QueryError
        If the move is unknown or chance, the condition never comes to hold, or the move is never possible
        then.
    """
    return explain_moves(equilibrium, [move], given=given)


def explain_moves(
    equilibrium: Equilibrium,
    moves: Iterable[str] | None = None,
    *,
    given: str | Expr | None = None,
    on: float | None = None,
    clocks: Clocks | None = None,
    skip: bool = False,
) -> tuple[Reason, ...]:
    """Explain several moves under one condition; all actions and decisions that are ever possible if None.

    With ``skip``, actions that are never possible under the condition are left out instead of refused. With
    ``on``, a number of days after the start, it is asked on that day: where the process then is, with the
    behaviour of that day.
    """
    game = equilibrium.game
    clocks = clocks or make_clocks(equilibrium)
    condition = _condition(equilibrium, given)
    days = occupancy_by_day(clocks, condition) if on is None else occupancy_on(clocks, condition, on)
    weights = whole(days)
    text = written(condition)
    sharp = sharpen(equilibrium)
    skip = skip or moves is None
    names = [m.name for m in game.moves if m.type is not MoveType.HAZARD] if moves is None else list(moves)
    decided = [name for name in names if game.moves[move_index(game, name)].type is MoveType.DECISION]
    blocks = dict(zip(decided, blocked_each(sharp, decided, weights, text, days), strict=True))
    questions = []
    for name in names:
        m = move_index(game, name)
        if name in blocks:
            questions += [WhyQuestion.over(name, days, v, text) for v in voters_with(equilibrium, m, weights)]
        elif not skip or _possible(equilibrium, m, weights).size:
            questions.append(WhyQuestion.over(name, days, given=text))
    found = explain_all(sharp, questions)
    reasons: list[Reason] = []
    for name in names:
        if name in blocks:
            reasons.append(blocks[name])
        reasons += [r for q, r in zip(questions, found, strict=True) if q.move == name]
    return tuple(reasons)


def occupancy_by_day(clocks: Clocks, given: str | Expr | None) -> ByDay:
    """Return the expected days in each situation in which a condition holds, from its onset to the horizon.

    They are told by the day around which they are; one entry for all times unless known dates lie ahead.

    Raises
    ------
    QueryError
        If the condition never comes to hold by the horizon.
    """
    holds = mask(clocks.chain.game, given) if given else True
    return tuple((each.day, np.where(holds, each.days, 0.0)) for each in clocks.stretches(given))


def occupancy_on(clocks: Clocks, given: str | Expr | None, day: float) -> ByDay:
    """Return where the process is on a day, and where a condition holds then, ``(N,)``.

    Raises
    ------
    QueryError
        If the condition does not hold then in any situation that can have come about.
    """
    game = clocks.chain.game
    if clocks.course is not None:
        here = clocks.course.distribution(day)
    else:
        nothing = np.zeros((game.size, 0))
        course = forward_course(
            clocks.chain.transposed,
            clocks.chain.start,
            day,
            nothing,
            at=np.array([day]),
            epsilon=clocks.epsilon,
        )
        here = np.maximum(course.at[0], 0.0)
    here = np.where(mask(game, given), here, 0.0) if given else here
    if not here.any():
        raise QueryError(
            f"'{written(given)}' cannot hold {day:g} days after the start, so nothing is asked then."
        )
    return ((day, here),)


def find_moves(equilibrium: Equilibrium, owner: str, move: str = "") -> list[str]:
    """Return the full name of a move from its owner and its name, or of all moves of an owner.

    Raises
    ------
    QueryError
        If there is no such owner, or it has no such move; says which it has.
    """
    game = equilibrium.game
    full = f"{owner}.{move}"
    names = [m.name for m in game.moves]
    if full in names:
        return [full]
    owners = dict.fromkeys(m.owner for m in game.moves)
    if owner not in owners:
        raise QueryError(f"Nobody called '{owner}' has moves. There is: {', '.join(owners)}.")
    own = [m.name.partition(".")[2] for m in game.moves if m.owner == owner]
    if not move:
        return [f"{owner}.{name}" for name in own]
    raise QueryError(f"'{owner}' has no move '{move}'. It has: {', '.join(own)}.")


def _condition(equilibrium: Equilibrium, given: str | Expr | None) -> str | Expr | None:
    if given is None:
        scenario = equilibrium.game.scenario
        return scenario.given if scenario is not None and scenario.given else None
    return given if given != "" else None


def _possible(equilibrium: Equilibrium, move: int, weights: Array) -> Array:
    """Options of a move in situations with weight."""
    options, places = options_of(equilibrium.game, move)
    return np.asarray(options[weights[places] > 0.0])


def voters_with(equilibrium: Equilibrium, move: int, weights: Array) -> Sequence[str]:
    """Return the members that vote on a decision somewhere with weight."""
    game = equilibrium.game
    kinds = game.structure.option_kind[_possible(equilibrium, move, weights)]
    votes = game.numbers.vote_weight[np.unique(kinds)].max(axis=0, initial=0) > 0
    return [actor for actor, ever in zip(game.actors, votes.tolist(), strict=True) if ever]


OPENED = 0.05
STILL = 0.05
REQUEST = "request"


def hindrances(before: Case, after: Case) -> tuple[Hindrance, ...]:
    """Return the decisions whose mandate a change widens and which are still not made.

    Asked under the scenario's own condition for *who acts*.
    """
    known = {move.name for move in before.game.moves if move.type is MoveType.DECISION}
    names = [move.name for move in after.game.moves if move.name in known]
    if not names:
        return ()
    try:
        old, new = _obstacles(before, names), _obstacles(after, names)
    except QueryError:
        return ()  # the condition never comes to hold on one side
    found = []
    for name, was, is_ in zip(names, old, new, strict=True):
        shut, open_ = (dict(reason.blocked).get(NO_MANDATE, 0.0) for reason in (was, is_))
        if shut - open_ < OPENED or is_.probability > STILL or not (was.blocked and is_.blocked):
            continue
        votes = [(kind.removeprefix(VOTE), share) for kind, share in is_.blocked if kind.startswith(VOTE)]
        found.append(
            Hindrance(
                name,
                is_.about,
                was.blocked[0],
                is_.blocked[0],
                float(expit(is_.log_odds)) if is_.possible > 0.0 else 0.0,
                max(votes, key=lambda pair: pair[1], default=("", 0.0))[0],
                _asks(after, name) if is_.blocked[0][0] == NO_REQUEST else (),
            )
        )
    return tuple(found)


def openings(case: Case, decision: str) -> tuple[tuple[str, Hindrance], ...]:
    """Return the measures that widen a decision's mandate in vain, and what stops it then.

    Only measures that set a parameter which the mandate mentions are solved.
    """
    owner, _, name = decision.partition(".")
    mandate = case.scenario.institutions[owner].decisions[name].when
    mentioned = parameters_of(mandate) if mandate is not None else frozenset()
    found = []
    for measure, change in case.scenario.measures.items():
        if not mentioned & change.set.keys():
            continue
        changed = Change(measures=((measure, ""),)).apply(case.scenario)
        after = try_case(partial(solve_case, changed, near=case, outcomes=(), judgements=()))
        if after is not None:
            found += [(measure, h) for h in hindrances(case, after) if h.decision == decision]
    return tuple(found)


def _obstacles(case: Case, names: list[str]) -> list[Reason]:
    given = case.scenario.given
    days = occupancy_by_day(make_clocks(case.equilibrium), given)
    return blocked_each(case.equilibrium, names, whole(days), given or "", days)


def _asks(case: Case, decision: str) -> tuple[tuple[str, float], ...]:
    """Return the requests that a decision waits for, and how often one is made where it can be."""
    owner, _, name = decision.partition(".")
    awaited = case.scenario.institutions[owner].decisions[name].request
    variables = variables_of(awaited) if awaited is not None else frozenset()
    moves = case.scenario.moves()
    asking = [
        move.name
        for move in case.game.moves
        if move.type is MoveType.ACTION
        and REQUEST in moves[move.name].tags
        and any({*branch.changes, *branch.computed} & set(variables) for branch in moves[move.name].then)
    ]
    found = []
    for name in asking:
        try:
            (reason,) = explain_moves(case.equilibrium, [name])
        except QueryError:
            continue  # it is never possible under the condition
        found.append((name, reason.probability))
    return tuple(found)
