"""Where a search for equilibria starts: values of random pure behaviour, and random values.

Starts take turns among

* values of *pure behaviour*: every action and vote is always or never chosen, drawn at random, beginning with
  nobody ever acting and everybody always acting; V solves the linear equations of that behaviour;
* values that are sums of random parts, one for each level of each variable;
* values drawn for each situation on its own,

the last two uniform between what an actor can lose and gain at all:

    max_s (u_i + sum_o rate_o max(J_i(o), 0) + lambda_i log(1 + n_i) / beta_i) / rho_i,    likewise below,

with rates at their largest and n_i own options; the last term, the worth of private shocks, only above.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bystander.game.arrays import Float, Game, MoveType

EVALUATION_STEPS = 200


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


def pure_values(game: Game, chosen: NDArray[np.bool_]) -> Float:
    """Values of everyone always, or never, choosing each move, ``chosen`` ``(M,)``.

    An actor that chooses several actions picks one of them evenly. The linear equations are iterated
    `EVALUATION_STEPS` times: a start needs no more.
    """
    structure, numbers = game.structure, game.numbers
    kind = structure.option_kind
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    rate = numbers.rate[kind] * np.where(structure.move_type[move] == MoveType.HAZARD, 1.0, chosen[move])
    for actor in range(len(game.actors)):
        own = np.flatnonzero(
            (structure.move_type[move] == MoveType.ACTION)
            & (structure.move_owner[move] == actor)
            & chosen[move]
        )
        shared = np.bincount(place[own], minlength=game.size)[place[own]]
        rate[own] = numbers.pace[structure.pace_context[place[own]], actor] / np.maximum(shared, 1)
    counts = structure.move_branches[move]
    branch = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    option = np.repeat(np.arange(len(kind)), counts)
    flows = rate[option] * numbers.chance[kind[option], branch]
    onward = csr_array((flows, (place[option], structure.targets)), shape=(game.size, game.size))
    income = game.flow()
    np.add.at(income, place, rate[:, None] * numbers.impact[kind])
    scale = numbers.discount + np.bincount(place, rate, game.size)[:, None]
    values = income / scale
    for _ in range(EVALUATION_STEPS):
        values = (income + onward @ values) / scale
    return np.asarray(values)


def bounds(game: Game) -> tuple[Float, Float]:
    """Least and greatest value that any behaviour can give each actor, ``(A,)`` each."""
    structure, numbers = game.structure, game.numbers
    kind = structure.option_kind
    move = structure.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    action = structure.move_type[move] == MoveType.ACTION
    pace = numbers.pace[structure.pace_context]
    rate = numbers.rate[kind]
    rate[action] = pace[place[action], structure.move_owner[move[action]]]
    low, high = game.flow(), game.flow()
    np.add.at(low, place, rate[:, None] * np.minimum(numbers.impact[kind], 0.0))
    np.add.at(high, place, rate[:, None] * np.maximum(numbers.impact[kind], 0.0))
    if game.shocks == "private":
        for actor in np.flatnonzero(numbers.rationality > 0.0):
            own = place[action & (structure.move_owner[move] == actor)]
            options = np.bincount(own, minlength=game.size)
            high[:, actor] += pace[:, actor] * np.log1p(options) / numbers.rationality[actor]
    return low.min(axis=0) / numbers.discount, high.max(axis=0) / numbers.discount
