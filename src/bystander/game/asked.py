"""Questions that come too late: what is asked is behind the condition under which it is asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Problem
from bystander.game.arrays import Game
from bystander.game.questions import mask, option_mask, option_situations
from bystander.scenario.checks.finding import place
from bystander.scenario.expressions import to_text


def asked_behind(game: Game) -> tuple[Problem, ...]:
    """Remark on questions whose first move is behind the condition under which it is asked.

    It cannot be made while the condition holds, and either never again or it is what brings the condition
    about: what is then asked is only whether it happens once more.
    """
    scenario, found = game.scenario, []
    for name, ask in scenario.asks.items() if scenario is not None else ():
        given = scenario.given if ask.given is None else ask.given
        move = next((move for move in ask.full_moves if move in scenario.moves()), "")
        if not (given and any(each.name == move for each in game.moves)):
            continue
        holds = mask(game, given)
        options = np.flatnonzero(option_mask(game, move))
        here = option_situations(game)[options]
        if not len(here) or holds[here].any():
            continue
        if not _reached(game, holds)[here].any() or holds[_led_to(game, options)].any():
            text = given if isinstance(given, str) else to_text(given)
            message = (
                f"'{name}' asks whether '{move}' is made once {text}, and it cannot be made while that "
                "holds: what is asked is already behind it."
            )
            fix = "Ask it under another 'given', one under which the move can still be made."
            found.append(Problem(place(scenario, ("asks", name)), message, fix, "asked-behind", "info"))
    return tuple(found)


def _led_to(game: Game, options: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the situations that some options lead to."""
    first = _first_targets(game)
    return np.concatenate([game.structure.targets[first[o] : first[o + 1]] for o in options.tolist()])


def _first_targets(game: Game) -> NDArray[np.int64]:
    """Return where the targets of each option begin, and their end."""
    structure = game.structure
    branches = structure.move_branches[structure.kind_move[structure.option_kind]]
    return np.concatenate([[0], np.cumsum(branches)]).astype(np.int64)


def _reached(game: Game, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which situations can come about after some."""
    first, sources = _first_targets(game), option_situations(game)
    from_ = np.repeat(sources, np.diff(first))
    seen = np.array(holds)
    while True:
        after = game.structure.targets[seen[from_]]
        if seen[after].all():
            return seen
        seen[after] = True
