"""Times until a process is killed, and bounds on them, against dense algebra."""

import numpy as np
import pytest
import scipy.sparse as sparse

from bystander.numerics.absorption import collected, longest_time, time_to_leave
from bystander.numerics.generators import Generator


def killed(size, seed, killing):
    rng = np.random.default_rng(seed)
    rates = sparse.random(size, size, 4 / size, "csr", rng=rng)
    rates.setdiag(0.0)
    rates.eliminate_zeros()
    leaving = np.asarray(rates.sum(axis=1)).ravel() + killing * rng.random(size) + 1e-9
    dense = np.diag(leaving) - rates.toarray()
    return Generator(rates.indptr.astype(np.int64), rates.indices, rates.data, leaving), dense


@pytest.mark.parametrize("killing", [1.0, 1e-3, 1e-6])
@pytest.mark.parametrize("size", [30, 400])
def test_times_totals_and_their_bounds(size, killing):
    live, dense = killed(size, size, killing)
    days = np.linalg.solve(dense, np.ones(size))
    found = time_to_leave(live)
    assert np.abs(found.value - days).max() <= found.error + 1e-9 * days.max()
    assert found.error < 1e-6 * days.max()
    assert days.max() * (1.0 - 1e-9) <= longest_time(live) <= 1.25 * days.max()
    gain = np.random.default_rng(1).random(size)
    totals = collected(live, gain)
    assert np.abs(totals.value - np.linalg.solve(dense, gain)).max() <= totals.error + 1e-9 * days.max()


def test_nothing_lives_for_no_time():
    empty = Generator(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    assert longest_time(empty) == 0.0
