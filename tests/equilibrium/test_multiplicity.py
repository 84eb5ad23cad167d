"""Searching for equilibria: three known ones are found, one is found once, and ranges cover them all."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bystander.equilibrium.certificate import certify
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import finish, solve
from bystander.game.compile import compile_game, with_parameters
from bystander.scenario import read_scenario
from reference.stress_games import stepping_in


def fear():
    return compile_game(read_scenario("toys/three-equilibria"))


def roots(cost=3.0, damage=6.0, sharpness=3.0, pace=12.0, patience=0.5):
    """Solve the toy's one equation by bisection between sign changes on a fine grid."""

    def strike(value):
        return 1.0 / (1.0 + math.exp(sharpness * (cost + value)))

    def gap(value):
        better = math.log1p(math.exp(sharpness * (-cost - value))) / sharpness
        return -patience * value - pace * strike(value) * (damage + value) + pace * better

    grid = np.linspace(-damage - 1.0, 2.0, 20_001)
    found = []
    for low, high in pairwise(grid):
        if gap(low) * gap(high) < 0.0:
            for _ in range(80):
                middle = (low + high) / 2
                low, high = (low, middle) if gap(low) * gap(middle) <= 0.0 else (middle, high)
            found.append(strike(low))
    return sorted(found)


def test_three_known_equilibria_are_found():
    known = roots()
    assert len(known) == 3
    found = search(fear(), starts=12, seed=1)
    assert len(found.equilibria) == 3
    strikes = sorted(e.choice.max() for e in found.equilibria)
    np.testing.assert_allclose(strikes, known, atol=1e-6)
    assert found.statement() == "3 found in 12 starts"
    assert sum(found.counts) + found.failed == found.starts == 12
    for equilibrium in found.equilibria:
        np.testing.assert_allclose(equilibrium.choice, equilibrium.choice[0], atol=1e-6)
        assert certify(equilibrium.game, equilibrium.values).residual <= equilibrium.tolerance


def test_the_one_that_repels_sweeps_has_no_start():
    found = search(fear(), starts=9)
    middle = sorted(range(3), key=lambda k: found.equilibria[k].choice.max())[1]
    assert found.counts[middle] == 0
    assert all(count > 0 for k, count in enumerate(found.counts) if k != middle)


def test_the_base_comes_first_and_ranges_cover_all():
    game = fear()
    base = solve(game, trace=False)
    found = search(game, starts=9, base=base)
    assert found.equilibria[0] is base
    chances = [float(equilibrium.choice[0]) for equilibrium in found.equilibria]
    low, high = min(chances), max(chances)
    known = roots()
    assert (low, high) == pytest.approx((known[0], known[-1]), abs=1e-6)


def test_where_there_is_one_one_is_found_from_everywhere():
    game = with_parameters(fear(), {"sharpness": 1.0})
    assert len(roots(sharpness=1.0)) == 1
    found = search(game, starts=9)
    assert found.counts == (9,)
    assert found.failed == 0


def test_the_same_seed_makes_the_same_search():
    one, two = search(fear(), starts=8, seed=3), search(fear(), starts=8, seed=3)
    assert one.counts == two.counts
    assert all(
        np.array_equal(a.values, b.values) for a, b in zip(one.equilibria, two.equilibria, strict=True)
    )


def test_starts_that_end_nowhere_are_counted():
    found = search(fear(), starts=4, limit=1)
    assert found.failed == 4
    assert found.statement() == "3 found in 4 starts; 4 ended nowhere"


def test_what_the_certificate_refuses_is_no_equilibrium(monkeypatch):
    """Accelerated sweeps may stop moving where the equations do not hold; that start ended nowhere."""

    def refused(game, iteration, ending, earlier, selection, *rest):
        found = finish(game, iteration, ending, earlier, selection, *rest)
        return replace(found, status=Status.ITERATION_LIMIT) if selection.how == "direct" else found

    monkeypatch.setattr("bystander.equilibrium.multiplicity.finish", refused)
    found = search(fear(), starts=4)
    assert all(e.status is Status.CONVERGED for e in found.equilibria)
    assert found.failed > 0
    assert sum(found.counts) == 4 - found.failed


@pytest.mark.parametrize(
    ("costs", "number"),
    [
        ([20, 20], 3),
        ([20, 21], 3),
        ([40, 44], 3),
        ([20, 20, 20], 7),
        ([20, 21, 22], 7),
        ([30, 31, 32, 33], 15),
        ([20] * 5, 31),
        ([20] * 6, 63),
        ([40] * 7, 127),
        ([40] * 8, 255),
    ],
)
def test_who_steps_in_has_one_equilibrium_for_every_set_that_may(costs, number):
    """Any set of bystanders may be the one whose members wait for each other: 2^n - 1 equilibria."""
    found = search(stepping_in(costs), starts=4)
    assert (len(found.equilibria), found.missing) == (number, 0)
    assert found.equilibria[0].selection.how == "traced"
    for equilibrium in found.equilibria:
        assert certify(equilibrium.game, equilibrium.values).residual <= equilibrium.tolerance
    alone = sorted(e.choice.max() for e in found.equilibria if (e.choice > 1e-3).sum() == 1)
    assert len(alone) == len(costs)


@pytest.mark.parametrize(
    ("costs", "number"),
    [([20, 20, 20, 40, 40], 23), ([20, 22, 25, 33, 40], 13), ([20, 30, 40], 5), ([20, 40] * 3, 31)],
)
def test_a_search_does_not_end_where_the_signs_happen_to_add_up(costs, number):
    """Of unequal bystanders fewer sets may; the signs of the first eleven of 23 add up to one."""
    found = search(stepping_in(costs), starts=4)
    assert (len(found.equilibria), found.missing) == (number, 0)
    again = search(stepping_in(costs[::-1]), starts=4)
    assert len(again.equilibria) == number


def test_two_bystanders_act_as_published():
    found = search(stepping_in([20, 20]), starts=4)
    acting = sorted(tuple(np.round(e.choice[:2], 3)) for e in found.equilibria)
    assert acting == [(0.0, 0.819), (0.093, 0.093), (0.819, 0.0)]


def test_a_census_says_when_some_must_be_missing(monkeypatch):
    monkeypatch.setattr("bystander.equilibrium.multiplicity.MOST_EFFORT", -1)
    found = search(stepping_in([20, 20]), starts=1)
    assert found.missing == 2
    assert found.statement() == "1 found in 1 start; at least 2 more exist"
