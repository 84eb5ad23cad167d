"""Vectors carried through rates under observation, against matrix exponentials and against no cutting."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import linalg

from bystander.numerics.generators import collect, reached_from
from bystander.numerics.observed import ObservedRates


def random_rates(seed, size=24, blocks=4):
    """Rates that lead from a block of situations to itself and to the next, and a loss of mass."""
    rng = np.random.default_rng(seed)
    dense = rng.exponential(0.4, (size, size)) * (rng.random((size, size)) < 0.3)
    block = np.arange(size) * blocks // size
    dense[(block[None, :] < block[:, None]) | (block[None, :] > block[:, None] + 1)] = 0.0
    np.fill_diagonal(dense, 0.0)
    start, target = np.arange(size + 1) * size, np.tile(np.arange(size, dtype=np.int32), size)
    generator = collect(start.astype(np.int64), target, dense.ravel())
    lost = rng.exponential(0.2, size)
    whole = dense - np.diag(dense.sum(axis=1) + lost)
    return type(generator)(generator.indptr, generator.indices, generator.rates, -np.diag(whole)), whole, rng


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    span=st.sampled_from([0.01, 1.0, 7.0, 60.0]),
    begin=st.integers(0, 23),
    surely=st.booleans(),
)
@example(seed=205, span=60.0, begin=21, surely=False)  # a chance of 2e-20
@example(seed=21, span=60.0, begin=21, surely=False)
@example(seed=1, span=60.0, begin=20, surely=False)
def test_cutting_to_what_is_reached_leaves_nothing_out(seed, span, begin, surely):
    generator, dense, rng = random_rates(seed)
    x, value = np.zeros(24), rng.random(24) + 0.1
    x[begin] = 1.0
    exact, back, pairs = by_exponentials(dense, x, value, span)
    live = reached_from(generator, x > 0.0)
    source = np.repeat(np.arange(24), np.diff(generator.indptr))
    for part in (0.0, 0.5, 1.0):
        rates = ObservedRates(generator, part)
        carried = rates.carry(x, span, surely=surely, slopes=True)
        bound = (carried.error + 1e-11) * exact.sum()
        assert carried.end * np.exp(carried.log) == pytest.approx(exact, rel=1e-8, abs=bound)
        values = rates.slopes(carried.pieces, value)
        plain = rates.carry_back(x, value, span)
        for found in (values[live], plain[live]):
            assert found / found.max() == pytest.approx(back[live] / back[live].max(), abs=1e-5)
        along, here = rates.pair_integrals()
        assert along == pytest.approx(pairs[source, generator.indices], rel=1e-5, abs=1e-5 * span)
        assert here == pytest.approx(np.diag(pairs), rel=1e-5, abs=1e-5 * span)


def by_exponentials(dense, x, value, span):
    """What a stretch leads to, its values before, and the integrals of pairs (Van Loan 1978)."""
    zero = np.zeros_like(dense)
    whole = linalg.expm(np.block([[dense, np.outer(value, x)], [zero, dense]]) * span)
    one, corner = whole[: len(x), : len(x)], whole[: len(x), len(x) :]
    return x @ one, one @ value, corner.T / (x @ one @ value)
