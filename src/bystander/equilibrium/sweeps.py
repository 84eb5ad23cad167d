"""Sweeps: one that lets everyone choose again, and a cheap one that holds behaviour fixed.

With T the map of `bystander.equilibrium.kernels`, a *full* sweep replaces V(s) by T(V)(s) row after row
(Gauss-Seidel), and writes down the behaviour it found on its way. Held fixed, that behaviour turns the value
equations into linear ones, whose sweeps

    V_i(s)  <-  [income_i(s) + sum_b weight_b V_i(target_b)] / (rho_i + leaving(s))

need no exponential and no count of votes: about a tenth of the time. A full sweep followed by some of these
is one step of modified policy iteration (Puterman & Shin 1978, Management Science 24), whose fixed points
are those of the full sweep. What remains for the steps to settle is how strongly actors react to each other;
how far worth travels along chains of events is settled by the cheap sweeps.

Large games are swept in blocks side by side. Within a block rows are read as they are; rows of other blocks,
which change meanwhile, as they stood when the sweep began: from a copy, `shift` rows further on in the same
array. Two copies take turns, so that a block may write down its result for the next sweep while others still
read the last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bystander.equilibrium.kernels import Scratch, place_of, visit
from bystander.equilibrium.packed import Packed
from bystander.game.arrays import Float
from bystander.numerics.jit import kernel
from bystander.numerics.rows import distance, larger, load_row, max_row, store_row, sum_row


class Held(NamedTuple):
    """Behaviour held fixed: the value equations as linear ones.

    Attributes
    ----------
    income
        ``(N, L)`` worth per day that does not depend on where the process goes.
    weights
        ``(B,)`` rate of each branch, per day.
    leaving
        ``(N,)`` sum of the rates of the options of each situation, per day.
    """

    income: Float
    weights: Float
    leaving: Float


def make_held(game: Packed) -> Held:
    """Allocate room for the behaviour of a game: ``8 (B + N (L + 1))`` bytes."""
    size = len(game.pace_context)
    return Held(np.zeros((size, len(game.lanes))), np.zeros(len(game.targets)), np.zeros(size))


@kernel(fast=True, borrow=True)
def sweep(
    game: Packed, values: Float, low: int, high: int, shift: int, t: float, scratch: Scratch, held: Held
) -> float:
    """Replace V(s) by T(V)(s) for the rows of one block, one after the other, and hold the behaviour.

    Parameters
    ----------
    game
        The packed game.
    values
        Rows of L: the current ones first, a copy of them from ``shift`` on. Updated in place in rows ``low ..
        high - 1``.
    low, high
        The block.
    t
        Tracing parameter.
    scratch
        Working memory that no other thread uses.
    held
        Filled for the rows of the block.

    Returns
    -------
    float
        Largest change of a value in the block; NaN if any change is.
    """
    largest = 0.0 * load_row(game.discount, 0, game.lanes)
    summed = largest
    for s in range(low, high):
        income, leaving = visit(
            game, s, values, low, high, shift, t, scratch, scratch.rates, scratch.choice, 0
        )
        store_row(held.income, s, income)
        held.leaving[s] = leaving
        acc = income
        branch = game.target_start[s]
        begin = game.option_start[s]
        for o in range(game.option_start[s + 1] - begin):
            kind = game.option_kind[begin + o]
            for b in range(game.kind_branches[kind]):
                weight = scratch.rates[o] * game.chance[kind, b]
                place = place_of(int(game.targets[branch]), low, high, shift)
                acc = acc + weight * load_row(values, place, game.lanes)
                held.weights[branch] = weight
                branch += 1
        new = acc / (load_row(game.discount, 0, game.lanes) + leaving)
        change = distance(new, load_row(values, s, game.lanes))
        largest = larger(change, largest)
        summed = summed + change
        store_row(values, s, new)
    total = sum_row(summed)
    return max_row(largest) if total == total else total


@kernel(fast=True, borrow=True)
def evaluate(game: Packed, values: Float, low: int, high: int, shift: int, held: Held) -> None:
    """Sweep the rows of one block once with behaviour held fixed; arguments as in `sweep`."""
    for s in range(low, high):
        acc = load_row(held.income, s, game.lanes)
        for branch in range(game.target_start[s], game.target_start[s + 1]):
            place = place_of(int(game.targets[branch]), low, high, shift)
            acc = acc + held.weights[branch] * load_row(values, place, game.lanes)
        new = acc / (load_row(game.discount, 0, game.lanes) + held.leaving[s])
        store_row(values, s, new)
