"""Anderson acceleration of a fixed-point iteration x <- g(x).

With residuals f_k = g(x_k) - x_k of the last m + 1 points, the next point is

    x_new = g(x) - sum_k theta_k (g_k+1 - g_k),      theta = argmin | f - sum_k theta_k (f_k+1 - f_k) |_2.

On linear problems this is GMRES in disguise, cut off at m; on smooth ones it converges about as fast near the
solution (Walker & Ni 2011, SIAM J. Numer. Anal. 49; Toth & Kelley 2015, SIAM J. Numer. Anal. 53). The
differences are scaled to length 1 and the normal equations, of at most a few dozen unknowns, are solved in a
fixed order (`bystander.numerics.linear.least_squares`).

The differences are directions, not values: they are kept in single precision, each computed in double
precision first. A difference whose squared distance from the others' span is less than `CUTOFF`, the spacing
of single precision, is left out: theta would be so large that rounding decides where the next point lies.
Single precision halves memory and traffic, which is what acceleration costs; the number of iterations
was the same on every game tried (docs/decisions/0101-acceleration.md). Points and residuals stay in double
precision.

Memory: m + 1 vectors of doubles. A step passes twice over ranges of rows; the partial sums of the ranges are
added in a fixed order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel
from bystander.numerics.linear import least_squares
from bystander.numerics.rows import load_row, load_single, store_row, store_single, sum_row
from bystander.numerics.workers import ranges, run_ranges

Float = NDArray[np.float64]
Single = NDArray[np.float32]

LANES = (0,) * 8
WIDTH = 8
GROUP = 4
STRIP = 256
RANGE_ROWS = 1 << 14
CUTOFF = float(np.finfo(np.float32).eps)


@kernel(fast=True, borrow=True)
def record(
    x: Float,
    g: Float,
    last: Single,
    move: Single,
    steps: Single,
    images: Single,
    slot: int,
    low: int,
    high: int,
) -> None:
    """Store the newest differences in ``slot`` of the memory, rows ``low .. high - 1``.

    ``last`` is the previous residual on entry, the current one on return; ``move`` is the step that led to
    ``x``.
    """
    length = len(last) // WIDTH
    for i in range(low, high):
        residual = load_row(g, i, LANES) - load_row(x, i, LANES)
        step = residual - load_single(last, i, LANES)
        store_single(steps, slot * length + i, step)
        store_single(images, slot * length + i, step + load_single(move, i, LANES))
        store_single(last, i, residual)


@kernel(fast=True, borrow=True)
def project(
    x: Float, g: Float, steps: Single, slot: int, k: int, low: int, high: int, products: Float
) -> None:
    """Add to ``products[k : k + GROUP]`` the products of differences with the newest and the residual."""
    length = len(x) // WIDTH
    s0, s1, s2, s3, newest = k * length, (k + 1) * length, (k + 2) * length, (k + 3) * length, slot * length
    a0 = 0.0 * load_row(x, low, LANES)
    a1 = a2 = a3 = b0 = b1 = b2 = b3 = a0
    for i in range(low, high):
        residual = load_row(g, i, LANES) - load_row(x, i, LANES)
        step = load_single(steps, newest + i, LANES)
        d0 = load_single(steps, s0 + i, LANES)
        d1 = load_single(steps, s1 + i, LANES)
        d2 = load_single(steps, s2 + i, LANES)
        d3 = load_single(steps, s3 + i, LANES)
        a0, a1, a2, a3 = a0 + step * d0, a1 + step * d1, a2 + step * d2, a3 + step * d3
        b0, b1, b2, b3 = b0 + residual * d0, b1 + residual * d1, b2 + residual * d2, b3 + residual * d3
    products[k, 0] += sum_row(a0)
    products[k + 1, 0] += sum_row(a1)
    products[k + 2, 0] += sum_row(a2)
    products[k + 3, 0] += sum_row(a3)
    products[k, 1] += sum_row(b0)
    products[k + 1, 1] += sum_row(b1)
    products[k + 2, 1] += sum_row(b2)
    products[k + 3, 1] += sum_row(b3)


@kernel(fast=True, borrow=True)
def remember(
    x: Float,
    g: Float,
    last: Single,
    move: Single,
    steps: Single,
    images: Single,
    slot: int,
    used: int,
    low: int,
    high: int,
    products: Float,
) -> None:
    """Record the newest point and add up inner products, strip by strip so that strips stay in cache.

    ``used`` is 0 on the first point, of which only the residual is kept.
    """
    for start in range(low, high, STRIP):
        end = min(start + STRIP, high)
        if used == 0:
            for i in range(start, end):
                store_single(last, i, load_row(g, i, LANES) - load_row(x, i, LANES))
        else:
            record(x, g, last, move, steps, images, slot, start, end)
            for k in range(0, used, GROUP):
                project(x, g, steps, slot, k, start, end, products)


@kernel(fast=True, borrow=True)
def combine(
    x: Float, g: Float, move: Single, images: Single, theta: Float, used: int, low: int, high: int
) -> None:
    """Write ``g - sum_k theta_k images_k`` over ``x`` and ``g``, and the step taken over ``move``."""
    length = len(x) // WIDTH
    for start in range(low, high, STRIP):
        end = min(start + STRIP, high)
        for k in range(0, used, GROUP):
            for i in range(start, end):
                point = load_row(g, i, LANES) - theta[k] * load_single(images, k * length + i, LANES)
                point = point - theta[k + 1] * load_single(images, (k + 1) * length + i, LANES)
                point = point - theta[k + 2] * load_single(images, (k + 2) * length + i, LANES)
                point = point - theta[k + 3] * load_single(images, (k + 3) * length + i, LANES)
                store_row(g, i, point)
        for i in range(start, end):
            point = load_row(g, i, LANES)
            store_single(move, i, point - load_row(x, i, LANES))
            store_row(x, i, point)


class Anderson:
    """The memory of an accelerated iteration over vectors of a given length, a multiple of `WIDTH`.

    ``window`` is a multiple of `GROUP`.
    """

    def __init__(self, length: int, window: int) -> None:
        self.window = window
        self.steps = np.zeros((window, length), np.float32)
        self.images = np.zeros((window, length), np.float32)
        self.residual = np.zeros(length, np.float32)
        self.move = np.zeros(length, np.float32)
        self.gram = np.zeros((window, window))
        rows = length // WIDTH
        self.parts = ranges(rows, -(-rows // RANGE_ROWS))
        self.restart()

    def restart(self) -> None:
        """Forget all earlier points."""
        self.seen = 0
        self.started = False

    def advance(self, x: Float, g: Float) -> None:
        """Given ``g``, the image of ``x``, overwrite both with the next point."""
        slot = self.seen % self.window
        used = min(self.seen + 1, self.window) if self.started else 0

        def remember_part(low: int, high: int) -> Float:
            products = np.zeros((self.window, 2))
            remember(x, g, self.residual, self.move, self.steps, self.images, slot, used, low, high, products)
            return products

        products = np.sum(run_ranges(remember_part, self.parts), axis=0)
        theta = np.zeros(self.window)
        if used:
            self.gram[slot, :used] = self.gram[:used, slot] = products[:used, 0]
            theta[:used] = least_squares(self.gram[:used, :used].copy(), products[:used, 1].copy(), CUTOFF)
            self.seen += 1
        self.started = True
        run_ranges(
            lambda low, high: combine(x, g, self.move, self.images, theta, used, low, high), self.parts
        )
