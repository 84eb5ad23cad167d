"""Elimination without subtraction against exact fractions: every digit is kept, however slow an exit is."""

from fractions import Fraction

import numpy as np
import pytest

from bystander.numerics.absorption import collected, days_before_leaving, eliminate, shares, time_to_leave
from bystander.numerics.generators import Generator


def slow_process(seed, size, *, killed=True, spread=20.0):
    """Dense rates over many powers of ten, every row leading to the next."""
    rng = np.random.default_rng(seed)
    rates = np.where(rng.random((size, size)) < 0.5, 10.0 ** rng.uniform(-spread, 2.0, (size, size)), 0.0)
    rates[np.arange(size), (np.arange(size) + 1) % size] = 10.0 ** rng.uniform(-spread, 2.0, size)
    np.fill_diagonal(rates, 0.0)
    killing = np.zeros(size)
    if killed:
        killing[rng.integers(size)] = 10.0 ** -rng.uniform(0, spread)
    rows, columns = np.nonzero(rates)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=size))])
    leaving = rates.sum(axis=1) + killing
    return Generator(indptr, columns.astype(np.int32), rates[rows, columns], leaving, killing), rates


def exact(rates, killing, right):
    """Solve (diag(exit) - W) x = right by Gaussian elimination over fractions."""
    n = len(rates)
    w = [[Fraction(float(x)) for x in row] for row in rates]
    a = [
        [-w[i][j] if i != j else sum(w[i]) + Fraction(float(killing[i])) for j in range(n)] for i in range(n)
    ]
    b = [Fraction(float(x)) for x in right]
    for p in range(n):
        pivot = next(i for i in range(p, n) if a[i][p] != 0)
        a[p], a[pivot], b[p], b[pivot] = a[pivot], a[p], b[pivot], b[p]
        for i in range(n):
            if i != p and a[i][p] != 0:
                share = a[i][p] / a[p][p]
                a[i] = [x - share * y for x, y in zip(a[i], a[p], strict=True)]
                b[i] -= share * b[p]
    return [b[i] / a[i][i] for i in range(n)]


def relative(found, true):
    return max(
        abs(Fraction(float(x)) - y) / y if y else abs(Fraction(float(x)))
        for x, y in zip(found, true, strict=True)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [2, 4, 7])
def test_times_totals_and_days_are_right_to_the_last_digits(seed, size):
    live, rates = slow_process(seed, size)
    rng = np.random.default_rng(seed)
    gain, start = rng.random(size), rng.random(size)
    for found, true in (
        (time_to_leave(live), exact(rates, live.killed, np.ones(size))),
        (collected(live, gain), exact(rates, live.killed, gain)),
    ):
        assert relative(found.value, true) < 1e-14
        assert found.error < 1e-10 * float(max(true))
    taken = eliminate(live)
    days = taken.spend(start)
    assert (
        relative(
            [days @ gain],
            [
                sum(
                    Fraction(float(s)) * t
                    for s, t in zip(start, exact(rates, live.killed, gain), strict=True)
                )
            ],
        )
        < 1e-13
    )
    np.testing.assert_array_equal(days_before_leaving(live, start).value, days)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [2, 5])
def test_shares_of_time_are_right_to_the_last_digits(seed, size):
    ring, rates = slow_process(seed, size, killed=False)
    found = shares(ring, np.arange(size, dtype=np.int32))
    w = [[Fraction(float(x)) for x in row] for row in rates]
    taken = found.value
    inward = [sum(Fraction(float(taken[s])) * w[s][t] for s in range(size)) for t in range(size)]
    outward = [Fraction(float(taken[t])) * sum(w[t]) for t in range(size)]
    assert max(abs(x - y) / y for x, y in zip(inward, outward, strict=True)) < 1e-13


def test_slow_exits_of_larger_processes_are_found_too():
    """Two rings of 100 at rates of one, joined one way at 1e-14 and the other at 2e-14."""
    half = 100
    rates = np.zeros((2 * half, 2 * half))
    for first in (0, half):
        for s in range(half):
            rates[first + s, first + (s + 1) % half] = 1.0
    rates[0, half], rates[half, 0] = 1e-14, 2e-14
    rows, columns = np.nonzero(rates)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=2 * half))])
    whole = Generator(
        indptr, columns.astype(np.int32), rates[rows, columns], rates.sum(axis=1), np.zeros(2 * half)
    )
    found = shares(whole, np.arange(2 * half, dtype=np.int32))
    assert found.value[:half].sum() == pytest.approx(2 / 3, rel=1e-11)
    assert found.error < 1e-6
