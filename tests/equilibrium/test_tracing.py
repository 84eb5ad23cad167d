"""The traced branch: through folds, past symmetries, the same whatever rounding does, admitted where lost."""

import numpy as np
import pytest

from bystander.equilibrium import following, homotopy, tracing
from bystander.equilibrium.response import gap_of, respond_at
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game, with_parameters
from bystander.scenario import read_scenario
from reference.slow_tracer import gap, trace
from reference.small_games import random_game
from reference.stress_games import (
    lone_decider,
    perturbed,
    stepping_in,
    stress_game,
    surprise_attack,
    two_sided,
)

DRAWN = 200
CHICKEN = ((0.0, -4.0), (6.0, -10.0))


def alike(one, two):
    """Say whether two solutions print the same: status, branch, landmarks, behaviour."""
    return (
        one.status is two.status
        and one.selection.jumps == two.selection.jumps
        and one.selection.landmarks == two.selection.landmarks
        and np.abs(one.choice - two.choice).max() < 1e-9
    )


def fear_ends():
    """Find where the equation of the traced path loses its upper root, by halving, on a grid of values."""
    value = np.linspace(-9.0, 0.0, 200_001)

    def lost(t):
        strike = 1.0 / (1.0 + np.exp(3.0 * t * (3.0 + value)))
        entropy = -(strike * np.log(strike) + (1.0 - strike) * np.log1p(-strike))
        flow = 30.0 * (2.0 / (1.0 + np.exp(-2.0 * t)) - 1.0)
        better = strike * (-3.0 - value) + t * entropy / 3.0
        gap = 0.5 * value - flow + 12.0 * strike * (6.0 + value) - 12.0 * better
        return (gap > 0).all() or (gap < 0).all()

    low, high = 0.5, 0.6
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if lost(middle) else (middle, high)
    return low


def test_a_fold_is_reported_where_it_is_and_followed():
    found = solve(surprise_attack()).require_converged()
    assert (found.selection.how, found.selection.jumps) == ("traced", ())
    first, second = found.selection.landmarks
    assert (first.kind, second.kind) == ("fold", "fold")
    assert first.low <= fear_ends() <= first.high
    assert second.low == pytest.approx(0.170338, abs=2e-6)
    quiet = found.game.situations.start > 0
    strike = [k for k, m in enumerate(found.game.moves) if m.name.endswith("strike")]
    striking = np.isin(found.game.structure.kind_move[found.game.structure.option_kind], strike)
    assert found.choice[striking].max() < 1e-3
    assert found.values[quiet].min() > 40.0


def test_values_at_a_fold_are_the_published_ones():
    """At the second fold of the branch an independent tracer found values of 7.803 on a grid of points."""
    follower = following.Follower(tracing.traced_curve(surprise_attack()))
    at, find = [], follower.find_fold
    follower.find_fold = lambda *step: at.append(find(*step)) or at[-1]
    follower.follow(np.zeros(follower.curve.size))
    assert at[1].t == pytest.approx(0.170338, abs=1e-6)
    assert at[1].values[0] == pytest.approx(7.803, abs=0.05)


@pytest.mark.parametrize(
    "game",
    [
        surprise_attack(),
        stepping_in([20, 20]),
        stepping_in([20, 21]),
        two_sided([CHICKEN, [[1.01 * v for v in row] for row in CHICKEN]], sharpness=2.0),
        stress_game(21)[1],
    ],
)
def test_the_slow_tracer_ends_at_the_same_place(game):
    folds, values, t = trace(game, length=0.2)
    assert t == 1.0
    found = solve(game).require_converged()
    np.testing.assert_allclose(found.values, values, atol=1e-9)
    marks = [m.low for m in found.selection.landmarks if m.kind == "fold"]
    np.testing.assert_allclose(marks, folds, atol=1e-3)


def test_the_equations_on_the_way_are_those_of_the_slow_tracer():
    game = random_game(3, shocks="private")
    values = np.random.default_rng(0).normal(size=(game.size, len(game.actors)))
    for t in (0.0, 0.4, 1.0):
        np.testing.assert_allclose(
            gap_of(respond_at(game, values, t)).ravel(), gap(game, values, t), atol=1e-12
        )


