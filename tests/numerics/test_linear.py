"""Linear systems: against dense algebra, on matrices of both kinds the package solves."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse

from bystander.numerics import krylov, linear, workers


def jump_process(n, per_row, seed, *, signs=False):
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n), per_row)
    columns = rng.integers(0, n, n * per_row)
    rates = np.exp(rng.uniform(np.log(1 / 365), 0.0, n * per_row))
    if signs:
        rates *= rng.choice([-1.0, 1.0], n * per_row, p=[0.3, 0.7])
    return sparse.coo_matrix((rates, (rows, columns)), shape=(n, n)), rng


def parts(matrix: sparse.coo_matrix) -> tuple[Any, Any, Any]:
    """Compressed rows that keep duplicates and self-loops."""
    order = np.argsort(matrix.row, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(matrix.row, minlength=matrix.shape[0]))])
    return indptr, matrix.col[order].astype(np.int32), matrix.data[order]


@pytest.mark.parametrize("n", [40, 1500])
@pytest.mark.parametrize("transpose", [False, True])
def test_agrees_with_dense_algebra(n, transpose):
    w, rng = jump_process(n, 6, seed=n)
    diagonal = 0.5 / 365 + np.asarray(w.sum(axis=1)).ravel()
    dense = np.diag(diagonal) - w.toarray()
    b = rng.normal(size=(n, 5)) + rng.normal(size=5)
    answer = linear.solve(*parts(w), diagonal, b, transpose=transpose)
    exact = np.linalg.solve(dense.T if transpose else dense, b)
    assert answer.converged
    assert np.abs(answer.x - exact).max() <= 1e-9 * np.abs(exact).max()


def test_iteration_and_factorisation_agree(monkeypatch):
    w, rng = jump_process(1000, 8, seed=3)
    diagonal = 0.01 + np.asarray(w.sum(axis=1)).ravel()
    b = rng.normal(size=(1000, 19))
    swept = linear.solve(*parts(w), diagonal, b)
    monkeypatch.setattr(linear, "DIRECT_SIZE", 1000)
    direct = linear.solve(*parts(w), diagonal, b)
    assert direct.iterations == 0
    assert swept.iterations > 0
    np.testing.assert_allclose(swept.x, direct.x, rtol=0, atol=1e-8)


def test_a_small_system_that_iteration_gives_up_on_is_factorised():
    w, rng = jump_process(1000, 8, seed=3)
    diagonal = 0.01 + np.asarray(w.sum(axis=1)).ravel()
    answer = linear.solve(*parts(w), diagonal, rng.normal(size=(1000, 2)), limit=3)
    assert answer.converged
    assert answer.iterations == 0


def test_threads_change_nothing(monkeypatch):
    w, rng = jump_process(1500, 5, seed=4)
    diagonal = 0.01 + np.asarray(w.sum(axis=1)).ravel()
    b = rng.normal(size=(1500, 20))
    monkeypatch.setenv("BYSTANDER_THREADS", "1")
    one = linear.solve(*parts(w), diagonal, b)
    monkeypatch.setenv("BYSTANDER_THREADS", "3")
    three = linear.solve(*parts(w), diagonal, b)
    np.testing.assert_array_equal(one.x, three.x)


def test_mixed_signs_and_weak_diagonal():
    w, rng = jump_process(1500, 4, seed=5, signs=True)
    diagonal = 0.7 * np.asarray(abs(w).sum(axis=1)).ravel() + 0.05
    b = rng.normal(size=(1500, 3))
    answer = linear.solve(*parts(w), diagonal, b, tolerance=1e-10)
    exact = np.linalg.solve(np.diag(diagonal) - w.toarray(), b)
    assert answer.converged
    np.testing.assert_allclose(answer.x, exact, rtol=0, atol=1e-7 * np.abs(exact).max())


def test_zero_columns_and_vectors():
    w, _ = jump_process(1500, 4, seed=6)
    diagonal = 0.01 + np.asarray(w.sum(axis=1)).ravel()
    b = np.zeros((1500, 2))
    b[:, 1] = 0.01
    answer = linear.solve(*parts(w), diagonal, b)
    assert not answer.x[:, 0].any()
    np.testing.assert_allclose(answer.x[:, 1], 1.0, atol=1e-9)  # a constant flow of rho is worth 1 everywhere
    assert linear.solve(*parts(w), diagonal, b[:, 1]).x.shape == (1500,)


def test_a_good_guess_is_used():
    w, rng = jump_process(1500, 4, seed=7)
    diagonal = 0.01 + np.asarray(w.sum(axis=1)).ravel()
    b = rng.normal(size=(1500, 2))
    first = linear.solve(*parts(w), diagonal, b)
    again = linear.solve(*parts(w), diagonal, b, start=first.x)
    assert again.iterations <= 1
    assert first.iterations > 5


@pytest.mark.parametrize("size", [50, 1500])
def test_singular_says_so(size):
    w, rng = jump_process(size, 4, seed=8)
    diagonal = np.asarray(w.sum(axis=1)).ravel()
    answer = linear.solve(*parts(w), diagonal, np.abs(rng.normal(size=(size, 1))) + 1, limit=200)
    assert not answer.converged or np.abs(answer.x).max() > 1e8


def test_inputs_are_left_alone():
    w, rng = jump_process(1500, 4, seed=9)
    arrays = (*parts(w), 0.01 + np.asarray(w.sum(axis=1)).ravel(), rng.normal(size=(1500, 2)))
    for a in arrays:
        a.setflags(write=False)
    linear.solve(*arrays)
    linear.solve(*arrays, transpose=True)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_rows_taken_apart_side_by_side_are_those_of_the_matrix(threads, monkeypatch):
    """Whatever the number of parts, the transpose is scipy's and both triangles add up to the matrix."""
    w, rng = jump_process(23, 6, 7, signs=True)
    w.data[rng.random(len(w.data)) < 0.2] = 0.0
    n, arrays, dense = 23, parts(w), w.toarray()
    diagonal = rng.random(n) + 0.5
    monkeypatch.setattr(krylov, "ROWS_OF_A_PART", 4)
    monkeypatch.setattr(workers, "thread_count", lambda: threads)
    start, index, value = krylov.transpose(*arrays, n)
    np.testing.assert_allclose(sparse.csr_matrix((value, index, start), shape=(n, n)).toarray(), dense.T)
    assert all((np.diff(index[low:high]) >= 0).all() for low, high in pairwise(start))
    halves = krylov.split(*arrays, diagonal)
    lower = sparse.csr_matrix(
        (halves.lower_value, halves.lower_index, halves.lower_start), shape=(n, n)
    ).toarray()
    upper = sparse.csr_matrix(
        (halves.upper_value, halves.upper_index, halves.upper_start), shape=(n, n)
    ).toarray()
    assert not np.triu(lower).any()
    assert not np.tril(upper).any()
    scaled = np.diag(2.0 - halves.excess) - lower - upper
    np.testing.assert_allclose(scaled / halves.scale[:, None], np.diag(diagonal) - dense, atol=1e-12)
    np.testing.assert_array_equal(halves.lower_single, halves.lower_value.astype(np.float32))
    np.testing.assert_array_equal(halves.upper_single, halves.upper_value.astype(np.float32))
