r"""By how much values miss the value equations, recomputed from the game alone.

This module shares no code with the solver: it writes the equations of docs/theory (game.md and votes.md),
one option after the other. For actor i in situation s the *defect*, a worth per day, is

    e_i(s) = u_i - rho_i V_i + sum_h q_h g_i(h) + sum_{j != i} lambda_j sum_a P_j(a) g_i(a)
           + lambda_i (M_i - V_i) + sum_d lambda_d [piv_i G(D_i) + without_i D_i]          (voters)
           + sum_d lambda_d A g_i(d)                                                       (others)

with g_i(o) = impact + E V_i(target) - V_i(s), G(D) = y D under noise, y the chance of a yes, and otherwise
G(D) = [base + softplus(beta D + tilt)] / beta (`bystander.equilibrium.packed` on habits). Votes are counted
anew for every member that is left out: with S the yes weight of the others, piv_m = P(q - w_m <= S < q) and
without_m = P(S >= q).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout, lay_out
from bystander.equilibrium.response import DECISION, HAZARD, logistic, private_actors, softplus
from bystander.game.arrays import Float, Game
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.workers import ranges, run_ranges

Array = NDArray[Any]
T = TypeVar("T")

RANGE_ROWS = 2048
NOBODY = -1


def defects(game: Game, values: Float) -> tuple[Float, Float]:
    """Defects of the value equations, ``(N, A)`` worth per day, and the rate of leaving, ``(N,)`` per day."""
    found = over_defects(game, values, lambda defect, leaving: (defect, leaving))
    return np.concatenate([defect for defect, _ in found]), np.concatenate([rate for _, rate in found])


def over_defects(game: Game, values: Float, summarise: Callable[[Float, Float], T]) -> list[T]:
    """Hand defects and rates of leaving to a function, a range of situations at a time; return its answers.

    Parameters
    ----------
    values
        ``(N, A)`` worth.
    summarise
        Takes ``(n, A)`` worth per day and ``(n,)`` per day, of consecutive situations.
    """
    layout, private, given = lay_out(game), private_actors(game), read_only(values, np.float64)

    def part(low: int, high: int) -> T:
        defect, leaving = np.empty((high - low, len(game.actors))), np.empty(high - low)
        _defects(layout, given, private, low, defect, leaving)
        return summarise(defect, leaving)

    return run_ranges(part, ranges(game.size, -(-game.size // RANGE_ROWS)))


@kernel(fast=True)
def _defects(game: Layout, values: Array, private: Array, low: int, defect: Array, leaving: Array) -> None:
    """Fill ``defect`` and ``leaving`` for the situations from ``low`` on."""
    actors = values.shape[1]
    gain = np.empty((game.sizes[0] + 1, actors))
    chance, habit = np.empty(game.sizes[0] + 1), np.empty(game.sizes[0] + 1)
    yes, cells = np.empty(actors), np.empty(game.sizes[1] + 1)
    for row in range(len(leaving)):
        s, e, gone = low + row, defect[row], 0.0
        for i in range(actors):
            e[i] = -game.discount[i] * values[s, i]
        for f in range(len(game.flow_actor)):
            e[game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        branch = game.target_start[s]
        o, end = game.option_start[s], game.option_start[s + 1]
        while o < end:
            kind = game.option_kind[o]
            last = o + 1
            if game.kind_type[kind] != HAZARD and game.kind_type[kind] != DECISION:
                while last < end and game.kind_owner[game.option_kind[last]] == game.kind_owner[kind]:
                    last += 1
            count = last - o
            for a in range(count):
                branch = gains(game, values, s, game.option_kind[o + a], branch, gain[a])
            if game.kind_type[kind] == HAZARD:
                gone += game.rate[kind]
                for i in range(actors):
                    e[i] += game.rate[kind] * gain[0, i]
            elif game.kind_type[kind] == DECISION:
                gone += vote(game, kind, gain[0], private, yes, cells, e)
            else:
                j = game.kind_owner[kind]
                pace = game.pace[game.pace_context[s], j]
                wait = habits(game, o, last, habit)
                best = choose(gain, count, j, game.precision[j], private[j], habit, wait, chance)
                e[j] += pace * best
                for a in range(count):
                    gone += pace * chance[a]
                    for i in range(actors):
                        if i != j:
                            e[i] += pace * chance[a] * gain[a, i]
            o = last
        leaving[row] = gone


@kernel(fast=True, inline=True)
def gains(game: Layout, values: Array, s: int, kind: int, branch: int, gain: Array) -> int:
    """Fill in the gain of each actor from an option; return the first branch of the next."""
    for i in range(len(gain)):
        gain[i] = game.impact[kind, i]
    for b in range(game.kind_branches[kind]):
        target = game.targets[branch + b]
        for i in range(len(gain)):
            gain[i] += game.chance[kind, b] * (values[target, i] - values[s, i])
    return int(branch + game.kind_branches[kind])


@kernel(fast=True, inline=True)
def habits(game: Layout, first: int, last: int, habit: Array) -> float:
    """Fill in the weights of the options ``first .. last - 1`` of one actor; return that of waiting."""
    claimed, sharers = 0.0, 1.0
    for a in range(first, last):
        claimed += game.claim[game.option_kind[a]]
        sharers += game.free[game.option_kind[a]]
    wait = (1.0 - claimed) / sharers
    for a in range(first, last):
        habit[a - first] = game.weight[game.option_kind[a]] + game.free[game.option_kind[a]] * wait
    return float(wait)


@kernel(fast=True, inline=True)
def choose(
    gain: Array, count: int, j: int, precision: float, private: bool, habit: Array, wait: float, chance: Array
) -> float:
    """Fill in an owner's choice probabilities; return what its opportunity is worth more than waiting."""
    top, mean = 0.0, 0.0
    for a in range(count):
        top = max(top, precision * gain[a, j])
    total = wait * np.exp(-top)
    for a in range(count):
        chance[a] = habit[a] * np.exp(precision * gain[a, j] - top)
        total += chance[a]
    for a in range(count):
        chance[a] /= total
        mean += chance[a] * gain[a, j]
    return float((top + np.log(total)) / precision) if private else float(mean)


