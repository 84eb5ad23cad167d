r"""Poisson weights for uniformisation, with a proved bound on what is left out.

For a process with exit rates at most :math:`\Lambda`, :math:`e^{Qt} = \sum_k p_k P^k` with :math:`p_k =
e^{-q} q^k / k!`, :math:`q = \Lambda t`, :math:`P = I + Q/\Lambda`. The weights are built from the mode
outwards by the ratios :math:`p_{k+1}/p_k = q/(k+1)`, so nothing under- or overflows, and scaled to sum to
one (Fox and Glynn 1988). The windows end where a geometric series proves the tail small, rather than at
Fox and Glynn's corollaries, whose constants are known to be wrong for some ``q`` (Jansen 2011):

.. math:: \sum_{k>R} p_k \le p_R \frac{\rho}{1-\rho},\ \rho = \frac{q}{R+1} < 1, \qquad
          \sum_{k<L} p_k \le p_L \frac{\lambda}{1-\lambda},\ \lambda = \frac{L}{q} < 1.

Cost: about :math:`6\sqrt{q}` terms either side of ``q``. Relative rounding error of a weight: at most
twice its distance from the mode in units of roundoff, included in the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError
from bystander.numerics.bounds import UNIT_ROUNDOFF
from bystander.numerics.jit import kernel

Float = NDArray[np.float64]

MOST = 1e8
"""Largest mean: its weights take a gigabyte, and a step for each of them would take days."""


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
        Bound on the expected number of jumps beyond ``right``, ``E (N - right)+``.
    """

    mean: float
    left: int
    right: int
    weights: Float
    error: float
    error_before: float
    excess: float

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
    if mean > MOST:
        raise QueryError(
            f"The process could move some {mean:.1e} times in the time asked about; at most {MOST:.0e} are "
            "followed. Ask about a shorter time, or write moves that follow at once as one move."
        )
    if mean == 0.0:
        return Poisson(0.0, 0, 0, np.ones(1), 0.0, 0.0, 0.0)
    room = int(40.0 * np.sqrt(mean) + 8.0 * np.log(1.0 / epsilon) + 40.0)
    above, up, tail_above, ratio = _outwards_above(mean, 0.5 * epsilon, room)
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
        if tail <= epsilon * total or k + 1 == room:
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
