"""Values are exactly the sum of their terms."""

from dataclasses import replace

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from reference.decomposition import decompose
from reference.small_games import random_game, with_numbers


@pytest.fixture(scope="module", params=["control", "private", "noise"])
def solved(request):
    return solve(random_game(11, levels=(3, 2, 2), shocks=request.param), tolerance=1e-12).require_converged()


def test_terms_add_up_to_values(solved):
    for i, actor in enumerate(solved.game.actors):
        found = decompose(solved, actor)
        np.testing.assert_allclose(found.totals.sum(axis=1), solved.values[:, i], rtol=0, atol=1e-8)
        assert found.gap < 1e-8
        assert found.flows.shape == found.totals.shape == (solved.game.size, len(found.terms))


def test_every_group_appears(solved):
    groups = {term.group for actor in solved.game.actors for term in decompose(solved, actor).terms}
    besides = {"control": {"control"}, "private": {"shocks"}, "noise": set()}[solved.game.shocks]
    assert groups == {"interest", "impact", "own worth"} | besides


def test_an_interest_is_its_worth_times_discounted_time(solved):
    """Doubling one interest's worth, behaviour held, doubles its total and no other's."""
    found = decompose(solved, solved.game.actors[0])
    n = next(k for k, term in enumerate(found.terms) if term.group == "interest")
    column = [i.name for i in solved.game.interests].index(found.terms[n].name)
    context = solved.game.structure.flow_context
    worth = solved.game.numbers.flow_worth.copy()
    worth[np.unique(context[:, column])] *= 2
    doubled = replace(solved, game=with_numbers(solved.game, flow_worth=worth))
    again = decompose(doubled, solved.game.actors[0])
    # Behaviour is worked out from the same values, so only the term's own flow has changed.
    np.testing.assert_allclose(again.totals[:, n], 2 * found.totals[:, n], atol=1e-9)
    others = [k for k in range(len(found.terms)) if k != n]
    np.testing.assert_allclose(again.totals[:, others], found.totals[:, others], atol=1e-9)
