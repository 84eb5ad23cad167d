"""Evidence for a solution, recomputed from the game alone.

This module shares no code with the solver: it writes the value equations of model.md, sections 2 and 3,
in plain array arithmetic. For actor i in situation s their *defect*, a worth per day, is

    e_i(s) = u_i - rho_i V_i + sum_h q_h g_i(h) + sum_{j != i} lambda_j sum_a P_j(a) g_i(a)
           + lambda_i (M_i - V_i) + sum_d lambda_d [piv_i G(D_i) + without_i D_i]          (voters)
           + sum_d lambda_d A g_i(d)                                                       (others)

with g_i(o) = impact + E V_i(target) - V_i(s), and G(D) = softplus(D / sigma) sigma under private shocks, y D under noise.

*Residual*: max |e_i(s)| / (rho_i + total rate of leaving s): the change one application of the
contraction makes.

*Regret*: with the others' behaviour held, i faces a decision problem whose best value W_i obeys the same
equation with the best of i's choices, a contraction with modulus below 1 in continuous time at rate
rho_i. Hence W_i - V_i <= max e+ / rho_i for the defect e of that best-choice equation at V_i, and the
worth U_i of i's actual behaviour obeys V_i - U_i <= max e- / rho_i for the defect at actual behaviour.
Under private shocks the two equations are the same one, log-sum-exp being the best a chooser who sees its
shocks can get, and voting one's preference being best: regret_i <= (max e+ + max e-) / rho_i. Under noise
shocks move choices but are worth nothing, so that a player who ignored them would gain: the best-choice
problem is solved (`bystander.equilibrium.best_response`) and regret is the gain it finds, plus its own
defect bound.

Bounds hold in exact arithmetic; rounding adds about 1e-15 times the largest value over rho.
"""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.result import Certificate
from bystander.game.arrays import Float, Game, Int64, MoveType

CHUNK = 8192


def certify(game: Game, values: Float) -> Certificate:
    """Recompute residual and regret of values.

    Parameters
    ----------
    game
        The compiled game.
    values
        ``(N, A)`` worth.

    Returns
    -------
    Certificate
        Infinite entries where a value is not finite.
    """
    if not np.isfinite(values).all():
        return Certificate(np.inf, (np.inf,) * len(game.actors))
    actors = len(game.actors)
    high, low = np.full(actors, -np.inf), np.full(actors, np.inf)
    residual = 0.0
    for first in range(0, game.size, CHUNK):
        rows = np.arange(first, min(first + CHUNK, game.size))
        defect, leaving = defects(game, values, rows)
        residual = max(residual, float(np.abs(defect / (game.numbers.discount + leaving[:, None])).max()))
        high, low = np.maximum(high, defect.max(0)), np.minimum(low, defect.min(0))
    below = np.maximum(-low, 0.0) / game.numbers.discount
    if game.shocks == "private":
        gain = np.maximum(high, 0.0) / game.numbers.discount
    else:
        from bystander.equilibrium.best_response import best_gain

        gain = np.array([best_gain(game, values, actor) for actor in range(actors)])
    return Certificate(residual, tuple((gain + below).tolist()))


