r"""First and second moment of what a process collects in a bounded time, from every start.

A reward flows at :math:`f(s)` a day and comes in lumps :math:`\iota` with jumps. With :math:`m_1, m_2`
the moments of the total collected in time ``t``,

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
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded, rounding
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.weights import poisson

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


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
    generator: Generator, flow: Float, lumps: Lumps, time: float, epsilon: float = 1e-14
) -> tuple[Bounded[Float], Bounded[Float]]:
    """Return ``(N,)`` the mean and the second moment of the total collected within ``time`` days."""
    rate = generator.fastest or 1.0
    window = poisson(rate * time, epsilon)
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
