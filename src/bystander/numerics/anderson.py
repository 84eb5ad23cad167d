"""Anderson acceleration of a fixed-point iteration x <- g(x).

With residuals f_k = g(x_k) - x_k of the last m + 1 points, the next point is

    x_new = g(x) - sum_k theta_k (g_k+1 - g_k),      theta = argmin | f - sum_k theta_k (f_k+1 - f_k) |_2.

On linear problems this is GMRES in disguise; on smooth ones it converges about as fast near the solution
(Walker & Ni 2011, SIAM J. Numer. Anal. 49; Toth & Kelley 2015). Differences are scaled to length 1 and
the normal equations, at most a dozen unknowns, are solved with small eigenvalues cut off: the ones lost
to rounding, about 1e-14 relative.

Memory: 2 m + 2 vectors. One step reads each once or twice, in two passes over ranges of rows; the partial
sums of the ranges are added in a fixed order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel
from bystander.numerics.workers import ranges, run_ranges

Float = NDArray[np.float64]

RANGE_LENGTH = 1 << 16
CUTOFF = 1e-13


@kernel(fast=True)
def record(
    x: Float,
    g: Float,
    f: Float,
    last: Float,
    steps: Float,
    images: Float,
    used: int,
    slot: int,
    low: int,
    high: int,
) -> Float:
    """Store the newest differences in ``slot`` and return the inner products that the least squares needs.

    ``f`` and ``last`` hold the previous residual and image on entry and the current ones on return. The
    result has ``used`` products of the newest difference with all, then ``used`` products of the residual
    with all.
    """
    for i in range(low, high):
        new = g[i] - x[i]
        steps[slot, i] = new - f[i]
        images[slot, i] = g[i] - last[i]
        f[i] = new
        last[i] = g[i]
    products = np.zeros(2 * used)
    for k in range(used):
        with_newest = 0.0
        with_residual = 0.0
        for i in range(low, high):
            with_newest += steps[k, i] * steps[slot, i]
            with_residual += steps[k, i] * f[i]
        products[k] = with_newest
        products[used + k] = with_residual
    return products


@kernel(fast=True)
def combine(x: Float, g: Float, images: Float, theta: Float, low: int, high: int) -> None:
    """Write ``x = g - sum_k theta_k images_k``."""
    for i in range(low, high):
        x[i] = g[i]
    for k in range(len(theta)):
        weight = theta[k]
        for i in range(low, high):
            x[i] -= weight * images[k, i]


class Anderson:
    """The memory of an accelerated iteration over vectors of a given length."""

    def __init__(self, length: int, window: int) -> None:
        self.window = window
        self.steps = np.empty((window, length))
        self.images = np.empty((window, length))
        self.residual = np.empty(length)
        self.image = np.empty(length)
        self.gram = np.zeros((window, window))
        self.parts = ranges(length, -(-length // RANGE_LENGTH))
        self.restart()

    def restart(self) -> None:
        """Forget all earlier points."""
        self.seen = 0
        self.started = False

    def advance(self, x: Float, g: Float) -> None:
        """Overwrite ``x`` with the next point, given ``g``, the image of ``x``."""
        if not self.started:
            np.subtract(g, x, out=self.residual)
            self.image[:] = g
            x[:] = g
            self.started = True
            return
        slot = self.seen % self.window
        self.seen += 1
        used = min(self.seen, self.window)
        sums = run_ranges(
            lambda low, high: record(
                x, g, self.residual, self.image, self.steps, self.images, used, slot, low, high
            ),
            self.parts,
        )
        products = np.sum(sums, axis=0)
        self.gram[slot, :used] = products[:used]
        self.gram[:used, slot] = products[:used]
        theta = _least_squares(self.gram[:used, :used], products[used:])
        run_ranges(lambda low, high: combine(x, g, self.images, theta, low, high), self.parts)


def _least_squares(gram: Float, right: Float) -> Float:
    """Solve the normal equations after scaling to unit diagonal, without the directions lost to rounding."""
    scale = np.sqrt(np.diag(gram))
    scale = np.where(scale > 0.0, scale, 1.0)
    roots, directions = np.linalg.eigh(gram / np.outer(scale, scale))
    keep = roots > CUTOFF * roots[-1]
    directions = directions[:, keep]
    return np.asarray(directions @ ((directions.T @ (right / scale)) / roots[keep]) / scale)
