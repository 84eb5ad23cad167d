"""Numbers that know how wrong they may be.

A `Bounded` holds a value (a number or an array) and one number ``error`` with ``|true - value| <= error``
in every component, where "true" means the exact answer for the rates as given. Truncation of a series,
stopping early, the residual of a linear solve and rounding are added up; errors of the rates themselves
are not part of it (they belong to the equilibrium's certificate).

Rounding follows Higham 2002, chapter 3: a sum of ``d`` products has relative error ``d u / (1 - d u)`` with
``u = 2**-53``; a recursion with matrices whose rows sum to at most one passes each step's error on without
enlarging it, so ``k`` steps with ``d`` entries a row cost at most ``2 k (d + 4) u`` of the largest value.

Answers in ever more pieces, whose errors have even powers of a piece's length, are extrapolated (Romberg
1955); what is told of their error is an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.errors import BoundError, NotConvergedError

T = TypeVar("T", float, NDArray[np.float64])

UNIT_ROUNDOFF = 2.0**-53
UNKNOWN = 64.0
"""How many times what an answer moved by the one before may have moved, where there is none before it."""


@dataclass(frozen=True, slots=True)
class Bounded(Generic[T]):
    """A value and the largest amount by which any component of it may be wrong."""

    value: T
    error: float

    def require(self, tolerance: float, what: str = "The answer") -> Bounded[T]:
        """Return self, or raise `BoundError` if the error bound is larger than ``tolerance``."""
        if not self.error <= tolerance:
            raise BoundError(
                f"{what} is known only to within {self.error:.1e}, asked for {tolerance:.1e}. "
                "Ask for a shorter time or accept a larger error."
            )
        return self


def rounding(steps: float, width: int, scale: float = 1.0) -> float:
    """Bound the rounding error of recursions with ``width`` terms a row and values up to ``scale``."""
    return 2.0 * steps * (width + 4) * UNIT_ROUNDOFF * scale


class Romberg:
    """Answers in ever more pieces, extrapolated until two in a row agree.

    With e what the last answer moved by and e' what the one before did, the error is told as
    ``max(e, e' / 4^k)`` after k extrapolations: by so much each brings answers nearer, and two that are
    nearer still may agree by chance. Where there is no e' it is taken to be `UNKNOWN` times e.
    """

    def __init__(self, tolerance: float) -> None:
        self.tolerance, self.wrong = tolerance, np.inf
        self.last: list[NDArray[np.float64]] = []
        self.moved: float | None = None

    def add(self, answer: NDArray[np.float64]) -> Bounded[NDArray[np.float64]] | None:
        """Take an answer in twice as many pieces as the last; return what it comes to once that is told."""
        row = [np.asarray(answer, float)]
        for k, coarser in enumerate(self.last, 1):
            with np.errstate(invalid="ignore"):
                row.append(row[-1] + (row[-1] - coarser) / (4.0**k - 1.0))
        if not np.isfinite(row[0]).all():
            return Bounded(row[0], 0.0)
        if self.last:
            moved = float(np.abs(row[-1] - self.last[-1]).max(initial=0.0))
            before = UNKNOWN * moved if self.moved is None else self.moved
            self.moved, self.wrong = moved, max(moved, before / 4.0 ** (len(row) - 1))
            if self.wrong <= self.tolerance * max(1.0, float(np.abs(row[-1]).max(initial=0.0))):
                return Bounded(row[-1], self.wrong)
        self.last = row
        return None

    def failed(self) -> NotConvergedError:
        """Say that answers do not agree."""
        return NotConvergedError(
            f"The answer still moves by {self.wrong:.1e} when behaviour is followed in pieces half as long; "
            f"asked for {self.tolerance:.0e}."
        )
