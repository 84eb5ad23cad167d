"""Time-stepping against dense exponentials: both ways of stepping, cuts, stops, and bounds that hold."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from bystander.numerics import transients
from bystander.numerics.generators import Generator, transpose
from bystander.numerics.transients import forward_course
from reference.processes import back_from, backward_course


def generator_of(rates: np.ndarray, killing: np.ndarray | float = 0.0) -> Generator:
    rates = rates * (1 - np.eye(len(rates)))
    rows, columns = np.nonzero(rates)
    indptr = np.concatenate([[0], np.cumsum((rates > 0).sum(axis=1))]).astype(np.int64)
    leaving = rates.sum(axis=1) + killing
    return Generator(indptr, columns.astype(np.int32), rates[rows, columns], leaving)


def matrix_of(generator: Generator) -> np.ndarray:
    q = np.zeros((generator.size, generator.size))
    q[np.repeat(np.arange(generator.size), np.diff(generator.indptr)), generator.indices] = generator.rates
    return q - np.diag(generator.exit)


def integral_of(q: np.ndarray, time: float) -> np.ndarray:
    """The integral of exp(q u) from 0 to time, as a block of a larger exponential (Van Loan 1978)."""
    n = len(q)
    block = np.block([[q, np.eye(n)], [np.zeros((n, 2 * n))]])
    return expm(block * time)[:n, n:]


def random_generator(seed: int, size: int = 9, killing: bool = False) -> Generator:
    rng = np.random.default_rng(seed)
    rates = np.exp(1.5 * rng.normal(size=(size, size))) * (rng.random((size, size)) < 0.4)
    return generator_of(rates, rng.random(size) * (rng.random(size) < 0.5) if killing else 0.0)


def ring(size: int, rate: float = 1.0) -> Generator:
    """Round and round one way: as far from reversible as a process can be."""
    return generator_of(rate * np.roll(np.eye(size), 1, axis=1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 40.0), st.booleans())
@example(529, 0.2890625, False)
def test_distributions_and_days_spent(seed: int, time: float, killing: bool) -> None:
    generator = random_generator(seed, killing=killing)
    q = matrix_of(generator)
    start = np.random.default_rng(seed).dirichlet(np.ones(9))
    times = np.array([0.3 * time, time])
    reader = np.random.default_rng(seed).normal(size=(9, 2))
    course = forward_course(transpose(generator), start, time, reader, at=times, until=times)
    size = np.abs(reader).max()
    for place, t in enumerate(times):
        true = start @ expm(q * t)
        days = start @ integral_of(q, t)
        assert np.abs(course.at[place] - true).sum() <= course.error + 1e-12
        assert np.abs(course.until[place] - days).sum() <= course.until_error + 1e-13
        at, until = course.series.at(times[[place]], size), course.series.until(times[[place]], size)
        assert np.abs(at.value[0] - true @ reader).max() <= at.error + 1e-12
        assert np.abs(until.value[0] - days @ reader).max() <= until.error + 1e-10
    assert course.error < 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 40.0))
@example(193, 22.0)
def test_values_with_a_gain(seed: int, time: float) -> None:
    generator = random_generator(seed, killing=True)
    q = matrix_of(generator)
    rng = np.random.default_rng(seed)
    terminal, gain = rng.random(9), rng.random(9)
    true = expm(q * time) @ terminal + integral_of(q, time) @ gain
    found = back_from(generator, terminal, gain, time)
    assert np.abs(found.value - true).max() <= found.error + 1e-11
    starts = rng.dirichlet(np.ones(9), size=3)
    read = backward_course(generator, terminal, gain, time, starts).series.at(np.array([time]))
    np.testing.assert_allclose(read.value[0], starts @ true, atol=1e-9 * max(1.0, time))


def test_long_times_take_far_fewer_products_than_jumps() -> None:
    rng = np.random.default_rng(5)
    weight = rng.random((60, 60)) * (rng.random((60, 60)) < 0.2)
    generator = generator_of(weight + weight.T)
    jumps = 5_000.0
    start = np.eye(60)[0]
    course = forward_course(transpose(generator), start, jumps / generator.fastest, np.zeros((60, 0)))
    assert course.steps < jumps / 6
    assert course.error < 1e-9


@pytest.mark.parametrize("jumps", [60.0, 500.0, 3_000.0])
def test_a_one_way_ring_is_cut_until_the_bound_holds(jumps: float) -> None:
    generator = ring(12)
    start = np.eye(12)[0]
    time = np.array([jumps])
    course = forward_course(transpose(generator), start, jumps, np.zeros((12, 0)), at=time)
    true = start @ expm(matrix_of(generator) * jumps)
    assert np.abs(course.at[0] - true).sum() <= course.error
    assert course.error < 1e-9


def test_a_process_that_has_settled_is_left_alone() -> None:
    generator = random_generator(3)
    start = np.eye(9)[0]
    time = 1e7 / generator.fastest
    course = forward_course(transpose(generator), start, time, np.ones((9, 1)), at=np.array([time]))
    assert course.steps < 5_000
    np.testing.assert_allclose(course.at[0], start @ expm(matrix_of(generator) * 1e4), atol=1e-9)
    assert course.series.until(np.array([time])).value[0, 0] == pytest.approx(time, rel=1e-9)


def test_a_process_that_has_died_is_left_alone() -> None:
    generator = generator_of(np.zeros((1, 1)), np.array([2.0]))
    course = forward_course(transpose(generator), np.ones(1), 1e6, np.ones((1, 1)))
    assert course.steps < 30_000
    found = course.series.until(np.array([1e6]))
    assert abs(found.value[0, 0] - 0.5) <= found.error


def test_jumps_alone_agree_with_chebyshev(monkeypatch) -> None:
    generator = random_generator(8)
    start, reader = np.eye(9)[2], np.arange(9.0)[:, None]
    times = np.linspace(0.0, 20.0, 7)
    fast = forward_course(transpose(generator), start, 20.0, reader).series.at(times, 8.0)
    monkeypatch.setattr(transients, "SHORTEST", np.inf)
    slow = forward_course(transpose(generator), start, 20.0, reader).series.at(times, 8.0)
    assert np.abs(fast.value - slow.value).max() <= fast.error + slow.error
