"""Small hand-written scenarios that between them use every feature of the language and the model."""

HEAD = """\
bystander: 1
title: "{title}"
as_of: 2022-10-15
horizon: {horizon}
"""

ASKED = """\
outcomes:
  ever: {{ever: "{a}"}}
  at: {{at: "{a}", within: 2 months}}
  share: {{share: "{a}"}}
  fires: {{fires: [{m}]}}
  counts: {{counts: [{m}], within: 3 months}}
  once: {{ever: "{b}", given: "{a}"}}
  later: {{share: "{b}", given: "{a}", within: 10 weeks}}
  toll: {{accumulates: {{"{a}": 10 people per day}}, on_moves: {{{m}: 40 people}}}}
  hits: {{on_moves: {{{m}: 2}}, given: "{a}", within: 30 days}}
  wait: {{time_to: "{b}"}}
  wait_on: {{time_to: "{b}", given: "{a}"}}
  first: {{before: {{first: "{a}", than: "{b}"}}}}
  long: {{long_run: "{a}"}}
"""


def scenario(title, body, *, a, b, m, horizon="1 year", judgements=""):
    """A whole scenario: every kind of outcome about conditions ``a``, ``b`` and move ``m``."""
    return HEAD.format(title=title, horizon=horizon) + body + ASKED.format(a=a, b=b, m=m) + judgements


BORDER = scenario(
    "Border: rates, worths and chances that depend on the situation; impacts of all moves on all",
    """\
given: at_war
variables:
  front: {levels: [quiet, clash, war], ordered: true, start: quiet}
  mood: {levels: [calm, angry], start: {calm: 75%, angry: 25%}}
conditions:
  at_war: front == war
  hot: front >= clash and mood == angry
parameters:
  gain: 3 per year
  loss: 14 per year
  cost: 1.5
  spread: 30%
  soon: 3 weeks
actors:
  east:
    acts: every 1 week if hot else every 3 weeks
    discount: 50% per year
    interests:
      rally: {when: mood == angry, worth: gain * (2 if at_war else 1)}
      dead: {when: at_war, worth: -loss}
    actions:
      push:
        when: front != war
        then: [{chance: 60% if mood == angry else spread, front: war}, {chance: 0.1, front: clash,
            mood: angry}, {chance: rest, front: clash}]
        worth: -cost + 1 if hot else -cost
        impacts: {west: -0.5, east: 0.25}
      stir: {when: mood == calm, then: {mood: angry}, worth: 0.3}
  west:
    acts: 24 per year
    discount: every 2 years
    rationality: 1.5
    interests:
      dead: {when: front >= clash, worth: "-4 per year - 1 per month * rank(front)"}
    actions:
      settle: {when: not (front == quiet), then: {front: quiet},
          worth: "-0.2 * max(1, rank(front))", impacts: {east: 0.1}}
hazards:
  flare: {when: front == quiet, rate: 4 per year if mood == calm else 1 per month,
      then: {front: clash}, impacts: {east: -0.3, west: -0.2}}
  cool: {when: mood == angry, every: soon * 2, then: {mood: calm}}
  burn: {when: at_war, every: 2 months, then: [{chance: 1/3, front: quiet, mood: angry},
      {chance: rest, front: war}], impacts: {west: "-1 if mood == angry else 0.5"}}
""",
    a="front == war",
    b="mood == angry and front != quiet",
    m="nature.burn",
    judgements="""\
judgements:
  likely: {says: War is likely, holds: P(ever) > 50%}
  soon: {says: Soon,
      holds: "P(ever | mood == angry, within 30 days) < P(ever, within 30 days) + 0.2
        and not E(toll) > 100 people"}
  apart: {says: Apart, holds: "E(counts | at_war) / 2 <= 1 or P(fires) >= 0.999", within: 1 month}
  once: {says: Once, holds: "0.1 < P(at | within 5 weeks) < 0.9", given: mood == angry}
""",
)


