"""Behaviour held fixed: the value equations as linear ones, and the cheap sweeps that solve them.

With income, leaving and weights as one full sweep found them (`bystander.equilibrium.iteration`),

    V_i(s)  <-  [income_i(s) + sum_b weight_b V_i(target_b)] / (rho_i + leaving(s)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bystander.equilibrium.packed import Packed, Unsigned
from bystander.game.arrays import Float
from bystander.numerics.jit import kernel
from bystander.numerics.rows import load_row, store_row


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


@kernel(fast=True, borrow=True)
def evaluate(game: Packed, values: Float, low: int, high: int, held: Held) -> None:
    """Sweep the rows of one block once with behaviour held fixed; ``low .. high - 1``."""
    for s in range(low, high):
        acc = load_row(held.income, s, game.lanes)
        for e in range(held.start[s], held.start[s + 1]):
            acc = acc + held.weights[e] * load_row(values, held.place[e], game.lanes)
        new = acc / (load_row(game.discount, 0, game.lanes) + held.leaving[s])
        store_row(values, s, new)
