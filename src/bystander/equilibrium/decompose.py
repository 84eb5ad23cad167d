r"""What an actor's value is made of: exact sums over its interests, impacts, own worths and private shocks.

With behaviour held at the equilibrium, actor i's value is linear in its payoffs. A *term* k is a flow of
worth f_k(s):

    interest              its worth per day where it holds
    impact of a move      rate of the move times J_i
    own worth             the same for i's own actions, and for decisions i votes on (J_i + c_i)
    control of choices    minus pace_i (relative entropy of i's choice and habit) / beta_i
    control of votes      minus sum over ballots of rate * pivot_i (the same of i's vote) / beta_i

The last two are what departing from habit costs, ``pace (M - sum P w)`` and the like (docs/theory/game.md).
Under ``shocks: private`` they are called shocks of choices and of votes, with the entropy in place of minus
the relative entropy; under ``noise`` they are 0. Each term's expected discounted total

    F_k = (rho_i I - Q)^-1 f_k        and        sum_k F_k = V_i

where Q is the generator of all moves at their equilibrium rates. The gap left by the solver's tolerance is
reported, not spread.

Before a known date values and totals depend on the day. Both obey equations of one form,

.. math:: -\frac{dF_k}{dt} = f_k(t) - (\rho - Q(t)) F_k, \qquad F_k(t_d-) = J_d F_k(t_d+),

with what a date itself is worth as a term of its own, and are followed back together by the method and the
steps of `bystander.equilibrium.announced`: at every stage the flows of all terms add up to that of the
values, so the totals add up to the values at every step, to rounding.

Cost: one pass over the options and one linear solve with as many right-hand sides as terms
(`bystander.numerics.linear`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.announced import Announced, jump_to, jumped, steps_of_order_eight
from bystander.equilibrium.packed import Layout
from bystander.equilibrium.response import (
    DECISION,
    HAZARD,
    Point,
    Response,
    gap_of,
    point_of,
    responder,
    spread,
)
from bystander.errors import NotConvergedError
from bystander.game.arrays import DateJump
from bystander.numerics import linear
from bystander.numerics.jit import kernel

Array = NDArray[Any]

INTEREST, IMPACT, OWN_WORTH, SHOCKS, CONTROL = "interest", "impact", "own worth", "shocks", "control"


@dataclass(frozen=True, slots=True)
class Term:
    """One payoff term of an actor.

    ``name`` is that of the interest or move, or ``control of choices``, ``shocks of votes`` and the like;
    ``group`` one of ``interest``, ``impact``, ``own worth``, ``control``, ``shocks``.
    """

    name: str
    group: str
    about: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discounted:
    """The matrix ``rho I - Q`` of behaviour, as `bystander.numerics.linear.solve` takes it."""

    indptr: Array
    indices: Array
    rates: Array
    diagonal: Array

    def solve(self, right: Array, *, transpose: bool = False, tolerance: float = 1e-12) -> Array:
        """Solve for right-hand sides ``(N, R)``.

        Raises
        ------
        NotConvergedError
            If the tolerance cannot be met.
        """
        found = linear.solve(
            self.indptr,
            self.indices,
            self.rates,
            self.diagonal,
            right,
            transpose=transpose,
            tolerance=tolerance,
        )
        if not found.converged:
            raise NotConvergedError(
                f"A discounted total could not be computed: relative residual {found.residual:.1e} after "
                f"{found.iterations} steps, asked for {tolerance:.0e}."
            )
        return found.x


def discounted(response: Response, actor: int) -> Discounted:
    """Return the matrix of an actor's discounted totals under the behaviour of a response."""
    layout = response.layout
    rates = _branch_rates(layout, response.option_rate)
    exit_rates = np.add.reduceat(np.concatenate([rates, [0.0]]), layout.target_start[:-1])
    exit_rates[np.diff(layout.target_start) == 0] = 0.0
    diagonal = response.game.numbers.discount[actor] + exit_rates
    return Discounted(layout.target_start, layout.targets, rates, diagonal)


@dataclass(frozen=True, slots=True)
class Day:
    """Behaviour on a day before known dates, and what it is made of.

    Attributes
    ----------
    parts
        For each actor asked about its terms and their totals, ``(N, R)``.
    """

    response: Response
    parts: Mapping[int, tuple[tuple[Term, ...], Array]]


def decompose_days(announced: Announced, actors: Collection[int], days: Sequence[float]) -> dict[float, Day]:
    """Decompose the values of some actors on some days, known dates ahead.

    Every step costs twelve evaluations of behaviour, and so does every day.
    """
    back = _Together(announced, tuple(actors))
    found = {day: back.tell() for day in days if day >= back.last}
    for known, span in zip(reversed(announced.game.dates), reversed(announced.spans), strict=True):
        back.leap(known)
        for low, high in zip(span.days[-2::-1].tolist(), span.days[:0:-1].tolist(), strict=True):
            found |= {day: back.earlier(high - day).tell() for day in days if low <= day < high}
            back = back.earlier(high - low)
    return found


