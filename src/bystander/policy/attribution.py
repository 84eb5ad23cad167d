"""Dividing a difference into parts that add up: the result, and the Shapley value.

Reference: Shapley (1953), *A value for n-person games*.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.policy.cases import Case
from bystander.policy.inputs import Input

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A group of inputs and its part in the difference of one outcome.

    ``inputs`` are (name, in A, in B) as written.
    """

    group: str
    part: float
    inputs: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The difference of an outcome between two scenarios, divided among inputs; largest part first.

    ``residual`` is what the parts leave of ``after - before``.
    """

    outcome: str
    about: str
    unit: str
    before: float
    after: float
    parts: tuple[Part, ...]
    residual: float

    @property
    def difference(self) -> float:
        """B less A."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two scenarios compared.

    Attributes
    ----------
    inputs
        Everything in which they differ: (name, in A, in B).
    only_a, only_b
        Outcomes that only one of them asks.
    method
        ``shapley`` or ``path``.
    jumps
        How many of the solves on the way jumped to another equilibrium: parts then hold more than inputs.
    """

    a: str
    b: str
    inputs: tuple[tuple[str, str, str], ...]
    outcomes: tuple[Attribution, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    method: str
    solves: int
    jumps: int = 0


def shapley(values: Mapping[frozenset[int], Array], count: int) -> Array:
    """Return the Shapley value of each of ``count`` players from the worth of every coalition.

    Parameters
    ----------
    values
        ``(m,)`` worths of each coalition, for m games at once.

    Returns
    -------
    array
        ``(count, m)``, columns sum to the worth of all less that of none.
    """
    players = range(count)
    parts = np.zeros((count, len(values[frozenset()])))
    for size in range(count):
        weight = 1.0 / (count * math.comb(count - 1, size))
        for player in players:
            for others in itertools.combinations([p for p in players if p != player], size):
                coalition = frozenset(others)
                parts[player] += weight * (values[coalition | {player}] - values[coalition])
    return parts


def attribute(
    first: Case,
    last: Case,
    outcome: str,
    shares: Mapping[str, float],
    groups: Mapping[str, tuple[Input, ...]],
) -> Attribution:
    """Put the parts of one outcome's difference together, largest first, with what they leave."""
    before, after = first.value(outcome), last.value(outcome)
    parts = [
        Part(name, share, tuple((i.name, i.in_a, i.in_b) for i in groups[name]))
        for name, share in shares.items()
    ]
    parts.sort(key=lambda p: -abs(p.part))
    result = last.outcomes[outcome]
    residual = (after - before) - sum(p.part for p in parts)
    return Attribution(outcome, result.about, result.estimate.unit, before, after, tuple(parts), residual)
