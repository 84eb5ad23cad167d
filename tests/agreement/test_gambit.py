"""Agent logit QRE of a two-move game in Gambit, and the same game here under both conventions for shocks.

The leader moves once, then the follower, who sees it. Here both wait for opportunities that come often
compared with discounting, and may let them pass: what is compared is the chance of each action given that
one is taken, which is what is taken in the end. Under ``shocks: private`` waiting for a good moment is worth
something, hence patience is limited there and only the last mover, whom no delay concerns, is compared.
Needs the optional library pygambit; skipped where absent.
"""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.game.questions import option_mask
from bystander.scenario import read_data

gambit = pytest.importorskip("pygambit", reason="pygambit, the peer to agree with, is not installed")

PATIENCE = {"noise": "0.01% per year", "private": "50% per year"}


def in_gambit(payoffs: np.ndarray, rationality: float) -> tuple[np.ndarray, np.ndarray]:
    """Choice probabilities of the leader ``(2,)`` and of the follower after each of its moves ``(2, 2)``."""
    game = gambit.Game.new_tree(players=["leader", "follower"])
    game.append_move(game.root, "leader", ["a0", "a1"])
    for node in list(game.root.children):
        game.append_move(node, "follower", ["b0", "b1"])
    for first, node in enumerate(game.root.children):
        for second, end in enumerate(node.children):
            worth = [float(x) for x in payoffs[first, second]]
            game.set_outcome(end, game.add_outcome(f"end{first}{second}", worth))
    points = gambit.qre.logit_solve_lambda(game, lam=[rationality], use_strategic=False)
    chances = np.array([points[-1][action] for action in range(6)]).reshape(3, 2)
    return chances[0], chances[1:]


def here(payoffs: np.ndarray, rationality: float, shocks: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the same, by solving the scenario."""

    def action(when: str, then: dict, impacts: dict) -> dict:
        return {"when": when, "then": then, "impacts": impacts}

    first = {f"a{i}": action("stage == open", {"stage": f"after{i}"}, {}) for i in range(2)}
    second = {
        f"b{i}{j}": {
            "when": f"stage == after{i}",
            "then": {"stage": f"end{i}{j}"},
            "worth": float(payoffs[i, j, 1]),
            "impacts": {"leader": float(payoffs[i, j, 0])},
        }
        for i in range(2)
        for j in range(2)
    }
    common = {"acts": "every 1 day", "patience": PATIENCE[shocks], "rationality": rationality}
    ends = [f"end{i}{j}" for i in range(2) for j in range(2)]
    scenario = read_data(
        {
            "bystander": 1,
            "title": "Leader and follower",
            "as_of": "2022-10-15",
            "horizon": "1 year",
            "settings": {"shocks": shocks},
            "variables": {"stage": {"levels": ["open", "after0", "after1", *ends], "start": "open"}},
            "actors": {"leader": {**common, "actions": first}, "follower": {**common, "actions": second}},
        }
    )
    found = solve(compile_game(scenario), tolerance=1e-11).require_converged()
    game = found.game

    def chance(name: str) -> float:
        return float(found.choice[option_mask(game, [name])].sum())

    leader = np.array([chance(f"leader.a{i}") for i in range(2)])
    follower = np.array([[chance(f"follower.b{i}{j}") for j in range(2)] for i in range(2)])
    return leader / leader.sum(), follower / follower.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shocks", ["noise", "private"])
@pytest.mark.parametrize("rationality", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("seed", range(3))
def test_choice_probabilities_agree(seed, rationality, shocks):
    payoffs = np.round(np.random.default_rng(seed).uniform(-1.5, 1.5, (2, 2, 2)), 2)
    theirs_first, theirs_second = in_gambit(payoffs, rationality)
    ours_first, ours_second = here(payoffs, rationality, shocks)
    np.testing.assert_allclose(ours_second, theirs_second, atol=1e-6)
    if shocks == "noise":
        np.testing.assert_allclose(ours_first, theirs_first, atol=1e-6)
