r"""How a total is spread by chance: its moments, and how many events or how much comes in a bounded time.

*Moments.* A reward flows at :math:`f(s)` a day and comes in lumps :math:`\iota` with jumps. With
:math:`m_1, m_2` the moments of the total collected in time ``t``,

.. math:: m_1' = Q m_1 + r, \qquad m_2' = Q m_2 + 2 (F + I) m_1 + r^{(2)},

where :math:`r = f + \sum q \iota`, :math:`F = \mathrm{diag} f`, ``I`` has entries
:math:`q_{st}\iota_{st}` (a lump that comes without a change of situation on the diagonal) and
:math:`r^{(2)} = \sum q \iota^2`. The pair is a linear system with the same exponential, so uniformisation
gives :math:`m_i(t) = \sum_k p_k(\Lambda t) m_i^{(k)}` with

.. math:: m_1^{(k+1)} = P m_1^{(k)} + r/\Lambda, \qquad m_2^{(k+1)} = P m_2^{(k)} + (2 (F + I) m_1^{(k)} +
r^{(2)})/\Lambda.

Since :math:`|m_1^{(k)}| \le k \|r\|/\Lambda` and :math:`|m_2^{(k)}| \le k^2 \|r\|^2/\Lambda^2 + k
\|r^{(2)}\|/\Lambda`, the truncated terms are bounded by moments of the Poisson tail. A variance is a
difference of the two: its error is absolute and relative to the second moment. Reference: Van Moorsel,
Kant and Sanders 1996 (moments of performability by uniformisation).

*Counts.* The process is followed together with a counter, as a distribution over (situation, count) with
counts 0 .. C - 1, the last standing for "that many or more": one jump is :math:`x_c \leftarrow x_c (I +
Q_0/\Lambda) + x_{c-1} Q_1/\Lambda`, where :math:`Q_1` holds the rates of counted events (those that leave
the situation as it is on the diagonal) and :math:`Q_0` all else.

Amounts that accrue at rates :math:`f(s)` reduce to counts: events at rate :math:`f(s)/h` number, given
the total Y, Poisson(Y/h). Since a Poisson number lies on either side of a bound with known probability,
the distribution of the number brackets that of Y: for any whole n,

.. math:: P(Y \le y) \le \frac{P(N \le n)}{P(\mathrm{Poisson}(y/h) \le n)}, \qquad
          P(Y > y) \le \frac{P(N > n)}{P(\mathrm{Poisson}(y/h) > n)},

and the best n of each is taken: a bracket that narrows like :math:`\sqrt{h}`. These are two of the sums
:math:`g(x) = \sum_n q_n P(\mathrm{Poisson}(x/h) = n)` that lie above (below) the step from 1 to 0 at y; each
bounds :math:`P(Y \le y)` by its expectation :math:`\sum_n q_n P(N = n)`, and the best is found by linear
programming, as in the moment problems of Markov and Krein: some two times narrower at the same h. It is held
to the step at points that are added where it is violated worst, and raised by what may be missing between
points: :math:`|g''| \le \max_n |q_{n+2} - 2 q_{n+1} + q_n|` in units of h.

Cost: the number of counts times that of following the process. Memory: three tables of situations by counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded, rounding
from bystander.numerics.generators import Generator, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.transients import march
from bystander.numerics.weights import poisson
from bystander.numerics.workers import ranges, run_ranges

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Unsigned = NDArray[np.unsignedinteger]

ROWS_PER_RANGE = 500
PLACES, FEW, ROUNDS, LARGEST, CLOSE = 50, 150, 4, 2.0, 1e-3
"""Places for each count at which sums are fitted to a step; how many they are held to at first, how often
more are added; the largest coefficient beyond 0 and 1; what is close enough."""
SLOWEST = 1e-3
"""Fewest jumps, in expectation, by which a process is followed: of fewer, powers of their rate overflow."""


@dataclass(frozen=True, slots=True)
class Lumps:
    """Rewards that come with jumps.

    Attributes
    ----------
    generator
        Entry ``(s, t)`` is the sum of rate times reward over everything that leads from s to t.
    unmoved
        ``(N,)`` the same for what leaves the situation as it is.
    mean, square
        ``(N,)`` total rate times reward, and rate times squared reward.
    """

    generator: Generator
    unmoved: Float
    mean: Float
    square: Float


def moments(
    generator: Generator, flow: Float, lumps: Lumps, time: float
) -> tuple[Bounded[Float], Bounded[Float]]:
    """Return ``(N,)`` the mean and the second moment of the total collected within ``time`` days."""
    rate = max(generator.fastest, SLOWEST / time) if time else generator.fastest or 1.0
    window = poisson(rate * time, 1e-14)
    first, second = _moments(
        generator.indptr,
        generator.indices,
        generator.rates / rate,
        1.0 - generator.exit / rate,
        lumps.generator.indptr,
        lumps.generator.indices,
        lumps.generator.rates,
        flow + lumps.unmoved,
        flow + lumps.mean,
        lumps.square,
        rate,
        window.spread(window.right + 1),
    )
    steps = window.right
    gain = float(np.abs(flow + lumps.mean).max(initial=0.0))
    reach = float((np.abs(flow) + np.abs(lumps.mean)).max(initial=0.0))
    square = float(lumps.square.max(initial=0.0))
    slack = (steps + 1) / max(steps + 1 - window.mean, 1.0)
    beyond = (steps + 2.0 * slack) * window.excess
    width = generator.width + lumps.generator.width
    slip = window.error - window.left_out + rounding(steps, width)
    one = gain / rate * (steps * window.left_out + window.excess + window.mean * slip)
    top = (steps * reach / rate) ** 2 + steps * square / rate
    likely = (window.mean**2 + window.mean) * (reach / rate) ** 2 + window.mean * square / rate
    two = top * window.left_out + likely * slip + (reach / rate) ** 2 * 2.0 * beyond
    two += square / rate * window.excess + (reach / rate) ** 2 * steps**2 * window.excess
    return Bounded(first, one), Bounded(second, two)


@kernel
def _moments(
    indptr: Int64,
    indices: Int32,
    jump: Float,
    stay: Float,
    lump_indptr: Int64,
    lump_indices: Int32,
    lump: Float,
    here: Float,
    gain: Float,
    square: Float,
    rate: float,
    weights: Float,
) -> tuple[Float, Float]:
    """Sum the weighted iterates of both moments."""
    n = len(stay)
    a = np.zeros(n)
    c = np.zeros(n)
    next_a = np.empty(n)
    next_c = np.empty(n)
    first = np.zeros(n)
    second = np.zeros(n)
    for k in range(len(weights)):
        w = weights[k]
        if w != 0.0:
            for s in range(n):
                first[s] += w * a[s]
                second[s] += w * c[s]
        if k + 1 == len(weights):
            break
        for s in range(n):
            value = stay[s] * a[s] + gain[s] / rate
            other = stay[s] * c[s]
            for i in range(indptr[s], indptr[s + 1]):
                value += jump[i] * a[indices[i]]
                other += jump[i] * c[indices[i]]
            lumped = here[s] * a[s]
            for i in range(lump_indptr[s], lump_indptr[s + 1]):
                lumped += lump[i] * a[lump_indices[i]]
            next_a[s] = value
            next_c[s] = other + (2.0 * lumped + square[s]) / rate
        a, next_a = next_a, a
        c, next_c = next_c, c
    return first, second


def count_events(
    others: Generator, counted: Generator, unmoved: Float, start: Float, time: float, most: int
) -> Bounded[Float]:
    """Return ``(most + 2,)`` the probability of 0, 1, ... ``most`` events within ``time`` days, and of more.

    Parameters
    ----------
    others, counted
        Rates of jumps that are not counted, and of those that are.
    unmoved
        ``(N,)`` per day, counted events that leave the situation as it is.
    """
    levels = np.zeros((others.size, most + 2))
    levels[:, 0] = start
    operator = _prepare(transpose(others), transpose(counted), unmoved)
    course = march(operator, levels, time, lambda _: np.zeros(0), at=np.array([time]))
    return Bounded(np.clip(course.at[0].sum(axis=0), 0.0, 1.0), course.error)


def bracket_total(
    numbers: Bounded[Float], step: float, amounts: Float, *, fit: bool = False
) -> tuple[Float, Float]:
    """Return bounds ``(G,)`` on ``P(Y <= amount)`` from the distribution of its Poisson number.

    Parameters
    ----------
    numbers
        ``(C + 1,)`` probability of 0 .. C - 1 events, and of more.
    step
        Amount per event on average.
    fit
        Whether to look for the best sums, a second or so for each amount.
    """
    from scipy.stats import poisson as counts

    n = np.arange(len(numbers.value) - 1)
    below = np.cumsum(numbers.value)[:-1] + numbers.error
    above = np.cumsum(numbers.value[::-1])[::-1][1:] + numbers.error
    mean = np.asarray(amounts, np.float64)[:, None] / step
    with np.errstate(divide="ignore"):
        upper = (below / counts.cdf(n, mean)).min(axis=1)
        rest = (above / counts.sf(n, mean)).min(axis=1)
    lower = 1.0 - rest
    if fit:
        steps = _Steps(numbers, mean[:, 0])
        fitted = [steps.bounds(place) for place in mean[:, 0]]
        lower = np.maximum(lower, [low for low, _ in fitted])
        upper = np.minimum(upper, [high for _, high in fitted])
    return np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)


class _Steps:
    """Sums of Poisson chances above and below a step at one of some places, as close as numbers allow."""

    def __init__(self, numbers: Bounded[Float], places: Float) -> None:
        from scipy.stats import poisson as counts

        self.numbers = numbers
        most = len(numbers.value) - 2
        last = max(most + 1 + 12.0 * np.sqrt(most + 1), float(places.max()) + 1.0)
        self.x = np.unique(np.append(np.linspace(0.0, np.sqrt(last), int(PLACES * last)) ** 2, places))
        n = np.arange(most + 1)
        self.chances = np.column_stack([counts.pmf(n, self.x[:, None]), counts.sf(most, self.x)])
        self.beyond = float(counts.cdf(most, last))

    def bounds(self, place: float) -> tuple[float, float]:
        """Return bounds on the chance that the mean of the Poisson number is at most ``place``."""
        return -self._least(-1.0, place), self._least(1.0, place)

    def _least(self, side: float, place: float) -> float:
        """Return the least of ``side`` times the expectation of a sum on that side of the step."""
        from scipy.optimize import linprog

        value, x = self.numbers.value, self.x
        step = side * np.where(x <= place if side > 0.0 else x < place, 1.0, 0.0)
        between = side * np.where(x[1:] <= place, 1.0, 0.0)
        at = int(np.searchsorted(x, place))
        rows = np.unique(np.clip([*range(0, len(x), len(x) // FEW), at - 1, at, at + 1], 0, len(x) - 1))
        best = np.inf
        for _ in range(ROUNDS):
            found = linprog(
                side * value, -side * self.chances[rows], -step[rows], bounds=(-LARGEST, 1.0 + LARGEST)
            )
            if found.x is None:
                break
            q, reached = found.x, side * (self.chances @ found.x)
            bend = np.diff(x) ** 2 / 8.0 * np.abs(np.diff(q, 2)).max(initial=0.0)
            lacking = float((between - np.minimum(reached[:-1], reached[1:]) + bend).max(initial=0.0))
            slack = max(lacking, 0.0) + (1.0 + np.abs(q).max()) * self.beyond
            slack += self.numbers.error * (np.abs(np.diff(q)).sum() + np.abs(q).max())
            best = min(best, side * float(q @ value) + slack)
            short = np.concatenate([[0.0], step - reached, [0.0]])
            peaks = (short[1:-1] > CLOSE) & (short[1:-1] >= short[:-2]) & (short[1:-1] >= short[2:])
            if not peaks.any():
                break
            rows = np.unique(np.append(rows, np.flatnonzero(peaks)))
        return best


@dataclass(frozen=True)
class _Counter:
    """The operator on ``(N, C)`` tables of situations by counts, measured by their sum."""

    rate: float
    width: int
    arrays: tuple[Unsigned, Unsigned, Float, Float, Unsigned, Unsigned, Float, Float]
    parts: tuple[tuple[int, int], ...]
    forward: bool = True
    gain_size: float = 0.0

    def size(self, x: Float) -> float:
        """Measure a table."""
        return float(np.abs(x).sum())

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""
        return self._run(x, y, weights, sums, False)

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 P x - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""
        return self._run(x, y, weights, sums, True)[1]

    def _run(self, x: Float, y: Float, weights: Float, sums: Float, twice: bool) -> tuple[float, float]:
        for number in np.flatnonzero(weights):
            sums[number] += weights[number] * x
        found = run_ranges(lambda low, high: _count(*self.arrays, x, y, twice, low, high), self.parts)
        return sum(f[0] for f in found), sum(f[1] for f in found)


def _prepare(others: Generator, counted: Generator, unmoved: Float) -> _Counter:
    leaving = others.exit + counted.exit + unmoved
    rate = float(leaving.max(initial=0.0)) or 1.0
    arrays = (
        others.indptr.view(np.uint64),
        others.indices.view(np.uint32),
        others.rates / rate,
        1.0 - leaving / rate,
        counted.indptr.view(np.uint64),
        counted.indices.view(np.uint32),
        counted.rates / rate,
        unmoved / rate,
    )
    parts = ranges(others.size, max(1, min(8, others.size // ROWS_PER_RANGE)))
    return _Counter(rate, others.width + counted.width, arrays, parts)


@kernel
def _count(
    indptr: Unsigned,
    indices: Unsigned,
    jumps: Float,
    stay: Float,
    counted_indptr: Unsigned,
    counted_indices: Unsigned,
    counted_jumps: Float,
    unmoved: Float,
    x: Float,
    y: Float,
    twice: bool,
    low: int,
    high: int,
) -> tuple[float, float]:
    count = x.shape[1]
    row = np.empty(count)
    change, size = 0.0, 0.0
    for t in range(low, high):
        for c in range(count):
            row[c] = stay[t] * x[t, c]
        for i in range(indptr[t], indptr[t + 1]):
            p, s = jumps[i], indices[i]
            for c in range(count):
                row[c] += p * x[s, c]
        for i in range(counted_indptr[t], counted_indptr[t + 1]):
            p, s = counted_jumps[i], counted_indices[i]
            for c in range(count - 1):
                row[c + 1] += p * x[s, c]
            row[count - 1] += p * x[s, count - 1]
        for c in range(count - 1):
            row[c + 1] += unmoved[t] * x[t, c]
        row[count - 1] += unmoved[t] * x[t, count - 1]
        for c in range(count):
            value = 2.0 * row[c] - y[t, c] if twice else row[c]
            change += abs(value - x[t, c])
            size += abs(value)
            y[t, c] = value
    return change, size
