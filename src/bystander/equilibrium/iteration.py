"""Iterating the value equations at one tracing parameter, by sweeps, until they hold.

With T the map of `bystander.equilibrium.kernels`, a *full* sweep replaces V(s) by T(V)(s) row after row
(Gauss-Seidel), and writes down the behaviour it found on its way. Held fixed, that behaviour turns the value
equations into linear ones, whose sweeps

    V_i(s)  <-  [income_i(s) + sum_b weight_b V_i(target_b)] / (rho_i + leaving(s))

need no exponential and no count of votes: about a tenth of the time. A full sweep followed by some of these
is one step of modified policy iteration (Puterman & Shin 1978, Management Science 24), whose fixed points
are those of the full sweep. What remains for the steps to settle is how strongly actors react to each other;
how far worth travels along chains of events is settled by the cheap sweeps.

Large games are swept in blocks side by side. Within a block rows are read as they are; rows of other blocks,
which change meanwhile, from a copy made before the blocks started. Where a branch leads is looked up for its
block beforehand (`routes`): a sweep then reads one array and need not ask which rows are whose, which nearly
halves the time of a cheap one.

The map is one sweep in which everyone chooses again, followed by cheap ones with behaviour held fixed,
always in the same order so that it stays one map, accelerated by Anderson's
method (`bystander.numerics.anderson`). Large games are cut into blocks of rows swept side by side; the cut
depends on the size alone, so answers do not depend on the machine's number of threads. Blocks learn how each
other's rows stand before the sweep and `EXCHANGES` times after it, each time for `EVALUATIONS` cheap sweeps.

In games of more than `AGGREGATED_SIZE` values the cheap sweeps are parted by a correction of what is slow to
settle (`bystander.equilibrium.held`), which halves the number of steps; it is left out from the first
step on after which changes grow by `GROWTH`, or after `STALE` that have not halved them.

Acceleration is dropped and started afresh whenever the change grows by `GROWTH` over the best seen since
the last restart: the plain sweep then gets the iteration back on its way. A change that is not finite, or
grows past `DIVERGENCE`, ends the iteration as diverged.

*How far off* the end is can be read from the way there: since the change was `FAR` times the tolerance,
values have moved by about the error that was left then, which was larger than the one left at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bystander.equilibrium.held import Aggregation, Held, evaluate, make_held
from bystander.equilibrium.kernels import NONE, ONE, Scratch, make_scratch, visit
from bystander.equilibrium.packed import Packed
from bystander.equilibrium.result import Status
from bystander.game.arrays import Float
from bystander.numerics.anderson import WIDTH, Anderson
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.rows import distance, larger, load_row, max_row, store_row, sum_row
from bystander.numerics.workers import ranges, run_ranges


def _stale(changes: Sequence[float]) -> bool:
    """Say whether the last `STALE` changes have not halved the smallest before them."""
    return min(changes[-STALE:]) > min(changes[:-STALE], default=np.inf) / 2


def routes(game: Packed, blocks: Sequence[tuple[int, int]], shift: int) -> Packed:
    """Return the game with each branch leading to the row its block reads: a copy, for rows of other blocks.

    Parameters
    ----------
    shift
        How many rows after a row its copy stands. With one block nothing changes.
    """
    if len(blocks) == 1:
        return game
    places = np.empty_like(game.targets)
    for low, high in blocks:
        own = slice(game.target_start[low], game.target_start[high])
        targets = game.targets[own]
        places[own] = np.where((targets >= low) & (targets < high), targets, targets + np.uint32(shift))
    return game._replace(targets=read_only(places, np.uint32))


@kernel(fast=True, borrow=True)
def sweep(game: Packed, values: Float, low: int, high: int, t: float, scratch: Scratch, held: Held) -> float:
    """Replace V(s) by T(V)(s) for the rows of one block, one after the other, and hold the behaviour.

    Parameters
    ----------
    game
        The packed game; its targets are the rows of ``values`` that this block reads (`routes`).
    values
        Rows of L: the current ones first. Updated in place in rows ``low .. high - 1``.
    low, high
        The block.
    t
        Tracing parameter.
    scratch
        Working memory that no other thread uses.
    held
        Filled for the rows of the block.

    Returns
    -------
    float
        Largest change of a value in the block; NaN if any change is.
    """
    largest = 0.0 * load_row(game.discount, 0, game.lanes)
    summed = largest
    for s in range(low, high):
        income, moved, leaving = visit(game, s, values, t, scratch, scratch.rates, scratch.rates, NONE, False)
        store_row(held.income, s, income)
        held.leaving[s] = leaving
        for e in range(held.start[s], held.start[s + 1]):
            held.weights[e] = 0.0
        branch = game.target_start[s]
        begin = game.option_start[s]
        for o in range(game.option_start[s + 1] - begin):
            kind = game.option_kind[begin + o]
            for b in range(game.kind_branches[kind]):
                held.weights[held.entry[branch]] += scratch.rates[o] * game.chance[kind, b]
                branch += ONE
        acc = income + moved
        new = acc / (load_row(game.discount, 0, game.lanes) + leaving)
        change = distance(new, load_row(values, s, game.lanes))
        largest = larger(change, largest)
        summed = summed + change
        store_row(values, s, new)
    total = sum_row(summed)
    return max_row(largest) if total == total else total


WINDOW = 8
FAR, FARTHEST = 10.0, 1e4
GROWTH = 4.0
DIVERGENCE = 1e15
BLOCK_ROWS = 4096
SIDE = 2
EXCHANGES = 3
EVALUATIONS = 3
BEFORE, AFTER = 2, 2
AGGREGATED_SIZE = 20_000
STALE = 30

T = TypeVar("T")
Progress = Callable[[str, int, float], bool | None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How an iteration ended: its status, the sweeps it took, and the largest change of each.

    ``moved`` is how far values moved since the last point whose change was `FAR` times the tolerance, in
    log-odds: the largest over actors of precision times the range of the move; None where there was none.
    """

    status: Status
    sweeps: int
    changes: tuple[float, ...]
    moved: float | None = None


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
        self.aggregation: Aggregation | None = None
        self.aggregates = values.size > AGGREGATED_SIZE
        self.aggregated = False
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

        aggregation = self.aggregation if self.aggregated else None
        for _ in range(EXCHANGES if aggregation is None else BEFORE):
            self._side_by_side(evaluate_block)
        if aggregation is not None:
            self._move_groups(aggregation)
            for _ in range(AFTER):
                self._side_by_side(evaluate_block)

    def _aggregate(self) -> None:
        """Weigh groups of situations by the behaviour held; the first time, form them."""
        if self.aggregation is None:
            rows = np.arange(len(self.stack)) % (2 * self.length)
            self.aggregation = Aggregation(self.routes, rows, self.held)
        self.aggregation.weigh(self.held, self.game.discount.ravel())
        self.aggregated = True

    def _move_groups(self, aggregation: Aggregation) -> None:
        """Correct the image by groups of situations, with behaviour held."""
        discount = self.game.discount.ravel()
        parts = self._side_by_side(
            lambda low, high: aggregation.residual(self.held, self.stack, discount, low, high)
        )
        total, between = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
        moves = aggregation.moves(total, between, discount)
        run_ranges(lambda low, high: aggregation.move(self.image, moves, low, high), self.blocks)

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
        self.aggregated = False
        changes: list[float] = []
        best, farther = np.inf, None
        while len(changes) < limit:
            change = self.sweep(t)
            changes.append(change)
            if not change <= DIVERGENCE:
                return Ending(Status.DIVERGED, len(changes), tuple(changes))
            if change <= tolerance:
                self.point[:] = self.image
                return Ending(Status.CONVERGED, len(changes), tuple(changes), self._moved_since(farther))
            if FAR * tolerance < change <= FARTHEST * tolerance:
                farther = self.point.copy()
            if accelerated and len(changes) == 1 and self.aggregates:
                self._aggregate()
            grown = change > GROWTH * best
            if self.aggregated and (grown or _stale(changes)):
                self.aggregated = False
            if grown:
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

    def _moved_since(self, farther: Float | None) -> float | None:
        if farther is None:
            return None
        return float((np.ptp(self.point - farther, axis=0) * self.game.precision).max(initial=0.0))
