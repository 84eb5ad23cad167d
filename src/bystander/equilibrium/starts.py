"""Where a search for equilibria starts: values of pure behaviour, and random values.

Starts take turns among

* values of *pure behaviour*: every action and vote is always or never chosen, drawn at random, beginning with
  nobody ever acting and everybody always acting. V solves the linear equations of that behaviour, up to
  `ROUNDS` passes over the situations: a start needs no more;
* values that are sums of random parts, one for each level of each variable;
* values drawn for each situation on its own,

the last two uniform between what an actor can lose and gain at all:

    max_s (u_i + sum_o rate_o max(J_i(o), 0) + lambda_i log(1 + n_i) / beta_i) / rho_i,    likewise below,

with rates at their largest and n_i own options; the last term, the worth of private shocks, only above.

Cost of a start: `ROUNDS` passes over the options, without exponentials, or one.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout, lay_out
from bystander.game.arrays import Float, Game, MoveType
from bystander.numerics.jit import kernel

ROUNDS = 20
ALL_SETS = 5
DECIDED, CHOSEN = int(MoveType.DECISION), int(MoveType.ACTION)


def draw_start(game: Game, random: Generator, number: int) -> Float:
    """Draw the values ``(N, A)`` of start ``number``; 0 is of nobody ever acting, 3 of everybody always."""
    kind, turn = number % 3, number // 3
    if kind == 0:
        chosen = np.full(len(game.moves), turn == 1) if turn < 2 else random.random(len(game.moves)) < 0.5
        return pure_values(game, chosen)
    low, high = bounds(game)
    if kind == 2:
        return low + (high - low) * random.random((game.size, len(game.actors)))
    shares = np.zeros((game.size, len(game.actors)))
    for f, names in enumerate(game.situations.level_names):
        shares += random.random((len(names), len(game.actors)))[game.situations.levels[:, f]]
    return low + (high - low) * shares / len(game.situations.level_names)


def lone_starts(game: Game) -> list[Float]:
    """Values of some owners of moves always acting and the others never.

    Of each owner alone and of all but each; of every set of owners up to `ALL_SETS` of them.
    """
    owners = sorted({m.owner for m in game.moves if m.type != MoveType.HAZARD})
    owned = [np.array([m.owner == owner for m in game.moves]) for owner in owners]
    if len(owners) > ALL_SETS:
        return [pure_values(game, chosen) for own in owned for chosen in (own, ~own)]
    sets = [pick for count in range(1, len(owners) + 1) for pick in combinations(owned, count)]
    return [pure_values(game, np.any(pick, axis=0)) for pick in sets]


def pure_values(game: Game, chosen: NDArray[np.bool_]) -> Float:
    """Values of everyone always, or never, choosing each move, ``chosen`` ``(M,)``.

    An actor that chooses several actions picks one of them evenly.
    """
    return np.asarray(_pure_values(lay_out(game), np.ascontiguousarray(chosen[game.structure.kind_move])))


def bounds(game: Game) -> tuple[Float, Float]:
    """Least and greatest value that any behaviour can give each actor, ``(A,)`` each."""
    rationality = game.numbers.rationality
    shocks = np.zeros(len(rationality))
    if game.shocks == "private":
        shocks[rationality > 0.0] = 1.0 / rationality[rationality > 0.0]
    low, high = _extremes(lay_out(game), shocks)
    return low / game.numbers.discount, high / game.numbers.discount


@kernel(fuse=True)
def _pure_values(game: Layout, chosen: NDArray[np.bool_]) -> Float:
    n, actors = len(game.option_start) - 1, len(game.discount)
    values = np.zeros((n, actors))
    income = np.zeros((n, actors))
    leaving = np.zeros(n)
    rate = np.zeros(len(game.option_kind))
    count = np.zeros(actors)
    for s in range(n):
        count[:] = 0.0
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if game.kind_type[k] == CHOSEN and chosen[k]:
                count[game.kind_owner[k]] += 1.0
        for f in range(len(game.flow_actor)):
            income[s, game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if game.kind_type[k] == CHOSEN:
                j = game.kind_owner[k]
                rate[o] = game.pace[game.pace_context[s], j] / count[j] if chosen[k] else 0.0
            elif game.kind_type[k] != DECIDED or chosen[k]:
                rate[o] = game.rate[k]
            leaving[s] += rate[o]
            for i in range(actors):
                income[s, i] += rate[o] * game.impact[k, i]
    total = np.empty(actors)
    for _ in range(ROUNDS):
        for s in range(n):
            total[:] = income[s]
            branch = game.target_start[s]
            for o in range(game.option_start[s], game.option_start[s + 1]):
                k = game.option_kind[o]
                for b in range(game.kind_branches[k]):
                    weight = rate[o] * game.chance[k, b]
                    if weight > 0.0:
                        target = game.targets[branch + b]
                        for i in range(actors):
                            total[i] += weight * values[target, i]
                branch += game.kind_branches[k]
            for i in range(actors):
                values[s, i] = total[i] / (game.discount[i] + leaving[s])
    return values


@kernel
def _extremes(game: Layout, shocks: Float) -> tuple[Float, Float]:
    """Least and greatest flow of worth that each actor can have anywhere, ``(A,)`` each, per day."""
    n, actors = len(game.option_start) - 1, len(game.discount)
    low, high = np.full(actors, np.inf), np.full(actors, -np.inf)
    least, most, count = np.empty(actors), np.empty(actors), np.empty(actors)
    for s in range(n):
        least[:] = 0.0
        count[:] = 0.0
        for f in range(len(game.flow_actor)):
            least[game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        most[:] = least
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            rate = game.rate[k]
            if game.kind_type[k] == CHOSEN:
                rate = game.pace[game.pace_context[s], game.kind_owner[k]]
                count[game.kind_owner[k]] += 1.0
            for i in range(actors):
                least[i] += rate * min(game.impact[k, i], 0.0)
                most[i] += rate * max(game.impact[k, i], 0.0)
        for i in range(actors):
            most[i] += game.pace[game.pace_context[s], i] * np.log1p(count[i]) * shocks[i]
            low[i] = min(low[i], least[i])
            high[i] = max(high[i], most[i])
    return low, high
