r"""The uniformised process as an operator: ``x <- P x + g``, on one vector, by ranges of rows.

:math:`P = I + Q/\Lambda` with :math:`\Lambda` the largest exit rate, :math:`g` a gain per jump. Given a
generator, rows are situations and ``x`` holds values (backward, measured by the largest); given a
transposed one, ``x`` is a distribution (forward, measured by the sum). In the measure that belongs to it
P is a contraction.

A jump costs one pass over the entries: 12 bytes each. Indices are read as unsigned numbers, which spares
a test for negative ones in the innermost loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.workers import run_each, run_ranges

Float = NDArray[np.float64]
Unsigned = NDArray[np.unsignedinteger]
T = TypeVar("T")

ROWS_PER_RANGE = 8_000
ALONE = 2 * ROWS_PER_RANGE
"""Below this many situations a product is one thread's: threads follow different processes instead."""


class Operator(Protocol):
    """A linear map with a gain, ``x -> P x + g``, whose linear part enlarges no measure."""

    @property
    def rate(self) -> float:
        """Jumps per day."""
        ...

    @property
    def width(self) -> int:
        """Largest number of terms of a row."""
        ...

    @property
    def forward(self) -> bool:
        """Whether vectors are distributions, of which nothing is left when their measure is 0."""
        ...

    @property
    def gain_size(self) -> float:
        """Largest gain of a jump."""
        ...

    def size(self, x: Float) -> float:
        """Measure a vector."""
        ...

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x + g`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""
        ...

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 (P x + g) - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""
        ...


@dataclass(frozen=True)
class Uniformised:
    """The operator of one generator on vectors ``(N,)``.

    Attributes
    ----------
    rate
        Jumps per day.
    width
        Largest number of terms of a row.
    forward
        Whether vectors are distributions, measured by their sum, or values, measured by the largest.
    """

    rate: float
    width: int
    forward: bool
    indptr: Unsigned
    indices: Unsigned
    jumps: Float
    stay: Float
    gain: Float
    gain_size: float
    parts: tuple[tuple[int, int], ...]

    def size(self, x: Float) -> float:
        """Measure a vector."""
        return float(np.abs(x).sum() if self.forward else np.abs(x).max(initial=0.0))

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x + g`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""
        found = self._over_ranges(_jump, x, y, weights, sums)
        if self.forward:
            return sum(f[0] for f in found), sum(f[2] for f in found)
        return max(f[1] for f in found), max(f[3] for f in found)

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 (P x + g) - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""
        found = self._over_ranges(_twice, x, y, weights, sums)
        return sum(f[0] for f in found) if self.forward else max(f[1] for f in found)

    def _over_ranges(
        self, step: Callable[..., tuple[float, ...]], x: Float, y: Float, weights: Float, sums: Float
    ) -> list[tuple[float, ...]]:
        given = (self.indptr, self.indices, self.jumps, self.stay, self.gain, x, y, weights, sums)
        if len(self.parts) == 1:
            return [step(*given, *self.parts[0])]
        return run_ranges(lambda low, high: step(*given, low, high), self.parts)


def uniformise(generator: Generator, *, forward: bool, gain: Float | None = None) -> Uniformised:
    """Return the operator of a generator (transposed, if ``forward``); ``gain`` ``(N,)`` is per day."""
    rate = generator.fastest or 1.0
    n = generator.size
    return Uniformised(
        rate=rate,
        width=generator.width,
        forward=forward,
        indptr=generator.indptr.view(np.uint64),
        indices=generator.indices.view(np.uint32),
        jumps=generator.rates / rate,
        stay=1.0 - generator.exit / rate,
        gain=np.zeros(n) if gain is None else gain / rate,
        gain_size=0.0 if gain is None else float(np.abs(gain).max(initial=0.0)) / rate,
        parts=balanced(generator),
    )


def run_passes(passes: Sequence[Callable[[], T]], situations: int) -> list[T]:
    """Do passes over a process side by side; one after the other where threads share each product."""
    return run_each(passes) if situations < ALONE else [each() for each in passes]


def balanced(generator: Generator) -> tuple[tuple[int, int], ...]:
    """Cut the rows into ranges of about equal work, as many as pay."""
    parts = min(max(generator.size // ROWS_PER_RANGE, 1), 8)
    work = generator.indptr + 6 * np.arange(generator.size + 1)
    cuts = np.searchsorted(work, np.linspace(0, work[-1], parts + 1))
    cuts[0], cuts[-1] = 0, generator.size
    return tuple((int(a), int(b)) for a, b in pairwise(cuts))


@kernel
def _jump(
    indptr: Unsigned,
    indices: Unsigned,
    jumps: Float,
    stay: Float,
    gain: Float,
    x: Float,
    y: Float,
    weights: Float,
    sums: Float,
    low: int,
    high: int,
) -> tuple[float, float, float, float]:
    change, largest_change, size, largest = 0.0, 0.0, 0.0, 0.0
    for s in range(low, high):
        value = 0.0
        for i in range(indptr[s], indptr[s + 1]):
            value += jumps[i] * x[indices[i]]
        value += stay[s] * x[s] + gain[s]
        difference = abs(value - x[s])
        change += difference
        largest_change = max(largest_change, difference)
        size += abs(value)
        largest = max(largest, abs(value))
        y[s] = value
    for g in range(len(weights)):
        if weights[g] != 0.0:
            for s in range(low, high):
                sums[g, s] += weights[g] * x[s]
    return change, largest_change, size, largest


@kernel
def _twice(
    indptr: Unsigned,
    indices: Unsigned,
    jumps: Float,
    stay: Float,
    gain: Float,
    x: Float,
    y: Float,
    weights: Float,
    sums: Float,
    low: int,
    high: int,
) -> tuple[float, float]:
    size, largest = 0.0, 0.0
    for s in range(low, high):
        value = 0.0
        for i in range(indptr[s], indptr[s + 1]):
            value += jumps[i] * x[indices[i]]
        value = 2.0 * (value + stay[s] * x[s] + gain[s]) - y[s]
        size += abs(value)
        largest = max(largest, abs(value))
        y[s] = value
    for g in range(len(weights)):
        if weights[g] != 0.0:
            for s in range(low, high):
                sums[g, s] += weights[g] * x[s]
    return size, largest
