"""The value equations and behaviour differentiated: gradients pulled back from answers to numbers.

Let ``G_i(s)`` be the right side less the left side of the value equations (see
`bystander.equilibrium.response`), a function of the values V and of the numbers of the game p, and ``r_o``
the rates of the options. With X the gains, what a change (dV, dp) does to choices P and adoption A is

    action a of j, pace p:   dP_a = P_a [beta (dX_aj - mean dX_j) + dbeta (X_aj - mean X_j) + dlog H_a - mean]
    ballot, voters n:        dA   = sum_n pivot_n y_n (1 - y_n) (beta_n dX_n + dbeta_n X_n + dtilt_n)

with means over the options of j, waiting included (its gain is always 0). An actor that weighs what departing
from habit costs, or gets the best of its shocks, loses nothing to first order by its own choice (the envelope
theorem), and gains ``mean dlog H / beta`` and ``pivot (y - h) dtilt / beta`` by its habits; under ``shocks:
noise`` that is not so and its own choice enters like anyone's. Of habits h (docs/theory/game.md), a stated
one has dlog H = dh / h, and waiting and options without one have dlog H = - (sum of dh) / (1 - sum of h).

One pass over the options gives, for weights lambda, z and c, the gradient in V and in every number of

    L = sum_s,i lambda_i(s) G_i(s) + sum_o z_o r_o + sum_o c_o P_o.

A parameter moves numbers x, each an expression over few variables and parameters:

    dy/dp = sum over x of dy/dx dx/dp,

of which most products are nothing: only numbers that mention a parameter are differentiated, in contexts that
occur, where y depends on them. Games that differ in the values of parameters alone are differentiated
together, each expression once for all of them. Votes' weights and quotas can only jump: they have no
derivative here.

The pass is the transpose of the one in the other direction, against which tests hold it. R sums with weights
of their own are done together, one row each (`bystander.numerics.rows`): what the options of a situation do
to one another is worked out once for all, and rows are as wide whatever the number of actors.

Eight sums at once take a quarter of the time of eight passes: 150 ns per situation and sum, with 8 actors and
14 options a situation. What bounds it: the gradient in V is read and written once for every branch and actor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout
from bystander.equilibrium.response import DECISION, HAZARD, Point, Response, point_of, spread
from bystander.game.arrays import Game
from bystander.game.compile import compiled_of, require_parameter, rows_that_occur
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.rows import load_row, store_row

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


def pull(response: Response, weights: Array, rates: Array, choices: Array) -> tuple[Array, NumbersChange]:
    """Gradients of R sums ``L`` (see the module) in the values, ``(N, A, R)``, and in the numbers.

    The R columns are one row in `bystander.numerics.rows`: what a situation's options do to one another is
    worked out once for all of them.

    Parameters
    ----------
    weights
        lambda, ``(N, A, R)``, R one of `bystander.numerics.rows.WIDTHS`.
    rates, choices
        z and c, ``(O, R)``.

    Returns
    -------
    tuple
        The gradient in the values, and in the numbers: each with a last axis of length R.
    """
    game = response.layout
    actors, width = weights.shape[1:]
    gradient = no_change(response.game, width)
    weights, rates, choices = (read_only(a, np.float64) for a in (weights, rates, choices))
    out = np.zeros(weights.shape)
    options = int(game.sizes[0]) + 1
    felt, urge = np.empty((options, actors, width)), np.empty((options, width))
    pull_kernel((0,) * width, game, point_of(response), weights, rates, choices, gradient, out, felt, urge)
    return out, gradient


@kernel(fast=True, borrow=True, inline=True)
def add_row(array: Array, index: int, row: Array, lanes: tuple[int, ...]) -> None:
    """Add a row to row ``index`` of an array."""
    store_row(array, index, load_row(array, index, lanes) + row)


@kernel(fast=True, borrow=True)
def pull_kernel(
    lanes: tuple[int, ...],
    game: Layout,
    at: Point,
    weights: Array,
    z: Array,
    c: Array,
    gradient: NumbersChange,
    out: Array,
    felt: Array,
    urge: Array,
) -> None:
    """See `pull`; fills ``gradient`` and ``out``.

    ``felt`` and ``urge`` are room for the options of one situation: what L gains from a gain of each actor,
    and from the log of each weight in the owner's choice.
    """
    n, actors = at.values.shape
    for s in range(n):
        here = s * actors
        for i in range(actors):
            w = load_row(weights, here + i, lanes)
            add_row(out, here + i, -game.discount[i] * w, lanes)
            add_row(gradient.discount, i, -at.values[s, i] * w, lanes)
        for f in range(len(game.flow_actor)):
            w = load_row(weights, here + game.flow_actor[f], lanes)
            add_row(gradient.flow_worth, game.flow_context[s, f], w, lanes)
        first = game.option_start[s]
        end = game.option_start[s + 1]
        o = first
        while o < end:
            k = game.option_kind[o]
            if game.kind_type[k] == HAZARD:
                total = load_row(z, o, lanes)
                for i in range(actors):
                    w = load_row(weights, here + i, lanes)
                    total = total + at.gain[o, i] * w
                    store_row(felt, (o - first) * actors + i, game.rate[k] * w)
                add_row(gradient.rate, k, total, lanes)
                o += 1
            elif game.kind_type[k] == DECISION:
                pull_vote(lanes, game, at, s, o, weights, z, c, gradient, felt)
                o += 1
            else:
                last = o + 1
                while last < end and game.kind_owner[game.option_kind[last]] == game.kind_owner[k]:
                    last += 1
                pull_choice(lanes, game, at, s, o, last, weights, z, c, gradient, felt, urge)
                o = last
        spread_to_targets(lanes, game, at.values, s, felt, gradient, out)


@kernel(fast=True, borrow=True, inline=True)
def pull_vote(
    lanes: tuple[int, ...],
    game: Layout,
    at: Point,
    s: int,
    o: int,
    weights: Array,
    z: Array,
    c: Array,
    gradient: NumbersChange,
    felt: Array,
) -> None:
    """Add the gradient in a decision's rate and in its members' votes; fill what is felt of it."""
    actors = at.values.shape[1]
    here, place = s * actors, (o - game.option_start[s]) * actors
    k = game.option_kind[o]
    d = at.ballot[o]
    rate = game.rate[k]
    total = at.choice[o] * load_row(z, o, lanes)
    for i in range(actors):
        w = load_row(weights, here + i, lanes)
        total = total + at.worth[d, i] * w
        store_row(felt, place + i, rate * at.choice[o] * w)
    add_row(gradient.rate, k, total, lanes)
    for m in range(actors):
        if game.vote_weight[k, m] > 0:
            u = at.pivot_slope[d, m] * (rate * load_row(z, o, lanes) + load_row(c, o, lanes))
            for i in range(actors):
                u = u + rate * at.pull[d, i, m] * load_row(weights, here + i, lanes)
            add_row(felt, place + m, game.precision[m] * u, lanes)
            add_row(gradient.rationality, m, at.gain[o, m] * u, lanes)
            if at.private[m]:
                relief = rate * at.shock[d, m] / game.precision[m]
                w = load_row(weights, here + m, lanes)
                add_row(gradient.rationality, m, -relief * w, lanes)
                u = u + rate * at.pivot_shift[d, m] * w
            add_row(gradient.vote_habit, k * actors + m, game.tilting[k, m] * u, lanes)


@kernel(fast=True, borrow=True, inline=True)
def pull_choice(
    lanes: tuple[int, ...],
    game: Layout,
    at: Point,
    s: int,
    o: int,
    last: int,
    weights: Array,
    z: Array,
    c: Array,
    gradient: NumbersChange,
    felt: Array,
    urge: Array,
) -> None:
    """Add the gradient in an actor's choice among ``o .. last - 1``; fill what is felt of them."""
    actors = at.values.shape[1]
    j = game.kind_owner[game.option_kind[o]]
    here, first, pc = s * actors, game.option_start[s], game.pace_context[s]
    pace = game.pace[pc, j]
    mean = 0.0
    paid = shift = 0.0 * load_row(z, o, lanes)
    for a in range(o, last):
        total = load_row(z, a, lanes)
        for i in range(actors):
            if i != j or not at.private[j]:
                total = total + at.gain[a, i] * load_row(weights, here + i, lanes)
        paid = paid + at.choice[a] * total
        total = pace * total + load_row(c, a, lanes)
        store_row(urge, a - first, total)
        shift = shift + at.choice[a] * total
        mean += at.choice[a] * at.gain[a, j]
    stirred = 0.0 * paid
    if at.private[j]:
        relief = spread(at.choice, at.habit, at.wait, o, last) / game.precision[j]
        w = load_row(weights, here + j, lanes)
        stirred = (pace / game.precision[j]) * w
        paid = paid + (mean + relief) * w
        add_row(gradient.rationality, j, -(pace * relief / game.precision[j]) * w, lanes)
    add_row(gradient.pace, pc * actors + j, paid, lanes)
    for a in range(o, last):
        place = (a - first) * actors
        u = at.choice[a] * (load_row(urge, a - first, lanes) - shift)
        for i in range(actors):
            store_row(felt, place + i, pace * at.choice[a] * load_row(weights, here + i, lanes))
        add_row(felt, place + j, game.precision[j] * u, lanes)
        add_row(gradient.rationality, j, at.gain[a, j] * u, lanes)
        store_row(urge, a - first, u + at.choice[a] * stirred)
    pull_habits(lanes, game, o, last, first, urge, stirred, gradient)


