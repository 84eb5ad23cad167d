"""Behaviour held fixed by a sweep: the linear equations it leaves, and where cheap sweeps of them lead."""

import numpy as np
import pytest

from bystander.equilibrium import iteration as module
from bystander.equilibrium.iteration import Iteration
from bystander.equilibrium.packed import pack
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from reference import small_games
from reference.small_games import random_game
from reference.stress_games import perturbed, stress_game


def one_block(game, values):
    iteration = Iteration(pack(game), values)
    assert len(iteration.blocks) == 1
    return iteration


def dense(iteration):
    """The held equations as (weights, income, leaving) with weights ``(N, N)``."""
    held = iteration.held
    n = len(held.leaving)
    weights = np.zeros((n, n))
    where = np.repeat(np.arange(n), np.diff(held.start).astype(int))
    np.add.at(weights, (where, held.place.astype(int) % iteration.length), held.weights)
    actors = len(iteration.values[0])
    return weights, held.income[:, :actors], held.leaving


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_a_sweep_holds_the_equations_it_solved(shocks):
    """At a solution, where no row changes, the held equations are those of the slow twin and hold."""
    game = random_game(3, shocks=shocks)
    values, choice, rate, _ = small_games.solve(game)
    iteration = one_block(game, values)
    iteration.sweep(1.0)
    weights, income, leaving = dense(iteration)
    start = game.structure.option_start[:-1]
    np.testing.assert_allclose(leaving, np.add.reduceat(rate, start), rtol=1e-9)
    np.testing.assert_allclose(weights.sum(axis=1), leaving, rtol=1e-12)
    ahead = (income + weights @ values) / (game.numbers.discount + leaving[:, None])
    np.testing.assert_allclose(ahead, values, atol=1e-9)
    assert (choice > 0.0).any()


@pytest.mark.parametrize("rows", [10**6, 4])
def test_cheap_sweeps_solve_the_held_equations(monkeypatch, rows):
    """Many of them give what dense algebra gives, in one block and in two that read each other's copies."""
    game = random_game(7, levels=(3, 3, 2))
    monkeypatch.setattr(module, "BLOCK_ROWS", rows)
    monkeypatch.setattr(module, "EXCHANGES", 2001)
    monkeypatch.setattr(module, "EVALUATIONS", 2)
    iteration = Iteration(pack(game), np.random.default_rng(0).normal(size=(game.size, 3)))
    assert len(iteration.blocks) == (1 if rows > game.size else 2)
    iteration.sweep(1.0)
    weights, income, leaving = dense(iteration)
    iteration.evaluate()
    for actor, discount in enumerate(game.numbers.discount):
        exact = np.linalg.solve(np.diag(discount + leaving) - weights, income[:, actor])
        np.testing.assert_allclose(iteration.image[:, actor], exact, rtol=1e-9, atol=1e-9)


def test_cheap_sweeps_change_how_fast_and_not_where(monkeypatch):
    game = random_game(11, levels=(3, 3, 3))
    monkeypatch.setattr(module, "EXCHANGES", 0)
    without = solve(game, trace=False)
    monkeypatch.setattr(module, "EXCHANGES", 3)
    found = solve(game, trace=False)
    np.testing.assert_allclose(found.values, without.values, atol=1e-7)
    assert found.iterations < without.iterations


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("size", [1e-2, 3e-2])
def test_the_last_stretch_moves_values_further_than_they_are_off(size, tolerance):
    """Of drawn games, solved from the equilibrium of one a little different, as changes are."""
    seen = 0
    for seed in range(12):
        game = stress_game(seed)[1] if seed % 2 else random_game(seed)
        start = solve(perturbed(game, seed, size / 9), tolerance=1e-10)
        if start.status is not Status.CONVERGED:
            continue
        iteration = Iteration(pack(game), start.values)
        ending = iteration.run(1.0, tolerance, 3000)
        found = iteration.values.copy()
        if ending.moved is None or iteration.run(1.0, 1e-13, 3000).status is not Status.CONVERGED:
            continue
        off = float((np.ptp(iteration.values - found, axis=0) * game.numbers.rationality).max())
        assert off <= ending.moved + 1e-11 * np.abs(found).max(), seed
        seen += 1
    assert seen >= 4
