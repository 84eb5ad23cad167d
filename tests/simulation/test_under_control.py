"""Histories sampled where choices depart from habit at a cost, against exact answers and against habit."""

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.chain import make_chain
from bystander.scenario import null, read_text
from bystander.seeds import stream
from bystander.simulation.paths import simulate_paths
from reference.processes import accumulated, reach

COUNT = 20_000
TIME = 365.25
SIGMAS = 4.5
TALKS = """\
bystander: 1
title: One sends or not, two vote
as_of: 2022-10-15
horizon: 1 year
settings: {shocks: control}
variables:
  front: {levels: [quiet, war], start: quiet}
  aid: {levels: [none, sent], start: none}
actors:
  one:
    acts: every 2 weeks
    discount: 50% per year
    rationality: 1
    interests: {calm: {worth: 6 per year, when: front == quiet}}
    actions:
      send: {when: aid == none, then: {aid: sent}, worth: -0.5, habit: once in 2 years}
      fetch: {when: aid == sent, then: {aid: none}, habit: 5%}
  two:
    acts: every month
    discount: 30% per year
    rationality: 2
    interests: {calm: {worth: 3 per year, when: front == quiet}}
    actions: {}
hazards:
  outbreak: {rate: 3 per year if aid == none else 1 per year, when: front == quiet, then: {front: war}}
institutions:
  council:
    members: [one, two]
    decisions:
      calm:
        rule: consensus
        proposed: every month
        when: front == war
        then: {front: quiet}
        worth: {two: -0.4}
        habit: {one: 40%, two: 20%}
"""


@pytest.mark.parametrize("stakes", [True, False])
def test_histories_agree_with_the_process(stakes: bool) -> None:
    scenario = read_text(TALKS)
    chain = make_chain(solve(compile_game(scenario if stakes else null(scenario))).require_converged())
    names = [move.name for move in chain.game.moves]
    paths = simulate_paths(chain, COUNT, TIME, stream(7, "habit", int(stakes)))
    for name in ("one.send", "one.fetch", "council.calm"):
        options = chain.option_move == names.index(name)
        exact = reach(chain, None, np.array([TIME]), options=options).value[0]
        found = float((paths.first_times(options=options) <= TIME).mean())
        assert 0.02 < exact < 0.98, name
        assert abs(found - exact) <= SIGMAS * np.sqrt(exact * (1 - exact) / COUNT), name
        fired = np.bincount(
            np.repeat(np.arange(COUNT), np.diff(paths.start))[options[paths.options]], minlength=COUNT
        )
        expected = accumulated(chain, None, options * 1.0, np.array([TIME])).value[0]
        assert abs(fired.mean() - expected) <= SIGMAS * fired.std() / np.sqrt(COUNT), name


def test_with_nothing_at_stake_moves_come_at_the_rate_of_habit() -> None:
    """Per day at risk: habits as the file states them, and 40 % of 20 % of the proposals of a month."""
    chain = make_chain(solve(compile_game(null(read_text(TALKS)))).require_converged())
    names = [move.name for move in chain.game.moves]
    paths = simulate_paths(chain, COUNT, TIME, stream(8, "habit"))
    month = 365.25 / 12
    for name, rate in (("one.send", 1 / 730.5), ("one.fetch", 0.05 / 14), ("council.calm", 0.08 / month)):
        options = chain.option_move == names.index(name)
        risky = np.zeros(chain.size, bool)
        shape = chain.game.structure
        risky[np.repeat(np.arange(chain.size), np.diff(shape.option_start))[options]] = True
        count, days = int(options[paths.options].sum()), float(paths.days_in(risky).sum())
        assert abs(count - rate * days) <= SIGMAS * np.sqrt(rate * days), name
