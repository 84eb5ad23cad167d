"""Exponential and logarithm of whole rows.

The library's functions take one number at a time, and cost more than everything else in a choice. Here

    exp(z) = 2^k exp(r),      k = nearest integer to z / ln 2,   r = z - k ln 2,   |r| <= ln(2) / 2,
    log(x) = k ln 2 + 2 artanh(s),   x = 2^k m,   m in [sqrt(1/2), sqrt(2)),   s = (m - 1) / (m + 1),

with ln 2 split in two parts so that k times the first is exact, the Taylor polynomial of degree 13 for exp(r)
(remainder below 5e-18) and the odd series to degree 21 for artanh (|s| < 0.172, remainder below 1e-18).
Powers of two are put together and taken apart as bits. Relative error of exp below 5e-16; z is cut off at
+-700. Absolute error of log below 5e-16 (1 + |log x|), for normal positive x.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel
from bystander.numerics.rows import exponent_row, floor_row, larger, load_row, smaller, store_row, two_to

Float = NDArray[np.float64]

LIST_LANES = (0,) * 8
LIST_WIDTH = 8

LARGEST = 700.0
LOG2_E = 1.4426950408889634
LN2_HIGH = 0.693145751953125
LN2_LOW = 1.42860682030941723212e-6


@kernel(fuse=True, borrow=True, inline=True)
def exp_row(z: Float) -> Float:
    """Return exp(z), lane by lane."""
    x = larger(-LARGEST, smaller(LARGEST, z))  # in this order a NaN stays one
    k = floor_row(x * LOG2_E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (r + 1.0) + (r * (1.0 / 6.0) + 0.5) * r2
    mid = (r * (1.0 / 120.0) + 1.0 / 24.0) + (r * (1.0 / 5040.0) + 1.0 / 720.0) * r2
    high = (r * (1.0 / 362880.0) + 1.0 / 40320.0) + (r * (1.0 / 39916800.0) + 1.0 / 3628800.0) * r2
    top = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0
    return (low + (mid + (high + top * r4) * r4) * r4) * two_to(k)


@kernel(fuse=True, borrow=True, inline=True)
def log_row(x: Float) -> Float:
    """Return log(x), lane by lane."""
    k = exponent_row(x)
    m = x * two_to(0.0 - k)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    q2 = q * q
    q4 = q2 * q2
    low = (q * (2.0 / 3.0) + 2.0) + (q * (2.0 / 7.0) + 2.0 / 5.0) * q2
    mid = (q * (2.0 / 11.0) + 2.0 / 9.0) + (q * (2.0 / 15.0) + 2.0 / 13.0) * q2
    high = (q * (2.0 / 19.0) + 2.0 / 17.0) + q2 * (2.0 / 21.0)
    p = low + (mid + high * q4) * q4
    return k * LN2_HIGH + (k * LN2_LOW + p * s)


@kernel(fuse=True, borrow=True, inline=True)
def exp_list(z: Float, count: int, result: Float) -> None:
    """Write exp(z) of the first ``count`` numbers of a list; lists are whole rows of `LIST_WIDTH` long."""
    for row in range((count + LIST_WIDTH - 1) // LIST_WIDTH):
        store_row(result, row, exp_row(load_row(z, row, LIST_LANES)))
