r"""Scalars read along a process, from which values at any time are weighted sums.

Time is cut into segments. Within one, a scalar is :math:`f(t) = \sum_k w_k(\Lambda t) f_k` with weights
of one of two families: Poisson (:math:`f_k` read after k jumps) or Chebyshev (read off the k-th Chebyshev
polynomial of the jump matrix); both have integrals in closed form. The last value of a segment stands for
all later terms where the recursion ended early.

Poisson weights for uniformisation, with a proved bound on what is left out.

For a process with exit rates at most :math:`\Lambda`, :math:`e^{Qt} = \sum_k p_k P^k` with :math:`p_k =
e^{-q} q^k / k!`, :math:`q = \Lambda t`, :math:`P = I + Q/\Lambda`. The weights are built from the mode
outwards by the ratios :math:`p_{k+1}/p_k = q/(k+1)`, so nothing under- or overflows, and scaled to sum to
one (Fox and Glynn 1988). The windows end where a geometric series proves the tail small, rather than at
Fox and Glynn's corollaries, whose constants are known to be wrong for some ``q`` (Jansen 2011):

.. math:: \sum_{k>R} p_k \le p_R \frac{\rho}{1-\rho},\ \rho = \frac{q}{R+1} < 1, \qquad
          \sum_{k<L} p_k \le p_L \frac{\lambda}{1-\lambda},\ \lambda = \frac{L}{q} < 1.

Where q is below one the upper tail is held to :math:`\epsilon q`: integrals over time weigh k jumps by
:math:`P(N > k)`, which sum to q, and keep their digits however little the process moves.

Cost: about :math:`6\sqrt{q}` terms either side of ``q``. Relative rounding error of a weight: at most
twice its distance from the mode in units of roundoff, included in the bound.

Chebyshev weights of the exponential: :math:`e^{q(x-1)} = \sum_k \varepsilon_k a_k(q)\, T_k(x)`.

Here :math:`a_k(q) = e^{-q} I_k(q)` with the modified Bessel function, :math:`\varepsilon_0 = 1`,
:math:`\varepsilon_k = 2` after. They are positive, :math:`\sum_k \varepsilon_k a_k = 1`, and fall like
:math:`e^{-k^2/2q}`: about :math:`\sqrt{2 q \log(1/\epsilon)}` of them matter, where a power series needs
more than ``q``.

Computed by Miller's backward recurrence :math:`I_{k-1} = I_{k+1} + (2k/q) I_k`, all terms positive,
scaled by the sum (Olver 1964). Integrals :math:`A_k(q) = \int_0^q a_k = 2 \sum_{i > k} (i - k) a_i(q)`
follow from :math:`a_k' = (a_{k-1} + a_{k+1})/2 - a_k` and are sums of positive terms too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError
from bystander.numerics.bounds import UNIT_ROUNDOFF, Bounded
from bystander.numerics.jit import kernel

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bessel:
    """Weights of the Chebyshev polynomials at one q.

    Attributes
    ----------
    mean
        q.
    values
        ``(M,)`` a_k, to where they no longer matter in double precision.
    integrals
        ``(M,)`` A_k.
    """

    mean: float
    values: Float
    integrals: Float

    def spread(self, length: int) -> Float:
        """Return the weight of each of the first ``length`` polynomials."""
        return _doubled(self.values, length)

    def survival(self, length: int) -> Float:
        """Return the integral from 0 to q of the weight of each of the first ``length`` polynomials."""
        return _doubled(self.integrals, length)


@lru_cache(maxsize=4096)
def bessel(mean: float) -> Bessel:
    """Return the Chebyshev weights of ``e^{q(x - 1)}``, ``q >= 0``."""
    if mean == 0.0:
        return Bessel(0.0, np.ones(1), np.zeros(1))
    values = _miller(mean, int(11.0 * np.sqrt(mean) + 40.0))
    tails = np.cumsum(values[::-1])[::-1]
    beyond = np.append(tails[1:], 0.0)
    integrals = 2.0 * np.cumsum(beyond[::-1])[::-1]
    values.setflags(write=False)
    integrals.setflags(write=False)
    return Bessel(mean, values, integrals)


def _doubled(weights: Float, length: int) -> Float:
    out = np.zeros(length)
    stop = min(length, len(weights))
    out[:stop] = 2.0 * weights[:stop]
    out[:1] *= 0.5
    return out


@kernel
def _miller(mean: float, last: int) -> Float:
    out = np.zeros(last + 1)
    above = 0.0
    here = 1e-250
    out[last] = here
    for k in range(last, 0, -1):
        below = above + 2.0 * k / mean * here
        if below > 1e200:
            for j in range(k, last + 1):
                out[j] *= 1e-200
            here *= 1e-200
            below = above * 1e-200 + 2.0 * k / mean * here
        above, here = here, below
        out[k - 1] = here
    total = out[0]
    for k in range(1, last + 1):
        total += 2.0 * out[k]
    weights: Float = out / total
    return weights


MOST = 1e8
"""Largest mean: its weights take a gigabyte, and a step for each of them would take days."""
FEWEST = 6
"""Jumps weighed however little a process moves, so that what only comes about by several keeps its digits."""


def refuse_endless(jumps: float) -> None:
    """Refuse to follow a process through more expected jumps than `MOST`."""
    if jumps > MOST:
        raise QueryError(
            f"The process could move some {jumps:.1e} times in the time asked about; at most {MOST:.0e} are "
            "followed. Ask about a shorter time, or write moves that follow at once as one move."
        )


@dataclass(frozen=True, slots=True)
class Poisson:
    """The distribution of the number of jumps, ``weights[k - left]`` for ``left <= k <= right``.

    Attributes
    ----------
    mean
        q, the expected number of jumps.
    left, right
        First and last index kept.
    weights
        Sum to one.
    error
        Total variation distance to the true distribution is at most this.
    error_before
        The same for every smaller mean: windows end at whole numbers, so a smaller one may leave out more.
    excess
        Bound on the expected number of jumps beyond ``right``, ``E (N - right)+``; at most about ``epsilon``
        times the mean.
    left_out
        The part of ``error`` that is left out; the rest is rounding, relative to each weight.
    """

    mean: float
    left: int
    right: int
    weights: Float
    error: float
    error_before: float
    excess: float
    left_out: float = 0.0

    def spread(self, length: int) -> Float:
        """Return the weights of 0 .. length - 1; everything beyond is put on the last (a constant tail)."""
        out = np.zeros(length)
        stop = min(self.right + 1, length)
        if stop > self.left:
            out[self.left : stop] = self.weights[: stop - self.left]
        if self.right >= length:
            out[-1] += self.weights[max(length - self.left, 0) :].sum()
        return out

    def survival(self, length: int) -> Float:
        """Return ``P(N > k)`` for ``k`` in 0 .. length - 1, all beyond put on the last: the sum is E N."""
        full = np.ones(max(self.right + 1, 1))
        tails = np.cumsum(self.weights[::-1])[::-1]
        full[self.left : self.right] = tails[1:]
        full[self.right] = 0.0
        out = np.zeros(length)
        stop = min(length, len(full))
        out[:stop] = full[:stop]
        if len(full) > length:
            out[-1] += full[length:].sum()
        return out


@lru_cache(maxsize=4096)
def poisson(mean: float, epsilon: float = 1e-12) -> Poisson:
    """Return the weights of a Poisson distribution, leaving out at most ``epsilon`` of it.

    Raises
    ------
    QueryError
        If the mean is beyond `MOST`.
    """
    if not (mean >= 0.0 and np.isfinite(mean)):
        raise ValueError(f"a Poisson mean must be finite and not negative, not {mean}")
    refuse_endless(mean)
    if mean == 0.0:
        return Poisson(0.0, 0, 0, np.ones(1), 0.0, 0.0, 0.0)
    room = int(40.0 * np.sqrt(mean) + 8.0 * np.log(1.0 / epsilon) + 40.0)
    above, up, tail_above, ratio = _outwards_above(mean, 0.5 * epsilon * min(mean, 1.0), room)
    below, down, tail_below = _outwards_below(mean, 0.5 * epsilon)
    mode = int(np.floor(mean))
    weights = np.concatenate([below[:down][::-1], above[: up + 1]])
    total = float(weights.sum())
    weights /= total
    weights.setflags(write=False)
    left_out = (tail_above + tail_below) / total
    rounding = 2.0 * (up + down + 4) * UNIT_ROUNDOFF
    return Poisson(
        mean=mean,
        left=mode - down,
        right=mode + up,
        weights=weights,
        error=left_out + rounding,
        error_before=epsilon + 2.0 * rounding,
        excess=tail_above / total / (1.0 - ratio),
        left_out=left_out,
    )


@kernel
def _outwards_above(mean: float, epsilon: float, room: int) -> tuple[Float, int, float, float]:
    """Weights mode, mode + 1, ... relative to the mode's, until the tail is below epsilon of their sum."""
    mode = int(np.floor(mean))
    out = np.empty(room)
    out[0] = 1.0
    total = 1.0
    k = 0
    while True:
        ratio = mean / (mode + k + 1)
        tail = out[k] * ratio / (1.0 - ratio) if ratio < 1.0 else np.inf
        if (tail <= epsilon * total and mode + k >= FEWEST) or k + 1 == room:
            return out, k, tail, ratio
        out[k + 1] = out[k] * ratio
        total += out[k + 1]
        k += 1


@kernel
def _outwards_below(mean: float, epsilon: float) -> tuple[Float, int, float]:
    """Weights mode - 1, mode - 2, ... likewise."""
    mode = int(np.floor(mean))
    out = np.empty(mode + 1)
    last = 1.0
    total = 1.0
    k = 0
    while True:
        ratio = (mode - k) / mean
        tail = last * ratio / (1.0 - ratio) if ratio < 1.0 else np.inf
        if k == mode or tail <= epsilon * total:
            return out, k, 0.0 if k == mode else tail
        last = last * ratio
        out[k] = last
        total += last
        k += 1


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
        rounding = (window.error - window.left_out) * window.mean
        return window.left_out * (window.right + 1) + 2.0 * window.excess + rounding


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
