r"""What becomes of a process in the end: killed ones with proved bounds, and recurrent classes.

*Elimination without subtraction* keeps the relative accuracy of every answer. Rows of a killed process have
rates :math:`w_{ij} \ge 0` to each other and a rate :math:`k_i \ge 0` of being killed; :math:`A =
\mathrm{diag}(e) - W`, :math:`e_i = k_i + \sum_j w_{ij}`. Watching the process only while it is outside row p
gives one of the same kind with one row less: with :math:`d_p = k_p + \sum_j w_{pj}` over the rows left,

    w_ij += w_ip w_pj / d_p,      k_i += w_ip k_p / d_p,      g_i += w_ip g_p / d_p   (what is collected)

and at the end, in the opposite order, :math:`h_p = (g_p + \sum_j w_{pj} h_j) / d_p`. The diagonal is a sum of
what leaves and never a difference, so that only positive numbers are added, multiplied and divided: each
computed entry is right to a relative error of at most about :math:`2 n^3 u`, u the unit roundoff, whatever
the rates and however near to being never left some rows are. Left solutions and stationary shares go the same
way. Rates of being killed must be given as such: taken as e less the row's sum they are differences.

Dense: n rows cost n^2 numbers and 2/3 n^3 operations, see `MOST_ROWS`.

References: Grassmann, Taksar and Heyman 1985, Operations Research 33, 1107; O'Cinneide 1993, Numerische
Mathematik 65, 109 (the bound).

*Linear solves with proved bounds.* Let :math:`A = \mathrm{diag}(e) - W` hold the live rows of a killed
process, every row of which leads to the outside: a nonsingular M-matrix, so :math:`A^{-1} \ge 0`. Expected
time to the end is :math:`h = A^{-1} 1`. If a computed :math:`\tilde h` has :math:`\theta = \max |1 - A \tilde
h| < 1`, then :math:`|h - \tilde h| = |A^{-1}(1 - A\tilde h)| \le \theta h`, whence

.. math:: |h - \tilde h| \le \frac{\theta}{1 - \theta}\, \tilde h ,

and a solution of :math:`A v = g` with residual at most :math:`\eta` errs by at most :math:`\eta h`. Left
solutions :math:`x A = \pi` (expected days in each situation) err, in total time, by at most :math:`|\pi -
x A| \cdot h`, and in the probability of ending anywhere by the sum of :math:`|\pi - x A|`. Berman and
Plemmons 1994, chapter 6.

Such bounds say nothing where some rows are left only over times that double precision cannot tell from
never. Up to `DIRECT_SIZE` rows, and up to `MOST_ROWS` where iterating leaves a bound above `FINE`, rows are
taken out one after the other instead, which keeps every digit.

*Where a process ends up.* A recurrent class is a strongly connected component (Tarjan 1972) that no rate
leaves. Its long-run shares solve :math:`\pi Q = 0`, :math:`\sum \pi = 1`. One situation :math:`o` of the
class is taken out (the one where the process is found most, which keeps what remains far from singular) and
:math:`x A = q_{o\cdot}` solved for the others, with :math:`A` the process killed on entering ``o``: sparse,
an M-matrix, nothing is made dense. With :math:`h` the expected time to ``o``,

.. math:: \sum_t |x_t - \tilde x_t| \le |q_{o\cdot} - \tilde x A| \cdot h ,

and the normalised shares err in total by at most twice that over :math:`1 + \sum \tilde x`. Small classes,
and those up to `MOST_ROWS` situations where that bound is not good, are solved without subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.errors import NotConvergedError
from bystander.numerics.bounds import UNIT_ROUNDOFF, Bounded
from bystander.numerics.generators import Generator, killing, restrict, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.linear import DIRECT_SIZE, solve

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

MOST_ROWS = 1500


@dataclass(frozen=True, slots=True)
class Eliminated:
    """A process whose rows have been taken out one after the other, from the first on.

    Attributes
    ----------
    rates
        ``(n, n)``; row and column p beyond p as they stood when p was taken out.
    leaving
        ``(n,)`` rate of leaving p for rows not yet taken out, or for good, at that moment.
    relative
        Bound on the relative error of what is computed from this.
    """

    rates: Float
    leaving: Float
    relative: float

    def collect(self, gain: Float) -> Float:
        """Return ``(n,)`` what is collected from each row on at ``gain`` >= 0 per day until killed."""
        return _collect_from(self.rates, self.leaving, np.array(gain, np.float64))

    def spend(self, start: Float) -> Float:
        """Return ``(n,)`` the expected days in each row from a start >= 0 until killed."""
        return _spend_in(self.rates, self.leaving, np.array(start, np.float64))

    def settle(self) -> Float:
        """Return ``(n,)`` the stationary shares, if nothing is killed and every row leads to every row."""
        days = np.zeros(len(self.leaving))
        days[-1] = 1.0
        days = _settle_in(self.rates, self.leaving, days)
        return np.asarray(days / days.sum())


def eliminate(live: Generator) -> Eliminated:
    """Take out the rows of a killed process; see `MOST_ROWS` for its cost."""
    n = live.size
    dense = np.zeros((n, n))
    _spread_out(live.indptr, live.indices, live.rates, dense)
    leaving = np.array(killing(live), np.float64)
    _take_out(dense, leaving)
    return Eliminated(dense, leaving, 2.0 * (n + 2) ** 3 * UNIT_ROUNDOFF)


@kernel
def _spread_out(indptr: Int64, indices: Int32, rates: Float, dense: Float) -> None:
    for s in range(len(dense)):
        for i in range(indptr[s], indptr[s + 1]):
            dense[s, indices[i]] += rates[i]


@kernel
def _take_out(w: Float, killed: Float) -> None:
    """Eliminate in place; ``killed`` becomes the rates of leaving."""
    n = len(w)
    for p in range(n):
        own = killed[p]
        for j in range(p + 1, n):
            own += w[p, j]
        for i in range(p + 1, n):
            if w[i, p] == 0.0 or own == 0.0:
                continue
            share = w[i, p] / own
            killed[i] += share * killed[p]
            for j in range(p + 1, n):
                w[i, j] += share * w[p, j]
            w[i, i] = 0.0
        killed[p] = own


@kernel
def _collect_from(w: Float, leaving: Float, g: Float) -> Float:
    n = len(w)
    for p in range(n):
        if g[p] != 0.0:
            for i in range(p + 1, n):
                g[i] += w[i, p] / leaving[p] * g[p]
    for p in range(n - 1, -1, -1):
        for j in range(p + 1, n):
            g[p] += w[p, j] * g[j]
        g[p] /= leaving[p]
    return g


@kernel
def _spend_in(w: Float, leaving: Float, x: Float) -> Float:
    n = len(w)
    for p in range(n):
        if x[p] != 0.0:
            for j in range(p + 1, n):
                x[j] += x[p] / leaving[p] * w[p, j]
    for p in range(n - 1, -1, -1):
        for i in range(p + 1, n):
            x[p] += x[i] * w[i, p]
        x[p] /= leaving[p]
    return x


@kernel
def _settle_in(w: Float, leaving: Float, x: Float) -> Float:
    n = len(w)
    for p in range(n - 2, -1, -1):
        total = 0.0
        for i in range(p + 1, n):
            total += x[i] * w[i, p]
        x[p] = total / leaving[p]
    return x


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


SWEEPS = 20


@dataclass(frozen=True, slots=True)
class Classes:
    """Which class each situation belongs to.

    Attributes
    ----------
    of
        ``(N,)`` number of the recurrent class a situation is in, -1 if transient.
    count
        Number of recurrent classes, numbered by their first situation.
    """

    of: Int32
    count: int

    def rows(self, number: int) -> Int32:
        """Return the situations of one recurrent class."""
        return np.flatnonzero(self.of == number).astype(np.int32)


def find_classes(generator: Generator) -> Classes:
    """Return the recurrent classes; cost is linear in the number of entries."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    n = generator.size
    graph = csr_matrix(
        (np.ones(len(generator.indices), np.int8), generator.indices, generator.indptr), shape=(n, n)
    )
    count, component = connected_components(graph, directed=True, connection="strong")
    closed = _closed(generator.indptr, generator.indices, component.astype(np.int32), count)
    name = np.full(count, -1, np.int32)
    first = np.unique(component, return_index=True)[1]
    order = [c for c in np.argsort(first) if closed[c]]
    name[order] = np.arange(len(order), dtype=np.int32)
    return Classes(name[component], len(order))