def test_rounding_changes_nothing():
    """Every number of a game moved by up to 9e-13 of itself: the same branch, landmarks and behaviour."""
    wrong = []
    marks = 0
    for seed in range(DRAWN):
        name, game = stress_game(seed)
        found = solve(game).require_converged()
        marks += len(found.selection.landmarks)
        assert found.selection.jumps == (), name
        if not alike(found, solve(perturbed(game, seed))):
            wrong.append(name)
    assert wrong == []
    assert marks > DRAWN / 5


@pytest.mark.parametrize(
    ("seed", "at"),
    [
        (5034, 0.788608),
        (5118, 0.039215),
        (30972, 0.082075),
        (31287, 0.057120),
        (23298, 0.225664),
        (23976, 0.537779),
    ],
)
def test_a_step_that_ends_or_is_read_beside_a_crossing_finds_it_where_it_is(seed, at):
    """Rounding decided on these: the tangent beside a crossing is rounding, and so is a point read there."""
    _, game = stress_game(seed)
    found = solve(game).require_converged()
    assert any(abs(mark.low - at) < 1.5e-6 for mark in found.selection.landmarks)
    assert alike(found, solve(perturbed(game, seed)))


@pytest.mark.parametrize("others", [2, 3, 5, 8])
def test_a_symmetric_game_keeps_its_symmetric_path_and_says_where_it_breaks(others):
    found = solve(stepping_in([20.0] * others)).require_converged()
    acting = found.choice[:others]
    np.testing.assert_allclose(acting, acting[0], atol=1e-12)
    assert [m.kind for m in found.selection.landmarks] == ["branch point"]
    again = solve(perturbed(found.game, others))
    assert alike(found, again)


@pytest.mark.parametrize(("others", "seasons"), [(2, 120), (3, 120), (5, 80), (8, 60)])
def test_a_larger_game_says_where_its_symmetry_breaks_too(others, seasons):
    """Seasons that change nothing leave the branch point where it is: 480 to 1,080 unknowns, factorised."""
    small = solve(stepping_in([20.0] * others)).selection.landmarks
    found = solve(stepping_in([20.0] * others, seasons=seasons)).require_converged()
    assert found.values.size > homotopy.DENSE
    assert set(small) <= set(found.selection.landmarks)
    assert {mark.kind for mark in found.selection.landmarks} == {"branch point"}
    assert found.selection.jumps == ()
    assert alike(found, solve(perturbed(found.game, others)))


def test_a_slight_asymmetry_bends_the_path_and_is_followed():
    found = solve(stepping_in([20.0, 20.2])).require_converged()
    assert found.choice[0] > 0.5 > 0.05 > found.choice[1]
    assert found.selection.landmarks == ()


def test_one_decider_never_jumps():
    found = solve(lone_decider()).require_converged()
    assert (found.selection.jumps, found.selection.landmarks) == ((), ())


@pytest.mark.parametrize(("game", "most"), [("crises/kyrgyz-uzbek-delimitation", 16), ("seasons", 12)])
def test_a_large_smooth_path_takes_a_few_strides_and_reports_nothing(game, most):
    """The first bends: who never had a reason to fight comes to have one."""
    costs = [2.0, 3.0, 5.0, 8.0, 2.5, 6.0]
    large = stepping_in(costs, seasons=180) if game == "seasons" else compile_game(read_scenario(game))
    found = solve(large).require_converged()
    assert found.values.size > homotopy.DENSE
    assert found.selection.steps <= most
    assert (found.selection.jumps, found.selection.landmarks) == ((), ())


def test_strides_and_the_follower_take_the_same_branch(monkeypatch):
    game = compile_game(read_scenario("crises/kazakhstan-2022"))
    followed = solve(game).require_converged()
    monkeypatch.setattr(tracing, "DENSE", 0)
    strode = solve(game).require_converged()
    assert "sweeps" in strode.method
    np.testing.assert_allclose(strode.choice, followed.choice, atol=1e-7)


