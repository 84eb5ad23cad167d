"""How large a game is, before anything is solved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bystander.game.compile import reached
from bystander.game.reach import Stepper
from bystander.game.reckoning import Size, refuse_what_does_not_fit, size_of_situations
from bystander.game.rules import Rules
from bystander.game.tables import all_numbers, lay_out_numbers

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

__all__ = ["Size", "estimate_size", "size_of_rules"]


def estimate_size(scenario: Scenario, *, limit: int | None = None) -> Size:
    """Count situations, moves and options of a scenario without building its arrays.

    Raises
    ------
    ScenarioError
        If there are more situations than the limit, or than fit the memory of this machine, naming the
        variables that cause it.
    """
    from bystander.game.drafting import rules_of

    rules = rules_of(scenario)
    rules = rules if limit is None else replace(rules, limit=limit)
    size = size_of_rules(rules)
    refuse_what_does_not_fit(rules, size)
    return size


def size_of_rules(rules: Rules) -> Size:
    """Count what rules lead to; see `estimate_size`."""
    layout = lay_out_numbers(rules)
    stepper = Stepper(rules, layout, all_numbers(rules, layout, rules.parameters))
    return size_of_situations(stepper, reached(rules, stepper))
