import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bystander.numerics.votes import joint_pivots
from reference.votes import (
    adoption_by_enumeration,
    count_votes,
    joint_by_enumeration,
    joint_from_cells,
    pivot_and_without_by_enumeration,
    weight_of_others,
)


@st.composite
def votes(draw):
    n = draw(st.integers(1, 7))
    yes = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    weights = np.array(draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)), dtype=np.int32)
    quota = draw(st.integers(1, int(weights.sum()) + 1))
    return yes, weights, quota


@given(votes())
@settings(max_examples=150, deadline=None)
def test_counts_agree_with_enumerating_every_combination(vote):
    yes, weights, quota = vote
    adoption, pivot, without = count_votes(yes, weights, quota)
    assert adoption == pytest.approx(adoption_by_enumeration(yes, weights, quota), abs=1e-14)
    for m in range(len(yes)):
        expected = pivot_and_without_by_enumeration(yes, weights, quota, m)
        assert (pivot[m], without[m]) == pytest.approx(expected, abs=1e-14)
        assert without[m] + pivot[m] * yes[m] == pytest.approx(adoption, abs=1e-14)


@given(votes())
@settings(max_examples=50, deadline=None)
def test_joint_pivots_agree_with_enumeration(vote):
    yes, weights, quota = vote
    joint = joint_pivots(yes, weights, quota)
    expected = [
        [joint_by_enumeration(yes, weights, quota, m, k) for k in range(len(yes))] for m in range(len(yes))
    ]
    np.testing.assert_allclose(joint, expected, atol=1e-13)


@given(st.lists(st.sampled_from([(0.5, 1), (0.5, 3), (0.2, 1)]), min_size=2, max_size=8), st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_members_who_are_alike_are_alike_in_pairs(members, quota):
    yes, weights = np.array(members).T
    weights = weights.astype(np.int32)
    joint = joint_pivots(yes.copy(), weights, quota)
    expected = [
        [joint_by_enumeration(yes, weights, quota, m, k) for k in range(len(yes))] for m in range(len(yes))
    ]
    np.testing.assert_allclose(joint, expected, atol=1e-13)


def test_chances_that_are_no_numbers_end():
    assert np.isnan(joint_pivots(np.full(3, np.nan), np.ones(3, np.int32), 2)).any()


@given(votes(), st.integers(0, 6))
@settings(max_examples=50, deadline=None)
def test_derivatives_of_the_counts_follow_from_pivots(vote, member):
    yes, weights, quota = vote
    k = member % len(yes)
    step = 1e-3
    base, pivot, without = count_votes(yes, weights, quota)
    moved = yes.copy()
    moved[k] += step
    adoption, pivot_moved, without_moved = count_votes(moved, weights, quota)
    joint = joint_pivots(yes, weights, quota)
    assert (adoption - base) / step == pytest.approx(pivot[k], abs=1e-10)
    np.testing.assert_allclose((pivot_moved - pivot) / step, joint[k], atol=1e-10)
    expected = np.where(np.arange(len(yes)) == k, 0.0, pivot[k] - yes * joint[:, k])
    np.testing.assert_allclose((without_moved - without) / step, expected, atol=1e-10)


def test_fifty_members_by_majority_follow_the_binomial_distribution():
    n, y = 50, 0.37
    adoption, pivot, without = count_votes(np.full(n, y), np.ones(n, np.int32), 26)
    assert adoption == pytest.approx(stats.binom.sf(25, n, y), rel=1e-12)
    np.testing.assert_allclose(pivot, stats.binom.pmf(25, n - 1, y), rtol=1e-12)
    np.testing.assert_allclose(without, stats.binom.sf(25, n - 1, y), rtol=1e-12)


def test_tiny_probabilities_keep_their_relative_accuracy():
    n, no = 50, 1e-6
    _, pivot, _ = count_votes(np.full(n, 1 - no), np.ones(n, np.int32), 40)
    exact = stats.binom.pmf(10, n - 1, no)
    assert exact < 1e-49
    np.testing.assert_allclose(pivot, exact, rtol=1e-9)


def test_large_weights_follow_the_enumeration():
    yes = np.array([0.2, 0.5, 0.9, 0.35])
    weights = np.array([29, 27, 14, 3], dtype=np.int32)
    adoption, pivot, _ = count_votes(yes, weights, 44)
    assert adoption == pytest.approx(adoption_by_enumeration(yes, weights, 44), abs=1e-15)
    assert pivot[3] == pytest.approx(pivot_and_without_by_enumeration(yes, weights, 44, 3)[0], abs=1e-15)


WEIGHED = {
    "thirty of much the same weight": (list(range(301, 331)), 4_000),
    "thirty, and the least quota": (list(range(301, 331)), 1),
    "thirty, and all but one vote": (list(range(301, 331)), sum(range(301, 331)) - 1),
    "a giant above the quota": ([5_000, 40, 33, 32, 31, 1, 0], 700),
    "a giant who is the quota": ([700, 40, 33, 32, 31, 1, 0], 700),
    "weights on both sides of a long window": ([31, 32, 33, 34, 64, 65, 66, 99], 200),
    "a quota beyond all": ([50, 60, 70], 181),
}


@pytest.mark.parametrize("what", WEIGHED)
def test_large_weights_are_counted_as_closely_as_small_ones(what):
    weights, quota = np.array(WEIGHED[what][0], np.int32), WEIGHED[what][1]
    yes = np.random.default_rng(7).random(len(weights)) ** 6  # some are all but sure to say no
    adoption, pivot, without = count_votes(yes, weights, quota)
    joint = joint_pivots(yes, weights, quota)
    assert adoption == pytest.approx(weight_of_others(yes, weights)[quota:].sum(), rel=1e-12)
    for m, weight in enumerate(weights):
        cells = weight_of_others(yes, weights, (m,))
        assert pivot[m] == pytest.approx(cells[max(quota - weight, 0) : quota].sum(), rel=1e-12)
        assert without[m] == pytest.approx(cells[quota:].sum(), rel=1e-12)
    for k in range(1, len(weights)):
        assert joint[0, k] == pytest.approx(joint_from_cells(yes, weights, quota, 0, k), abs=1e-14)


def test_what_a_count_takes_hangs_on_the_quota_and_not_on_the_weights():
    def seconds(weight):
        weights = np.array([weight] * 3, np.int32)
        yes = np.array([0.2, 0.5, 0.9])
        count_votes(yes, weights, 2_000)
        taken = []
        for _ in range(20):
            begun = time.perf_counter()
            count_votes(yes, weights, 2_000)
            taken.append(time.perf_counter() - begun)
        return min(taken)

    assert seconds(1_999) < 50 * seconds(1), "some two thousand times where it hangs on the weights"


def test_nobody_may_vote_means_nothing_passes():
    adoption, _, without = count_votes(np.array([0.9]), np.array([0], dtype=np.int32), 1)
    assert adoption == 0.0
    assert without[0] == 0.0


def test_compiled_and_plain_code_agree():
    from bystander.numerics import votes as module

    yes, weights = np.array([0.1, 0.7, 0.4]), np.array([1, 2, 1], dtype=np.int32)
    plain = module.joint_pivots.py_func(yes, weights, 3)
    np.testing.assert_allclose(plain, joint_pivots(yes, weights, 3), atol=1e-16)
