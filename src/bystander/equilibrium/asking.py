"""Where a question about a move arises: its options, their situations, and how much time is spent there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError
from bystander.game.arrays import Game

Array = NDArray[Any]


def move_index(game: Game, name: str) -> int:
    """Return the number of a move given as ``owner.move``."""
    names = [move.name for move in game.moves]
    if name not in names:
        close = get_close_matches(name, names, 1)
        hint = f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(names[:20])}."
        raise QueryError(f"There is no move '{name}' in this scenario.{hint}")
    return names.index(name)


def options_of(game: Game, move: int) -> tuple[Array, Array]:
    """Return the options of a move and the situation of each."""
    shape = game.structure
    options = np.flatnonzero(shape.kind_move[shape.option_kind] == move)
    places = np.searchsorted(shape.option_start, options, side="right") - 1
    return options, places


def normalised(weights: Array, size: int, given: str) -> Array:
    """Return weights made to sum to 1.

    Raises
    ------
    QueryError
        If they are no weights, or all zero.
    """
    w = np.asarray(weights, dtype=float)
    if w.shape != (size,) or not np.isfinite(w).all() or (w < 0.0).any():
        raise QueryError(f"Weights must be {size} numbers of at least 0, one for each situation.")
    total = float(w.sum())
    if not total > 0.0:
        where = given or "the question arises"
        raise QueryError(f"No time is spent where {where}: there is nothing to explain.")
    return w / total
