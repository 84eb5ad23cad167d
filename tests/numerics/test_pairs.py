"""Pair integrals against dense exponentials: every way to end, short segments, one process or many."""

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.numerics import pairs, transients
from bystander.numerics.generators import transpose
from bystander.numerics.pairs import Recording, columns_at_once, record
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


def test_no_time_at_all() -> None:
    recording, _, terminal, accrual, _ = recorded(1, 4, 4, 0.0)
    found = recording.pairs(terminal, accrual)
    assert not found.along.any()
    np.testing.assert_allclose(found.value, np.where(recording.ends.situations, 0.0, terminal))


def test_fewer_side_by_side_where_vectors_are_long() -> None:
    assert [columns_at_once(n) for n in (10_000, 400_000, 1_000_000, 10_000_000)] == [8, 8, 4, 1]
