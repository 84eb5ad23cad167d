r"""Several killed processes over the same rates, side by side, as one operator.

Column ``c`` ends when it enters its own set of situations, and when an option fires that carries one of its
labels. Its jump matrix :math:`P_c` is that of the whole process, :math:`I + Q/\Lambda`, without the rows and
columns of the set, and without what the options that end it contribute to a row (branches that change nothing
included: they leave no one in place any more). All columns of a situation are one row
(`bystander.numerics.rows`), so each rate is read once for all of them:

.. math:: y_c(s) = m_c(s) \Bigl( \sum_t P_{st}\, x_c(t) - \sum_{l \in L(s)} h_{lc}\, \ell_l\, x_c(t_l)
          \Bigr) + g_c(s)

with :math:`m_c` 0 where the column has ended and 1 elsewhere, the branches :math:`L(s)` of options that end
some column, :math:`h` 1 where they end this one, and a gain :math:`g`. Vectors and gains are 0 where a column
has ended, and stay so. Given the rates listed by target it carries distributions (forward, measured by the
sum), else values (backward, measured by the largest); the measure of several columns is that of the largest.
:math:`\Lambda` is at least every column's exit rate from every situation.

What bounds it: one row of 8 numbers is read from the nearest cache for every entry; it takes 1.4 times as
long as one number.

The uniformised process as an operator: ``x <- P x + g``, on one vector, by ranges of rows.

:math:`P = I + Q/\Lambda` with :math:`\Lambda` the largest exit rate, :math:`g` a gain per jump. Given a
generator, rows are situations and ``x`` holds values (backward, measured by the largest); given a
transposed one, ``x`` is a distribution (forward, measured by the sum). In the measure that belongs to it
P is a contraction.

A jump costs one pass over the entries: 12 bytes each. Indices are read as unsigned numbers, which spares
a test for negative ones in the innermost loop.

How processes over the same rates end: in sets of situations, or by jumps that carry labels.

One process is a column. Entering its set ends it, and so does any jump with one of its labels, whether it
leads elsewhere or nowhere (an option that fires without effect has fired). Those jumps are listed one by one,
as rates between situations do not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, rate_of_entering
from bystander.numerics.jit import kernel
from bystander.numerics.rows import WIDTHS, distance, larger, load_row, store_row, width_for
from bystander.numerics.workers import run_each, run_ranges

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]
Unsigned = NDArray[np.unsignedinteger]
T = TypeVar("T")
ROWS_PER_RANGE = 8_000
ALONE = 2 * ROWS_PER_RANGE
"""Below this many situations a product is one thread's: threads follow different processes instead."""
Int64 = NDArray[np.int64]
Factors = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Losses:
    """Jumps that may end a process, in the order of their sources.

    Attributes
    ----------
    source, target, label
        ``(L,)`` from where, to where (-1 for a situation that was cut off), and what kind of jump it is.
    rate
        ``(L,)`` per day.
    """

    source: Int32
    target: Int32
    label: Int32
    rate: Float

    def restricted(self, live: Bool) -> Losses:
        """Keep only jumps from live situations ``(N,)``, which are numbered anew."""
        place = np.where(live, np.cumsum(live) - 1, -1).astype(np.int32)
        kept = live[self.source]
        return Losses(place[self.source[kept]], place[self.target[kept]], self.label[kept], self.rate[kept])

    def of(self, labels: Bool) -> Losses:
        """Keep only jumps with some labels."""
        kept = labels[self.label]
        return Losses(self.source[kept], self.target[kept], self.label[kept], self.rate[kept])


@dataclass(frozen=True, slots=True)
class Ends:
    """How each of C processes ends.

    Attributes
    ----------
    situations
        ``(N, C)`` where each has ended.
    losses
        Jumps that end some although they lead elsewhere, or nowhere.
    labels
        ``(labels, C)`` which of these jumps end which.
    """

    situations: Bool
    losses: Losses
    labels: Bool

    @property
    def columns(self) -> int:
        """How many processes there are."""
        columns: int = self.situations.shape[1]
        return columns

    def chosen(self, columns: Sequence[int]) -> Ends:
        """Return some of the processes, filled up to a row's length with ones that have ended everywhere."""
        missing = ((0, 0), (0, width_for(len(columns)) - len(columns)))
        situations = np.pad(self.situations[:, columns], missing, constant_values=True)
        labels = np.pad(self.labels[:, columns], missing)
        return Ends(situations, self.losses.of(np.asarray(labels.any(axis=1))), labels)

    def restricted(self, live: Bool) -> Ends:
        """Keep only the live situations ``(N,)``, numbered anew."""
        return self if live.all() else Ends(self.situations[live], self.losses.restricted(live), self.labels)

    def repeated(self, times: int) -> Ends:
        """Return that many copies of one process."""
        situations, labels = (np.repeat(each, times, axis=1) for each in (self.situations, self.labels))
        return Ends(situations, self.losses, labels)


