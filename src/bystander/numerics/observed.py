r"""Observed chains over many situations: a vector carried through stretches of time by sparse rates.

Where moves would have been listed the generator loses mass, and what is left after a long silence may be as
little as :math:`e^{-1000}`. A stretch is therefore cut until each piece keeps a fair part of its mass, the
logarithms of the parts are summed, and a piece's truncation error counts relative to what it keeps. The
products themselves are `bystander.numerics.transients.march`.

*Surely* means one sum of non-negative terms (plain uniformisation from the first Poisson weight on): every
entry is then right to a few units of roundoff of itself, which is what an observation needs that is
improbable given all before it; the caller asks for it when the ordinary bound, divided by the chance of the
observation, is too large.

*Reach*: what would have been listed never happens between observations, and so a vector begins and stays
among few of the situations (those that its own can come to by what may happen unseen; a tenth, often). Rates
are cut to these: nothing is left out, since there is no way out of them but the end of the history.

Backwards, with values scaled to one, the derivative of the log-likelihood in the generator is the integral
of the vector before times the values after each moment (`bystander.numerics.pairs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, inner, reached_from, restrict, transpose
from bystander.numerics.operators import Ends, Uniformised, no_losses, uniformise
from bystander.numerics.pairs import PairSums, carry_briefly, quadrature, record
from bystander.numerics.small_chains import poisson_row
from bystander.numerics.transients import SHORTEST, march

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

PART = 0.5
KEPT = 1e-4
SURE_PIECE = 64.0
REACH = 64
EPSILON = 1e-12
SLOPE_EPSILON = 1e-10
NOTHING = np.zeros(0)
NO_SUMS = np.zeros((0, 0))


@dataclass(frozen=True)
class Piece:
    """A stretch without a cut: its vector at the beginning, its days, and what a quadrature needs of it.

    Vectors are those of `rates`, which may be some of the situations.
    """

    rates: ObservedRates
    start: Float
    span: float
    within: Float | None = None


@dataclass(frozen=True)
class Carried:
    """A vector at the end of a stretch, scaled to sum to one; the log of its scale; an error bound in sum."""

    end: Float
    log: float
    error: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ObservedRates:
    """A generator with what is worked out from it once.

    Attributes
    ----------
    part
        Rates are cut to what can be reached where that is at most this part of the situations.
    rows, entries
        Where it is cut out of a larger one: ``(L,)`` which situations its own are, ``(n,)`` which of the
        larger one's entries are its own. None if it is whole.
    """

    generator: Generator
    part: float = PART
    rows: Int32 | None = None
    entries: Bool | None = None

    @cached_property
    def _parts(self) -> dict[bytes, ObservedRates]:
        return {}

    def reached(self, start: Float) -> ObservedRates:
        """Return the rates among the situations that a vector can come to; these, if they are many."""
        if not self.part:
            return self
        live = reached_from(self.generator, start != 0.0)
        if np.count_nonzero(live) > self.part * len(live):
            return self
        name = live.tobytes()
        if name not in self._parts:
            cut, rows = restrict(self.generator, live)
            entries = np.repeat(live, np.diff(self.generator.indptr))
            self._parts[name] = ObservedRates(cut, 0.0, rows, entries)
        return self._parts[name]

    def narrow(self, vector: Float) -> Float:
        """Take the entries of these situations from a vector of all."""
        return vector if self.rows is None else vector[self.rows]

    def widen(self, vector: Float, size: int) -> Float:
        """Return a vector of all ``size`` situations, zero at others than these."""
        if self.rows is None:
            return vector
        out = np.zeros(size)
        out[self.rows] = vector
        return out

    @cached_property
    def transposed(self) -> Generator:
        """The same rates listed by target."""
        return transpose(self.generator)

    @cached_property
    def forward(self) -> Uniformised:
        """The operator on row vectors."""
        return uniformise(self.transposed, forward=True)

    @cached_property
    def backward(self) -> Uniformised:
        """The operator on values."""
        return uniformise(self.generator, forward=False)

    @cached_property
    def ends(self) -> Ends:
        """One process that ends nowhere but by what its rates lose."""
        none = np.zeros((self.generator.size, 1), bool)
        return Ends(none, no_losses(), np.zeros((1, 1), bool))

    @cached_property
    def sums(self) -> PairSums:
        """The pair integrals of all stretches of these rates that `slopes` was asked for."""
        nothing = np.zeros(len(self.generator.indices)), np.zeros(self.generator.size)
        return PairSums(self.generator, self.backward.parts, *nothing)

    def pair_integrals(self) -> tuple[Float, Float]:
        """Return the pair integrals ``(n,)`` along entries and ``(N,)`` here, those of parts included."""
        along, here = np.zeros(len(self.generator.indices)), np.zeros(self.generator.size)
        for rates in (self, *self._parts.values()):
            if "sums" in rates.__dict__:
                along[... if rates.entries is None else rates.entries] += rates.sums.along
                here[... if rates.rows is None else rates.rows] += rates.sums.here
        return along, here

    def rule(self, span: float) -> tuple[Float, Float] | None:
        """Return the moments and weights, in days, of the quadrature of a stretch; None if it is too long."""
        jumps = self.forward.rate * span
        if jumps >= SHORTEST:
            return None
        nodes, weights = quadrature(jumps, SLOPE_EPSILON)
        return span * nodes, span * weights

    def carry(self, start: Float, span: float, *, surely: bool = False, slopes: bool = False) -> Carried:
        """Carry a vector of sum one through a stretch; keep what `slopes` needs if it will be asked."""
        rates = self.reached(start)
        found = rates._carry(rates.narrow(start), span, surely, slopes)
        return found if rates is self else replace(found, end=rates.widen(found.end, len(start)))

    def _carry(self, start: Float, span: float, surely: bool, slopes: bool) -> Carried:
        x, left, piece, log, error = start, span, span, 0.0, 0.0
        pieces: list[Piece] = []
        while left > 0.0:
            piece = min(piece, left)
            if left - piece <= 1e-12 * span:
                piece = left
            within = None
            if slopes or not surely:
                y, bound, within = self._march(x, piece, slopes)
            if surely:
                y, bound = self._surely(x, piece)
            mass = float(y.sum())
            if not mass > KEPT and self.forward.rate * piece > 1.0:
                piece /= 4.0
                continue
            if not mass > 0.0:
                return Carried(np.zeros_like(x), -np.inf, 0.0, tuple(pieces))
            pieces.append(Piece(self, x, piece, within))
            error += bound / mass
            log += float(np.log(mass))
            x, left = y / mass, left - piece
            piece *= 2.0
        return Carried(x, log, error, tuple(pieces))

    def _march(self, x: Float, span: float, slopes: bool) -> tuple[Float, float, Float | None]:
        rule = self.rule(span)
        if rule is not None:
            given = rule if slopes else (NOTHING, NOTHING)
            found = carry_briefly(self.forward, x, span, *given, EPSILON)
            return found.end, found.error, found.within if slopes else None
        course = march(self.forward, x, span, _read_nothing, at=np.array([span]), epsilon=EPSILON)
        return np.maximum(course.at[0], 0.0), course.error, None

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

    def carry_back(self, start: Float, value: Float, span: float) -> Float:
        """Carry values back through a stretch that ``start`` was carried through, up to a factor.

        They are zero where ``start`` cannot come to, and may be left alone.
        """
        rates, size = self.reached(start), len(value)
        value = rates.narrow(value)
        if rates.rows is None:
            value = np.where(reached_from(rates.generator, start != 0.0), value, 0.0)
        left, piece = span, span
        while left > 0.0 and (largest := float(value.max())) > 0.0:
            piece = min(piece, left)
            if left - piece <= 1e-12 * span:
                piece = left
            at = np.array([piece])
            course = march(rates.backward, value / largest, piece, _read_nothing, at=at, epsilon=EPSILON)
            back = np.maximum(course.at[0], 0.0)
            if not back.max() > KEPT and rates.backward.rate * piece > 1.0:
                piece /= 4.0  # what is left of the values would be of the size of the error
                continue
            value, left = back, left - piece
            piece *= 2.0
        return rates.widen(value, size)

    def slopes(self, pieces: Sequence[Piece], value: Float) -> Float:
        """Carry values back through the pieces of a stretch; add its pair integrals to `sums`.

        They count per unit of log-likelihood. Values are zero where the stretch cannot come to.
        """
        size = len(value)
        for piece in reversed(pieces):
            value = piece.rates.widen(piece.rates._slopes(piece, piece.rates.narrow(value)), size)
        return value

    def _slopes(self, piece: Piece, value: Float) -> Float:
        rule, largest = self.rule(piece.span), float(value.max())
        if not largest > 0.0:
            return value
        if rule is None or piece.within is None:
            return self._recorded_slopes(piece, value / largest)
        left = piece.span - rule[0], np.ones(len(rule[0]))
        found = carry_briefly(self.backward, value / largest, piece.span, *left, SLOPE_EPSILON)
        total = inner(piece.start, found.end)
        if total > 0.0:
            self.sums.add(piece.within, found.within, 1.0 / total)
        return found.end

    def _recorded_slopes(self, piece: Piece, value: Float) -> Float:
        """Do what `slopes` does, for a piece of many jumps: the adjoint of its recursion."""
        recording = record(
            self.generator, self.transposed, self.ends, piece.start[:, None], piece.span, SLOPE_EPSILON
        )
        pairs = recording.pairs(value[:, None], np.zeros((len(value), 1)))
        back = np.maximum(pairs.value[:, 0], 0.0)
        total = inner(piece.start, back)
        if total > 0.0:
            np.add(self.sums.along, pairs.along[:, 0] / total, out=self.sums.along)
            np.add(self.sums.here, pairs.here[:, 0] / total, out=self.sums.here)
        return back


def _read_nothing(_: Float) -> Float:
    return NOTHING
