"""Killed processes side by side against dense matrices, one process at a time."""

import numpy as np
import pytest

from bystander.numerics.generators import transpose
from bystander.numerics.operators import Ends, kill
from reference.killed import dense, random_killed

WIDTHS = (1, 4, 8)


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("seed", range(3))
def test_steps_are_those_of_each_process(seed: int, columns: int, forward: bool) -> None:
    generator, ends = random_killed(seed, columns)
    rng = np.random.default_rng(seed)
    gain = np.where(ends.situations, 0.0, rng.normal(size=(generator.size, columns)))
    operator = kill(transpose(generator) if forward else generator, ends, forward=forward, gain=gain)
    matrices = [_jumps(dense(generator, ends, c), ends, c, operator.rate) for c in range(columns)]
    if forward:
        matrices = [m.T for m in matrices]
    x, y, old, u, v = np.where(ends.situations, 0.0, rng.normal(size=(5, generator.size, columns)))
    product = np.stack([m @ x[:, c] for c, m in enumerate(matrices)], axis=1)

    jumped, sums = np.full_like(x, np.nan), np.zeros((2, *x.shape))
    change, size = operator.jump(x, jumped, np.array([0.0, 0.25]), sums)
    np.testing.assert_allclose(jumped, product + gain / operator.rate, atol=1e-13)
    np.testing.assert_allclose(sums, [np.zeros_like(x), 0.25 * x], atol=1e-15)
    assert change == pytest.approx(_measure(jumped - x, forward))
    assert size == pytest.approx(_measure(jumped, forward))
    assert operator.size(x) == pytest.approx(_measure(x, forward))

    twice = y.copy()
    size = operator.twice(x, twice, np.zeros(2), sums)
    np.testing.assert_allclose(twice, 2 * (product + gain / operator.rate) - y, atol=1e-12)
    assert size == pytest.approx(_measure(twice, forward))

    operator.retreat(x, old, y, (u, v), (2.0, 1.0, 0.3, 0.7))
    np.testing.assert_allclose(y, 2 * product - old + 0.3 * u + 0.7 * v, atol=1e-12)


def _jumps(q: np.ndarray, ends: Ends, column: int, rate: float) -> np.ndarray:
    return np.diag(~ends.situations[:, column]) + q / rate


def _measure(x: np.ndarray, forward: bool) -> float:
    return (np.abs(x).sum(axis=0) if forward else np.abs(x).max(axis=0)).max()


@pytest.mark.parametrize("seed", range(4))
def test_no_process_gains_mass(seed: int) -> None:
    generator, ends = random_killed(seed, 4)
    operator = kill(generator, ends, forward=False)
    for column in range(4):
        jumps = _jumps(dense(generator, ends, column), ends, column, operator.rate)
        assert jumps.min() >= -1e-15
        assert jumps.sum(axis=1).max() <= 1.0 + 1e-14
