"""The law of the null on what ships: with nothing at stake each move fires at exactly its habit."""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game import compile_game
from bystander.game.arrays import MoveType
from bystander.scenario import null, read_scenario
from bystander.scenario.schema import Settings

SHIPPED = [
    f"toys/{name}" for name in ("csto", "diversion", "escalation-ladder", "standoff", "sco", "mediation")
]


def habits_of(game):
    """What each option is chosen with by habit: stated ones, else an even share of what they leave."""
    shape, numbers = game.structure, game.numbers
    kind = shape.option_kind
    move = shape.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(shape.option_start))
    found = np.ones(len(kind))
    for actor in range(len(game.actors)):
        own = (shape.move_type[move] == MoveType.ACTION) & (shape.move_owner[move] == actor)
        stated = own & shape.move_habitual[move]
        claimed = np.bincount(place[stated], numbers.habit[kind[stated]], game.size)
        sharing = 1 + np.bincount(place[own & ~stated], minlength=game.size)
        found[own] = np.where(stated, numbers.habit[kind], ((1 - claimed) / sharing)[place])[own]
    return found, shape.move_type[move] != MoveType.DECISION


@pytest.mark.parametrize("name", [*SHIPPED, "crises/kazakhstan-2022"])
def test_with_nothing_at_stake_each_move_fires_at_its_habit(name):
    scenario = read_scenario(name)
    settings = Settings(shocks="control", limit=scenario.settings.limit)
    game = compile_game(null(scenario.model_copy(update={"settings": settings})))
    found = solve(game).require_converged()
    assert np.abs(found.values).max(initial=0.0) < 1e-10
    expected, counted = habits_of(game)
    np.testing.assert_allclose(found.choice[counted], expected[counted], rtol=1e-12)
