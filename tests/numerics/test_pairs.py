"""Pair integrals against dense exponentials: every way to end, short segments, one process or many."""

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.numerics import pairs, transients
from bystander.numerics.generators import transpose
from bystander.numerics.operators import uniformise
from bystander.numerics.pairs import (
    PairSums,
    Recording,
    carry_briefly,
    columns_at_once,
    quadrature,
    record,
)
from reference.killed import dense, random_killed

NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)


def true_pairs(
    q: np.ndarray, start: np.ndarray, terminal: np.ndarray, accrual: np.ndarray, time: float
) -> tuple[np.ndarray, np.ndarray]:
    """X ``(N, N)`` by quadrature over time, and the value from each situation."""
    n = len(q)
    joined = np.block([[q, accrual[:, None]], [np.zeros((1, n + 1))]])

    def value(left: float) -> np.ndarray:
        return (expm(joined * left) @ np.append(terminal, 1.0))[:n]

    out = np.zeros((n, n))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        u = 0.5 * time * (1.0 + node)
        out += 0.5 * time * weight * np.outer(start @ expm(q * u), value(time - u))
    return out, value(time)


def check(recording: Recording, starts, terminal, accrual, time) -> None:
    ends, generator = recording.ends, recording.generator
    found = recording.pairs(terminal, accrual)
    rows = np.repeat(np.arange(generator.size), np.diff(generator.indptr))
    for column in range(terminal.shape[1]):
        own = column % ends.columns
        alive = ~ends.situations[:, own]
        expected, value = true_pairs(
            dense(generator, ends, own),
            np.where(alive, starts[:, own], 0.0),
            np.where(alive, terminal[:, column], 0.0),
            np.where(alive, accrual[:, column], 0.0),
            time,
        )
        size = np.abs(expected).max()
        np.testing.assert_allclose(
            found.along[:, column], expected[rows, generator.indices], atol=1e-7 * size
        )
        np.testing.assert_allclose(found.here[:, column], np.diag(expected), atol=1e-7 * size)
        np.testing.assert_allclose(found.value[:, column], value * alive, atol=1e-7 * np.abs(value).max())


def recorded(seed: int, columns: int, answers: int, time: float, *, losses: bool = True):
    """Processes that were followed, from where, and what is asked of them."""
    generator, ends = random_killed(seed, columns, losses=losses)
    rng = np.random.default_rng(seed + 100)
    starts = rng.dirichlet(np.ones(9), columns).T.copy()
    terminal, accrual = rng.normal(size=(2, 9, answers))
    return record(generator, transpose(generator), ends, starts, time), starts, terminal, accrual, time


@pytest.mark.parametrize("time", [0.2, 6.0])
@pytest.mark.parametrize("columns", [1, 4, 8])
@pytest.mark.parametrize("seed", range(2))
def test_processes_side_by_side(seed: int, columns: int, time: float) -> None:
    check(*recorded(seed, columns, columns, time))


@pytest.mark.parametrize("losses", [False, True])
def test_several_answers_about_one_process(losses: bool) -> None:
    check(*recorded(3, 1, 4, 4.0, losses=losses))


def test_short_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors are made again, segment by segment."""
    monkeypatch.setattr(pairs, "MEMORY", 1.0)
    monkeypatch.setattr(pairs, "FEWEST", 40.0)
    recording, *asked = recorded(1, 4, 4, 12.0)
    assert len(recording.course.series.segments) > 2
    assert recording.course.series.segments[0].chebyshev
    assert recording.kept is None
    check(recording, *asked)


def test_a_segment_longer_than_was_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors beyond what there is room for are not kept, so all are made again."""
    monkeypatch.setattr(pairs, "MEMORY", 1.0)
    monkeypatch.setattr(pairs, "FEWEST", 6.0)
    recording, *asked = recorded(1, 4, 4, 0.5)
    assert recording.course.series.segments[0].steps > 6
    assert recording.kept is not None
    check(recording, *asked)


def test_by_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transients, "SHORTEST", np.inf)
    recording, *asked = recorded(1, 4, 4, 5.0)
    assert not recording.course.series.segments[0].chebyshev
    check(recording, *asked)


@pytest.mark.parametrize("jumps", [0.01, 1.3, 15.0])
def test_short_stretches_by_quadrature(jumps: float) -> None:
    """Two stretches add up; each is within what its nodes may miss, and so are the vectors at its ends."""
    generator, _ = random_killed(5, 1, losses=False)
    ahead, back = uniformise(transpose(generator), forward=True), uniformise(generator, forward=False)
    rows = np.repeat(np.arange(generator.size), np.diff(generator.indptr))
    q = np.zeros((generator.size, generator.size))
    q[rows, generator.indices] = generator.rates
    q[np.diag_indices(generator.size)] = -generator.exit
    nothing = np.zeros(len(rows)), np.zeros(generator.size)
    parts, along, here = ((0, 4), (4, generator.size)), 0.0, 0.0
    sums = PairSums(generator, parts, *nothing)
    for seed, span in enumerate([jumps / ahead.rate, 0.5 * jumps / ahead.rate]):
        rng = np.random.default_rng(seed)
        start, value = rng.dirichlet(np.ones(generator.size)), rng.random(generator.size)
        nodes, weights = quadrature(ahead.rate * span, 1e-9)
        one = carry_briefly(ahead, start, span, span * nodes, span * weights, 1e-12)
        two = carry_briefly(back, value, span, span - span * nodes, np.ones(len(nodes)), 1e-12)
        sums.add(one.within, two.within, 2.0)
        expected, first = true_pairs(q, start, value, np.zeros(generator.size), span)
        along, here = along + 2.0 * expected, here + 2.0 * np.diag(expected)
        np.testing.assert_allclose(two.end, first, atol=1e-11)
        np.testing.assert_allclose(one.end @ value, start @ first, atol=1e-11)
    size = 4.0 * jumps / ahead.rate
    np.testing.assert_allclose(sums.along, along[rows, generator.indices], atol=1e-9 * size)
    np.testing.assert_allclose(sums.here, here, atol=1e-9 * size)


@pytest.mark.parametrize("jumps", [0.1, 1.3, 8.0, 16.0])
def test_nodes_are_as_many_as_the_bound_asks(jumps: float) -> None:
    """What turns forward one way and backward the other oscillates fastest; half as many would not do."""

    def missed(nodes: np.ndarray, weights: np.ndarray) -> float:
        turning = np.exp(-jumps) * np.exp(1j * jumps * (2.0 * nodes - 1.0))
        return float(abs(weights @ turning - np.exp(-jumps) * np.sin(jumps) / jumps))

    nodes, weights = quadrature(jumps, 1e-9)
    assert missed(nodes, weights) < 1e-9
    fewer, shares = np.polynomial.legendre.leggauss(len(nodes) // 2)
    assert missed(0.5 * (1.0 + fewer), 0.5 * shares) > 1e-9


def test_no_time_at_all() -> None:
    recording, _, terminal, accrual, _ = recorded(1, 4, 4, 0.0)
    found = recording.pairs(terminal, accrual)
    assert not found.along.any()
    np.testing.assert_allclose(found.value, np.where(recording.ends.situations, 0.0, terminal))


def test_fewer_side_by_side_where_vectors_are_long() -> None:
    assert [columns_at_once(n) for n in (10_000, 400_000, 1_000_000, 10_000_000)] == [8, 8, 4, 1]
