r"""What becomes of a killed process in the end, with proved bounds on the linear solves.

Let :math:`A = \mathrm{diag}(e) - W` hold the live rows of a killed process, every row of which leads to
the outside: a nonsingular M-matrix, so :math:`A^{-1} \ge 0`. Expected time to the end is :math:`h =
A^{-1} 1`. If a computed :math:`\tilde h` has :math:`\theta = \max |1 - A \tilde h| < 1`, then :math:`|h -
\tilde h| = |A^{-1}(1 - A\tilde h)| \le \theta h`, whence

.. math:: |h - \tilde h| \le \frac{\theta}{1 - \theta}\, \tilde h ,

and a solution of :math:`A v = g` with residual at most :math:`\eta` errs by at most :math:`\eta h`. Left
solutions :math:`x A = \pi` (expected days in each situation) err, in total time, by at most :math:`|\pi -
x A| \cdot h`, and in the probability of ending anywhere by the sum of :math:`|\pi - x A|`. Berman and
Plemmons 1994, chapter 6.

Such bounds say nothing where some rows are left only over times that double precision cannot tell from
never. Up to `DIRECT_SIZE` rows, and up to `MOST_ROWS` where iterating leaves a bound above `FINE`, rows are
taken out one after the other instead (`bystander.numerics.elimination`), which keeps every digit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.errors import NotConvergedError
from bystander.numerics.bounds import UNIT_ROUNDOFF, Bounded
from bystander.numerics.elimination import MOST_ROWS, eliminate
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.linear import DIRECT_SIZE, solve

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

TOLERANCE = 1e-13
ROUGH = 0.1
FINE = 1e-9


def time_to_leave(live: Generator, tolerance: float = TOLERANCE) -> Bounded[Float]:
    """Return ``(L,)`` expected days until the process is killed; the relative error is the same for each."""
    if live.size == 0:
        return Bounded(np.zeros(0), 0.0)
    ones = np.ones(live.size)
    slack = np.inf
    if live.size > DIRECT_SIZE:
        days = _solve(live, ones, tolerance=tolerance)
        residual = _residual(live.indptr, live.indices, live.rates, live.exit, days, ones)
        slack = float(residual.max()) if np.isfinite(days).all() else np.inf
    if not slack <= max(10.0 * tolerance, FINE) and live.size <= MOST_ROWS:
        taken = eliminate(live)
        days = _finite(taken.collect(ones))
        return Bounded(days, taken.relative * float(days.max()))
    if not slack < 1.0:
        raise NotConvergedError(
            f"The expected time could not be computed: relative residual {slack:.1e} after the linear solve. "
            "The target is reached only over times so long that double precision cannot tell."
        )
    return Bounded(days, slack / (1.0 - slack) * float(np.abs(days).max()))


def longest_time(live: Generator) -> float:
    """Return a bound on the expected days until the process is killed, from whatever row.

    It is at most a quarter above the longest time, and costs a third of knowing that to all digits.
    """
    days = time_to_leave(live, ROUGH)
    return float(days.value.max(initial=0.0)) + days.error


def collected(live: Generator, gain: Float) -> Bounded[Float]:
    """Return ``(L,)`` from every row the expected total of ``gain`` >= 0 per day until it is killed."""
    if live.size == 0:
        return Bounded(np.zeros(0), 0.0)
    error = np.inf
    if live.size > DIRECT_SIZE:
        totals = _solve(live, gain)
        residual = _residual(live.indptr, live.indices, live.rates, live.exit, totals, gain)
        if np.isfinite(totals).all():
            error = float(residual.max()) * longest_time(live)
    if live.size <= MOST_ROWS and not error <= FINE * float(totals.max() if live.size > DIRECT_SIZE else 0.0):
        taken = eliminate(live)
        totals = _finite(taken.collect(gain))
        error = taken.relative * float(totals.max())
    return Bounded(_finite(totals), error)


def days_before_leaving(live: Generator, start: Float) -> Bounded[Float]:
    """Return ``(L,)`` expected days in each row before the process is killed.

    The error is that of the probability of ending anywhere in particular: the sum of |start - x A|.
    """
    if live.size == 0 or not start.any():
        return Bounded(np.zeros(live.size), 0.0)
    error = np.inf
    if live.size > DIRECT_SIZE:
        days = _solve(live, start, transpose=True)
        if np.isfinite(days).all():
            left = _left_residual(live.indptr, live.indices, live.rates, live.exit, days, start)
            error = float(left.sum())
    if not error <= FINE and live.size <= MOST_ROWS:
        taken = eliminate(live)
        days = taken.spend(start)
        error = taken.relative * float(start.sum())
    return Bounded(_finite(days), error)


def _solve(live: Generator, right: Float, transpose: bool = False, tolerance: float = TOLERANCE) -> Float:
    found = solve(
        live.indptr,
        live.indices,
        live.rates,
        live.exit,
        right,
        transpose=transpose,
        tolerance=tolerance,
        limit=20_000,
    )
    return np.asarray(found.x, np.float64)


def _finite(x: Float) -> Float:
    """Return what was computed, or refuse it where it went beyond all numbers."""
    if not np.isfinite(x).all():
        raise NotConvergedError(
            f"A linear system over {len(x)} situations has no finite solution in double precision "
            "(some situations lead out only over immense times)."
        )
    return x


@kernel
def _residual(indptr: Int64, indices: Int32, rates: Float, leaving: Float, x: Float, right: Float) -> Float:
    """Return |right - A x| per row, plus a bound on the rounding made in computing it."""
    out = np.empty(len(x))
    for s in range(len(x)):
        value = right[s] - leaving[s] * x[s]
        size = abs(right[s]) + abs(leaving[s] * x[s])
        for i in range(indptr[s], indptr[s + 1]):
            value += rates[i] * x[indices[i]]
            size += abs(rates[i] * x[indices[i]])
        out[s] = abs(value) + size * (indptr[s + 1] - indptr[s] + 3) * UNIT_ROUNDOFF
    return out


@kernel
def _left_residual(
    indptr: Int64, indices: Int32, rates: Float, leaving: Float, x: Float, right: Float
) -> Float:
    """Return |right - x A| per column, plus a bound on the rounding made in computing it."""
    value = right - x * leaving
    size = np.abs(right) + np.abs(x * leaving)
    terms = np.full(len(x), 3)
    for s in range(len(x)):
        for i in range(indptr[s], indptr[s + 1]):
            t = indices[i]
            value[t] += x[s] * rates[i]
            size[t] += abs(x[s] * rates[i])
            terms[t] += 1
    error: Float = np.abs(value) + size * terms * UNIT_ROUNDOFF
    return error
