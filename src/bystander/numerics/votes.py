"""Counting independent votes exactly.

Member m says yes with probability y_m, independently, and carries an integer weight w_m >= 0; a proposal
passes when the yes weights reach the quota q >= 1. With S the random yes weight,

    adoption             A         = P(S >= q)
    passes without m     without_m = P(S - w_m Y_m >= q)                          (m votes no)
    m is pivotal         pivot_m   = P(q - w_m <= S - w_m Y_m < q)                (m decides)

so that A = without_m + pivot_m y_m for every m, and dA/dy_m = pivot_m. A is multilinear in y. Its mixed
differences joint[m, l] = d pivot_m / d y_l (symmetric, zero on the diagonal) give every other derivative:
d without_m / d y_l = pivot_l - y_m joint[m, l] for l != m, and 0 for l = m.

The distribution of S is built by convolution, one member at a time; leaving one out combines the
distribution of those before with that of those after. Only sums of products of probabilities occur, so
every result has full relative accuracy, however small (dividing m out of the full distribution, or
subtracting tails, loses it). All weight at or above the quota shares one cell. Sums over a window of w_m
cells are made of what lies in the block of w_m cells that the window begins in and in the next, so that they
too need no subtraction. Cost O(n q) in time and in memory, whatever the weights.

References: Fernandez & Williams 2010, IEEE Trans. Aerospace and Electronic Systems 46 (Poisson-binomial); van
Herk 1992, Pattern Recognition Letters 13 (windows).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Integer = NDArray[np.int32]


@kernel(inline=True, borrow=True)
def convolve(table: Float, source: int, chance: float, weight: int, quota: int, result: int) -> None:
    """Add one member to the distribution in row ``source``; cell ``quota`` holds all at or above it."""
    for cell in range(quota + 1):
        table[result, cell] = (1.0 - chance) * table[source, cell]
    for cell in range(quota + 1):
        table[result, min(cell + weight, quota)] += chance * table[source, cell]


@kernel(inline=True, borrow=True)
def distributions(n: int, yes: Float, weights: Integer, quota: int, before: Float, after: Float) -> None:
    """Fill ``before[m]`` and ``after[m]``: the yes weight of members ``0 .. m - 1`` and of ``m .. n - 1``."""
    for cell in range(quota + 1):
        before[0, cell] = 0.0
        after[n, cell] = 0.0
    before[0, 0] = 1.0
    after[n, 0] = 1.0
    for m in range(n):
        convolve(before, m, yes[m], weights[m], quota, m + 1)
        back = n - 1 - m
        convolve(after, back + 1, yes[back], weights[back], quota, back)


SHORT = 32
"""Cells of a window that is summed anew at each place."""


@kernel(inline=True, borrow=True)
def between(before: Float, after: Float, n: int, m: int, low: int, high: int) -> float:
    """Probability that the yes weight of all but member m lies in ``[low, high)``.

    Where that is a long window, ``before[n]`` and ``after[m]``, which no later member needs, are overwritten.
    """
    total = 0.0
    length = high - low
    if length > SHORT:
        cell = 0
        for b in range(high):
            before[n, b] = after[m + 1, b] + (before[n, b - 1] if cell > 0 else 0.0)
            cell = cell + 1 if cell + 1 < length else 0
        cell = (high - 1) % length if high > 0 else 0
        for back in range(high):
            b = high - 1 - back
            after[m, b] = after[m + 1, b] + (after[m, b + 1] if back > 0 and cell + 1 < length else 0.0)
            cell = cell - 1 if cell > 0 else length - 1
        for a in range(high):
            part = before[n, high - 1 - a]
            if low - a >= 0 and (low - a) % length > 0:
                part += after[m, low - a]
            total += before[m, a] * part
        return total
    for a in range(high):
        part = 0.0
        for b in range(max(low - a, 0), high - a):
            part += after[m + 1, b]
        total += before[m, a] * part
    return total


@kernel(borrow=True)
def tally(
    yes: Float, weights: Integer, quota: int, before: Float, after: Float, pivot: Float, without: Float
) -> float:
    """Adoption probability, and each member's chance of being pivotal and of being passed over.

    Parameters
    ----------
    yes
        ``(n,)`` probability that each member says yes.
    weights
        ``(n,)`` weight of each vote.
    quota
        Yes weight that adopts, at least 1.
    before, after
        ``(n + 1, quota + 1)`` or larger; scratch, overwritten.
    pivot, without
        ``(n,)`` results, overwritten.

    Returns
    -------
    float
        Probability that the proposal passes.
    """
    return tally_first(len(yes), yes, weights, quota, before, after, pivot, without)


@kernel(inline=True, borrow=True)
def consensus(n: int, yes: Float, pivot: Float, without: Float) -> float:
    """Count a vote that any member's no defeats: products of chances, each over all members but one."""
    product = 1.0
    for m in range(n):
        pivot[m] = product
        without[m] = 0.0
        product *= yes[m]
    adopted = product
    product = 1.0
    for back in range(n):
        m = n - 1 - back
        pivot[m] *= product
        product *= yes[m]
    return adopted


@kernel(borrow=True)
def tally_first(
    n: int,
    yes: Float,
    weights: Integer,
    quota: int,
    before: Float,
    after: Float,
    pivot: Float,
    without: Float,
) -> float:
    """Do what `tally` does for the first ``n`` entries of longer arrays."""
    total = 0
    voters = 0
    for m in range(n):
        total += weights[m]
        voters += weights[m] > 0
    if quota == total and voters == n:
        return consensus(n, yes, pivot, without)
    distributions(n, yes, weights, quota, before, after)
    adopted = float(before[n, quota])
    for m in range(n):
        pivot[m] = between(before, after, n, m, quota - weights[m], quota)
        tail = 0.0
        passes = before[m, quota]
        for a in range(quota):
            tail += after[m + 1, quota - a]
            passes += before[m, a] * tail
        without[m] = passes
    return adopted


@kernel
def joint_pivots(yes: Float, weights: Integer, quota: int) -> Float:
    """Mixed second differences of the adoption probability, ``(n, n)``: ``d pivot_m / d y_l``.

    Of members who are alike, as those of a Council who are not asked about are, one is left out in turn.
    """
    n = len(yes)
    before = np.empty((n + 1, quota + 1))
    after = np.empty((n + 1, quota + 1))
    others = yes.copy()
    joint = np.zeros((n, n))
    for m in range(n):
        twin = 0
        while twin < m and (yes[twin] != yes[m] or weights[twin] != weights[m]):
            twin += 1
        if twin < m:
            for k in range(m + 1, n):
                joint[m, k] = joint[k, m] = joint[twin, k]
            continue
        others[m] = 0.0
        distributions(n, others, weights, quota, before, after)
        for k in range(m + 1, n):
            large = max(weights[m], weights[k])
            small = min(weights[m], weights[k])
            both = between(before, after, n, k, quota - large - small, quota - large)
            either = between(before, after, n, k, quota - small, quota)
            joint[m, k] = both - either
            joint[k, m] = both - either
        others[m] = yes[m]
    return joint
