"""The inner loop: one situation at a time, everything that can happen there, for all actors at once.

With tracing parameter t in [0, 1] and k_i = t * rationality_i, a visit to situation s computes for every option o
the row w_o = impact_o + sum_branches chance * V[target] (one worth per actor) and the rate r_o at which it fires:

    hazard      r = q_h
    decision    D_m = w_m - V_m(s),  y_m = 1 / (1 + exp(-k_m D_m)),  r = lambda_d A(y)
    action      d_a = w_a - V_i(s) of its owner i,  P = softmax(k_i d) over the options of i and waiting (d = 0),
                r = lambda_i P_a

and the value of shocks S_i(s), which is 0 under ``noise``:

    S_i = lambda_i (t / rationality_i) H(P) + sum_d lambda_d piv_i (t / rationality_i) H(y_i),

H being the entropy (natural logarithm). Then the value equation of model.md, sections 2 and 3, solved for
V_i(s) with the rates held, is

    T_i(V)(s) = [u_i(s) + S_i(s) + sum_o r_o w_o,i] / (rho_i + sum_o r_o).

All terms are sums of the same sign structure as a Markov chain with rewards; T is what a sweep applies,
in place (Gauss-Seidel) within a block of rows, while rows of other blocks are read as they stood before
the sweep. By the envelope theorem, holding an actor's own rates costs nothing to first order in its own
V_i(s) at t = 1 under ``private``: the visit is then a Newton step.

rationality 0 means uniform choice; the value of the shocks, infinite in that limit, is left out.
"""

from __future__ import annotations

import math

import numpy as np

from bystander.equilibrium.packed import Packed
from bystander.game.arrays import Float
from bystander.numerics.jit import kernel
from bystander.numerics.votes import tally

HAZARD, DECISION, ACTION = 0, 1, 2


@kernel(fast=True)
def read_option(
    game: Packed, kind: int, branch: int, values: Float, low: int, high: int, shift: int, worth: Float
) -> None:
    """Write into ``worth`` the row of an option: its impact plus the expected value of where it leads."""
    for j in range(len(game.lanes)):
        worth[j] = game.impact[kind, j]
    for b in range(game.kind_branches[kind]):
        chance = game.chance[kind, b]
        row = game.targets[branch + b]
        if row < low or row >= high:
            row += shift
        for j in range(len(game.lanes)):
            worth[j] += chance * values[row, j]


@kernel(fast=True)
def choose(gains: Float, count: int, precision: float, chances: Float) -> tuple[float, float]:
    """Logit choice among ``count`` options with the given gains over waiting.

    Returns the chance of acting at all and the entropy of the choice; fills ``chances``.
    """
    top = 0.0
    for a in range(count):
        top = max(top, precision * gains[a])
    total = math.exp(-top)
    for a in range(count):
        chances[a] = math.exp(precision * gains[a] - top)
        total += chances[a]
    mean = 0.0
    acting = 0.0
    for a in range(count):
        chances[a] /= total
        acting += chances[a]
        mean += chances[a] * gains[a]
    return acting, top + math.log(total) - precision * mean


@kernel(fast=True)
def vote_yes(gain: float, precision: float) -> tuple[float, float]:
    """Chance of a yes at the given gain from adoption, and the entropy of that vote."""
    z = precision * gain
    small = math.exp(-abs(z))
    certain = 1.0 / (1.0 + small)
    entropy = math.log1p(small) + abs(z) * small * certain
    if z >= 0.0:
        return certain, entropy
    return small * certain, entropy


