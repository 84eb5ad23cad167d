"""Compressed rows taken apart: their transpose, and the two triangles of a row-scaled matrix.

Used by `bystander.numerics.linear`, whose docstring defines pivots, scale and excess.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Array = NDArray[Any]


@kernel
def transpose(indptr: Array, indices: Array, weights: Array, columns: int) -> tuple[Array, Array, Array]:
    """Return the compressed rows of the transpose without zeros, by counting."""
    start = np.zeros(columns + 1, np.int64)
    for e in range(len(indices)):
        start[indices[e] + 1] += weights[e] != 0.0
    for c in range(columns):
        start[c + 1] += start[c]
    at = start[:-1].copy()
    index = np.empty(start[columns], np.int32)
    value = np.empty(start[columns], np.float64)
    for r in range(len(indptr) - 1):
        for e in range(indptr[r], indptr[r + 1]):
            if weights[e] != 0.0:
                c = indices[e]
                index[at[c]] = r
                value[at[c]] = weights[e]
                at[c] += 1
    return start, index, value


@kernel
def split(
    indptr: Array, indices: Array, weights: Array, diagonal: Array
) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array]:
    """Split, add up entries of one place, and scale; see `Triangles` for the order of what is returned."""
    n = len(diagonal)
    lower_start = np.zeros(n + 1, np.int64)
    upper_start = np.zeros(n + 1, np.int64)
    scale = np.empty(n)
    excess = np.empty(n)
    seen = np.full(n, -1, np.int32)  # the last row with an entry in each column
    for r in range(n):
        low, up, d, others = 0, 0, diagonal[r], 0.0
        for e in range(indptr[r], indptr[r + 1]):
            c = indices[e]
            if c == r:
                d -= weights[e]
            elif weights[e] != 0.0:
                others += abs(weights[e])
                if seen[c] != r:
                    seen[c] = r
                    if c < r:
                        low += 1
                    else:
                        up += 1
        lower_start[r + 1] = lower_start[r] + low
        upper_start[r + 1] = upper_start[r] + up
        pivot = max(d, 0.1 * others)
        if pivot <= 0.0:
            pivot = 1.0
        scale[r] = 1.0 / pivot
        excess[r] = 2.0 - d / pivot
    lower_index = np.empty(lower_start[n], np.int32)
    lower_value = np.empty(lower_start[n])
    upper_index = np.empty(upper_start[n], np.int32)
    upper_value = np.empty(upper_start[n])
    seen[:] = -1
    place = np.empty(n, np.int64)
    for r in range(n):
        low, up = lower_start[r], upper_start[r]
        for e in range(indptr[r], indptr[r + 1]):
            c = indices[e]
            if c == r or weights[e] == 0.0:
                continue
            value = weights[e] * scale[r]
            if seen[c] == r:
                if c < r:
                    lower_value[place[c]] += value
                else:
                    upper_value[place[c]] += value
                continue
            seen[c] = r
            if c < r:
                place[c] = low
                lower_index[low] = c
                lower_value[low] = value
                low += 1
            else:
                place[c] = up
                upper_index[up] = c
                upper_value[up] = value
                up += 1
    return lower_start, lower_index, lower_value, upper_start, upper_index, upper_value, scale, excess
