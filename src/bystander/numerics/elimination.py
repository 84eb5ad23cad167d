r"""Elimination without subtraction: killed processes in which every answer keeps its relative accuracy.

Rows of a killed process have rates :math:`w_{ij} \ge 0` to each other and a rate :math:`k_i \ge 0` of being
killed; :math:`A = \mathrm{diag}(e) - W`, :math:`e_i = k_i + \sum_j w_{ij}`. Watching the process only while
it is outside row p gives one of the same kind with one row less: with :math:`d_p = k_p + \sum_j w_{pj}` over
the rows left,

    w_ij += w_ip w_pj / d_p,      k_i += w_ip k_p / d_p,      g_i += w_ip g_p / d_p   (what is collected)

and at the end, in the opposite order, :math:`h_p = (g_p + \sum_j w_{pj} h_j) / d_p`. The diagonal is a sum of
what leaves and never a difference, so that only positive numbers are added, multiplied and divided: each
computed entry is right to a relative error of at most about :math:`2 n^3 u`, u the unit roundoff, whatever
the rates and however near to being never left some rows are. Left solutions and stationary shares go the same
way. Rates of being killed must be given as such: taken as e less the row's sum they are differences.

Dense: n rows cost n^2 numbers and 2/3 n^3 operations, see `MOST_ROWS`.

References: Grassmann, Taksar and Heyman 1985, Operations Research 33, 1107; O'Cinneide 1993, Numerische
Mathematik 65, 109 (the bound).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import UNIT_ROUNDOFF
from bystander.numerics.generators import Generator, killing
from bystander.numerics.jit import kernel

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
