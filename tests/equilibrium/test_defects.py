"""Defects of the value equations, against the slow twin, and their way of counting votes, by enumeration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.equilibrium import defects as module
from bystander.equilibrium.defects import NOBODY, defects, weigh
from reference import small_games
from reference.small_games import random_game, with_numbers
from reference.votes import adoption_by_enumeration, pivot_and_without_by_enumeration


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("actors", [1, 2, 5])
def test_defects_are_what_a_slow_sweep_would_change(shocks, actors, monkeypatch):
    monkeypatch.setattr(module, "RANGE_ROWS", 5)
    game = random_game(actors, actors=actors, shocks=shocks)
    values = np.random.default_rng(actors).normal(size=(game.size, actors))
    after, _, rate = small_games.sweep(game, values)
    defect, leaving = defects(game, values)
    np.testing.assert_allclose(leaving, np.add.reduceat(rate, game.structure.option_start[:-1]), rtol=1e-12)
    change = defect / (game.numbers.discount + leaving[:, None])
    np.testing.assert_allclose(change, after - values, atol=1e-12)


def test_steep_and_even_choices_have_finite_defects():
    values = np.random.default_rng(0).normal(size=(random_game(1).size, 3))
    for rationality in (np.zeros(3), np.array([3e4, 1.0, 0.0])):
        for shocks in ("private", "noise"):
            game = with_numbers(random_game(1, shocks=shocks), rationality=rationality)
            assert all(np.isfinite(found).all() for found in defects(game, values))


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=6), st.data())
def test_yes_weights_agree_with_enumerating_every_combination(members, data):
    yes = np.array([chance for chance, _ in members])
    weights = np.array([weight for _, weight in members], np.int32)
    quota = data.draw(st.integers(1, max(int(weights.sum()), 1)))
    cells = np.empty(quota + 1)
    weigh(yes, weights, NOBODY, quota, cells)
    assert cells[quota] == pytest.approx(adoption_by_enumeration(yes, weights, quota), abs=1e-13)
    for member in np.flatnonzero(weights):
        weigh(yes, weights, member, quota, cells)
        pivotal = cells[max(quota - weights[member], 0) : quota].sum()
        both = pivot_and_without_by_enumeration(yes, weights, quota, member)
        assert (pivotal, cells[quota]) == pytest.approx(both, abs=1e-13)
