"""Acceleration: GMRES on linear maps, few steps on slow ones, the same answer for any number of threads."""

import numpy as np
import pytest

from bystander.numerics.anderson import Anderson


def contraction(size, slow, seed=0):
    """A linear map with spectral radius ``slow``, and its fixed point."""
    random = np.random.default_rng(seed)
    matrix = random.random((size, size))
    matrix *= slow / matrix.sum(1, keepdims=True)
    shift = random.normal(size=size)
    return (lambda x: matrix @ x + shift), np.linalg.solve(np.eye(size) - matrix, shift)


def iterate(image, size, window, steps):
    x, g = np.zeros(size), np.zeros(size)
    memory = Anderson(size, window)
    changes = []
    for _ in range(steps):
        g[:] = image(x)
        changes.append(np.abs(g - x).max())
        memory.advance(x, g)
        np.testing.assert_array_equal(x, g)
    return x, changes


def test_a_slow_linear_map_is_solved_in_a_few_steps():
    image, fixed = contraction(64, 0.999)
    x, _ = iterate(image, 64, 8, 30)
    np.testing.assert_allclose(x, fixed, rtol=1e-10)
    plain = np.zeros(64)
    for _ in range(30):
        plain = image(plain)
    assert np.abs(plain - fixed).max() > 0.9 * np.abs(fixed).max()


def test_the_first_steps_are_those_of_gmres():
    """On a linear map Anderson's point k + 1 is the image of GMRES's point k (Walker & Ni 2011)."""
    size = 16
    image, _ = contraction(size, 0.95, seed=3)
    shift = image(np.zeros(size))
    matrix = np.column_stack([image(e) - shift for e in np.eye(size)])
    _, changes = iterate(image, size, 12, 6)
    krylov = np.array([np.linalg.matrix_power(np.eye(size) - matrix, k) @ shift for k in range(5)]).T
    for step in range(1, 6):
        ahead = (np.eye(size) - matrix) @ np.linalg.qr(krylov[:, : step - 1])[0]
        best = shift - ahead @ np.linalg.lstsq(ahead, shift, rcond=None)[0]
        assert changes[step] == pytest.approx(np.abs(matrix @ best).max(), rel=1e-5)


def test_a_curved_map_is_solved_too():
    image, _ = contraction(32, 0.97, seed=5)

    def curved(x):
        return image(np.tanh(x / 20) * 20)

    _, changes = iterate(curved, 32, 8, 40)
    assert changes[-1] < 1e-11 * changes[0]


def test_threads_do_not_change_a_bit(monkeypatch):
    size = 1 << 18
    random = np.random.default_rng(2)
    scale, shift = random.uniform(0, 0.9, size), random.normal(size=size)
    answers = []
    for threads in ("1", "3"):
        monkeypatch.setenv("BYSTANDER_THREADS", threads)
        answers.append(iterate(lambda x: scale * x + shift, size, 4, 6)[0])
    np.testing.assert_array_equal(*answers)


def test_repeating_a_point_does_no_harm():
    _, changes = iterate(lambda x: np.full_like(x, 2.0), 8, 4, 6)
    assert changes[-1] == 0.0