def defects(game: Game, values: Float, rows: Int64) -> tuple[Float, Float]:
    """Defects of the value equations in a range of situations, and the rate of leaving each.

    Parameters
    ----------
    game
        The compiled game.
    values
        ``(N, A)`` worth.
    rows
        ``(n,)`` consecutive situations.

    Returns
    -------
    tuple
        ``(n, A)`` worth per day, and ``(n,)`` per day.
    """
    structure, numbers = game.structure, game.numbers
    n, actors = len(rows), len(game.actors)
    option_first, option_end = structure.option_start[rows[0]], structure.option_start[rows[-1] + 1]
    kind = structure.option_kind[option_first:option_end]
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(n), np.diff(structure.option_start[rows[0] : rows[-1] + 2]))
    worth = numbers.impact[kind]
    counts = structure.move_branches[move]
    entry = structure.target_start[rows[0]] + np.cumsum(counts) - counts
    for branch in range(int(counts.max(initial=0))):
        has = counts > branch
        ahead = values[structure.targets[entry[has] + branch]]
        worth[has] += numbers.chance[kind[has], branch, None] * ahead
    here = values[rows]
    gain = worth - here[place]
    kinds_of_move = structure.move_type[move]
    rate = np.where(kinds_of_move == MoveType.HAZARD, numbers.rate[kind], 0.0)
    other = np.ones((len(kind), actors), bool)
    defect = np.zeros((n, actors))
    defect[:] = -numbers.discount * here
    for column, actor in enumerate(structure.flow_actor):
        defect[:, actor] += numbers.flow_worth[structure.flow_context[rows, column]]
    pace = numbers.pace[structure.pace_context[rows]]

    for actor in range(actors):
        own = np.flatnonzero((kinds_of_move == MoveType.ACTION) & (structure.move_owner[move] == actor))
        if own.size == 0:
            continue
        chance, value = _opportunity(game, gain[own, actor], place[own], n, numbers.rationality[actor])
        rate[own] = pace[place[own], actor] * chance
        other[own, actor] = False
        defect[:, actor] += pace[:, actor] * value

    votes = np.flatnonzero(kinds_of_move == MoveType.DECISION)
    patterns = np.column_stack([numbers.vote_weight[kind[votes]], numbers.vote_quota[kind[votes]]])
    distinct, which = np.unique(patterns, axis=0, return_inverse=True)
    for index, pattern in enumerate(distinct):
        chosen = votes[which.reshape(-1) == index]
        proposed = numbers.rate[kind[chosen]]
        voters = np.flatnonzero(pattern[:-1])
        adopted, pivot, without, vote_worth = _vote(
            game, gain[chosen], pattern[:-1], int(pattern[-1]), voters
        )
        rate[chosen] = proposed * adopted
        for v, member in enumerate(voters):
            other[chosen, member] = False
            part = proposed * (pivot[v] * vote_worth[v] + without[v] * gain[chosen, member])
            defect[:, member] += np.bincount(place[chosen], part, n)

    for actor in range(actors):
        part = np.where(other[:, actor], rate * gain[:, actor], 0.0)
        defect[:, actor] += np.bincount(place, part, n)
    return defect, np.asarray(np.bincount(place, rate, n), float)


def _opportunity(game: Game, gain: Float, place: Int64, n: int, precision: float) -> tuple[Float, Float]:
    """Logit choice probabilities of one actor's options, and M - V per situation."""
    z = precision * gain
    top = np.zeros(n)
    np.maximum.at(top, place, z)
    weight = np.exp(z - top[place])
    total = np.exp(-top) + np.bincount(place, weight, n)
    chance = weight / total[place]
    if game.shocks == "private" and precision > 0:
        return chance, (top + np.log(total)) / precision
    return chance, np.asarray(np.bincount(place, chance * gain, n), float)


def _vote(
    game: Game, gain: Float, weights: Int64, quota: int, voters: Int64
) -> tuple[Float, list[Float], list[Float], list[Float]]:
    """Adoption, and for every voter its pivot chance, pass-without chance and worth of a decisive vote."""
    yes, worth = [], []
    for member in voters:
        precision = game.numbers.rationality[member]
        z = precision * gain[:, member]
        chance = np.exp(-np.logaddexp(0.0, -z))
        yes.append(chance)
        counts = game.shocks == "private" and precision > 0
        worth.append(np.logaddexp(0.0, z) / precision if counts else chance * gain[:, member])
    pivot, without = [], []
    for v, member in enumerate(voters):
        distribution = _yes_weight(yes, weights, quota, voters, skip=v, rows=len(gain))
        without.append(distribution[quota])
        pivot.append(sum(distribution[max(quota - int(weights[member]), 0) : quota], np.zeros(len(gain))))
    adopted = _yes_weight(yes, weights, quota, voters, skip=-1, rows=len(gain))[quota]
    return adopted, pivot, without, worth


def _yes_weight(
    yes: list[Float], weights: Int64, quota: int, voters: Int64, skip: int, rows: int
) -> list[Float]:
    """Distribution of the yes weight, one array per weight up to ``quota``, which also holds all above it."""
    cells = [np.ones(rows)] + [np.zeros(rows)] * quota
    for v, member in enumerate(voters):
        if v == skip:
            continue
        step = [cell * (1.0 - yes[v]) for cell in cells]
        for cell, mass in enumerate(cells):
            to = min(cell + int(weights[member]), quota)
            step[to] = step[to] + mass * yes[v]
        cells = step
    return cells
