"""How equations and behaviour move with values and numbers, forwards: what `pull` is the transpose of.

`push` is the directional derivative (dG, dr, dP) of the value equations, of rates and of choices;
`push_changes` solves through it, a linear solve for each change.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.derivatives.implicit import Linearisation, linearise
from bystander.derivatives.value_equations import NumbersChange
from bystander.equilibrium.jacobian import solve_jacobian
from bystander.equilibrium.packed import Layout
from bystander.equilibrium.response import DECISION, HAZARD, Point, Response, point_of, spread
from bystander.numerics.jit import kernel, read_only

Array = NDArray[Any]


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
    dx = np.empty((game.sizes[0] + 1, actors))
    for s in range(n):
        for i in range(actors):
            out[s, i] = -game.discount[i] * dv[s, i] - change.discount[i] * at.values[s, i]
        for f in range(len(game.flow_actor)):
            out[s, game.flow_actor[f]] += change.flow_worth[game.flow_context[s, f]]
        push_gains(game, at, change, dv, s, dx)
        first = game.option_start[s]
        end = game.option_start[s + 1]
        o = first
        while o < end:
            k = game.option_kind[o]
            if game.kind_type[k] == HAZARD:
                rates[o] = change.rate[k]
                for i in range(actors):
                    out[s, i] += change.rate[k] * at.gain[o, i] + game.rate[k] * dx[o - first, i]
                o += 1
            elif game.kind_type[k] == DECISION:
                push_vote(game, at, change, s, o, dx, out, rates, choices)
                o += 1
            else:
                last = o + 1
                while last < end and game.kind_owner[game.option_kind[last]] == game.kind_owner[k]:
                    last += 1
                push_choice(game, at, change, s, o, last, dx, out, rates, choices)
                o = last
    return out, rates, choices


@kernel(fast=True, borrow=True, inline=True)
def push_gains(game: Layout, at: Point, change: NumbersChange, dv: Array, s: int, dx: Array) -> None:
    """Fill ``dx`` with how the gains of every actor move in the options of one situation."""
    actors = dv.shape[1]
    first = game.option_start[s]
    branch = game.target_start[s]
    for o in range(first, game.option_start[s + 1]):
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


@kernel(fast=True, borrow=True, inline=True)
def push_vote(
    game: Layout,
    at: Point,
    change: NumbersChange,
    s: int,
    o: int,
    dx: Array,
    out: Array,
    rates: Array,
    choices: Array,
) -> None:
    """Add what moves in a decision: each member's vote, the chance of adoption, what it is worth."""
    actors = out.shape[1]
    k = game.option_kind[o]
    d = at.ballot[o]
    rate = game.rate[k]
    gains = o - game.option_start[s]
    for m in range(actors):
        if game.vote_weight[k, m] > 0:
            tilt = game.tilting[k, m] * change.vote_habit[k, m]
            u = game.precision[m] * dx[gains, m] + change.rationality[m] * at.gain[o, m] + tilt
            choices[o] += at.pivot_slope[d, m] * u
            for i in range(actors):
                out[s, i] += rate * at.pull[d, i, m] * u
            if at.private[m]:
                out[s, m] -= rate * change.rationality[m] * at.shock[d, m] / game.precision[m]
                out[s, m] += rate * at.pivot_shift[d, m] * tilt
    rates[o] = change.rate[k] * at.choice[o] + rate * choices[o]
    for i in range(actors):
        out[s, i] += change.rate[k] * at.worth[d, i] + rate * at.choice[o] * dx[gains, i]


@kernel(fast=True, borrow=True, inline=True)
def push_choice(
    game: Layout,
    at: Point,
    change: NumbersChange,
    s: int,
    o: int,
    last: int,
    dx: Array,
    out: Array,
    rates: Array,
    choices: Array,
) -> None:
    """Add what moves in an actor's choice among its options ``o .. last - 1``, habits included."""
    actors = out.shape[1]
    j = game.kind_owner[game.option_kind[o]]
    pc, first = game.pace_context[s], game.option_start[s]
    mean, shift, wait = 0.0, 0.0, 1.0
    claimed, moved, stirred = 0.0, 0.0, 0.0
    for a in range(o, last):
        mean += at.choice[a] * at.gain[a, j]
        shift += at.choice[a] * dx[a - first, j]
        wait -= at.choice[a]
        k = game.option_kind[a]
        if game.claim[k] > 0.0:
            claimed += game.claim[k]
            moved += change.habit[k]
            stirred += at.choice[a] * change.habit[k] / game.claim[k]
        else:
            wait += game.free[k] * at.choice[a]
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


def push_changes(at, changes, *, tolerance=3e-7):
    """Values ``(N, A)``, rates and choices ``(O,)``, and chances moved by changes of the numbers, by name."""
    line = at if isinstance(at, Linearisation) else linearise(at)
    shape = line.equilibrium.values.shape
    found = {}
    for name, change in changes.items():
        right = push(line.response, change, np.zeros(shape))[0].ravel()
        solution = solve_jacobian(line.matrix, right[:, None], tolerance=tolerance)
        assert solution.converged
        values = np.ascontiguousarray(solution.x[:, 0]).reshape(shape)
        _, rates, choices = push(line.response, change, values)
        found[name] = SimpleNamespace(values=values, option_rate=rates, choice=choices, chance=change.chance)
    return found
