"""Questions that come too late: what is asked is behind the condition under which it is asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Problem
from bystander.game.arrays import Game
from bystander.game.questions import branch_options, mask, option_mask, option_situations
from bystander.scenario.checks.finding import place
from bystander.scenario.expressions import written


def asked_behind(game: Game) -> tuple[Problem, ...]:
    """Remark on questions whose first move is behind the condition under which it is asked.

    It cannot be made while the condition holds, and either never again or it is what brings the condition
    about: what is then asked is only whether it happens once more.
    """
    scenario, found = game.scenario, []
    for name, ask in scenario.asks.items() if scenario is not None else ():
        given, known = scenario.condition_of(ask), scenario.known_moves(ask)
        move = known[0] if known else ""
        if not (given and any(each.name == move for each in game.moves)):
            continue
        holds = mask(game, given)
        options = np.flatnonzero(option_mask(game, move))
        here = option_situations(game)[options]
        if not len(here) or holds[here].any():
            continue
        if not _reached(game, holds)[here].any() or holds[_led_to(game, options)].any():
            message = (
                f"'{name}' asks whether '{move}' is made once '{written(given)}' holds, and it cannot be "
                "made while that holds: what is asked is already behind it."
            )
            fix = "Ask it under another 'given', one under which the move can still be made."
            found.append(Problem(place(scenario, ("asks", name)), message, fix, "asked-behind", "info"))
    return tuple(found)


def _led_to(game: Game, options: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the situations that some options lead to."""
    return game.structure.targets[np.isin(branch_options(game), options)]


def _reached(game: Game, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which situations can come about after some."""
    source = np.repeat(np.arange(game.size), np.diff(game.structure.target_start))
    seen = np.array(holds)
    while True:
        after = game.structure.targets[seen[source]]
        if seen[after].all():
            return seen
        seen[after] = True
