r"""How behaviour stands at a point, in the quantities its derivatives and explanations are made of.

Write, for an option o of a situation s and an actor i, the *gain*

    X_oi = J_oi + E[V_i(s'_o)] - V_i(s)

(J includes the own worth of the owner or voter). At an opportunity of actor j the option is taken with
probability P_a proportional to H_a exp(beta_j X_aj), waiting has gain 0 and weight H_w; habits H, tilt and
base are those of `bystander.equilibrium.packed`. On a ballot voter n says yes with probability y_n =
logistic(beta_n X_on + tilt_n) and the proposal passes with probability A(y). The value equations
(docs/theory, game.md and votes.md), as sums of gains, are

    rho_i V_i = flow_i + sum_hazards q X_i + sum_ballots rate g_i + sum_j pace_j m_ji

    m_ji = sum_a P_a X_ai                              for i != j, and for i = j under shocks: noise
    m_jj = log(H_w + sum_a H_a exp(beta_j X_aj)) / beta_j    otherwise
    g_i  = A X_i                                       whoever does not vote
    g_i  = pivot_i S_i + without_i X_i                 voters; S = y X under noise, otherwise
                                                       S = [base + log(1 + exp(beta X + tilt))] / beta

This module computes the gains of every option and, for every ballot, what its derivatives need. An actor with
rationality 0 chooses at random and its shocks are worth nothing, whatever the convention.

Along the traced path (docs/theory/solving.md) choices have precision ``beta_t = t beta``, and an opportunity
is worth ``sum P w - t sigma KL(P || h)``, or ``sum P w + t sigma H(P)`` without habit. Since ``t sigma =
t^2 / beta_t`` this is

    M_t = t^2 M + (1 - t^2) sum P w        both at precision beta_t,

and for votes alike: the equations at t are those of t = 1 with other precisions and with the shocks counted
as worth in part. `Response.private` is that part: t^2, and 0 under ``noise``. Habits are the same all along.

With r_o the rate at which an option fires and S_i(s) the flow of the worth of shocks (`Response.surplus` for
actions, `Response.shock` for votes), the defect of the value equation is

    G_i(s) = flow_i - rho_i V_i + sum_o r_o X_oi + S_i(s).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bystander.equilibrium.packed import Layout, lay_out
from bystander.equilibrium.result import Equilibrium
from bystander.game.arrays import Game, MoveType
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.votes import joint_pivots, tally

Array = NDArray[Any]
HAZARD, DECISION = int(MoveType.HAZARD), int(MoveType.DECISION)


@dataclass(frozen=True, slots=True)
class Response:
    """Gains, choices and ballots of a game at given values (N situations, O options, A actors, D ballots).

    A ballot is an option that is a decision; ballots are numbered in the order of options.

    Attributes
    ----------
    layout
        The game as these kernels read it.
    private
        ``(A,)`` how much of each actor's shocks, or cost of control, counts as worth: t^2, or 0.
    gain
        ``(O, A)`` gain of each actor from each option.
    habit, wait
        ``(O,)`` weights H of each action and of waiting instead; 0 for other options.
    choice, option_rate
        ``(O,)`` as in `Equilibrium`, recomputed from the gains.
    ballot
        ``(O,)`` ballot number, -1 for hazards and actions.
    yes, pivot
        ``(D, A)`` chance of a yes and of being decisive; 0 for whoever does not vote.
    worth
        ``(D, A)`` g: what the coming up of the proposal is worth to each actor.
    shock
        ``(D, A)`` part of ``worth`` that is private shocks or cost of control: ``pivot (S - y X)``.
    pull
        ``(D, A, A)`` derivative of g of each actor in the log-odds of each voter's yes; D is 0 where it was
        not asked for: in a large vote it takes ten times as long as all else.
    surplus
        ``(N, A)`` worth per day of each actor's shocks to its own actions: ``pace (M - sum P X)``.
    """

    game: Game
    layout: Layout
    values: Array
    private: Array
    gain: Array
    habit: Array
    wait: Array
    choice: Array
    option_rate: Array
    ballot: Array
    yes: Array
    pivot: Array
    worth: Array
    shock: Array
    pull: Array
    surplus: Array


def respond(equilibrium: Equilibrium, *, pull: bool = True) -> Response:
    """Evaluate gains, choices and ballots at the values of an equilibrium."""
    equilibrium.require_lasting("What makes up a choice")
    return respond_at(equilibrium.game, equilibrium.values, pull=pull)


def respond_at(game: Game, values: Array, t: float = 1.0, *, pull: bool = True) -> Response:
    """Evaluate gains, choices and ballots at any values, ``(N, A)``, and any tracing parameter."""
    return responder(game, pull=pull)(values, t)


def responder(game: Game, *, pull: bool = True) -> Callable[[Array, float], Response]:
    """Return `respond_at` for one game: what does not depend on the values is laid out once."""
    whole, own = lay_out(game), private_actors(game)
    is_ballot = whole.kind_type[whole.option_kind] == DECISION
    ballot = read_only(np.where(is_ballot, np.cumsum(is_ballot) - 1, -1), np.int64)
    ballots = np.flatnonzero(is_ballot)
    habit, wait = (read_only(weights, np.float64) for weights in weigh(whole))

    def respond(values: Array, t: float) -> Response:
        layout = whole
        if t != 1.0:
            layout = whole._replace(precision=read_only(t * whole.precision, np.float64))
        values = read_only(values, np.float64)
        private = own * t**2
        gain = gains(layout, values)
        choice, rate, surplus = choose(layout, private, gain, habit, wait)
        voted = vote(layout, ballots, private, gain, choice, rate, pull)
        found = (private, gain, choice, rate, surplus, *voted)
        private, gain, choice, rate, surplus, *counted = (read_only(array, np.float64) for array in found)
        yes, pivot, worth, shock, pulls = counted
        return Response(
            game, layout, values, private, gain, habit, wait, choice, rate, ballot,
            yes, pivot, worth, shock, pulls, surplus,
        )  # fmt: skip

    return respond


def gap_of(response: Response) -> Array:
    """Return by how much the values miss the value equations, ``(N, A)`` worth per day: G."""
    return np.asarray(_gap(response.layout, point_of(response), response.surplus))


def private_actors(game: Game) -> Array:
    """Say how far what moves each actor besides gains counts as worth in the game itself, ``(A,)``."""
    return ((game.numbers.rationality > 0.0) & (game.shocks != "noise")).astype(np.float64)


@kernel
def gains(game: Layout, values: Array) -> Array:
    """``(O, A)`` gain of each actor from each option."""
    actors = values.shape[1]
    gain = np.empty((len(game.option_kind), actors))
    for s in range(len(game.option_start) - 1):
        at = game.target_start[s]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            for i in range(actors):
                gain[o, i] = game.impact[k, i]
            for b in range(game.kind_branches[k]):
                t = game.targets[at + b]
                for i in range(actors):
                    gain[o, i] += game.chance[k, b] * (values[t, i] - values[s, i])
            at += game.kind_branches[k]
    return gain


@kernel
def weigh(game: Layout) -> tuple[Array, Array]:
    """Weights H of every action and of waiting instead, ``(O,)`` each."""
    habit = np.zeros(len(game.option_kind))
    wait = np.zeros(len(game.option_kind))
    for s in range(len(game.option_start) - 1):
        o = game.option_start[s]
        end = game.option_start[s + 1]
        while o < end:
            last = o + 1
            if game.kind_type[game.option_kind[o]] > DECISION:
                j = game.kind_owner[game.option_kind[o]]
                while last < end and game.kind_owner[game.option_kind[last]] == j:
                    last += 1
                claimed, sharers = 0.0, 1.0
                for a in range(o, last):
                    claimed += game.claim[game.option_kind[a]]
                    sharers += game.free[game.option_kind[a]]
                for a in range(o, last):
                    k = game.option_kind[a]
                    wait[a] = (1.0 - claimed) / sharers
                    habit[a] = game.weight[k] + game.free[k] * wait[a]
            o = last
    return habit, wait


@kernel
def choose(
    game: Layout, private: Array, gain: Array, habit: Array, wait: Array
) -> tuple[Array, Array, Array]:
    """Choice probability and rate of every hazard and action, ballots left at 0; and `Response.surplus`."""
    choice = np.zeros(len(game.option_kind))
    rate = np.zeros(len(game.option_kind))
    surplus = np.zeros((len(game.option_start) - 1, gain.shape[1]))
    for s in range(len(game.option_start) - 1):
        o = game.option_start[s]
        end = game.option_start[s + 1]
        while o < end:
            k = game.option_kind[o]
            if game.kind_type[k] == HAZARD:
                choice[o] = 1.0
                rate[o] = game.rate[k]
                o += 1
            elif game.kind_type[k] == DECISION:
                o += 1
            else:
                j = game.kind_owner[k]
                beta = game.precision[j]
                last = o
                top = 0.0
                while last < end and game.kind_owner[game.option_kind[last]] == j:
                    top = max(top, beta * gain[last, j])
                    last += 1
                total = wait[o] * np.exp(-top)
                for a in range(o, last):
                    choice[a] = habit[a] * np.exp(beta * gain[a, j] - top)
                    total += choice[a]
                pace = game.pace[game.pace_context[s], j]
                mean = 0.0
                for a in range(o, last):
                    choice[a] /= total
                    rate[a] = pace * choice[a]
                    mean += choice[a] * gain[a, j]
                if private[j] > 0.0:
                    surplus[s, j] = private[j] * pace * ((top + np.log(total)) / beta - mean)
                o = last
    return choice, rate, surplus


@kernel
def vote(
    game: Layout, ballots: Array, private: Array, gain: Array, choice: Array, rate: Array, pulled: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """Count every ballot; fill ``choice`` and ``rate`` of its option; see `Response` for the results."""
    actors = gain.shape[1]
    yes = np.zeros((len(ballots), actors))
    pivot = np.zeros((len(ballots), actors))
    worth = np.zeros((len(ballots), actors))
    shock = np.zeros((len(ballots), actors))
    pull = np.zeros((len(ballots) if pulled else 0, actors, actors))
    member = np.empty(actors, np.int64)
    before = np.empty((actors + 1, game.sizes[1] + 1))
    after = np.empty((actors + 1, game.sizes[1] + 1))
    y, slope, relief = np.empty(actors), np.empty(actors), np.empty(actors)
    decisive, without = np.empty(actors), np.empty(actors)
    weight = np.empty(actors, np.int32)
    for d in range(len(ballots)):
        o = ballots[d]
        k = game.option_kind[o]
        n = 0
        for i in range(actors):
            if game.vote_weight[k, i] > 0:
                z = game.precision[i] * gain[o, i] + game.tilt[k, i]
                member[n] = i
                weight[n] = game.vote_weight[k, i]
                y[n] = logistic(z)
                slope[n] = logistic(z) * logistic(-z)
                relief[n] = 0.0
                if private[i] > 0.0:
                    best = (game.base[k, i] + softplus(z)) / game.precision[i]
                    relief[n] = private[i] * (best - y[n] * gain[o, i])
                n += 1
        if n == 0:
            continue
        quota = game.vote_quota[k]
        adoption = tally(y[:n], weight[:n], quota, before, after, decisive, without)
        choice[o] = adoption
        rate[o] = game.rate[k] * adoption
        for i in range(actors):
            worth[d, i] = adoption * gain[o, i]
        for v in range(n):
            i = member[v]
            yes[d, i] = y[v]
            pivot[d, i] = decisive[v]
            shock[d, i] = decisive[v] * relief[v]
            worth[d, i] += shock[d, i]
        if not pulled:
            continue
        joint = joint_pivots(y[:n], weight[:n], quota)
        for i in range(actors):
            for v in range(n):
                pull[d, i, member[v]] = decisive[v] * slope[v] * gain[o, i]
        for v in range(n):
            i = member[v]
            if private[i] > 0.0:
                pull[d, i, i] *= 1.0 - private[i]
                for w in range(n):
                    pull[d, i, member[w]] += slope[w] * joint[v, w] * relief[v]
    return yes, pivot, worth, shock, pull


@kernel
def _gap(game: Layout, at: Point, surplus: Array) -> Array:
    """Fill in G of the module's docstring."""
    n, actors = at.values.shape
    gap = surplus.copy()
    for s in range(n):
        for i in range(actors):
            gap[s, i] -= game.discount[i] * at.values[s, i]
        for f in range(len(game.flow_actor)):
            gap[s, game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            for i in range(actors):
                gap[s, i] += at.option_rate[o] * at.gain[o, i]
            d = at.ballot[o]
            if d >= 0:
                for i in range(actors):
                    gap[s, i] += game.rate[game.option_kind[o]] * at.shock[d, i]
    return gap


@kernel(inline=True)
def logistic(x: float) -> float:
    """``1 / (1 + exp(-x))`` without overflow."""
    if x >= 0.0:
        return float(1.0 / (1.0 + np.exp(-x)))
    e = np.exp(x)
    return float(e / (1.0 + e))


@kernel(inline=True)
def softplus(x: float) -> float:
    """``log(1 + exp(x))`` without overflow."""
    return float(max(x, 0.0) + np.log1p(np.exp(-abs(x))))


class Point(NamedTuple):
    """What kernels read of a `Response`."""

    values: Array
    private: Array
    gain: Array
    habit: Array
    wait: Array
    choice: Array
    option_rate: Array
    ballot: Array
    pivot_slope: Array
    pivot_shift: Array
    worth: Array
    shock: Array
    pull: Array


def point_of(response: Response) -> Point:
    """Lay a response out for the kernels; ``pivot_shift`` is how g of a voter moves with its own tilt."""
    r = response
    slope = r.pivot * r.yes * (1.0 - r.yes)
    kinds = r.layout.option_kind[np.flatnonzero(r.ballot >= 0)]
    usual = expit(r.layout.tilt[kinds])
    sigma = np.divide(1.0, r.layout.precision, out=np.zeros(len(r.private)), where=r.private > 0.0)
    shift = r.pivot * (r.yes - usual) * sigma
    return Point(
        r.values, r.private, r.gain, r.habit, r.wait, r.choice, r.option_rate, r.ballot,
        read_only(slope, np.float64), read_only(shift, np.float64), r.worth, r.shock, r.pull,
    )  # fmt: skip


@kernel(fast=True, borrow=True)
def spread(choice: Array, habit: Array, wait: Array, first: int, last: int) -> float:
    """``sum_b P_b log(H_b / P_b)`` over the options ``first .. last - 1`` of one actor and waiting.

    The entropy of the choice where habits do not count, minus its relative entropy to habit where they do.
    """
    left, total = 1.0, 0.0
    for a in range(first, last):
        left -= choice[a]
        if choice[a] > 0.0:
            total += choice[a] * np.log(habit[a] / choice[a])
    if left > 0.0:
        total += left * np.log(wait[first] / left)
    return float(total)
