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
