"""A game of chicken whose equilibrium, followed from a lower cost, is another than by itself."""

DRIVERS = """bystander: 1
title: Two drivers
as_of: 2022-10-15
horizon: 1 year
settings: {shocks: noise}
variables:
  x0: {levels: [soft, hard], start: soft}
  x1: {levels: [soft, hard], start: soft}
parameters:
  cost: {value: 0.5, prior: "lognormal(median=0.5, spread=1.4)"}
  stake: {value: 4.15 per year}
actors:
""" + "".join(
    f"""  a{own}:
    acts: {pace} per year
    discount: 50% per year
    rationality: 1.446
    interests:
      hit: {{when: x{own} == hard and x{other} == hard, worth: stake * {-1.7 * scale}}}
      won: {{when: x{own} == hard and x{other} == soft, worth: stake * {scale}}}
      lost: {{when: x{own} == soft and x{other} == hard, worth: stake * {-0.7 * scale}}}
    actions:
      harden: {{when: x{own} == soft, then: {{x{own}: hard}}, worth: 0 - cost}}
      soften: {{when: x{own} == hard, then: {{x{own}: soft}}, worth: 0 - cost}}
"""
    for own, other, pace, scale in ((0, 1, 17, 1.0), (1, 0, 22, 1.1))
)
DRIVERS += """outcomes:
  both: {share: x0 == hard and x1 == hard}
  hard: {at: x0 == hard}
measures: {dearer: {set: {cost: 0.75}}, held: {disable: a0.harden}}
"""
"""One equilibrium at a cost of 0.5, three at 0.75: traced from habit it is another than followed from 0.5."""
