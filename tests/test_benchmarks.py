"""The benchmarks: every registered cell exists, and the plain peer solves the same equations."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.families import entry_game, random_crisis
from benchmarks.peers import solve_plainly
from benchmarks.phases import ANY, nudge, phases_of
from benchmarks.register import FAMILIES, Family

from bystander.equilibrium.solve import solve

TINY = Family("tiny", "a crisis of 64 situations", lambda: random_crisis([4] * 3, 2, 3, 4, guards=0))


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_has_phases(name):
    phases = phases_of(FAMILIES[name])
    assert {"cold", "trace", "warm", "transient"} <= set(phases)
    assert ("run" in phases) == bool(FAMILIES[name].file)


@pytest.mark.parametrize("phase", sorted(ANY))
def test_every_phase_runs(phase):
    row = ANY[phase](TINY)
    assert row["seconds"] > 0.0


def test_plain_iteration_finds_the_same_values():
    for game in (entry_game(2, 2), TINY.make()):
        theirs = solve_plainly(game, 1e-11)
        assert not theirs.extrapolated
        ours = solve(game, trace=False, tolerance=1e-11).require_converged()
        np.testing.assert_allclose(theirs.values, ours.values, atol=1e-7)


def test_entry_game_in_plain_numpy_has_the_published_sum():
    values = solve_plainly(entry_game(2, 2), 1e-12).values
    assert values.sum() == pytest.approx(360.942094, abs=5e-6)


def test_a_nudge_changes_worths_only():
    game = TINY.make()
    changed = nudge(game)
    np.testing.assert_allclose(changed.flow(), 1.001 * game.flow(), rtol=1e-12)
    assert changed.structure is game.structure
