r"""Scalars read along a process, from which values at any time are weighted sums.

Time is cut into segments. Within one, a scalar is :math:`f(t) = \sum_k w_k(\Lambda t) f_k` with weights
of one of two families: Poisson (:math:`f_k` read after k jumps) or Chebyshev (read off the k-th Chebyshev
polynomial of the jump matrix); both have integrals in closed form. The last value of a segment stands for
all later terms where the recursion ended early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bessel import Bessel, bessel
from bystander.numerics.bounds import Bounded
from bystander.numerics.foxglynn import Poisson, poisson

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time and what was read in it.

    Attributes
    ----------
    begin, length
        In expected jumps.
    values
        ``(K, ...)`` scalars.
    chebyshev
        Which family of weights they belong to.
    epsilon
        Part of the Poisson weights left out.
    error
        Bound, in the operator's measure, on the error of the vector anywhere up to the end of this segment.
    steps
        Products with the matrix: vectors 0 .. steps were read; one more row of values stands for nothing
        left.
    """

    begin: float
    length: float
    values: Float
    chebyshev: bool
    epsilon: float
    error: float
    steps: int

    def window(self, jumps: float) -> Bessel | Poisson:
        """Return the weights a number of expected jumps into the segment."""
        return bessel(jumps) if self.chebyshev else poisson(jumps, self.epsilon)

    def lost_days(self, jumps: float) -> float:
        """Return what an integral over the first ``jumps`` may lose to truncation, in expected jumps.

        The bound ``error`` times the length covers it, save for weights of so few jumps that more of them
        are kept than there are.
        """
        if self.chebyshev:
            return 0.0
        window = poisson(jumps, self.epsilon)
        return window.error * (window.right + 1) + 2.0 * window.excess


@dataclass(frozen=True, slots=True)
class Series:
    """The segments of a recursion at ``rate`` jumps per day, one after the other."""

    rate: float
    segments: tuple[Segment, ...]

    def column(self, number: int) -> Series:
        """Return the series of one scalar."""
        parts = [
            Segment(s.begin, s.length, s.values[:, [number]], s.chebyshev, s.epsilon, s.error, s.steps)
            for s in self.segments
        ]
        return Series(self.rate, tuple(parts))

    def at(self, times: Float, scale: float = 1.0) -> Bounded[Float]:
        """Return ``(G, ...)`` the scalars at each time; ``scale`` bounds one for a vector of size 1."""
        out, error = [], 0.0
        for time in times:
            segment = self._holding(time)
            values = segment.values
            window = segment.window(max(self.rate * time - segment.begin, 0.0))
            out.append(np.tensordot(window.spread(len(values)), values, axes=1))
            error = max(error, segment.error)
        return Bounded(np.array(out), error * scale)

    def until(self, times: Float, scale: float = 1.0) -> Bounded[Float]:
        """Return ``(G, ...)`` the integral of the scalars from 0 to each time."""
        whole = [
            np.tensordot(s.window(s.length).survival(len(s.values)), s.values, axes=1) for s in self.segments
        ]
        out, error = [], 0.0
        lost = [s.lost_days(s.length) for s in self.segments]
        for time in times:
            holding = self._holding(time)
            missing = float(time) * holding.error * self.rate
            value = np.zeros(self.segments[0].values.shape[1:])
            for segment, total, less in zip(self.segments, whole, lost, strict=True):
                if segment is holding:
                    jumps = max(self.rate * time - segment.begin, 0.0)
                    missing += segment.lost_days(jumps)
                    window = segment.window(jumps)
                    value = value + np.tensordot(window.survival(len(segment.values)), segment.values, axes=1)
                    break
                value = value + total
                missing += less
            out.append(value / self.rate)
            error = max(error, missing / self.rate)
        return Bounded(np.array(out), error * scale)

    def _holding(self, time: float) -> Segment:
        for segment in self.segments:
            if self.rate * time <= segment.begin + segment.length:
                return segment
        return self.segments[-1]
