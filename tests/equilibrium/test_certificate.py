"""The certificate: right on solutions, honest on anything else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.equilibrium.certificate import _count_back, certify
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from reference import small_games
from reference.small_games import random_game, with_numbers
from reference.votes import adoption_by_enumeration, pivot_and_without_by_enumeration


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("seed", range(4))
def test_residual_is_the_change_of_one_slow_sweep(seed, shocks):
    game = random_game(seed, shocks=shocks)
    values = np.random.default_rng(seed).normal(size=(game.size, len(game.actors)))
    after = small_games.sweep(game, values)[0]
    assert certify(game, values).residual == pytest.approx(np.abs(after - values).max(), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_perturbed_solution_has_a_regret_no_smaller_than_its_loss(seed):
    game = random_game(seed)
    found = solve(game, tolerance=1e-12)
    rng = np.random.default_rng(seed)
    wrong = found.values + 1e-3 * rng.normal(size=found.values.shape)
    spoiled = certify(game, wrong)
    assert spoiled.residual > 1e4 * found.certificate.residual
    assert min(spoiled.regret) > max(found.certificate.regret)


def test_private_shocks_leave_no_regret_and_noise_does():
    private = solve(random_game(7), tolerance=1e-12)
    noise = solve(random_game(7, shocks="noise"), tolerance=1e-12)
    assert max(private.certificate.regret) < 1e-8
    assert max(noise.certificate.regret) > 1e-3


def test_values_that_are_not_numbers_are_certified_as_worthless():
    game = random_game(0)
    values = np.zeros((game.size, len(game.actors)))
    values[0, 0] = np.nan
    assert certify(game, values).residual == np.inf


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_steep_and_even_choices_are_certified(shocks):
    values = np.random.default_rng(0).normal(size=(random_game(1).size, 3))
    rationality = np.array([8.0, 1.0, 0.0])
    game = with_numbers(random_game(1, shocks=shocks), rationality=rationality)
    change = np.abs(small_games.sweep(game, values)[0] - values).max(axis=0)
    found = certify(game, values)
    assert found.residual == pytest.approx(change.max(), rel=1e-9)
    assert found.log_odds == pytest.approx((change * rationality).max(), rel=1e-9)
    steepest = with_numbers(game, rationality=np.array([3e4, 1.0, 0.0]))
    assert np.isfinite(certify(steepest, values).residual)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=6), st.data())
def test_votes_counted_backwards_agree_with_enumerating_every_combination(members, data):
    yes = np.array([chance for chance, _ in members])
    weights = np.array([weight for _, weight in members], np.int32)
    quota = data.draw(st.integers(1, max(int(weights.sum()), 1)))
    needed = np.empty(quota + 1)
    _count_back(yes, weights, -1, quota, needed)
    assert needed[quota] == pytest.approx(adoption_by_enumeration(yes, weights, quota), abs=1e-13)
    for member in np.flatnonzero(weights):
        _count_back(yes, weights, member, quota, needed)
        ahead = needed[quota - weights[member]] if weights[member] < quota else 1.0
        both = pivot_and_without_by_enumeration(yes, weights, quota, member)
        assert (ahead - needed[quota], needed[quota]) == pytest.approx(both, abs=1e-13)


@pytest.mark.parametrize("rationality", [1.0, 30.0, 1e3, 1e6])
def test_choices_are_right_to_the_tolerance_however_steep_they_are(rationality):
    """A worth that is right to 1e-9 leaves choices wrong by 1e-3 where rationality is a million."""
    game = random_game(3, actors=1, worth=3.0 / rationality)
    game = with_numbers(game, rationality=np.array([rationality]))
    found = solve(game)
    assert found.status is Status.CONVERGED
    assert found.certificate.log_odds <= 1e-9
    _, choice, _, gap = small_games.solve(game, values=np.array(found.values))
    assert gap <= 1e-9
    np.testing.assert_allclose(found.choice, choice, atol=1e-8)


def test_the_method_is_the_one_that_was_used():
    found = solve(random_game(3), trace=False)
    assert found.method.startswith("modified policy iteration")
    nobody = replace(random_game(3), actors=())
    assert solve(nobody).method == "nothing to solve"
