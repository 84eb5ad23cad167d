"""Histories as a table: complete, consistent, reproducible."""

from typing import Any

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.chain import Chain, make_chain
from bystander.scenario import read_scenario
from bystander.simulation.paths import START, histories, simulate

YEAR = 365.25


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(solve(compile_game(read_scenario("templates/border"))))


@pytest.fixture(scope="module")
def table(chain: Chain) -> dict[str, Any]:
    return histories(chain, simulate(chain, 200, YEAR, seed=3))


def test_every_path_begins_at_the_start_and_goes_forward(table: dict[str, Any]) -> None:
    first = table["move"] == START
    assert table["path"][first].tolist() == list(range(200))
    assert (table["day"][first] == 0.0).all()
    assert (table["front"][first] == "quiet").all()
    same = np.diff(table["path"]) == 0
    assert (np.diff(table["day"])[same] > 0.0).all()


def test_moves_lead_where_they_say(table: dict[str, Any]) -> None:
    after = table["front"][table["move"] == "incident"]
    assert len(after)
    assert set(after) == {"clash"}


def test_the_same_seed_gives_the_same_table(chain: Chain, table: dict[str, Any]) -> None:
    again = histories(chain, simulate(chain, 200, YEAR, seed=3))
    assert all((again[name] == column).all() for name, column in table.items())
    other = histories(chain, simulate(chain, 200, YEAR, seed=4))
    assert other["day"].tolist() != table["day"].tolist()
