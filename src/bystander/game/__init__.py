"""What a scenario means: situations, moves and numbers as arrays.

Scenario --drafting--> Rules --compile--> Game (arrays) --changes--> nearby games
                                           questions: what is asked, as arrays
"""

from bystander.game.changes import with_parameters
from bystander.game.checks import find_problems
from bystander.game.compile import Size, compile_game, compile_rules, estimate_size
from bystander.game.questions import (
    asked_behind,
    describe_situation,
    mask,
    move_mask,
    option_mask,
    option_moves,
    option_situations,
)

__all__ = [
    "Size",
    "asked_behind",
    "compile_game",
    "compile_rules",
    "describe_situation",
    "estimate_size",
    "find_problems",
    "mask",
    "move_mask",
    "option_mask",
    "option_moves",
    "option_situations",
    "with_parameters",
]
