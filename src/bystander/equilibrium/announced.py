r"""Dates that everybody knows: behaviour before an election, a summit, an ultimatum.

After the last date the game is the stationary one, with values :math:`V^*` (`bystander.equilibrium.solve`).
Before it values depend on the day. With G the defect of the value equations
(`bystander.equilibrium.response`: flow, less discounting, plus what every move is expected to bring at the
behaviour that V implies),

.. math:: -\frac{dV_i}{dt} = G_i(V) \quad \text{between dates}, \qquad
          V_i(s, t_k-) = d_{ik}(s) + \sum_{s'} J_k(s, s') V_i(s', t_k+) \quad \text{at the k-th date},

with J the lottery of the date and d what it is worth at once (`bystander.game.calendar`). The stationary
values are where G vanishes, so a game whose dates change nothing has them on every day. The equations are
followed backwards from the last date by the Runge-Kutta pair of Dormand & Prince (1980) of orders 5 and 4:
the difference of the two is the error of a step, and steps are as long as keeps the sum of these estimates
over all steps below the tolerance, each step getting its share by length. Between two ends of steps values
are had by one step from the later end, to the same order.

The sum is an estimate, not a bound: errors of one actor's values shrink by its discounting, but move what
others do, which may enlarge them where an equilibrium is nearly lost. `Announced.error` reports it.

Cost: six visits of every situation a step, and at least about one step for each third of the time in which
a situation is left: moves that fire every hour make for many steps. Memory: the values at the ends of steps.

Reference: Dormand & Prince (1980), J. Comput. Appl. Math. 6; Hairer, Norsett & Wanner (1993), *Solving
Ordinary Differential Equations I*, II.4 and II.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bystander.equilibrium.kernels import NONE, RANGE_ROWS, Scratch, make_scratch, packed_behaviour, visit
from bystander.equilibrium.packed import Packed, pack
from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import DateJump, Float, Game
from bystander.numerics.jit import kernel
from bystander.numerics.rows import load_row, store_row
from bystander.numerics.workers import ranges, run_ranges

TOLERANCE = 1e-8
MOST_STEPS = 100_000
SAFETY, LEAST, MOST = 0.9, 0.2, 5.0
STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERRORS = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


@dataclass(frozen=True, slots=True)
class Span:
    """Values between two dates, or between now and the first.

    Attributes
    ----------
    days
        ``(K + 1,)`` ends of steps, increasing, from the start to just before the date.
    values
        ``(K + 1, N, A)`` worth.
    """

    days: Float
    values: Float


@dataclass(frozen=True, slots=True)
class Announced:
    """Behaviour of a game with known dates.

    Attributes
    ----------
    after
        The stationary equilibrium, in force after the last date.
    spans
        One for each date, in their order.
    error
        Estimated error of values on the way, in worth, besides that of ``after``.
    steps
        Steps taken.
    """

    game: Game
    after: Equilibrium
    spans: tuple[Span, ...]
    error: float
    steps: int

    def values_at(self, day: float) -> Float:
        """Values on a day, ``(N, A)``; on a date itself, those just after it.

        Raises
        ------
        QueryError
            If the day lies before the start.
        """
        if not day >= 0.0:
            raise QueryError(f"Values are known from day 0 on, not on day {day:g}.")
        for known, span in zip(self.game.dates, self.spans, strict=True):
            if day < known.day:
                after = min(int(np.searchsorted(span.days, day)), len(span.days) - 1)
                ahead = float(span.days[after] - day)
                if ahead == 0.0:
                    return np.asarray(span.values[after])
                return _Backwards(self.game).step(span.values[after], ahead)[0]
        return self.after.values

    def behaviour_at(self, day: float) -> tuple[Float, Float]:
        """Choice probability and rate of every option on a day, ``(O,)`` each."""
        packed = pack(self.game)
        return packed_behaviour(packed, _padded_rows(packed, self.values_at(day)), 1.0)


def solve_announced(
    game: Game, *, tolerance: float = TOLERANCE, after: Equilibrium | None = None
) -> Announced:
    """Solve a game with known dates backwards from the last of them.

    Parameters
    ----------
    game
        The compiled game; without dates the answer is its stationary equilibrium, bit for bit.
    tolerance
        Estimated error of the values that is accepted, in worth.
    after
        The equilibrium of the game without its dates, if it is at hand.

    Raises
    ------
    NotConvergedError
        If there is no equilibrium after the last date, or the values before it cannot be followed.
    """
    plain = replace(game, dates=())
    stationary = solve(plain, tolerance=min(tolerance / 10, 1e-9)) if after is None else after
    stationary.require_converged()
    values, spans, error, steps = stationary.values, [], 0.0, 0
    total = game.dates[-1].day if game.dates else 0.0
    backwards = _Backwards(game)
    for k in range(len(game.dates) - 1, -1, -1):
        begin = game.dates[k - 1].day if k else 0.0
        span, missed = backwards.follow(
            jumped(game.dates[k], values), begin, game.dates[k].day, tolerance / total
        )
        values, error, steps = span.values[0], error + missed, steps + len(span.days) - 1
        spans.append(span)
    return Announced(game, stationary, tuple(reversed(spans)), error, steps)


def jumped(known: DateJump, values: Float) -> Float:
    """Values just before a date from those just after it, ``(N, A)``."""
    return known.impact + jump_to(known, values)


def jump_to(known: DateJump, after: Float) -> Float:
    """Return what is expected after a date in every situation just before it, ``(N, ...)``."""
    out = np.zeros(after.shape)
    for b in range(known.targets.shape[1]):
        chance = known.chances[:, b].reshape(-1, *(1,) * (after.ndim - 1))
        out += chance * after[known.targets[:, b]]
    return out


class _Backwards:
    """The differential equations of a game's values in the time that is left."""

    def __init__(self, game: Game) -> None:
        self.packed = pack(game)
        self.actors = len(game.actors)
        self.parts = ranges(game.size, -(-game.size // RANGE_ROWS))
        self.scratch = {part: make_scratch(self.packed) for part in self.parts}

    def slope(self, rows: Float) -> Float:
        """Return G of padded rows ``(N, L)``."""
        out = np.empty_like(rows)
        run_ranges(
            lambda low, high: _slopes(self.packed, rows, low, high, out, self.scratch[low, high]), self.parts
        )
        return out

    def stages(self, rows: Float, first: Float, length: float) -> tuple[Float, Float, Float]:
        """Take a step from rows with slope ``first``: rows after it, slope there, estimated error."""
        slopes = [first]
        ahead = rows
        for weights in STAGES:
            ahead = rows.copy()
            for weight, slope in zip(weights, slopes, strict=True):
                if weight:
                    ahead += (length * weight) * slope
            slopes.append(self.slope(ahead))
        missed = sum((length * e) * slope for e, slope in zip(ERRORS, slopes, strict=True) if e)
        return ahead, slopes[-1], np.asarray(missed)

    def step(self, values: Float, length: float) -> tuple[Float, float]:
        """Values some days earlier, by one step, and its estimated error in worth."""
        rows = _padded_rows(self.packed, values)
        ahead, _, missed = self.stages(rows, self.slope(rows), length)
        return ahead[:, : self.actors], float(np.abs(missed).max(initial=0.0))

    def follow(self, values: Float, begin: float, end: float, pace: float) -> tuple[Span, float]:
        """Follow values back from ``end`` to ``begin``; a step of h days may miss by ``pace`` times h."""
        rows = _padded_rows(self.packed, values)
        slope, day, missed = self.slope(rows), end, 0.0
        days, found = [end], [values]
        length = min(end - begin, 0.1)
        for _ in range(MOST_STEPS):
            if day <= begin:
                return Span(np.array(days[::-1]), np.stack(found[::-1])), missed
            length = min(length, day - begin)
            last = length >= (day - begin) * (1.0 - 1e-12)
            ahead, next_slope, wrong = self.stages(rows, slope, length)
            error = float(np.abs(wrong).max(initial=0.0))
            allowed = pace * length + 4e-16 * float(np.abs(rows).max(initial=0.0))
            if error <= allowed:
                rows, slope, missed = ahead, next_slope, missed + error
                day = begin if last else day - length
                days.append(day)
                found.append(np.ascontiguousarray(rows[:, : self.actors]))
            ratio = (allowed / error) ** 0.25 if error > 0.0 else MOST
            length *= min(max(SAFETY * ratio, LEAST), MOST) if np.isfinite(error) else LEAST
            if length < 1e-9 * max(end, 1.0):
                break
        raise NotConvergedError(
            f"Values before day {end:g} could not be followed beyond day {day:g}: steps became too short."
        )


def _padded_rows(packed: Packed, values: Float) -> Float:
    """Lay values ``(N, A)`` out as padded rows ``(N, L)``."""
    rows = np.zeros((len(values), len(packed.lanes)))
    rows[:, : values.shape[1]] = values
    return rows


@kernel(fast=True, borrow=True)
def _slopes(game: Packed, values: Float, low: int, high: int, out: Float, scratch: Scratch) -> None:
    """Fill in G for rows ``low .. high - 1``."""
    for s in range(low, high):
        income, moved, leaving = visit(
            game, s, values, 1.0, scratch, scratch.rates, scratch.rates, NONE, False
        )
        rate = load_row(game.discount, 0, game.lanes) + leaving
        store_row(out, s, income + moved - rate * load_row(values, s, game.lanes))
