r"""First-order changes of the value equations and of behaviour, pushed forward.

Let ``G_i(s)`` be the right side less the left side of the value equations (see
`bystander.equilibrium.response`), a function of the values V and of the numbers of the game p, and ``r_o``
the rates of the options. Given (dV, dp), `push` returns the directional derivative (dG, dr, dP) in one pass
over the options; the gradient, a pass in the other direction, is in `bystander.derivatives.pull`.

With X the gains, both are built from

    action a of j, pace p:   dP_a = P_a [beta (dX_aj - mean dX_j) + dbeta (X_aj - mean X_j) + dlog H_a - mean]
    ballot, voters n:        dA   = sum_n pivot_n y_n (1 - y_n) (beta_n dX_n + dbeta_n X_n + dtilt_n)

with means over the options of j, waiting included (its gain is always 0). An actor that weighs what departing
from habit costs, or gets the best of its shocks, loses nothing to first order by its own choice (the envelope
theorem), and gains ``mean dlog H / beta`` and ``pivot (y - h) dtilt / beta`` by its habits; under ``shocks:
noise`` that is not so and its own choice enters like anyone's. Of habits h (model.md, section 2a), a stated
one has dlog H = dh / h, and waiting and options without one have dlog H = - (sum of dh) / (1 - sum of h).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout
from bystander.equilibrium.response import DECISION, HAZARD, Point, Response, point_of, spread
from bystander.game.arrays import Game
from bystander.numerics.jit import kernel
from bystander.numerics.views import read_only

Array = NDArray[Any]


class NumbersChange(NamedTuple):
    """A change of, or a gradient in, every number of a game; shapes as in `bystander.game.arrays.Numbers`."""

    rate: Array
    chance: Array
    impact: Array
    habit: Array
    vote_habit: Array
    pace: Array
    flow_worth: Array
    discount: Array
    rationality: Array


def no_change(game: Game, *width: int) -> NumbersChange:
    """Return a change of nothing, to be filled in; with a width, that many in a last axis."""
    return NumbersChange(
        *(np.zeros((*getattr(game.numbers, name).shape, *width)) for name in NumbersChange._fields)
    )


def push(response: Response, change: NumbersChange, values: Array) -> tuple[Array, Array, Array]:
    """Directional derivative of the equations, ``(N, A)``, of option rates and of choices, ``(O,)`` each.

    Parameters
    ----------
    change
        Direction in the numbers of the game.
    values
        Direction in the values, ``(N, A)``.
    """
    return push_kernel(response.layout, point_of(response), change, read_only(values, np.float64))


@kernel(fast=True)
def push_kernel(game: Layout, at: Point, change: NumbersChange, dv: Array) -> tuple[Array, Array, Array]:
    """See `push`."""
    n, actors = at.values.shape
    out = np.zeros((n, actors))
    rates = np.zeros(len(game.option_kind))
    choices = np.zeros(len(game.option_kind))
    longest = game.sizes[0] + 1
    dx = np.empty((longest, actors))
    for s in range(n):
        pc = game.pace_context[s]
        for i in range(actors):
            out[s, i] = -game.discount[i] * dv[s, i] - change.discount[i] * at.values[s, i]
        for f in range(len(game.flow_actor)):
            out[s, game.flow_actor[f]] += change.flow_worth[game.flow_context[s, f]]
        first = game.option_start[s]
        end = game.option_start[s + 1]
        branch = game.target_start[s]
        for o in range(first, end):
            k = game.option_kind[o]
            for i in range(actors):
                dx[o - first, i] = change.impact[k, i]
            for b in range(game.kind_branches[k]):
                t = game.targets[branch + b]
                for i in range(actors):
                    dx[o - first, i] += game.chance[k, b] * (dv[t, i] - dv[s, i]) + change.chance[k, b] * (
                        at.values[t, i] - at.values[s, i]
                    )
            branch += game.kind_branches[k]
        o = first
        while o < end:
            k = game.option_kind[o]
            if game.kind_type[k] == HAZARD:
                rates[o] = change.rate[k]
                for i in range(actors):
                    out[s, i] += change.rate[k] * at.gain[o, i] + game.rate[k] * dx[o - first, i]
                o += 1
            elif game.kind_type[k] == DECISION:
                d = at.ballot[o]
                rate = game.rate[k]
                for m in range(actors):
                    if game.vote_weight[k, m] > 0:
                        tilt = game.tilting[k, m] * change.vote_habit[k, m]
                        u = (
                            game.precision[m] * dx[o - first, m]
                            + change.rationality[m] * at.gain[o, m]
                            + tilt
                        )
                        choices[o] += at.pivot_slope[d, m] * u
                        for i in range(actors):
                            out[s, i] += rate * at.pull[d, i, m] * u
                        if at.private[m]:
                            out[s, m] -= rate * change.rationality[m] * at.shock[d, m] / game.precision[m]
                            out[s, m] += rate * at.pivot_shift[d, m] * tilt
                rates[o] = change.rate[k] * at.choice[o] + rate * choices[o]
                for i in range(actors):
                    out[s, i] += change.rate[k] * at.worth[d, i] + rate * at.choice[o] * dx[o - first, i]
                o += 1
            else:
                j = game.kind_owner[k]
                last = o
                mean, shift, wait = 0.0, 0.0, 1.0
                claimed, moved, stirred = 0.0, 0.0, 0.0
                while last < end and game.kind_owner[game.option_kind[last]] == j:
                    mean += at.choice[last] * at.gain[last, j]
                    shift += at.choice[last] * dx[last - first, j]
                    wait -= at.choice[last]
                    k = game.option_kind[last]
                    if game.claim[k] > 0.0:
                        claimed += game.claim[k]
                        moved += change.habit[k]
                        stirred += at.choice[last] * change.habit[k] / game.claim[k]
                    else:
                        wait += game.free[k] * at.choice[last]
                    last += 1
                rest = -moved / (1.0 - claimed)
                stirred += wait * rest
                pace = game.pace[pc, j]
                for a in range(o, last):
                    k = game.option_kind[a]
                    own = change.habit[k] / game.claim[k] if game.claim[k] > 0.0 else game.free[k] * rest
                    choices[a] = at.choice[a] * (
                        own
                        - stirred
                        + game.precision[j] * (dx[a - first, j] - shift)
                        + change.rationality[j] * (at.gain[a, j] - mean)
                    )
                    rates[a] = change.pace[pc, j] * at.choice[a] + pace * choices[a]
                    for i in range(actors):
                        if i != j or not at.private[j]:
                            out[s, i] += rates[a] * at.gain[a, i]
                        out[s, i] += pace * at.choice[a] * dx[a - first, i]
                if at.private[j]:
                    relief = spread(at.choice, at.habit, at.wait, o, last) / game.precision[j]
                    out[s, j] += pace * stirred / game.precision[j]
                    out[s, j] += change.pace[pc, j] * (mean + relief)
                    out[s, j] -= pace * change.rationality[j] * relief / game.precision[j]
                o = last
    return out, rates, choices
