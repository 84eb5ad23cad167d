"""Expected times, precedence and long-run shares against dense linear algebra; infinity decided on the
graph."""

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.errors import NotConvergedError
from bystander.process.chain import make_chain
from bystander.process.passage import before, expected_time, expected_time_from_everywhere, long_run
from reference.processes import absorbed, dense, process, random_process


@pytest.mark.parametrize("seed", range(4))
def test_expected_time(seed: int) -> None:
    equilibrium = random_process(seed, spread=1.5)
    chain = make_chain(equilibrium)
    target = np.arange(7) == 2
    q = dense(equilibrium)
    true = np.zeros(7)
    true[~target] = np.linalg.solve(-q[np.ix_(~target, ~target)], np.ones(6))
    everywhere = expected_time_from_everywhere(chain, target)
    assert np.abs(everywhere.value - true).max() <= everywhere.error + 1e-9 * true.max()
    found = expected_time(chain, target)
    assert found.value == pytest.approx(chain.start @ true, rel=1e-10)
    assert found.error < 1e-8 * found.value


def test_a_target_that_may_be_missed_takes_for_ever() -> None:
    fork = process([[(0, 1.0, [(0.5, 1), (0.5, 2)])], [(0, 1.0, [(0.5, 3), (0.5, 1)])], [], []])
    chain = make_chain(fork)
    target = np.arange(4) == 3
    assert expected_time(chain, target).value == np.inf
    np.testing.assert_allclose(expected_time_from_everywhere(chain, target).value, [np.inf, 2.0, np.inf, 0.0])
    assert expected_time(chain, target, start=np.eye(4)[1]).value == pytest.approx(2.0)


def test_expected_time_to_a_move() -> None:
    chain = make_chain(
        process([[(0, 0.25, [(1.0, 0)]), (1, 3.0, [(1.0, 1)])], [(1, 3.0, [(1.0, 0)])]], moves=2)
    )
    found = expected_time(chain, None, options=chain.option_move == 0)
    assert found.value == pytest.approx(1 / 3.25 + 3 / 3.25 * (1 / 3 + 1 / 3.25) / (1 - 3 / 3.25), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_before(seed: int) -> None:
    equilibrium = random_process(seed)
    chain = make_chain(equilibrium)
    first, than = np.arange(7) == 1, np.arange(7) == 5
    q = absorbed(dense(equilibrium), first | than)
    true = (chain.start @ expm(q * 1e4))[first].sum()
    found = before(chain, first, than)
    assert found.value == pytest.approx(true, abs=found.error + 1e-9)
    either = found.value + before(chain, than, first).value
    assert either == pytest.approx(1.0, abs=1e-10)


def test_long_run_of_one_class() -> None:
    for seed in range(4):
        equilibrium = random_process(seed, spread=2.0)
        chain = make_chain(equilibrium)
        found = long_run(chain)
        true = chain.start @ expm(dense(equilibrium) * 1e5)
        assert np.abs(found.share.value - true).sum() <= found.share.error + 1e-9
        assert found.share.value.sum() == pytest.approx(1.0, abs=1e-10)


def test_several_classes_and_where_the_process_ends() -> None:
    chain = make_chain(
        process(
            [
                [(0, 1.0, [(0.3, 1), (0.7, 3)])],
                [(0, 2.0, [(0.5, 2), (0.5, 2)])],
                [(0, 6.0, [(0.5, 1), (0.5, 1)])],
                [],
            ]
        )
    )
    found = long_run(chain)
    assert [c.rows.tolist() for c in found.classes] == [[1, 2], [3]]
    assert [c.probability.value for c in found.classes] == pytest.approx([0.3, 0.7])
    np.testing.assert_allclose(found.share.value, [0.0, 0.3 * 0.75, 0.3 * 0.25, 0.7], atol=1e-12)
    assert found.share.error < 1e-12


def test_a_large_ring_is_not_made_dense() -> None:
    n = 5000
    rng = np.random.default_rng(0)
    out = rng.uniform(0.5, 2.0, n)
    ring = process([[(0, out[s], [(1.0, (s + 1) % n)])] for s in range(n)])
    found = long_run(make_chain(ring))
    np.testing.assert_allclose(found.share.value, (1 / out) / (1 / out).sum(), rtol=1e-7)


def test_what_is_left_over_immense_times_keeps_its_digits() -> None:
    """Situations 0 and 1 exchange at rates of one and are left at 1e-60."""
    rows = [[(0, 1.0, [(1.0, 1)]), (1, 1e-60, [(1.0, 2)])], [(0, 1.0, [(1.0, 0)])], []]
    chain = make_chain(process(rows, moves=2))
    found = long_run(chain)
    np.testing.assert_allclose(found.share.value, [0.0, 0.0, 1.0], rtol=1e-14)
    assert found.share.error < 1e-12
    last = np.arange(3) == 2
    assert expected_time(chain, last).value == pytest.approx(2e60, rel=1e-14)
    assert before(chain, last, ~last, start=np.eye(3)[0]).value == 0.0


def test_shares_that_double_precision_cannot_tell_are_refused() -> None:
    rows = [
        [(0, 1e-200, [(1.0, 1)]), (1, 1e200, [(1.0, 2)])],
        [(0, 1e-200, [(1.0, 0)])],
        [(0, 1.0, [(1.0, 0)])],
    ]
    chain = make_chain(process(rows, moves=2))
    with pytest.raises(NotConvergedError, match="double precision"):
        long_run(chain)
