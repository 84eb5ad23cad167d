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

from bystander.game.arrays import Byte, Float, Game, Int32, Int64


class Packed(NamedTuple):
    """The arrays a kernel reads; see `bystander.game.arrays` for the letters in the shapes.

    Attributes
    ----------
    lanes
        A tuple whose length is the width L of a row.
    option_start, option_kind, target_start, targets
        As in `Structure`.
    kind_type, kind_owner, kind_branches
        ``(K,)`` the move's entries, by kind.
    rate, chance, vote_weight, vote_quota, pace_context, pace
        As in `Numbers` and `Structure`.
    impact
        ``(K, L)``.
    flow
        ``(N, L)`` flow worth per day.
    discount
        ``(L,)`` per day.
    precision
        ``(A,)`` rationality.
    sizes
        ``(3,)`` most options in a situation, most branches of a move, largest vote quota.
    private
        Whether shocks count as worth.
    """

    lanes: tuple[int, ...]
    option_start: Int64
    option_kind: Int32
    target_start: Int64
    targets: Int32
    kind_type: Byte
    kind_owner: Int32
    kind_branches: Int32
    rate: Float
    chance: Float
    impact: Float
    vote_weight: Int32
    vote_quota: Int32
    pace_context: Int32
    pace: Float
    flow: Float
    discount: Float
    precision: Float
    sizes: Int64
    private: bool


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
        The compiled game; its arrays are shared, not copied, except for flow and impact.

    Returns
    -------
    Packed
        Cost: one pass over the flow table, ``8 N L`` bytes.
    """
    structure, numbers = game.structure, game.numbers
    actors = len(game.actors)
    width = row_width(actors)
    flow = np.zeros((game.size, width))
    flow[:, :actors] = game.flow()
    impact = np.zeros((len(numbers.rate), width))
    impact[:, :actors] = numbers.impact
    discount = np.ones(width)
    discount[:actors] = numbers.discount
    options = int(np.diff(structure.option_start).max(initial=0))
    kind = structure.kind_move
    return Packed(
        lanes=(0,) * width,
        option_start=_fixed(structure.option_start, np.int64),
        option_kind=_fixed(structure.option_kind, np.int32),
        target_start=_fixed(structure.target_start, np.int64),
        targets=_fixed(structure.targets, np.int32),
        kind_type=_fixed(structure.move_type[kind], np.uint8),
        kind_owner=_fixed(structure.move_owner[kind], np.int32),
        kind_branches=_fixed(structure.move_branches[kind], np.int32),
        rate=_fixed(numbers.rate, np.float64),
        chance=_fixed(numbers.chance, np.float64),
        impact=_fixed(impact, np.float64),
        vote_weight=_fixed(numbers.vote_weight, np.int32),
        vote_quota=_fixed(numbers.vote_quota, np.int32),
        pace_context=_fixed(structure.pace_context, np.int32),
        pace=_fixed(numbers.pace, np.float64),
        flow=_fixed(flow, np.float64),
        discount=_fixed(discount, np.float64),
        precision=_fixed(numbers.rationality, np.float64),
        sizes=_fixed(
            np.array([options, numbers.chance.shape[1], numbers.vote_quota.max(initial=1)]), np.int64
        ),
        private=game.shocks == "private",
    )


def _fixed(array: NDArray[np.generic], kind: type[np.generic]) -> Any:
    """Return a contiguous read-only view: one array type, hence one compilation, for every game."""
    view = np.ascontiguousarray(array, dtype=kind).view()
    view.flags.writeable = False
    return view
