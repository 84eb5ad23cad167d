r"""How many counted events happen in a bounded time: the whole distribution.

The process is followed together with a counter, as a distribution over (situation, count) with counts 0
.. C - 1, the last standing for "that many or more": one jump is :math:`x_c \leftarrow x_c (I +
Q_0/\Lambda) + x_{c-1} Q_1/\Lambda`, where :math:`Q_1` holds the rates of counted events (those that leave
the situation as it is on the diagonal) and :math:`Q_0` all else.

Amounts that accrue at rates :math:`f(s)` reduce to counts: events at rate :math:`f(s)/h` number, given
the total Y, Poisson(Y/h). Since a Poisson number lies on either side of a bound with known probability,
the distribution of the number brackets that of Y: for any whole n,

.. math:: P(Y \le y) \le \frac{P(N \le n)}{P(\mathrm{Poisson}(y/h) \le n)}, \qquad
          P(Y > y) \le \frac{P(N > n)}{P(\mathrm{Poisson}(y/h) > n)},

and the best n of each is taken. The bracket narrows like :math:`\sqrt{h}`.

Cost: the number of counts times that of following the process. Memory: three tables of situations by counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import Generator, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.transients import march
from bystander.numerics.workers import ranges, run_ranges

Float = NDArray[np.float64]
Unsigned = NDArray[np.unsignedinteger]

ROWS_PER_RANGE = 500


def count_events(
    others: Generator,
    counted: Generator,
    unmoved: Float,
    start: Float,
    time: float,
    most: int,
    epsilon: float = 1e-12,
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
    course = march(operator, levels, time, lambda _: np.zeros(0), at=np.array([time]), epsilon=epsilon)
    return Bounded(np.clip(course.at[0].sum(axis=0), 0.0, 1.0), course.error)


def bracket_total(numbers: Bounded[Float], step: float, amounts: Float) -> tuple[Float, Float]:
    """Return bounds ``(G,)`` on ``P(Y <= amount)`` from the distribution of its Poisson number.

    Parameters
    ----------
    numbers
        ``(C + 1,)`` probability of 0 .. C - 1 events, and of more.
    step
        Amount per event on average.
    """
    from scipy.stats import poisson

    n = np.arange(len(numbers.value) - 1)
    below = np.cumsum(numbers.value)[:-1] + numbers.error
    above = np.cumsum(numbers.value[::-1])[::-1][1:] + numbers.error
    mean = np.asarray(amounts, np.float64)[:, None] / step
    with np.errstate(divide="ignore"):
        upper = (below / poisson.cdf(n, mean)).min(axis=1)
        rest = (above / poisson.sf(n, mean)).min(axis=1)
    return np.clip(1.0 - rest, 0.0, 1.0), np.clip(upper, 0.0, 1.0)


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
