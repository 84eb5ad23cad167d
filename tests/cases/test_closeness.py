"""What an equilibrium's residual does to answers, against the same answers at the equilibrium itself."""

from dataclasses import replace

import numpy as np
import pytest

from bystander.cases.cases import answer_case
from bystander.cases.closeness import carry_residual, chosen_rate, rate_error
from bystander.derivatives.implicit import linearise
from bystander.equilibrium.kernels import behaviour
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.chain import make_chain
from bystander.process.outcomes import make_clocks
from bystander.scenario.read import read_text

TWO = """
bystander: 1
title: Two who push
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
variables: {front: {levels: [quiet, clash, battle], start: quiet}}
conditions: {clash: front == clash}
actors:
  north:
    acts: weekly
    patience: 50% per year
    interests:
      rally: {when: front == clash, worth: 2 per year}
      losses: {when: front == battle, worth: -12 per year}
    actions:
      escalate: {when: front == clash, then: {front: battle}, worth: -1, impacts: {south: -2}}
      withdraw: {when: front == battle, then: {front: quiet}, worth: -1}
  south:
    acts: every 2 weeks
    patience: 80% per year
    rationality: 2
    interests: {losses: {when: front == battle, worth: -6 per year}}
    actions: {give_in: {when: front == clash, then: {front: quiet}, worth: -0.5, impacts: {north: 1}}}
hazards:
  incident: {when: front == quiet, rate: 4 per year, then: {front: clash}}
outcomes:
  battle: {ever: front == battle}
  once: {fires: north.escalate, given: clash}
  then: {at: front == battle}
  share: {share: front == quiet}
  days: {accumulates: {front == battle: 1 day per day}}
  times: {counts: north.escalate}
  wait: {time_to: front == battle}
  first: {before: {first: front == battle, than: front == clash}, given: clash}
  long: {long_run: front == battle}
judgements: {likely: {says: Likely, holds: P(battle) > 50%}}
"""


@pytest.mark.parametrize("off", [1e-6, 1e-4, 1e-3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_bounds_hold_for_values_that_are_a_little_off(seed, off):
    scenario = read_text(TWO)
    exact = solve(compile_game(scenario), tolerance=1e-13)
    true = answer_case(scenario, exact)
    values = exact.values + off * np.random.default_rng(seed).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    rough = replace(exact, values=values, choice=choice, option_rate=rate)
    clocks = make_clocks(rough)
    found = answer_case(scenario, rough, clocks=clocks)
    carried = carry_residual(found, clocks, linearise(rough))
    for name, result in carried.outcomes.items():
        gap = abs(found.value(name) - true.value(name))
        assert gap <= result.estimate.error, name
        assert result.estimate.error <= 1e4 * off * max(abs(true.value(name)), 1.0), name
        assert result.estimate.withheld or result.estimate.value == found.value(name)


def test_the_error_of_rates_is_that_of_their_logs():
    exact = solve(compile_game(read_text(TWO)), tolerance=1e-13)
    values = exact.values + 1e-5 * np.random.default_rng(0).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    epsilon = rate_error(linearise(replace(exact, values=values, choice=choice, option_rate=rate)))
    assert np.abs(np.log(rate / exact.option_rate)).max() <= epsilon < 1e-3
    assert rate_error(linearise(exact)) < 1e-10
    assert chosen_rate(make_chain(exact)) == pytest.approx(exact.option_rate[1:3].sum(), rel=0.5)


def test_a_verdict_within_the_error_of_the_equilibrium_is_too_close_to_say():
    scenario = read_text(TWO)
    exact = solve(compile_game(scenario), tolerance=1e-13)
    chance = answer_case(scenario, exact).value("battle")
    near = read_text(TWO.replace("> 50%", f"> {100 * chance + 1e-6:.9f}%"))
    values = exact.values + 1e-5 * np.random.default_rng(1).normal(size=exact.values.shape)
    choice, rate = behaviour(exact.game, values)
    rough = replace(exact, values=values, choice=choice, option_rate=rate)
    clocks = make_clocks(rough)
    case = answer_case(near, rough, clocks=clocks)
    assert case.verdicts["likely"].holds is not None
    assert carry_residual(case, clocks, linearise(rough)).verdicts["likely"].words == "too close to say"
