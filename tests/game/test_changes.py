"""Nearby games: parameters and derivatives."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bystander.errors import QueryError, ScenarioError
from bystander.game.arrays import Numbers
from bystander.game.compile import compile_game, with_parameters
from reference.scenarios import read, scenarios
from reference.slow_compile import as_plain, differences
from reference.slow_derivatives import number_derivatives

SMALL = {
    "bystander": 1,
    "title": "Small",
    "as_of": "2022-10-15",
    "horizon": "1 year",
    "variables": {
        "front": {"levels": ["quiet", "clash", "war"], "start": "quiet"},
        "talks": {"levels": ["none", "open"], "start": "none"},
    },
    "parameters": {"flare": "3 per year", "odds": "60%", "fear": 1.5, "door": 0, "guns": 2},
    "actors": {
        "east": {
            "acts": "every 2 weeks",
            "patience": "50% per year",
            "rationality": "guns / 2",
            "interests": {"loss": {"when": "front == war", "worth": "-fear * 4 per year"}},
            "actions": {
                "attack": {
                    "when": "front == clash",
                    "then": [{"chance": "odds", "front": "war"}, {"chance": "rest", "front": "quiet"}],
                    "worth": "-exp(fear) / 3",
                },
                "talk": {"when": "talks == none and door > 1", "then": {"talks": "open"}},
            },
        }
    },
    "hazards": {
        "flare": {"when": "front == quiet", "rate": "flare * guns", "then": {"front": "clash"}},
        "tire": {"when": "front == war", "every": "3 weeks", "then": {"front": "quiet"}},
    },
}


def small(**parameters):
    return compile_game(read({**SMALL, "parameters": {**SMALL["parameters"], **parameters}}))


def test_a_parameter_in_tables_only_shares_everything_else():
    game = small()
    moved = with_parameters(game, {"fear": 2.0})
    assert moved.structure is game.structure
    assert moved.situations is game.situations
    assert moved.numbers.rate is game.numbers.rate
    assert moved.numbers.flow_worth is not game.numbers.flow_worth
    assert differences(as_plain(moved), as_plain(small(fear=2.0))) == []
    assert with_parameters(game, {"fear": 1.5}) is game


def test_a_parameter_in_a_guard_opens_new_situations():
    game = small()
    moved = with_parameters(game, {"door": 2})
    assert (game.size, moved.size) == (3, 6)
    assert differences(as_plain(moved), as_plain(small(door=2))) == []
    assert with_parameters(moved, {"door": 0}).size == 3


def test_a_guard_that_does_not_change_its_mind_keeps_the_structure():
    game = small()
    moved = with_parameters(game, {"door": 0.9})
    assert moved.structure is game.structure
    assert with_parameters(moved, {"door": 1.1}).size == 6


@pytest.mark.parametrize(("name", "value", "size"), [("flare", 0.0, 1), ("odds", 0.0, 2), ("odds", 1.0, 3)])
def test_a_rate_or_chance_that_becomes_zero_changes_what_can_occur(name, value, size):
    assert with_parameters(small(), {name: value}).size == size


def test_numbers_that_mean_nothing_are_refused_at_the_new_values():
    with pytest.raises(ScenarioError, match=r"chance 1.5"):
        with_parameters(small(), {"odds": 1.5})
    with pytest.raises(ScenarioError, match=r"'nature.flare' has the rate -"):
        with_parameters(small(), {"flare": -1})
    with pytest.raises(ScenarioError, match="rationality -1"):
        with_parameters(small(), {"guns": -2, "flare": -1})


def test_unknown_parameters_and_values_are_refused():
    with pytest.raises(QueryError, match="Did you mean 'fear'"):
        with_parameters(small(), {"faer": 1})
    with pytest.raises(QueryError, match="finite"):
        with_parameters(small(), {"fear": float("nan")})
    with pytest.raises(QueryError, match="'oods'"):
        number_derivatives(small(), "oods")


@given(scenarios(structural=False), st.sampled_from(["k", "p", "gain", "speed", "soon"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_derivatives_agree_with_differences(data, parameter):
    game = compile_game(read(data))
    value = dict(game.parameters)[parameter]
    step = 1e-5 * value
    up, down = (with_parameters(game, {parameter: value + sign * step}).numbers for sign in (1, -1))
    found = number_derivatives(game, parameter)
    for field in fields(Numbers):
        if field.name.startswith("vote"):
            assert not getattr(found, field.name).any()
            continue
        slope = (getattr(up, field.name) - getattr(down, field.name)) / (2 * step)
        np.testing.assert_allclose(getattr(found, field.name), slope, rtol=1e-6, atol=1e-7)
