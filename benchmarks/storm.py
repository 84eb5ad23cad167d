"""Time-bounded reachability from every situation: this package, Storm's sparse engine, and SciPy, in one run.

The same random crisis under random behaviour goes to all three: Storm reads it from DRN, SciPy gets the
generator with absorbing rows. The time bound is such that the fastest situation is left about 300 times.
Bystander and Storm are given the same error bound; SciPy's ``expm_multiply`` has none to give.

Run with ``python -m benchmarks.storm`` (65,536 situations) or ``python -m benchmarks.storm --large``
(1,048,576 too; Storm takes a minute to read the file).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.families import random_crisis
from bystander.chain.export import drn
from bystander.chain.passage import reach_from_everywhere
from bystander.chain.process import Bool, Chain, make_chain
from bystander.equilibrium.result import Certificate, Equilibrium, Selection, Status
from bystander.game.arrays import Float, MoveType

JUMPS = 300.0
BOUND = 1e-9
REPEATS = 5


def random_process(variables: int, guards: int = 2, seed: int = 3) -> tuple[Chain, Bool]:
    """Return a crisis of ``4 ** variables`` situations under random behaviour, and a set to be reached."""
    game = random_crisis([4] * variables, actors=6, hazards=10, actions=24, seed=seed, guards=guards)
    structure = game.structure
    types = structure.move_type[structure.kind_move[structure.option_kind]]
    random = np.random.default_rng(seed)
    choice = np.where(types == MoveType.HAZARD, 1.0, random.random(len(types)))
    rate = choice * np.where(types == MoveType.HAZARD, 2.0, 4.0) / 365.25
    behaviour = Equilibrium(
        game=game,
        values=np.zeros((game.size, len(game.actors))),
        choice=choice,
        option_rate=rate,
        status=Status.CONVERGED,
        certificate=Certificate(0.0, ()),
        selection=Selection("direct"),
        tolerance=0.0,
        iterations=0,
        seconds=0.0,
    )
    levels = game.situations.levels
    return make_chain(behaviour), (levels[:, 0] == 3) & (levels[:, 1] == 3)


def best_of(repeats: int, task: Callable[[], Float]) -> tuple[float, Float]:
    """Return the shortest wall time in seconds, and the last result."""
    shortest = np.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        result = task()
        shortest = min(shortest, time.perf_counter() - begin)
    return float(shortest), result


def ours(chain: Chain, target: Bool, days: float) -> tuple[float, Float, float]:
    """Time this package; return seconds, probabilities and the stated error bound."""
    found = reach_from_everywhere(chain, target, days, epsilon=BOUND / 4)
    found.require(BOUND)
    seconds, values = best_of(
        REPEATS, lambda: reach_from_everywhere(chain, target, days, epsilon=BOUND / 4).value
    )
    return seconds, values, found.error


@cache
def ask_for_bound() -> None:
    """Tell Storm the error bound; it accepts this once."""
    from stormpy.developer import _core

    _core.set_from_exploded_string(["--timebounded:precision", repr(BOUND)])


def storms(chain: Chain, target: Bool, days: float) -> tuple[float, Float]:
    """Time Storm's sparse engine on the exported process."""
    import stormpy

    ask_for_bound()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "process.drn"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(drn(chain, {"target": target}))
        model = stormpy.build_model_from_drn(str(path))
    formula = stormpy.parse_properties(f'P=? [ F<={days!r} "target" ]')[0]
    seconds, result = best_of(REPEATS, lambda: stormpy.model_checking(model, formula))
    return seconds, np.array(result.get_value_vector())


def scipys(chain: Chain, target: Bool, days: float) -> tuple[float, Float]:
    """Time SciPy's action of the matrix exponential."""
    from scipy.sparse import csr_matrix, diags
    from scipy.sparse.linalg import expm_multiply

    rates = csr_matrix((chain.rates, chain.indices, chain.indptr), shape=(chain.size, chain.size))
    live = diags((~target).astype(float))
    matrix = (live @ (rates - diags(chain.exit))).tocsr() * days
    return best_of(1, lambda: expm_multiply(matrix, target.astype(float)))


def compare(variables: int) -> dict[str, Any]:
    """Return one row of the comparison."""
    chain, target = random_process(variables)
    days = JUMPS / chain.generator.fastest
    seconds, values, error = ours(chain, target, days)
    row = {"situations": chain.size, "transitions": len(chain.rates), "jumps": JUMPS, "bound": error}
    row["bystander"] = seconds
    for name, peer in (("storm", storms), ("scipy", scipys)):
        try:
            row[name], theirs = peer(chain, target, days)
        except ImportError:
            continue
        row[f"{name} over bystander"] = row[name] / seconds
        row[f"differs from {name} by"] = float(np.abs(values - theirs).max())
    return row


def main(arguments: list[str]) -> int:
    """Print the comparison as JSON, one size a line."""
    for variables in (8, 10) if "--large" in arguments else (8,):
        sys.stdout.write(json.dumps(compare(variables)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
