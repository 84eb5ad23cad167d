"""A game laid out for the solver's kernels: rows padded, kinds flattened, every array read-only.

Values of all actors in one situation are one row of ``lanes`` numbers, the number of actors rounded up so
that a row fills vector registers and whole cache lines: 1, 2, 4, then multiples of 4. The padding has no
flow, no impact and discount 1, so its values stay 0. Numba sees the width of a row as a constant of the
compiled code because it is passed as the length of a tuple (`Packed.lanes`).

Habits (docs/theory/game.md). At an opportunity of j every option has a weight H, and waiting has H_w:

    shocks: control    H_a = h_a where stated, else H_w,  H_w = (1 - sum of stated h) / (1 + number unstated)
    otherwise          H_a = H_w = 1

over the options open there, so that under control they sum to 1; choices are P_a ~ H_a exp(x_a). A vote has
yes weight h and no weight 1 - h under control, 1 and 1 otherwise; kernels want ``tilt``, the log of their
ratio, and ``base``, the log of the no weight.

A game as the kernels of responses and explanations read it: plain tables over kinds, read-only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Byte, Float, Game, Int32, Int64, MoveType
from bystander.numerics.jit import kernel, read_only

Unsigned = NDArray[np.unsignedinteger]
HAZARD = -1
DECISION = -2
Array = NDArray[Any]


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
        ``(L,)`` worth of one unit of relative entropy: 1 / rationality; 0 under ``noise`` or where that is 0.
    weight, claim, free
        ``(K,)`` of actions: the weight H where it is known by itself (else 0), how much of it is taken from
        waiting, and 1 where it is shared out evenly with waiting.
    tilt, base
        ``(K, L)`` of votes.
    levels
        ``(N, V)`` of each situation.
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
    weight: Float
    claim: Float
    free: Float
    tilt: Float
    base: Float
    levels: Byte
    sizes: Int64


class Habits(NamedTuple):
    """Habits as kernels read them, by kind; see `Packed`.

    ``tilting`` ``(K, A)`` is the derivative of ``tilt`` in the habit of a vote: 0 where habits do not count.
    """

    weight: Float
    claim: Float
    free: Float
    tilt: Float
    base: Float
    tilting: Float


def habits_of(game: Game) -> Habits:
    """Weigh the options and votes of a game under its convention; the module says how."""
    structure, numbers = game.structure, game.numbers
    action = structure.move_type[structure.kind_move] == MoveType.ACTION
    nothing, none = np.zeros(len(action)), np.zeros(numbers.vote_habit.shape)
    if game.shocks != "control":
        return Habits(action.astype(float), nothing, nothing, none, none, none)
    habitual = structure.move_habitual[structure.kind_move]
    stated = np.where(habitual, numbers.habit, 0.0)
    yes, no = numbers.vote_habit, 1.0 - numbers.vote_habit
    free = (action & ~habitual).astype(float)
    return Habits(stated, stated, free, np.log(yes / no), np.log(no), 1.0 / (yes * no))


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
    _add_up(
        read_only(structure.flow_actor, np.int32),
        read_only(structure.flow_context, np.int32),
        read_only(numbers.flow_worth, np.float64),
        flow,
    )
    kind_type, owner = structure.move_type[structure.kind_move], structure.move_owner[structure.kind_move]
    actor = np.where(
        kind_type == MoveType.ACTION, owner, np.where(kind_type == MoveType.HAZARD, HAZARD, DECISION)
    )
    rational = numbers.rationality > 0.0
    worth_of_entropy = np.zeros(actors)
    if game.shocks != "noise":
        worth_of_entropy[rational] = 1.0 / numbers.rationality[rational]
    options = int(np.diff(structure.option_start).max(initial=0))
    sizes = (options, numbers.chance.shape[1], int(numbers.vote_quota.max(initial=1)))
    habits = habits_of(game)
    return Packed(
        lanes=(0,) * width,
        option_start=read_only(structure.option_start.view(np.uint64), np.uint64),
        option_kind=read_only(structure.option_kind.view(np.uint32), np.uint32),
        target_start=read_only(structure.target_start.view(np.uint64), np.uint64),
        targets=read_only(structure.targets.view(np.uint32), np.uint32),
        kind_type=read_only(kind_type, np.uint8),
        kind_owner=read_only(owner, np.int32),
        kind_branches=read_only(structure.move_branches[structure.kind_move], np.int32),
        kind_actor=read_only(actor, np.int32),
        rate=read_only(numbers.rate, np.float64),
        chance=read_only(numbers.chance, np.float64),
        vote_weight=read_only(numbers.vote_weight, np.int32),
        vote_quota=read_only(numbers.vote_quota, np.int32),
        impact=read_only(_padded(numbers.impact, width), np.float64),
        pace_context=read_only(structure.pace_context.view(np.uint32), np.uint32),
        pace=read_only(_padded(numbers.pace, width), np.float64),
        flow=read_only(flow, np.float64),
        discount=read_only(_padded(numbers.discount, width, 1.0), np.float64),
        precision=read_only(_padded(numbers.rationality, width), np.float64),
        softness=read_only(_padded(worth_of_entropy, width), np.float64),
        weight=read_only(habits.weight, np.float64),
        claim=read_only(habits.claim, np.float64),
        free=read_only(habits.free, np.float64),
        tilt=read_only(_padded(habits.tilt, width), np.float64),
        base=read_only(_padded(habits.base, width), np.float64),
        levels=read_only(game.situations.levels, np.uint8),
        sizes=read_only(np.array(sizes), np.int64),
    )


@kernel
def _add_up(actor: Int32, context: Int32, worth: Float, flow: Float) -> None:
    """Add the worth of every interest that holds in a situation to the flow of its actor."""
    for s in range(len(flow)):
        for f in range(len(actor)):
            flow[s, actor[f]] += worth[context[s, f]]


def _padded(array: NDArray[Any], width: int, filling: float = 0.0) -> NDArray[Any]:
    """Fill the last axis up to ``width``."""
    out = np.full((*array.shape[:-1], width), filling, dtype=array.dtype)
    out[..., : array.shape[-1]] = array
    return out


class Layout(NamedTuple):
    """Arrays of a game; the letters of the shapes are those of `bystander.game.arrays`.

    Attributes
    ----------
    kind_type, kind_owner, kind_branches
        ``(K,)`` the move's entries, by kind.
    precision
        ``(A,)`` rationality.
    weight, claim, free, tilt, base, tilting
        See `Habits`.
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
    weight: Array
    claim: Array
    free: Array
    tilt: Array
    base: Array
    tilting: Array
    sizes: Array


def lay_out(game: Game) -> Layout:
    """Lay a game out; nothing is copied but small tables."""
    shape, numbers = game.structure, game.numbers
    options = int(np.diff(shape.option_start).max(initial=0))
    kind, habits = shape.kind_move, habits_of(game)
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
        read_only(habits.weight, np.float64),
        read_only(habits.claim, np.float64),
        read_only(habits.free, np.float64),
        read_only(habits.tilt, np.float64),
        read_only(habits.base, np.float64),
        read_only(habits.tilting, np.float64),
        read_only(np.array([options, numbers.vote_quota.max(initial=1)]), np.int64),
    )
