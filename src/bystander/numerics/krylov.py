"""The inner loops of `bystander.numerics.linear`: triangles, preconditioned products, BiCGSTAB on a block.

A matrix ``A = diag(d) - W`` is scaled by rows with a pivot (its diagonal) to ``I - L - U`` with L strictly
lower and U strictly upper. Where the pivot differs from the diagonal, ``excess = 2 - d / pivot`` keeps the
identity ``A = (I - L) + (I - U) - excess`` exact. Method, accuracy and references are in
`bystander.numerics.linear`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Array = NDArray[Any]


@kernel(fast=True)
def _solve_upper(start: Array, index: Array, value: Array, z: Array, t: Array) -> None:
    """``t = (I - U)^-1 z``, last row first."""
    columns = z.shape[1]
    for r in range(z.shape[0] - 1, -1, -1):
        for k in range(columns):
            t[r, k] = z[r, k]
        for e in range(start[r], start[r + 1]):
            c = index[e]
            v = value[e]
            for k in range(columns):
                t[r, k] += v * t[c, k]


@kernel(fast=True)
def _finish_product(
    start: Array, index: Array, value: Array, excess: Array, z: Array, t: Array, out: Array
) -> None:
    """``out = t + (I - L)^-1 (z - g t)``, first row first; ``t`` is used up."""
    columns = z.shape[1]
    for r in range(z.shape[0]):
        g = excess[r]
        for k in range(columns):
            out[r, k] = z[r, k] - g * t[r, k]
        for e in range(start[r], start[r + 1]):
            c = index[e]
            v = value[e]
            for k in range(columns):
                out[r, k] += v * out[c, k]
    for r in range(z.shape[0]):
        for k in range(columns):
            out[r, k] += t[r, k]


@kernel(fast=True)
def _residual(
    lower_start: Array,
    lower_index: Array,
    lower_value: Array,
    upper_start: Array,
    upper_index: Array,
    upper_value: Array,
    scale: Array,
    excess: Array,
    b: Array,
    x: Array,
    r: Array,
    size: Array,
) -> None:
    """Put ``scale (b - A x)`` in ``r``; its largest entry, unscaled, and ``|A| |x|`` in ``size``."""
    columns = b.shape[1]
    size[:] = 0.0
    mass = np.empty(columns)
    for s in range(b.shape[0]):
        d = 2.0 - excess[s]
        for k in range(columns):
            r[s, k] = b[s, k] * scale[s] - d * x[s, k]
            mass[k] = abs(d * x[s, k])
        for e in range(lower_start[s], lower_start[s + 1]):
            c = lower_index[e]
            for k in range(columns):
                y = lower_value[e] * x[c, k]
                r[s, k] += y
                mass[k] += abs(y)
        for e in range(upper_start[s], upper_start[s + 1]):
            c = upper_index[e]
            for k in range(columns):
                y = upper_value[e] * x[c, k]
                r[s, k] += y
                mass[k] += abs(y)
        for k in range(columns):
            size[0, k] = max(size[0, k], abs(r[s, k]) / scale[s])
            size[1, k] = max(size[1, k], mass[k] / scale[s])


@kernel(fast=True)
def _solve_lower(start: Array, index: Array, value: Array, r: Array) -> None:
    """``r = (I - L)^-1 r`` in place."""
    columns = r.shape[1]
    for s in range(r.shape[0]):
        for e in range(start[s], start[s + 1]):
            c = index[e]
            for k in range(columns):
                r[s, k] += value[e] * r[c, k]


@kernel(fast=True)
def bicgstab(
    lower_start: Array,
    lower_index: Array,
    lower_value: Array,
    upper_start: Array,
    upper_index: Array,
    upper_value: Array,
    scale: Array,
    excess: Array,
    b: Array,
    x: Array,
    tolerance: float,
    limit: int,
) -> tuple[float, int]:
    """Improve ``x`` in place; return the worst relative residual (negated if too large) and products used."""
    n, columns = b.shape
    goal = np.zeros(columns)
    for s in range(n):
        for k in range(columns):
            goal[k] = max(goal[k], abs(b[s, k]))
    largest = goal.copy()
    size = np.zeros((2, columns))
    r = np.empty((n, columns))
    shadow = np.empty((n, columns))
    p = np.empty((n, columns))
    v = np.empty((n, columns))
    q = np.empty((n, columns))
    t = np.empty((n, columns))
    y = np.empty((n, columns))
    rho = np.empty(columns)
    alpha = np.empty(columns)
    omega = np.empty(columns)
    beta = np.empty(columns)
    first = np.empty(columns)
    one = np.empty(columns)
    two = np.empty(columns)
    products = 0
    worst = 0.0
    stale = 0
    before = np.inf
    while True:
        _residual(
            lower_start,
            lower_index,
            lower_value,
            upper_start,
            upper_index,
            upper_value,
            scale,
            excess,
            b,
            x,
            r,
            size,
        )
        products += 1
        worst = 0.0
        done = True
        ratio = 0.0
        for k in range(columns):
            allowed = max(tolerance * largest[k], 1.8e-15 * size[1, k])
            if size[0, k] > allowed or not np.isfinite(size[0, k]):
                done = False
                ratio = max(ratio, size[0, k] / allowed)
            if largest[k] > 0.0:
                worst = max(worst, size[0, k] / largest[k])
        if done:
            return worst, products
        stale = stale + 1 if ratio > 0.5 * before else 0
        before = min(before, ratio)
        if products >= limit or stale >= 4 or not np.isfinite(worst):
            return -worst, products
        _solve_lower(lower_start, lower_index, lower_value, r)
        rho[:] = 0.0
        for s in range(n):
            for k in range(columns):
                shadow[s, k] = r[s, k]
                p[s, k] = r[s, k]
                y[s, k] = 0.0
                rho[k] += r[s, k] * r[s, k]
        first[:] = rho
        shrink = min(0.3 / ratio, 0.1)
        while products < limit:
            _solve_upper(upper_start, upper_index, upper_value, p, t)
            _finish_product(lower_start, lower_index, lower_value, excess, p, t, v)
            one[:] = 0.0
            for s in range(n):
                for k in range(columns):
                    one[k] += shadow[s, k] * v[s, k]
            for k in range(columns):
                alpha[k] = rho[k] / one[k] if one[k] != 0.0 else 0.0
            for s in range(n):
                for k in range(columns):
                    r[s, k] -= alpha[k] * v[s, k]
            _solve_upper(upper_start, upper_index, upper_value, r, t)
            _finish_product(lower_start, lower_index, lower_value, excess, r, t, q)
            products += 2
            one[:] = 0.0
            two[:] = 0.0
            for s in range(n):
                for k in range(columns):
                    one[k] += q[s, k] * r[s, k]
                    two[k] += q[s, k] * q[s, k]
            for k in range(columns):
                omega[k] = one[k] / two[k] if two[k] > 0.0 else 0.0
            one[:] = 0.0
            two[:] = 0.0
            for s in range(n):
                for k in range(columns):
                    y[s, k] += alpha[k] * p[s, k] + omega[k] * r[s, k]
                    r[s, k] -= omega[k] * q[s, k]
                    one[k] += shadow[s, k] * r[s, k]
                    two[k] += r[s, k] * r[s, k]
            small = True
            broken = True
            for k in range(columns):
                if two[k] > shrink * shrink * first[k]:
                    small = False
                healthy = omega[k] != 0.0 and abs(one[k]) > 1e-14 * np.sqrt(two[k] * first[k])
                if healthy and np.isfinite(one[k]):
                    beta[k] = (one[k] / rho[k]) * (alpha[k] / omega[k])
                    broken = False
                else:
                    beta[k] = 0.0
                rho[k] = one[k]
            if small or broken:
                break
            for s in range(n):
                for k in range(columns):
                    p[s, k] = r[s, k] + beta[k] * (p[s, k] - omega[k] * v[s, k])
        _solve_upper(upper_start, upper_index, upper_value, y, t)
        for s in range(n):
            for k in range(columns):
                x[s, k] += t[s, k]
