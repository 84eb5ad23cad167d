r"""What a Markov process does in a bounded time, by uniformisation.

With :math:`\Lambda \ge \max_s e_s` and :math:`P = I + Q/\Lambda`, :math:`e^{Qt} = \sum_k p_k(\Lambda t) P^k`
(Jensen 1953; Grassmann 1977; Fox and Glynn 1988). All quantities are read off one of two recursions,

* forward, :math:`\pi_{k+1} = \pi_k P` from a distribution, for many questions of one start;
* backward, :math:`v_{k+1} = P v_k + g/\Lambda`, for one question from every start; ``g`` is a reward per
  day, or the rate at which a target is hit by a process that is killed there.

Instant values are :math:`\sum_k p_k f_k`; totals are :math:`\Lambda^{-1} \sum_k P(N > k) f_k`. The scalars
:math:`f_k = \pi_k \cdot r` do not depend on ``t``, so a whole curve costs one pass.

*Stopping early.* Differences obey :math:`d_{k+1} = d_k P` (forward, sum norm) or :math:`d_{k+1} = P d_k`
(backward, max norm) and ``P`` is a contraction in both, so :math:`|f_j - f_K| \le (j -
K)\,\|d_K\|\,\|r\|`: once :math:`(R - K)\|d_K\|` is below the tolerance the rest is a constant to within
it. This is a bound, unlike the usual comparison of successive iterates (Malhotra, Muppala and Trivedi
1994). Forward, the remaining mass bounds the rest as well.

Assumes rates that do not change with time. Cost: about :math:`\Lambda t + 6\sqrt{\Lambda t}` passes over
the entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded, rounding
from bystander.numerics.foxglynn import Poisson, poisson
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Series:
    """Scalars of a recursion, step by step, from which values at any time up to the last are read.

    Attributes
    ----------
    rate
        Rate of uniformisation, per day.
    values
        ``(K, C)``: C scalars at each step; the last row stands for all later steps.
    drift
        Bound on how far a later scalar may lie from the last row, per unit of the reader's largest entry.
    spent
        Whether the recursion ended because almost nothing was left of the process: at most ``drift``.
    width
        Largest number of terms of a step, for the rounding bound.
    """

    rate: float
    values: Float
    drift: float
    spent: bool
    width: int

    def column(self, number: int) -> Series:
        """Return the series of one scalar."""
        values = np.ascontiguousarray(self.values[:, number : number + 1])
        return Series(self.rate, values, self.drift, self.spent, self.width)

    def at(self, times: Float, scale: float = 1.0, epsilon: float = 1e-12) -> Bounded[Float]:
        """Return ``(G, C)`` the expected scalar at each time; ``scale`` bounds its size at every step."""
        windows = [poisson(self.rate * t, epsilon) for t in times]
        out = np.array([w.spread(len(self.values)) @ self.values for w in windows])
        error = max(w.error + self.drift + self._rounding(w) for w in windows)
        return Bounded(out, error * scale)

    def until(
        self, times: Float, scale: float = 1.0, total: float = np.inf, epsilon: float = 1e-12
    ) -> Bounded[Float]:
        """Return ``(G, C)`` the integral of the scalar from 0 to each time.

        ``scale`` bounds its size at every step; ``total``, where known, its integral over all time from
        any start (1 for the rate at which a killed process hits its target), which tightens the bound.
        """
        windows = [poisson(self.rate * t, epsilon) for t in times]
        out = np.array([w.survival(len(self.values)) @ self.values for w in windows]) / self.rate
        return Bounded(out, max(self._error(w, scale, total) for w in windows))

    def _error(self, window: Poisson, scale: float, total: float) -> float:
        time = window.mean / self.rate
        limit = min(total, time * scale)
        drift = self.drift * (limit if self.spent else time * scale)
        beyond = (window.error * (window.right + 1) + 2.0 * window.excess) / self.rate * scale
        if np.isfinite(total):
            beyond = min(window.error * total, beyond)
        return drift + self._rounding(window) * limit + beyond

    def _rounding(self, window: Poisson) -> float:
        return rounding(min(window.right, len(self.values)), self.width)


def forward_series(
    transposed: Generator, start: Float, readers: Float, horizon: float, epsilon: float = 1e-12
) -> Series:
    """Follow a distribution and read ``(N, C)`` quantities at every step up to what ``horizon`` needs.

    Parameters
    ----------
    transposed
        The generator listed by target, see `bystander.numerics.generators.transpose`.
    """
    return follow(transposed, start, readers, horizon, np.zeros(0), epsilon)[0]


def follow(
    transposed: Generator,
    start: Float,
    readers: Float,
    horizon: float,
    stays: Float,
    epsilon: float = 1e-12,
) -> tuple[Series, Float]:
    """Read ``(N, C)`` quantities at each step, and sum ``(G, N)`` days spent by each time of ``stays``."""
    rate = transposed.fastest or 1.0
    window = poisson(rate * horizon, epsilon)
    weights = np.zeros((len(stays), window.right + 1))
    for place, time in enumerate(stays):
        weights[place] = poisson(rate * min(time, horizon), epsilon).survival(window.right + 1) / rate
    series, days, steps, change, mass = _propagate(
        transposed.indptr,
        transposed.indices,
        transposed.rates / rate,
        1.0 - transposed.exit / rate,
        np.zeros(transposed.size),
        start,
        np.ascontiguousarray(readers),
        weights,
        True,
        epsilon,
    )
    left = (window.right - steps) * change
    spent = steps < window.right and mass <= left
    if spent:
        series = np.vstack([series, np.zeros((1, series.shape[1]))])
    return Series(rate, series, min(left, mass), spent, transposed.width), days


@dataclass(frozen=True, slots=True)
class Occupation:
    """Where a process is at each of G times, and for how long it has been where.

    Attributes
    ----------
    at
        ``(G, N)`` probabilities; the error is in the sum over situations.
    until
        ``(G, N)`` expected days spent in each situation; the error is in the sum over situations.
    hits
        Error of ``until @ h`` for a hit rate ``h``: a rate of which any start collects at most 1 over all
        time.
    """

    at: Bounded[Float]
    until: Bounded[Float]
    hits: float


def forward(
    transposed: Generator, start: Float, times: Float, epsilon: float = 1e-12, fastest_hit: float = 0.0
) -> Occupation:
    """Follow a distribution to several times in one pass; ``fastest_hit`` bounds the rate of hits."""
    rate = transposed.fastest or 1.0
    windows = [poisson(rate * t, epsilon) for t in times]
    length = max(w.right for w in windows) + 1
    _, vectors, steps, change, mass = _propagate(
        transposed.indptr,
        transposed.indices,
        transposed.rates / rate,
        1.0 - transposed.exit / rate,
        np.zeros(transposed.size),
        start,
        np.zeros((transposed.size, 0)),
        np.vstack([w.spread(length) for w in windows] + [w.survival(length) / rate for w in windows]),
        True,
        epsilon,
    )
    left = (length - 1 - steps) * change
    drift = min(left, mass)
    slips = rounding(steps, transposed.width)
    latest = float(max(times))
    g = len(windows)
    return Occupation(
        Bounded(vectors[:g], max(w.error for w in windows) + drift + slips),
        Bounded(
            vectors[g:],
            latest * (drift + slips)
            + max((w.error * (w.right + 1) + 2.0 * w.excess) / rate for w in windows),
        ),
        max(w.error for w in windows) + slips + (mass if mass <= left else left * latest * fastest_hit),
    )


def backward(
    generator: Generator,
    terminal: Float,
    gain: Float,
    times: Float,
    epsilon: float = 1e-12,
    scale: float = 1.0,
) -> Bounded[Float]:
    """Return ``(G, N)`` from every situation the expected ``terminal`` value plus ``gain`` until each time.

    Parameters
    ----------
    terminal
        ``(N,)`` value where the process is at the end.
    gain
        ``(N,)`` per day, collected while it lasts.
    scale
        Bound on the size of the answer; 1 for probabilities.
    """
    rate = generator.fastest or 1.0
    windows = [poisson(rate * t, epsilon) for t in times]
    length = max(w.right for w in windows) + 1
    _, vectors, steps, change, _ = _propagate(
        generator.indptr,
        generator.indices,
        generator.rates / rate,
        1.0 - generator.exit / rate,
        gain / rate,
        terminal,
        np.zeros((generator.size, 0)),
        np.vstack([w.spread(length) for w in windows]),
        False,
        epsilon * scale,
    )
    largest = float(np.abs(gain).max(initial=0.0)) / rate
    error = max(w.error * scale + w.excess * largest for w in windows)
    error += (length - 1 - steps) * change + rounding(steps, generator.width, scale)
    return Bounded(vectors, error)


@kernel
def _propagate(
    indptr: Int64,
    indices: Int32,
    jump: Float,
    stay: Float,
    gain: Float,
    start: Float,
    readers: Float,
    weights: Float,
    forward: bool,
    epsilon: float,
) -> tuple[Float, Float, int, float, float]:
    """Iterate ``x <- P x + gain`` from start; read scalars and add up weighted vectors until the weights end.

    Stops early when the change (sum norm forward, max norm backward) times the steps left is below
    epsilon, or forward when the mass is; the last iterate then stands for the rest (nothing, if the mass
    is gone).

    Returns series ``(K, C)``, vectors ``(G, N)``, the last step, its change and its mass.
    """
    n = len(indptr) - 1
    last = weights.shape[1] - 1
    x = start.copy()
    y = np.empty(n)
    vectors = np.zeros((weights.shape[0], n))
    series = np.zeros((last + 1, readers.shape[1]))
    change = 0.0
    mass = 1.0
    k = 0
    while True:
        for c in range(readers.shape[1]):
            series[k, c] = 0.0
        for s in range(n):
            for c in range(readers.shape[1]):
                series[k, c] += x[s] * readers[s, c]
        for g in range(weights.shape[0]):
            w = weights[g, k]
            if w != 0.0:
                for s in range(n):
                    vectors[g, s] += w * x[s]
        if k == last:
            return series, vectors, k, 0.0, mass
        total = 0.0
        largest = 0.0
        mass = 0.0
        for s in range(n):
            value = stay[s] * x[s] + gain[s]
            for i in range(indptr[s], indptr[s + 1]):
                value += jump[i] * x[indices[i]]
            difference = abs(value - x[s])
            total += difference
            largest = max(largest, difference)
            mass += abs(value)
            y[s] = value
        x, y = y, x
        k += 1
        change = total if forward else largest
        rest = change * (last - k)
        if (rest <= epsilon or (forward and mass <= epsilon)) and k < last:
            gone = forward and mass <= rest
            for g in range(weights.shape[0]):
                w = 0.0
                for j in range(k, last + 1):
                    w += weights[g, j]
                if not gone and w != 0.0:
                    for s in range(n):
                        vectors[g, s] += w * x[s]
            for c in range(readers.shape[1]):
                series[k, c] = 0.0
            for s in range(n):
                for c in range(readers.shape[1]):
                    series[k, c] += x[s] * readers[s, c]
            return series[: k + 1].copy(), vectors, k, change, mass
