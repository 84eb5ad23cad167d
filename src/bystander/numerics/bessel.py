r"""Chebyshev weights of the exponential: :math:`e^{q(x-1)} = \sum_k \varepsilon_k a_k(q)\, T_k(x)`.

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
