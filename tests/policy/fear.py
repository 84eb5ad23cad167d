"""The toy with three equilibria, and measures: one that both branches survive, one that ends the fearful."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import bystander
from bystander.cases.cases import Case, solve_case
from bystander.scenario import Scenario, read_text

MEASURES = """
measures:
  talks: {about: The two talk, set: {cost: 3.2}, cost: 1}
  pact: {about: A pact that makes a strike dear, set: {cost: 7}, cost: 2}
"""


TOY = Path(bystander.__file__).parent / "library" / "toys" / "three-equilibria.yaml"
TEXT = (
    TOY.read_text("utf-8").replace("ever: border == struck", "ever: border == struck, wanted: less")
    + MEASURES
)


@cache
def fear() -> Scenario:
    """The scenario."""
    return read_text(TEXT, "fear.yaml")


@cache
def fearful() -> Case:
    """The scenario solved: tracing leads to fear."""
    return solve_case(fear())
