"""The reward chain of PRISM's regression suite: expected cumulative rewards by four times."""

import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario import read_scenario

PRINTED = {
    "reward_by_tenth": 2.28944,
    "reward_by_half": 9.87621,
    "reward_by_one": 11.89005,
    "reward_by_ten": 12.11429,
}


def test_expected_rewards() -> None:
    scenario = read_scenario("papers/prism-rewards")
    clocks = make_clocks(solve(compile_game(scenario)))
    found = answer_all(clocks, [Request(name, outcome) for name, outcome in scenario.outcomes.items()])
    values = {result.name: result.estimate.value for result in found}
    assert values == {name: pytest.approx(value, abs=5e-6) for name, value in PRINTED.items()}
    assert all(result.estimate.error < 1e-6 for result in found)
