"""Nobody in the library is paid for doing nothing: what pays changes the situation, and values stay small.

An act that leads nowhere and is worth something is taken at every opportunity: its worth times the pace over
the patience, thousands of units. Longer cycles of paid acts are bounded: what an actor has at stake is at
most what flows to it, and its largest payment once a month.
"""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.arrays import Game
from bystander.game.checks import pumps
from bystander.game.compile import compile_game, with_parameters
from bystander.policy.robustness import draw_parameters
from bystander.scenario import read_scenario, read_text
from bystander.units import MONTH
from catalogue.crises import NAMES
from catalogue.crises import solved as solved_crisis
from catalogue.test_null import SHIPPED

MOST = {"armenia-2020": 150.0}
"""Units; elsewhere 100. China and Russia mind, from afar, a war that is fought a third of the time."""
HELPED = """\
bystander: 1
title: A call that everything speaks for
as_of: 2022-10-15
horizon: 1 year
use:
  - mechanisms/answering:
      {body: treaty, leader: patron, post: help, live: "true", clause: "1", strength: "-1", loyal: "1",
       near: "1", alone: "1", kin: "1", family: "1", ties: "1"}
  - mechanisms/asking: {post: help, member: host, threatened: "true", openness: "0"}
  - mechanisms/patron-alone:
      {power: patron, post: help, front: front, kept: ceasefire, live: "true", leverage: "0.1", bias: 0 - 1,
       clause: "1", strength: "-1", loyal: "1", near: "1", kin: "1"}
variables:
  front: {levels: [fighting, incursion, ceasefire], start: fighting}
parameters: {troops_asked: {value: 0.00001 per day}, troops_unasked: {value: 0.00001 per day}}
actors:
  host: {acts: every 12 hours, discount: 50% per year}
  patron: {acts: every 12 hours, discount: 50% per year}
institutions:
  treaty: {members: [patron]}
hazards:
  breaks: {when: front == ceasefire, rate: 1 per week, then: {front: fighting}}
  home: {when: "help in [deployed, watching]", rate: 1 per year, then: {help: none}}
"""


def largest(game: Game, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what each actor's values reach, and what flows and a payment a month allow."""
    flow, pay = np.abs(game.flow()).max(axis=0), np.abs(game.numbers.impact).max(axis=0)
    return np.abs(values).max(axis=0), (flow + pay / MONTH) / game.numbers.discount


@pytest.mark.parametrize("path", SHIPPED)
def test_nothing_pays_whoever_chooses_it_and_changes_nothing(path: str) -> None:
    scenario = read_scenario(path)
    game = compile_game(scenario)
    draws = draw_parameters(scenario, 3, seed=1) if path.startswith("crises/") else []
    for values in ({}, *draws):
        paid = pumps(with_parameters(game, values))
        assert {game.moves[j].name: pay for j, (_, pay) in paid.items()} == {}


@pytest.mark.parametrize("name", NAMES)
def test_values_of_a_crisis_are_within_what_flows_and_a_payment_a_month(name: str) -> None:
    found = solved_crisis(name)
    reached, allowed = largest(found.game, found.values)
    assert (reached <= allowed).all()
    assert reached.max() < MOST.get(name, 100.0)


def test_a_call_that_everything_speaks_for_is_answered_once() -> None:
    found = solve(compile_game(read_text(HELPED))).require_converged()
    reached, allowed = largest(found.game, found.values)
    assert (reached <= allowed).all()
