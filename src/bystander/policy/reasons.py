"""Why someone acts or stands by, asked of a solved scenario in its own words.

The question arises under a condition (``given``; the scenario's own by default). Situations are weighted by
where the process then is: the expected days it spends in each, from the first onset of the condition on and
up to the horizon, counting only days on which the condition holds. Without a condition the clock starts with
the scenario. The arithmetic of reasons is in `bystander.equilibrium.explain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.blocking import blocked
from bystander.equilibrium.explain import Question, explain_all, sharpen
from bystander.equilibrium.reasons import Reason
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import MoveType
from bystander.game.masks import mask, move_index
from bystander.numerics.transients import forward_course
from bystander.process.clocks import Clocks
from bystander.process.outcomes import make_clocks
from bystander.scenario.expressions import Expr, to_text

Array = NDArray[Any]


def explain(
    equilibrium: Equilibrium, move: str, *, given: str | Expr | None = None, clocks: Clocks | None = None
) -> tuple[Reason, ...]:
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
    return explain_moves(equilibrium, [move], given=given, clocks=clocks)


def explain_moves(
    equilibrium: Equilibrium,
    moves: Iterable[str] | None = None,
    *,
    given: str | Expr | None = None,
    clocks: Clocks | None = None,
    skip: bool = False,
) -> tuple[Reason, ...]:
    """Explain several moves under one condition; all actions and decisions that are ever possible if None.

    With ``skip``, actions that are never possible under the condition are left out instead of refused.
    """
    game = equilibrium.game
    clocks = clocks or make_clocks(equilibrium)
    condition = _condition(equilibrium, given)
    weights = occupancy(clocks, condition)
    text = condition if isinstance(condition, str) else "" if condition is None else to_text(condition)
    sharp = sharpen(equilibrium)
    skip = skip or moves is None
    names = [m.name for m in game.moves if m.type is not MoveType.HAZARD] if moves is None else list(moves)
    questions, blocks = [], {}
    for name in names:
        m = move_index(game, name)
        if game.moves[m].type is MoveType.DECISION:
            blocks[name] = blocked(sharp, name, weights, text)
            questions += [Question(name, weights, v, text) for v in _voters(equilibrium, m, weights)]
        elif not skip or _possible(equilibrium, m, weights).size:
            questions.append(Question(name, weights, given=text))
    found = explain_all(sharp, questions)
    reasons: list[Reason] = []
    for name in names:
        if name in blocks:
            reasons.append(blocks[name])
        reasons += [r for q, r in zip(questions, found, strict=True) if q.move == name]
    return tuple(reasons)


def occupancy(clocks: Clocks, given: str | Expr | None) -> Array:
    """Return the expected days in each situation in which a condition holds, from its onset to the horizon.

    Raises
    ------
    QueryError
        If the condition never comes to hold by the horizon.
    """
    clocks.require_lasting("Time spent in each situation")
    chain = clocks.chain
    clock = clocks.at(given)
    nothing = np.zeros((chain.size, 0))
    until = np.array([clocks.horizon])
    course = forward_course(
        chain.transposed, clock.start, clocks.horizon, nothing, until=until, epsilon=clocks.epsilon
    )
    days = np.maximum(course.until[0], 0.0)
    return np.where(mask(chain.game, given), days, 0.0) if given else days


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
    shape = equilibrium.game.structure
    options = np.flatnonzero(shape.kind_move[shape.option_kind] == move)
    places = np.searchsorted(shape.option_start, options, side="right") - 1
    return np.asarray(options[weights[places] > 0.0])


def _voters(equilibrium: Equilibrium, move: int, weights: Array) -> Sequence[str]:
    """Members that vote on a decision somewhere with weight."""
    game = equilibrium.game
    kinds = game.structure.option_kind[_possible(equilibrium, move, weights)]
    votes = game.numbers.vote_weight[np.unique(kinds)].max(axis=0, initial=0) > 0
    return [actor for actor, ever in zip(game.actors, votes.tolist(), strict=True) if ever]
