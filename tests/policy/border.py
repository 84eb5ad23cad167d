"""A small border crisis for the tests of policy: three actors, a council, six measures; 24 situations."""

from __future__ import annotations

from functools import cache

from bystander.cases.cases import Case, solve_case
from bystander.scenario import Scenario, read_text

TEXT = """\
bystander: 1
title: A small border crisis
as_of: 2022-10-15
horizon: 1 year
settings:
  shocks: private
given: war
sources:
  report:
    title: A report
    claims: {C01: {kind: fact, says: It happened}, C02: {kind: prospect, says: Talks help}}
facts:
  toll: {says: Forty died, source: report#C01, value: 40 people}
variables:
  front: {levels: [quiet, tense, war], ordered: true, start: quiet}
  request: {levels: [none, made], start: none}
  talks: {levels: [none, open, settled], start: none}
  force: {levels: [home, sent], start: home}
conditions:
  war: front == war
parameters:
  loss: {value: 20 per year, prior: "lognormal(median=20, spread=1.5)", because: [toll]}
  flare: {value: 6 per year, prior: "lognormal(median=6, spread=1.4)", because: [C01]}
  rally: {value: 4 per year, prior: "lognormal(median=4, spread=2)"}
  will: {value: 0.5, prior: "uniform(low=0, high=4)", because: [C02]}
  cost_of_force: {value: 3, prior: "normal(mean=3, sd=1)"}
  deaths: {value: 5 people per day, prior: "lognormal(median=5, spread=1.3)", because: [toll]}
  sharpness: {value: 1, prior: "lognormal(median=1, spread=1.2)"}
actors:
  east:
    acts: every 1 week
    patience: 50% per year
    rationality: sharpness
    interests:
      pain: {when: war, worth: -loss, because: [toll]}
      rally: {when: front != quiet, worth: rally}
    actions:
      attack:
        when: front == tense
        then: [{chance: 70%, front: war}, {chance: rest, front: tense}]
        worth: -1
        impacts: {west: -1}
        because: [toll]
      settle: {when: talks == open and front != war, then: {talks: settled, front: quiet}, worth: -2}
  west:
    acts: every 2 weeks
    patience: 30% per year
    interests:
      pain: {when: war, worth: -2 * loss, because: [toll]}
    actions:
      ask: {when: front != quiet and request == none, then: {request: made}, worth: -0.5, because: [toll]}
      settle: {when: talks == open and front != war, then: {talks: settled, front: quiet}, worth: -1}
  patron:
    acts: every 3 weeks
    patience: 40% per year
    interests:
      order: {when: war, worth: -3 per year}
      rival_in: {when: talks != none, worth: -1 per year}
    actions:
      obstruct: {when: talks == open, then: {talks: none}, worth: -1}
hazards:
  incident: {when: front == quiet and talks != settled, rate: flare, then: {front: tense}}
  calm:
    when: front != quiet
    every: 3 weeks
    then: {front: quiet, request: none, force: home}
    because: [toll]
  offer: {when: talks == none and front != quiet, rate: 2 per year * will, then: {talks: open}}
institutions:
  council:
    members: [east, west, patron]
    decisions:
      step_in:
        when: front == war and force == home
        request: request == made
        recuse: [east]
        rule: consensus
        proposed: every 1 week
        then: {front: quiet, request: none, force: sent}
        worth: {patron: -cost_of_force}
        because: [toll]
outcomes:
  war_ever: {ever: war}
  dead: {accumulates: {war: deaths}, reported: toll, because: [toll]}
  settlement: {at: talks == settled}
  steps_in: {fires: [council.step_in], given: war}
  war_share: {share: war, headline: false}
judgements:
  war_likely: {claim: C01, says: War is likely, holds: P(war_ever) > 50%}
  stands_by: {claim: C01, says: The council stands by, holds: P(steps_in) < 20%}
measures:
  envoy:
    {set: {will: 2}, cost: 2, claim: C02, about: An envoy is sent, intensities: {strong: {set: {will: 4}}}}
  hotline: {set: {flare: flare / 2}, cost: 1}
  support: {set: {cost_of_force: cost_of_force - 2}, cost: 3}
  restraint: {set: {rally: rally / 2}, cost: 2}
  ban: {disable: [patron.obstruct], cost: 4}
  no_talks: {set: {will: 0}, cost: 0}
rivals:
  cheap_war: {set: {loss: 1 per year}}
"""


@cache
def border() -> Scenario:
    """The scenario."""
    return read_text(TEXT, "border.yaml")


@cache
def base() -> Case:
    """The scenario solved."""
    return solve_case(border())
