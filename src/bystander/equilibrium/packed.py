"""A game laid out for the solver's kernels: rows padded, kinds flattened, every array read-only.

Values of all actors in one situation are one row of ``lanes`` numbers, the number of actors rounded up so
that a row fills vector registers and whole cache lines: 1, 2, 4, then multiples of 4. The padding has no
flow, no impact and discount 1, so its values stay 0. Numba sees the width of a row as a constant of the
compiled code because it is passed as the length of a tuple (`Packed.lanes`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Byte, Float, Game, Int32, Int64, MoveType

Unsigned = NDArray[np.unsignedinteger]

HAZARD = -1
DECISION = -2


class Packed(NamedTuple):
    """The arrays a kernel reads; see `bystander.game.arrays` for the letters in the shapes.

    Attributes
    ----------
    lanes
        A tuple whose length is the width L of a row.
    option_start, option_kind, target_start, targets
        As in `Structure`; unsigned, which spares kernels a test for negative indices.
    kind_type, kind_owner, kind_branches
        ``(K,)`` the move's entries, by kind.
    kind_actor
        ``(K,)`` the actor of an action, `DECISION` or `HAZARD`.
    rate, chance, vote_weight, vote_quota, pace_context
        As in `Numbers` and `Structure`.
    impact
        ``(K, L)``.
    pace
        ``(C, L)`` per day.
    flow
        ``(N, L)`` worth per day.
    discount
        ``(L,)`` per day.
    precision
        ``(L,)`` rationality.
    softness
        ``(L,)`` worth of one unit of entropy: 1 / rationality; 0 under ``noise`` or where rationality is 0.
    sizes
        ``(3,)`` most options in a situation, most branches of a move, largest vote quota.
    """

    lanes: tuple[int, ...]
    option_start: Unsigned
    option_kind: Unsigned
    target_start: Unsigned
    targets: Unsigned
    kind_type: Byte
    kind_owner: Int32
    kind_branches: Int32
    kind_actor: Int32
    rate: Float
    chance: Float
    vote_weight: Int32
    vote_quota: Int32
    impact: Float
    pace_context: Unsigned
    pace: Float
    flow: Float
    discount: Float
    precision: Float
    softness: Float
    sizes: Int64


def row_width(actors: int) -> int:
    """Return the number of lanes that hold a row of one value per actor."""
    if actors <= 2:
        return actors
    return -(-actors // 4) * 4


def pack(game: Game) -> Packed:
    """Lay a game out for the kernels.

    Parameters
    ----------
    game
        The compiled game; its large arrays are shared, except that flow is added up over interests.

    Returns
    -------
    Packed
        Cost: one pass over the flow table, ``8 N L`` bytes.
    """
    structure, numbers = game.structure, game.numbers
    actors = len(game.actors)
    width = row_width(actors)
    flow = np.zeros((game.size, width))
    for column, actor in enumerate(structure.flow_actor):
        flow[:, actor] += numbers.flow_worth[structure.flow_context[:, column]]
    kind_type, owner = structure.move_type[structure.kind_move], structure.move_owner[structure.kind_move]
    actor = np.where(
        kind_type == MoveType.ACTION, owner, np.where(kind_type == MoveType.HAZARD, HAZARD, DECISION)
    )
    rational = numbers.rationality > 0.0
    worth_of_entropy = np.zeros(actors)
    if game.shocks == "private":
        worth_of_entropy[rational] = 1.0 / numbers.rationality[rational]
    options = int(np.diff(structure.option_start).max(initial=0))
    sizes = (options, numbers.chance.shape[1], int(numbers.vote_quota.max(initial=1)))
    return Packed(
        lanes=(0,) * width,
        option_start=_fixed(structure.option_start.view(np.uint64), np.uint64),
        option_kind=_fixed(structure.option_kind.view(np.uint32), np.uint32),
        target_start=_fixed(structure.target_start.view(np.uint64), np.uint64),
        targets=_fixed(structure.targets.view(np.uint32), np.uint32),
        kind_type=_fixed(kind_type, np.uint8),
        kind_owner=_fixed(owner, np.int32),
        kind_branches=_fixed(structure.move_branches[structure.kind_move], np.int32),
        kind_actor=_fixed(actor, np.int32),
        rate=_fixed(numbers.rate, np.float64),
        chance=_fixed(numbers.chance, np.float64),
        vote_weight=_fixed(numbers.vote_weight, np.int32),
        vote_quota=_fixed(numbers.vote_quota, np.int32),
        impact=_fixed(_padded(numbers.impact, width), np.float64),
        pace_context=_fixed(structure.pace_context.view(np.uint32), np.uint32),
        pace=_fixed(_padded(numbers.pace, width), np.float64),
        flow=_fixed(flow, np.float64),
        discount=_fixed(_padded(numbers.discount, width, 1.0), np.float64),
        precision=_fixed(_padded(numbers.rationality, width), np.float64),
        softness=_fixed(_padded(worth_of_entropy, width), np.float64),
        sizes=_fixed(np.array(sizes), np.int64),
    )


def _padded(array: NDArray[Any], width: int, filling: float = 0.0) -> NDArray[Any]:
    """Fill the last axis up to ``width``."""
    out = np.full((*array.shape[:-1], width), filling, dtype=array.dtype)
    out[..., : array.shape[-1]] = array
    return out


def _fixed(array: NDArray[Any], kind: type[np.generic]) -> Any:
    """Return a contiguous read-only view: one array type, hence one compilation, for every game."""
    view = np.ascontiguousarray(array, dtype=kind).view()
    view.flags.writeable = False
    return view