@kernel(fast=True)
def visit(
    game: Packed,
    s: int,
    values: Float,
    low: int,
    high: int,
    shift: int,
    t: float,
    acc: Float,
    worth: Float,
    gains: Float,
    chances: Float,
    choice: Float,
    rates: Float,
    ballot: Float,
    weights: np.ndarray[tuple[int], np.dtype[np.int32]],
    voters: np.ndarray[tuple[int], np.dtype[np.int64]],
    before: Float,
    after: Float,
) -> float:
    """Compute all rates of one situation and ``acc = u + S + sum_o r_o w_o``; return ``sum_o r_o``."""
    lanes = len(game.lanes)
    for j in range(lanes):
        acc[j] = game.flow[s, j]
    total = 0.0
    first = game.option_start[s]
    end = game.option_start[s + 1]
    branch = game.target_start[s]
    o = first
    while o < end:
        kind = game.option_kind[o]
        sort = game.kind_type[kind]
        if sort == HAZARD:
            read_option(game, kind, branch, values, low, high, shift, worth[0])
            branch += game.kind_branches[kind]
            rate = game.rate[kind]
            choice[o - first] = 1.0
            rates[o - first] = rate
            for j in range(lanes):
                acc[j] += rate * worth[0, j]
            total += rate
            o += 1
        elif sort == DECISION:
            read_option(game, kind, branch, values, low, high, shift, worth[0])
            branch += game.kind_branches[kind]
            rate = game.rate[kind]
            n = 0
            for m in range(game.vote_weight.shape[1]):
                if game.vote_weight[kind, m] > 0:
                    yes, entropy = vote_yes(worth[0, m] - values[s, m], t * game.precision[m])
                    ballot[0, n] = yes
                    ballot[3, n] = entropy
                    weights[n] = game.vote_weight[kind, m]
                    voters[n] = m
                    n += 1
            adopted = tally(
                ballot[0, :n], weights[:n], game.vote_quota[kind], before, after, ballot[1], ballot[2]
            )
            if game.private:
                for v in range(n):
                    m = voters[v]
                    if game.precision[m] > 0.0:
                        acc[m] += rate * ballot[1, v] * ballot[3, v] * t / game.precision[m]
            choice[o - first] = adopted
            rate *= adopted
            rates[o - first] = rate
            for j in range(lanes):
                acc[j] += rate * worth[0, j]
            total += rate
            o += 1
        else:
            owner = game.kind_owner[kind]
            count = 0
            while o + count < end:
                kind = game.option_kind[o + count]
                if game.kind_owner[kind] != owner:
                    break
                read_option(game, kind, branch, values, low, high, shift, worth[count])
                branch += game.kind_branches[kind]
                gains[count] = worth[count, owner] - values[s, owner]
                count += 1
            pace = game.pace[game.pace_context[s], owner]
            acting, entropy = choose(gains, count, t * game.precision[owner], chances)
            if game.private and game.precision[owner] > 0.0:
                acc[owner] += pace * entropy * t / game.precision[owner]
            for a in range(count):
                rate = pace * chances[a]
                choice[o - first + a] = chances[a]
                rates[o - first + a] = rate
                for j in range(lanes):
                    acc[j] += rate * worth[a, j]
            total += pace * acting
            o += count
    return total


@kernel(fast=True)
def sweep(game: Packed, values: Float, low: int, high: int, shift: int, t: float, backward: bool) -> float:
    """Replace V(s) by T(V)(s) for the rows of one block, one after the other.

    Parameters
    ----------
    game
        The packed game.
    values
        ``(N, L)`` or, where there are several blocks, ``(2 N, L)``: current rows, then the rows as they
        stood before the sweep. Updated in place in rows ``low .. high - 1``.
    low, high
        The block.
    shift
        N where there are several blocks, else 0: added to the row of a target outside the block.
    t
        Tracing parameter.
    backward
        Visit the rows from last to first.

    Returns
    -------
    float
        Largest change of a value in the block.
    """
    lanes = len(game.lanes)
    options, quota = game.sizes[0] + 1, game.sizes[2] + 1
    actors = len(game.precision)
    acc = np.empty(lanes)
    worth = np.empty((options, lanes))
    gains, chances = np.empty(options), np.empty(options)
    choice, rates = np.empty(options), np.empty(options)
    ballot = np.empty((4, actors))
    weights, voters = np.empty(actors, np.int32), np.empty(actors, np.int64)
    before, after = np.empty((actors + 1, quota)), np.empty((actors + 1, quota))
    largest = 0.0
    for i in range(high - low):
        s = high - 1 - i if backward else low + i
        total = visit(
            game, s, values, low, high, shift, t, acc, worth, gains, chances, choice, rates,
            ballot, weights, voters, before, after,
        )  # fmt: skip
        for j in range(lanes):
            new = acc[j] / (game.discount[j] + total)
            change = abs(new - values[s, j])
            # Written so that a NaN is kept, not lost in a comparison.
            largest = largest if change <= largest else change
            values[s, j] = new
    return largest


@kernel(fast=True)
def behave(game: Packed, values: Float, low: int, high: int, t: float, choice: Float, rates: Float) -> None:
    """Write the choice probability and the rate of every option of the rows ``low .. high - 1`` at values V."""
    lanes = len(game.lanes)
    options, quota = game.sizes[0] + 1, game.sizes[2] + 1
    actors = len(game.precision)
    acc = np.empty(lanes)
    worth = np.empty((options, lanes))
    gains, chances = np.empty(options), np.empty(options)
    ballot = np.empty((4, actors))
    weights, voters = np.empty(actors, np.int32), np.empty(actors, np.int64)
    before, after = np.empty((actors + 1, quota)), np.empty((actors + 1, quota))
    for s in range(low, high):
        first, end = game.option_start[s], game.option_start[s + 1]
        visit(
            game, s, values, 0, len(values), 0, t, acc, worth, gains, chances, choice[first:end],
            rates[first:end], ballot, weights, voters, before, after,
        )  # fmt: skip
