"""The process that behaviour makes: its laws, on random games."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.process.chain import make_chain
from reference.processes import accumulated, dense, random_process, reach

seeds = st.integers(0, 10**6)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 9), st.integers(1, 5))
def test_rows_are_the_options_added_up(seed: int, size: int, moves: int) -> None:
    equilibrium = random_process(seed, size=size, moves=moves)
    chain = make_chain(equilibrium)
    q = np.zeros((size, size))
    rows = np.repeat(np.arange(size), np.diff(chain.indptr))
    q[rows, chain.indices] = chain.rates
    q[np.diag_indices(size)] = -chain.exit
    np.testing.assert_allclose(q, dense(equilibrium), atol=1e-12)
    assert np.abs(q.sum(axis=1)).max() < 1e-12


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.0, 300.0))
def test_probabilities_lie_in_0_1_and_grow(seed: int, time: float) -> None:
    chain = make_chain(random_process(seed, spread=2.0))
    target = np.arange(7) % 3 == 1
    found = reach(chain, target, np.array([time / 2, time]))
    assert (found.value >= 0.0).all()
    assert (found.value <= 1.0).all()
    assert found.value[1] >= found.value[0] - found.error


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.001, 300.0))
def test_days_in_a_partition_add_up_to_the_time(seed: int, time: float) -> None:
    chain = make_chain(random_process(seed, spread=2.0))
    part = np.arange(7) % 3
    total = sum(accumulated(chain, (part == k) * 1.0, None, np.array([time])).value[0] for k in range(3))
    assert abs(total - time) <= 1e-9 * max(time, 1.0)


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_relabelling_situations_changes_nothing(seed: int) -> None:
    equilibrium = random_process(seed)
    q = dense(equilibrium)
    chain = make_chain(equilibrium)
    order = np.random.default_rng(seed).permutation(7)
    from reference.processes import process

    branches = [
        [(0, q[s, t], [(1.0, int(np.argsort(order)[t]))]) for t in range(7) if t != s and q[s, t] > 0]
        for s in order
    ]
    other = make_chain(process(branches, start=chain.start[order]))
    target = np.arange(7) == 4
    one = reach(chain, target, np.array([2.0]))
    two = reach(other, target[order], np.array([2.0]))
    assert abs(one.value[0] - two.value[0]) <= one.error + two.error
