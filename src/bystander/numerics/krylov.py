"""The inner loops of `bystander.numerics.linear`: triangles, preconditioned products, BiCGSTAB on a block.

A matrix ``A = diag(d) - W`` is scaled by rows with a pivot (its diagonal) to ``I - L - U`` with L strictly
lower and U strictly upper. Where the pivot differs from the diagonal, ``excess = 2 - d / pivot`` keeps the
identity ``A = (I - L) + (I - U) - excess`` exact. Method, accuracy and references are in
`bystander.numerics.linear`.

The columns of a block are one row of fixed width (`bystander.numerics.rows`), so that an entry of the matrix
costs one load, one multiply-add and no store. Inner products are taken while their vectors pass by. A column
of zeros is solved from the start and stays zero: blocks are filled up with such columns.

Compressed rows taken apart: their transpose, and the two triangles of a row-scaled matrix.

Used by `bystander.numerics.linear`, whose docstring defines pivots, scale and excess.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel
from bystander.numerics.rows import distance, larger, load_row, store_row
from bystander.numerics.workers import run_ranges, shares

Array = NDArray[Any]
STALLED = 0.5
DEEPEST = 1e-4
AIM = 0.7
ENOUGH_STALE = 4
ROUNDING = 1.8e-15
BROKEN = 1e-14
ROWS_OF_A_PART = 16384
ONE, TWO, THREE, FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


class Triangles(NamedTuple):
    """A row-scaled matrix ``I - L - U`` split for sweeps, with the scale and excess of the chosen pivots.

    ``scale`` is one over the pivot of each row; ``excess`` is ``2 - d / pivot`` (1 where the pivot is the
    diagonal). Starts and indices are unsigned; the last two are the values in single precision.
    """

    lower_start: Array
    lower_index: Array
    lower_value: Array
    upper_start: Array
    upper_index: Array
    upper_value: Array
    scale: Array
    excess: Array
    lower_single: Array
    upper_single: Array


@kernel(fast=True, borrow=True, inline=True)
def add_entries(
    row: Array, values: Array, indices: Array, start: Array, s: int, x: Array, lanes: tuple[int, ...]
) -> Array:
    """Add the entries of matrix row ``s`` times the rows of ``x`` that they belong to.

    A sum waits for its last term: four sums side by side wait a quarter as often.
    """
    second = third = fourth = 0.0 * row
    e, end = start[s], start[s + 1]
    while e + FOUR <= end:
        row = row + np.float64(values[e]) * load_row(x, indices[e], lanes)
        second = second + np.float64(values[e + ONE]) * load_row(x, indices[e + ONE], lanes)
        third = third + np.float64(values[e + TWO]) * load_row(x, indices[e + TWO], lanes)
        fourth = fourth + np.float64(values[e + THREE]) * load_row(x, indices[e + THREE], lanes)
        e += FOUR
    while e < end:
        row = row + np.float64(values[e]) * load_row(x, indices[e], lanes)
        e += ONE
    return (row + second) + (third + fourth)


@kernel(fast=True, borrow=True)
def search(
    a: Triangles,
    lanes: tuple[int, ...],
    r: Array,
    p: Array,
    v: Array,
    low: Array,
    shadow: Array,
    factors: Array,
    sums: Array,
) -> None:
    """``p = r + beta (p - omega v)``, then ``v`` is the preconditioned product with ``p``.

    ``shadow . v`` goes to row 0 of ``sums``; ``low`` is room for a vector.
    """
    omega, beta = load_row(factors, 1, lanes), load_row(factors, 2, lanes)
    n = len(a.scale)
    for back in range(n):
        s = n - 1 - back
        row = load_row(p, s, lanes) - omega * load_row(v, s, lanes)
        row = load_row(r, s, lanes) + beta * row
        store_row(p, s, row)
        store_row(v, s, add_entries(row, a.upper_single, a.upper_index, a.upper_start, s, v, lanes))
    complete(a, lanes, p, v, low, shadow, sums)


@kernel(fast=True, borrow=True)
def smooth(
    a: Triangles,
    lanes: tuple[int, ...],
    r: Array,
    v: Array,
    q: Array,
    low: Array,
    factors: Array,
    sums: Array,
) -> None:
    """``r -= alpha v``, then ``q`` is the preconditioned product with ``r``.

    ``r . q`` and ``q . q`` go to rows 0 and 1 of ``sums``.
    """
    alpha = load_row(factors, 0, lanes)
    n = len(a.scale)
    for back in range(n):
        s = n - 1 - back
        row = load_row(r, s, lanes) - alpha * load_row(v, s, lanes)
        store_row(r, s, row)
        store_row(q, s, add_entries(row, a.upper_single, a.upper_index, a.upper_start, s, q, lanes))
    complete(a, lanes, r, q, low, r, sums)


@kernel(fast=True, borrow=True)
def complete(
    a: Triangles, lanes: tuple[int, ...], z: Array, t: Array, low: Array, other: Array, sums: Array
) -> None:
    """Turn ``t = (I - U)^-1 z`` into the product with ``z``.

    This is ``t + low`` with ``low = (I - L)^-1 (z - g t)``; its products with ``other`` and with itself go to
    ``sums``.
    """
    with_other = square = 0.0 * load_row(z, 0, lanes)
    for s in range(len(a.scale)):
        upper = load_row(t, s, lanes)
        row = load_row(z, s, lanes) - a.excess[s] * upper
        row = add_entries(row, a.lower_single, a.lower_index, a.lower_start, s, low, lanes)
        store_row(low, s, row)
        row = row + upper
        store_row(t, s, row)
        with_other = with_other + row * load_row(other, s, lanes)
        square = square + row * row
    store_row(sums, 0, with_other)
    store_row(sums, 1, square)


@kernel(fast=True, borrow=True)
def residual(
    a: Triangles, lanes: tuple[int, ...], b: Array, x: Array, r: Array, shadow: Array, sizes: Array
) -> None:
    """Put ``(I - L)^-1 scale (b - A x)`` in ``r`` and ``shadow``.

    Rows 0 to 2 of ``sizes`` get the largest entry of ``b - A x``, that of ``|A| |x|``, and the square of what
    is in ``r``.
    """
    nothing = 0.0 * load_row(b, 0, lanes)
    largest = mass = square = nothing
    for s in range(len(a.scale)):
        own = (2.0 - a.excess[s]) * load_row(x, s, lanes)
        row = a.scale[s] * load_row(b, s, lanes) - own
        weight = distance(own, nothing)
        swept = nothing
        for e in range(a.lower_start[s], a.lower_start[s + 1]):
            c = a.lower_index[e]
            part = a.lower_value[e] * load_row(x, c, lanes)
            row = row + part
            weight = weight + distance(part, nothing)
            swept = swept + np.float64(a.lower_single[e]) * load_row(r, c, lanes)
        for e in range(a.upper_start[s], a.upper_start[s + 1]):
            part = a.upper_value[e] * load_row(x, a.upper_index[e], lanes)
            row = row + part
            weight = weight + distance(part, nothing)
        pivot = 1.0 / a.scale[s]
        largest = larger(pivot * distance(row, nothing), largest)
        mass = larger(pivot * weight, mass)
        row = row + swept
        square = square + row * row
        store_row(r, s, row)
        store_row(shadow, s, row)
    store_row(sizes, 0, largest)
    store_row(sizes, 1, mass)
    store_row(sizes, 2, square)


@kernel(fast=True, borrow=True)
def advance(
    lanes: tuple[int, ...], y: Array, p: Array, r: Array, q: Array, shadow: Array, factors: Array, sums: Array
) -> None:
    """``y += alpha p + omega r``, ``r -= omega q``; ``shadow . r`` and ``r . r`` go to ``sums``."""
    alpha, omega = load_row(factors, 0, lanes), load_row(factors, 1, lanes)
    with_shadow = square = 0.0 * alpha
    for s in range(len(r) // len(lanes)):
        row = load_row(r, s, lanes)
        step = alpha * load_row(p, s, lanes) + omega * row
        store_row(y, s, load_row(y, s, lanes) + step)
        row = row - omega * load_row(q, s, lanes)
        store_row(r, s, row)
        with_shadow = with_shadow + row * load_row(shadow, s, lanes)
        square = square + row * row
    store_row(sums, 0, with_shadow)
    store_row(sums, 1, square)


@kernel(fast=True, borrow=True)
def settle(a: Triangles, lanes: tuple[int, ...], y: Array, x: Array) -> None:
    """``x += (I - U)^-1 y``; ``y`` is used up."""
    n = len(a.scale)
    for back in range(n):
        s = n - 1 - back
        row = load_row(y, s, lanes)
        row = add_entries(row, a.upper_single, a.upper_index, a.upper_start, s, y, lanes)
        store_row(y, s, row)
        store_row(x, s, load_row(x, s, lanes) + row)


@kernel
def bicgstab(
    a: Triangles, lanes: tuple[int, ...], b: Array, x: Array, tolerance: float, limit: int
) -> tuple[float, int]:
    """Improve ``x`` in place; return the worst relative residual (negated if too large) and products used.

    ``b`` and ``x`` are flat arrays of N rows as wide as ``lanes`` is long.
    """
    columns = len(lanes)
    largest = np.zeros(columns)
    for s in range(len(b) // columns):
        for k in range(columns):
            largest[k] = max(largest[k], abs(b[s * columns + k]))
    work = np.empty((7, len(b)), np.float32)
    r, shadow, p, v, q, low, y = work[0], work[1], work[2], work[3], work[4], work[5], work[6]
    sums, factors, rho = np.zeros((3, columns)), np.zeros((3, columns)), np.zeros(columns)
    shrink = np.ones(columns)  # how much less of each column's residual is wanted before the next restart
    products, stale, before = 0, 0, np.inf
    while True:
        residual(a, lanes, b, x, r, shadow, sums)
        products += 1
        worst, ratio = 0.0, 0.0
        for k in range(columns):
            allowed = max(tolerance * largest[k], ROUNDING * sums[1, k])
            shrink[k] = 1.0
            if sums[0, k] > allowed or not np.isfinite(sums[0, k]):
                ratio = max(ratio, sums[0, k] / allowed) if np.isfinite(sums[0, k]) else np.inf
                shrink[k] = max(AIM * allowed / sums[0, k], DEEPEST)
            if largest[k] > 0.0:
                worst = max(worst, sums[0, k] / largest[k]) if np.isfinite(sums[0, k]) else np.inf
        if ratio == 0.0:
            return worst, products
        stale = stale + 1 if ratio > STALLED * before else 0
        before = min(before, ratio)
        if products >= limit or stale >= ENOUGH_STALE or not np.isfinite(worst):
            return -worst, products
        rho[:] = sums[2]
        first = rho.copy()
        y[:] = p[:] = v[:] = 0.0
        factors[:] = 0.0
        while products < limit:
            search(a, lanes, r, p, v, low, shadow, factors, sums)
            for k in range(columns):
                factors[0, k] = rho[k] / sums[0, k] if sums[0, k] != 0.0 else 0.0
            smooth(a, lanes, r, v, q, low, factors, sums)
            products += 2
            for k in range(columns):
                factors[1, k] = sums[0, k] / sums[1, k] if sums[1, k] > 0.0 else 0.0
            advance(lanes, y, p, r, q, shadow, factors, sums)
            small, broken = True, True
            for k in range(columns):
                alpha, omega = factors[0, k], factors[1, k]
                new, square = sums[0, k], sums[1, k]
                small = small and square <= shrink[k] * shrink[k] * first[k]
                healthy = omega != 0.0 and abs(new) > BROKEN * np.sqrt(square * first[k])
                factors[2, k] = 0.0
                if healthy and np.isfinite(new):
                    factors[2, k] = (new / rho[k]) * (alpha / omega)
                    broken = False
                rho[k] = new
            if small or broken:
                break
        settle(a, lanes, y, x)


def transpose(indptr: Array, indices: Array, weights: Array, columns: int) -> tuple[Array, Array, Array]:
    """Return the compressed rows of the transpose without zeros, by counting; parts of rows side by side."""
    parts = shares(len(indptr) - 1, ROWS_OF_A_PART)
    counts = run_ranges(lambda low, high: _column_counts(indptr, indices, weights, columns, low, high), parts)
    start = np.zeros(columns + 1, np.int64)
    np.cumsum(np.add.reduce(counts), out=start[1:])
    at = dict(zip(parts, np.cumsum([start[:-1], *counts[:-1]], axis=0), strict=True))
    index, value = np.empty(start[columns], np.int32), np.empty(start[columns])
    run_ranges(
        lambda low, high: _deal(indptr, indices, weights, at[low, high], index, value, low, high), parts
    )
    return start, index, value


def split(indptr: Array, indices: Array, weights: Array, diagonal: Array) -> Triangles:
    """Split ``diag(diagonal) - W`` into scaled triangles; entries of one place, or on the diagonal, add up.

    The pivot is the diagonal, raised to a tenth of the row's other entries where the diagonal is smaller than
    that (this never happens for a discounted process).
    """
    n = len(diagonal)
    parts, rows = shares(n, ROWS_OF_A_PART), (indptr, indices, weights)
    starts = np.zeros((2, n + 1), np.int64)
    scale, excess = np.empty(n), np.empty(n)
    run_ranges(lambda *part: _lay_out(*rows, diagonal, starts[:, 1:], scale, excess, *part), parts)
    np.cumsum(starts, axis=1, out=starts)
    lower, upper = (_room(start) for start in starts)
    run_ranges(lambda *part: _part(*rows, scale, *lower, *upper, *part), parts)
    return Triangles(*lower[:3], *upper[:3], scale, excess, lower[3], upper[3])


def _room(start: Array) -> tuple[Array, Array, Array, Array]:
    """Return the starts of a triangle's rows, and room for its indices and values, double and single."""
    n = start[-1]
    return start.view(np.uint64), np.empty(n, np.uint32), np.empty(n), np.empty(n, np.float32)