def no_losses() -> Losses:
    """Return that no jump ends a process."""
    nothing = np.zeros(0, np.int32)
    return Losses(nothing, nothing, nothing, np.zeros(0))


def blocks_of(ends: Ends, width: int = WIDTHS[-1]) -> list[list[int]]:
    """Deal processes to rows: those that no jump ends first, and those that the same jumps end together."""
    order = sorted(range(ends.columns), key=lambda column: ends.labels[:, column].tobytes())
    return [order[low : low + width] for low in range(0, len(order), width)]


def rate_of_jumps(generator: Generator, ends: Ends) -> float:
    """Return a rate of jumps no column's exit rate exceeds anywhere: jumps that stay may end a process."""
    losses = ends.losses
    staying = losses.source == losses.target
    more = np.bincount(losses.source[staying], losses.rate[staying], minlength=generator.size)
    return float((generator.exit + more).max(initial=0.0)) or 1.0


def rate_of_ending(generator: Generator, ends: Ends, worth: Float) -> Float:
    """Return ``(N, C)`` per day the rate at which each process ends, times what that is worth.

    Entering a situation in which it has ended is worth ``worth`` (N, C), a jump that ends it is worth 1. One
    process may have several worths.
    """
    columns = worth.shape[1]
    ends = ends.repeated(columns) if ends.columns == 1 < columns else ends
    losses, out = ends.losses, np.empty(worth.shape)
    for column in range(columns):
        own = np.ascontiguousarray(np.where(ends.situations[:, column], worth[:, column], 0.0))
        out[:, column] = rate_of_entering(generator.indptr, generator.indices, generator.rates, own)
        mine = np.flatnonzero(ends.labels[losses.label, column])
        if len(mine):
            target = losses.target[mine]
            more = losses.rate[mine] * (1.0 - np.where(target < 0, 0.0, own[target]))
            out[:, column] += np.bincount(losses.source[mine], more, minlength=generator.size)
    out[ends.situations] = 0.0
    return out


class Operator(Protocol):
    """A linear map with a gain, ``x -> P x + g``, whose linear part enlarges no measure."""

    @property
    def rate(self) -> float:
        """Jumps per day."""

    @property
    def width(self) -> int:
        """Largest number of terms of a row."""

    @property
    def forward(self) -> bool:
        """Whether vectors are distributions, of which nothing is left when their measure is 0."""

    @property
    def gain_size(self) -> float:
        """Largest gain of a jump."""

    def size(self, x: Float) -> float:
        """Measure a vector."""

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x + g`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 (P x + g) - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""


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


class Arrays(NamedTuple):
    """What one jump reads: rates as chances per jump, by rows; see the module."""

    indptr: Unsigned
    indices: Unsigned
    jumps: Float
    stay: Float
    loss_start: Int64
    loss_place: Int32
    loss_label: Int32
    loss: Float
    ends: Float
    ending: Bool
    alive: Float


@dataclass(frozen=True)
class Killed:
    """The operator ``x -> P x + g`` of C killed processes on ``(N, C)``; see `bystander.numerics.operators`.

    Attributes
    ----------
    rate
        Jumps per day.
    width
        Largest number of terms of a row.
    lanes
        A tuple of length C.
    """

    rate: float
    width: int
    forward: bool
    gain_size: float
    lanes: tuple[int, ...]
    arrays: Arrays
    gain: Float
    parts: tuple[tuple[int, int], ...]

    def size(self, x: Float) -> float:
        """Measure vectors."""
        sizes = np.abs(x).sum(axis=0) if self.forward else np.abs(x).max(axis=0, initial=0.0)
        return float(sizes.max())

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x + g`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""
        return self._run(x, y, weights, sums, 1.0, 0.0)

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 (P x + g) - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""
        return self._run(x, y, weights, sums, 2.0, 1.0)[1]

    def _run(
        self, x: Float, y: Float, weights: Float, sums: Float, factor: float, before: float
    ) -> tuple[float, float]:
        def part(low: int, high: int) -> Float:
            room = np.zeros((2, len(self.lanes)))
            given = (self.lanes, self.arrays, self.gain, x, y, factor, before, self.forward)
            _advance(*given, low, high, room)
            for weight, total in zip(weights, sums, strict=True):
                if weight != 0.0:
                    _add(self.lanes, float(weight), x, total, low, high)
            return room

        found = np.array(run_ranges(part, self.parts))
        joined = found.sum(axis=0) if self.forward else found.max(axis=0)
        change, size = joined.max(axis=1)
        return float(change), float(size)

    def retreat(self, x: Float, before: Float, y: Float, added: tuple[Float, Float], by: Factors) -> None:
        """Put ``f P x - g before + a u + b v`` in ``y``, for ``added = (u, v)`` and ``by = (f, g, a, b)``."""
        given = (self.lanes, self.arrays, x, before, y, *added, by)
        run_ranges(lambda low, high: _retreat(*given, low, high), self.parts)


