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
recursion is the adjoint of Chebyshev's).

Processes that end in different ways are followed side by side (`bystander.numerics.operators`), and so are
answers about one of them: a column each, up to `columns_at_once` of them. The products are formed for `BLOCK`
steps at a time: an entry reads the rows of four steps and adds to its own row once. Vectors of a block are
kept one after the other, so that a step writes where it is to be read; between them is room (`_room`) that
keeps their rows apart in the cache.

Memory: the vectors of one segment; segments are kept short enough for `MEMORY` bytes and recomputed where
there are several. Griewank and Walther 2008, chapter 12 (checkpointing).

Short stretches take another way (`quadrature`, `PairSums`): Gauss's rule over time, from :math:`\pi` and
:math:`v` at its nodes alone. On the ellipse through z with foci 0 and T whose half axes sum to :math:`\rho
T/2` uniformised exponentials are at most :math:`\exp(\Lambda (|z| + |T - z| - T)) = \exp(\Lambda T
((\rho + 1/\rho)/2 - 1))` times :math:`|\pi|_1 |v|_\infty`, so that m nodes err by at most

.. math:: \tfrac{32}{15} T \min_\rho \frac{\exp(\Lambda T ((\rho + 1/\rho)/2 - 1))}{\rho^{2m} (1 -
          \rho^{-2})}

(Trefethen 2008, SIAM Review 50, 67, theorem 4.5). Five nodes do for one expected jump, where the sum above
has a dozen terms; their products are formed `AT_ONCE` at a time, as many as a line of the cache holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import rounding
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.operators import Ends, Killed, Uniformised, kill
from bystander.numerics.rows import WIDTHS, load_row, store_row
from bystander.numerics.transients import LONGEST, Course, march
from bystander.numerics.weights import Segment, poisson
from bystander.numerics.workers import run_ranges

Float = NDArray[np.float64]
Unsigned = NDArray[np.unsignedinteger]

