"""Counting the same ballot in many situations, in plain array arithmetic.

For best responses, which want the counts of one ballot in many situations as arrays: here the distribution of
the yes weight is built for all situations together, and anew for every member that is left out. With Y_m
independent yes votes of chance y_m and weight w_m, and quota q,

    adopted   = P(sum_m w_m Y_m >= q)
    without_m = P(sum of the others >= q)
    pivot_m   = P(q - w_m <= sum of the others < q).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Float, Game, Int32, Int64, MoveType


@dataclass(frozen=True, slots=True)
class Ballot:
    """One way of voting: the kinds ``(K,)`` decided by it, who votes, weights ``(A,)`` and quota."""

    kinds: NDArray[np.bool_]
    voters: Int64
    weights: Int32
    quota: int


def ballots_of(game: Game) -> list[Ballot]:
    """List the different ballots of a game."""
    numbers, structure = game.numbers, game.structure
    decided = structure.move_type[structure.kind_move] == MoveType.DECISION
    patterns = np.column_stack([numbers.vote_weight, numbers.vote_quota])
    return [
        Ballot(
            decided & (patterns == pattern).all(1),
            np.flatnonzero(pattern[:-1]),
            pattern[:-1],
            int(pattern[-1]),
        )
        for pattern in np.unique(patterns[decided], axis=0)
    ]


def yes_chances(game: Game, gain: Float) -> Float:
    """Chance that each actor votes for a gain ``(n, A)``: 1 / (1 + exp(-gain * rationality))."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -game.numbers.rationality * gain)))


def count(ballot: Ballot, yes: Float) -> tuple[Float, Float, Float]:
    """Adoption ``(n,)``, pivot and pass-without probabilities ``(n, A)``; zero for those who do not vote."""
    pivot, without = np.zeros(yes.shape), np.zeros(yes.shape)
    quota = ballot.quota
    for member in ballot.voters:
        others = _yes_weight(ballot, yes, ballot.voters[ballot.voters != member])
        pivot[:, member] = others[max(quota - int(ballot.weights[member]), 0) : quota].sum(0)
        without[:, member] = others[quota]
    return _yes_weight(ballot, yes, ballot.voters)[quota], pivot, without


def _yes_weight(ballot: Ballot, yes: Float, voters: Int64) -> Float:
    """Distribution of the yes weight of some members, ``(quota + 1, n)``; the last row holds all above it."""
    quota = ballot.quota
    cells = np.zeros((quota + 1, len(yes)))
    cells[0] = 1.0
    for member in voters:
        weight, chance = min(int(ballot.weights[member]), quota), yes[:, member]
        step = cells * (1.0 - chance)
        step[weight:] += cells[: quota + 1 - weight] * chance
        step[quota] += cells[quota + 1 - weight :].sum(0) * chance
        cells = step
    return cells
