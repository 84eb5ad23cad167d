"""Iterating the value equations at one tracing parameter until they hold.

The map is one Gauss-Seidel sweep over all situations (`bystander.equilibrium.kernels`), always in the
same direction so that it stays one map, accelerated by Anderson's method (`bystander.numerics.anderson`).
Large games are cut into blocks of rows swept side by side; the cut depends on the size alone, so answers
do not depend on the machine's number of threads.

Acceleration is dropped and started afresh whenever the change grows by `GROWTH` over the best seen since
the last restart: the plain sweep then gets the iteration back on its way. A change that is not finite, or
grows past `DIVERGENCE`, ends the iteration as diverged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bystander.equilibrium.kernels import make_scratch, sweep
from bystander.equilibrium.packed import Packed
from bystander.equilibrium.result import Status
from bystander.game.arrays import Float
from bystander.numerics.anderson import WIDTH, Anderson
from bystander.numerics.workers import ranges, run_ranges

WINDOW = 8
GROWTH = 4.0
DIVERGENCE = 1e15
BLOCK_ROWS = 4096
SIDE = 2
STAGES = 1

Progress = Callable[[str, int, float], bool | None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How an iteration ended: its status, the sweeps it took, and the largest change of each."""

    status: Status
    sweeps: int
    changes: tuple[float, ...]


class Iteration:
    """Working memory for iterating one game: values, their copy, and the acceleration."""

    def __init__(self, game: Packed, values: Float) -> None:
        self.game = game
        size = len(game.pace_context)
        side = SIDE if size >= SIDE * BLOCK_ROWS else 1
        blocks = ranges(size, side * max(1, min(STAGES, size // (side * BLOCK_ROWS))))
        self.stages = [blocks[k : k + side] for k in range(0, len(blocks), side)]
        self.scratch = {block: make_scratch(game) for block in blocks}
        self.shift = -(-size // WIDTH) * WIDTH
        self.stack = np.zeros((2 * self.shift, len(game.lanes)))
        self.image, self.point = self.stack[:size], self.stack[self.shift :][:size]
        self.anderson = Anderson(self.shift * len(game.lanes), WINDOW)
        self.place(values)

    def place(self, values: Float) -> None:
        """Start from values ``(N, A)``."""
        self.image[:, : values.shape[1]] = values
        self.point[:, : values.shape[1]] = values

    @property
    def values(self) -> Float:
        """The newest values, ``(N, A)``."""
        return self.point[:, : self.game.vote_weight.shape[1]]

    def sweep(self, t: float) -> float:
        """Compute the image of the current point and return the largest change."""
        changes = []
        for stage in self.stages:

            def sweep_block(low: int, high: int, first: int = stage[0][0], last: int = stage[-1][1]) -> float:
                scratch = self.scratch[low, high]
                return sweep(self.game, self.stack, low, high, first, last, self.shift, float(t), scratch)

            changes += run_ranges(sweep_block, stage)
        return float(np.max(changes))

    def run(
        self,
        t: float,
        tolerance: float,
        limit: int,
        progress: Progress | None = None,
        stage: str = "solve",
    ) -> Ending:
        """Iterate until the largest change of a sweep is at most ``tolerance``."""
        self.anderson.restart()
        changes: list[float] = []
        best = np.inf
        while len(changes) < limit:
            change = self.sweep(t)
            changes.append(change)
            if not change <= DIVERGENCE:
                return Ending(Status.DIVERGED, len(changes), tuple(changes))
            if change <= tolerance:
                self.point[:] = self.image
                return Ending(Status.CONVERGED, len(changes), tuple(changes))
            if change > GROWTH * best:
                self.anderson.restart()
                best = change
            best = min(best, change)
            self.anderson.advance(self.stack[self.shift :].reshape(-1), self.stack[: self.shift].reshape(-1))
            if progress is not None and progress(stage, len(changes), change) is False:
                return Ending(Status.INTERRUPTED, len(changes), tuple(changes))
        return Ending(Status.ITERATION_LIMIT, len(changes), tuple(changes))
