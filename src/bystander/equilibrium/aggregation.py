r"""Correcting what is slow to settle: values of groups of situations, all at once.

With behaviour held fixed (`bystander.equilibrium.held`) the value equations of actor i are linear,
``D V_i = income_i`` with ``D = rho_i + leaving - W`` and W the rates of going from one situation to another.
Cheap sweeps settle quickly how situations stand to each other that lead to each other within days. How those
stand to each other that a variable keeps apart which rarely changes takes hundreds of them: rates are of the
order of days, discounts of years. So situations are dealt to a few groups, and with P the membership and
omega a weight on situations, the values of each group are moved by

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

import numpy as np

from bystander.equilibrium.held import Held
from bystander.equilibrium.packed import Packed
from bystander.game.arrays import Byte, Float, Int64
from bystander.numerics.jit import kernel
from bystander.numerics.linear import factorise, substitute
from bystander.numerics.rows import load_row, store_row

GROUPS = 32
PASSES = 12
LEAST = 1e-9
"""Rate of leaving, per day, that counts where it and the discount are smaller still: weights stay finite."""


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
