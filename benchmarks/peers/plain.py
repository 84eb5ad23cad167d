"""The same game solved the plain way: NumPy value iteration, one move and one equation at a time.

Jacobi iteration of V = T(V) with `bystander.equilibrium.certificate`'s meaning of T, under private shocks: no
compiled code, no acceleration, no tracing; a vote is counted profile by profile. It is what a careful
researcher would write first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import LeftOutError, Peer
from benchmarks.shelf import Shelf
from benchmarks.timing import Row, peak, processor
from bystander.game.arrays import Float, Game, MoveType


@dataclass(frozen=True, slots=True)
class Placed:
    """A move: where it is possible, what it leads to, and its numbers there."""

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
    """Apply T once."""
    numbers = game.numbers
    pace = numbers.pace[game.structure.pace_context]
    gain, leave = flow.copy(), np.broadcast_to(numbers.discount, flow.shape).copy()
    actions: dict[int, list[tuple[Placed, Float]]] = {}
    for move in moves:
        chance = numbers.chance[move.kinds][:, : move.targets.shape[1], None]
        after = numbers.impact[move.kinds] + (chance * values[move.targets]).sum(axis=1)
        if move.type == MoveType.HAZARD:
            rate = numbers.rate[move.kinds][:, None]
            gain[move.places] += rate * after
            leave[move.places] += rate
        elif move.type == MoveType.DECISION:
            for kind in np.unique(move.kinds):
                these = move.kinds == kind
                here, rate = move.places[these], numbers.rate[kind]
                adopted, worth = vote(game, kind, after[these] - values[here])
                votes = numbers.vote_weight[kind] > 0
                gain[here] += rate * np.where(votes, worth + values[here], adopted[:, None] * after[these])
                leave[here] += rate * np.where(votes, 1.0, adopted[:, None])
        else:
            actions.setdefault(move.owner, []).append((move, after))
    for i, options in actions.items():
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


def vote(game: Game, kind: int, gain: Float) -> tuple[Float, Float]:
    """Chance that proposals of one kind are adopted, and what the vote is worth to those who cast one."""
    weights, quota = game.numbers.vote_weight[kind], game.numbers.vote_quota[kind]
    voters, beta = np.flatnonzero(weights), game.numbers.rationality
    yes = 1.0 / (1.0 + np.exp(-beta * gain))
    adopted = np.zeros(len(gain))
    with_, without = np.zeros_like(gain), np.zeros_like(gain)
    for profile in product((0, 1), repeat=len(voters)):
        said = np.array(profile, bool)
        if weights[voters[said]].sum() < quota:
            continue
        chance = np.where(said, yes[:, voters], 1.0 - yes[:, voters])
        adopted += chance.prod(axis=1)
        for place, voter in enumerate(voters):
            others = np.delete(chance, place, axis=1).prod(axis=1)
            (with_ if said[place] else without)[:, voter] += others
    relief = np.logaddexp(0.0, beta * gain) / beta
    return adopted, (with_ - without) * relief + without * gain


@dataclass(frozen=True, slots=True)
class Plain:
    """What plain iteration took: seconds and sweeps to the tolerance; whether the end was extrapolated."""

    seconds: float
    processor: float
    sweeps: int
    extrapolated: bool
    values: Float


def solve_plainly(game: Game, tolerance: float = 1e-9, patience: float = 40.0) -> Plain:
    """Iterate to a tolerance, or for ``patience`` seconds and extrapolate from the rate of decrease seen."""
    moves, flow = place_moves(game), game.flow()
    values = np.zeros((game.size, len(game.actors)))
    begin, begun = time.perf_counter(), processor()
    changes: list[float] = []
    while True:
        image = iterate(game, moves, flow, values)
        changes.append(float(np.abs(image - values).max()))
        values = image
        spent, worked = time.perf_counter() - begin, processor() - begun
        if changes[-1] <= tolerance:
            return Plain(spent, worked, len(changes), False, values)
        if spent > patience and len(changes) > 4:
            tail = max(2, len(changes) // 2)
            ratio = (changes[-1] / changes[-tail]) ** (1.0 / (tail - 1))
            left = int(np.ceil(np.log(tolerance / changes[-1]) / np.log(ratio))) if ratio < 1.0 else 10**6
            longer = 1.0 + left / len(changes)
            return Plain(spent * longer, worked * longer, len(changes) + left, True, values)


def peers(_: str) -> dict[str, Peer]:
    """Return plain iteration's way through the one phase that solves a game."""
    return {"cold": cold}


def cold(shelf: Shelf) -> tuple[Row, Float | None]:
    """Solve from zero."""
    game = shelf.family.make()
    if game.shocks != "private" or not (game.numbers.rationality > 0.0).all():
        raise LeftOutError("written for private shocks and actors that do not choose at random")
    found = solve_plainly(game)
    times = {"seconds": found.seconds, "processor": found.processor, "repeats": 1, "peak MiB": peak()}
    facts = {"sweeps": found.sweeps} | ({"extrapolated": True} if found.extrapolated else {})
    return times | {"facts": facts}, None if found.extrapolated else found.values
