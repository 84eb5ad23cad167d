"""Corrections of slow modes: the equations they solve, what they leave alone, and what they are for."""

from dataclasses import replace

import numpy as np
import pytest

from bystander.equilibrium import held as groups
from bystander.equilibrium import iteration as module
from bystander.equilibrium import tracing
from bystander.equilibrium.held import groups_of
from bystander.equilibrium.iteration import Iteration
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from reference import small_games
from reference.small_games import random_game


@pytest.fixture
def small(monkeypatch):
    """Aggregate small games too, into few groups."""
    monkeypatch.setattr(module, "AGGREGATED_SIZE", 0)
    monkeypatch.setattr(groups, "GROUPS", 5)


def held_equations(iteration, game):
    """What one sweep held, as dense matrices: ``W (N, N)``, income ``(N, A)``, leaving ``(N,)``."""
    held, n = iteration.held, game.size
    weights = np.zeros((n, n))
    where = np.repeat(np.arange(n), np.diff(held.start).astype(int))
    np.add.at(weights, (where, held.place.astype(int) % (2 * iteration.length)), held.weights)
    return weights, held.income[:, : len(game.actors)], held.leaving


def swept(game, values):
    iteration = Iteration(pack(game), values)
    iteration.sweep(1.0)
    iteration._aggregate()
    return iteration


@pytest.mark.parametrize("rows", [10**6, 4])
@pytest.mark.parametrize("seed", range(4))
def test_a_correction_leaves_no_weighted_residual_in_any_group(small, monkeypatch, rows, seed):
    """In one block and in two that read each other's copies; the dense equations are the slow twin."""
    monkeypatch.setattr(module, "BLOCK_ROWS", rows)
    game = random_game(seed, levels=(3, 3, 2))
    iteration = swept(game, np.random.default_rng(seed).normal(size=(game.size, 3)))
    weights, income, leaving = held_equations(iteration, game)
    group, omega = iteration.aggregation.group, iteration.aggregation.weight
    assert 1 < group.max() + 1 <= 5

    def left():
        ahead = income + weights @ iteration.image[:, :3]
        residual = ahead - (game.numbers.discount + leaving[:, None]) * iteration.image[:, :3]
        return np.array([omega[group == g] @ residual[group == g] for g in range(group.max() + 1)])

    before = np.abs(left()).max()
    moved = iteration.image.copy()
    iteration._move_groups(iteration.aggregation)
    moved = iteration.image - moved
    assert np.abs(left()).max() < 1e-10 * before
    for g in range(group.max() + 1):
        np.testing.assert_allclose(moved[group == g], np.tile(moved[group == g][0], ((group == g).sum(), 1)))


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_a_solution_is_left_where_it_is(small, shocks):
    game = random_game(3, shocks=shocks)
    values, *_ = small_games.solve(game)
    iteration = swept(game, values)
    kept = iteration.image.copy()
    iteration._move_groups(iteration.aggregation)
    np.testing.assert_allclose(iteration.image, kept, atol=1e-8)


def test_many_passes_find_the_time_spent_in_each_situation(small, monkeypatch):
    monkeypatch.setattr(groups, "PASSES", 20_000)
    game = random_game(5, levels=(3, 3, 2))
    iteration = swept(game, np.zeros((game.size, 3)))
    weights, _, leaving = held_equations(iteration, game)
    rho = float(game.numbers.discount.min())
    exact = np.linalg.solve((np.diag(rho + leaving) - weights).T, np.ones(game.size))
    np.testing.assert_allclose(iteration.aggregation.weight, exact / exact.mean(), rtol=1e-8)


