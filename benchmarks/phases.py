"""One thing done with a game, timed: each phase returns the seconds of its repeats and what else it saw."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bandwidth import bytes_of_sweep, triad
from benchmarks.peers import solve_plainly
from benchmarks.register import Family
from bystander.chain.eventual import long_run
from bystander.chain.passage import reach_from_everywhere
from bystander.chain.process import make_chain
from bystander.equilibrium.solve import solve
from bystander.game.arrays import Game

Row = dict[str, Any]
Phase = Callable[[Family], Row]
REPEATS = 3
YEAR = 365.25


def timed(task: Callable[[], Any], repeats: int = REPEATS, warm: bool = True) -> tuple[Row, Any]:
    """Return wall seconds (least and median) and processor seconds, and the last result."""
    if warm:
        task()
    walls, works = [], []
    for _ in range(repeats):
        wall, work = time.perf_counter(), time.process_time()
        result = task()
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
    return {"seconds": min(walls), "median": float(np.median(walls)), "processor": min(works)}, result


def importing(_: Family) -> Row:
    """Import the package, and show the command's help, in a fresh interpreter."""
    row, _ = timed(lambda: subprocess.run([sys.executable, "-c", "import bystander"], check=True))
    command = [sys.executable, "-m", "bystander", "--help"]
    row["help seconds"] = timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))[0][
        "seconds"
    ]
    return row


def reading(family: Family) -> Row:
    """Read, merge and check the scenario file."""
    from bystander.scenario import read_scenario

    return timed(lambda: read_scenario(family.file))[0]


def compiling(family: Family) -> Row:
    """Compile the scenario to arrays."""
    from bystander.game import compile_game
    from bystander.scenario import read_scenario

    scenario = read_scenario(family.file)
    return timed(lambda: compile_game(scenario))[0]


def cold(family: Family) -> Row:
    """Solve without tracing from zero to 1e-9; the memory bandwidth its sweeps reach, against a triad's."""
    game = family.make()
    repeats = 1 if game.size > 500_000 else REPEATS
    row, found = timed(
        lambda: solve(game, trace=False).require_converged(), repeats, warm=game.size < 500_000
    )
    moved = bytes_of_sweep(game) * found.iterations / row["seconds"]
    return row | {
        "situations": game.size,
        "sweeps": found.iterations,
        "residual": found.certificate.residual,
        "nanoseconds per situation and sweep": 1e9 * row["seconds"] / found.iterations / game.size,
        "share of memory bandwidth": moved / triad(),
    }


def tracing(family: Family) -> Row:
    """Solve by tracing rationality from uniform choice, the default route."""
    game = family.make()
    repeats = 1 if game.size > 500_000 else REPEATS
    row, found = timed(lambda: solve(game).require_converged(), repeats, warm=False)
    return row | {"sweeps": found.iterations, "jumps": len(found.selection.jumps)}


def warm(family: Family) -> Row:
    """Solve again after every flow worth changed by a tenth of one part in a hundred."""
    game = family.make()
    base = solve(game).require_converged()
    changed = nudge(game)
    row, found = timed(lambda: solve(changed, warm=base).require_converged(), warm=False)
    return row | {"sweeps": found.iterations, "seconds for 20,000": row["seconds"] * 20_000 / game.size}


def nudge(game: Game) -> Game:
    """Return the game with all interests worth one part in a thousand more."""
    numbers = replace(game.numbers, flow_worth=game.numbers.flow_worth * 1.001)
    return replace(game, numbers=numbers, compiled=None)


def plain(family: Family) -> Row:
    """Iterate values in plain NumPy on the same game, beside a cold solve in the same run."""
    game = family.make()
    row, ours = timed(lambda: solve(game, trace=False).require_converged(), 1)
    theirs = solve_plainly(game)
    return row | {
        "numpy seconds": theirs.seconds,
        "numpy sweeps": theirs.sweeps,
        "extrapolated": theirs.extrapolated,
        "times faster": theirs.seconds / row["seconds"],
        "differs by": None if theirs.extrapolated else float(np.abs(theirs.values - ours.values).max()),
    }


def transient(family: Family) -> Row:
    """Chance, from every situation, of reaching the last level of the first variable within a year."""
    game = family.make()
    chain = make_chain(solve(game).require_converged())
    levels = game.situations.levels[:, 0]
    row, found = timed(lambda: reach_from_everywhere(chain, levels == levels.max(), YEAR))
    return row | {"transitions": len(chain.rates), "error bound": found.error}


def resting(family: Family) -> Row:
    """Long-run shares of every situation."""
    chain = make_chain(solve(family.make()).require_converged())
    return timed(lambda: long_run(chain), 1)[0]


def gradient(family: Family) -> Row:
    """All outcomes in all parameters, and how many cold solves' time that is."""
    from bystander.chain.outcomes import Request
    from bystander.chain.sensitivity import gradients

    game = family.make()
    base = solve(game).require_converged()
    scenario = game.scenario
    solving, _ = timed(lambda: solve(game))
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    row, found = timed(lambda: gradients(base, requests, tuple(scenario.parameters)))
    return row | {"outcomes": len(found), "solves": row["seconds"] / solving["seconds"]}


def explanation(family: Family) -> Row:
    """Decompose the value of the first actor into its terms, everywhere."""
    from bystander.equilibrium.decompose import decompose

    base = solve(family.make(), tolerance=1e-11)
    row, found = timed(lambda: decompose(base, 0))
    return row | {"terms": len(found.terms), "gap": found.gap}


def command(family: Family) -> Row:
    """Run ``bystander run`` on the scenario as a user would, report included."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "bystander", "run", family.file, "-o", str(Path(folder) / "r.html")]
        return timed(
            lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )[0]


def storm(family: Family) -> Row:
    """Time-bounded reachability beside Storm and SciPy (`benchmarks.storm`), on a process of like size."""
    from benchmarks.storm import compare

    return compare({"crisis-65k": 8, "crisis-1e6": 10}.get(family.name, 5))


ANY: dict[str, Phase] = {
    "cold": cold,
    "trace": tracing,
    "warm": warm,
    "transient": transient,
    "long-run": resting,
    "explanation": explanation,
}
FILES: dict[str, Phase] = {
    "import": importing,
    "read": reading,
    "compile": compiling,
    "gradient": gradient,
    "run": command,
}
PEERS: dict[str, Phase] = {"numpy": plain, "storm": storm}


def phases_of(family: Family) -> dict[str, Phase]:
    """Return the phases that make sense for a family, in the order they are run."""
    if family.file:
        return {**FILES, **ANY}
    peers = PEERS if family.name.startswith("crisis") and family.name != "crisis-65k-12" else {}
    skipped = {"long-run", "explanation"} if family.name == "crisis-1e6" else set()
    return {name: phase for name, phase in {**ANY, **peers}.items() if name not in skipped}
