"""How fast this machine moves memory, measured in the same run as the kernels that are held against it.

The triad ``a = b + s c`` of McCalpin's STREAM over arrays far larger than the caches, on two threads: three
streams of 8 bytes an element, the store counted once.

Reference: McCalpin (1995), Memory bandwidth and machine balance in current high performance computers.
"""

from __future__ import annotations

import time

import numpy as np

from bystander.game.arrays import Float, Game
from bystander.numerics.jit import kernel
from bystander.numerics.workers import ranges, run_ranges

ELEMENTS = 20_000_000
REPEATS = 5


@kernel
def _triad(a: Float, b: Float, c: Float, low: int, high: int) -> None:
    for i in range(low, high):
        a[i] = b[i] + 3.0 * c[i]


def triad(elements: int = ELEMENTS) -> float:
    """Return bytes moved per second by the best of `REPEATS` triads."""
    a, b, c = np.zeros(elements), np.ones(elements), np.ones(elements)
    parts = ranges(elements, 2)
    best = np.inf
    for _ in range(REPEATS + 1):
        begin = time.perf_counter()
        run_ranges(lambda low, high: _triad(a, b, c, low, high), parts)
        best = min(best, time.perf_counter() - begin)
    return 24.0 * elements / best


def bytes_of_sweep(game: Game) -> float:
    """Least bytes a sweep has to move: structure and flow once, values read and written once."""
    shape = game.structure
    values = 8.0 * game.size * len(game.actors)
    indices = shape.option_kind.nbytes + shape.targets.nbytes + shape.option_start.nbytes
    return float(indices + shape.target_start.nbytes + 4.0 * values)