def shares(generator: Generator, rows: Int32) -> Bounded[Float]:
    """Return ``(len(rows),)`` the long-run shares within one recurrent class; the error is in their sum."""
    if len(rows) == 1:
        return Bounded(np.ones(1), 0.0)
    inside = np.zeros(generator.size, bool)
    inside[rows] = True
    whole, _ = restrict(generator, inside)
    if len(rows) > DIRECT_SIZE:
        found = _without_origin(whole)
        if found.error <= FINE or len(rows) > MOST_ROWS:
            return found
    taken = eliminate(whole)
    within = taken.settle()
    if not np.isfinite(within).all():
        raise NotConvergedError(
            f"The long-run shares of {len(rows)} situations are beyond double precision (some are left only "
            "over immense times)."
        )
    return Bounded(within, 2.0 * taken.relative)


def _without_origin(whole: Generator) -> Bounded[Float]:
    """Return the shares within one class from expected days between visits to one of its situations."""
    into = transpose(whole)
    often = _sweep(into.indptr, into.indices, into.rates, whole.exit, SWEEPS)
    origin = int(np.argmax(often))
    live = np.ones(whole.size, bool)
    live[origin] = False
    rest, kept = restrict(whole, live)
    begin = slice(whole.indptr[origin], whole.indptr[origin + 1])
    entering = np.zeros(whole.size)
    entering[whole.indices[begin]] = whole.rates[begin]
    days = days_before_leaving(rest, entering[kept])
    longest = longest_time(rest)
    out = np.empty(whole.size)
    out[origin] = 1.0
    out[kept] = np.maximum(days.value, 0.0)
    total = float(out.sum())
    return Bounded(out / total, 2.0 * days.error * longest / total)


@kernel
def _closed(indptr: Int64, indices: Int32, component: Int32, count: int) -> NDArray[np.bool_]:
    """Return whether each component keeps what enters it."""
    out = np.ones(count, np.bool_)
    for s in range(len(component)):
        for i in range(indptr[s], indptr[s + 1]):
            if component[indices[i]] != component[s]:
                out[component[s]] = False
    return out


@kernel
def _sweep(indptr: Int64, indices: Int32, rates: Float, leaving: Float, sweeps: int) -> Float:
    """Return a rough long-run distribution: sweeps of ``x_t e_t = sum_s x_s q_st``, listed by target."""
    n = len(leaving)
    x = np.full(n, 1.0 / n)
    for _ in range(sweeps):
        for t in range(n):
            value = 0.0
            for i in range(indptr[t], indptr[t + 1]):
                value += rates[i] * x[indices[i]]
            x[t] = value / leaving[t]
        x /= x.sum()
    return x
