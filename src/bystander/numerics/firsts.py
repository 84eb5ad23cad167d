r"""Many first times in one pass.

Column ``c`` asks for the first entry into a set of situations, or the first firing of an option that
carries its label, before a set to be avoided is entered. With :math:`v_c^{(k)}(s)` the chance of a hit
within ``k`` jumps of the uniformised process, :math:`v_c = 1` on its target and 0 where it is to be
avoided, and elsewhere

.. math:: v_c^{(k+1)}(s) = \sum_t P_{st} v_c^{(k)}(t)
          + \frac{1}{\Lambda} \sum_{o \in s,\, o \ni c} r_o \Bigl(1 - \sum_b p_{ob}\, v_c^{(k)}(t_{ob})\Bigr),

one product with all columns together (the rows of ``P`` are read once for all of them) and a correction
for the options that hit. :math:`\Lambda` is at least the sum of option rates of every situation, those
that change nothing included, so all terms are non-negative. Only the scalars :math:`\pi \cdot v_c^{(k)}`
for each start :math:`\pi` are kept: every time up to the last is a weighted sum of them. Iterates grow
and are bounded by 1; the stopping rule is that of `bystander.numerics.transients`.

Columns are independent: blocks of them go to threads, and the answer does not depend on how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded, rounding
from bystander.numerics.foxglynn import poisson
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.workers import ranges, run_ranges, thread_count

Float = NDArray[np.float64]
Byte = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

HIT, MISS = 1, 2


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
        options = _ranges_of(self.start, rows)
        branches = _ranges_of(self.target_start, rows)
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


@dataclass(frozen=True, slots=True)
class Hits:
    """Chances of a hit within 0, 1, ... jumps, ``values (K, S, C)``; the last row stands for later ones."""

    rate: float
    values: Float
    drift: float
    width: int

    def by(self, times: Float, epsilon: float = 1e-12) -> Bounded[Float]:
        """Return ``(G, S, C)`` the probability of a hit by each time."""
        windows = [poisson(self.rate * t, epsilon) for t in times]
        weights = np.array([w.spread(len(self.values)) for w in windows])
        out = np.tensordot(weights, self.values, axes=1)
        error = max(w.error + rounding(min(w.right, len(self.values)), self.width) for w in windows)
        return Bounded(np.clip(out, 0.0, 1.0), error + self.drift)


def first_hits(
    generator: Generator,
    options: Options,
    targets: Targets,
    starts: Float,
    horizon: float,
    epsilon: float = 1e-12,
) -> Hits:
    """Return the chances of hitting each target from each start ``(S, N)``, for times up to ``horizon``."""
    count = targets.situations.shape[1]
    rate = max(generator.fastest, float(_sum_rows(options.start, options.rate).max(initial=0.0))) or 1.0
    last = poisson(rate * horizon, epsilon).right
    where = np.flatnonzero(starts.any(axis=0)).astype(np.int32)
    begin = np.ascontiguousarray(starts[:, where])
    lists = _label_columns(targets.labels)

    def run(low: int, high: int) -> tuple[Float, float]:
        return _first_hits(
            generator.indptr,
            generator.indices,
            generator.rates / rate,
            1.0 - generator.exit / rate,
            options.start,
            options.target_start,
            options.branches,
            options.label,
            options.rate / rate,
            options.targets,
            options.branch_rate / rate,
            *lists,
            np.ascontiguousarray(targets.situations[:, low:high]),
            low,
            where,
            begin,
            last,
            epsilon,
        )

    parts = ranges(count, max(1, min(thread_count(), count // 4)))
    done = run_ranges(run, parts)
    length = max(len(series) for series, _ in done)
    values = np.concatenate([_lengthened(series, length) for series, _ in done], axis=2)
    width = generator.width + int(np.diff(options.target_start).max(initial=0))
    return Hits(rate, values, max(left for _, left in done), width)


def _lengthened(series: Float, length: int) -> Float:
    return np.concatenate([series, np.repeat(series[-1:], length - len(series), axis=0)])


def _ranges_of(start: Int64, rows: Int32) -> Int64:
    """Return the numbers start[r] .. start[r + 1] - 1 of the given rows, one after the other."""
    counts = np.diff(start)[rows]
    first = np.repeat(start[:-1][rows] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return first + np.arange(int(counts.sum()))


def _sum_rows(start: Int64, values: Float) -> Float:
    return np.diff(np.concatenate([[0.0], np.cumsum(values)])[start]) * (1.0 + 1e-12)


def _label_columns(labels: Bool) -> tuple[Int64, Int32]:
    """Return for each label the list of columns it hits, as first entries and entries."""
    counts = labels.sum(axis=1)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.nonzero(labels)[1].astype(np.int32)


@kernel(fast=True)
def _first_hits(
    indptr: Int64,
    indices: Int32,
    jump: Float,
    stay: Float,
    option_start: Int64,
    target_start: Int64,
    option_branches: Int32,
    option_label: Int32,
    option_rate: Float,
    targets: Int32,
    branch_rate: Float,
    label_start: Int64,
    label_columns: Int32,
    situations: Byte,
    offset: int,
    where: Int32,
    begin: Float,
    last: int,
    epsilon: float,
) -> tuple[Float, float]:
    """Return ``(K, S, C)`` scalars of a block of columns, and how far later ones may lie from the last."""
    n, count = situations.shape
    x = np.zeros((n, count))
    y = np.zeros((n, count))
    for s in range(n):
        for c in range(count):
            if situations[s, c] == HIT:
                x[s, c] = 1.0
    series = np.zeros((last + 1, begin.shape[0], count))
    k = 0
    change = 1.0
    while True:
        for a in range(begin.shape[0]):
            for w in range(len(where)):
                p = begin[a, w]
                if p != 0.0:
                    for c in range(count):
                        series[k, a, c] += p * x[where[w], c]
        if change * (last - k) <= epsilon or k == last:
            return series[: k + 1].copy(), change * (last - k)
        change = 0.0
        for s in range(n):
            for c in range(count):
                y[s, c] = stay[s] * x[s, c]
            for i in range(indptr[s], indptr[s + 1]):
                p = jump[i]
                t = indices[i]
                for c in range(count):
                    y[s, c] += p * x[t, c]
            at = target_start[s]
            for o in range(option_start[s], option_start[s + 1]):
                label = option_label[o]
                for j in range(label_start[label], label_start[label + 1]):
                    c = label_columns[j] - offset
                    if 0 <= c < count:
                        value = option_rate[o]
                        for b in range(at, at + option_branches[o]):
                            if targets[b] >= 0:
                                value -= branch_rate[b] * x[targets[b], c]
                        y[s, c] += value
                at += option_branches[o]
            for c in range(count):
                if situations[s, c] != 0:
                    y[s, c] = x[s, c]
                change = max(change, abs(y[s, c] - x[s, c]))
        x, y = y, x
        k += 1