@kernel(fast=True, borrow=True, inline=True)
def pull_habits(
    lanes: tuple[int, ...],
    game: Layout,
    o: int,
    last: int,
    first: int,
    urge: Array,
    total: Array,
    gradient: NumbersChange,
) -> None:
    """Add the gradient in the stated habits of the options ``o .. last - 1`` of one actor.

    ``urge`` holds what L gains from the log of each weight, and ``total`` what it gains from those of all,
    waiting included.
    """
    left, claimed = total, 0.0
    for a in range(o, last):
        k = game.option_kind[a]
        if game.claim[k] > 0.0:
            claimed += game.claim[k]
            left = left - load_row(urge, a - first, lanes)
    if claimed > 0.0:
        for a in range(o, last):
            k = game.option_kind[a]
            if game.claim[k] > 0.0:
                own = (1.0 / game.claim[k]) * load_row(urge, a - first, lanes)
                add_row(gradient.habit, k, own - (1.0 / (1.0 - claimed)) * left, lanes)


@kernel(fast=True, borrow=True, inline=True)
def spread_to_targets(
    lanes: tuple[int, ...],
    game: Layout,
    values: Array,
    s: int,
    felt: Array,
    gradient: NumbersChange,
    out: Array,
) -> None:
    """Hand what is felt of each gain on to the impacts, chances and values that the gain is made of."""
    actors = values.shape[1]
    branch = game.target_start[s]
    first = game.option_start[s]
    for o in range(first, game.option_start[s + 1]):
        k = game.option_kind[o]
        place = (o - first) * actors
        leaving = 0.0
        for b in range(game.kind_branches[k]):
            t = game.targets[branch + b]
            chance = game.chance[k, b]
            leaving += chance
            total = 0.0 * load_row(felt, place, lanes)
            for i in range(actors):
                row = load_row(felt, place + i, lanes)
                add_row(out, t * actors + i, chance * row, lanes)
                total = total + (values[t, i] - values[s, i]) * row
            add_row(gradient.chance, k * game.chance.shape[1] + b, total, lanes)
        for i in range(actors):
            row = load_row(felt, place + i, lanes)
            add_row(out, s * actors + i, -leaving * row, lanes)
            add_row(gradient.impact, k * actors + i, row, lanes)
        branch += game.kind_branches[k]