def council(rule, *, recuse="", shocks="control", more=""):
    """Three members and an outsider; every rule may be put in."""
    return scenario(
        "Council",
        f"""\
settings: {{shocks: {shocks}}}
variables:
  crisis: {{levels: [none, some, grave], ordered: true, start: some}}
  force: {{levels: [home, sent], start: home}}
parameters:
  will: 0.8
actors:
  a:
    acts: every 1 month
    discount: 40% per year
    interests: {{order: {{when: crisis != none, worth: -3 per year}}}}
    actions: {{inflame: {{when: crisis == some, then: {{crisis: grave}}, worth: -1, impacts: {{b: -0.4,
        d: 0.2}}}}}}
  b:
    discount: 60% per year
    rationality: 2
    interests: {{cost: {{when: force == sent, worth: -2 per year}}, harm: {{when: crisis == grave,
        worth: -9 per year}}}}
  c:
    acts: 5 per year
    discount: 1 per year
    rationality: will
    interests: {{pride: {{when: force == sent, worth: 1 per year}}}}
    actions: {{recall: {{when: force == sent, then: {{force: home}}}}}}
  d:
    acts: every 2 months
    discount: 30% per year
    rationality: 0.5
    interests: {{gain: {{when: crisis == grave, worth: 4 per year}}}}
    actions: {{stop: {{when: crisis == grave, then: {{crisis: some}}, worth: will}}}}
institutions:
  pact:
    members: [a, b, c]
    decisions:
      send:
        when: force == home
        request: crisis != none
        rule: {rule}
        {recuse}
        proposed: every 2 weeks if crisis == grave else 6 per year
        then: [{{chance: 80%, force: sent}}, {{chance: rest, force: sent, crisis: none}}]
        worth: {{a: 0.4, b: "-1 if crisis == some else -0.2", c: will}}
        impacts: {{a: 0.1, c: -0.2, d: -0.7}}
{more}
hazards:
  ease: {{when: crisis == grave, every: 2 months, then: {{crisis: some}}}}
  anew: {{when: crisis == none, every: 8 months, then: {{crisis: some}}}}
  end: {{when: force == sent, rate: 3 per year, then: {{crisis: none}}, impacts: {{b: 0.5}}}}
""",
        a="force == sent",
        b="crisis == grave",
        m="pact.send",
        horizon="18 months",
    )


RULES = {
    "consensus": "consensus",
    "all but one": "unanimity minus one",
    "majority": "majority",
    "quorum": "{quorum: 2}",
    "leader": "{leader: b}",
    "weights": "{weighted: {weights: {a: 2, b: 1, c: 3}, quota: 4}}",
    "veto": "{weighted: {weights: {a: 10, b: 1, c: 1}, quota: 11}}",
    "a weight of none": "{weighted: {weights: {a: 1, b: 0, c: 2}, quota: 2}}",
}
COUNCILS = {name: council(rule) for name, rule in RULES.items()}
COUNCILS |= {f"{name}, noise": council(RULES[name], shocks="noise") for name in ("majority", "weights")}
COUNCILS |= {
    "recused by list": council("consensus", recuse="recuse: [a]"),
    "recused by condition": council(
        "majority", recuse="recuse: {a: crisis == grave, b: crisis == some or will > 1}"
    ),
    "minus one of one": council("unanimity minus one", recuse="recuse: [a, b]"),
    "nobody votes at times": council(
        "majority", recuse="recuse: {a: crisis == grave, b: crisis == grave, c: crisis == grave}"
    ),
    "leader recused at times": council("{leader: c}", recuse="recuse: {c: crisis == some}"),
    "weights recused": council(RULES["weights"], recuse="recuse: {c: crisis == grave}"),
    "two decisions": council(
        "majority",
        more="""\
      home:
        when: force == sent
        rule: {leader: a}
        proposed: every 1 month
        then: {force: home}
        worth: {a: 1, b: 5}
""",
    ),
}

CLASSES = scenario(
    "Several ends: two recurrent classes, one of them a cycle; waiting that never ends",
    """\
variables:
  road: {levels: [fork, left, right, deep, peace], start: {fork: 0.9, left: 0.1}}
  flag: {levels: [down, up], start: down}
never: road == peace and flag == up
actors:
  walker:
    acts: every 10 days
    discount: 2 per year
    interests: {like: {when: "road in [left, deep]", worth: 1 per year}, dread: {when: road == right,
        worth: -2 per year}}
    actions:
      turn: {when: road == fork, then: [{chance: 50%, road: left}, {chance: 50%, road: right}], worth: 0.2}
      sink: {when: road == left, then: {road: deep}}
      rise: {when: road == deep, then: {road: left}, worth: -1}
hazards:
  settle: {when: road == right, every: 2 months, then: {road: peace, flag: down}}
  wave: {when: road != peace and flag == down, every: 1 month, then: {flag: up}}
  fall: {when: flag == up, every: 5 weeks, then: {flag: down}}
""",
    a="road in [left, deep] and flag == up",
    b="road == peace or road == deep",
    m="walker.sink",
    horizon="6 months",
)

