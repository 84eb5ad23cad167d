r"""The Jacobian of the value equations, in compressed rows, and its linear systems.

With G as in `bystander.derivatives.value_equations`, ``-dG/dV = diag(d) - W`` over unknowns numbered ``s A +
i``. Row (s, i) holds, for each option o and branch with chance p leading to t,

    p r_o                        on (t, i)           actor i's value moves along with where the option leads,
    p C_oij and -p C_oij         on (t, j), (s, j)   what j stands to gain moves j's choice or vote, which i
    feels,

with C_oij = pace_j beta_j P_a (X_ai - mean X_i) for an action a of j, rate beta_j dg_i/d(log-odds of j's yes)
for a ballot; C_ojj counts in the part to which j's shocks are worth nothing (`Response.private`). The whole
has about E A (1 + deciders) entries, E branches, 12 bytes each; about half of them are zero (no actor feels
every choice). These are dropped when it is solved, and entries of one place, to which several options lead,
are added up.

Without the couplings C this is (rho_i I - Q) for each actor. With them it may have entries of both signs, and
its solution is not bounded by 1 / rho: near a turning point of the equilibrium it is singular.

*Drift.* Along the traced path log-odds z_a = t beta X_a move by z_a / t where values stand still, so that

    t dG_i/dt = sum_a rate_a (z_a - mean z) X_ai (1 - [i owns a] private_i) + surplus_i
              + sum_ballots rate (sum_n pull_in z_n + shock_i),

the last terms because the worth t sigma of a unit of entropy grows with t, and the share of an own choice
because moving it by dP moves t sigma H by ``- t^2 X dP``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout
from bystander.equilibrium.response import DECISION, HAZARD, Point, Response, point_of
from bystander.numerics import linear
from bystander.numerics.jit import kernel
from bystander.numerics.workers import run_ranges, shares

Array = NDArray[Any]

SITUATIONS_OF_A_PART = 4096


class Jacobian(NamedTuple):
    """``diag(diagonal) - W`` of size N A, W in compressed rows (duplicates add up)."""

    indptr: Array
    indices: Array
    weights: Array
    diagonal: Array


def jacobian(response: Response) -> Jacobian:
    """Build the Jacobian at a response. Cost: one pass over the options, memory as in the module."""
    at = point_of(response)
    counts = _count(response.layout, at)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    indices = np.empty(indptr[-1], np.int32)
    weights = np.empty(indptr[-1])
    diagonal = np.empty(len(counts))
    run_ranges(
        lambda low, high: _fill(response.layout, at, indptr, indices, weights, diagonal, low, high),
        shares(len(at.values), SITUATIONS_OF_A_PART),
    )
    return Jacobian(indptr, indices, weights, diagonal)


def solve_jacobian(matrix: Jacobian, right: Array, *, tolerance: float = 1e-9) -> linear.LinearSolution:
    """Solve ``-dG/dV X = right`` for ``right`` of shape ``(N A, R)``."""
    return linear.solve(*matrix, right, tolerance=tolerance)


def drift(response: Response, t: float) -> Array:
    """dG/dt along the traced path, ``(N, A)``; t must not be 0."""
    return np.asarray(_drift(response.layout, point_of(response), response.surplus)) / t


@kernel
def _drift(game: Layout, at: Point, surplus: Array) -> Array:
    n, actors = at.values.shape
    out = surplus.copy()
    for s in range(n):
        o = game.option_start[s]
        end = game.option_start[s + 1]
        while o < end:
            k = game.option_kind[o]
            last = o + 1
            if game.kind_type[k] == DECISION:
                d = at.ballot[o]
                for i in range(actors):
                    total = at.shock[d, i]
                    for m in range(actors):
                        total += at.pull[d, i, m] * game.precision[m] * at.gain[o, m]
                    out[s, i] += game.rate[k] * total
            elif game.kind_type[k] != HAZARD:
                j = game.kind_owner[k]
                while last < end and game.kind_owner[game.option_kind[last]] == j:
                    last += 1
                mean = 0.0
                for a in range(o, last):
                    mean += at.choice[a] * at.gain[a, j]
                for a in range(o, last):
                    moved = at.option_rate[a] * game.precision[j] * (at.gain[a, j] - mean)
                    for i in range(actors):
                        out[s, i] += moved * at.gain[a, i] * (1.0 - at.private[j] if i == j else 1.0)
            o = last
    return out


@kernel
def _count(game: Layout, at: Point) -> Array:
    n, actors = at.values.shape
    counts = np.zeros(n * actors, np.int64)
    for s in range(n):
        total = actors - 1
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            deciders = 0
            if game.kind_type[k] == DECISION:
                for m in range(actors):
                    deciders += game.vote_weight[k, m] > 0
            elif game.kind_type[k] != HAZARD:
                deciders = 1
            for b in range(game.kind_branches[k]):
                if game.chance[k, b] != 0.0:
                    total += 1 + deciders
        for i in range(actors):
            counts[s * actors + i] = total
    return counts


@kernel(fast=True)
def _fill(
    game: Layout,
    at: Point,
    indptr: Array,
    indices: Array,
    weights: Array,
    diagonal: Array,
    low: int,
    high: int,
) -> None:
    """Fill the rows of the situations ``low .. high - 1``."""
    actors = at.values.shape[1]
    block = np.empty((actors, actors))
    couple = np.empty((actors, actors))
    decider = np.empty(actors, np.int64)
    cursor = np.empty(actors, np.int64)
    mean = np.empty(actors)
    for s in range(low, high):
        block[:] = 0.0
        for i in range(actors):
            block[i, i] = game.discount[i]
            cursor[i] = indptr[s * actors + i]
        branch = game.target_start[s]
        o = game.option_start[s]
        end = game.option_start[s + 1]
        while o < end:
            k = game.option_kind[o]
            last = o + 1
            if game.kind_type[k] > DECISION:
                while last < end and game.kind_owner[game.option_kind[last]] == game.kind_owner[k]:
                    last += 1
                for i in range(actors):
                    mean[i] = 0.0
                    for a in range(o, last):
                        mean[i] += at.choice[a] * at.gain[a, i]
            for a in range(o, last):
                deciders = _couple(game, at, a, mean, couple, decider)
                for i in range(actors):
                    block[i, i] += at.option_rate[a]
                    for v in range(deciders):
                        block[i, decider[v]] += couple[v, i]
                _lead_on(game, at, a, branch, deciders, couple, decider, cursor, indices, weights)
                branch += game.kind_branches[game.option_kind[a]]
            o = last
        for i in range(actors):
            diagonal[s * actors + i] = block[i, i]
            e = cursor[i]
            for j in range(actors):
                if j != i:
                    indices[e] = s * actors + j
                    weights[e] = -block[i, j]
                    e += 1


@kernel(fast=True, borrow=True, inline=True)
def _couple(game: Layout, at: Point, a: int, mean: Array, couple: Array, decider: Array) -> int:
    """List who decides an option and ``couple`` C, by decider and who feels it; return how many decide.

    ``mean`` is each actor's mean gain over the owner's options.
    """
    actors = len(mean)
    k = game.option_kind[a]
    deciders = 0
    if game.kind_type[k] == DECISION:
        d = at.ballot[a]
        for m in range(actors):
            if game.vote_weight[k, m] > 0:
                decider[deciders] = m
                for i in range(actors):
                    couple[deciders, i] = game.rate[k] * game.precision[m] * at.pull[d, i, m]
                deciders += 1
    elif game.kind_type[k] > DECISION:
        j = game.kind_owner[k]
        deciders = 1
        decider[0] = j
        for i in range(actors):
            couple[0, i] = game.precision[j] * at.option_rate[a] * (at.gain[a, i] - mean[i])
        couple[0, j] *= 1.0 - at.private[j]
    return deciders


@kernel(fast=True, borrow=True, inline=True)
def _lead_on(
    game: Layout,
    at: Point,
    a: int,
    branch: int,
    deciders: int,
    couple: Array,
    decider: Array,
    cursor: Array,
    indices: Array,
    weights: Array,
) -> None:
    """Write the entries of where an option leads, from each actor's cursor on."""
    actors = len(cursor)
    k = game.option_kind[a]
    for b in range(game.kind_branches[k]):
        p = game.chance[k, b]
        if p == 0.0:
            continue
        t = game.targets[branch + b] * actors
        for i in range(actors):
            e = cursor[i]
            indices[e] = t + i
            weights[e] = p * at.option_rate[a]
            for v in range(deciders):
                indices[e + 1 + v] = t + decider[v]
                weights[e + 1 + v] = 0.0
                if decider[v] == i:
                    weights[e] += p * couple[v, i]
                else:
                    weights[e + 1 + v] = p * couple[v, i]
            cursor[i] += 1 + deciders
