r"""Rates of a Markov jump process as sparse rows, and what can be cut out of them.

A generator ``Q`` has off-diagonal rates :math:`q_{st} \ge 0` and diagonal :math:`-e_s`. Stored are the
rates, row by row (compressed rows, no diagonal, no self-loops, no duplicates, columns ascending), and the
exit rates :math:`e_s \ge \sum_t q_{st}`; the excess is the rate at which row ``s`` leaves for good (is
*killed*), which is how absorption in a set, or at the firing of a move, is written. It is also stored as
such, a sum of rates: as a difference it would lose all digits where a row hardly ever leaves for good.

Everything here is linear in the number of entries.

Products of a vector with one or a few others, without a matrix library.

Matrix libraries start threads for vectors of 10,000 numbers. That takes longer than so short a product, and
the threads go on turning for a while once the product is there, on the processors that kernels need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Generator:
    """Sparse rows of rates over N situations with n entries.

    Attributes
    ----------
    indptr
        ``(N + 1,)`` first entry of each row.
    indices
        ``(n,)`` column of each entry.
    rates
        ``(n,)`` per day, positive.
    exit
        ``(N,)`` per day; of a transposed generator too, the exit rate of the situation, not a column sum.
    killed
        ``(N,)`` per day, the rate of leaving for good; None if it was not kept, see `killing`.
    """

    indptr: Int64
    indices: Int32
    rates: Float
    exit: Float
    killed: Float | None = None

    @property
    def size(self) -> int:
        """Number of situations."""
        return len(self.exit)

    @property
    def width(self) -> int:
        """Largest number of entries in a row."""
        return int(np.diff(self.indptr).max()) if len(self.exit) else 0

    @property
    def fastest(self) -> float:
        """Largest exit rate, the least rate of uniformisation."""
        return float(self.exit.max()) if len(self.exit) else 0.0


def collect(target_start: Int64, targets: Int32, branch_rates: Float) -> Generator:
    """Add up the rates that lead from a row to the same situation; drop self-loops and zero rates.

    Parameters
    ----------
    target_start, targets
        ``(N + 1,)`` and ``(B,)``: the branches of each row.
    branch_rates
        ``(B,)`` per day.
    """
    indptr, indices, rates, leaving = _collect(target_start, targets, branch_rates)
    return Generator(indptr, indices, rates, leaving, np.zeros(len(leaving)))


def transpose(generator: Generator) -> Generator:
    """Return the same rates listed by target: row ``t`` holds the situations from which ``t`` is entered."""
    indptr, indices, rates = _transpose(generator.indptr, generator.indices, generator.rates)
    return Generator(indptr, indices, rates, generator.exit, generator.killed)


def restrict(generator: Generator, live: Bool) -> tuple[Generator, Int32]:
    """Keep only the rows and columns of ``live``; leaving for anywhere else becomes killing.

    Returns
    -------
    Generator, rows
        The smaller generator, and ``(L,)`` the original number of each of its rows.
    """
    rows = np.flatnonzero(live).astype(np.int32)
    place = np.full(len(live), -1, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    indptr, indices, rates, lost = _restrict(
        generator.indptr, generator.indices, generator.rates, rows, place
    )
    killed = None if generator.killed is None else generator.killed[rows] + lost
    return Generator(indptr, indices, rates, generator.exit[rows], killed), rows


def killing(generator: Generator) -> Float:
    """Return ``(N,)`` per day the rate at which each row leaves for good."""
    if generator.killed is not None:
        return generator.killed
    stays = np.bincount(
        np.repeat(np.arange(generator.size), np.diff(generator.indptr)), generator.rates, generator.size
    )
    return np.maximum(generator.exit - stays, 0.0)


def rate_into(generator: Generator, target: Bool) -> Float:
    """Return ``(N,)`` the rate at which each row enters ``target``."""
    return _rate_into(generator.indptr, generator.indices, generator.rates, target)


def reached_from(generator: Generator, start: Bool) -> Bool:
    """Return ``(N,)`` whether a row can be reached from ``start`` in any number of jumps, itself included."""
    return _flood(generator.indptr, generator.indices, np.ascontiguousarray(start))


@kernel
def rate_of_entering(indptr: Int64, indices: Int32, rates: Float, worth: Float) -> Float:
    """Return ``(N,)`` per day the rates out of each row, times the worth ``(N,)`` of where they lead."""
    out = np.zeros(len(indptr) - 1)
    for s in range(len(out)):
        for i in range(indptr[s], indptr[s + 1]):
            out[s] += rates[i] * worth[indices[i]]
    return out


@kernel
def expected_entries(indptr: Int64, indices: Int32, rates: Float, start: Float, days: Float) -> Float:
    """Return ``(N,)`` the chance of starting in each situation plus the expected number of entries into it.

    The rates are those of a transposed generator; ``days`` are the expected days spent in each situation.
    """
    out = start.copy()
    for t in range(len(out)):
        for i in range(indptr[t], indptr[t + 1]):
            out[t] += rates[i] * days[indices[i]]
    return out


@kernel
def _collect(target_start: Int64, targets: Int32, rate: Float) -> tuple[Int64, Int32, Float, Float]:
    n = len(target_start) - 1
    indptr = np.zeros(n + 1, np.int64)
    indices = np.empty(len(targets), np.int32)
    rates = np.empty(len(targets))
    leaving = np.zeros(n)
    place = np.full(n, -1, np.int64)
    at = 0
    for s in range(n):
        first = at
        for b in range(target_start[s], target_start[s + 1]):
            t = targets[b]
            if t == s or rate[b] == 0.0:
                continue
            if place[t] >= first:
                rates[place[t]] += rate[b]
            else:
                place[t] = at
                indices[at] = t
                rates[at] = rate[b]
                at += 1
        for i in range(first + 1, at):
            t, r = indices[i], rates[i]
            j = i
            while j > first and indices[j - 1] > t:
                indices[j], rates[j] = indices[j - 1], rates[j - 1]
                j -= 1
            indices[j], rates[j] = t, r
        for i in range(first, at):
            place[indices[i]] = -1
            leaving[s] += rates[i]
        indptr[s + 1] = at
    return indptr, indices[:at].copy(), rates[:at].copy(), leaving


@kernel
def _transpose(indptr: Int64, indices: Int32, rates: Float) -> tuple[Int64, Int32, Float]:
    n = len(indptr) - 1
    out_indptr = np.zeros(n + 1, np.int64)
    for t in indices:
        out_indptr[t + 1] += 1
    for t in range(n):
        out_indptr[t + 1] += out_indptr[t]
    free = out_indptr[:-1].copy()
    out_indices = np.empty(len(indices), np.int32)
    out_rates = np.empty(len(rates))
    for s in range(n):
        for i in range(indptr[s], indptr[s + 1]):
            at = free[indices[i]]
            free[indices[i]] += 1
            out_indices[at] = s
            out_rates[at] = rates[i]
    return out_indptr, out_indices, out_rates


@kernel
def _restrict(
    indptr: Int64, indices: Int32, rates: Float, rows: Int32, place: Int32
) -> tuple[Int64, Int32, Float, Float]:
    out_indptr = np.zeros(len(rows) + 1, np.int64)
    for r in range(len(rows)):
        count = 0
        for i in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if place[indices[i]] >= 0:
                count += 1
        out_indptr[r + 1] = out_indptr[r] + count
    out_indices = np.empty(out_indptr[-1], np.int32)
    out_rates = np.empty(out_indptr[-1])
    lost = np.zeros(len(rows))
    for r in range(len(rows)):
        at = out_indptr[r]
        for i in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if place[indices[i]] >= 0:
                out_indices[at] = place[indices[i]]
                out_rates[at] = rates[i]
                at += 1
            else:
                lost[r] += rates[i]
    return out_indptr, out_indices, out_rates, lost


@kernel
def _rate_into(indptr: Int64, indices: Int32, rates: Float, target: Bool) -> Float:
    out = np.zeros(len(indptr) - 1)
    for s in range(len(out)):
        for i in range(indptr[s], indptr[s + 1]):
            if target[indices[i]]:
                out[s] += rates[i]
    return out


@kernel
def _flood(indptr: Int64, indices: Int32, start: Bool) -> Bool:
    seen = start.copy()
    stack = np.empty(len(seen), np.int32)
    top = 0
    for s in range(len(seen)):
        if seen[s]:
            stack[top] = s
            top += 1
    while top > 0:
        top -= 1
        s = stack[top]
        for i in range(indptr[s], indptr[s + 1]):
            t = indices[i]
            if not seen[t]:
                seen[t] = True
                stack[top] = t
                top += 1
    return seen


@kernel(fast=True)
def inner(x: Float, y: Float) -> float:
    """Return ``x . y`` for two vectors of one length."""
    total = 0.0
    for n in range(len(x)):
        total += x[n] * y[n]
    return total


@kernel(fast=True)
def read_columns(x: Float, columns: Float) -> Float:
    """Return ``x @ columns``, ``(C,)``, for ``(N,)`` and ``(N, C)``."""
    out = np.zeros(columns.shape[1])
    for n in range(len(x)):
        for c in range(columns.shape[1]):
            out[c] += x[n] * columns[n, c]
    return out
