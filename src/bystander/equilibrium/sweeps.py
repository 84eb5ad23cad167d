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
which change meanwhile, from a copy made before the blocks started. Where a branch leads is looked up for its
block beforehand (`routes`): a sweep then reads one array and need not ask which rows are whose, which nearly
halves the time of a cheap one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bystander.equilibrium.kernels import NONE, ONE, Scratch, visit
from bystander.equilibrium.packed import Packed, Unsigned
from bystander.game.arrays import Float
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.rows import distance, larger, load_row, max_row, store_row, sum_row


class Held(NamedTuple):
    """Behaviour held fixed: the value equations as linear ones.

    Several branches of a situation may lead to one place; they are one entry here.

    Attributes
    ----------
    income
        ``(N, L)`` worth per day that does not depend on where the process goes.
    leaving
        ``(N,)`` sum of the rates of the options of each situation, per day.
    start
        ``(N + 1,)`` first entry of each situation.
    place
        ``(E,)`` row that an entry reads.
    weights
        ``(E,)`` rate of going there, per day.
    entry
        ``(B,)`` entry of each branch.
    """

    income: Float
    leaving: Float
    start: Unsigned
    place: Unsigned
    weights: Float
    entry: Unsigned


def make_held(game: Packed) -> Held:
    """Allocate room for the behaviour of a game and list its entries; targets are the places read.

    Memory: ``8 N (L + 1) + 12 E + 4 B`` bytes.
    """
    size = len(game.pace_context)
    rows = int(game.targets.max(initial=0)) + 1
    start, entry, place = _list_entries(game.target_start, game.targets, rows)
    return Held(np.zeros((size, len(game.lanes))), np.zeros(size), start, place, np.zeros(len(place)), entry)


@kernel
def _list_entries(
    target_start: Unsigned, targets: Unsigned, rows: int
) -> tuple[Unsigned, Unsigned, Unsigned]:
    """List the different places that the branches of each situation lead to, and which one each leads to."""
    start = np.zeros(len(target_start), np.uint64)
    entry = np.empty(len(targets), np.uint32)
    seen = np.full(rows, -1, np.int64)  # the entry of a place, if the current situation has one
    place = np.empty(len(targets), np.uint32)
    count = 0
    for s in range(len(start) - 1):
        first = count
        for branch in range(target_start[s], target_start[s + 1]):
            target = targets[branch]
            if seen[target] < first:
                seen[target] = count
                place[count] = target
                count += 1
            entry[branch] = seen[target]
        start[s + 1] = count
    return start, entry, place[:count].copy()


def routes(game: Packed, blocks: Sequence[tuple[int, int]], shift: int) -> Packed:
    """Return the game with each branch leading to the row its block reads: a copy, for rows of other blocks.

    Parameters
    ----------
    shift
        How many rows after a row its copy stands. With one block nothing changes.
    """
    if len(blocks) == 1:
        return game
    places = np.empty_like(game.targets)
    for low, high in blocks:
        own = slice(game.target_start[low], game.target_start[high])
        targets = game.targets[own]
        places[own] = np.where((targets >= low) & (targets < high), targets, targets + np.uint32(shift))
    return game._replace(targets=read_only(places, np.uint32))


@kernel(fast=True, borrow=True)
def sweep(game: Packed, values: Float, low: int, high: int, t: float, scratch: Scratch, held: Held) -> float:
    """Replace V(s) by T(V)(s) for the rows of one block, one after the other, and hold the behaviour.

    Parameters
    ----------
    game
        The packed game; its targets are the rows of ``values`` that this block reads (`routes`).
    values
        Rows of L: the current ones first. Updated in place in rows ``low .. high - 1``.
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
        income, moved, leaving = visit(game, s, values, t, scratch, scratch.rates, scratch.rates, NONE, False)
        store_row(held.income, s, income)
        held.leaving[s] = leaving
        for e in range(held.start[s], held.start[s + 1]):
            held.weights[e] = 0.0
        branch = game.target_start[s]
        begin = game.option_start[s]
        for o in range(game.option_start[s + 1] - begin):
            kind = game.option_kind[begin + o]
            for b in range(game.kind_branches[kind]):
                held.weights[held.entry[branch]] += scratch.rates[o] * game.chance[kind, b]
                branch += ONE
        acc = income + moved
        new = acc / (load_row(game.discount, 0, game.lanes) + leaving)
        change = distance(new, load_row(values, s, game.lanes))
        largest = larger(change, largest)
        summed = summed + change
        store_row(values, s, new)
    total = sum_row(summed)
    return max_row(largest) if total == total else total


@kernel(fast=True, borrow=True)
def evaluate(game: Packed, values: Float, low: int, high: int, held: Held) -> None:
    """Sweep the rows of one block once with behaviour held fixed; arguments as in `sweep`."""
    for s in range(low, high):
        acc = load_row(held.income, s, game.lanes)
        for e in range(held.start[s], held.start[s + 1]):
            acc = acc + held.weights[e] * load_row(values, held.place[e], game.lanes)
        new = acc / (load_row(game.discount, 0, game.lanes) + held.leaving[s])
        store_row(values, s, new)
