r"""Where a process ends up: recurrent classes and the shares of time within each.

A *recurrent class* is a strongly connected component (Tarjan 1972) that no rate leaves. Its long-run
shares solve :math:`\pi Q = 0`, :math:`\sum \pi = 1`. One situation :math:`o` of the class is taken out
(the one where the process is found most, which keeps what remains far from singular) and :math:`x A =
q_{o\cdot}` solved for the others, with :math:`A` the process killed on entering ``o``: sparse, an
M-matrix, nothing is made dense. With :math:`h` the expected time to ``o``,

.. math:: \sum_t |x_t - \tilde x_t| \le |q_{o\cdot} - \tilde x A| \cdot h ,

and the normalised shares err in total by at most twice that over :math:`1 + \sum \tilde x`. Small classes,
and those up to `MOST_ROWS` situations where that bound is not good, are solved without subtraction
(`bystander.numerics.elimination`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.errors import NotConvergedError
from bystander.numerics.absorption import FINE, days_before_leaving, longest_time
from bystander.numerics.bounds import Bounded
from bystander.numerics.elimination import MOST_ROWS, eliminate
from bystander.numerics.generators import Generator, restrict, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.linear import DIRECT_SIZE

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

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