def test_groups_are_told_apart_by_what_changes_least():
    levels = np.array([[a, b, c] for a in range(4) for b in range(2) for c in range(3)], np.uint8)
    group = groups_of(levels, np.array([3.0, 0.5, 1.0]))
    assert group.max() + 1 == 4 * 2 * 3
    monthly = groups_of(np.repeat(levels, 2, axis=1), np.array([3.0, 9.0, 0.5, 0.6, 9.0, 1.0]))
    assert len(np.unique(monthly)) == 24
    fewer = groups_of(np.array([[a, b] for a in range(30) for b in range(2)], np.uint8), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(fewer, np.repeat(np.arange(30), 2))


@pytest.mark.parametrize("seed", range(8))
def test_aggregation_changes_how_fast_and_not_where(small, monkeypatch, seed):
    game = random_game(seed, levels=(3, 3, 3))
    found = solve(game, trace=False)
    monkeypatch.setattr(module, "AGGREGATED_SIZE", 10**9)
    without = solve(game, trace=False)
    np.testing.assert_allclose(found.values, without.values, atol=1e-7)


def test_threads_change_not_a_bit(small, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 4)
    game, found = random_game(5, levels=(3, 3, 4)), []
    for threads in ("1", "2"):
        monkeypatch.setenv("BYSTANDER_THREADS", threads)
        found.append(solve(game, trace=False).values)
    np.testing.assert_array_equal(*found)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("discount", [1e-300, 1e-12, 1e6])
@pytest.mark.parametrize("rate", [1e-300, 1.0, 1e9])
def test_weights_and_moves_are_numbers_at_any_pace(small, discount, rate):
    """Situations that are never left, people who look ahead for ever, and rates beyond all measure."""
    game = random_game(4, levels=(3, 3, 2))
    numbers = replace(
        game.numbers,
        rate=rate * game.numbers.rate,
        pace=rate * game.numbers.pace,
        discount=np.full(3, discount),
    )
    iteration = swept(replace(game, numbers=numbers), np.zeros((game.size, 3)))
    iteration._move_groups(iteration.aggregation)
    assert np.isfinite(iteration.aggregation.weight).all()
    assert np.isfinite(iteration.image).all()


def with_a_slow_variable(game, slower):
    """The game with hazards and proposals that move its first variable ``slower`` times as often."""
    structure, first = game.structure, game.situations.levels[:, 0]
    branches = structure.move_branches[structure.kind_move][structure.option_kind]
    option = np.repeat(np.arange(len(branches)), branches)
    situation = np.repeat(np.arange(game.size), np.diff(structure.option_start))[option]
    moved = np.unique(structure.option_kind[option[first[structure.targets] != first[situation]]])
    rate = game.numbers.rate.copy()
    rate[moved] *= slower
    return replace(game, numbers=replace(game.numbers, rate=rate))


def test_slow_variables_cost_fewer_sweeps(small, monkeypatch):
    """People who look years ahead, in a game one variable of which hardly moves; the answer is the same."""
    game = with_a_slow_variable(random_game(2, levels=(3, 3, 3), patience=0.002), 0.01)
    found = solve(game, trace=False)
    monkeypatch.setattr(module, "AGGREGATED_SIZE", 10**9)
    without = solve(game, trace=False)
    np.testing.assert_allclose(found.values, without.values, rtol=1e-6, atol=1e-6)
    assert found.iterations < without.iterations


@pytest.mark.parametrize("size", [0.3, 40.0])
def test_it_is_left_out_where_it_does_harm(small, monkeypatch, size):
    """A correction that throws values about is dropped, and the answer still found by sweeps."""
    game = random_game(1, levels=(3, 3, 2))
    good = solve(game, trace=False)
    thrown = np.full((5, 4), size) * np.arange(5)[:, None]
    monkeypatch.setattr(groups.Aggregation, "moves", lambda *_: thrown)
    calls = []
    lift = groups.Aggregation.move
    monkeypatch.setattr(groups.Aggregation, "move", lambda *a: (calls.append(1), lift(*a))[1])
    found = solve(game, trace=False)
    assert 1 <= len(calls) < found.iterations
    assert found.method == good.method
    np.testing.assert_allclose(found.values, good.values, atol=1e-7)


def test_where_moving_groups_leads_where_nothing_settles_the_walk_is_made_without(small, monkeypatch):
    """As beside the fold of Armenia 2020, where rounding decided whether 100 sweeps were enough."""
    game = random_game(3, levels=(3, 3, 3))
    monkeypatch.setattr(tracing, "DENSE", 0)
    monkeypatch.setattr(tracing, "FOLLOWED_SIZE", 0)
    run, lost = Iteration.run, []

    def stand_in(iteration, t, tolerance, limit, *more, **given):
        ending = run(iteration, t, tolerance, limit, *more, **given)
        if iteration.aggregates and t == 1.0 and tolerance < 1e-6:
            lost.append(t)
            iteration.values[:] = 7.0
            return replace(ending, status=Status.ITERATION_LIMIT)
        return ending

    monkeypatch.setattr(Iteration, "run", stand_in)
    found = solve(game)
    assert lost == [1.0]
    assert (found.status, found.selection.how, found.selection.jumps) == (Status.CONVERGED, "traced", ())
    monkeypatch.setattr(module, "AGGREGATED_SIZE", 10**9)
    without = solve(game)
    assert found.selection.steps == without.selection.steps
    np.testing.assert_allclose(found.values, without.values, atol=1e-7)
