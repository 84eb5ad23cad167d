"""Crises elsewhere, written with the documented language alone: they read, and mean something."""

from pathlib import Path

import pytest

from bystander.game.compile import compile_game
from bystander.scenario import find_problems, read_scenario, read_text, write_scenario

REGIONS = Path(__file__).parent / "regions"


@pytest.mark.parametrize(
    ("name", "situations", "dates"), [("horn", 1, 2), ("kashmir", 1, 1), ("aegean", 1, 0)]
)
def test_a_crisis_elsewhere_is_read_written_and_compiled(name: str, situations: int, dates: int) -> None:
    scenario = read_scenario(REGIONS / f"{name}.yaml")
    assert [str(p) for p in find_problems(scenario) if p.severity != "info"] == []
    assert read_text(write_scenario(scenario)) == scenario
    game = compile_game(scenario)
    assert game.size > situations
    assert len(game.dates) == dates
