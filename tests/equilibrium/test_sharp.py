"""Choices sharper than values: what is right to a billionth in worth may be wrong in what is chosen."""

import numpy as np
import pytest

from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario.read import read_text

INDIFFERENT = """
bystander: 1
title: An act that changes nothing
as_of: 2022-10-15
horizon: 1 year
settings: {{shocks: private}}
variables:
  s: {{levels: [a, b, c], start: a}}
actors:
  x:
    acts: 12 per year
    patience: 50% per year
    rationality: {rationality}
    interests: {{g: {{when: s == b, worth: {worth} per year}}}}
    actions:
      go: {{when: s == a, then: {{s: b}}, worth: 0}}
      back: {{when: s == b, then: {{s: a}}, worth: 0}}
hazards:
  bad: {{when: s == b, rate: 1 per year, then: {{s: c}}}}
  heal: {{when: s == c, rate: 2 per year, then: {{s: a}}}}
outcomes:
  f: {{fires: x.go}}
  n: {{counts: x.go}}
"""


@pytest.mark.parametrize(("rationality", "worth"), [(1e6, 0.0), (1e6, 1e-6), (3e4, 1e-4)])
def test_scaling_worth_and_rationality_against_each_other_changes_no_choice(rationality, worth):
    sharp = solve(compile_game(read_text(INDIFFERENT.format(rationality=rationality, worth=worth))))
    plain = solve(
        compile_game(read_text(INDIFFERENT.format(rationality=1, worth=worth * rationality))),
        tolerance=1e-13,
    )
    np.testing.assert_allclose(sharp.require_converged().choice, plain.choice, atol=1e-8)
    requests = [Request(name, outcome) for name, outcome in sharp.game.scenario.outcomes.items()]
    for one, other in zip(
        answer_all(make_clocks(sharp), requests), answer_all(make_clocks(plain), requests), strict=True
    ):
        assert abs(one.estimate.value - other.estimate.value) <= one.estimate.error + other.estimate.error
    assert len(search(sharp.game, starts=4, base=sharp, tolerance=1e-8).equilibria) == 1
