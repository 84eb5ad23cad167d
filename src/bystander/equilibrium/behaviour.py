"""From values to behaviour: what every owner does in every situation, and how often each option fires."""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.kernels import behave, make_scratch
from bystander.equilibrium.packed import Packed, pack
from bystander.game.arrays import Float, Game
from bystander.numerics.workers import ranges, run_ranges

RANGE_ROWS = 4096


def behaviour(game: Game, values: Float, t: float = 1.0) -> tuple[Float, Float]:
    """Choice probability and rate of every option at given values.

    Parameters
    ----------
    game
        The compiled game.
    values
        ``(N, A)`` worth.
    t
        Tracing parameter; 1 is the game itself, 0 uniform choice.

    Returns
    -------
    tuple
        ``(choice, option_rate)``, each ``(O,)``; see `bystander.equilibrium.result.Equilibrium`.
    """
    packed = pack(game)
    rows = np.zeros((game.size, len(packed.lanes)))
    rows[:, : len(game.actors)] = values
    return packed_behaviour(packed, rows, t)


def packed_behaviour(game: Packed, rows: Float, t: float) -> tuple[Float, Float]:
    """Do what `behaviour` does for padded rows ``(N, L)``."""
    choice = np.empty(len(game.option_kind))
    rate = np.empty(len(game.option_kind))
    parts = ranges(len(rows), -(-len(rows) // RANGE_ROWS))
    run_ranges(
        lambda low, high: behave(game, rows, low, high, float(t), choice, rate, make_scratch(game)), parts
    )
    return choice, rate
