"""The same game solved the plain way: NumPy value iteration, one move and one equation at a time.

Jacobi iteration of V = T(V) with `bystander.equilibrium.certificate`'s meaning of T: no compiled code, no
acceleration, no tracing. It is what a careful researcher would write first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Float, Game, MoveType


@dataclass(frozen=True, slots=True)
class Placed:
    """A move of a game without decisions: where it is possible, what it leads to, and its numbers there."""

    type: int
    owner: int
    places: NDArray[np.int64]
    targets: NDArray[np.int32]
    kinds: NDArray[np.int32]


def place_moves(game: Game) -> list[Placed]:
    """Regroup the options of a game by move."""
    shape = game.structure
    situation = np.repeat(np.arange(game.size), np.diff(shape.option_start))
    move = shape.kind_move[shape.option_kind]
    branches = shape.move_branches[move]
    first = np.cumsum(branches) - branches
    placed = []
    for m, kind in enumerate(shape.move_type):
        options = np.flatnonzero(move == m)
        targets = shape.targets[first[options][:, None] + np.arange(shape.move_branches[m])]
        owner = int(shape.move_owner[m])
        placed.append(Placed(int(kind), owner, situation[options], targets, shape.option_kind[options]))
    return placed


def iterate(game: Game, moves: list[Placed], flow: Float, values: Float) -> Float:
    """Apply T once; decisions by vote are left out (the benchmark's games have none)."""
    numbers = game.numbers
    pace = numbers.pace[game.structure.pace_context]
    gain, leave = flow.copy(), np.broadcast_to(numbers.discount, flow.shape).copy()
    worth: dict[int, list[tuple[Placed, Float]]] = {}
    for move in moves:
        chance = numbers.chance[move.kinds][:, : move.targets.shape[1], None]
        after = numbers.impact[move.kinds] + (chance * values[move.targets]).sum(axis=1)
        if move.type == MoveType.HAZARD:
            rate = numbers.rate[move.kinds][:, None]
            gain[move.places] += rate * after
            leave[move.places] += rate
        else:
            worth.setdefault(move.owner, []).append((move, after))
    for i, options in worth.items():
        beta = numbers.rationality[i]
        weight = np.zeros((game.size, len(options) + 1))
        for column, (move, after) in enumerate(options, start=1):
            weight[move.places, column] = np.exp(beta * (after[:, i] - values[move.places, i]))
        weight[:, 0] = 1.0
        total = weight.sum(axis=1)
        own = values[:, i] + np.log(total) / beta
        others = np.arange(flow.shape[1]) != i
        for column, (move, after) in enumerate(options, start=1):
            taken = (pace[:, i] * weight[:, column] / total)[move.places][:, None]
            gain[move.places] += np.where(others, taken * after, 0.0)
            leave[move.places] += np.where(others, taken, 0.0)
        gain[:, i] += pace[:, i] * own
        leave[:, i] += pace[:, i]
    return gain / leave


@dataclass(frozen=True, slots=True)
class Plain:
    """What plain iteration took: seconds and sweeps to the tolerance; whether the end was extrapolated."""

    seconds: float
    sweeps: int
    per_sweep: float
    extrapolated: bool
    values: Float


def solve_plainly(game: Game, tolerance: float = 1e-9, patience: float = 60.0) -> Plain:
    """Iterate to a tolerance, or for ``patience`` seconds and extrapolate from the rate of decrease seen."""
    moves, flow = place_moves(game), game.flow()
    values = np.zeros((game.size, len(game.actors)))
    begin = time.perf_counter()
    changes: list[float] = []
    while True:
        image = iterate(game, moves, flow, values)
        changes.append(float(np.abs(image - values).max()))
        values = image
        spent = time.perf_counter() - begin
        if changes[-1] <= tolerance:
            return Plain(spent, len(changes), spent / len(changes), False, values)
        if spent > patience and len(changes) > 4:
            tail = max(2, len(changes) // 2)
            ratio = (changes[-1] / changes[-tail]) ** (1.0 / (tail - 1))
            left = int(np.ceil(np.log(tolerance / changes[-1]) / np.log(ratio))) if ratio < 1.0 else 10**6
            per_sweep = spent / len(changes)
            return Plain(spent + left * per_sweep, len(changes) + left, per_sweep, True, values)