@pytest.mark.parametrize(
    "game",
    [
        surprise_attack(),
        surprise_attack(strain=20.0, thanks=(4, 8), shocks="control"),
        surprise_attack(strain=45.0, thanks=(4, 8)),
        surprise_attack(sharpness=5.0, shocks="control"),
    ],
)
@pytest.mark.parametrize("size", [0, tracing.FOLLOWED_SIZE])
def test_where_strides_lose_the_branch_it_is_followed_with_iterative_solves(game, size, monkeypatch):
    """Folds are bracketed by one look and a cubic, about where factorisations find them to rounding.

    Beyond the first fold of some of them choices are as certain as was foretold, while values leap.
    """
    monkeypatch.setattr(tracing, "FOLLOWED_SIZE", size)
    folds = solve(game).selection.landmarks
    monkeypatch.setattr(tracing, "DENSE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.DENSE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.FACTORED", 0)
    found = solve(game).require_converged()
    assert [mark.kind for mark in found.selection.landmarks] == [mark.kind for mark in folds]
    for rough, fine in zip(found.selection.landmarks, folds, strict=True):
        assert rough.low <= fine.low < fine.high <= rough.high + 1e-9
    assert found.selection.jumps == ()


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_sparse_factors_say_what_dense_ones_say(seed, monkeypatch):
    game = stress_game(seed)[1]
    found = solve(game)
    monkeypatch.setattr("bystander.equilibrium.homotopy.DENSE", 0)
    assert alike(found, solve(game))


@pytest.mark.parametrize("seed", [1, 6, 42, 91, 96, 97, 195, 243, 291])
def test_strides_that_are_not_plain_give_way_to_following(seed, monkeypatch):
    """Where nearly alike actors part, sweeps settle on another branch and foretell it well."""
    game = stress_game(seed)[1]
    followed = solve(game).require_converged()
    monkeypatch.setattr(tracing, "DENSE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.DENSE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.FACTORED", 0)
    np.testing.assert_allclose(solve(game).require_converged().choice, followed.choice, atol=1e-6)


def test_a_branch_is_taken_up_from_an_earlier_point_where_the_last_ones_are_none(monkeypatch):
    """Sweeps linger just past a fold, so that the last points accepted may be no solutions."""
    game = surprise_attack()
    folds = solve(game).selection.landmarks
    monkeypatch.setattr(tracing, "DENSE", 0)
    monkeypatch.setattr(tracing, "FOLLOWED_SIZE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.DENSE", 0)
    monkeypatch.setattr("bystander.equilibrium.homotopy.FACTORED", 0)
    begun = []

    def settles_late(self, values, t):
        begun.append(t)
        return None if len(begun) < 3 else settle(self, values, t)

    settle = following.Follower.settle
    monkeypatch.setattr(following.Follower, "settle", settles_late)
    found = solve(game).require_converged()
    assert begun == sorted(begun, reverse=True)
    assert len(set(begun)) == len(begun) == 3
    assert [mark.kind for mark in found.selection.landmarks] == [mark.kind for mark in folds]
    assert found.method == tracing.FOLLOWED


def test_a_branch_that_cannot_be_followed_is_left_by_a_rule_that_is_said(monkeypatch):
    monkeypatch.setattr(following, "MOST", 5)
    found = solve(surprise_attack()).require_converged()
    (jump,) = found.selection.jumps
    assert 0.0 < jump.t < 1.0
    assert tracing.LEFT in jump.kind
    assert found.method.startswith(tracing.FELL)


@pytest.mark.parametrize("sharpness", [0.5, 3.0, 10.0])
def test_tracing_leads_to_fear(sharpness):
    game = with_parameters(compile_game(read_scenario("toys/three-equilibria")), {"sharpness": sharpness})
    found = solve(game).require_converged()
    assert found.choice.min() > 0.5 or sharpness < 1.0
    assert found.selection.jumps == ()


def test_interruption_is_a_status():
    game = compile_game(read_scenario("toys/standoff"))
    found = solve(game, progress=lambda stage, sweeps, change: False)
    assert found.status is Status.INTERRUPTED
