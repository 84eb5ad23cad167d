"""Numbers that know how wrong they may be.

A `Bounded` holds a value (a number or an array) and one number ``error`` with ``|true - value| <= error``
in every component, where "true" means the exact answer for the rates as given. Truncation of a series,
stopping early, the residual of a linear solve and rounding are added up; errors of the rates themselves
are not part of it (they belong to the equilibrium's certificate).

Rounding follows Higham 2002, chapter 3: a sum of ``d`` products has relative error ``d u / (1 - d u)`` with
``u = 2**-53``; a recursion with matrices whose rows sum to at most one passes each step's error on without
enlarging it, so ``k`` steps with ``d`` entries a row cost at most ``2 k (d + 4) u`` of the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.errors import BoundError

T = TypeVar("T", float, NDArray[np.float64])

UNIT_ROUNDOFF = 2.0**-53


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
