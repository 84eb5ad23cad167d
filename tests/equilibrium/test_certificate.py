"""The certificate: right on solutions, honest on anything else."""

import numpy as np
import pytest

from bystander.equilibrium.certificate import certify
from bystander.equilibrium.solve import solve
from reference import small_games
from reference.small_games import random_game


@pytest.mark.parametrize("shocks", ["private", "noise"])
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
