r"""Observed chains: many short histories over few situations in one kernel, or one over many situations.

For up to `FEW` situations rates are a full matrix. A history is a list of steps applied to a row vector
:math:`\alpha`, scaled to sum to one after each, the logarithms of the scales kept:

==========  ===================================================
`BEGIN`     :math:`\alpha` becomes a given distribution
`PASS`      :math:`\alpha \leftarrow \alpha\, e^{G \Delta}`
`LEAP`      :math:`\alpha \leftarrow \alpha\, J`
`WEIGH`     :math:`\alpha \leftarrow \alpha \circ w`
==========  ===================================================

:math:`G` has non-negative entries off its diagonal and rows that sum to at most zero. With
:math:`\Lambda \ge \max |G_{ss}|`, :math:`P = I + G/\Lambda \ge 0` and :math:`e^{G\Delta} = \sum_k p_k P^k`
is a sum of non-negative terms: every entry is known to a few units of roundoff of itself, however small it
is. Up to `LONG` expected jumps the sum is taken on the vector; beyond, the stretch is cut into pieces of at
most `PIECE`, whose matrix is formed once by squaring, and the vector is scaled after each: nothing under- or
overflows.

Backwards, with :math:`\beta` scaled to :math:`\alpha \cdot \beta = 1`, the derivative of the log-likelihood
in :math:`G` is :math:`X = \int_0^\Delta (\alpha e^{Gu})^T (e^{G(\Delta-u)} \beta)^T du`: the adjoint of
the sum (:math:`\Lambda X = \sum_k \alpha_k \lambda_{k+1}^T`, :math:`\lambda_k = p_k \beta + P
\lambda_{k+1}`; see `bystander.numerics.pairs`), or the corner of :math:`\exp \begin{pmatrix} G & \beta
\alpha \\ 0 & G \end{pmatrix}` (Van Loan 1978), squared alongside. The derivative in :math:`J` is
:math:`\alpha^T \beta^T`.

Over many situations a row vector is carried through time by sparse rates (`Piece`). Where moves would have
been listed the generator loses mass, and what is left after a long silence may be as little as
:math:`e^{-1000}`. A stretch is therefore cut until each piece keeps a fair part of its mass, the logarithms
of the parts are summed, and a piece's truncation error counts relative to what it keeps. The products
themselves are `bystander.numerics.transients.march`.

*Surely* means one sum of non-negative terms (plain uniformisation from the first Poisson weight on): every
entry is then right to a few units of roundoff of itself, which is what an observation needs that is
improbable given all before it; the caller asks for it when the ordinary bound, divided by the chance of the
observation, is too large.

*Reach*: what would have been listed never happens between observations, and so a vector begins and stays
among few of the situations (those that its own can come to by what may happen unseen; a tenth, often). Rates
are cut to these: nothing is left out, since there is no way out of them but the end of the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, inner, reached_from, restrict, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.operators import Ends, Uniformised, no_losses, uniformise
from bystander.numerics.pairs import PairSums, carry_briefly, quadrature, record
from bystander.numerics.transients import SHORTEST, march

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

FEW = 16
LONG = 64.0
PIECE = 256.0
"""Expected jumps of a piece whose matrix is formed: what remains after one cannot underflow."""
BEGIN, PASS, LEAP, WEIGH = 0, 1, 2, 3


@kernel
def forward_steps(
    kinds: Int64,
    places: Int64,
    spans: Float,
    starts: Float,
    rates: Float,
    leaps: Float,
    weights: Float,
    before: Float,
) -> Float:
    """Return ``(K,)`` the logarithm of the scale of each of K steps; ``before`` ``(K, N)`` is filled.

    Parameters
    ----------
    kinds, places, spans
        Of each step: its kind, which of its matrices or vectors, and its days.
    starts, rates, leaps, weights
        ``(S, N)``, ``(G, N, N)``, ``(J, N, N)``, ``(W, N)``.
    before
        Room for the vector before each step, scaled.
    """
    n = before.shape[1]
    logs = np.zeros(len(kinds))
    x, y = np.zeros(n), np.zeros(n)
    for k in range(len(kinds)):
        before[k] = x
        at = places[k]
        if kinds[k] == BEGIN:
            x[:] = starts[at]
            continue
        extra = 0.0
        if kinds[k] == PASS:
            extra = _pass_row(rates[at], spans[k], x, y)
        elif kinds[k] == LEAP:
            for t in range(n):
                total = 0.0
                for s in range(n):
                    total += x[s] * leaps[at, s, t]
                y[t] = total
        else:
            for s in range(n):
                y[s] = x[s] * weights[at, s]
        size = 0.0
        for s in range(n):
            size += y[s]
        if not size > 0.0:
            logs[k] = -np.inf
            x[:] = 0.0
            continue
        for s in range(n):
            x[s] = y[s] / size
        logs[k] = np.log(size) + extra
    return logs


@kernel
def backward_steps(
    kinds: Int64,
    places: Int64,
    spans: Float,
    rates: Float,
    leaps: Float,
    weights: Float,
    before: Float,
    rate_slopes: Float,
    leap_slopes: Float,
    start_slopes: Float,
    after: Float,
) -> None:
    r"""Add the derivatives of the log-likelihood; ``after`` ``(K, N)`` gets the scaled :math:`\beta` of each.

    ``after[k]`` belongs to the vector before step k: their product, entry by entry, is the chance of each
    situation there given the whole record.
    """
    n = before.shape[1]
    b, y = np.ones(n), np.zeros(n)
    for back in range(len(kinds)):
        k = len(kinds) - 1 - back
        at = places[k]
        x = before[k]
        if kinds[k] == BEGIN:
            start_slopes[at] += b
            b[:] = 1.0
            after[k] = b
            continue
        if kinds[k] == PASS:
            _pass_back(rates[at], spans[k], x, b, y, rate_slopes[at])
        elif kinds[k] == LEAP:
            total = 0.0
            for s in range(n):
                y[s] = 0.0
                for t in range(n):
                    y[s] += leaps[at, s, t] * b[t]
                total += x[s] * y[s]
            if total > 0.0:
                for s in range(n):
                    for t in range(n):
                        leap_slopes[at, s, t] += x[s] * b[t] / total
        else:
            for s in range(n):
                y[s] = weights[at, s] * b[s]
        size = 0.0
        for s in range(n):
            size += x[s] * y[s]
        for s in range(n):
            b[s] = y[s] / size if size > 0.0 else 0.0
        after[k] = b


@kernel
def _fastest(rates: Float) -> float:
    fast = 0.0
    for s in range(len(rates)):
        fast = max(fast, -rates[s, s])
    return fast


@kernel
def poisson_row(q: float, reach: int) -> Float:
    """Return Poisson weights from 0 on, to where they matter to no entry within ``reach`` jumps."""
    room = int(q + 12.0 * np.sqrt(q) + 60.0) + 2 * reach
    out = np.empty(room)
    out[0] = np.exp(-q)
    least = out[0]
    k = 1
    while k < room:
        out[k] = out[k - 1] * q / k
        if k <= reach:
            least = min(least, out[k])
        elif k > q and (out[k] < 1e-20 * least or out[k] < 1e-300):
            break
        k += 1
    return out[:k].copy()


@kernel
def _jump_row(rates: Float, fast: float, x: Float, y: Float) -> None:
    n = len(x)
    for t in range(n):
        total = x[t]
        for s in range(n):
            total += x[s] * rates[s, t] / fast
        y[t] = max(total, 0.0)


@kernel
def _pass_row(rates: Float, span: float, x: Float, y: Float) -> float:
    """Put ``x exp(rates span)`` in y, but for a factor whose logarithm is returned."""
    n = len(x)
    fast = _fastest(rates)
    q = fast * span
    if q == 0.0:
        y[:] = x
        return 0.0
    if q > LONG:
        pieces = int(np.ceil(q / PIECE))
        whole, _ = _power(rates, span / pieces, fast, np.zeros((0, 0)))
        return _pass_pieces(whole, x, y, np.zeros((pieces, 0)))
    p = poisson_row(q, n)
    v, w = x.copy(), np.empty(n)
    for t in range(n):
        y[t] = p[0] * v[t]
    for k in range(1, len(p)):
        _jump_row(rates, fast, v, w)
        v, w = w, v
        for t in range(n):
            y[t] += p[k] * v[t]
    return 0.0


@kernel
def _pass_back(rates: Float, span: float, x: Float, b: Float, y: Float, slopes: Float) -> None:
    """Put ``exp(rates span) b`` in y up to a factor, and add the derivative in the rates."""
    n = len(x)
    fast = _fastest(rates)
    q = fast * span
    if span == 0.0:
        y[:] = b
        return
    if q == 0.0 or q > LONG:
        _pass_back_pieces(rates, span, max(fast, 1.0 / span), x, b, y, slopes)
        return
    p = poisson_row(q, n)
    terms = len(p)
    ahead = np.empty((terms, n))
    ahead[0] = x
    for k in range(1, terms):
        _jump_row(rates, fast, ahead[k - 1], ahead[k])
    back, room, sums = np.zeros(n), np.empty(n), np.zeros((n, n))
    for k in range(terms - 1, -1, -1):
        if k < terms - 1:
            for s in range(n):
                for t in range(n):
                    sums[s, t] += ahead[k, s] * back[t]
        for s in range(n):
            total = back[s]
            for t in range(n):
                total += rates[s, t] / fast * back[t]
            room[s] = max(total, 0.0) + p[k] * b[s]
        back, room = room, back
    y[:] = back
    total = 0.0
    for s in range(n):
        total += x[s] * y[s]
    if total > 0.0:
        for s in range(n):
            for t in range(n):
                slopes[s, t] += sums[s, t] / fast / total


@kernel
def _pass_pieces(whole: Float, x: Float, y: Float, kept: Float) -> float:
    """Multiply ``x`` by a matrix once for each row of ``kept``, which gets the vectors before, scaled."""
    n = len(x)
    log = 0.0
    v = x.copy()
    for piece in range(len(kept)):
        if kept.shape[1] > 0:
            kept[piece] = v
        size = 0.0
        for t in range(n):
            total = 0.0
            for s in range(n):
                total += v[s] * whole[s, t]
            y[t] = total
            size += total
        if not size > 0.0:
            return -np.inf
        for t in range(n):
            v[t] = y[t] / size
        log += np.log(size)
    y[:] = v
    return log


@kernel
def _pass_back_pieces(
    rates: Float, span: float, fast: float, x: Float, b: Float, y: Float, slopes: Float
) -> None:
    """See `_pass_back`, for a stretch cut into pieces."""
    n = len(x)
    pieces = max(int(np.ceil(fast * span / PIECE)), 1)
    kept, corner = np.empty((pieces, n)), np.empty((n, n))
    whole, _ = _power(rates, span / pieces, fast, np.zeros((0, 0)))
    _pass_pieces(whole, x, y, kept)
    after = b.copy()
    for back in range(pieces):
        v = kept[pieces - 1 - back]
        for s in range(n):
            for t in range(n):
                corner[s, t] = after[s] * v[t]
        _, part = _power(rates, span / pieces, fast, corner)
        total = 0.0
        for s in range(n):
            y[s] = 0.0
            for t in range(n):
                y[s] += whole[s, t] * after[t]
            total += v[s] * y[s]
        if not total > 0.0:
            return
        for s in range(n):
            after[s] = y[s] / total
            for t in range(n):
                slopes[s, t] += part[t, s] / total
    y[:] = after


@kernel
def _power(rates: Float, span: float, fast: float, corner: Float) -> tuple[Float, Float]:
    """Return ``exp(rates span)`` and its part due to a corner."""
    n = len(rates)
    with_corner = len(corner) > 0
    halves = 0
    step = span
    while fast * step > 1.0:
        step /= 2.0
        halves += 1
    one = np.empty((n, n))
    for s in range(n):
        for t in range(n):
            one[s, t] = rates[s, t] / fast
        one[s, s] = max(1.0 + one[s, s], 0.0)
    q = fast * step
    p = poisson_row(q, n)
    whole, part = np.zeros((n, n)), np.zeros((n, n))
    power, lead = np.eye(n), np.zeros((n, n))
    for k in range(len(p)):
        whole += p[k] * power
        if with_corner:
            part += p[k] * lead
            lead = _product(lead, one) + _product(power, corner) / fast
        power = _product(power, one)
    for _ in range(halves):
        if with_corner:
            part = _product(part, whole) + _product(whole, part)
        whole = _product(whole, whole)
    return whole, part


@kernel
def _product(a: Float, b: Float) -> Float:
    n = len(a)
    out = np.zeros((n, n))
    for s in range(n):
        for r in range(n):
            factor = a[s, r]
            if factor != 0.0:
                for t in range(n):
                    out[s, t] += factor * b[r, t]
    return out


PART = 0.5
KEPT = 1e-4
SURE_PIECE = 64.0
REACH = 64
EPSILON = 1e-12
SLOPE_EPSILON = 1e-9
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
        largest = float(value.max())
        if not largest > 0.0:
            return rates.widen(value, size)
        at = np.array([span])
        course = march(rates.backward, value / largest, span, _read_nothing, at=at, epsilon=EPSILON)
        return rates.widen(np.maximum(course.at[0], 0.0), size)

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
        recording = record(self.generator, self.transposed, self.ends, piece.start[:, None], piece.span)
        pairs = recording.pairs(value[:, None], np.zeros((len(value), 1)))
        back = np.maximum(pairs.value[:, 0], 0.0)
        total = inner(piece.start, back)
        if total > 0.0:
            np.add(self.sums.along, pairs.along[:, 0] / total, out=self.sums.along)
            np.add(self.sums.here, pairs.here[:, 0] / total, out=self.sums.here)
        return back


def _read_nothing(_: Float) -> Float:
    return NOTHING
