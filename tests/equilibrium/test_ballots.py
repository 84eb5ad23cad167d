"""The certificate's own way of counting votes, against enumeration."""

import numpy as np
import pytest

from bystander.equilibrium.best_response import ballots_of, count, yes_chances
from reference.small_games import random_game
from reference.votes import adoption_by_enumeration, pivot_and_without_by_enumeration


@pytest.mark.parametrize("seed", range(3))
def test_counts_agree_with_enumerating_every_combination(seed):
    game = random_game(seed)
    gain = np.random.default_rng(seed).normal(size=(5, len(game.actors)))
    yes = yes_chances(game, gain, np.zeros(len(game.actors)))
    np.testing.assert_allclose(yes, 1 / (1 + np.exp(-game.numbers.rationality * gain)), rtol=1e-14)
    for ballot in ballots_of(game):
        adopted, pivot, without = count(ballot, yes)
        for row in range(5):
            expected = adoption_by_enumeration(yes[row], ballot.weights, ballot.quota)
            assert adopted[row] == pytest.approx(expected, abs=1e-14)
            for member in ballot.voters:
                both = pivot_and_without_by_enumeration(yes[row], ballot.weights, ballot.quota, member)
                assert (pivot[row, member], without[row, member]) == pytest.approx(both, abs=1e-14)


def test_every_decision_is_on_exactly_one_ballot():
    game = random_game(0)
    on = np.sum([ballot.kinds for ballot in ballots_of(game)], axis=0)
    decided = game.structure.move_type[game.structure.kind_move] == 1
    np.testing.assert_array_equal(on, decided)
