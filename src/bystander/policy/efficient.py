"""The efficient set: what nothing else beats on every count.

A row dominates another if it is at least as good in every criterion and better in one, by more than a
tolerance (numbers that differ by less than their error bounds do not beat each other). Rows are scored so
that less is better.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def efficient(scores: Array, tolerance: Array | float = 0.0) -> NDArray[np.bool_]:
    """Say which rows are dominated by no other.

    Parameters
    ----------
    scores
        ``(n, criteria)``, less is better; rows with a NaN are never efficient.
    tolerance
        ``(criteria,)`` or one number.

    Returns
    -------
    array
        ``(n,)`` of bool. Among rows equal in every criterion the first is kept.
    """
    scores = np.asarray(scores, dtype=float)
    keep: NDArray[np.bool_] = np.array([not np.isnan(row).any() for row in scores], dtype=np.bool_)
    for n in range(len(scores)):
        if not keep[n]:
            continue
        no_worse = (scores <= scores[n] + tolerance).all(axis=1)
        better = (scores < scores[n] - tolerance).any(axis=1)
        twin = (np.abs(scores - scores[n]) <= tolerance).all(axis=1) & (np.arange(len(scores)) < n)
        if ((no_worse & better) | (twin & keep)).any():
            keep[n] = False
    return keep
