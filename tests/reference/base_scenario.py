"""A small scenario that uses every section, for tests to break in one place at a time."""

BASE = """\
bystander: 1
title: A small crisis
as_of: 2022-10-15
horizon: 1 year
given: war
sources:
  report: {title: A report, claims: {C01: {kind: fact, says: It happened}}}
facts:
  toll: {says: Some died, source: report#C01, value: 40 people}
events:
  battle:
    {date: 2022-09-14, until: 2022-09-17, says: A battle, source: report, move: east.attack}
variables:
  front: {levels: [quiet, tense, war], ordered: true, start: {quiet: 90%, tense: 10%}}
  request: {levels: [none, made], start: none}
conditions:
  war: front == war
never: front == quiet and request == made
parameters:
  loss: {value: 20 per year, prior: "lognormal(median=20, spread=1.5)", because: [toll]}
  flare: {value: 6 per year, because: [C01]}
actors:
  east:
    acts: every 1 week
    discount: 50% per year
    interests:
      pain: {when: war, worth: -loss, because: [toll]}
    actions:
      attack:
        when: front == tense
        then: [{chance: 70%, front: war}, {chance: rest, front: tense}]
        worth: -1
        impacts: {west: -1}
        because: [toll]
  west:
    acts: every 2 weeks
    discount: 30% per year
    actions:
      ask: {when: front != quiet and request == none, then: {request: made}, because: [toll]}
hazards:
  incident: {when: front == quiet, rate: flare, then: {front: tense}}
  calm: {when: front != quiet, every: 3 weeks, then: {front: quiet, request: none}, because: [toll]}
institutions:
  council:
    members: [east, west]
    decisions:
      step_in:
        when: front != quiet
        request: request == made
        recuse: [east]
        rule: majority
        proposed: every 1 week
        then: {front: quiet, request: none}
        worth: {west: -1}
        because: [toll]
outcomes:
  war_ever: {ever: war}
  dead: {accumulates: {war: 5 people per day}, reported: toll, because: [toll]}
judgements:
  war_likely: {claim: C01, says: War is likely, holds: P(war_ever) > 50%}
measures:
  hotline: {set: {flare: flare / 2}}
rivals:
  cheap_war: {set: {loss: 1 per year}}
"""


def broken(*changes: tuple[str, str]) -> str:
    """Return the base with some texts replaced, each of which must occur exactly once."""
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return text