BLOCK = 4
MEMORY = 400e6
"""Bytes of vectors kept; a segment has at least `FEWEST` of them."""
FEWEST = 100.0
MOST = 3.2e9
"""Bytes that so short a segment may take."""
AT_ONCE = 8
NO_WEIGHTS = np.zeros(0)
NO_SUMS = np.zeros((0, 0))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pair integrals of R answers.

    Attributes
    ----------
    along
        ``(n, R)`` X from row to column of each entry of the generator.
    here
        ``(N, R)`` X from each situation to itself.
    value
        ``(N, R)`` derivative of each answer in the starting probability of each situation: the value from
        there.
    """

    along: Float
    here: Float
    value: Float


@dataclass(frozen=True)
class Recording:
    """Processes followed from their starts, ready to be run backwards for any number of answers.

    Attributes
    ----------
    ends
        How each of the C processes ends.
    """

    generator: Generator
    ends: Ends
    ahead: Killed
    course: Course
    kept: Sequence[Float] | None

    @property
    def days(self) -> Float:
        """``(N, C)`` expected days spent in each situation by the last time."""
        days: Float = self.course.until[0]
        return days

    def pairs(self, terminal: Float, accrual: Float) -> Pairs:
        """Return the pair integrals of ``pi_T . terminal`` plus what is collected of ``accrual`` per day.

        Parameters
        ----------
        terminal, accrual
            ``(N, R)``, a column for each process; or, if one process was followed, for each answer about it.
        """
        answers = terminal.shape[1]
        ends = self.ends.repeated(answers) if self.ends.columns < answers else self.ends
        back = kill(self.generator, ends, forward=False, rate=self.ahead.rate)
        value = np.where(ends.situations, 0.0, terminal)
        collected = np.where(ends.situations, 0.0, accrual) / back.rate
        along, here = np.zeros((len(self.generator.indices), answers)), np.zeros(terminal.shape)
        segments = self.course.series.segments
        for segment, start in zip(reversed(segments), reversed(self.course.starts), strict=True):
            vectors = self.kept if self.kept is not None else _vectors(self.ahead, segment, start)
            value = _back(back, self.ahead.lanes, segment, vectors, value, collected, along, here)
        along /= back.rate
        here /= back.rate
        return Pairs(along, here, value)


def record(
    generator: Generator, transposed: Generator, ends: Ends, starts: Float, time: float, epsilon: float = 1e-8
) -> Recording:
    """Follow C processes from their starts ``(N, C)`` for ``time`` days, C one of `WIDTHS`.

    What is collected owes to a process that hardly moves its second jump, of the order of the square of the
    jumps: the less it moves the less is left out.

    Parameters
    ----------
    transposed
        The generator listed by target.
    """
    ahead = kill(transposed, ends, forward=True)
    begin = np.where(ends.situations, 0.0, starts)
    terms = max(MEMORY / max(begin.nbytes, 1), FEWEST)
    keeper = _Keeper(terms)
    epsilon *= float(min(max(ahead.rate * time, 1e-280), 1.0))
    course = march(
        ahead,
        begin,
        time,
        keeper.keep,
        until=np.array([time]),
        epsilon=epsilon,
        longest=min(LONGEST, terms**2 / 60.0),
    )
    segments = course.series.segments
    kept = None
    if len(segments) == 1:
        whole = keeper.count == segments[0].steps + 1 <= terms
        kept = keeper.blocks if whole else _vectors(ahead, segments[0], course.starts[0])
    return Recording(generator, ends, ahead, course, kept)


@lru_cache(maxsize=256)
def quadrature(jumps: float, epsilon: float) -> tuple[Float, Float]:
    """Return nodes and weights of a rule on [0, 1] for pair integrals over a stretch of ``jumps`` jumps.

    Its error is at most ``epsilon`` times the stretch, see the module.
    """
    count = 1
    while _missed(jumps, count) > epsilon:
        count += 1
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (1.0 + nodes), 0.5 * weights


def _missed(jumps: float, count: int) -> float:
    """Bound the error of a number of nodes, at about the best ellipse."""
    rho = 2.0 * count / max(jumps, 1e-300)
    rho = max(rho + float(np.sqrt(1.0 + rho * rho)), 1.5)
    most = jumps * ((rho + 1.0 / rho) / 2.0 - 1.0) - 2.0 * count * float(np.log(rho))
    return float(32.0 / 15.0 * np.exp(most) / (1.0 - rho**-2))


@dataclass(frozen=True, slots=True)
class CarriedBriefly:
    """A vector carried through a stretch of few jumps.

    Attributes
    ----------
    end
        ``(N,)``.
    within
        ``(B, N, AT_ONCE)`` the vector at some moments, times a number for each; filled up with zeros.
    error
        Bound on the error of the end, in the operator's measure.
    """

    end: Float
    within: Float
    error: float


def carry_briefly(
    operator: Uniformised, start: Float, span: float, moments: Float, weights: Float, epsilon: float
) -> CarriedBriefly:
    """Carry a vector through ``span`` days by single jumps, keeping it at some moments times some weights."""
    window = poisson(operator.rate * span, epsilon)
    terms, blocks = window.right + 1, -(-len(moments) // AT_ONCE)
    ends, end = window.spread(terms), np.zeros((1, len(start)))
    vectors = np.empty((terms if blocks else 2, len(start)))
    vectors[0] = start
    largest, change = operator.size(start), 0.0
    for k in range(1, terms):
        x, y = vectors[(k - 1) % len(vectors)], vectors[k % len(vectors)]
        change, size = operator.jump(x, y, ends[k - 1 : k], end)
        largest = max(largest, size)
    end[0] += ends[-1] * vectors[(terms - 1) % len(vectors)]
    error = 2.0 * window.error_before * largest + window.excess * change
    shares = np.zeros((blocks, terms, AT_ONCE))
    for place, (moment, weight) in enumerate(zip(moments.tolist(), weights.tolist(), strict=True)):
        spread = poisson(operator.rate * moment, epsilon).spread(terms)
        shares[place // AT_ONCE, :, place % AT_ONCE] = weight * spread
    within = np.empty((blocks, len(start), AT_ONCE))
    for share, block in zip(shares, within, strict=True):
        run_ranges(partial(_mix, (0,) * AT_ONCE, vectors, share, block), operator.parts)
    return CarriedBriefly(end[0], within, error + rounding(terms, operator.width, largest))


@dataclass(frozen=True)
class PairSums:
    """Pair integrals of stretches that share a generator, added up.

    Attributes
    ----------
    along, here
        ``(n,)`` X from row to column of each entry, ``(N,)`` from each situation to itself.
    parts
        Ranges of situations for threads.
    """

    generator: Generator
    parts: Sequence[tuple[int, int]]
    along: Float
    here: Float

    def add(self, ahead: Float, back: Float, factor: float) -> None:
        """Add ``factor`` times the products of vectors ``(B, N, AT_ONCE)`` at the same moments."""
        rows = (0,) * AT_ONCE, self.generator.indptr.view(np.uint64), self.generator.indices.view(np.uint32)
        for one, two in zip(ahead, back, strict=True):
            run_ranges(partial(_row_products, *rows, one, two, factor, self.along, self.here), self.parts)


def columns_at_once(situations: int) -> int:
    """Return how many processes to follow side by side, so that the shortest segment of all has room."""
    fitting = [width for width in WIDTHS if width * situations * 8.0 * FEWEST <= MOST]
    return fitting[-1] if fitting else 1


def _back(
    back: Killed,
    followed: tuple[int, ...],
    segment: Segment,
    vectors: Sequence[Float],
    value: Float,
    collected: Float,
    along: Float,
    here: Float,
) -> Float:
    """Run one segment backwards: add its products, return the value at its start."""
    window = segment.window(segment.length)
    rows, size = len(segment.values), len(value)
    spread, survival = window.spread(rows), window.survival(rows)
    last, twice = segment.steps, 2.0 if segment.chebyshev else 1.0
    block = _room(size, len(back.lanes))  # lambda_k+1 in place k of BLOCK
    x: Float = spread[last] * value + survival[last] * collected
    if last == 0:
        return x
    block[(last - 1) % BLOCK, :size] = x
    entries = back.arrays.indptr, back.arrays.indices
    for k in range(last - 1, -1, -1):
        x, before, y = (block[place % BLOCK, :size] for place in (k, k + 1, k - 1))
        if segment.chebyshev and k == 0:
            x *= 0.5  # the first Chebyshev vector counts once, the others twice
        if k % BLOCK == 0:
            ahead = vectors[k // BLOCK]
            if block.shape[2] == 1:
                steps = _steps_of(ahead, size), _steps_of(block, size)
                found = along[:, 0], here[:, 0]
                products = partial(_row_products, (0,) * BLOCK, *entries, *steps, twice, *found)
            else:
                lanes = back.lanes, followed
                products = partial(_products, *lanes, *entries, ahead, block, twice, along, here)
            run_ranges(products, back.parts)
        back.retreat(x, before, y, (value, collected), (twice, twice - 1.0, spread[k], survival[k]))
    return y.copy()


def _room(situations: int, columns: int) -> Float:
    """Return room for the vectors of a block ``(BLOCK, at least N, C)``.

    An odd number of rows from one to the next: rows of one situation never compete for one place in a cache.
    """
    return np.zeros((BLOCK, situations + (3 - situations) % 16, columns))


class _Keeper:
    """Keeps the vectors that a march passes through, in blocks of `BLOCK`, as long as there is room.

    Once it has passed through more than one segment takes, they are not those of one segment and no use.
    """

    def __init__(self, most: float = np.inf) -> None:
        self.most = most
        self.blocks: list[Float] = []
        self.count = 0

    def keep(self, x: Float) -> Float:
        """Keep a vector; nothing is read from it."""
        if self.count < self.most:
            if self.count % BLOCK == 0:
                self.blocks.append(_room(*x.shape))
            self.blocks[-1][self.count % BLOCK, : len(x)] = x
        self.count += 1
        return NO_WEIGHTS


def _vectors(ahead: Killed, segment: Segment, start: Float) -> list[Float]:
    """Return the vectors of a segment in blocks."""
    keeper = _Keeper()
    x, y = start.copy(), np.zeros_like(start)
    keeper.keep(x)
    for k in range(1, segment.steps + 1):
        if segment.chebyshev and k > 1:
            ahead.twice(x, y, NO_WEIGHTS, NO_SUMS)
        else:
            ahead.jump(x, y, NO_WEIGHTS, NO_SUMS)
        x, y = y, x
        keeper.keep(x)
    return keeper.blocks


def _steps_of(block: Float, situations: int) -> Float:
    """Return ``(N, BLOCK)`` the steps of a block of one column, those of a situation beside each other."""
    return np.ascontiguousarray(block[:, :situations, 0].T)


@kernel(fast=True, borrow=True)
def _mix(lanes: tuple[int, ...], vectors: Float, weights: Float, out: Float, low: int, high: int) -> None:
    """Put weighted sums of vectors ``(K, N)`` side by side, for a range of situations."""
    for s in range(low, high):
        row = vectors[0, s] * load_row(weights, 0, lanes)
        for k in range(1, len(vectors)):
            row = row + vectors[k, s] * load_row(weights, k, lanes)
        store_row(out, s, row)


@kernel(fast=True, borrow=True)
def _row_products(
    lanes: tuple[int, ...],
    indptr: Unsigned,
    indices: Unsigned,
    ahead: Float,
    back: Float,
    factor: float,
    along: Float,
    here: Float,
    low: int,
    high: int,
) -> None:
    """Add the products of one column's rows of vectors ``(N, L)``: an entry reads its target in one place."""
    for s in range(low, high):
        total = 0.0
        for j in range(len(lanes)):
            total += ahead[s, j] * back[s, j]
        here[s] += factor * total
        for i in range(indptr[s], indptr[s + 1]):
            t = int(indices[i])
            total = 0.0
            for j in range(len(lanes)):
                total += ahead[s, j] * back[t, j]
            along[i] += factor * total


@kernel(fast=True, borrow=True)
def _products(
    lanes: tuple[int, ...],
    followed: tuple[int, ...],
    indptr: Unsigned,
    indices: Unsigned,
    forward: Float,
    backward: Float,
    factor: float,
    along: Float,
    here: Float,
    low: int,
    high: int,
) -> None:
    """Add ``factor`` times the products of one block of steps for a range of situations.

    ``lanes`` are the answers, ``followed`` the processes: as many, or one.
    """
    apart = backward.shape[1]
    for s in range(low, high):
        row = 0.0 * load_row(here, s, lanes)
        for j in range(BLOCK):
            spent = load_row(forward, j * apart + s, followed)
            row = row + spent * load_row(backward, j * apart + s, lanes)
        store_row(here, s, load_row(here, s, lanes) + factor * row)
        for i in range(indptr[s], indptr[s + 1]):
            t = int(indices[i])
            row = 0.0 * load_row(here, s, lanes)
            for j in range(BLOCK):
                spent = load_row(forward, j * apart + s, followed)
                row = row + spent * load_row(backward, j * apart + t, lanes)
            store_row(along, i, load_row(along, i, lanes) + factor * row)
