"""Tracing: smooth paths take four steps, folds are reported where they are, and lost paths are admitted."""

from importlib.resources import files

import numpy as np
import pytest

from bystander.equilibrium.following import SMALLEST
from bystander.equilibrium.solve import solve
from bystander.game.changes import with_parameters
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario

FRIEND = """
  friend:
    about: Thanks both for keeping quiet
    acts: 12 per year
    patience: 50% per year
    actions:
      thank: {when: border == quiet, then: {border: quiet}, worth: 2, impacts: {east: 5, west: 5}}
"""
LOSS = "    interests: {strain: {when: border == quiet, worth: -30 per year}}\n"


@pytest.fixture(scope="module")
def thanked(tmp_path_factory):
    """Fear of attack, but quiet is worth the more the sharper a friend chooses: fear ends on the way."""
    text = (files("bystander.library") / "toys/three-equilibria.yaml").read_text()
    text = text.replace("    rationality: sharpness\n", "    rationality: sharpness\n" + LOSS)
    text = text.replace("outcomes:", FRIEND.strip("\n") + "\noutcomes:")
    path = tmp_path_factory.mktemp("fold") / "thanked.yaml"
    path.write_text(text)
    return compile_game(read_scenario(path))


def fear_ends():
    """Find where the equation of the traced path loses its upper root, on grids of t and of the value."""
    value = np.linspace(-9.0, 0.0, 20_001)
    for t in np.arange(0.4, 0.8, 0.001):
        strike = 1.0 / (1.0 + np.exp(3.0 * t * (3.0 + value)))
        entropy = -(strike * np.log(strike) + (1.0 - strike) * np.log1p(-strike))
        flow = 30.0 * (2.0 / (1.0 + np.exp(-2.0 * t)) - 1.0)
        better = strike * (-3.0 - value) + t * entropy / 3.0
        gap = 0.5 * value - flow + 12.0 * strike * (6.0 + value) - 12.0 * better
        if (gap > 0).all() or (gap < 0).all():
            return t
    raise AssertionError("no fold")


def test_a_fold_is_reported_where_it_is(thanked):
    found = solve(thanked).require_converged()
    assert found.selection.how == "traced"
    (jump,) = found.selection.jumps
    assert jump.t == pytest.approx(fear_ends(), abs=4 * SMALLEST)
    assert jump.size > 1.0
    strike = [k for k, m in enumerate(thanked.moves) if m.name.endswith("strike")]
    striking = np.isin(thanked.structure.kind_move[thanked.structure.option_kind], strike)
    assert found.choice[striking].max() < 1e-3


def test_a_smooth_path_takes_four_steps_and_reports_nothing():
    found = solve(compile_game(read_scenario("crises/kazakhstan-2022"))).require_converged()
    assert found.selection.steps == 4
    assert found.selection.jumps == ()


def test_a_steep_path_is_followed_in_small_steps_and_is_no_jump():
    found = solve(compile_game(read_scenario("toys/standoff"))).require_converged()
    assert found.selection.steps > 4
    assert found.selection.jumps == ()


@pytest.mark.parametrize("sharpness", [0.5, 3.0, 10.0])
def test_tracing_leads_to_fear(sharpness):
    game = with_parameters(compile_game(read_scenario("toys/three-equilibria")), {"sharpness": sharpness})
    found = solve(game).require_converged()
    assert found.choice.min() > 0.5 or sharpness < 1.0
    assert found.selection.jumps == ()


def test_interruption_is_a_status():
    game = compile_game(read_scenario("toys/standoff"))
    found = solve(game, progress=lambda stage, sweeps, change: False)
    assert found.status.value == "interrupted"
