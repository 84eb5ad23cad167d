"""The entry game of Blevins' ctcomp with two firms and two levels of demand, to the digits it prints."""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.arrays import MoveType
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario


@pytest.fixture(scope="module")
def equilibrium():
    return solve(compile_game(read_scenario("papers/blevins-entry")), tolerance=1e-10)


def test_values(equilibrium) -> None:
    values = equilibrium.require_converged().values
    assert values.shape == (8, 2)
    assert values.sum() == pytest.approx(360.942094, abs=1e-6)
    assert values.min() == pytest.approx(22.433432, abs=1e-6)


def test_switching_probabilities(equilibrium) -> None:
    structure = equilibrium.game.structure
    actions = structure.move_type[structure.kind_move[structure.option_kind]] == MoveType.ACTION
    switching = equilibrium.choice[actions]
    assert switching.min() == pytest.approx(0.419578, abs=1e-6)
    assert switching.max() == pytest.approx(0.456238, abs=1e-6)


def test_the_firms_are_alike(equilibrium) -> None:
    levels = equilibrium.game.situations.levels
    mirrored = levels[:, [0, 2, 1]]
    order = [np.flatnonzero((levels == row).all(axis=1))[0] for row in mirrored]
    np.testing.assert_allclose(equilibrium.values[:, 0], equilibrium.values[order, 1], rtol=0, atol=1e-8)
