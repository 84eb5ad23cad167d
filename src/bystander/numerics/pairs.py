r"""How an answer about a process depends on each of its rates: exact adjoints of the time-stepping.

For an answer :math:`y = \pi_T \cdot f + \int_0^T \pi_u \cdot r\, du` with value to come :math:`v_\tau(s)`
(what is expected from ``s`` in the time :math:`\tau` left), a change of rates changes the answer by

.. math:: dy = \sum_{st} dq_{st}\, \bigl(X_{st} - X_{ss}\bigr), \qquad X_{st} = \int_0^T \pi_u(s)\,
v_{T-u}(t)\, du .

The pair integrals are wanted only where there are rates. With the vectors :math:`t_k` of a segment
(Chebyshev, or iterates of the jump matrix) the answer is :math:`\sum_k \tau_k \cdot t_k`, and running the
recursion backwards,

.. math:: \lambda_k = \tau_k + 2 P \lambda_{k+1} - \lambda_{k+2} \quad (\text{jumps: } \lambda_k = \tau_k
+ P \lambda_{k+1}),

gives :math:`\Lambda X = t_0 \lambda_1^T + 2 \sum_{k \ge 1} t_k \lambda_{k+1}^T` exactly (Clenshaw's
recursion is the adjoint of Chebyshev's). The products are formed for `BLOCK` steps at a time, so that
each branch reads two short rows instead of two numbers per step.

Memory: the vectors of one segment; segments are kept short enough for `MEMORY` bytes and recomputed where
there are several. Griewank and Walther 2008, chapter 12 (checkpointing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.series import Segment
from bystander.numerics.transients import LONGEST, Course, march
from bystander.numerics.uniform import Uniformised, uniformise
from bystander.numerics.workers import run_ranges

Float = NDArray[np.float64]
Unsigned = NDArray[np.unsignedinteger]

BLOCK = 8
MEMORY = 400e6
NO_WEIGHTS = np.zeros(0)
NO_SUMS = np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pair integrals of one answer.

    Attributes
    ----------
    along
        ``(n,)`` X from row to column of each entry of the generator.
    here
        ``(N,)`` X from each situation to itself.
    value
        ``(N,)`` derivative of the answer in the starting probability of each situation: the value from there.
    """

    along: Float
    here: Float
    value: Float


