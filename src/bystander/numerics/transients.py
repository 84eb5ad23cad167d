r"""What a Markov process does in a bounded time, with a proved bound on the error.

With :math:`u' = Q u + g` in units of expected jumps, :math:`u' = (P - I) u + g/\Lambda`, there are two ways.

*Jumps* (uniformisation; Jensen 1953, Grassmann 1977): :math:`u(q) = \sum_k p_k(q) P^k u_0` with Poisson
weights, about :math:`q + 6\sqrt q` products. Differences of iterates never grow, so once the last one
times the steps left is below the tolerance the rest is constant to within it: a bound, unlike the usual
comparison of successive iterates (Malhotra, Muppala and Trivedi 1994). Forward, what mass remains bounds
the rest as well.

*Chebyshev*: :math:`\tilde u(q) = \sum_{k \le K} \varepsilon_k a_k(q)\, t_k` with :math:`t_0 = u_0`,
:math:`t_1 = P t_0`, :math:`t_{k+1} = 2 P t_k - t_{k-1}` and the weights of `bystander.numerics.weights`:
about :math:`\sqrt{2 q \log(1/\epsilon)}` products. For a process that is not reversible the :math:`t_k`
may grow, so nothing is assumed: if :math:`\delta_k` is the rounding made in the k-th step, the sum
satisfies the equation up to a residual

.. math:: \tilde u' - (P - I) \tilde u = a_{K+1} t_K - a_K t_{K+1} + \tfrac12 \sum_k \varepsilon_k a_k
\delta_k ,

and since :math:`e^{(P - I) q}` does not enlarge anything, the error at q is at most the integral of its size,

.. math:: A_{K+1}(q) \|t_K\| + A_K(q) \|t_{K+1}\| + \tfrac12 \sum_k \varepsilon_k A_k(q) \|\delta_k\| .

All of it is known after the fact. Where the last term is too large (the :math:`t_k` grew) the time is cut
into shorter segments; where segments become so short that nothing is gained, jumps take over.

Long times are cut into segments anyway; between two of them, if one more jump times those left would
change nothing, the rest is constant to within that (which need not be less than the rounding that further
steps would make). Assumes rates that do not change with time. Bounds hold for the rates as given.

The two ways to follow a process in time: distributions forward, values backward.

Forward serves many questions of one start; backward one question of every start, and of any number of
given starts. The time-stepping and its error bound are in `bystander.numerics.transients`.

Many first times in one pass.

Column ``c`` asks for the first entry into a set of situations, or the first firing of an option that
carries its label, before a set to be avoided is entered. With :math:`v_c(s)` the chance of a hit in the time
left from a situation in neither set, one jump of the process that ends with a hit or a miss is

.. math:: v_c \leftarrow P_c v_c + g_c / \Lambda

with :math:`g_c` the rate of hitting (`bystander.numerics.operators`); `bystander.numerics.transients` follows
the columns of a row together, with the bounds it has for one. Only the scalars :math:`\pi \cdot v_c` for
each start :math:`\pi` are kept: every time up to the last is a weighted sum of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import UNIT_ROUNDOFF, Bounded, rounding
from bystander.numerics.generators import Generator, read_columns
from bystander.numerics.jit import kernel
from bystander.numerics.operators import (
    Ends,
    Operator,
    blocks_of,
    kill,
    rate_of_ending,
    run_passes,
    uniformise,
)
from bystander.numerics.rows import load_row, store_row
from bystander.numerics.weights import Bessel, Poisson, Segment, Series, bessel, poisson, refuse_endless

Float = NDArray[np.float64]
LONGEST = 20_000.0
SHORTEST = 16.0
SHORTEST_CUT = 80.0
ROUNDING = 2e-10
GROWTH = 4.0
Read = Callable[[Float], Float]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Course:
    """What was found along a process.

    Attributes
    ----------
    series
        Scalars, at any time.
    at, until
        ``(G, ...)`` vectors at the times asked for, and their integrals up to the times asked for.
    error, until_error
        Bounds on the error of the vectors at any time, and of their integrals, in the operator's measure.
    steps
        Products with the matrix.
    starts
        The vector at the start of each segment of the series.
    """

    series: Series
    at: Float
    until: Float
    error: float
    until_error: float
    steps: int
    starts: tuple[Float, ...]


def march(
    operator: Operator,
    start: Float,
    time: float,
    read: Read,
    *,
    at: Float | None = None,
    until: Float | None = None,
    epsilon: float = 1e-12,
    longest: float = LONGEST,
) -> Course:
    """Follow ``u' = Q u + g`` from ``start`` for ``time`` days.

    Parameters
    ----------
    read
        Scalars of a vector, kept for every step; linear.
    at, until
        Times, none later than ``time``, at which the vector, and its integral, are wanted.
    epsilon
        Truncation allowed in a segment, in the operator's measure. The time is cut where rounding would take
        more than `ROUNDING` in all, and more than `GROWTH` times what it takes if nothing grows.
    longest
        Longest segment, in expected jumps.
    """
    total = operator.rate * time
    refuse_endless(total)
    wanted = _Wanted(
        tuple(operator.rate * float(t) for t in ([] if at is None else at)),
        tuple(operator.rate * float(t) for t in ([] if until is None else until)),
        total,
    )
    sums = np.zeros((wanted.count, *start.shape))
    segments: list[Segment] = []
    starts: list[Float] = []
    begin, error, steps, length = 0.0, 0.0, 0, min(total, longest)
    x = np.array(start, np.float64)
    while not segments or begin < total:
        length = min(length, total - begin)
        by_chebyshev = length >= SHORTEST
        if by_chebyshev:
            allowed = max(epsilon, ROUNDING * length / total)
            found = _by_chebyshev(operator, x, begin, length, wanted, read, epsilon, allowed)
        else:
            length = total - begin
            found = _by_jumps(operator, x, begin, length, wanted, read, epsilon)
        steps += found.steps
        if found.failed:
            length = length / 2.0 if length >= 2.0 * SHORTEST_CUT else 0.0
            continue
        sums += found.sums
        error += found.error
        starts.append(x)
        segments.append(Segment(begin, length, found.values, by_chebyshev, epsilon, error, found.steps))
        x, sums[-1] = sums[-1].copy(), 0.0
        begin = wanted.end(begin, length)
        if begin < total:
            change, _ = operator.jump(x, np.empty_like(x), np.zeros(wanted.count), sums)
            if change * (total - begin) <= max(epsilon, rounding(total - begin, operator.width)):
                rest = wanted.weights(lambda q: poisson(q, epsilon), begin, total - begin, 1)
                sums += np.multiply.outer(rest[0], x)
                error += change * (total - begin)
                starts.append(x)
                last = np.array([read(x)])
                segments.append(Segment(begin, total - begin, last, False, epsilon, error, 0))
                begin = total
    split = len(wanted.places)
    series = Series(operator.rate, tuple(segments))
    integrals = sums[split:-1] / operator.rate
    lost = sum(max((s.lost_days(q) for q in wanted.within(s)), default=0.0) for s in segments)
    until_error = time * error + lost / operator.rate
    return Course(series, sums[:split], integrals, error, until_error, steps, tuple(starts))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where vectors are wanted, in expected jumps from the start."""

    places: tuple[float, ...]
    spans: tuple[float, ...]
    total: float

    @property
    def count(self) -> int:
        """Vectors to add up: those wanted, and the one at the end of the segment."""
        return len(self.places) + len(self.spans) + 1

    def end(self, begin: float, length: float) -> float:
        """Return where a segment ends: at the end of all where only rounding is between."""
        end = begin + length
        return end if end < self.total * (1.0 - 1e-12) else self.total

    def within(self, segment: Segment) -> set[float]:
        """Return how much of a segment belongs to each of the spans."""
        end = self.end(segment.begin, segment.length)
        return {min(span, end) - segment.begin for span in self.spans if span > segment.begin}

    def weights(
        self, window: Callable[[float], Bessel | Poisson], begin: float, length: float, terms: int
    ) -> Float:
        """Return ``(terms, count)`` the weight of each term of a segment in each vector."""
        out = np.zeros((self.count, terms))
        end = self.end(begin, length)
        for row, place in enumerate(self.places):
            if begin < place <= end or place == begin == 0.0:
                out[row] = window(place - begin).spread(terms)
        for row, span in enumerate(self.spans, len(self.places)):
            if span > begin:
                out[row] = window(min(span, end) - begin).survival(terms)
        if end < self.total:
            out[-1] = window(length).spread(terms)
        return np.ascontiguousarray(out.T)


