"""Parameters that only say where a scenario starts: derivatives against answers solved again."""

import pytest

from bystander.cases.cases import solve_case
from bystander.policy.sensitivity import judgement_gradients, outcome_gradients
from bystander.scenario import read_text

SCENARIO = """\
bystander: 1
title: Where it starts
as_of: 2022-01-01
horizon: 90 days
variables:
  front: {levels: [quiet, talks, war], start: quiet}
  mood: {levels: [calm, angry], start: {calm: 80%, angry: 20%}}
starts:
  leak:
    - {chance: odds, front: talks}
    - {chance: odds / 4, front: war, mood: angry}
    - {chance: rest, front: quiet}
  news: [{chance: anger, mood: angry}, {chance: rest}]
parameters:
  odds: {value: fact.talking / fact.asked}
  anger: {value: 30%}
  fear: 2
facts:
  talking: {says: So many talk, value: 6, source: paper}
  asked: {says: So many were asked, value: 20, source: paper}
sources: {paper: {title: A paper, date: 2021}}
actors:
  north:
    discount: 0.5 per year
    acts: weekly
    interests: {peace: {when: front == talks, worth: fear per year}}
    actions:
      strike: {when: front != war, then: {front: war}, worth: -3, impacts: {south: -1},
        habit: once a year if mood == calm else 6 per year}
  south:
    discount: 1 per year
    acts: every 5 days
    interests: {safe: {when: front != war, worth: 6 per year}}
    actions:
      talk: {when: front == quiet, then: {front: talks}, worth: -1, habit: twice a year}
      leave: {when: front == talks, then: {front: quiet}, habit: once a year}
hazards:
  tires: {when: front == war, every: 2 months, then: {front: quiet, mood: calm}}
  sours: {when: mood == calm, every: 1 year, then: {mood: angry}}
outcomes:
  war: {ever: front == war}
  late_war: {at: front == war}
  strikes: {fires: north.strike}
  talks_first: {before: {first: front == talks, than: front == war}}
  wait: {time_to: front == war}
  share: {share: front == war}
  angry: {long_run: mood == angry}
  dead: {accumulates: {front == war: 10 people per day}}
  cost: {counts: north.strike}
  war_once_angry: {ever: front == war, given: mood == angry}
  dead_once_talking: {accumulates: {front == war: 10 people per day}, given: front == talks}
judgements:
  no_war: {says: No war, holds: P(war) < 50%}
"""
DATES = """\
calendar:
  ultimatum:
    date: 2022-01-31
    when: front == quiet
    then: [{chance: 40%, front: war}, {chance: rest, front: quiet}]
  vote: {date: 2022-03-02, when: front == talks, impacts: {north: 1}}
"""
WRITTEN = {"odds": "value: fact.talking / fact.asked", "anger": "value: 30%"}


@pytest.mark.parametrize("text", [SCENARIO, SCENARIO + DATES], ids=["stationary", "known dates"])
@pytest.mark.parametrize("parameter", ["odds", "anger"])
def test_what_moves_only_the_start_has_the_derivative_of_its_differences(text, parameter):
    step = 0.004
    up, case, down = (
        solve_case(read_text(text.replace(WRITTEN[parameter], f"value: {0.3 + by}")))
        for by in (step, 0.0, -step)
    )
    found = outcome_gradients(case, None, [parameter])
    for name in case.outcomes:
        difference = (up.value(name) - down.value(name)) / (2.0 * step)
        wrong = (up.outcomes[name].estimate.error + down.outcomes[name].estimate.error) / step
        assert found[name][parameter] == pytest.approx(difference, rel=3e-4, abs=wrong + 1e-7), name
    assert abs(found["war"][parameter]) > 1e-3
    margin = judgement_gradients(case, ["no_war"])["no_war"][parameter]
    difference = (up.verdicts["no_war"].margin - down.verdicts["no_war"].margin) / (2.0 * step)
    assert margin == pytest.approx(difference, rel=3e-4, abs=1e-5)
