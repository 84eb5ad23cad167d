"""How fast this machine moves memory, measured in the same run as the kernels that are held against it.

The triad ``a = b + s c`` of McCalpin's STREAM over arrays far larger than the caches: three streams of 8
bytes an element, the store counted once.

Reference: McCalpin (1995), Memory bandwidth and machine balance in current high performance computers.
"""

from __future__ import annotations

import time

import numpy as np

from bystander.game.arrays import Float
from bystander.numerics.jit import kernel
from bystander.numerics.workers import ranges, run_ranges

ELEMENTS = 20_000_000
REPEATS = 12


@kernel
def _triad(a: Float, b: Float, c: Float) -> None:
    """Compute ``a = b + 3 c``; a loop over the whole length is what the compiler turns into vectors."""
    for i in range(len(a)):
        a[i] = b[i] + 3.0 * c[i]


def triad(threads: int, elements: int = ELEMENTS) -> float:
    """Return bytes moved per second by the best of `REPEATS` triads on that many threads."""
    a, b, c = np.zeros(elements), np.ones(elements), np.ones(elements)
    parts = ranges(elements, threads)
    best = np.inf
    for _ in range(REPEATS + 1):
        begin = time.perf_counter()
        run_ranges(lambda low, high: _triad(a[low:high], b[low:high], c[low:high]), parts)
        best = min(best, time.perf_counter() - begin)
    return 24.0 * elements / best
