"""The fused sweep against the slow twin: along the path, for steep choices, in blocks, with any threads."""

import numpy as np
import pytest

from bystander.equilibrium import iteration as module
from bystander.equilibrium.iteration import Iteration, make_held, routes, sweep
from bystander.equilibrium.kernels import behaviour, make_scratch
from bystander.equilibrium.packed import pack, row_width
from bystander.equilibrium.solve import solve
from reference import small_games
from reference.small_games import random_game, with_numbers


def one_by_one(game, values, t):
    """Apply the kernel to every row of the same values, each in a block of its own: no row sees a new one."""
    packed = pack(game)
    stack = np.zeros((2 * game.size, len(packed.lanes)))
    stack[: game.size, : len(game.actors)] = stack[game.size :, : len(game.actors)] = values
    scratch, held = make_scratch(packed), make_held(packed)
    rows = [(s, s + 1) for s in range(game.size)]
    routed = routes(packed, rows, game.size)
    for low, high in rows:
        sweep(routed, stack, low, high, t, scratch, held)
    return stack[: game.size, : len(game.actors)]


def at(game, t):
    """The game whose equations at t = 1 are those of this game at t, but for the worth of shocks."""
    return with_numbers(game, rationality=t * game.numbers.rationality)


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("actors", [1, 2, 3, 5])
def test_one_sweep_is_the_value_equation(shocks, actors):
    game = random_game(actors, actors=actors, shocks=shocks)
    values = np.random.default_rng(0).normal(size=(game.size, actors))
    twin, choice, rate = small_games.sweep(game, values)
    np.testing.assert_allclose(one_by_one(game, values, 1.0), twin, atol=1e-13)
    found = behaviour(game, values)
    np.testing.assert_allclose(found, (choice, rate), atol=1e-14)


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("t", [0.0, 0.3, 0.8])
def test_on_the_path_choices_soften_and_shocks_shrink(t, shocks):
    """Rationality is scaled by t; what is worth 1 / rationality at its end is worth t / rationality."""
    game = random_game(4, shocks=shocks)
    values = np.random.default_rng(1).normal(size=(game.size, 3))
    expected = small_games.sweep(at(game, t), values, worth=t**2)[0]
    np.testing.assert_allclose(one_by_one(game, values, t), expected, atol=1e-12)


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_choices_of_any_steepness(shocks):
    game = with_numbers(random_game(2, shocks=shocks), rationality=np.array([3000.0, 1.0, 300.0]))
    values = np.random.default_rng(2).normal(size=(game.size, 3))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        choice, rate = behaviour(game, values)
        expected, _ = small_games.sweep(with_numbers(game), values)[1:]
    settled = np.isfinite(expected)
    assert settled.any()
    np.testing.assert_allclose(choice[settled], expected[settled], atol=1e-13)
    assert np.isfinite(one_by_one(game, values, 1.0)).all()
    assert np.isfinite(rate).all()


def test_rationality_zero_chooses_evenly_and_leaves_shocks_out():
    game = with_numbers(random_game(3), rationality=np.zeros(3))
    values = np.random.default_rng(3).normal(size=(game.size, 3))
    np.testing.assert_allclose(one_by_one(game, values, 1.0), small_games.sweep(game, values)[0], atol=1e-13)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_blocks_do_not_change_the_answer_and_threads_not_a_bit(monkeypatch, threads):
    game = random_game(5, levels=(3, 3, 4))
    whole = solve(game, trace=False)
    monkeypatch.setattr(module, "BLOCK_ROWS", 4)
    monkeypatch.setenv("BYSTANDER_THREADS", "1")
    alone = solve(game, trace=False)
    monkeypatch.setenv("BYSTANDER_THREADS", threads)
    together = solve(game, trace=False)
    assert len(Iteration(pack(game), game.flow()).blocks) == 2
    np.testing.assert_array_equal(alone.values, together.values)
    np.testing.assert_allclose(alone.values, whole.values, atol=1e-7)


def test_a_value_that_is_no_number_is_noticed():
    game = random_game(0)
    iteration = Iteration(pack(game), np.zeros((game.size, 3)))
    iteration.stack[0, 1] = np.nan
    assert np.isnan(iteration.sweep(1.0))


def test_rows_fill_registers():
    assert [row_width(actors) for actors in (1, 2, 3, 4, 5, 8, 9, 13)] == [1, 2, 4, 4, 8, 8, 12, 16]
