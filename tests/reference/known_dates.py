"""A scenario whose one hazard changes its rate on two known dates: all of it has closed forms."""

STEPS = """\
bystander: 1
title: A hazard that changes its rate on two known dates
as_of: 2022-01-01
horizon: 100 days
settings: {shocks: control}
variables: {x: {levels: [up, down], start: up}}
calendar:
  one: {date: 2022-01-21}
  two: {date: 2022-03-02}
actors:
  watcher: {discount: 0.01 per day, interests: {loss: {when: x == down, worth: -1 per day}}}
hazards:
  fall: {when: x == up, rate: 0.02 per day if before one else 0.1 per day if before two else 0.05 per day,
      then: {x: down}}
"""

ULTIMATUM = """\
bystander: 1
title: An ultimatum, then a vote
as_of: 2022-01-01
horizon: 90 days
settings: {shocks: control}
variables:
  front: {levels: [quiet, talks, war], start: quiet}
parameters:
  fear: {value: 2, prior: "lognormal(median=2, spread=1.5)"}
  prize: {value: 3, prior: "lognormal(median=3, spread=1.5)"}
  flare: {value: 1 per year, prior: "lognormal(median=1 per year, spread=1.5)"}
calendar:
  ultimatum:
    date: 2022-01-31
    when: front == quiet
    then: [{chance: 40%, front: war}, {chance: rest, front: quiet}]
    impacts: {south: 0 - fear}
  vote: {date: 2022-03-02, when: front == talks, impacts: {north: prize}}
actors:
  north:
    discount: 0.5 per year
    acts: weekly
    interests: {peace: {when: front == talks, worth: 2 per year}}
    actions:
      strike: {when: front != war and after ultimatum, then: {front: war}, worth: -3, impacts: {south: -1},
        habit: once in 2 years}
  south:
    discount: 1 per year
    acts: every 5 days
    interests: {safe: {when: front != war, worth: 6 per year}}
    actions:
      talk: {when: front == quiet, then: {front: talks}, worth: -1, habit: twice a year}
      leave: {when: front == talks, then: {front: quiet}, habit: once a year}
institutions:
  league:
    members: [north, south]
    decisions:
      separate: {when: front == war, rule: consensus, proposed: weekly, then: {front: quiet},
        worth: {north: -1, south: 1}, habit: 30%}
hazards:
  flares: {when: front == quiet, rate: flare, then: {front: war}}
outcomes:
  war: {ever: front == war, headline: true}
  strikes: {fires: north.strike}
  days_of_war: {accumulates: {front == war: 1 day per day}}
  peace_then: {at: front == talks, within: 45 days}
  ended: {fires: league.separate, given: front == war, within: 20 days}
  first: {time_to: front == war}
  talks_first: {before: {first: front == talks, than: front == war}}
  settled: {long_run: front == talks}
judgements:
  no_war: {says: There is no war, holds: P(war) < 50%}
measures:
  calm: {set: {flare: 0.2 per year}}
  bolder: {set: {prize: 6}}
given: at_war
conditions: {at_war: front == war}
"""
