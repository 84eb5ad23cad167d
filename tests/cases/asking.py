"""A small table of cases whose truth is known: one patron, a clause, a war elsewhere."""

import math
from pathlib import Path

import numpy as np

from bystander.cases.templates import CaseTable, Template, read_table, read_template

TEMPLATE = """
bystander: 1
title: Requests for help
as_of: 2000-01-01
horizon: 90 days
settings:
  shocks: private
holes:
  cover: {type: number, about: "what the clause covers, 0 to 1"}
  war: {type: number, scale: 0 to 1, about: the patron is at war elsewhere, default: 0}
  patron: {type: actor, about: who may help, default: patron}
cases:
  table: table.csv
  name: case_id
  columns: {cover: clause, war: at_war}
  values: {cover: {"yes": 1, ambiguous: 0.5, "no": 0}}
  groups: [organisation]
  observed:
    helped: {column: answer, outcome: sends, yes: [troops], no: [none, words]}
    kind: {column: answer, only: {at_war: ["0"]}, outcomes: {none: nothing, words: nothing, troops: sends}}
  signs: {clause: {"yes": 1, "no": -1}, at_war: {"1": -1}}
  motives: [clause_gain, war_cost]
variables:
  help: {levels: [none, sent], start: none}
parameters:
  readiness: {value: 2 per year, prior: "lognormal(median=2 per year, spread=2)"}
  clause_gain: {value: 1, prior: "lognormal(median=1, spread=3)"}
  war_cost: {value: 1, prior: "lognormal(median=1, spread=3)"}
actors:
  $patron: {acts: every 1 day, patience: 20% per year}
hazards:
  sends:
    when: help == none
    rate: "readiness * (1 + clause_gain * $cover) / (1 + war_cost * $war)"
    then: {help: sent}
outcomes:
  sends: {ever: help == sent}
  nothing: {at: help == none}
"""
HEAD = "case_id,organisation,clause,at_war,answer\n"
COVER = {"yes": 1.0, "ambiguous": 0.5, "no": 0.0}


def write(folder: Path, rows: str, template: str = TEMPLATE) -> Template:
    """Write the template and its table, and read the template."""
    (folder / "help.yaml").write_text(template, encoding="utf-8")
    (folder / "table.csv").write_text(rows, encoding="utf-8")
    return read_template(folder / "help.yaml")


def drawn(folder: Path, count: int, theta: tuple[float, float, float], seed: int = 5) -> CaseTable:
    """A table drawn from the model itself."""
    random = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        clause, war = str(random.choice(list(COVER))), int(random.integers(2))
        answer = "troops" if random.random() < chance(theta, COVER[clause], war) else "words"
        rows.append(f"r{i},org{i % 4},{clause},{war},{answer}")
    return read_table(write(folder, HEAD + "\n".join(rows) + "\n"))


def chance(theta: tuple[float, float, float], clause: float, war: float) -> float:
    """The closed form: one exponential wait against 90 days."""
    rate = theta[0] / 365.25 * (1 + theta[1] * clause) / (1 + theta[2] * war)
    return 1.0 - math.exp(-90.0 * rate)
