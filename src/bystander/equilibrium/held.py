r"""Behaviour held fixed: the value equations as linear ones, and the cheap sweeps that solve them.

With income, leaving and weights as one full sweep found them (`bystander.equilibrium.iteration`),

    V_i(s)  <-  [income_i(s) + sum_b weight_b V_i(target_b)] / (rho_i + leaving(s)).

*Correcting what is slow to settle*: values of groups of situations, all at once. The equations of actor i
are ``D V_i = income_i`` with ``D = rho_i + leaving - W`` and W the rates of going from one situation to
another. Cheap sweeps settle quickly how situations stand to each other that lead to each other within days.
How those stand to each other that a variable keeps apart which rarely changes takes hundreds of them: rates
are of the order of days, discounts of years. So situations are dealt to a few groups, and with P the
membership and omega a weight on situations, the values of each group are moved by

    V_i  <-  V_i + P c_i,      (P^T omega D P) c_i = P^T omega r_i,      r_i = income_i - D V_i,

one small system for every actor. With omega the time spent in each situation, D^T omega is all but nothing,
and what is put right is what slow modes are made of; with equal weights the correction can make them worse.
Omega is found, from equal weights, by a few passes of the transposed equations at the first behaviour of a
run, ``omega <- (1 + W^T omega) / (rho + leaving)``, rho being the smallest discount.

*Groups* are the combinations of levels of the slowest variables, as many of them as give no more than
`GROUPS`. How slow a variable is, is how often it changes, on average over situations.

*Where it fails.* Aggregation has no proof of convergence for games, and none for every chain. An iteration
leaves it out once changes grow, and is then what it is without. It says how fast a fixed point is reached
and not which are fixed: where the equations hold the correction is zero.

Cost: a correction is one cheap sweep, one addition to all rows and a system of `GROUPS` unknowns for each
actor; finding omega is some ten cheap sweeps of one actor.

References: Chatelin & Miranker 1982, Linear Algebra and its Applications 43 (aggregation of successive
approximations); Bertsekas & Castanon 1989, IEEE Trans. Automatic Control 34 (adaptive aggregation for
discounted problems); Stewart 1994, Introduction to the Numerical Solution of Markov Chains, ch. 6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bystander.equilibrium.packed import Packed, Unsigned
from bystander.game.arrays import Byte, Float, Int64
from bystander.numerics.jit import kernel
from bystander.numerics.linear import factorise, substitute
from bystander.numerics.rows import load_row, store_row

GROUPS = 32
PASSES = 12
LEAST = 1e-9
"""Rate of leaving, per day, that counts where it and the discount are smaller still: weights stay finite."""


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


class Aggregation:
    """Groups of the situations of a game, and what a correction of their values needs.

    Parameters
    ----------
    game
        The packed game; only its structure is kept.
    rows
        Of each place that held behaviour reads, which situation it stands for ``(R,)``.
    held
        Behaviour by which situations are dealt to groups.
    """

    def __init__(self, game: Packed, rows: Int64, held: Held) -> None:
        self.lanes, self.rows = game.lanes, rows
        self.group = groups_of(game.levels, changing(held, game.levels, rows))
        self.weight = np.ones(len(self.group))

    def weigh(self, held: Held, discount: Float) -> None:
        """Weigh situations by the time spent in them under the behaviour held."""
        spend_time(held, self.rows, float(discount.min()), self.weight, PASSES)
        self.weight /= self.weight.mean()
        self.mass = np.bincount(self.group, self.weight)

    def residual(self, held: Held, stack: Float, discount: Float, low: int, high: int) -> tuple[Float, Float]:
        """Return the residuals of groups ``(G, L)`` and the rates between them ``(G, G)``, of some rows."""
        total = np.zeros((len(self.mass), len(self.lanes)))
        between = np.zeros((len(self.mass), len(self.mass)))
        add_residual(
            held, stack, discount, self.rows, self.group, self.weight, low, high, total, between, self.lanes
        )
        return total, between

    def moves(self, total: Float, between: Float, discount: Float) -> Float:
        """Return by how much the values of each group are to be moved, ``(G, L)``; 0 where none is found."""
        found = np.zeros_like(total)
        order = np.empty(len(total), np.int64)
        for lane, rho in enumerate(discount[: len(self.lanes)]):
            matrix = between + np.diag(rho * self.mass)
            if factorise(matrix, order):
                found[:, lane] = substitute(matrix, order, np.ascontiguousarray(total[:, lane]))
        return found if np.isfinite(found).all() else np.zeros_like(total)

    def move(self, values: Float, moves: Float, low: int, high: int) -> None:
        """Move the values of the rows ``low .. high - 1`` with their groups."""
        lift(values, moves, self.group, low, high, self.lanes)


def groups_of(levels: Byte, rates: Float) -> Int64:
    """Deal situations ``(N, V)`` to groups, by the variables that change least often."""
    group, slowest = np.zeros(len(levels), np.int64), np.argsort(rates, kind="stable")
    for variable in slowest:
        finer = group * (int(levels[:, variable].max(initial=0)) + 1) + levels[:, variable]
        known, finer = np.unique(finer, return_inverse=True)
        if len(known) > GROUPS:
            break
        group = finer
    return np.ascontiguousarray(group, np.int64)


@kernel
def changing(held: Held, levels: Byte, rows: Int64) -> Float:
    """How often each variable ``(V,)`` changes, per day, on average over situations."""
    rates = np.zeros(levels.shape[1])
    for s in range(len(levels)):
        for e in range(held.start[s], held.start[s + 1]):
            there = rows[held.place[e]]
            for v in range(levels.shape[1]):
                if levels[s, v] != levels[there, v]:
                    rates[v] += held.weights[e]
    return rates / len(levels)


@kernel
def spend_time(held: Held, rows: Int64, rho: float, weight: Float, passes: int) -> None:
    """Improve how much time is spent in each situation ``(N,)``, discounted, from an even start."""
    arriving = np.empty(len(weight))
    for _ in range(passes):
        arriving[:] = 1.0
        for s in range(len(weight)):
            for e in range(held.start[s], held.start[s + 1]):
                arriving[rows[held.place[e]]] += held.weights[e] * weight[s]
        for s in range(len(weight)):
            weight[s] = arriving[s] / max(rho + held.leaving[s], LEAST)


@kernel(fast=True, borrow=True)
def add_residual(
    held: Held,
    stack: Float,
    discount: Float,
    rows: Int64,
    group: Int64,
    weight: Float,
    low: int,
    high: int,
    total: Float,
    between: Float,
    lanes: tuple[int, ...],
) -> None:
    """Add up, by groups, the residuals of some rows and the rates of going from group to group."""
    for s in range(low, high):
        g, w = group[s], weight[s]
        acc = load_row(held.income, s, lanes)
        between[g, g] += w * held.leaving[s]
        for e in range(held.start[s], held.start[s + 1]):
            place = held.place[e]
            between[g, group[rows[place]]] -= w * held.weights[e]
            acc = acc + held.weights[e] * load_row(stack, place, lanes)
        missing = acc - (load_row(discount, 0, lanes) + held.leaving[s]) * load_row(stack, s, lanes)
        store_row(total, g, load_row(total, g, lanes) + w * missing)


@kernel(fast=True, borrow=True)
def lift(values: Float, moves: Float, group: Int64, low: int, high: int, lanes: tuple[int, ...]) -> None:
    """Add to each row what its group is moved by."""
    for s in range(low, high):
        store_row(values, s, load_row(values, s, lanes) + load_row(moves, group[s], lanes))
