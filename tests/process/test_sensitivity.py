"""Derivatives against finite differences: of the process in each rate and chance, and of outcomes in each
parameter."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from bystander.derivatives.outcomes import gradients, slopes
from bystander.equilibrium.solve import solve
from bystander.game.compile import with_parameters
from bystander.process.outcomes import Request, answer_all, make_clocks
from process.toy import solved

NAMES = (
    "war_comes",
    "alliance_acts",
    "deployed_once_at_war",
    "at_war",
    "time_at_war",
    "dead",
    "dead_once_at_war",
    "incidents_seen",
    "time_to_deployment",
    "war_in_the_long_run",
)


def requests():
    scenario, _ = solved()
    return [Request(name, scenario.outcomes[name]) for name in NAMES]


def values(equilibrium):
    return np.array([r.estimate.value for r in answer_all(make_clocks(equilibrium), requests())])


@pytest.fixture(scope="module")
def found():
    _, equilibrium = solved()
    return slopes(make_clocks(equilibrium), requests())


def slope_between(changed, step):
    """Central difference of all outcomes along ``changed(size of the step)``."""
    return (values(changed(step)) - values(changed(-step))) / (2 * step)


def test_in_the_rate_of_each_option(found) -> None:
    _, equilibrium = solved()
    rates = equilibrium.option_rate

    def raised(by, option):
        return replace(equilibrium, option_rate=rates + by * (np.arange(len(rates)) == option))

    for option, rate in enumerate(rates):
        expected = slope_between(partial(raised, option=option), 1e-4 * rate)
        ours = np.array([f.slope.option_rate[option] for f in found])
        np.testing.assert_allclose(ours * rate, expected * rate, rtol=2e-5, atol=1e-7)


def test_in_chances_moved_from_one_branch_to_another(found) -> None:
    _, equilibrium = solved()
    game = equilibrium.game
    lotteries = np.flatnonzero(game.numbers.chance[:, 1] > 0.0)
    assert len(lotteries)

    def shifted(by, kind):
        chance = game.numbers.chance.copy()
        chance[kind, :2] += (by, -by)
        return replace(equilibrium, game=replace(game, numbers=replace(game.numbers, chance=chance)))

    for kind in lotteries:
        expected = slope_between(partial(shifted, kind=kind), 1e-5)
        ours = np.array([f.slope.chance[kind, 0] - f.slope.chance[kind, 1] for f in found])
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=1e-6)


def test_in_each_parameter() -> None:
    scenario, equilibrium = solved()
    ours = gradients(equilibrium, requests())

    def moved(by, name, value):
        game = replace(with_parameters(equilibrium.game, {name: value + by}), scenario=scenario)
        return solve(game, warm=equilibrium, tolerance=1e-13)

    for name, value in equilibrium.game.parameters:
        expected = slope_between(partial(moved, name=name, value=value), 1e-4 * value)
        computed = np.array([g[name] for g in ours])
        np.testing.assert_allclose(computed * value, expected * value, rtol=1e-4, atol=1e-6)
