r"""Many first times in one pass.

Column ``c`` asks for the first entry into a set of situations, or the first firing of an option that
carries its label, before a set to be avoided is entered. With :math:`v_c(s)` the chance of a hit in the time
left, :math:`v_c = 1` on its target and 0 where it is to be avoided, and elsewhere one jump of the uniformised
process is

.. math:: v_c(s) \leftarrow \sum_t P_{st} v_c(t)
          + \frac{1}{\Lambda} \sum_{o \in s,\, o \ni c} r_o \Bigl(1 - \sum_b p_{ob}\, v_c(t_{ob})\Bigr),

one product with all columns together (the rows of ``P`` are read once for all of them; columns are taken
`WIDTH` at a time, in registers) and a correction for the options that hit. :math:`\Lambda` is at least the
sum of option rates of every situation, those that change nothing included, so each column is a process of its
own with an absorbing end, and `bystander.numerics.transients` follows all of them at once with the same
bounds. Only the scalars :math:`\pi \cdot v_c` for each start :math:`\pi` are kept: every time up to the last
is a weighted sum of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, ranges_of
from bystander.numerics.jit import kernel
from bystander.numerics.rows import distance, larger, load_row, max_row, store_row
from bystander.numerics.series import Series
from bystander.numerics.transients import march
from bystander.numerics.workers import ranges, run_ranges

Float = NDArray[np.float64]
Byte = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Unsigned = NDArray[np.unsignedinteger]

HIT, MISS = 1, 2
LANES = (0,) * 8
WIDTH = len(LANES)
VALUES_PER_RANGE = 20_000


@dataclass(frozen=True, slots=True)
class Options:
    """The options of each situation and what they lead to.

    Attributes
    ----------
    start, target_start
        ``(N + 1,)`` first option and first branch of each situation.
    branches
        ``(O,)`` number of branches of each option.
    label
        ``(O,)`` label of each option (its move).
    rate
        ``(O,)`` per day.
    targets
        ``(B,)`` where each branch leads; -1 for a situation that was cut off.
    branch_rate
        ``(B,)`` per day.
    """

    start: Int64
    target_start: Int64
    branches: Int32
    label: Int32
    rate: Float
    targets: Int32
    branch_rate: Float

    def restricted(self, live: Bool) -> Options:
        """Keep only the options of the live situations; branches that leave them lead to -1."""
        rows = np.flatnonzero(live).astype(np.int32)
        place = np.full(len(live), -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        options = ranges_of(self.start, rows)
        branches = ranges_of(self.target_start, rows)
        return Options(
            np.concatenate([[0], np.cumsum(np.diff(self.start)[rows])]).astype(np.int64),
            np.concatenate([[0], np.cumsum(np.diff(self.target_start)[rows])]).astype(np.int64),
            self.branches[options],
            self.label[options],
            self.rate[options],
            place[self.targets[branches]],
            self.branch_rate[branches],
        )


@dataclass(frozen=True, slots=True)
class Targets:
    """What C columns ask for.

    Attributes
    ----------
    situations
        ``(N, C)`` `HIT` where being there is a hit, `MISS` where it is to be avoided, else 0.
    labels
        ``(labels, C)`` whether an option with this label hits.
    """

    situations: Byte
    labels: Bool


def first_hits(
    generator: Generator,
    options: Options,
    targets: Targets,
    starts: Float,
    horizon: float,
    epsilon: float = 1e-12,
) -> Series:
    """Return the chances ``(S, C)`` of hitting each target from each start ``(S, N)``, up to ``horizon``."""
    targets = _filled_up(targets)
    operator = _prepare(generator, options, targets)
    where = np.flatnonzero(starts.any(axis=0))
    begin = np.ascontiguousarray(starts[:, where])
    terminal = (targets.situations == HIT).astype(np.float64)

    def read(x: Float) -> Float:
        found = np.zeros((len(begin), x.shape[1]))
        _read(begin, where, x, found)
        return found

    return march(operator, terminal, horizon, read, epsilon=epsilon).series


def _filled_up(targets: Targets) -> Targets:
    """Add columns of which nothing is asked, up to a whole number of rows."""
    n, columns = targets.situations.shape
    missing = -columns % WIDTH
    nothing = np.full((n, missing), MISS, np.uint8)
    return Targets(np.hstack([targets.situations, nothing]), np.pad(targets.labels, ((0, 0), (0, missing))))


@dataclass(frozen=True)
class _Columns:
    """The operator on ``(N, C)`` values, one process per column, measured by the largest value."""

    rate: float
    width: int
    arrays: tuple[Any, ...]
    parts: tuple[tuple[int, int], ...]
    columns: int
    forward: bool = False
    gain_size: float = 1.0

    def size(self, x: Float) -> float:
        """Measure the values."""
        return float(np.abs(x).max(initial=0.0))

    def jump(self, x: Float, y: Float, weights: Float, sums: Float) -> tuple[float, float]:
        """Put ``P x + g`` in ``y``, add ``weights x`` to ``sums``; measure ``y - x`` and ``y``."""
        return self._run(x, y, weights, sums, False)

    def twice(self, x: Float, y: Float, weights: Float, sums: Float) -> float:
        """Put ``2 (P x + g) - y`` in ``y``, add ``weights x`` to ``sums``; measure ``y``."""
        return self._run(x, y, weights, sums, True)[1]

    def _run(self, x: Float, y: Float, weights: Float, sums: Float, twice: bool) -> tuple[float, float]:
        last = float(weights[-1])
        step: Any = _jump_columns

        def part(low: int, high: int) -> tuple[float, float]:
            line = np.empty(self.columns)
            return step(*self.arrays, x, y, last, sums[-1], twice, low, high, line)  # type: ignore[no-any-return]

        found = run_ranges(part, self.parts)
        return max(change for change, _ in found), max(size for _, size in found)


def _prepare(generator: Generator, options: Options, targets: Targets) -> _Columns:
    rate = max(generator.fastest, float(_sum_rows(options.start, options.rate).max(initial=0.0))) or 1.0
    arrays = (
        generator.indptr.view(np.uint64),
        generator.indices.view(np.uint32),
        generator.rates / rate,
        1.0 - generator.exit / rate,
        *_list_hits(options, targets.labels, rate),
        options.targets,
        options.branch_rate / rate,
        targets.situations,
        targets.situations.any(axis=1),
    )
    width = generator.width + int(np.diff(options.target_start).max(initial=0))
    parts = ranges(generator.size, max(1, min(8, targets.situations.size // VALUES_PER_RANGE)))
    columns = targets.situations.shape[1]
    return _Columns(rate, width, arrays, parts, columns, gain_size=float(targets.labels.any()))


def _sum_rows(start: Int64, values: Float) -> Float:
    return np.diff(np.concatenate([[0.0], np.cumsum(values)])[start]) * (1.0 + 1e-12)


def _list_hits(options: Options, labels: Bool, rate: float) -> tuple[Int64, Int32, Float, Int64, Int32]:
    """List, situation by situation, which option hits which column.

    Returns the first hit of each situation ``(N + 1,)``, and of each hit its column, its chance per jump,
    its first branch and its number of branches.
    """
    columns = np.nonzero(labels)[1].astype(np.int32)
    counts = labels.sum(axis=1)
    first = np.cumsum(counts) - counts
    per_option = counts[options.label]
    which = np.repeat(np.arange(len(per_option)), per_option)
    begun = np.concatenate([[0], np.cumsum(per_option)])
    position = np.arange(len(which)) - begun[:-1][which]
    branch = np.cumsum(options.branches, dtype=np.int64) - options.branches
    return (
        begun[options.start].astype(np.int64),
        columns[first[options.label[which]] + position],
        options.rate[which] / rate,
        branch[which],
        options.branches[which],
    )


@kernel(fast=True, borrow=True)
def _jump_columns(
    indptr: Unsigned,
    indices: Unsigned,
    jumps: Float,
    stay: Float,
    hit_start: Int64,
    hit_column: Int32,
    hit_rate: Float,
    hit_branch: Int64,
    hit_branches: Int32,
    targets: Int32,
    branch_rate: Float,
    situations: Byte,
    ending: Bool,
    x: Float,
    y: Float,
    weight: float,
    total: Float,
    twice: bool,
    low: int,
    high: int,
    line: Float,
) -> tuple[float, float]:
    """Do one jump, or a Chebyshev step, for all columns of a range of rows.

    ``ending`` says in which situations some column has ended; ``line`` is room for one number per column.
    """
    count = x.shape[1]
    blocks = count // WIDTH
    nothing = 0.0 * load_row(x, 0, LANES)
    change = largest = nothing
    for s in range(low, high):
        for j in range(blocks):
            row = stay[s] * load_row(x, s * blocks + j, LANES)
            for i in range(indptr[s], indptr[s + 1]):
                row = row + jumps[i] * load_row(x, int(indices[i]) * blocks + j, LANES)
            store_row(line, j, row)
        for h in range(hit_start[s], hit_start[s + 1]):
            c = hit_column[h]
            value = hit_rate[h]
            for b in range(hit_branch[h], hit_branch[h] + hit_branches[h]):
                if targets[b] >= 0:
                    value -= branch_rate[b] * x[targets[b], c]
            line[c] += value
        if ending[s]:
            for c in range(count):
                if situations[s, c] != 0:
                    line[c] = x[s, c]
        for j in range(blocks):
            place = s * blocks + j
            row = load_row(line, j, LANES)
            if twice:
                row = 2.0 * row - load_row(y, place, LANES)
            change = larger(distance(row, load_row(x, place, LANES)), change)
            largest = larger(distance(row, nothing), largest)
            store_row(y, place, row)
    if weight != 0.0:
        for place in range(low * blocks, high * blocks):
            row = load_row(total, place, LANES) + weight * load_row(x, place, LANES)
            store_row(total, place, row)
    return max_row(change), max_row(largest)


@kernel(fast=True, borrow=True)
def _read(begin: Float, where: Int64, x: Float, found: Float) -> None:
    """Put ``begin @ x[where]`` in ``found``."""
    blocks = x.shape[1] // WIDTH
    for k in range(len(begin)):
        for n in range(len(where)):
            for j in range(blocks):
                row = load_row(found, k * blocks + j, LANES)
                store_row(
                    found, k * blocks + j, row + begin[k, n] * load_row(x, where[n] * blocks + j, LANES)
                )