def kill(
    generator: Generator, ends: Ends, *, forward: bool, gain: Float | None = None, rate: float | None = None
) -> Killed:
    """Return the operator of C killed processes, C one of `bystander.numerics.rows.WIDTHS`.

    Parameters
    ----------
    generator
        Rates of the whole process, listed by target if ``forward``.
    gain
        ``(N, C)`` per day.
    rate
        Jumps per day, if not the least that will do: `rate_of_jumps`.
    """
    rate = rate_of_jumps(generator, ends) if rate is None else rate
    n, losses = generator.size, ends.losses
    at, other = (losses.target, losses.source) if forward else (losses.source, losses.target)
    inside = np.flatnonzero(losses.target >= 0)
    order = inside[np.argsort(at[inside], kind="stable")]
    start = np.concatenate([[0], np.cumsum(np.bincount(at[inside], minlength=n))])
    arrays = Arrays(
        generator.indptr.view(np.uint64),
        generator.indices.view(np.uint32),
        generator.rates / rate,
        1.0 - generator.exit / rate,
        start.astype(np.int64),
        other[order],
        losses.label[order],
        losses.rate[order] / rate,
        np.ascontiguousarray(ends.labels, np.float64),
        np.asarray(ends.situations.any(axis=1)),
        np.ascontiguousarray(~ends.situations, np.float64),
    )
    return Killed(
        rate,
        generator.width + int(np.diff(start).max(initial=0)),
        forward,
        0.0 if gain is None else float(np.abs(gain).max(initial=0.0)) / rate,
        (0,) * ends.columns,
        arrays,
        np.zeros((0, ends.columns)) if gain is None else np.ascontiguousarray(gain / rate),
        balanced(generator),
    )


@kernel(fast=True, borrow=True, inline=True)
def _product(lanes: tuple[int, ...], a: Arrays, x: Float, s: int) -> Float:
    """Return row ``s`` of ``P x``."""
    row = a.stay[s] * load_row(x, s, lanes)
    for i in range(a.indptr[s], a.indptr[s + 1]):
        row = row + a.jumps[i] * load_row(x, a.indices[i], lanes)
    for i in range(a.loss_start[s], a.loss_start[s + 1]):
        lost = load_row(a.ends, a.loss_label[i], lanes) * load_row(x, a.loss_place[i], lanes)
        row = row - a.loss[i] * lost
    if a.ending[s]:
        row = row * load_row(a.alive, s, lanes)
    return row  # type: ignore[no-any-return]


@kernel(fast=True, borrow=True)
def _advance(
    lanes: tuple[int, ...],
    a: Arrays,
    gain: Float,
    x: Float,
    y: Float,
    factor: float,
    before: float,
    forward: bool,
    low: int,
    high: int,
    room: Float,
) -> None:
    """Put ``factor (P x + g) - before y`` in ``y``; ``room`` gets the measures of ``y - x`` and ``y``."""
    nothing = 0.0 * load_row(room, 0, lanes)
    change = size = nothing
    for s in range(low, high):
        row = _product(lanes, a, x, s)
        if len(gain) > 0:
            row = row + load_row(gain, s, lanes)
        row = factor * row
        if before != 0.0:
            row = row - before * load_row(y, s, lanes)
        moved, left = distance(row, load_row(x, s, lanes)), distance(row, nothing)
        if forward:
            change, size = change + moved, size + left
        else:
            change, size = larger(moved, change), larger(left, size)
        store_row(y, s, row)
    store_row(room, 0, change)
    store_row(room, 1, size)


@kernel(fast=True, borrow=True)
def _retreat(
    lanes: tuple[int, ...],
    a: Arrays,
    x: Float,
    before: Float,
    y: Float,
    u: Float,
    v: Float,
    by: Factors,
    low: int,
    high: int,
) -> None:
    """See `Killed.retreat`."""
    for s in range(low, high):
        row = by[0] * _product(lanes, a, x, s) - by[1] * load_row(before, s, lanes)
        row = row + by[2] * load_row(u, s, lanes) + by[3] * load_row(v, s, lanes)
        store_row(y, s, row)


@kernel(fast=True, borrow=True)
def _add(lanes: tuple[int, ...], weight: float, x: Float, total: Float, low: int, high: int) -> None:
    """Add ``weight x`` to ``total`` in a range of rows."""
    for s in range(low, high):
        store_row(total, s, load_row(total, s, lanes) + weight * load_row(x, s, lanes))
