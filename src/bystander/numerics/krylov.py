"""The inner loops of `bystander.numerics.linear`: triangles, preconditioned products, BiCGSTAB on a block.

A matrix ``A = diag(d) - W`` is scaled by rows with a pivot (its diagonal) to ``I - L - U`` with L strictly
lower and U strictly upper. Where the pivot differs from the diagonal, ``excess = 2 - d / pivot`` keeps the
identity ``A = (I - L) + (I - U) - excess`` exact. Method, accuracy and references are in
`bystander.numerics.linear`.

The columns of a block are one row of fixed width (`bystander.numerics.rows`), so that an entry of the matrix
costs one load, one multiply-add and no store. Inner products are taken while their vectors pass by. A column
of zeros is solved from the start and stays zero: blocks are filled up with such columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel
from bystander.numerics.rows import distance, larger, load_row, store_row

Array = NDArray[Any]

STALLED = 0.5
DEEPEST = 1e-4
ENOUGH_STALE = 4
ROUNDING = 1.8e-15
BROKEN = 1e-14


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


@kernel(fast=True, borrow=True)
def solve_upper(a: Triangles, lanes: tuple[int, ...], z: Array, t: Array) -> None:
    """``t = (I - U)^-1 z``, last row first; ``t`` may be ``z``."""
    n = len(a.scale)
    for back in range(n):
        r = n - 1 - back
        row = load_row(z, r, lanes)
        for e in range(a.upper_start[r], a.upper_start[r + 1]):
            row = row + np.float64(a.upper_single[e]) * load_row(t, a.upper_index[e], lanes)
        store_row(t, r, row)


@kernel(fast=True, borrow=True)
def multiply(a: Triangles, lanes: tuple[int, ...], z: Array, t: Array, out: Array) -> None:
    """``t = (I - U)^-1 z``, then ``out + t`` is the product, ``out = (I - L)^-1 (z - g t)``.

    The sum is left to whoever reads the product next.
    """
    solve_upper(a, lanes, z, t)
    for r in range(len(a.scale)):
        row = load_row(z, r, lanes) - a.excess[r] * load_row(t, r, lanes)
        for e in range(a.lower_start[r], a.lower_start[r + 1]):
            row = row + np.float64(a.lower_single[e]) * load_row(out, a.lower_index[e], lanes)
        store_row(out, r, row)


@kernel(fast=True, borrow=True)
def residual(
    a: Triangles, lanes: tuple[int, ...], b: Array, x: Array, r: Array, shadow: Array, p: Array, sizes: Array
) -> None:
    """Put ``(I - L)^-1 scale (b - A x)`` in ``r``, ``shadow`` and ``p``.

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
        store_row(p, s, row)
    store_row(sizes, 0, largest)
    store_row(sizes, 1, mass)
    store_row(sizes, 2, square)


@kernel(fast=True, borrow=True)
def subtract(lanes: tuple[int, ...], r: Array, v: Array, factors: Array) -> None:
    """``r -= alpha v``."""
    alpha = load_row(factors, 0, lanes)
    for s in range(len(r) // len(lanes)):
        store_row(r, s, load_row(r, s, lanes) - alpha * load_row(v, s, lanes))


@kernel(fast=True, borrow=True)
def complete(lanes: tuple[int, ...], product: Array, t: Array, other: Array, sums: Array) -> None:
    """``product += t``; its products with ``other`` and with itself go to rows 0 and 1 of ``sums``."""
    with_other = square = 0.0 * load_row(product, 0, lanes)
    for s in range(len(product) // len(lanes)):
        row = load_row(product, s, lanes) + load_row(t, s, lanes)
        store_row(product, s, row)
        with_other = with_other + row * load_row(other, s, lanes)
        square = square + row * row
    store_row(sums, 0, with_other)
    store_row(sums, 1, square)


@kernel(fast=True, borrow=True)
def advance(
    lanes: tuple[int, ...],
    y: Array,
    p: Array,
    r: Array,
    q: Array,
    shadow: Array,
    factors: Array,
    sums: Array,
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
def turn(lanes: tuple[int, ...], p: Array, r: Array, v: Array, factors: Array) -> None:
    """``p = r + beta (p - omega v)``."""
    omega, beta = load_row(factors, 1, lanes), load_row(factors, 2, lanes)
    for s in range(len(p) // len(lanes)):
        back = load_row(p, s, lanes) - omega * load_row(v, s, lanes)
        store_row(p, s, load_row(r, s, lanes) + beta * back)


@kernel(fast=True, borrow=True)
def settle(a: Triangles, lanes: tuple[int, ...], y: Array, x: Array) -> None:
    """``x += (I - U)^-1 y``; ``y`` is used up."""
    solve_upper(a, lanes, y, y)
    for s in range(len(a.scale)):
        store_row(x, s, load_row(x, s, lanes) + load_row(y, s, lanes))


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
    r, shadow, p, v, q, t, y = work[0], work[1], work[2], work[3], work[4], work[5], work[6]
    sums, factors, rho = np.zeros((3, columns)), np.zeros((3, columns)), np.zeros(columns)
    products, stale, before = 0, 0, np.inf
    while True:
        residual(a, lanes, b, x, r, shadow, p, sums)
        products += 1
        worst, ratio = 0.0, 0.0
        for k in range(columns):
            allowed = max(tolerance * largest[k], ROUNDING * sums[1, k])
            if sums[0, k] > allowed or not np.isfinite(sums[0, k]):
                ratio = max(ratio, sums[0, k] / allowed) if np.isfinite(sums[0, k]) else np.inf
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
        y[:] = 0.0
        shrink = max(min(0.3 / ratio, 0.1), DEEPEST)
        while products < limit:
            multiply(a, lanes, p, t, v)
            complete(lanes, v, t, shadow, sums)
            for k in range(columns):
                factors[0, k] = rho[k] / sums[0, k] if sums[0, k] != 0.0 else 0.0
            subtract(lanes, r, v, factors)
            multiply(a, lanes, r, t, q)
            complete(lanes, q, t, r, sums)
            products += 2
            for k in range(columns):
                factors[1, k] = sums[0, k] / sums[1, k] if sums[1, k] > 0.0 else 0.0
            advance(lanes, y, p, r, q, shadow, factors, sums)
            small, broken = True, True
            for k in range(columns):
                alpha, omega = factors[0, k], factors[1, k]
                new, square = sums[0, k], sums[1, k]
                small = small and square <= shrink * shrink * first[k]
                healthy = omega != 0.0 and abs(new) > BROKEN * np.sqrt(square * first[k])
                factors[2, k] = 0.0
                if healthy and np.isfinite(new):
                    factors[2, k] = (new / rho[k]) * (alpha / omega)
                    broken = False
                rho[k] = new
            if small or broken:
                break
            turn(lanes, p, r, v, factors)
        settle(a, lanes, y, x)
