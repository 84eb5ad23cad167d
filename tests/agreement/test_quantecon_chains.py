"""Long-run shares against QuantEcon's stationary distributions of the uniformised chain.

Needs the optional library quantecon; skipped where it is not installed.
"""

import numpy as np
import pytest

from bystander.process.chain import make_chain
from bystander.process.passage import long_run
from reference.processes import dense, process, random_process

quantecon = pytest.importorskip("quantecon", reason="quantecon, the peer to agree with, is not installed")


@pytest.mark.parametrize("seed", range(4))
def test_shares_of_a_random_process(seed: int) -> None:
    equilibrium = random_process(seed, size=40, moves=5)
    q = dense(equilibrium)
    theirs = quantecon.MarkovChain(np.eye(40) + q / (1.1 * -q.min())).stationary_distributions
    found = long_run(make_chain(equilibrium))
    assert len(found.classes) == len(theirs)
    for ours, shares in zip(found.classes, theirs, strict=True):
        assert np.abs(ours.shares.value - shares[ours.rows]).sum() < 1e-9


def test_every_recurrent_class_is_found() -> None:
    split = process(
        [
            [(0, 1.0, [(0.4, 1), (0.6, 3)])],
            [(0, 2.0, [(1.0, 2), (0.0, 2)])],
            [(0, 5.0, [(1.0, 1), (0.0, 1)])],
            [(0, 1.0, [(1.0, 4), (0.0, 4)])],
            [(0, 3.0, [(1.0, 3), (0.0, 3)])],
        ]
    )
    q = dense(split)
    theirs = quantecon.MarkovChain(np.eye(5) + q / 6.0)
    ours = long_run(make_chain(split)).classes
    shares = {
        tuple(sorted(members)): share
        for members, share in zip(theirs.recurrent_classes, theirs.stationary_distributions, strict=True)
    }
    assert {tuple(one.rows) for one in ours} == set(shares)
    for one in ours:
        np.testing.assert_allclose(one.shares.value, shares[tuple(one.rows)][one.rows], atol=1e-10)
