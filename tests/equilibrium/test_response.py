"""The value equations along the traced path: zero where sweeps settle, and their Jacobian by differences."""

import numpy as np
import pytest
from scipy import sparse

from bystander.equilibrium.iteration import Iteration
from bystander.equilibrium.jacobian import drift, jacobian
from bystander.equilibrium.packed import pack
from bystander.equilibrium.response import gap_of, respond_at
from reference.small_games import random_game


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("t", [0.0, 0.35, 1.0])
def test_equations_and_jacobian_on_the_way(shocks, t):
    game = random_game(1, shocks=shocks)
    values = np.random.default_rng(3).normal(size=(game.size, len(game.actors)))
    matrix = jacobian(respond_at(game, values, t))
    weights = sparse.csr_matrix((matrix.weights, matrix.indices, matrix.indptr), shape=(values.size,) * 2)
    slopes = np.empty((values.size, values.size))
    for column in range(values.size):
        step = np.zeros(values.size)
        step[column] = 1e-6
        step = step.reshape(values.shape)
        ahead, behind = (gap_of(respond_at(game, values + sign * step, t)) for sign in (1, -1))
        slopes[:, column] = (ahead - behind).ravel() / 2e-6
    np.testing.assert_allclose(weights.toarray() - np.diag(matrix.diagonal), slopes, atol=1e-8)
    near = max(t, 1e-3)
    moved = [gap_of(respond_at(game, values, near + sign * 1e-6)) for sign in (1, -1)]
    slope = drift(respond_at(game, values, near), near)
    np.testing.assert_allclose(slope, (moved[0] - moved[1]) / 2e-6, atol=1e-8)
    iteration = Iteration(pack(game), values)
    iteration.run(t, 1e-13, 2000)
    assert np.abs(gap_of(respond_at(game, iteration.values, t))).max() < 1e-11
