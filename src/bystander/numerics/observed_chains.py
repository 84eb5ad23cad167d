r"""A row vector carried through time by rates under observation, scaled, and its adjoint.

Where moves would have been listed the generator loses mass, and what is left after a long silence may be as
little as :math:`e^{-1000}`. A stretch is therefore cut until each piece keeps a fair part of its mass, the
logarithms of the parts are summed, and a piece's truncation error counts relative to what it keeps. The
products themselves are `bystander.numerics.transients.march`.

*Surely* means one sum of non-negative terms (plain uniformisation from the first Poisson weight on): every
entry is then right to a few units of roundoff of itself, which is what an observation needs that is
improbable given all before it; the caller asks for it when the ordinary bound, divided by the chance of the
observation, is too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, inner, transpose
from bystander.numerics.operators import Ends, Uniformised, no_losses, uniformise
from bystander.numerics.pairs import record
from bystander.numerics.small_chains import poisson_row
from bystander.numerics.transients import backward_course, march

Float = NDArray[np.float64]

KEPT = 1e-4
SURE_PIECE = 64.0
REACH = 64
EPSILON = 1e-12
NOTHING = np.zeros(0)
NO_SUMS = np.zeros((0, 0))


@dataclass(frozen=True)
class Piece:
    """A stretch without a cut: its vector at the beginning, and its days."""

    start: Float
    span: float


@dataclass(frozen=True)
class Carried:
    """A vector at the end of a stretch, scaled to sum to one; the log of its scale; an error bound in sum."""

    end: Float
    log: float
    error: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ObservedRates:
    """A generator with what is worked out from it once."""

    generator: Generator

    @cached_property
    def transposed(self) -> Generator:
        """The same rates listed by target."""
        return transpose(self.generator)

    @cached_property
    def forward(self) -> Uniformised:
        """The operator on row vectors."""
        return uniformise(self.transposed, forward=True)

    @cached_property
    def ends(self) -> Ends:
        """One process that ends nowhere but by what its rates lose."""
        none = np.zeros((self.generator.size, 1), bool)
        return Ends(none, no_losses(), np.zeros((1, 1), bool))

    def carry(self, start: Float, span: float, *, surely: bool = False) -> Carried:
        """Carry a vector of sum one through a stretch."""
        x, left, piece, log, error = start, span, span, 0.0, 0.0
        pieces: list[Piece] = []
        while left > 0.0:
            piece = min(piece, left)
            if left - piece <= 1e-12 * span:
                piece = left
            y, bound = self._surely(x, piece) if surely else self._march(x, piece)
            mass = float(y.sum())
            if not mass > KEPT and self.forward.rate * piece > 1.0:
                piece /= 4.0
                continue
            if not mass > 0.0:
                return Carried(np.zeros_like(x), -np.inf, 0.0, tuple(pieces))
            pieces.append(Piece(x, piece))
            error += bound / mass
            log += float(np.log(mass))
            x, left = y / mass, left - piece
            piece *= 2.0
        return Carried(x, log, error, tuple(pieces))

    def _march(self, x: Float, span: float) -> tuple[Float, float]:
        course = march(self.forward, x, span, _read_nothing, at=np.array([span]), epsilon=EPSILON)
        return np.maximum(course.at[0], 0.0), course.error

    def _surely(self, x: Float, span: float) -> tuple[Float, float]:
        operator = self.forward
        pieces = max(int(np.ceil(operator.rate * span / SURE_PIECE)), 1)
        weights = poisson_row(operator.rate * span / pieces, REACH)
        for _ in range(pieces):
            v, w = x.copy(), np.empty_like(x)
            y = weights[0] * v
            for weight in weights[1:]:
                operator.jump(v, w, NOTHING, NO_SUMS)
                v, w = w, v
                y += weight * v
            x = y
        return x, 1e-15 * pieces * len(weights) * float(x.sum())

    def carry_back(self, value: Float, span: float) -> Float:
        """Carry values back through a stretch, up to a factor."""
        largest = float(value.max())
        if not largest > 0.0:
            return value
        nowhere = np.zeros((0, len(value)))
        zero = np.zeros(len(value))
        course = backward_course(
            self.generator, value / largest, zero, span, nowhere, at=np.array([span]), epsilon=EPSILON
        )
        found: Float = np.maximum(course.at[0], 0.0)
        return found

    def slopes(self, piece: Piece, value: Float, along: Float, here: Float) -> Float:
        """Carry values back through a piece; add the pair integrals, per unit of log-likelihood."""
        largest = float(value.max())
        if not largest > 0.0:
            return value
        recording = record(self.generator, self.transposed, self.ends, piece.start[:, None], piece.span)
        scaled = (value / largest)[:, None]
        pairs = recording.pairs(scaled, np.zeros_like(scaled))
        back = np.maximum(pairs.value[:, 0], 0.0)
        total = inner(piece.start, back)
        if total > 0.0:
            along += pairs.along[:, 0] / total
            here += pairs.here[:, 0] / total
        return back


def _read_nothing(_: Float) -> Float:
    return NOTHING
