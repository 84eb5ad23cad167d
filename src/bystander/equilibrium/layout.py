"""A game as the kernels of responses and explanations read it: plain tables over kinds, read-only."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Game
from bystander.numerics.views import read_only

Array = NDArray[Any]


class Layout(NamedTuple):
    """Arrays of a game; the letters of the shapes are those of `bystander.game.arrays`.

    Attributes
    ----------
    kind_type, kind_owner, kind_branches
        ``(K,)`` the move's entries, by kind.
    precision
        ``(A,)`` rationality.
    sizes
        ``(2,)`` most options in a situation, largest vote quota.
    """

    option_start: Array
    option_kind: Array
    target_start: Array
    targets: Array
    kind_type: Array
    kind_owner: Array
    kind_branches: Array
    rate: Array
    chance: Array
    impact: Array
    vote_weight: Array
    vote_quota: Array
    pace_context: Array
    pace: Array
    flow_context: Array
    flow_worth: Array
    flow_actor: Array
    discount: Array
    precision: Array
    sizes: Array


def lay_out(game: Game) -> Layout:
    """Lay a game out; nothing is copied but small tables."""
    shape, numbers = game.structure, game.numbers
    options = int(np.diff(shape.option_start).max(initial=0))
    kind = shape.kind_move
    return Layout(
        read_only(shape.option_start, np.int64),
        read_only(shape.option_kind, np.int32),
        read_only(shape.target_start, np.int64),
        read_only(shape.targets, np.int32),
        read_only(shape.move_type[kind], np.uint8),
        read_only(shape.move_owner[kind], np.int32),
        read_only(shape.move_branches[kind], np.int32),
        read_only(numbers.rate, np.float64),
        read_only(numbers.chance, np.float64),
        read_only(numbers.impact, np.float64),
        read_only(numbers.vote_weight, np.int32),
        read_only(numbers.vote_quota, np.int32),
        read_only(shape.pace_context, np.int32),
        read_only(numbers.pace, np.float64),
        read_only(shape.flow_context, np.int32),
        read_only(numbers.flow_worth, np.float64),
        read_only(shape.flow_actor, np.int32),
        read_only(numbers.discount, np.float64),
        read_only(numbers.rationality, np.float64),
        read_only(np.array([options, numbers.vote_quota.max(initial=1)]), np.int64),
    )