def parameter_slopes(
    games: Sequence[Game], gradients: Sequence[NumbersChange], names: Sequence[str]
) -> Array:
    """Return ``(S, P)`` the derivative of S quantities in P parameters, per unit of the parameter.

    Parameters
    ----------
    games, gradients
        For each quantity the game it is of, and its gradient in that game's numbers.

    Raises
    ------
    QueryError
        If a parameter is unknown, or a game was built from arrays.
    """
    out = np.zeros((len(gradients), len(names)))
    alike: dict[int, list[int]] = {}
    for place, game in enumerate(games):
        alike.setdefault(id(compiled_of(game).layout), []).append(place)
    for some in alike.values():
        out[some] = _slopes_together([games[s] for s in some], [gradients[s] for s in some], names)
    return out


def _slopes_together(
    games: Sequence[Game], gradients: Sequence[NumbersChange], names: Sequence[str]
) -> Array:
    """Return the derivatives where the games differ in the values of parameters alone."""
    distinct = {id(game): game for game in games}
    order = {mark: place for place, mark in enumerate(distinct)}
    of = np.array([order[id(game)] for game in games])
    known = [dict(game.parameters) for game in distinct.values()]
    for name in names:
        require_parameter(name, known[0])
    given = {name: np.array([each[name] for each in known]) for name in known[0]}
    compiled = compiled_of(games[0])
    whole = NumbersChange(*(np.stack(parts) for parts in zip(*gradients, strict=True)))
    out = np.zeros((len(gradients), len(names)))
    for entry in compiled.layout.entries:
        mentioned = [(place, name) for place, name in enumerate(names) if name in entry.parameters]
        if not mentioned:
            continue
        rows = rows_that_occur(compiled, entry.array)
        low, high = np.searchsorted(rows, (entry.rows.start, entry.rows.stop))
        felt = getattr(whole, entry.array)[:, low:high]
        felt = felt if entry.column is None else felt[..., entry.column]
        contexts = rows[low:high] - entry.rows.start
        if not felt.any():
            continue
        for place, name in mentioned:
            slope = entry.grid.values_of_each(entry.slope(name), given)[:, contexts]
            out[:, place] += np.einsum("sr,sr->s", felt, slope[of])
    return out
