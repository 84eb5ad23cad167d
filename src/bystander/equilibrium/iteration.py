"""Iterating the value equations at one tracing parameter until they hold.

The map is one sweep in which everyone chooses again, followed by cheap ones with behaviour held fixed
(`bystander.equilibrium.sweeps`), always in the same order so that it stays one map, accelerated by Anderson's
method (`bystander.numerics.anderson`). Large games are cut into blocks of rows swept side by side; the cut
depends on the size alone, so answers do not depend on the machine's number of threads. Blocks learn how each
other's rows stand before the sweep and `EXCHANGES` times after it, each time for `EVALUATIONS` cheap sweeps.

Acceleration is dropped and started afresh whenever the change grows by `GROWTH` over the best seen since
the last restart: the plain sweep then gets the iteration back on its way. A change that is not finite, or
grows past `DIVERGENCE`, ends the iteration as diverged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bystander.equilibrium.kernels import make_scratch
from bystander.equilibrium.packed import Packed
from bystander.equilibrium.result import Status
from bystander.equilibrium.sweeps import evaluate, make_held, routes, sweep
from bystander.game.arrays import Float
from bystander.numerics.anderson import WIDTH, Anderson
from bystander.numerics.workers import ranges, run_ranges

WINDOW = 8
GROWTH = 4.0
DIVERGENCE = 1e15
BLOCK_ROWS = 4096
SIDE = 2
EXCHANGES = 3
EVALUATIONS = 3

T = TypeVar("T")
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
        self.blocks = ranges(size, SIDE if size >= SIDE * BLOCK_ROWS else 1)
        self.scratch = {block: make_scratch(game) for block in self.blocks}
        self.length = -(-size // WIDTH) * WIDTH
        copies = 3 if len(self.blocks) > 1 else 2
        self.stack = np.zeros((copies * self.length, len(game.lanes)))
        self.image, self.point, self.copy = (self.stack[k * self.length :][:size] for k in range(3))
        self.routes = routes(game, self.blocks, 2 * self.length)
        self.held = make_held(self.routes)
        self.anderson = Anderson(self.length * len(game.lanes), WINDOW)
        self.place(values)

    def place(self, values: Float) -> None:
        """Start from values ``(N, A)``."""
        self.image[:, : values.shape[1]] = values
        self.point[:, : values.shape[1]] = values

    def turn_to(self, game: Packed) -> None:
        """Go on with the numbers of another game of the same structure."""
        self.game = game
        self.routes = game._replace(targets=self.routes.targets)

    @property
    def values(self) -> Float:
        """The newest values, ``(N, A)``."""
        return self.point[:, : self.game.vote_weight.shape[1]]

    def sweep(self, t: float) -> float:
        """Sweep the current point once and return the largest change; the image is left in ``image``."""

        def sweep_block(low: int, high: int) -> float:
            scratch = self.scratch[low, high]
            return sweep(self.routes, self.stack, low, high, float(t), scratch, self.held)

        return float(np.max(self._side_by_side(sweep_block)))

    def evaluate(self) -> None:
        """Sweep the image on with behaviour held as the last sweep found it."""

        def evaluate_block(low: int, high: int) -> None:
            for _ in range(EVALUATIONS):
                evaluate(self.routes, self.stack, low, high, self.held)

        for _ in range(EXCHANGES):
            self._side_by_side(evaluate_block)

    def _side_by_side(self, task: Callable[[int, int], T]) -> list[T]:
        """Do a task for every block, once each can read how the rows of the others stand."""
        if len(self.blocks) > 1:
            self.copy[:] = self.image
        return run_ranges(task, self.blocks)

    def run(
        self,
        t: float,
        tolerance: float,
        limit: int,
        progress: Progress | None = None,
        stage: str = "solve",
        accelerated: bool = True,
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
            self.evaluate()
            n = self.length
            if accelerated:
                self.anderson.advance(self.stack[n : 2 * n].reshape(-1), self.stack[:n].reshape(-1))
            else:
                self.point[:] = self.image
            if progress is not None and progress(stage, len(changes), change) is False:
                return Ending(Status.INTERRUPTED, len(changes), tuple(changes))
        return Ending(Status.ITERATION_LIMIT, len(changes), tuple(changes))
