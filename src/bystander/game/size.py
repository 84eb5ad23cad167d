"""How large a game is, before anything is solved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bystander.game.compile import reached
from bystander.game.reach import CHUNK, Stepper
from bystander.game.rules import Rules
from bystander.game.tables import all_numbers, lay_out_numbers

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

_SWEEPS = 200
_SECONDS_PER_TARGET_AND_ACTOR = 1.5e-9


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a game.

    Attributes
    ----------
    situations, moves, actors, options, targets
        Counts.
    memory
        Bytes for the game and its solution.
    seconds
        Rough time to solve it on one core of an ordinary machine: two hundred sweeps over all targets.
    """

    situations: int
    moves: int
    actors: int
    options: int
    targets: int
    memory: int
    seconds: float


def estimate_size(scenario: Scenario, *, limit: int | None = None) -> Size:
    """Count situations, moves and options of a scenario without building its arrays.

    Raises
    ------
    ScenarioError
        If there are more situations than the limit, naming the variables that cause it.
    """
    from bystander.game.drafting import rules_of

    rules = rules_of(scenario)
    return size_of_rules(rules if limit is None else replace(rules, limit=limit))


def size_of_rules(rules: Rules) -> Size:
    """Count what rules lead to; see `estimate_size`."""
    layout = lay_out_numbers(rules)
    stepper = Stepper(rules, layout, all_numbers(rules, layout, rules.parameters))
    codes = reached(rules, stepper)
    options = targets = 0
    for begin in range(0, len(codes), CHUNK):
        here = codes[begin : begin + CHUNK]
        held = stepper.step(here, stepper.levels(here)).held
        options += int(np.count_nonzero(held))
        targets += int((held @ stepper.count).sum())
    actors = len(rules.actors)
    situations = len(codes)
    per_situation = len(rules.variables) + 8 * 4 + 4 * (1 + len(rules.interests)) + 8 * actors * 12
    memory = situations * per_situation + options * (4 + 2 * 8) + targets * 4
    memory += layout.kinds.rows * 8 * (2 + layout.branches + 2 * actors)
    seconds = _SWEEPS * _SECONDS_PER_TARGET_AND_ACTOR * max(targets, situations) * max(actors, 1)
    return Size(situations, len(rules.moves), actors, options, targets, memory, seconds)
