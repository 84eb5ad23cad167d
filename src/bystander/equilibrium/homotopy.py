r"""One curve of equations ``G(V, t) = 0`` and its linear systems, for whoever follows it.

A curve is a family of games in one number t: the traced one (precision t beta, docs/theory/solving.md), or
one whose numbers move from those of one game to those of another. At a point this module gives

    gap      G(V, t), worth per day                     `bystander.equilibrium.response.gap_of`
    A        -dG/dV                                     `bystander.equilibrium.jacobian`
    drift    dG/dt

and solves the *bordered* system of Keller (1977),

    [  A     -drift ] [ dV ]   [ a ]
    [ c^T W    c_t  ] [ dt ] = [ b ]                     W = diag(w^2) / n,

with (c, c_t) a direction. It is regular at a fold, where A is not. With a = 0, b = 1 its solution is the
tangent of the curve, up to length; by Cramer's rule the component of t is det A / det B, B being the bordered
matrix, so that the sign of det A is the sign of det B times the side to which t moves.

Lengths are measured in log-odds: w is the actor's precision (1 for an actor that chooses at random), and

    |(dV, dt)|^2 = sum_k (w_k dV_k)^2 / n + dt^2.

Up to `FACTORED` unknowns B is factorised, beyond `DENSE` as a sparse matrix, which also gives the sign of its
determinant and, by inverse iteration, its eigenvalue nearest 0. In larger games blocks are eliminated by two
iterative solves with A; signs are then unknown, and close to a fold the solves may fail, which is said by
None. (Factors fill up: a crisis of 13,824 unknowns takes 11 s and 20 million entries, one iterative solve
6 ms.)

References: Keller 1977, in Rabinowitz (ed.), Applications of Bifurcation Theory, 359-384; Demmel et al. 1999,
A supernodal approach to sparse partial pivoting, SIAM Journal on Matrix Analysis 20 (SuperLU).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from bystander.equilibrium.jacobian import Jacobian, drift, jacobian
from bystander.equilibrium.response import Response, gap_of, responder
from bystander.game.arrays import Float, Game, Int32, Int64
from bystander.numerics import linear
from bystander.numerics.jit import kernel
from bystander.numerics.linear import factorise, substitute

DENSE = 400
FACTORED = 3_000
EARLY = 1e-8
INVERSE_STEPS = 6
SETTLED = 0.99
MIXED = 0.1
ITERATIVE = 1e-6


@dataclass
class Curve:
    """A family of games in one number.

    Attributes
    ----------
    respond
        Evaluates the game at values ``(N, A)`` and t.
    drift
        dG/dt, ``(N, A)``, at values and t where the response is as given.
    shape
        (N, A).
    weight
        ``(N A,)`` log-odds per worth.
    evaluations
        How often the equations were evaluated.
    drawn
        ``(N A,)`` A^-1 drift at the last place where it was solved for iteratively.
    """

    respond: Callable[[Float, float], Response]
    drift: Callable[[Response, float], Float]
    shape: tuple[int, int]
    weight: Float
    evaluations: int = 0
    drawn: Float | None = None

    @property
    def size(self) -> int:
        """Number of unknowns, t not counted."""
        return self.shape[0] * self.shape[1]

    def at(self, values: Float, t: float) -> Place:
        """Evaluate the equations at values ``(N A,)``."""
        self.evaluations += 1
        return Place(self, values, t, self.respond(values.reshape(self.shape), t))

    def length(self, move: Float, dt: float) -> float:
        """Length of a move in log-odds."""
        return float(np.sqrt(np.mean((self.weight * move) ** 2) + dt**2))


def traced_curve(game: Game) -> Curve:
    """Return the curve from uniform choice, or habit, to a game."""
    respond = responder(game)

    def drift_of(response: Response, t: float) -> Float:
        if t < EARLY:
            response, t = respond(response.values, EARLY), EARLY
        return drift(response, t)

    return Curve(respond, drift_of, (game.size, len(game.actors)), weights(game))


def weights(game: Game) -> Float:
    """Log-odds per worth of each value, ``(N A,)``; 1 for an actor that chooses at random."""
    precision = game.numbers.rationality
    return np.tile(np.where(precision > 0.0, precision, 1.0), game.size)


@dataclass(frozen=True)
class Place:
    """The equations at one point of the space around a curve."""

    curve: Curve
    values: Float
    t: float
    response: Response

    @cached_property
    def gap(self) -> Float:
        """G, ``(N A,)`` worth per day."""
        return gap_of(self.response).ravel()

    @cached_property
    def matrix(self) -> Jacobian:
        """A, in compressed rows."""
        return jacobian(self.response)

    @cached_property
    def drift(self) -> Float:
        """dG/dt, ``(N A,)``."""
        return self.curve.drift(self.response, self.t).ravel()

    @cached_property
    def sure(self) -> Float:
        """Log-odds of all choices and votes, those beyond a few units compressed, and probabilities."""
        return _sureness(self.response)

    def border(self, direction: Float, along: float) -> Factors | Elimination:
        """Make the bordered system with a direction ready to be solved."""
        row = direction * self.curve.weight**2 / self.curve.size
        if self.curve.size <= DENSE:
            return Factors(self, row, along)
        if self.curve.size <= FACTORED:
            return SparseFactors(self, row, along)
        return Elimination(self, row, along)


class Factors:
    """The bordered system, factorised. Columns are scaled to log-odds and rows to the diagonal of A."""

    def __init__(self, place: Place, row: Float, along: float) -> None:
        n = place.curve.size
        weight = place.curve.weight
        matrix = np.empty((n + 1, n + 1))
        fill_dense(*place.matrix, matrix)
        matrix[:n, n] = -place.drift
        matrix[n, :n], matrix[n, n] = row, along
        matrix[:, :n] /= weight
        self.scale = 1.0 / np.maximum(np.abs(matrix).max(axis=1), np.finfo(float).tiny)
        self.unit = weight
        matrix *= self.scale[:, None]
        self.factors, self.rows = matrix, np.empty(n + 1, np.int64)
        self.sign = factorise(self.factors, self.rows)

    def solve(self, top: Float, bottom: float) -> tuple[Float, float] | None:
        """Solve the bordered system; None where it is singular."""
        found = self._solve(np.append(top, bottom) * self.scale)
        if found is None:
            return None
        return found[:-1] / self.unit, float(found[-1])

    def _solve(self, right: Float) -> Float | None:
        if not self.sign:
            return None
        found = self._substitute(right)
        return found if np.isfinite(found).all() else None

    def _substitute(self, right: Float) -> Float:
        return substitute(self.factors, self.rows, right)

    def nearest(self, vector: Float, rounds: int = INVERSE_STEPS) -> tuple[float, Float]:
        """Eigenvalue of the scaled bordered matrix nearest 0, and its vector, from a guess ``(N A + 1,)``.

        NaN where inverse iteration has not settled, as with a complex pair. A little of a vector without
        symmetry is mixed in, since a guess that shares the symmetry of the game never leaves it.
        """
        root, settled = np.nan, 0.0
        vector = vector + MIXED * _without_symmetry(len(vector))
        for _ in range(rounds):
            found = self._solve(vector)
            if found is None:
                return 0.0, vector
            size = float(np.sqrt(found @ found))
            settled = abs(float(found @ vector)) / size
            root = float(found @ vector) / size**2
            vector = found / size
        return root if settled > SETTLED else np.nan, vector


class SparseFactors(Factors):
    """The bordered system, factorised as a sparse matrix."""

    def __init__(self, place: Place, row: Float, along: float) -> None:
        from scipy import sparse
        from scipy.sparse.linalg import splu

        block, corner = linear.assembled(*place.matrix), np.array([[along]])
        matrix = sparse.block_array([[block, -place.drift[:, None]], [row[None, :], corner]])
        matrix = matrix @ sparse.diags_array(np.append(1.0 / place.curve.weight, 1.0))
        self.scale = 1.0 / np.maximum(abs(matrix).max(axis=1).toarray().ravel(), np.finfo(float).tiny)
        self.unit, self.sign = place.curve.weight, 0
        try:
            self.lu = splu((sparse.diags_array(self.scale) @ matrix).tocsc())
        except RuntimeError:  # exactly singular
            return
        negative = np.count_nonzero(self.lu.U.diagonal() < 0.0) % 2
        odd = negative ^ _is_odd(self.lu.perm_r) ^ _is_odd(self.lu.perm_c)
        self.sign = -1 if odd else 1

    def _substitute(self, right: Float) -> Float:
        return np.asarray(self.lu.solve(right))


@kernel
def _is_odd(order: Int32) -> bool:
    """Say whether a permutation is an odd one: an odd number of its cycles are of even length."""
    seen = np.zeros(len(order), np.bool_)
    odd = False
    for first in range(len(order)):
        place = order[first]
        while place != first and not seen[first]:
            seen[place] = True
            odd = not odd
            place = order[place]
    return odd


class Elimination:
    """The bordered system, solved by iterative solves with A: of the right side, and of the drift.

    Both go side by side. The drift's begins from its solution at the place before, and is left out where the
    border holds t.
    """

    sign: int | None = None

    def __init__(self, place: Place, row: Float, along: float) -> None:
        self.place, self.row, self.along = place, row, along
        self.system = linear.prepare(*place.matrix)
        self.drawn: Float | None = None

    def solve(self, top: Float, bottom: float) -> tuple[Float, float] | None:
        """Solve the bordered system; None where an iterative solve failed."""
        if bottom == 0.0 and not self.row.any():
            held = self._solve(top)
            return None if held is None else (held[:, 0], 0.0)
        pushed = np.zeros_like(top)
        if self.drawn is None or top.any():
            found = self._solve(top, *([self.place.drift] if self.drawn is None else []))
            if found is None:
                return None
            pushed = found[:, 0]
            if self.drawn is None:
                self.drawn = self.place.curve.drawn = np.ascontiguousarray(found[:, 1])
        dt = (bottom - self.row @ pushed) / (self.row @ self.drawn + self.along)
        return pushed + dt * self.drawn, float(dt)

    def _solve(self, top: Float, *drift: Float) -> Float | None:
        rights, start = np.stack([top, *drift], axis=1), np.zeros((len(top), 1 + len(drift)))
        if drift and self.place.curve.drawn is not None:
            start[:, 1] = self.place.curve.drawn
        found = linear.solve_prepared(self.system, rights, tolerance=ITERATIVE, start=start)
        return found.x if found.converged else None


@kernel
def fill_dense(indptr: Int64, indices: Int32, weights: Float, diagonal: Float, matrix: Float) -> None:
    """Write ``diag(diagonal) - W`` into the leading rows and columns of a matrix."""
    n = len(diagonal)
    for i in range(n):
        for j in range(n):
            matrix[i, j] = 0.0
        matrix[i, i] = diagonal[i]
        for e in range(indptr[i], indptr[i + 1]):
            matrix[i, indices[e]] -= weights[e]


@lru_cache(maxsize=8)
def _without_symmetry(size: int) -> Float:
    vector = np.cos(np.arange(size) ** 2 + 1.0)
    return np.asarray(vector / np.sqrt(vector @ vector))


KNEE = 4.0
FELT = 2.0
TINY = 1e-300


def _sureness(response: Response) -> Float:
    layout = response.layout
    kind = layout.option_kind
    odds = response.gain * layout.precision
    habit, wait = np.maximum(response.habit, TINY), np.maximum(response.wait, TINY)
    odds += np.log(habit / wait)[:, None]
    decides = np.arange(odds.shape[1]) == layout.kind_owner[kind][:, None]
    decides &= (response.ballot < 0)[:, None]
    decides |= layout.vote_weight[kind] > 0
    picked = odds[decides]
    bent = np.sign(picked) * KNEE * np.log1p(np.abs(picked) / KNEE)
    return np.concatenate([bent, FELT * response.choice])
