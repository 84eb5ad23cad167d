"""Products of a vector with one or a few others, without a matrix library.

Matrix libraries start threads for vectors of 10,000 numbers. That takes longer than so short a product, and
the threads go on turning for a while once the product is there, on the processors that kernels need.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Float = NDArray[np.float64]


@kernel(fast=True)
def inner(x: Float, y: Float) -> float:
    """Return ``x . y`` for two vectors of one length."""
    total = 0.0
    for n in range(len(x)):
        total += x[n] * y[n]
    return total


@kernel(fast=True)
def read_columns(x: Float, columns: Float) -> Float:
    """Return ``x @ columns``, ``(C,)``, for ``(N,)`` and ``(N, C)``."""
    out = np.zeros(columns.shape[1])
    for n in range(len(x)):
        for c in range(columns.shape[1]):
            out[c] += x[n] * columns[n, c]
    return out


@kernel(fast=True)
def read_rows(rows: Float, x: Float) -> Float:
    """Return ``rows @ x``, ``(R,)``, for ``(R, N)`` and ``(N,)``."""
    out = np.zeros(rows.shape[0])
    for r in range(rows.shape[0]):
        total = 0.0
        for n in range(len(x)):
            total += rows[r, n] * x[n]
        out[r] = total
    return out
