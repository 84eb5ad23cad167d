r"""Dates that everybody knows: behaviour before an election, a summit, an ultimatum.

After the last date the game is the stationary one, with values :math:`V^*` (`bystander.equilibrium.solve`).
Before it values depend on the day. With G the defect of the value equations
(`bystander.equilibrium.response`: flow, less discounting, plus what every move is expected to bring at the
behaviour that V implies),

.. math:: -\frac{dV_i}{dt} = G_i(V) \quad \text{between dates}, \qquad
          V_i(s, t_k-) = d_{ik}(s) + \sum_{s'} J_k(s, s') V_i(s', t_k+) \quad \text{at the k-th date},

with J the lottery of the date and d what it is worth at once (`bystander.game.drafting`). The stationary
values are where G vanishes, so a game whose dates change nothing has them on every day. The equations are
followed backwards from the last date by the Runge-Kutta method of order 8 of Dormand & Prince with the error
estimate of Hairer, Norsett & Wanner, and steps are as long as keeps the sum of these estimates over all steps
below the tolerance, each step getting its share by length. Between two ends of steps values are had from the
method's own polynomial of degree 7, one for each half of the step, since it is an order behind the step;
coefficients are worked out where they are asked for.

The sum is an estimate, not a bound: errors of one actor's values shrink by its discounting, but move what
others do, which may enlarge them where an equilibrium is nearly lost. `Announced.error` reports it.

Cost: twelve visits of every situation a step, and at least about one step for every six times that a
situation is left: moves that fire every hour make for many steps; sixteen visits for a polynomial.
Memory: the values at the ends of steps, 17 more, and polynomials of `KEPT` bytes.

Reference: Hairer, Norsett & Wanner (1993), *Solving Ordinary Differential Equations I*, II.5, II.6 and II.10.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

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
FIRST = 0.1
"""Days of the first step tried; before a further date, the longest step after it is."""
KEPT = 100_000_000
"""Bytes of polynomials between ends of steps that are kept."""


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
    packed: Packed | None = field(default=None, repr=False)
    _between: dict[tuple[float, int, float], Float] = field(default_factory=dict, repr=False, compare=False)

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
                if ahead == 0.0 or self.packed is None:
                    return np.asarray(span.values[after])
                half, share = divmod(2.0 * ahead / float(span.days[after] - span.days[after - 1]), 1.0)
                return np.tensordot(_powers(share), self._half(known.day, span, after, half), 1)
        return self.after.values

    def _half(self, day: float, span: Span, after: int, half: float) -> Float:
        """Return the coefficients ``(8, N, A)`` of values in one half, 0 the later, of a step."""
        key = day, after, half
        found = self._between.get(key)
        if found is None:
            assert self.packed is not None
            length = 0.5 * float(span.days[after] - span.days[after - 1])
            backwards, values = _Backwards(self.game, self.packed), span.values[after]
            found = backwards.between(backwards.step(values, length) if half else values, length)
            while len(self._between) * found.nbytes > KEPT:
                self._between.pop(next(iter(self._between)), None)
            self._between[key] = found
        return found

    def behaviour_at(self, day: float) -> tuple[Float, Float]:
        """Choice probability and rate of every option on a day, ``(O,)`` each."""
        if self.packed is None:
            return self.after.choice, self.after.option_rate
        return packed_behaviour(self.packed, _padded_rows(self.packed, self.values_at(day)), 1.0)


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
    if not game.actors:
        nothing = np.zeros((1, game.size, 0))  # nobody values anything: hazards fire as they do
        none = tuple(Span(np.array([known.day]), nothing) for known in game.dates)
        return Announced(game, stationary, none, 0.0, 0)
    if not game.dates:
        return Announced(game, stationary, (), 0.0, 0)
    total = game.dates[-1].day
    backwards = _Backwards(game)
    for k in range(len(game.dates) - 1, -1, -1):
        begin = game.dates[k - 1].day if k else 0.0
        span, missed = backwards.follow(
            jumped(game.dates[k], values), begin, game.dates[k].day, tolerance / total
        )
        values, error, steps = span.values[0], error + missed, steps + len(span.days) - 1
        spans.append(span)
    return Announced(game, stationary, tuple(reversed(spans)), error, steps, backwards.packed)


def solve_with_dates(game: Game, *, after: Equilibrium | None = None) -> Equilibrium:
    """Return the behaviour of the first day of a game with known dates, with that of every day beside it.

    See `solve_announced`; without dates it is the equilibrium itself.
    """
    announced = solve_announced(game, after=after)
    stationary = announced.after
    if not game.dates:
        return stationary
    choice, rate = announced.behaviour_at(0.0)
    values = np.array(announced.values_at(0.0))
    for array in (values, choice, rate):
        array.flags.writeable = False
    return replace(stationary, game=game, values=values, choice=choice, option_rate=rate, announced=announced)


def steps_of_order_eight() -> Any:
    """Return the coefficients of the method: ``A``, ``B``, ``E3``, ``E5``, and of what lies between steps."""
    from scipy.integrate import DOP853  # a quarter of a second that only scenarios with dates need

    return DOP853


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


def led_by(known: DateJump, before: Float) -> Float:
    """Return where what lies in every situation just before a date is just after it, ``(N, ...)``."""
    out = np.zeros(before.shape)
    for b in range(known.targets.shape[1]):
        chance = known.chances[:, b].reshape(-1, *(1,) * (before.ndim - 1))
        np.add.at(out, known.targets[:, b], chance * before)
    return out


class _Backwards:
    """The differential equations of a game's values in the time that is left."""

    def __init__(self, game: Game, packed: Packed | None = None) -> None:
        self.packed = pack(game) if packed is None else packed
        self.actors = len(game.actors)
        self.parts = ranges(game.size, -(-game.size // RANGE_ROWS))
        self.scratch = {part: make_scratch(self.packed) for part in self.parts}
        self.table, self.length = steps_of_order_eight(), FIRST
        self.count = len(self.table.B) + 1
        stages = self.count + len(self.table.A_EXTRA)
        self.slopes = np.zeros((stages, game.size, len(self.packed.lanes)))

    def slope(self, rows: Float) -> Float:
        """Return G of padded rows ``(N, L)``."""
        out = np.empty_like(rows)
        run_ranges(
            lambda low, high: _slopes(self.packed, rows, low, high, out, self.scratch[low, high]), self.parts
        )
        return out

    def stages(self, rows: Float, first: Float, length: float) -> tuple[Float, Float, float]:
        """Take a step from rows with slope ``first``: rows after it, slope there, and estimated error."""
        slopes, ahead = self.slopes[: self.count], np.empty_like(rows)
        slopes[0] = first
        for stage in range(1, len(slopes) - 1):
            self.combine(rows, length * self.table.A[stage, :stage], ahead)
            slopes[stage] = self.slope(ahead)
        self.combine(rows, length * self.table.B, ahead)
        slopes[-1] = self.slope(ahead)
        fifth, third = np.empty_like(rows), np.empty_like(rows)
        self.combine(np.zeros_like(rows), self.table.E5, fifth)
        self.combine(np.zeros_like(rows), self.table.E3, third)
        five, three = float(np.abs(fifth).max(initial=0.0)), float(np.abs(third).max(initial=0.0))
        size = float(np.hypot(five, 0.1 * three))
        return ahead, slopes[-1].copy(), abs(length) * five**2 / size if size else 0.0

    def combine(self, rows: Float, weights: Float, out: Float) -> None:
        """Fill in rows plus a sum of the slopes."""
        run_ranges(lambda low, high: _combine(rows, self.slopes, weights, low, high, out), self.parts)

    def step(self, values: Float, length: float) -> Float:
        """Values some days earlier, by one step."""
        rows = _padded_rows(self.packed, values)
        return self.stages(rows, self.slope(rows), length)[0][:, : self.actors]

    def between(self, values: Float, length: float) -> Float:
        """Return the coefficients ``(8, N, A)`` of values on the way of one step: see `_powers`."""
        rows, table = _padded_rows(self.packed, values), self.table
        slopes, reached = self.slopes, np.empty_like(rows)
        ahead, last, _ = self.stages(rows, self.slope(rows), length)
        for stage, weights in enumerate(table.A_EXTRA, self.count):
            self.combine(rows, length * weights[:stage], reached)
            slopes[stage] = self.slope(reached)
        whole, first = ahead - rows, length * slopes[0]
        out = np.empty((4 + len(table.D), *rows.shape))
        out[0], out[1], out[2], out[3] = rows, whole, first - whole, 2.0 * whole - length * last - first
        for coefficient, weights in zip(out[4:], table.D, strict=True):
            self.combine(np.zeros_like(rows), length * weights, coefficient)
        return np.ascontiguousarray(out[:, :, : self.actors])

    def follow(self, values: Float, begin: float, end: float, pace: float) -> tuple[Span, float]:
        """Follow values back from ``end`` to ``begin``; a step of h days may miss by ``pace`` times h."""
        rows = _padded_rows(self.packed, values)
        slope, day, missed, longest = self.slope(rows), end, 0.0, 0.0
        days, found = [end], [values]
        length = min(end - begin, self.length)
        for _ in range(MOST_STEPS):
            if day <= begin:
                self.length = longest or self.length
                return Span(np.array(days[::-1]), np.stack(found[::-1])), missed
            length = min(length, day - begin)
            last = length >= (day - begin) * (1.0 - 1e-12)
            ahead, next_slope, error = self.stages(rows, slope, length)
            allowed = pace * length + 4e-16 * float(np.abs(rows).max(initial=0.0))
            if error <= allowed:
                rows, slope, missed = ahead, next_slope, missed + error
                longest = max(longest, length)
                day = begin if last else day - length
                days.append(day)
                found.append(np.ascontiguousarray(rows[:, : self.actors]))
            ratio = (allowed / error) ** (1 / 7) if error > 0.0 else MOST
            length *= min(max(SAFETY * ratio, LEAST), MOST) if np.isfinite(error) else LEAST
            if length < 1e-9 * max(end, 1.0):
                break
        raise NotConvergedError(
            f"Values before day {end:g} could not be followed beyond day {day:g}: steps became too short."
        )


def _powers(share: float) -> Float:
    """Return what the coefficients of a step count at a share x of it: 1, x, x (1 - x), x^2 (1 - x), ..."""
    return np.asarray(np.cumprod([1.0, *(share if j % 2 == 0 else 1.0 - share for j in range(7))]))


def _padded_rows(packed: Packed, values: Float) -> Float:
    """Lay values ``(N, A)`` out as padded rows ``(N, L)``."""
    rows = np.zeros((len(values), len(packed.lanes)))
    rows[:, : values.shape[1]] = values
    return rows


@kernel(fast=True)
def _combine(rows: Float, slopes: Float, weights: Float, low: int, high: int, out: Float) -> None:
    """Fill in ``rows + sum_j weights_j slopes_j`` for rows ``low .. high - 1``."""
    for s in range(low, high):
        for i in range(rows.shape[1]):
            total = rows[s, i]
            for j in range(len(weights)):
                total += weights[j] * slopes[j, s, i]
            out[s, i] = total


@kernel(fast=True, borrow=True)
def _slopes(game: Packed, values: Float, low: int, high: int, out: Float, scratch: Scratch) -> None:
    """Fill in G for rows ``low .. high - 1``."""
    for s in range(low, high):
        income, moved, leaving = visit(
            game, s, values, 1.0, scratch, scratch.rates, scratch.rates, NONE, False
        )
        rate = load_row(game.discount, 0, game.lanes) + leaving
        store_row(out, s, income + moved - rate * load_row(values, s, game.lanes))
