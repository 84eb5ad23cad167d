"""One actor alone faces a Markov decision process: its best values against QuantEcon's policy iteration.

The process is uniformised: with L no less than any rate of leaving, one step of the discrete problem has
discount factor L / (rho + L) and reward (flow + rates * impacts) / (rho + L). Needs the optional library
quantecon; skipped where it is not installed.
"""

import itertools

import numpy as np
import pytest

from bystander.equilibrium.best_response import best_response, decision_problem, hold_behaviour
from bystander.equilibrium.best_response import best_values as our_best_values
from bystander.equilibrium.certificate import certify
from bystander.equilibrium.solve import solve
from bystander.game.arrays import MoveType
from reference.small_games import random_game, with_numbers

quantecon = pytest.importorskip("quantecon", reason="quantecon, the peer to agree with, is not installed")


def best_values(game):
    """Values ``(N,)`` of the best behaviour of the only actor, by QuantEcon."""
    shape, numbers = game.structure, game.numbers
    flow, discount = game.flow()[:, 0], numbers.discount[0]
    menus = []
    for s in range(game.size):
        always, votes, own = [], [], [None]
        entry = shape.target_start[s]
        for option in range(shape.option_start[s], shape.option_start[s + 1]):
            kind = shape.option_kind[option]
            move = shape.kind_move[kind]
            branches = shape.move_branches[move]
            rate = numbers.rate[kind]
            if shape.move_type[move] == MoveType.ACTION:
                rate = numbers.pace[shape.pace_context[s], 0]
            row = np.zeros(game.size)
            for b in range(branches):
                row[shape.targets[entry + b]] += numbers.chance[kind, b]
            entry += branches
            step = (rate, numbers.impact[kind, 0], row)
            {MoveType.HAZARD: always, MoveType.DECISION: votes, MoveType.ACTION: own}[
                shape.move_type[move]
            ].append(step)
        menu = []
        for action, *yes in itertools.product(own, *[(None, vote) for vote in votes]):
            menu.append(always + [step for step in (action, *yes) if step is not None])
        menus.append(menu)
    fastest = max(sum(step[0] for step in steps) for menu in menus for steps in menu)
    width = max(len(menu) for menu in menus)
    reward = np.full((game.size, width), -np.inf)
    chance = np.zeros((game.size, width, game.size))
    for s, menu in enumerate(menus):
        for a, steps in enumerate(menu):
            reward[s, a] = (flow[s] + sum(rate * impact for rate, impact, _ in steps)) / (discount + fastest)
            chance[s, a] = sum(rate * row for rate, _, row in steps) / fastest
            chance[s, a, s] += 1.0 - sum(rate for rate, _, _ in steps) / fastest
        chance[s, len(menu) :, s] = 1.0
    problem = quantecon.markov.DiscreteDP(reward, chance, fastest / (discount + fastest))
    return problem.solve(method="policy_iteration").v


@pytest.mark.parametrize("seed", range(4))
def test_the_best_response_of_a_lone_actor(seed: int) -> None:
    game = random_game(seed, actors=1, shocks="noise")
    found = solve(game)
    values, bound = best_response(decision_problem(hold_behaviour(game, found.values), 0), found.values[:, 0])
    theirs = best_values(game)
    assert bound < 1e-8
    np.testing.assert_allclose(values, theirs, atol=1e-8)
    assert found.certificate.regret[0] == pytest.approx((theirs - found.values[:, 0]).max(), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_choice_approaches_the_best_as_rationality_grows(seed: int) -> None:
    game = random_game(seed, actors=1, shocks="noise")
    theirs = best_values(game)
    losses = []
    for rationality in (4.0, 16.0, 64.0, 256.0):
        sharper = with_numbers(game, rationality=np.array([rationality]))
        losses.append((theirs - solve(sharper).require_converged().values[:, 0]).max())
    assert all(later < 0.6 * earlier for earlier, later in itertools.pairwise(losses))
    assert 0.0 <= losses[-1] < 0.05


def test_regret_needs_no_solution_to_be_right() -> None:
    game = random_game(1, actors=1, shocks="noise")
    nothing, theirs = np.zeros((game.size, 1)), best_values(game)
    regret = certify(game, nothing, our_best_values(game, nothing)).regret[0]
    assert regret >= theirs.max() * (1.0 - 1e-9)
    assert certify(game, theirs[:, None] + 10.0, nothing).regret[0] >= 10.0
    assert certify(game, nothing).regret == (np.inf,)
