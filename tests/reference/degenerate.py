"""Scenarios that lack something, or in which something never happens, takes for ever or hardly moves."""

HEAD = "bystander: 1\ntitle: {name}\nas_of: 2024-01-01\nhorizon: {horizon}\n"

FRONT = "variables: {front: {levels: [quiet, clash, battle], start: quiet}}\n"
NORTH = """actors:
  north:
    acts: every 2 weeks
    patience: 50% per year
    interests: {losses: {when: front == battle, worth: -12 per year}}
    actions: {escalate: {when: front == clash, then: {front: battle}, worth: -1.5}}
"""
HAZARDS = """hazards:
  incident: {when: front == quiet, rate: 4 per year, then: {front: clash}}
  calm: {when: front != quiet, every: 5 days, then: {front: quiet}}
"""
BATTLE = "outcomes: {battle: {ever: front == battle}}\n"
JUDGED = 'judgements: {often: {says: Battles are likely, holds: "P(battle) > 50%"}}\n'

BODIES = {
    "no_parameters": FRONT + NORTH + HAZARDS + BATTLE + JUDGED,
    "no_actors": FRONT + HAZARDS + BATTLE,
    "stays": FRONT
    + "hazards: {incident: {when: front != battle, rate: 4 per year, then: {front: quiet}}}\n"
    + BATTLE,
    "no_options": FRONT
    + "actors: {north: {acts: weekly, patience: 50% per year, interests: "
    + "{losses: {when: front == battle, worth: -12 per year}}}}\n"
    + HAZARDS
    + BATTLE,
    "no_hazards": FRONT.replace("start: quiet", "start: clash") + NORTH + BATTLE,
    "no_moves": "variables: {front: {levels: [quiet, battle], start: {quiet: 50%, battle: 50%}}}\n"
    + "outcomes: {battle: {at: front == battle}, days: {accumulates: {front == battle: 1 day per day}}}\n"
    + 'judgements:\n  even: {says: Even, holds: "P(battle) >= 50%"}\n'
    + '  half: {says: Half the year, holds: "E(days) >= 182.625 days"}\n'
    + '  third: {says: A third, holds: "P(battle) < 33%"}\n',
    "no_outcomes": FRONT + NORTH + HAZARDS,
    "no_headline": FRONT + NORTH + HAZARDS + "outcomes: {battle: {ever: front == battle, headline: false}}\n",
    "never_given": FRONT.replace("battle]", "battle, peace]")
    + NORTH
    + HAZARDS
    + "given: done\nconditions: {done: front == peace}\n"
    + "outcomes:\n  battle: {ever: front == battle}\n  after: {ever: front == battle, given: done}\n"
    + 'judgements:\n  often: {says: Often, holds: "P(battle) > 5%"}\n'
    + '  then: {says: Then, holds: "P(after) > 5%"}\n',
    "for_ever": FRONT.replace("battle]", "battle, peace]")
    + "parameters: {pace: {value: 4 per year, prior: 'lognormal(median=4, spread=1.5)'}}\n"
    + NORTH
    + HAZARDS.replace("4 per year", "pace")
    + "  settle: {when: front == quiet, rate: 1 per year, then: {front: peace}}\n"
    + "outcomes:\n  wait: {time_to: front == battle}\n  battle: {ever: front == battle}\n"
    + "  ends: {long_run: front == peace}\n"
    + 'judgements: {soon: {says: Soon, holds: "E(wait) < 100 days"}}\n'
    + "measures: {slow: {set: {pace: 2 per year}}, stop: {set: {pace: 0 per year}}}\n",
    "frozen": "given: quiet\nconditions: {quiet: front == quiet}\n"
    + "variables: {front: {levels: [quiet, battle], start: quiet}}\n"
    + "parameters: {boldness: {value: -35, prior: 'normal(mean=-35, sd=10)'}}\n"
    + "actors: {north: {acts: every 2 weeks, patience: 50% per year, actions: "
    + "{escalate: {when: front == quiet, then: {front: battle}, worth: boldness}}}}\n"
    + "outcomes:\n  peace: {share: front == quiet}\n  battle: {ever: front == battle}\n"
    + "  then: {ever: front == battle, given: quiet}\n  wait: {time_to: front == battle}\n"
    + 'judgements: {mostly: {says: At peace, holds: "E(peace) > 90%"}}\n',
    "prevented": "given: fight\nvariables:\n  front: {levels: [quiet, battle], start: quiet}\n"
    + "  help: {levels: [none, sent], start: none}\n"
    + "parameters: {pace: {value: 1 per year, prior: 'lognormal(median=1, spread=1.5)'}}\n"
    + "conditions: {fight: front == battle}\n"
    + "hazards:\n  incident: {when: front == quiet, rate: pace, then: {front: battle}}\n"
    + "  end: {when: front == battle, every: 1 month, then: {front: quiet}}\n"
    + "actors: {patron: {acts: weekly, patience: 50% per year, actions: "
    + "{send: {when: fight and help == none, then: {help: sent}, worth: -2}}}}\n"
    + "outcomes:\n  sent: {fires: patron.send, given: fight}\n  battle: {ever: fight, wanted: less}\n"
    + "measures:\n  no_war: {disable: nature.incident, cost: 1}\n  zero: {set: {pace: 0 per year}, cost: 2}\n"
    + "  slow: {set: {pace: 0.5 per year}, cost: 1}\n",
    "beyond_precision": FRONT
    + "hazards:\n  incident: {when: front == quiet, rate: 1e4 per day, then: {front: clash}}\n"
    + "  calm: {when: front == clash, rate: 1e4 per day, then: {front: quiet}}\n"
    + "  slip: {when: front == clash, rate: 1e-9 per day, then: {front: battle}}\n"
    + "outcomes:\n  battle: {ever: front == battle}\n  soon: {ever: front == battle, within: 1 minute}\n"
    + "  wait: {time_to: front == battle}\n  calms: {counts: nature.calm}\n",
    "rate_nought": FRONT
    + "parameters: {pace: {value: 0 per year}}\n"
    + HAZARDS.replace("4 per year", "pace")
    + "outcomes: {battle: {ever: front == clash}, wait: {time_to: front == clash}}\n",
}

SCENARIOS = {
    name: HEAD.format(
        name=name.replace("_", " "), horizon="60 years" if name == "beyond_precision" else "1 year"
    )
    + body
    for name, body in BODIES.items()
}
