"""What a scenario means: situations, moves and numbers as arrays.

Scenario --drafting--> Rules --compile--> Game (arrays) --changes--> nearby games
                                           masks: questions by name
"""

from bystander.game.changes import number_derivatives, with_parameters, with_start, with_start_distribution
from bystander.game.checks import find_problems
from bystander.game.compile import compile_game, compile_rules
from bystander.game.masks import (
    describe_situation,
    find_situation,
    mask,
    move_mask,
    option_mask,
    option_moves,
    option_situations,
)
from bystander.game.size import Size, estimate_size

__all__ = [
    "Size",
    "compile_game",
    "compile_rules",
    "describe_situation",
    "estimate_size",
    "find_problems",
    "find_situation",
    "mask",
    "move_mask",
    "number_derivatives",
    "option_mask",
    "option_moves",
    "option_situations",
    "with_parameters",
    "with_start",
    "with_start_distribution",
]
