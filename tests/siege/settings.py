"""One set of answers, to be compared with those found under other settings of the machine.

Prints, for every scenario that ships and for 300 stress games, how the equilibrium was reached, its folds,
branch points and jumps, every outcome to six digits, and whether all of it stays when every number of the
game moves by up to 9e-13 of itself. `make test-generic` prints it as compiled for this processor and for
others, with one thread and with two, and compares the lines: none may differ. Karabakh 2020, whose branch
folds at twenty thousand situations and takes minutes to follow, is left for `--all`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bystander.cases.cases import answer_case
from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.errors import BystanderError
from bystander.game.compile import compile_game
from bystander.library import entries
from bystander.scenario import read_scenario
from reference.stress_games import perturbed, stress_game

KINDS = ("crises", "toys", "papers", "templates")
GAMES = 300
LONG = ("crises/armenia-2020",)


def reached(found: Equilibrium) -> str:
    """Say how an equilibrium was reached, and what lies on its branch."""
    selection = found.selection
    marks = [f"{m.kind} {m.low:.4f}" for m in selection.landmarks]
    jumps = [f"jump {jump.size:.4g}" for jump in selection.jumps]
    return ", ".join([found.status.value, selection.how, *marks, *jumps])


def digits(value: float) -> str:
    """Write a number to six digits; what is below 1e-9 is nothing."""
    return "nothing" if abs(value) < 1e-9 else f"{value:.6g}"


def of_scenario(path: str) -> Iterator[str]:
    """Yield the lines of a scenario that ships."""
    scenario = read_scenario(path)
    game = compile_game(scenario)
    try:
        found = solve(game).require_converged()
    except BystanderError as error:
        yield f"{path}: {type(error).__name__}"
        return
    yield f"{path}: {reached(found)}"
    first, moved = (
        {name: digits(o.estimate.value) for name, o in answer_case(scenario, e).outcomes.items()}
        for e in (found, replace(solve(perturbed(game, 0)), game=game))
    )
    yield from (f"{path}: {name} {value}" for name, value in first.items())
    yield from (f"{path}: {name} MOVES to {moved[name]}" for name in first if first[name] != moved[name])


def of_game(seed: int) -> str:
    """Return the line of one stress game."""
    name, game = stress_game(seed)
    one, two = solve(game), solve(perturbed(game, seed))
    same = reached(one) == reached(two) and np.abs(one.choice - two.choice).max() < 1e-9
    choices = " ".join(digits(float(c)) for c in one.choice)
    return f"{name}: {reached(one)}: {choices}{'' if same else ' MOVES'}"


def main() -> int:
    """Print all lines; exit with 1 if any answer moves."""
    moving = 0
    left = () if "--all" in sys.argv else LONG
    paths = [e.path for e in entries() if e.path.split("/")[0] in KINDS and "/parts/" not in e.path]
    for path in (path for path in paths if path not in left):
        for line in of_scenario(path):
            print(line, flush=True)
            moving += " MOVES" in line
    for seed in range(GAMES):
        line = of_game(seed)
        print(line, flush=True)
        moving += " MOVES" in line
    return int(moving > 0)


if __name__ == "__main__":
    sys.exit(main())
