"""Implicit derivatives: against the solver's own answers at shifted numbers, and against each other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bystander.derivatives.implicit import (
    DirectDependence,
    linearise,
    number_gradients,
)
from bystander.derivatives.value_equations import NumbersChange, no_change, parameter_slopes
from bystander.equilibrium.solve import solve
from bystander.game.arrays import MoveType
from bystander.game.compile import compile_game, with_parameters
from reference.forward import push, push_changes
from reference.scenarios import read, scenarios
from reference.slow_derivatives import number_derivatives
from reference.small_games import random_game, with_numbers


def exact(game, warm=None):
    found = solve(game, tolerance=1e-11, warm=warm, limit=200_000)
    return found.require_converged()


def random_change(game, seed):
    """A direction in all numbers that keeps chances summing to 1 and the fixed entries fixed."""
    rng = np.random.default_rng(seed)
    change = no_change(game)
    for name in NumbersChange._fields:
        numbers = getattr(game.numbers, name)
        getattr(change, name)[...] = 0.5 * rng.normal(size=numbers.shape) * np.abs(numbers)
    change.flow_worth[0] = 0.0
    change.rate[game.structure.move_type[game.structure.kind_move] == MoveType.ACTION] = 0.0
    branches = game.structure.move_branches[game.structure.kind_move][:, None]
    real = np.arange(change.chance.shape[1]) < branches
    change.chance[~real] = 0.0
    change.chance[:] -= np.where(real, change.chance.sum(axis=1, keepdims=True) / branches, 0.0)
    return change


def shifted(game, change, step):
    return with_numbers(
        game, **{f: getattr(game.numbers, f) + step * getattr(change, f) for f in NumbersChange._fields}
    )


@given(scenarios(structural=False), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_parameters_move_is_the_sum_over_all_numbers(data, seed):
    rng = np.random.default_rng(seed)
    one = compile_game(read(data))
    names = [name for name, _ in one.parameters]
    known = dict(one.parameters)
    games = [one, with_parameters(one, {"gain": 1.1 * known["gain"]}), compile_game(read(data)), one]
    gradients = [NumbersChange(*(rng.normal(size=part.shape) for part in no_change(g))) for g in games]
    found = parameter_slopes(games, gradients, names)
    for game, gradient, row in zip(games, gradients, found, strict=True):
        for name, slope in zip(names, row, strict=True):
            moved = number_derivatives(game, name)
            parts = [(part * getattr(moved, f)).sum() for f, part in gradient._asdict().items()]
            size = sum(np.abs(part * getattr(moved, f)).sum() for f, part in gradient._asdict().items())
            assert slope == pytest.approx(sum(parts), rel=1e-9, abs=1e-12 * size)


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("seed", [1, 2])
def test_forward_agrees_with_finite_differences(seed, shocks):
    game = random_game(seed, levels=(3, 2, 2), shocks=shocks)
    base = exact(game)
    change = random_change(game, seed)
    found = push_changes(base, {"p": change}, tolerance=1e-12)["p"]
    step = 1e-4
    up, down = exact(shifted(game, change, step), base), exact(shifted(game, change, -step), base)
    for name in ("values", "option_rate", "choice"):
        numeric = (getattr(up, name) - getattr(down, name)) / (2 * step)
        analytic = getattr(found, name)
        np.testing.assert_allclose(analytic, numeric, rtol=0, atol=2e-5 * max(1, np.abs(numeric).max()))


@pytest.mark.parametrize("field", NumbersChange._fields)
def test_each_table_alone(field):
    game = random_game(3, levels=(2, 3), actors=2)
    base = exact(game)
    change = no_change(game)
    getattr(change, field)[...] = getattr(random_change(game, 8), field)
    found = push_changes(base, {"p": change}, tolerance=1e-12)["p"]
    step = 1e-4
    up, down = exact(shifted(game, change, step), base), exact(shifted(game, change, -step), base)
    numeric = (up.choice - down.choice) / (2 * step)
    assert np.abs(numeric).max() > 1e-6
    np.testing.assert_allclose(found.choice, numeric, rtol=0, atol=1e-5 * np.abs(numeric).max())


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_adjoint_and_forward_agree(shocks):
    game = random_game(4, levels=(3, 3, 2), shocks=shocks)
    line = linearise(exact(game))
    rng = np.random.default_rng(0)
    sources = [
        DirectDependence(
            option_rate=rng.normal(size=len(line.response.choice)),
            values=rng.normal(size=line.response.values.shape),
            choice=rng.normal(size=len(line.response.choice)),
            chance=rng.normal(size=game.numbers.chance.shape),
        )
        for _ in range(3)
    ]
    changes = {str(k): random_change(game, k) for k in range(4)}
    gradients = number_gradients(line, sources, tolerance=1e-12)
    moved = push_changes(line, changes, tolerance=1e-12)
    for source, gradient in zip(sources, gradients, strict=True):
        for name, change in changes.items():
            d = moved[name]
            forward = sum(
                np.vdot(getattr(source, f), getattr(d, f))
                for f in ("option_rate", "values", "choice", "chance")
            )
            adjoint = sum(np.vdot(a, b) for a, b in zip(gradient, change, strict=True))
            assert adjoint == pytest.approx(forward, rel=1e-8, abs=1e-8)


def test_rationality_zero_has_derivatives():
    game = random_game(5, levels=(2, 3), actors=2)
    beta = game.numbers.rationality.copy()
    beta[0] = 0.0
    game = with_numbers(game, rationality=beta)
    base = exact(game)
    change = no_change(game)
    change.flow_worth[1:] = 1e-3
    found = push_changes(base, {"p": change}, tolerance=1e-12)["p"]
    up, down = exact(shifted(game, change, 1e-3), base), exact(shifted(game, change, -1e-3), base)
    np.testing.assert_allclose(found.values, (up.values - down.values) / 2e-3, atol=1e-4)


def test_the_equations_are_linear_at_a_push():
    game = random_game(6)
    line = linearise(exact(game))
    a, b = random_change(game, 1), random_change(game, 2)
    both = NumbersChange(*(x + 2 * y for x, y in zip(a, b, strict=True)))
    still = np.zeros(line.response.values.shape)
    for one, two, sum_ in zip(
        push(line.response, a, still),
        push(line.response, b, still),
        push(line.response, both, still),
        strict=True,
    ):
        np.testing.assert_allclose(sum_, one + 2 * two, atol=1e-12)


def test_adding_to_all_flow_changes_no_behaviour():
    game = random_game(7)
    actor = game.structure.flow_actor[0]
    everywhere = game.structure.flow_context.copy()
    everywhere[:, 0] = 1
    game = replace(game, structure=replace(game.structure, flow_context=everywhere))
    change = no_change(game)
    change.flow_worth[1] = 1.0
    found = push_changes(exact(game), {"p": change}, tolerance=1e-12)["p"]
    np.testing.assert_allclose(found.values[:, actor], 1 / game.numbers.discount[actor], rtol=1e-8)
    assert np.abs(found.option_rate).max() < 1e-8
