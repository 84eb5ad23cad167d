"""Continuing from a base: one warm solve where little changes, a jump reported where the branch ends."""

import numpy as np
import pytest

from bystander.equilibrium import continuation
from bystander.equilibrium.continuation import between, carry, continue_from, same_structure
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game, with_parameters
from bystander.scenario import read_scenario, vary


def roots(cost):
    """Chances of striking at the roots of the toy's one equation, by sign changes on a fine grid."""
    value = np.linspace(-13.0, 2.0, 3_000_001)
    strike = 1.0 / (1.0 + np.exp(3.0 * (cost + value)))
    better = np.logaddexp(0.0, -3.0 * (cost + value)) / 3.0
    gap = -0.5 * value - 12.0 * strike * (6.0 + value) + 12.0 * better
    at = np.flatnonzero(gap[1:] * gap[:-1] < 0.0)
    exact = value[at] - gap[at] * (value[1] - value[0]) / (gap[at + 1] - gap[at])
    return np.sort(1.0 / (1.0 + np.exp(3.0 * (cost + exact))))


@pytest.fixture(scope="module")
def fear():
    return compile_game(read_scenario("toys/three-equilibria"))


def test_a_small_change_takes_one_warm_solve(fear):
    base = solve(fear)
    game = with_parameters(fear, {"cost": 3.1})
    found = continue_from(base, game).require_converged()
    warm = solve(game, warm=base)
    assert (found.selection.how, found.selection.steps, found.selection.jumps) == ("continued", 1, ())
    assert found.iterations == warm.iterations
    np.testing.assert_array_equal(found.values, warm.values)


def test_each_branch_is_followed_while_it_lasts(fear):
    game = with_parameters(fear, {"cost": 3.2, "damage": 6.2})
    ends = [continue_from(base, game) for base in (solve(fear), solve(fear, trace=False))]
    assert [e.selection.jumps for e in ends] == [(), ()]
    assert ends[0].choice.min() > 0.9
    assert ends[1].choice.max() < 0.1


def test_the_end_of_a_branch_is_a_jump(fear):
    base = solve(fear)
    game = with_parameters(fear, {"cost": 7.0})
    found = continue_from(base, game).require_converged()
    assert found.choice.max() < 1e-3
    (jump,) = found.selection.jumps
    assert 0.0 < jump.t < 1.0
    ahead, behind = (3.0 + (jump.t + d) * 4.0 for d in (0.03, -0.03))
    assert len(roots(ahead)) < len(roots(behind)) == 3
    before = continue_from(base, with_parameters(fear, {"cost": behind})).require_converged()
    assert before.selection.jumps == ()
    assert before.choice[0] == pytest.approx(roots(behind)[-1], abs=1e-6)


def test_a_jump_just_ahead_is_not_hidden_by_the_first_step(fear):
    """Close to where its branch ends nearly any step falls off it, however small."""
    base = continue_from(solve(fear), with_parameters(fear, {"cost": 5.0})).require_converged()
    assert base.choice.min() > 0.5
    assert (len(roots(5.0)), len(roots(7.0))) == (3, 1)
    found = continue_from(base, with_parameters(fear, {"cost": 7.0})).require_converged()
    assert len(found.selection.jumps) == 1
    assert found.choice.max() < 1e-3


def test_where_the_path_breaks_off_the_answer_is_the_straight_one_and_a_jump(fear, monkeypatch):
    base = solve(fear)
    game = with_parameters(fear, {"cost": 7.0})
    straight = solve(game, warm=base)
    monkeypatch.setattr(continuation, "PATIENCE", 0)
    found = continue_from(base, game).require_converged()
    np.testing.assert_array_equal(found.values, straight.values)
    (jump,) = found.selection.jumps
    assert jump.t == continuation.SMALLEST
    assert jump.size == pytest.approx(np.abs(straight.values - base.values).max())


def test_a_warm_solve_that_goes_in_a_circle_is_given_up(fear, monkeypatch):
    """Sweeps that are repelled go on for ever; what they do not reach is followed, as far as it lasts."""
    base = solve(fear)
    game = with_parameters(fear, {"cost": 3.2, "damage": 6.2})
    found = continue_from(base, game).require_converged()
    monkeypatch.setattr(continuation, "STRAIGHT", 1)
    followed = continue_from(base, game).require_converged()
    assert followed.selection.jumps == ()
    np.testing.assert_allclose(followed.values, found.values, atol=1e-8)


def test_another_structure_is_reached_in_one_step():
    scenario = read_scenario("toys/standoff")
    base = solve(compile_game(scenario))
    game = compile_game(vary(scenario, disable=["council.observe"]))
    assert not same_structure(base.game, game)
    found = continue_from(base, game).require_converged()
    assert found.selection.jumps == ()
    np.testing.assert_allclose(found.values, solve(game).values, atol=1e-7)
    assert carry(base, game).shape == found.values.shape


def test_numbers_lie_between(fear):
    other = with_parameters(fear, {"cost": 5.0})
    assert between(fear, other, 0.0) is fear
    assert between(fear, other, 1.0) is other
    half = with_parameters(fear, {"cost": 4.0})
    np.testing.assert_allclose(between(fear, other, 0.5).numbers.impact, half.numbers.impact)