@dataclass(frozen=True, slots=True)
class _Found:
    """Scalars, weighted sums of vectors and the error of one segment."""

    values: Float
    sums: Float
    error: float
    steps: int
    failed: bool = False


def _by_jumps(
    operator: Operator, start: Float, begin: float, length: float, wanted: _Wanted, read: Read, epsilon: float
) -> _Found:
    """Follow a segment by uniformisation, stopping where the rest is known to be constant or nothing."""
    window = poisson(length, epsilon)
    last = window.right
    weights = wanted.weights(lambda q: poisson(q, epsilon), begin, length, last + 1)
    sums = np.zeros((wanted.count, *start.shape))
    x, y = start.copy(), np.empty_like(start)
    values = [read(x)]
    largest, change, rest, k = operator.size(x), 0.0, 0.0, 0
    while k < last:
        change, size = operator.jump(x, y, weights[k], sums)
        x, y, k = y, x, k + 1
        largest = max(largest, size)
        rest = change * (last - k)
        values.append(read(x))
        gone = operator.forward and size <= epsilon
        if gone or rest <= max(epsilon, rounding(last - k, operator.width, largest)):
            if gone and size < rest:
                rest = size
                values.append(np.zeros_like(values[-1]))
                weights[k:] = 0.0
            break
    sums += np.multiply.outer(weights[k:].sum(axis=0), x)
    truncated = 2.0 * window.error_before * largest + window.excess * change
    error = truncated + rest + rounding(k, operator.width, largest)
    return _Found(np.array(values), sums, error, k)


