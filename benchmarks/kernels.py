"""Each inner loop by itself, held against how fast this machine moves memory in the same run.

``share`` is the least traffic a call must cause (every array it needs moved once) over its time and over the
best triad's pace. 1 means that only less traffic would help; far below 1, something else bounds the loop.
Where everything fits in the caches the share may pass 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.bandwidth import triad
from benchmarks.shelf import Shelf
from benchmarks.timing import Row, timed
from bystander.derivatives.value_equations import pull
from bystander.equilibrium.iteration import EVALUATIONS, EXCHANGES, Iteration
from bystander.equilibrium.packed import pack
from bystander.equilibrium.response import respond
from bystander.equilibrium.result import Equilibrium
from bystander.numerics.anderson import Anderson
from bystander.numerics.krylov import complete, split
from bystander.numerics.operators import Ends, kill, no_losses, uniformise
from bystander.numerics.rows import WIDTHS
from bystander.process.chain import make_chain

Cell = tuple[str, int, float, Callable[[], Any]]
"""A kernel's name, its threads, the bytes a call must move, and the call."""

LEAST = 0.05
"""Seconds a timing lasts at least: short calls are repeated within it."""


def kernels(shelf: Shelf) -> Row:
    """Time the inner loops of solving, of following and ending the process, and of derivatives."""
    solution = shelf.solved()
    limits = {1: triad(1), 2: triad(2)}
    rows = []
    for name, threads, moved, call in [*_solving(solution), *_process(solution), *_derivatives(solution)]:
        times = int(LEAST / max(timed(call)[0]["seconds"], 1e-7)) + 1
        row, _ = timed(lambda: [call() for _ in range(times)])  # noqa: B023  (called here and now)
        seconds = row["seconds"] / times
        rows.append(
            {
                "kernel": name,
                "threads": threads,
                "seconds": seconds,
                "nanoseconds a situation": 1e9 * seconds / solution.game.size,
                "least MiB": moved / 2**20,
                "share": moved / seconds / max(limits.values()),
            }
        )
    paces = {f"triad GB/s, threads {threads}": pace / 1e9 for threads, pace in limits.items()}
    return {"facts": paces, "kernels": rows}


def _solving(solution: Equilibrium) -> Iterator[Cell]:
    game = solution.game
    iteration = Iteration(pack(game), solution.values)
    threads = len(iteration.blocks)
    shape = game.structure
    structure = sum(
        a.nbytes for a in (shape.option_kind, shape.targets, shape.option_start, shape.target_start)
    )
    values = 8.0 * iteration.image.size
    held = iteration.held
    kept = held.income.nbytes + held.leaving.nbytes + held.start.nbytes + held.weights.nbytes
    moved = structure + kept + held.entry.nbytes + 4.0 * values
    yield "sweep", threads, moved, lambda: iteration.sweep(1.0)
    each = kept + held.place.nbytes + 2.0 * values
    times = EXCHANGES * EVALUATIONS
    yield f"evaluation, {times} times", threads, times * each, iteration.evaluate
    length = iteration.length * len(iteration.game.lanes)
    memory, draw = Anderson(length, 8), np.random.default_rng(1)
    x, g = draw.random(length), draw.random(length)
    for _ in range(9):
        memory.advance(x, g)
        g += draw.random(length)
    doubles, singles = 6.0 * 8.0 * length, (2 * 8 + 6) * 4.0 * length
    yield "acceleration", min(len(memory.parts), 2), doubles + singles, lambda: memory.advance(x, g)


def _process(solution: Equilibrium) -> Iterator[Cell]:
    chain = make_chain(solution)
    operator = uniformise(chain.generator, forward=False)
    x, y, sums = np.random.default_rng(1).random(chain.size), np.zeros(chain.size), np.zeros((1, chain.size))
    rows = operator.indptr.nbytes + operator.indices.nbytes + operator.jumps.nbytes
    none = np.zeros(1)
    yield (
        "jump",
        min(len(operator.parts), 2),
        rows + 5.0 * x.nbytes,
        lambda: operator.twice(x, y, none, sums),
    )
    for columns in WIDTHS:
        ends = Ends(np.zeros((chain.size, columns), bool), no_losses(), np.zeros((1, columns), bool))
        killed = kill(chain.generator, ends, forward=False)
        wide, out = (np.random.default_rng(1).random((chain.size, columns)) for _ in range(2))
        total = np.zeros((1, *wide.shape))
        yield (
            f"killed jump, {columns} at once",
            min(len(killed.parts), 2),
            rows + 3.0 * wide.nbytes,
            lambda killed=killed, wide=wide, out=out, total=total: killed.twice(wide, out, none, total),
        )
    triangles = split(chain.indptr, chain.indices, chain.rates, 1.01 * chain.exit + 1e-6)
    entries = triangles.lower_start.nbytes + triangles.lower_index.nbytes + triangles.lower_single.nbytes
    entries += triangles.excess.nbytes
    for columns in WIDTHS:
        z = np.random.default_rng(1).random(chain.size * columns, np.float32)
        t, low, sums = np.zeros_like(z), np.zeros_like(z), np.zeros((2, columns))
        lanes = (0,) * columns
        yield (
            f"triangle, {columns} at once",
            1,
            entries + 5.0 * z.nbytes,
            lambda lanes=lanes, z=z, t=t, low=low, sums=sums: complete(triangles, lanes, z, t, low, z, sums),
        )


def _derivatives(solution: Equilibrium) -> Iterator[Cell]:
    response = respond(solution)
    options, values = len(response.choice), solution.values
    for columns in WIDTHS:
        zeros, weights = np.zeros((options, columns)), np.repeat(values[:, :, None], columns, axis=2)
        moved = response.gain.nbytes + values.nbytes + 3.0 * zeros.nbytes + 3.0 * weights.nbytes
        moved += response.layout.option_kind.nbytes + response.layout.targets.nbytes
        yield (
            f"adjoint, {columns} at once",
            1,
            moved,
            lambda weights=weights, zeros=zeros: pull(response, weights, zeros, zeros),
        )