@kernel
def _column_counts(indptr: Array, indices: Array, weights: Array, columns: int, low: int, high: int) -> Array:
    """Count the entries other than zero that some rows have in each column."""
    counts = np.zeros(columns, np.int64)
    for e in range(indptr[low], indptr[high]):
        counts[indices[e]] += weights[e] != 0.0
    return counts


@kernel
def _deal(
    indptr: Array, indices: Array, weights: Array, at: Array, index: Array, value: Array, low: int, high: int
) -> None:
    """Put the entries of some rows where their columns have room from ``at`` on."""
    for r in range(low, high):
        for e in range(indptr[r], indptr[r + 1]):
            if weights[e] != 0.0:
                c = indices[e]
                index[at[c]] = r
                value[at[c]] = weights[e]
                at[c] += 1


@kernel
def _part(
    indptr: Array,
    indices: Array,
    weights: Array,
    scale: Array,
    lower_start: Array,
    lower_index: Array,
    lower_value: Array,
    lower_single: Array,
    upper_start: Array,
    upper_index: Array,
    upper_value: Array,
    upper_single: Array,
    first: int,
    end: int,
) -> None:
    """Fill both triangles in the rows ``first .. end - 1``."""
    n = len(scale)
    seen = np.full(n, -1, np.int32)  # the last row with an entry in each column
    place = np.empty(n, np.int64)
    for r in range(first, end):
        low, up = np.int64(lower_start[r]), np.int64(upper_start[r])
        for e in range(indptr[r], indptr[r + 1]):
            c = indices[e]
            if c == r or weights[e] == 0.0:
                continue
            value = weights[e] * scale[r]
            if seen[c] == r:
                if c < r:
                    lower_value[place[c]] += value
                else:
                    upper_value[place[c]] += value
                continue
            seen[c] = r
            if c < r:
                place[c] = low
                lower_index[low] = c
                lower_value[low] = value
                low += 1
            else:
                place[c] = up
                upper_index[up] = c
                upper_value[up] = value
                up += 1
        for e in range(np.int64(lower_start[r]), low):
            lower_single[e] = lower_value[e]
        for e in range(np.int64(upper_start[r]), up):
            upper_single[e] = upper_value[e]


@kernel
def _lay_out(
    indptr: Array,
    indices: Array,
    weights: Array,
    diagonal: Array,
    counts: Array,
    scale: Array,
    excess: Array,
    first: int,
    end: int,
) -> None:
    """Count the entries of rows ``first .. end - 1`` in both triangles; fill their scale and excess."""
    seen = np.full(len(diagonal), -1, np.int32)  # the last row with an entry in each column
    for r in range(first, end):
        d, others = diagonal[r], 0.0
        for e in range(indptr[r], indptr[r + 1]):
            c = indices[e]
            if c == r:
                d -= weights[e]
            elif weights[e] != 0.0:
                others += abs(weights[e])
                if seen[c] != r:
                    seen[c] = r
                    counts[0 if c < r else 1, r] += 1
        pivot = max(d, 0.1 * others)
        if pivot <= 0.0:
            pivot = 1.0
        scale[r] = 1.0 / pivot
        excess[r] = 2.0 - d / pivot