class _Together:
    """Values of a game and the totals of some actors on one day, on their way back from the last date."""

    def __init__(self, announced: Announced, actors: tuple[int, ...]) -> None:
        self.game, self.actors = announced.game, actors
        self.last = self.game.dates[-1].day if self.game.dates else 0.0
        self.respond = responder(self.game, pull=False)
        self.values = announced.after.values
        now = self.respond(self.values, 1.0)
        dates = [Term(known.name, IMPACT, known.about, known.because) for known in self.game.dates]
        self.terms, self.totals = {}, {}
        for i in actors:
            terms, flows = all_terms_of(now, i)
            self.terms[i] = (*terms, *dates)
            none = np.zeros((len(flows), len(dates)))
            self.totals[i] = np.hstack([discounted(now, i).solve(flows), none])

    def tell(self) -> Day:
        """Return behaviour on this day, and the terms that are not zero everywhere."""
        parts = {}
        for i in self.actors:
            kept = np.flatnonzero(self.totals[i].any(axis=0))
            parts[i] = tuple(self.terms[i][k] for k in kept), self.totals[i][:, kept]
        return Day(self.respond(self.values, 1.0), parts)

    def leap(self, known: DateJump) -> None:
        """Go from just after a date to just before it."""
        self.values = jumped(known, self.values)
        for i in self.actors:
            self.totals[i] = jump_to(known, self.totals[i])
            own = [term.name for term in self.terms[i]].index(known.name)
            self.totals[i][:, own] += known.impact[:, i]

    def earlier(self, length: float) -> _Together:
        """Return the same some days earlier, by one step."""
        table = steps_of_order_eight()
        slopes: list[tuple[Array, dict[int, Array]]] = []
        for weights in (*(table.A[stage, :stage] for stage in range(len(table.B))), table.B):
            ahead = copy(self)
            ahead.values = _moved(self.values, length * weights, [slope[0] for slope in slopes])
            ahead.totals = {
                i: _moved(self.totals[i], length * weights, [slope[1][i] for slope in slopes])
                for i in self.actors
            }
            if len(slopes) < len(table.B):
                slopes.append(ahead.slope())
        return ahead

    def slope(self) -> tuple[Array, dict[int, Array]]:
        """Return how values and totals grow with the time that is left."""
        from scipy.sparse import csr_array

        now = self.respond(self.values, 1.0)
        found = {}
        for i in self.actors:
            matrix, totals = discounted(now, i), self.totals[i]
            flows = all_terms_of(now, i)[1]
            rates = csr_array((matrix.rates, matrix.indices, matrix.indptr), shape=(len(totals),) * 2)
            growth = rates @ totals - matrix.diagonal[:, None] * totals
            growth[:, : flows.shape[1]] += flows
            found[i] = growth
        return gap_of(now), found


def _moved(begin: Array, weights: Array, slopes: Sequence[Array]) -> Array:
    out = begin.copy()
    for weight, slope in zip(weights.tolist(), slopes, strict=True):
        if weight:
            out += weight * slope
    return out


def terms_of(response: Response, actor: int) -> tuple[tuple[Term, ...], Array]:
    """Return the terms of an actor that are not zero everywhere, and their flows ``(N, R)``."""
    terms, flows = all_terms_of(response, actor)
    kept = np.flatnonzero(flows.any(axis=0))
    return tuple(terms[k] for k in kept), np.ascontiguousarray(flows[:, kept])


def all_terms_of(response: Response, actor: int) -> tuple[tuple[Term, ...], Array]:
    """Return every term that an actor may have, and their flows ``(N, R)``."""
    game, layout = response.game, response.layout
    shape, numbers = game.structure, game.numbers
    labels: list[Term] = []
    columns = []
    for column, holder in enumerate(shape.flow_actor):
        if holder == actor:
            interest = game.interests[column]
            worths = numbers.flow_worth[shape.flow_context[:, column]]
            labels.append(Term(interest.name, INTEREST, interest.called(worths), interest.because))
            columns.append(worths)
    kind_term = np.full(len(layout.kind_type), -1, np.int64)
    own = (layout.kind_type > DECISION) & (layout.kind_owner == actor)
    own |= (layout.kind_type == DECISION) & (layout.vote_weight[:, actor] > 0)
    moved: list[Term] = []
    for m, move in enumerate(game.moves):
        for group, which in ((IMPACT, ~own), (OWN_WORTH, own)):
            kinds = (shape.kind_move == m) & which & (numbers.impact[:, actor] != 0.0)
            if kinds.any():
                kind_term[kinds] = len(moved)
                moved.append(Term(move.name, group, move.about, move.because))
    by_move = _move_flows(layout, response.option_rate, kind_term, actor, len(moved))
    shocks = _shock_flows(layout, point_of(response), actor)
    group = CONTROL if game.shocks == "control" else SHOCKS
    labels += [*moved, Term(f"{group} of choices", group), Term(f"{group} of votes", group)]
    return tuple(labels), np.column_stack([*columns, by_move, shocks])


@kernel
def _branch_rates(game: Layout, option_rate: Array) -> Array:
    rates = np.zeros(len(game.targets))
    for s in range(len(game.option_start) - 1):
        at = game.target_start[s]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            for b in range(game.kind_branches[k]):
                rates[at + b] = option_rate[o] * game.chance[k, b]
            at += game.kind_branches[k]
    return rates


@kernel
def _move_flows(game: Layout, option_rate: Array, kind_term: Array, actor: int, terms: int) -> Array:
    flows = np.zeros((len(game.option_start) - 1, terms))
    for s in range(len(game.option_start) - 1):
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if kind_term[k] >= 0:
                flows[s, kind_term[k]] += option_rate[o] * game.impact[k, actor]
    return flows


@kernel
def _shock_flows(game: Layout, at: Point, actor: int) -> Array:
    flows = np.zeros((len(game.option_start) - 1, 2))
    if not at.private[actor]:
        return flows
    for s in range(len(game.option_start) - 1):
        first, last = -1, -1
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if game.kind_type[k] == DECISION:
                flows[s, 1] += game.rate[k] * at.shock[at.ballot[o], actor]
            elif game.kind_type[k] != HAZARD and game.kind_owner[k] == actor:
                if first < 0:
                    first = o
                last = o + 1
        if first >= 0:
            pace = game.pace[game.pace_context[s], actor]
            flows[s, 0] = pace * spread(at.choice, at.habit, at.wait, first, last) / game.precision[actor]
    return flows
