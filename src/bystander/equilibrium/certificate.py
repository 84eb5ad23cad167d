"""Evidence for a solution, recomputed from the game alone.

This module shares no code with the solver: it writes the value equations of model.md, sections 2 and 3,
in plain array arithmetic. For actor i in situation s their *defect*, a worth per day, is

    e_i(s) = u_i - rho_i V_i + sum_h q_h g_i(h) + sum_{j != i} lambda_j sum_a P_j(a) g_i(a)
           + lambda_i (M_i - V_i) + sum_d lambda_d [piv_i G(D_i) + without_i D_i]          (voters)
           + sum_d lambda_d A g_i(d)                                                       (others)

with g_i(o) = impact + E V_i(target) - V_i(s), and G(D) = softplus(D / sigma) sigma under private shocks, y
D under noise.

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

from bystander.equilibrium.ballots import Ballot, ballots_of, count, yes_chances
from bystander.equilibrium.result import Certificate
from bystander.game.arrays import Float, Game, Int32, Int64, MoveType
from bystander.numerics.workers import ranges, run_ranges

CHUNK = 1024


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

    def extremes(first: int, end: int) -> tuple[float, Float, Float]:
        defect, leaving = defects(game, values, np.arange(first, end))
        change = np.abs(defect / (game.numbers.discount + leaving[:, None])).max()
        return float(change), defect.max(0), defect.min(0)

    changes, highs, lows = zip(*run_ranges(extremes, ranges(game.size, -(-game.size // CHUNK))), strict=True)
    residual, high, low = max(changes), np.max(highs, axis=0), np.min(lows, axis=0)
    below = np.maximum(-low, 0.0) / game.numbers.discount
    if game.shocks == "private":
        gain = np.maximum(high, 0.0) / game.numbers.discount
    else:
        from bystander.equilibrium.best_response import best_gains

        gain = best_gains(game, values)
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
    starts = structure.option_start[rows[0] : rows[-1] + 2]
    kind = structure.option_kind[starts[0] : starts[-1]]
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(n), np.diff(starts))
    here = values[rows]
    gain = expected_worth(game, values, kind, int(structure.target_start[rows[0]]))
    gain -= np.take(here, place, axis=0)
    sort, owner = structure.move_type[move], structure.move_owner[move]
    pace = numbers.pace[structure.pace_context[rows]]
    rate = np.where(sort == MoveType.HAZARD, numbers.rate[kind], 0.0)
    felt = np.ones((len(kind), actors))
    defect = -numbers.discount * here
    for column, actor in enumerate(structure.flow_actor):
        defect[:, actor] += numbers.flow_worth[structure.flow_context[rows, column]]

    for actor in range(actors):
        own = np.flatnonzero((sort == MoveType.ACTION) & (owner == actor))
        if own.size:
            chance, value, where = _opportunity(game, gain[own, actor], place[own], actor)
            rate[own] = pace[place[own], actor] * chance
            felt[own, actor] = 0.0
            defect[where, actor] += pace[where, actor] * value

    votes = np.flatnonzero(sort == MoveType.DECISION)
    for ballot in ballots_of(game):
        chosen = votes[ballot.kinds[kind[votes]]]
        if chosen.size:
            proposed = numbers.rate[kind[chosen]]
            adopted, worth = _vote(game, gain[chosen], ballot)
            rate[chosen] = proposed * adopted
            felt[np.ix_(chosen, ballot.voters)] = 0.0
            np.add.at(defect, place[chosen], proposed[:, None] * worth)

    filled = np.flatnonzero(np.diff(starts))
    leaving = np.zeros(n)
    if filled.size:
        first = (starts[:-1] - starts[0])[filled]
        gain *= felt
        gain *= rate[:, None]
        defect[filled] += np.add.reduceat(gain, first, axis=0)
        leaving[filled] = np.add.reduceat(rate, first)
    return defect, leaving


def expected_worth(game: Game, values: Float, kind: Int32, first_entry: int) -> Float:
    """Impact plus expected value of where consecutive options lead, one row each."""
    structure, numbers = game.structure, game.numbers
    counts = structure.move_branches[structure.kind_move[kind]].astype(np.int64)
    entry = first_entry + np.cumsum(counts) - counts
    worth = np.take(numbers.impact, kind, axis=0)
    for branch in range(int(counts.max(initial=0))):
        has = np.flatnonzero(counts > branch)
        ahead = np.take(values, structure.targets[entry[has] + branch], axis=0)
        ahead *= numbers.chance[kind[has], branch, None]
        if has.size == len(kind):
            worth += ahead
        else:
            worth[has] += ahead
    return worth


def _opportunity(game: Game, gain: Float, place: Int64, actor: int) -> tuple[Float, Float, Int64]:
    """Logit choice probabilities of one actor's options, M - V in each situation that has some, and these."""
    precision = game.numbers.rationality[actor]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    group = np.repeat(np.arange(len(first)), np.diff(first, append=len(place)))
    z = precision * gain
    top = np.maximum(np.maximum.reduceat(z, first), 0.0)
    weight = np.exp(z - top[group])
    total = np.exp(-top) + np.add.reduceat(weight, first)
    chance = weight / total[group]
    if game.shocks == "private" and precision > 0:
        return chance, (top + np.log(total)) / precision, place[first]
    return chance, np.add.reduceat(chance * gain, first), place[first]


def _vote(game: Game, gain: Float, ballot: Ballot) -> tuple[Float, Float]:
    """Adoption ``(n,)``, and the worth of the vote to those who cast one ``(n, A)``, zero for others."""
    numbers = game.numbers
    yes = yes_chances(game, gain)
    adopted, pivot, without = count(ballot, yes)
    decisive = yes * gain
    shocked = np.flatnonzero((numbers.rationality > 0) & (game.shocks == "private"))
    logit = numbers.rationality[shocked] * gain[:, shocked]
    decisive[:, shocked] = np.logaddexp(0.0, logit) / numbers.rationality[shocked]
    return adopted, pivot * decisive + without * gain
