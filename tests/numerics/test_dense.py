"""Small dense systems: against NumPy, signs of determinants, columns that say nothing."""

import numpy as np
import pytest

from bystander.numerics.linear import factorise, least_squares, substitute


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_a_system_is_solved_and_its_determinant_signed(size):
    draw = np.random.default_rng(size)
    matrix, right = draw.normal(size=(size, size)), draw.normal(size=size)
    matrix[draw.random((size, size)) < 0.3] = 0.0
    matrix += 3.0 * np.eye(size)[draw.permutation(size)]
    factors, rows = matrix.copy(), np.empty(size, np.int64)
    assert factorise(factors, rows) == np.linalg.slogdet(matrix)[0]
    np.testing.assert_allclose(substitute(factors, rows, right), np.linalg.solve(matrix, right), atol=1e-9)


def test_a_singular_matrix_has_no_sign():
    assert factorise(np.array([[1.0, 2.0], [2.0, 4.0]]), np.empty(2, np.int64)) == 0


def test_least_squares_leave_out_columns_that_say_nothing():
    draw = np.random.default_rng(0)
    columns, wanted = draw.normal(size=(30, 5)), draw.normal(size=30)
    theta = least_squares(columns.T @ columns, columns.T @ wanted, 1e-12)
    np.testing.assert_allclose(theta, np.linalg.lstsq(columns, wanted, rcond=None)[0], atol=1e-12)
    doubled = np.column_stack([columns, columns[:, 0] + 1e-5 * columns[:, 1], np.zeros(30)])
    theta = least_squares(doubled.T @ doubled, doubled.T @ wanted, 1e-7)
    assert np.count_nonzero(theta) == 5
    met = np.linalg.norm(wanted - doubled @ theta)
    assert met == pytest.approx(np.linalg.lstsq(columns, wanted, rcond=None)[1][0] ** 0.5, rel=1e-6)