@kernel(fast=True)
def vote(game: Layout, kind: int, gain: Array, private: Array, yes: Array, cells: Array, e: Array) -> float:
    """Add the worth of a proposal's coming up to ``e``; return the rate at which it is adopted."""
    weights, quota, rate = game.vote_weight[kind], game.vote_quota[kind], game.rate[kind]
    for m in range(len(gain)):
        yes[m] = logistic(game.precision[m] * gain[m] + game.tilt[kind, m])
    weigh(yes, weights, NOBODY, quota, cells)
    adopted = cells[quota]
    for m in range(len(gain)):
        if weights[m] == 0:
            e[m] += rate * adopted * gain[m]
            continue
        weigh(yes, weights, m, quota, cells)
        pivotal = 0.0
        for cell in range(max(quota - weights[m], 0), quota):
            pivotal += cells[cell]
        own = yes[m] * gain[m]
        if private[m]:
            logit = game.precision[m] * gain[m] + game.tilt[kind, m]
            own = (game.base[kind, m] + softplus(logit)) / game.precision[m]
        e[m] += rate * (pivotal * own + cells[quota] * gain[m])
    return float(rate * adopted)


@kernel(fast=True)
def weigh(yes: Array, weights: Array, absent: int, quota: int, cells: Array) -> None:
    """Fill in the distribution of the yes weight of all but one; the last cell holds the quota and above."""
    cells[:] = 0.0
    cells[0] = 1.0
    for m in range(len(yes)):
        if m == absent or weights[m] == 0:
            continue
        weight = min(weights[m], quota)
        for cell in range(quota - weight, quota):
            cells[quota] += yes[m] * cells[cell]
        for back in range(quota):
            cell = quota - 1 - back
            cells[cell] *= 1.0 - yes[m]
            if cell >= weight:
                cells[cell] += yes[m] * cells[cell - weight]
