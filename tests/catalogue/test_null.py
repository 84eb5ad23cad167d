"""The law of the null on what ships: with nothing at stake each move fires at exactly its habit."""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.scenario import null, read_scenario
from bystander.scenario.document import library_paths
from catalogue.habits import habits_of, paces_of

SHIPPED = [
    path
    for path in library_paths()
    if path.startswith(("crises/", "papers/", "templates/", "toys/")) and "/parts/" not in path
]


def test_everything_that_can_be_solved_is_here() -> None:
    assert len(SHIPPED) > 40
    assert sum(path.startswith("crises/") for path in SHIPPED) == 6


@pytest.mark.parametrize("name", SHIPPED)
def test_with_nothing_at_stake_each_move_fires_at_its_habit(name: str) -> None:
    """Files that state another convention are read under control: then habits are even shares and coins."""
    scenario = read_scenario(name)
    settings = scenario.settings.model_copy(update={"shocks": "control"})
    game = compile_game(null(scenario.model_copy(update={"settings": settings})))
    found = solve(game).require_converged()
    assert np.abs(found.values).max(initial=0.0) < 1e-10
    expected = habits_of(game)
    np.testing.assert_allclose(found.choice, expected, rtol=1e-11)
    np.testing.assert_allclose(found.option_rate, paces_of(game) * expected, rtol=1e-11)