@dataclass(frozen=True)
class Recording:
    """A process followed from its start, ready to be run backwards for any number of answers.

    Attributes
    ----------
    days
        ``(N,)`` expected days spent in each situation.
    """

    ahead: Uniformised
    back: Uniformised
    course: Course
    kept: Sequence[Float] | None

    @property
    def days(self) -> Float:
        """``(N,)`` expected days spent in each situation by the last time."""
        days: Float = self.course.until[0]
        return days

    def pairs(self, terminal: Float | None, accrual: Float | None) -> Pairs:
        """Return the pair integrals of ``pi_T . terminal`` plus what is collected of ``accrual`` per day."""
        n = len(self.days)
        value = np.zeros(n) if terminal is None else np.array(terminal, np.float64)
        collected = np.zeros(n) if accrual is None else accrual / self.ahead.rate
        along, here = np.zeros(len(self.back.indices)), np.zeros(n)
        segments = self.course.series.segments
        for segment, start in zip(reversed(segments), reversed(self.course.starts), strict=True):
            vectors = self.kept if self.kept is not None else _vectors(self.ahead, segment, start)
            value = self._back(segment, vectors, value, collected, along, here)
        return Pairs(along / self.ahead.rate, here / self.ahead.rate, value)

    def _back(
        self,
        segment: Segment,
        vectors: Sequence[Float],
        value: Float,
        collected: Float,
        along: Float,
        here: Float,
    ) -> Float:
        """Run one segment backwards: add its products, return the value at its start."""
        window = segment.window(segment.length)
        rows = len(segment.values)
        spread, survival = window.spread(rows), window.survival(rows)
        last = segment.steps
        block = np.zeros((len(value), BLOCK))  # the first may lack its last columns, the others are full
        x: Float = spread[last] * value + survival[last] * collected
        y = np.zeros_like(x)
        for k in range(last - 1, -1, -1):
            twice = 2.0 if segment.chebyshev and k > 0 else 1.0
            before = 1.0 if segment.chebyshev else 0.0
            self._step(x, y, value, collected, (twice, before, spread[k], survival[k]), block, k % BLOCK)
            x, y = y, x
            if k % BLOCK == 0:
                self._add(vectors[k // BLOCK], block, along, here)
        return x

    def _step(
        self,
        x: Float,
        y: Float,
        value: Float,
        collected: Float,
        factors: tuple[float, float, float, float],
        block: Float,
        place: int,
    ) -> None:
        """Do a step of the recursion and keep what ``x`` contributes; see `_step_back`."""
        back = self.back
        given = (back.indptr, back.indices, back.jumps, back.stay, x, y, value, collected)
        run_ranges(lambda low, high: _step_back(*given, factors, block, place, low, high), back.parts)

    def _add(self, forward: Float, backward: Float, along: Float, here: Float) -> None:
        run_ranges(
            lambda low, high: _products(
                forward, backward, self.back.indptr, self.back.indices, along, here, low, high
            ),
            self.ahead.parts,
        )


def record(
    generator: Generator,
    start: Float,
    time: float,
    epsilon: float = 1e-8,
    transposed: Generator | None = None,
) -> Recording:
    """Follow a process from ``start`` for ``time`` days.

    Parameters
    ----------
    transposed
        The generator listed by target, if at hand.
    """
    ahead = uniformise(transpose(generator) if transposed is None else transposed, forward=True)
    terms = max(MEMORY / (8.0 * max(generator.size, 1)), 100.0)
    keeper = _Keeper()
    course = march(
        ahead,
        start,
        time,
        keeper.keep,
        until=np.array([time]),
        epsilon=epsilon,
        longest=min(LONGEST, terms**2 / 60.0),
    )
    segments = course.series.segments
    kept = None
    if len(segments) == 1:
        whole = keeper.count == segments[0].steps + 1
        kept = keeper.blocks if whole else _vectors(ahead, segments[0], course.starts[0])
    return Recording(ahead, uniformise(generator, forward=False), course, kept)


class _Keeper:
    """Keeps the vectors that a march passes through, in blocks of `BLOCK` columns.

    Once it has passed through more than one segment takes, they are not those of one segment and no use.
    """

    def __init__(self) -> None:
        self.blocks: list[Float] = []
        self.count = 0

    def keep(self, x: Float) -> Float:
        """Keep a vector, as long as there is room; nothing is read from it."""
        if self.count < MEMORY / x.nbytes:
            if self.count % BLOCK == 0:
                self.blocks.append(np.zeros((len(x), BLOCK)))
            self.blocks[-1][:, self.count % BLOCK] = x
        self.count += 1
        return np.zeros(0)


def _vectors(ahead: Uniformised, segment: Segment, start: Float) -> list[Float]:
    """Return the vectors of a segment in blocks of ``(N, BLOCK)``."""
    out = [np.zeros((len(start), BLOCK)) for _ in range(segment.steps // BLOCK + 1)]
    x, y = start.copy(), np.zeros_like(start)
    out[0][:, 0] = x
    for k in range(1, segment.steps + 1):
        if segment.chebyshev and k > 1:
            ahead.twice(x, y, NO_WEIGHTS, NO_SUMS)
        else:
            ahead.jump(x, y, NO_WEIGHTS, NO_SUMS)
        x, y = y, x
        out[k // BLOCK][:, k % BLOCK] = x
    return out


@kernel(fuse=True)
def _step_back(
    indptr: Unsigned,
    indices: Unsigned,
    jumps: Float,
    stay: Float,
    x: Float,
    y: Float,
    value: Float,
    collected: Float,
    factors: tuple[float, float, float, float],
    block: Float,
    place: int,
    low: int,
    high: int,
) -> None:
    """Put ``f P x - g y + a value + b collected`` in ``y`` and ``f x`` in a column of ``block``."""
    f, g, a, b = factors
    for s in range(low, high):
        total = stay[s] * x[s]
        for i in range(indptr[s], indptr[s + 1]):
            total += jumps[i] * x[indices[i]]
        y[s] = f * total - g * y[s] + a * value[s] + b * collected[s]
        block[s, place] = f * x[s]


@kernel(fast=True)
def _products(
    forward: Float,
    backward: Float,
    indptr: Unsigned,
    indices: Unsigned,
    along: Float,
    here: Float,
    low: int,
    high: int,
) -> None:
    """Add the products of one block of steps for a range of situations."""
    for s in range(low, high):
        total = 0.0
        for j in range(BLOCK):
            total += forward[s, j] * backward[s, j]
        here[s] += total
        for i in range(indptr[s], indptr[s + 1]):
            t = indices[i]
            total = 0.0
            for j in range(BLOCK):
                total += forward[s, j] * backward[t, j]
            along[i] += total
