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
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.endings import Ends, rate_of_jumps
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.rows import distance, larger, load_row, store_row
from bystander.numerics.uniform import balanced
from bystander.numerics.workers import run_ranges

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Unsigned = NDArray[np.unsignedinteger]
Factors = tuple[float, float, float, float]


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
    """The operator ``x -> P x + g`` of C killed processes on ``(N, C)``; see `bystander.numerics.uniform`.

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