def _by_chebyshev(
    operator: Operator,
    start: Float,
    begin: float,
    length: float,
    wanted: _Wanted,
    read: Read,
    epsilon: float,
    allowed: float,
) -> _Found:
    """Follow a segment by Chebyshev polynomials; failed if they grow too much for the rounding they carry."""
    window = bessel(length)
    integrals = window.integrals
    terms = len(integrals) - 1
    weights = wanted.weights(bessel, begin, length, terms + 1)
    sums = np.zeros((wanted.count, *start.shape))
    slip = (operator.width + 4) * UNIT_ROUNDOFF
    x, y = np.empty_like(start), start.copy()
    values = [read(y)]
    before = operator.size(y)
    _, size = operator.jump(y, x, weights[0], sums)
    gain = operator.gain_size
    rounded = integrals[0] * slip * (before + gain)
    added = window.values[0] * before
    allowed = max(allowed, GROWTH * length * slip * (before + size + gain))
    for k in range(1, terms):
        values.append(read(x))
        added += 2.0 * window.values[k] * size
        left = integrals[k + 1] * size + integrals[k] * (2.0 * (size + gain) + before + gain * length)
        if left <= epsilon:
            sums += np.multiply.outer(weights[k], x)
            error = left + rounded + (k + 2) * UNIT_ROUNDOFF * added
            return _Found(np.array(values), sums, error, k)
        rounded += integrals[k] * slip * (2.0 * (size + gain) + before)
        if not rounded <= allowed:
            break
        before, size = size, operator.twice(x, y, weights[k], sums)
        x, y = y, x
    return _Found(np.array(values), sums, np.inf, k, failed=True)


def forward_course(
    transposed: Generator,
    start: Float,
    time: float,
    readers: Float,
    *,
    at: Float | None = None,
    until: Float | None = None,
    epsilon: float = 1e-12,
) -> Course:
    """Follow a distribution, reading ``(N, C)`` quantities; the generator is listed by target."""
    operator = uniformise(transposed, forward=True)
    columns = np.ascontiguousarray(readers)
    return march(
        operator, start, time, lambda x: read_columns(x, columns), at=at, until=until, epsilon=epsilon
    )


def _most(operator: Operator, time: float) -> float:
    """Return a bound, at most 1, on a value that is all gain: what is rare is followed the more closely."""
    return float(min(max(operator.gain_size * operator.rate * time, 1e-280), 1.0))


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances of a hit by any time up to the last.

    Attributes
    ----------
    begun
        ``(S, C)`` chance of starting in the target.
    later
        Chance of a hit after that: columns, and the series ``(S, at least as many)`` of each.
    """

    begun: Float
    later: Sequence[tuple[Sequence[int], Series]]

    def at(self, times: Float) -> Bounded[Float]:
        """Return ``(G, S, C)`` the chance of having hit by each time."""
        value = np.repeat(self.begun[None], len(times), axis=0)
        error = 0.0
        for columns, series in self.later:
            found = series.at(times)
            value[:, :, columns] += found.value[:, :, : len(columns)]
            error = max(error, found.error)
        return Bounded(value, error)


def first_hits(
    generator: Generator, ends: Ends, targets: Bool, starts: Float, horizon: float, epsilon: float = 1e-12
) -> Chances:
    """Return the chances of hitting each target from each start ``(S, N)``, up to ``horizon``.

    Parameters
    ----------
    ends
        Where and by which jumps each of C processes ends; every such jump is a hit.
    targets
        ``(N, C)`` where ending is a hit; elsewhere it is a miss.
    """
    where = np.flatnonzero(starts.any(axis=0))
    begin = np.ascontiguousarray(starts[:, where])

    def follow(columns: Sequence[int]) -> tuple[Sequence[int], Series]:
        some = ends.chosen(columns)
        worth = np.zeros(some.situations.shape)
        worth[:, : len(columns)] = targets[:, columns]
        operator = kill(generator, some, forward=False, gain=rate_of_ending(generator, some, worth))

        def read(x: Float) -> Float:
            found = np.zeros((len(begin), some.columns))
            _read(operator.lanes, begin, where, x, found)
            return found

        fine = epsilon * _most(operator, horizon)
        return columns, march(operator, np.zeros(worth.shape), horizon, read, epsilon=fine).series

    blocks = [partial(follow, columns) for columns in blocks_of(ends)]
    return Chances(begin @ targets[where], run_passes(blocks, generator.size))


@kernel(fast=True, borrow=True)
def _read(lanes: tuple[int, ...], begin: Float, where: Int64, x: Float, found: Float) -> None:
    """Put ``begin @ x[where]`` in ``found``."""
    for k in range(len(begin)):
        row = 0.0 * load_row(found, k, lanes)
        for n in range(len(where)):
            row = row + begin[k, n] * load_row(x, where[n], lanes)
        store_row(found, k, row)
