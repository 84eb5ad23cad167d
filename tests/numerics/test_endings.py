"""How processes end: rates of ending against what is missing from dense rows; rows that processes share."""

import numpy as np
import pytest

from bystander.numerics.operators import Ends, Losses, blocks_of, rate_of_ending
from reference.killed import dense, random_killed


@pytest.mark.parametrize("seed", range(4))
def test_what_leaves_a_process_ends_it(seed: int) -> None:
    """Ending anywhere is worth 1: the rate of ending is what is missing from each row."""
    generator, ends = random_killed(seed, 4)
    found = rate_of_ending(generator, ends, np.ones((generator.size, 4)))
    for column in range(4):
        missing = -dense(generator, ends, column).sum(axis=1)
        np.testing.assert_allclose(found[:, column], missing, atol=1e-13)


def test_a_jump_that_ends_a_process_is_worth_one_wherever_it_leads() -> None:
    generator, ends = random_killed(2, 1)
    worth = np.random.default_rng(2).normal(size=(generator.size, 1))
    first = ends.losses
    lost = Losses(first.source[:1], first.target[:1], first.label[:1], np.array([2.5]))
    label = np.arange(len(ends.labels)) == lost.label[0]
    situations = np.zeros((generator.size, 1), bool)
    found = rate_of_ending(generator, Ends(situations, lost, label[:, None]), worth)
    expected = np.zeros_like(found)
    expected[lost.source[0]] = 2.5
    np.testing.assert_allclose(found, expected)


def test_jumps_out_of_what_is_kept_still_end_a_process() -> None:
    generator, ends = random_killed(5, 4)
    live = np.arange(generator.size) % 3 > 0
    kept = ends.losses.restricted(live)
    leaving = live[ends.losses.source] & ~live[ends.losses.target]
    assert (kept.target < 0).sum() == leaving.sum() > 0
    assert kept.rate.sum() == pytest.approx(ends.losses.rate[live[ends.losses.source]].sum())
    originals = np.flatnonzero(live)
    inside = kept.target >= 0
    np.testing.assert_array_equal(
        originals[kept.target[inside]], ends.losses.target[live[ends.losses.source] & ~leaving]
    )


def test_processes_that_end_alike_share_a_row() -> None:
    labels = np.zeros((2, 10), bool)
    labels[0, [0, 3, 4, 6]] = True
    ends = Ends(np.zeros((3, 10), bool), random_killed(0, 1)[1].losses, labels)
    assert blocks_of(ends) == [[1, 2, 5, 7, 8, 9, 0, 3], [4, 6]]
    some = ends.chosen([1, 2, 5])
    assert some.columns == 4
    assert some.situations[:, 3].all()
    assert len(some.losses.source) == 0
