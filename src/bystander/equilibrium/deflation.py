r"""Further equilibria from known ones, for games small enough to factorise, and how many must be missing.

*Newton's method* on ``G(V, 1) = 0``: with A = -dG/dV a step solves ``A d = G``; it is cut to `LONGEST` in
log-odds of the value that moves most, and halved until the largest gap falls.

*Deflation* (Farrell, Birkisson & Funke 2015, SIAM J. Sci. Comput. 37): solutions V_k that are known are
divided out,

    M(V) G(V) = 0,        M = prod_k (1 + 1 / |V - V_k|^2)        lengths in log-odds.

By the Sherman-Morrison formula its Newton step is the plain one times ``1 / (1 - grad log M . d)``.

*Partners.* The curve ``G(V, t) = 0`` through an equilibrium at t = 1 is followed backwards
(`bystander.equilibrium.following`). At t = 0 there is one solution, whose curve is the traced one; any other
curve can neither reach t = 0 nor end, and comes back to t = 1 at another equilibrium.

*Census.* The degree of G at t = 1 is that at t = 0, where A is the matrix of a discounted process, whose
determinant is positive: over all equilibria, if none is degenerate, the signs of det A add up to +1. A sum of
c over those found means that at least abs(1 - c) more exist. A sum of 1 proves nothing.
"""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.following import Follower
from bystander.equilibrium.homotopy import Curve, Factors
from bystander.equilibrium.tracing import polish
from bystander.game.arrays import Float

LONGEST = 25.0
ROUNDS = 60
HALVINGS = 10
SMALL = 1e-9
APART = 1e-6
PARTNER_STEPS = 400


def newton(curve: Curve, values: Float, known: list[Float], rounds: int = ROUNDS) -> Float | None:
    """Solve ``G = 0`` at t = 1 from values ``(N A,)`` by Newton's method, known solutions divided out.

    Returns
    -------
    Float or None
        A solution polished to rounding, or None where the method does not converge to one.
    """
    still = np.zeros_like(values)
    for _ in range(rounds):
        place = curve.at(values, 1.0)
        found = place.border(still, 1.0).solve(place.gap, 0.0)
        if found is None:
            return None
        step = found[0] / (1.0 - _pull(curve, values, found[0], known))
        size = float(np.abs(step * curve.weight).max())
        if not np.isfinite(size):
            return None
        if size <= SMALL:
            end = polish(curve, values + step)
            return end if min((_apart(curve, end, k) for k in known), default=np.inf) > APART else None
        if size > LONGEST:
            step = step * (LONGEST / size)
        if not known:
            step = _halved(curve, values, step, float(np.abs(place.gap).max()))
        values = values + step
    return None


def _halved(curve: Curve, values: Float, step: Float, gap: float) -> Float:
    """Halve a step until the largest gap falls."""
    for _ in range(HALVINGS):
        if float(np.abs(curve.at(values + step, 1.0).gap).max()) < gap:
            break
        step = step / 2
    return step


def _apart(curve: Curve, one: Float, two: Float) -> float:
    return float(np.abs((one - two) * curve.weight).max())


def _pull(curve: Curve, values: Float, step: Float, known: list[Float]) -> float:
    """Return grad log M . step."""
    total = 0.0
    for other in known:
        away = (values - other) * curve.weight
        square = max(float(away @ away), 1e-30)
        total += -2.0 * float(away @ (step * curve.weight)) / (square * (square + 1.0))
    return total


def partner(curve: Curve, values: Float) -> Float | None:
    """Follow the curve through an equilibrium backwards; return where it comes back to t = 1, if it does."""
    follower = Follower(curve, most=PARTNER_STEPS)
    followed = follower.follow(values, 1.0, backwards=True)
    return None if followed.lost else polish(curve, followed.values)


def index(curve: Curve, values: Float) -> int:
    """Sign of det A at an equilibrium: 1, -1, or 0 where it is singular to rounding."""
    system = curve.at(values, 1.0).border(np.zeros_like(values), 1.0)
    return system.sign if isinstance(system, Factors) else 0
