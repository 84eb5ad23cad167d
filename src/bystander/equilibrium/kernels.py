"""The inner loop: one situation at a time, everything that can happen there, for all actors at once.

With tracing parameter t in [0, 1] and k_i = t * rationality_i, a visit to situation s computes for every
option o the row w_o = impact_o + sum_branches chance * V[target] (one worth per actor; the sum is kept, since
sweeps need it again) and the rate r_o at which it fires:

    hazard      r = q_h
    decision    D_m = w_m - V_m(s),  y_m = 1 / (1 + exp(-k_m D_m - tilt_m)),  r = lambda_d A(y)
    action      d_a = w_a - V_i(s) of its owner i,  r = lambda_i P_a,
                P_a ~ H_a exp(k_i d_a) over the options of i and waiting (d = 0)

with habits H as in `bystander.equilibrium.packed`, and what departing from habit costs, or shocks give,
S_i(s), which is 0 under ``noise`` and where rationality is 0. With K(P) = sum_b P_b log(H_b / P_b), minus the
relative entropy of P and habit (under ``private``, where H = 1, the entropy of P), and likewise for the two
votes,

    S_i = (t / rationality_i) [lambda_i K(P) + sum_d lambda_d pivot_i K(y_i)].

The value equation of docs/theory (game.md and votes.md), solved for V_i(s) with the rates held, is then

    T_i(V)(s) = [u_i(s) + S_i(s) + sum_o r_o w_o,i] / (rho_i + sum_o r_o).

Except under ``noise``, at t = 1 holding an actor's own rates costs nothing to first order in its own V_i(s)
(the envelope theorem): a visit is a Newton step for that row. Sweeps over all situations are in
`bystander.equilibrium.iteration`.

Choices of all owners in a situation are exponentiated together, and sums per owner are kept in a row, so that
the loop has few branches that a processor could guess wrong. exp(z) is cut off beyond |z| = 700; where some z
exceeds `STEEP` the largest of each owner is subtracted first.

From values to behaviour: what every owner does in every situation, and how often each option fires.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bystander.equilibrium.packed import DECISION, Packed, Unsigned, pack
from bystander.game.arrays import Float, Game, Int32, Int64
from bystander.numerics.jit import kernel
from bystander.numerics.rows import LIST_WIDTH, distance, exp_list, exp_row, load_row, log_row, store_row
from bystander.numerics.votes import tally_first
from bystander.numerics.workers import ranges, run_ranges

STEEP = 600.0


NONE, ONE = np.uint64(0), np.uint64(1)


class Scratch(NamedTuple):
    """Working memory of one thread: lists over the options of a situation, rows, and votes.

    ``logits`` and ``weights`` are whole rows of `LIST_WIDTH` long; ``rows`` holds the rows named below.
    Kernels are handed their scratch: references to arrays made inside would be counted in the innermost
    loop.
    """

    ahead: Float
    gains: Float
    logits: Float
    weights: Float
    habits: Float
    free: Float
    owners: Unsigned
    kinds: Unsigned
    slots: Unsigned
    rows: Float
    yes: Float
    vote_weights: Int32
    voters: Int64
    pivot: Float
    without: Float
    before: Float
    after: Float
    rates: Float


TOTAL, MEAN, SHARE, SHOCKS, TOP, YES, ENTROPY, RESULT, CLAIMED, SHARERS, WAIT = range(11)


def make_scratch(game: Packed) -> Scratch:
    """Allocate the working memory that one thread needs for a game."""
    lanes = len(game.lanes)
    options = int(game.sizes[0]) + 1
    length = -(-options // LIST_WIDTH) * LIST_WIDTH
    quota = int(game.sizes[2]) + 1
    return Scratch(
        np.empty((options, lanes)), np.empty(options), np.zeros(length), np.zeros(length),
        np.empty(options), np.empty(options),
        np.empty(options, np.uint64), np.empty(options, np.uint64), np.empty(options, np.uint64),
        np.zeros((11, lanes)),
        np.empty(lanes), np.empty(lanes, np.int32), np.empty(lanes, np.int64),
        np.empty(lanes), np.empty(lanes), np.empty((lanes + 1, quota)), np.empty((lanes + 1, quota)),
        np.empty(options),
    )  # fmt: skip


@kernel(fast=True, borrow=True)
def adoption(game: Packed, kind: int, t: float, values: Float, s: int, scratch: Scratch) -> float:
    """Chance that a proposal is adopted; adds the worth of the voters' shocks to row ``SHOCKS``.

    With z the logit of a yes and e = exp(-|z|), the less likely vote has chance e / (1 + e), never 1 less the
    other's, and the entropy of the vote is log(1 + e) + |z| e / (1 + e); the mean log of
    the weights is base + y tilt.
    """
    here = load_row(values, s, game.lanes)
    gain = load_row(scratch.rows, RESULT, game.lanes) - here
    tilt = load_row(game.tilt, kind, game.lanes)
    logit = t * load_row(game.precision, 0, game.lanes) * gain + tilt
    size = distance(logit, 0.0 * logit)
    small = exp_row(0.0 - size)
    likely = 1.0 / (1.0 + small)
    store_row(scratch.rows, YES, small * likely)
    store_row(scratch.rows, TOP, logit)
    entropy = log_row(1.0 + small) + size * small * likely
    store_row(scratch.rows, ENTROPY, entropy + load_row(game.base, kind, game.lanes))
    count = 0
    for m in range(game.vote_weight.shape[1]):
        if game.vote_weight[kind, m] > 0:
            unlikely = scratch.rows[YES, m]
            scratch.yes[count] = 1.0 - unlikely if scratch.rows[TOP, m] >= 0.0 else unlikely
            scratch.vote_weights[count] = game.vote_weight[kind, m]
            scratch.voters[count] = m
            count += 1
    adopted = tally_first(
        count, scratch.yes, scratch.vote_weights, game.vote_quota[kind],
        scratch.before, scratch.after, scratch.pivot, scratch.without,
    )  # fmt: skip
    for v in range(count):
        m = scratch.voters[v]
        spread = scratch.rows[ENTROPY, m] + scratch.yes[v] * game.tilt[kind, m]
        worth_of_entropy = t * game.softness[m] * spread
        scratch.rows[SHOCKS, m] += game.rate[kind] * scratch.pivot[v] * worth_of_entropy
    return adopted


@kernel(fast=True, borrow=True)
def soften(scratch: Scratch, count: int, lanes: int) -> None:
    """Subtract from the logits of each owner their largest, or 0 for waiting; leave it in row ``TOP``."""
    for a in range(count):
        owner = scratch.owners[a]
        scratch.rows[TOP, owner] = max(scratch.rows[TOP, owner], scratch.logits[a])
    for a in range(count):
        scratch.logits[a] -= scratch.rows[TOP, scratch.owners[a]]
    for j in range(lanes):
        scratch.rows[TOTAL, j] *= np.exp(-scratch.rows[TOP, j])


@kernel(fast=True, borrow=True, inline=True)
def list_action(
    game: Packed, kind: int, s: int, values: Float, t: float, scratch: Scratch, place: int
) -> float:
    """Note at a place of the list what an action brings its owner, whose habit it is; return its logit."""
    owner = np.uint64(game.kind_actor[kind])
    gain = scratch.ahead[place, owner] + game.impact[kind, owner] - values[s, owner]
    logit = t * game.precision[owner] * gain
    scratch.rows[CLAIMED, owner] += game.claim[kind]
    scratch.rows[SHARERS, owner] += game.free[kind]
    scratch.habits[place] = game.weight[kind]
    scratch.free[place] = game.free[kind]
    scratch.gains[place] = gain
    scratch.logits[place] = logit
    scratch.owners[place] = owner
    scratch.kinds[place] = kind
    return float(logit)


@kernel(fast=True, borrow=True, inline=True)
def weigh(scratch: Scratch, count: int, steepest: float, lanes: tuple[int, ...]) -> None:
    """Turn the logits of the list into weights, with their sum and that of their gains for each owner.

    The sum includes waiting; where a logit is steep, all are beside the largest of their owner.
    """
    wait = (1.0 - load_row(scratch.rows, CLAIMED, lanes)) / load_row(scratch.rows, SHARERS, lanes)
    store_row(scratch.rows, WAIT, wait)
    store_row(scratch.rows, TOTAL, wait)
    store_row(scratch.rows, MEAN, 0.0 * wait)
    store_row(scratch.rows, TOP, 0.0 * wait)
    if steepest > STEEP:
        soften(scratch, count, len(lanes))
    exp_list(scratch.logits, count, scratch.weights)
    for a in range(count):
        owner = scratch.owners[a]
        weight = scratch.weights[a] * (scratch.habits[a] + scratch.free[a] * scratch.rows[WAIT, owner])
        scratch.weights[a] = weight
        scratch.rows[TOTAL, owner] += weight
        scratch.rows[MEAN, owner] += weight * scratch.gains[a]


@kernel(fast=True, borrow=True, inline=True)
def worth_of_choice(game: Packed, s: int, t: float, scratch: Scratch) -> Float:
    """Return what choosing is worth beside its gains, per day; row ``SHARE`` is the rate of a weight of 1."""
    lanes = game.lanes
    total = load_row(scratch.rows, TOTAL, lanes)
    pace = load_row(game.pace, game.pace_context[s], lanes)
    precision = t * load_row(game.precision, 0, lanes)
    softness = t * load_row(game.softness, 0, lanes)
    share = 1.0 / total
    store_row(scratch.rows, SHARE, pace * share)
    entropy = (
        load_row(scratch.rows, TOP, lanes)
        + log_row(total)
        - precision * load_row(scratch.rows, MEAN, lanes) * share
    )
    return pace * softness * entropy


@kernel(fast=True, borrow=True, inline=True)
def visit(
    game: Packed,
    s: int,
    values: Float,
    t: float,
    scratch: Scratch,
    rates: Float,
    choice: Float,
    first: np.uint64,
    choosing: bool,
) -> tuple[Float, Float, float]:
    """Return ``u + S + sum_o r_o impact_o``, ``sum_o r_o sum_b p_b V(target)`` and ``sum_o r_o``.

    The rates of the situation's options are written from place ``first`` on, and their choice probabilities
    where ``choosing``: sweeps do not need them.
    """
    lanes = game.lanes
    begin = game.option_start[s]
    branch = game.target_start[s]
    income = load_row(game.flow, s, lanes)
    nothing = 0.0 * income
    store_row(scratch.rows, SHOCKS, nothing)
    store_row(scratch.rows, CLAIMED, nothing)
    store_row(scratch.rows, SHARERS, nothing + 1.0)
    moved = nothing
    leaving = 0.0
    steepest = 0.0
    count = 0
    for o in range(game.option_start[s + 1] - begin):
        kind = game.option_kind[begin + o]
        ahead = nothing
        for b in range(game.kind_branches[kind]):
            ahead = ahead + game.chance[kind, b] * load_row(values, game.targets[branch], lanes)
            branch += ONE
        sort = game.kind_actor[kind]
        if sort < 0:
            rate = game.rate[kind]
            adopted = 1.0
            if sort == DECISION:
                store_row(scratch.rows, RESULT, ahead + load_row(game.impact, kind, lanes))
                adopted = adoption(game, kind, t, values, s, scratch)
                rate *= adopted
            leaving += rate
            income = income + rate * load_row(game.impact, kind, lanes)
            moved = moved + rate * ahead
            rates[first + o] = rate
            if choosing:
                choice[first + o] = adopted
        else:
            store_row(scratch.ahead, count, ahead)
            scratch.slots[count] = first + o
            steepest = max(steepest, list_action(game, kind, s, values, t, scratch, count))
            count += 1
    weigh(scratch, count, steepest, lanes)
    income = income + load_row(scratch.rows, SHOCKS, lanes) + worth_of_choice(game, s, t, scratch)
    for a in range(count):
        owner = scratch.owners[a]
        rate = scratch.rows[SHARE, owner] * scratch.weights[a]
        leaving += rate
        income = income + rate * load_row(game.impact, scratch.kinds[a], lanes)
        moved = moved + rate * load_row(scratch.ahead, a, lanes)
        rates[scratch.slots[a]] = rate
        if choosing:
            choice[scratch.slots[a]] = scratch.weights[a] / scratch.rows[TOTAL, owner]
    return income, moved, leaving


@kernel(fast=True, borrow=True)
def behave(
    game: Packed, values: Float, low: int, high: int, t: float, choice: Float, rates: Float, scratch: Scratch
) -> None:
    """Write choice probability and rate of every option of rows ``low .. high - 1``, at values ``(N, L)``."""
    for s in range(low, high):
        visit(game, s, values, t, scratch, rates, choice, game.option_start[s], True)


RANGE_ROWS = 4096


def behaviour(game: Game, values: Float) -> tuple[Float, Float]:
    """Choice probability and rate of every option ``(O,)`` at values ``(N, A)``."""
    packed = pack(game)
    rows = np.zeros((game.size, len(packed.lanes)))
    rows[:, : len(game.actors)] = values
    return packed_behaviour(packed, rows, 1.0)


def packed_behaviour(game: Packed, rows: Float, t: float) -> tuple[Float, Float]:
    """Do what `behaviour` does for padded rows ``(N, L)``, at t on the way from habit to the game itself."""
    choice = np.empty(len(game.option_kind))
    rate = np.empty(len(game.option_kind))
    parts = ranges(len(rows), -(-len(rows) // RANGE_ROWS))
    run_ranges(
        lambda low, high: behave(game, rows, low, high, float(t), choice, rate, make_scratch(game)), parts
    )
    return choice, rate
