"""Sparse rows against dense matrices."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.numerics.generators import collect, rate_into, reached_from, restrict, transpose


def to_dense(generator, columns=None):
    out = np.zeros((generator.size, columns or generator.size))
    for s in range(generator.size):
        for i in range(generator.indptr[s], generator.indptr[s + 1]):
            assert out[s, generator.indices[i]] == 0.0, "duplicate"
            out[s, generator.indices[i]] = generator.rates[i]
    return out


@st.composite
def rows(draw):
    n = draw(st.integers(1, 8))
    listed = [
        draw(st.lists(st.tuples(st.integers(0, n - 1), st.sampled_from([0.0, 0.5, 1.25, 3.0])), max_size=6))
        for _ in range(n)
    ]
    start = np.concatenate([[0], np.cumsum([len(r) for r in listed])]).astype(np.int64)
    targets = np.array([t for r in listed for t, _ in r], np.int32)
    rates = np.array([q for r in listed for _, q in r], float)
    matrix = np.zeros((n, n))
    for s, r in enumerate(listed):
        for t, q in r:
            matrix[s, t] += q * (s != t)
    return start, targets, rates, matrix


@settings(max_examples=60, deadline=None)
@given(rows())
def test_collect_transpose_restrict(listed) -> None:
    start, targets, rates, matrix = listed
    n = len(matrix)
    generator = collect(start, targets, rates)
    np.testing.assert_allclose(to_dense(generator), matrix)
    np.testing.assert_allclose(generator.exit, matrix.sum(axis=1))
    assert (generator.rates > 0).all()
    np.testing.assert_allclose(to_dense(transpose(generator)), matrix.T)
    live = np.arange(n) % 3 != 1
    smaller, kept = restrict(generator, live)
    np.testing.assert_allclose(to_dense(smaller), matrix[np.ix_(live, live)])
    np.testing.assert_allclose(smaller.exit, matrix.sum(axis=1)[live])
    assert kept.tolist() == np.flatnonzero(live).tolist()
    np.testing.assert_allclose(rate_into(generator, live), matrix[:, live].sum(axis=1))
    seed = np.arange(n) == 0
    closure = np.linalg.matrix_power(np.eye(n) + (matrix > 0), n)[0] > 0
    np.testing.assert_array_equal(reached_from(generator, seed), closure)
