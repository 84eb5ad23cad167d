"""What is done with a family, a phase at a time: from its file to values, behaviour and reasons.

Phases that ask the process something are in `benchmarks.processes`, the inner loops in `benchmarks.kernels`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.kernels import kernels
from benchmarks.lone import lone
from benchmarks.processes import eventual, resting, reward, transient, waiting
from benchmarks.register import Family
from benchmarks.shelf import Shelf
from benchmarks.timing import Row, timed
from bystander.equilibrium.solve import solve
from bystander.game.arrays import DateJump, Game

Phase = Callable[[Shelf], Row]


def importing(_: Shelf) -> Row:
    """Import the package in a fresh interpreter."""
    return timed(lambda: subprocess.run([sys.executable, "-c", "import bystander"], check=True))[0]


def helping(_: Shelf) -> Row:
    """Show the command's help."""
    return _command("--help")


def reading(shelf: Shelf) -> Row:
    """Read, merge and check the scenario file."""
    from bystander.scenario import read_scenario

    return timed(lambda: read_scenario(shelf.family.file))[0]


def compiling(shelf: Shelf) -> Row:
    """From a scenario to arrays."""
    from bystander.game.compile import compile_game
    from bystander.scenario import read_scenario

    scenario = read_scenario(shelf.family.file)
    row, game = timed(lambda: compile_game(scenario))
    return row | {"facts": {"options": len(game.structure.option_kind)}}


def cold(shelf: Shelf) -> Row:
    """Solve to 1e-9 from zero, certificate included."""
    game = shelf.family.make()
    row, found = timed(lambda: solve(game, trace=False).require_converged())
    shelf.keep("cold", found.values)
    return row | {
        "facts": {
            "situations": game.size,
            "sweeps": found.iterations,
            "residual": found.certificate.residual,
            "microseconds a situation": 1e6 * row["processor"] / game.size,
        }
    }


def tracing(shelf: Shelf) -> Row:
    """Solve by tracing rationality from uniform choice, the default route."""
    game = shelf.family.make()
    row, found = timed(lambda: solve(game).require_converged())
    return row | {"facts": {"sweeps": found.iterations, "jumps": len(found.selection.jumps)}}


def warm(shelf: Shelf) -> Row:
    """Solve again after every interest has become worth one part in a thousand more."""
    base = shelf.solved()
    changed = nudge(base.game)
    row, found = timed(lambda: solve(changed, warm=base).require_converged())
    each = row["seconds"] * 20_000 / changed.size
    return row | {"facts": {"sweeps": found.iterations, "seconds for 20,000": each}}


def dates(shelf: Shelf) -> Row:
    """Follow values back through 20 known dates, 15 days apart, to 1e-8 in worth."""
    from bystander.equilibrium.announced import solve_announced

    base = shelf.solved()
    game = with_known_dates(base.game, 20, 15.0)
    row, found = timed(lambda: solve_announced(game, tolerance=1e-8, after=base))
    return row | {
        "facts": {
            "situations": game.size,
            "steps": found.steps,
            "error": found.error,
            "dates": len(game.dates),
        }
    }


def with_known_dates(game: Game, count: int, apart: float) -> Game:
    """Return the game with dates on each of which 3 in 10 situations lead elsewhere and something is won."""
    rng, here = np.random.default_rng(8), np.arange(game.size)
    known = []
    for k in range(count):
        targets = np.stack([here, rng.permutation(game.size)], axis=1).astype(np.int32)
        chances = np.tile([0.7, 0.3], (game.size, 1))
        impact = 0.5 * rng.normal(size=(game.size, len(game.actors)))
        known.append(DateJump(f"calendar.date{k}", apart * (k + 1), targets, chances, impact))
    return replace(game, dates=tuple(known))


def nudge(game: Game) -> Game:
    """Return the game with all interests worth one part in a thousand more."""
    numbers = replace(game.numbers, flow_worth=game.numbers.flow_worth * 1.001)
    return replace(game, numbers=numbers, compiled=None)


def gradient(shelf: Shelf) -> Row:
    """All outcomes in all parameters, and how many cold solves' time that is."""
    from bystander.derivatives.outcomes import gradients
    from bystander.process.outcomes import Request

    base = shelf.solved()
    scenario = base.game.scenario
    solving, _ = timed(lambda: solve(base.game))
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    row, found = timed(lambda: gradients(base, requests, tuple(scenario.parameters)))
    facts = {"outcomes": len(found), "parameters": len(scenario.parameters)}
    return row | {"facts": facts | {"solves": row["seconds"] / solving["seconds"]}}


def explanation(shelf: Shelf) -> Row:
    """Decompose the value of the first actor into its terms, everywhere."""
    from bystander.equilibrium.decompose import discounted, terms_of
    from bystander.equilibrium.response import respond

    base = solve(shelf.family.make(), warm=shelf.solved(), tolerance=1e-11)

    def totals() -> np.ndarray:
        response = respond(base)
        return discounted(response, 0).solve(terms_of(response, 0)[1])

    row, found = timed(totals)
    gap = float(np.abs(found.sum(axis=1) - base.values[:, 0]).max())
    return row | {"facts": {"terms": found.shape[1], "gap": gap}}


def exporting(shelf: Shelf) -> Row:
    """Write the process as Storm reads it."""
    chain, process = shelf.asked()
    row, _ = timed(lambda: shelf.write_drn(chain, process))
    return row | {"facts": {"MB": shelf.path("drn").stat().st_size / 1e6}}


def running(shelf: Shelf) -> Row:
    """Run ``bystander run`` on the scenario as a user would, report included."""
    with tempfile.TemporaryDirectory() as folder:
        return _command("run", shelf.family.file, "-o", str(Path(folder) / "report.html"))


def _command(*words: str) -> Row:
    command = [sys.executable, "-m", "bystander", *words]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": os.environ | {"NO_COLOR": "1"},
    }
    return timed(lambda: subprocess.run(command, check=True, **quiet))[0]


FILES: dict[str, Phase] = {
    "import": importing,
    "help": helping,
    "read": reading,
    "compile": compiling,
}
ANY: dict[str, Phase] = {
    "cold": cold,
    "trace": tracing,
    "warm": warm,
    "dates": dates,
    "lone": lone,
    "explanation": explanation,
    "export": exporting,
    "transient": transient,
    "reward": reward,
    "eventual": eventual,
    "waiting": waiting,
    "long-run": resting,
    "kernels": kernels,
}
ANSWERS: dict[str, Phase] = {"gradient": gradient, "run": running}
PHASES = {**FILES, **ANY, **ANSWERS}


def phases_of(family: Family) -> dict[str, Phase]:
    """Return the phases that make sense for a family, in the order they are run."""
    return PHASES if family.file else ANY