LIMITS = scenario(
    "Edges: rationality 0, an actor that never acts, parameters everywhere, a move that changes nothing",
    """\
settings: {shocks: noise}
variables:
  x: {levels: [0, 1, 2], ordered: true, start: {0: 50%, 2: 50%}}
  y: {levels: [off, on], start: off}
parameters:
  hurry: 80% per year
  sharp: {value: 2}
  zeal: 1.25
actors:
  coin: {acts: 9 per year, discount: hurry, rationality: sharp - 2,
      interests: {i: {worth: 1 per year}}, actions: {up: {when: x < 2, then: {x: 2}, worth: 40},
      on: {then: {y: on}, worth: -40}}}
  sage: {acts: every 3 weeks if y == on else never, discount: hurry / 2,
      rationality: "min(sharp, zeal)", interests: {i: {when: x == 1, worth: 6 per year},
      j: {when: x != 0 or y == on, worth: -1 per year}}, actions: {one: {when: x != 1, then: {x: 1},
      worth: -log(zeal)}, off: {when: y == on, then: {y: off}, impacts: {coin: exp(0.5)}}}}
  idle: {discount: 10% per year, interests: {i: {when: "x not in [0, 1]", worth: 1 per year}}}
hazards:
  back: {when: x > 0, every: 4 months, then: {x: 0}}
  stay: {when: x == 0 and y == off, rate: 2 per month, then: {x: 0}}
  half: {rate: 2 per year * zeal, then: [{chance: zeal / 5, y: on}, {chance: 0%, x: 1}, {chance: rest}]}
""",
    a="x == 1",
    b="y == on",
    m="nature.stay",
    horizon="9 months",
)

ALONE = scenario(
    "Chance alone",
    """\
variables:
  stage: {levels: [one, two, three, over], ordered: true, start: one}
hazards:
  go: {when: stage == one, every: 1 month, then: {stage: two}}
  on: {when: stage == two, every: 1 month, then: {stage: three}}
  end: {when: stage == three, every: 1 month, then: {stage: over}}
""",
    a="stage >= two",
    b="stage == over",
    m="nature.on",
    horizon="3 months",
)

FOLDED = scenario(
    "Rates four orders apart, a long horizon, sharp choices; the path of tracing turns back on its way",
    """\
variables:
  post: {levels: [empty, manned], start: manned}
  deal: {levels: [open, shut, done], start: open}
actors:
  guard: {acts: every 6 hours, discount: 5% per year, rationality: 6,
      interests: {pay: {when: post == manned, worth: 0.2 per year},
      fear: {when: deal == shut and post == empty, worth: -8 per year}},
      actions: {leave: {when: post == manned, then: {post: empty}, worth: -2},
      man: {when: post == empty, then: {post: manned}, worth: -1.2}}}
  envoy: {acts: every 3 years, discount: 5% per year, rationality: 3,
      interests: {want: {when: deal == done, worth: 0.4 per year}},
      actions: {sign: {when: deal == open and post == manned, then: {deal: done}, worth: -1}}}
hazards:
  sour: {when: deal == open, every: 5 years, then: {deal: shut}, impacts: {envoy: -1}}
  thaw: {when: deal == shut, every: 8 years, then: {deal: open}}
  undo: {when: deal == done, every: 40 years, then: {deal: open}}
""",
    a="post == empty",
    b="deal == done",
    m="guard.leave",
    horizon="10 years",
)

LONG = scenario(
    "Fast and slow together",
    """\
variables:
  post: {levels: [empty, manned], start: manned}
  storm: {levels: [calm, rough], start: calm}
  deal: {levels: [open, shut], start: open}
actors:
  guard: {acts: every 1 week, discount: 5% per year, rationality: 2,
      interests: {pay: {when: post == manned, worth: 2 per year},
      fear: {when: storm == rough and post == empty, worth: -8 per year}},
      actions: {leave: {when: post == manned, then: {post: empty}}, man: {when: post == empty,
      then: {post: manned}, worth: -0.2}}}
hazards:
  rise: {when: storm == calm, rate: 3 per day if deal == open else 1 per day, then: {storm: rough}}
  fall: {when: storm == rough, every: 2 hours, then: {storm: calm}, impacts: {guard: "-0.001"}}
  sour: {when: deal == open, every: 5 years, then: {deal: shut}, impacts: {guard: -1}}
  thaw: {when: deal == shut and post == empty, every: 80 years, then: {deal: open}}
""",
    a="post == empty and storm == rough",
    b="deal == shut",
    m="guard.leave",
    horizon="10 years",
)

SCENARIOS = {"border": BORDER, "classes": CLASSES, "limits": LIMITS, "alone": ALONE, "long": LONG, **COUNCILS}
