r"""Following a curve of solutions of ``G(V, t) = 0`` from t = 0 to t = 1, through its folds.

Where the curve is regular it is a curve in (V, t), parametrised by its length s (Keller 1977; Allgower &
Georg 2003, Introduction to Numerical Continuation Methods; for the logit branch Turocy 2005, Games and
Economic Behavior 51). One step of length h from a point x with unit tangent tau, the point before at distance
g with tangent tau':

    predict    x + h tau + h^2 (tau - tau') / (2 g)                                  error O(h^3)
    correct    Newton's method for G = 0 on the hyperplane through the prediction that is orthogonal to tau

The corrector must contract by `CONTRACTION` from each step to the next. With m the largest difference of
predicted and corrected log-odds of any choice or vote (those beyond a few units compressed, and
probabilities: `bystander.equilibrium.homotopy.Place.sure`), a step is accepted if m <= `MISS` and the tangent
has turned by no more than the angle of cosine `TURN`; the next is longer or shorter by (`AIM` / m)^(1/3).

*Folds*: t turns where the component of the tangent along t changes sign; there det A changes sign and the
bordered determinant does not. A fold is found by regula falsi on that component; as t is quadratic there, its
t is found to rounding. A step on which the cubic through both ends and tangents turns and turns back is
halved first.

*Large games*: one look is dear. It is taken where that cubic turns, and the fold's t read off the cubic of
the part that turns, with an error of fourth order in a step half as long, told to `ROUGH`. Newton's method
ends on the way at `COARSE` rather than `CLOSE`, with an error of about its square.

*Branch points*: another curve crosses this one where the bordered matrix B is singular. Its determinant
changes sign if the multiplicity is odd; the eigenvalue of B nearest 0, which is tracked, changes sign in any
case. A step that ends beside a crossing, the eigenvalue being `BESIDE` of what it was, goes `PAST` it, since
the tangent there would be rounding. Where either changes sign, the step is gone over again in `SPLIT` parts,
and the part that shows it once more, `DEPTH` times. What only looked like a crossing, two curves that pass
close by each other, comes apart, and the bend is followed. What still crosses is a branch point, and the
curve is followed straight on.

That is the rule at a symmetry: by uniqueness at t = 0 the curve starts out symmetric; Newton's method keeps
to the symmetric points, on which the crossing is no obstacle; and the place where asymmetric solutions leave
it is reported. Asymmetries so small that curves still cross at a resolution of `SPLIT`^-`DEPTH` of a step
count as none: rounding is one of them.

Where steps become shorter than `SHORTEST`, or more than `MOST` are taken, the curve is *lost*.

For large games (more than `bystander.equilibrium.homotopy.FACTORED` unknowns) there is no determinant and
branch points go unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bystander.equilibrium import homotopy
from bystander.equilibrium.homotopy import INVERSE_STEPS, Curve, Elimination, Factors, Place
from bystander.equilibrium.result import Landmark
from bystander.game.arrays import Float

MISS = 0.6
AIM = 0.15
TURN = 0.5
CONTRACTION = 0.5
CORRECTIONS = 7
CLOSE, COARSE = 1e-6, 1e-3
CLOSER = 1e-10
LONGER, SHORTER = 2.5, 0.4
FIRST = 0.25
SHORTEST = 1e-10
MOST = 3000
SPLIT = 8
DEPTH = 2
HALVINGS = 40
GRID, ROUGH = 1e-6, 1e-3
ROUNDING = 1e-13
ZERO = 1e-7
SAMPLES = (0.03, 0.22, 0.41, 0.59, 0.78, 0.97)
LEAST = 4
SURER = 20
SURE, STEEPER = 0.05, 4.0
BESIDE, PAST = 0.1, 1.25
FOLD, BRANCH_POINT = "fold", "branch point"

Tell = Callable[[int, float], bool | None]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of the curve: its values and t, unit tangent, and what the bordered matrix says there."""

    values: Float
    t: float
    move: Float
    along: float
    sign: int | None
    root: float
    vector: Float | None
    bend: tuple[Float, float] | None = None


@dataclass(slots=True)
class Followed:
    """Where following ended; ``lost`` says why it did not reach t = 1, if it was not told to stop."""

    values: Float
    t: float
    steps: int = 0
    evaluations: int = 0
    landmarks: tuple[Landmark, ...] = ()
    lost: str = ""
    interrupted: bool = False


class Follower:
    """Follows one curve. Cost: some two to four evaluations and factorisations a step."""

    def __init__(
        self, curve: Curve, tell: Tell | None = None, limit: int | None = None, most: int | None = None
    ) -> None:
        self.curve = curve
        self.large = curve.size > homotopy.FACTORED
        self.close = COARSE if self.large else CLOSE
        self.tell = tell
        self.most = MOST if most is None else most
        self.limit = np.inf if limit is None else limit
        self.evaluations = 0
        self.steps = 0
        self.landmarks: list[Landmark] = []

    def follow(self, values: Float, t: float = 0.0, *, backwards: bool = False) -> Followed:
        """Follow the curve from values ``(N A,)`` near its point at t, towards greater t, to t = 1.

        ``backwards`` starts towards smaller t; the curve may come back to t = 1.
        """
        here = self.settle(values, t)
        if here is None:
            return self._end(values, t, f"the equations at t = {t:.3g} were not solved")
        if backwards:
            here = replace(here, move=-here.move, along=-here.along)
        length = self.first_length(here)
        while self.steps < self.most and self.evaluations < self.limit:
            if self.tell is not None and self.tell(self.evaluations, here.t) is False:
                return self._end(here.values, here.t, interrupted=True)
            kept = len(self.landmarks)
            path, miss = self.advance(here, length)
            end = None
            if path and path[-1].t >= 1.0:
                end = self.land(*[here, *path][-2:])
                if end is not None:
                    return self._end(end, 1.0)
                path = []
            if not path:
                del self.landmarks[kept:]
                length /= 2
                if length < SHORTEST:
                    return self._end(here.values, here.t, "steps became too short")
                continue
            here = path[-1]
            length *= min(max((AIM / max(miss, 1e-12)) ** (1 / 3), SHORTER), LONGER)
        return self._end(here.values, here.t, f"more than {self.most:,} steps")

    def _end(self, values: Float, t: float, lost: str = "", interrupted: bool = False) -> Followed:
        marks = tuple(self.landmarks)
        return Followed(values, t, self.steps, self.evaluations, marks, lost, interrupted)

    def settle(self, values: Float, t: float) -> CurvePoint | None:
        """Solve the equations at a fixed t; return the point with its tangent towards greater t."""
        found = self.correct(values, t, np.zeros_like(values), 1.0, CLOSER)
        if found is None:
            return None
        return self.stand(found, np.zeros(len(values) + 1))

    def first_length(self, start: CurvePoint) -> float:
        """Length of the first step: one that moves some log-odds by about `FIRST`."""
        length = 1.0
        for _ in range(HALVINGS):
            place = self.place(start.values + length * start.move, start.t + length * start.along)
            moved = np.abs(place.sure - self.place(start.values, start.t).sure).max(initial=0.0)
            if moved <= FIRST:
                break
            length *= max(0.5 * FIRST / moved, 1e-3)
        return length

    def place(self, values: Float, t: float) -> Place:
        """Evaluate the equations, and count."""
        self.evaluations += 1
        return self.curve.at(values, t)

    def correct(
        self, values: Float, t: float, move: Float, along: float, close: float
    ) -> tuple[Place, Factors | Elimination, Float] | None:
        """Correct a prediction; return the last place evaluated, its bordered system, and its first ``sure``.

        The last Newton step is shorter than ``close``, and added, so that its error is about its square.
        """
        before, first = np.inf, None
        for _ in range(CORRECTIONS):
            place = self.place(values, t)
            if first is None:
                first = place.sure
            system = place.border(move, along)
            step = system.solve(place.gap, 0.0)
            if step is None:
                return None
            size = max(float(np.abs(step[0] * self.curve.weight).max()), abs(step[1]))
            if not size <= before * CONTRACTION:
                if before > CLOSE:
                    return None
                return place, system, first  # rounding: closer cannot be had
            values, t = values + step[0], t + step[1]
            if size <= close + ROUNDING * float(np.abs(values * self.curve.weight).max()):
                return replace(place, values=values, t=t), system, first
            before = size
        return None

    def stand(
        self,
        found: tuple[Place, Factors | Elimination, Float],
        vector: Float | None,
        rounds: int = INVERSE_STEPS,
    ) -> CurvePoint | None:
        """Return the tangent at a corrected point, on the side of the direction its system is bordered by."""
        place, system, _ = found
        tangent = system.solve(np.zeros_like(place.values), 1.0)
        if tangent is None:
            return None
        size = self.curve.length(*tangent)
        root = 0.0
        if vector is not None and isinstance(system, Factors):
            root, vector = system.nearest(vector, rounds)
        return CurvePoint(
            place.values, place.t, tangent[0] / size, tangent[1] / size, system.sign, root, vector
        )

    def step(
        self, here: CurvePoint, length: float, close: float | None = None, rounds: int = INVERSE_STEPS
    ) -> tuple[CurvePoint | None, float]:
        """Predict and correct one step; return the point, or None where it is refused, and the miss."""
        close = self.close if close is None else close
        move, along = length * here.move, length * here.along
        if here.bend is not None:
            move = move + length**2 / 2 * here.bend[0]
            along = along + length**2 / 2 * here.bend[1]
        found = self.correct(here.values + move, here.t + along, here.move, here.along, close)
        if found is None:
            return None, np.inf
        miss = float(np.abs(found[0].sure - found[2]).max(initial=0.0))
        if miss > MISS:
            return None, miss
        ahead = self.stand(found, here.vector, rounds)
        if ahead is None:
            return None, miss
        cosine = np.mean(self.curve.weight**2 * here.move * ahead.move) + here.along * ahead.along
        if cosine < TURN:
            return None, miss
        distance = self.curve.length(ahead.values - here.values, ahead.t - here.t)
        bend = ((ahead.move - here.move) / distance, (ahead.along - here.along) / distance)
        return replace(ahead, bend=bend), miss

    def advance(self, here: CurvePoint, length: float, depth: int = 0) -> tuple[list[CurvePoint], float]:
        """Take one step, noticing what lies on it; return the points passed, none where it is refused."""
        ahead, miss = self.step(here, length)
        if ahead is not None and abs(ahead.root) < BESIDE * abs(here.root):
            length *= PAST
            ahead, miss = self.step(here, length)
        if ahead is None or _turns_twice(here, ahead, length):
            return [], miss
        odd, even = _crossings(here, ahead)
        if odd and depth < DEPTH:
            return self.go_over(here, length, depth + 1), miss
        t = self.crossing(here, length) if odd or even else None
        if t is not None and depth < DEPTH:
            return self.go_over(here, length, depth + 1), miss
        if odd or t is not None:
            self.mark(BRANCH_POINT, (here.t + ahead.t) / 2 if t is None else t)
        if here.along * ahead.along < 0.0:
            find = self.look_at_fold if self.large else self.find_fold
            fold = find(here, ahead, length)
            if fold.t >= 1.0:
                return [fold], miss
            self.mark(FOLD, fold.t)
        self.steps += 1
        return [ahead], miss

    def go_over(self, here: CurvePoint, length: float, depth: int) -> list[CurvePoint]:
        """Take one step in `SPLIT` parts; return the points passed, none where one of them is refused."""
        path: list[CurvePoint] = []
        for _ in range(SPLIT):
            part, _ = self.advance(path[-1] if path else here, length / SPLIT, depth)
            if not part:
                return []
            path += part
            if path[-1].t >= 1.0:
                break
        return path

    def mark(self, kind: str, t: float) -> None:
        """Note a fold or a branch point, bracketed by multiples of `GRID`, or `ROUGH` in large games."""
        grid = ROUGH if self.large else GRID
        low = np.floor(t / grid) * grid
        self.landmarks.append(Landmark(kind, float(low), float(low + grid)))

    def crossing(self, here: CurvePoint, length: float) -> float | None:
        """Return the t at which the nearest eigenvalue passes through 0 on a step, None if it does not.

        It is read at a few points of the step, and t interpolated as a polynomial in it. A point that lies
        close to the crossing is left out: Newton's method sees rounding alone there. Where it rises or falls
        much faster between two points than elsewhere, it is another eigenvalue that is nearest.
        """
        steps = [(share, self.step(here, share * length, CLOSER, SURER)[0]) for share in SAMPLES]
        points = np.array([(share, at.t, at.root) for share, at in steps if at and np.isfinite(at.root)])
        if len(points) < LEAST:
            return None
        shares, times, roots = points[np.abs(points[:, 2]) >= SURE * np.abs(points[:, 2]).max()].T
        slopes = np.diff(roots) / np.diff(shares) * np.sign(roots[-1] - roots[0])
        if len(roots) < LEAST or not 0.0 < slopes.min() <= slopes.max() < STEEPER * np.median(slopes):
            return None
        scaled = roots / np.abs(roots).max()
        weights = np.array([np.prod([-r / (root - r) for r in scaled if r != root]) for root in scaled])
        if roots[0] * roots[-1] > 0.0 and not 0.0 <= weights @ shares <= 1.0:
            return None
        return float(weights @ times)

    def find_fold(self, here: CurvePoint, ahead: CurvePoint, length: float) -> CurvePoint:
        """Return the point of a step where t turns, to rounding."""
        low, high, best = 0.0, length, ahead
        below, above = here.along, ahead.along
        least = max(abs(below), abs(above))
        side = 0
        for _ in range(HALVINGS):
            if below == above:
                break
            middle = low - below * (high - low) / (above - below)
            point, _ = self.step(here, middle, CLOSER)
            if point is None:
                break
            if abs(point.along) < abs(best.along):
                best = point
            if abs(point.along) <= ZERO * least or high - low <= CLOSER * length:
                break
            if point.along * below > 0.0:
                low, below = middle, point.along
                above = above / 2 if side == 1 else above
                side = 1
            else:
                high, above = middle, point.along
                below = below / 2 if side == -1 else below
                side = -1
        return best

    def look_at_fold(self, here: CurvePoint, ahead: CurvePoint, length: float) -> CurvePoint:
        """Return the point of a step where t turns, by one look and cubics."""
        share, _ = _turn(here, ahead, self.curve)
        middle, _ = self.step(here, share * length)
        if middle is None:
            return ahead
        ends = (here, middle) if here.along * middle.along < 0.0 else (middle, ahead)
        return replace(middle, t=_turn(*ends, self.curve)[1])

    def land(self, here: CurvePoint, ahead: CurvePoint) -> Float | None:
        """Return the values at t = 1 on a step that passes it, or None where they are not found close by."""
        values = _when(here, ahead, self.curve)
        found = self.correct(values, 1.0, np.zeros_like(values), 1.0, CLOSER)
        if found is None or np.abs(found[0].sure - found[2]).max(initial=0.0) > MISS:
            return None
        return found[0].values


def _crossings(here: CurvePoint, ahead: CurvePoint) -> tuple[bool, bool]:
    """Say whether determinant and nearest eigenvalue of B change sign between two points."""
    if here.sign is None or ahead.sign is None:
        return False, False
    return here.sign * ahead.sign < 0, here.root * ahead.root < 0.0


def _turns_twice(here: CurvePoint, ahead: CurvePoint, length: float) -> bool:
    """Say whether t turns and turns back on the cubic through two points with their tangents."""
    if here.along * ahead.along <= 0.0:
        return False
    side = np.sign(here.along)
    first, last, rise = side * length * here.along, side * length * ahead.along, side * (ahead.t - here.t)
    square, linear = _slope(first, last, rise)
    if square <= 0.0 or not 0.0 < -linear < 2.0 * square:
        return False
    return bool(first - linear**2 / (4.0 * square) < 0.0)


def _cubic(u: float, here: Any, ahead: Any, first: Any, last: Any) -> Any:
    """Return at the share u of a step the cubic with these values at both ends, and slopes over the step."""
    bends = u * (1.0 - u) ** 2 * first - u**2 * (1.0 - u) * last
    return (1.0 + 2.0 * u) * (1.0 - u) ** 2 * here + u**2 * (3.0 - 2.0 * u) * ahead + bends


def _slope(first: float, last: float, rise: float) -> tuple[float, float]:
    """Return a and b of the slope a u^2 + b u + first of the cubic that rises by so much over a step."""
    return 3.0 * (first + last - 2.0 * rise), 6.0 * rise - 4.0 * first - 2.0 * last


def _turn(here: CurvePoint, ahead: CurvePoint, curve: Curve) -> tuple[float, float]:
    """Return the share of a step at which its cubic turns, t having slopes of both signs, and t there."""
    length = curve.length(ahead.values - here.values, ahead.t - here.t)
    first, last, rise = length * here.along, length * ahead.along, ahead.t - here.t
    square, linear = _slope(first, last, rise)
    root = np.sqrt(max(linear**2 - 4.0 * square * first, 0.0))
    far = -(linear + (root if linear >= 0.0 else -root)) / 2.0
    shares = [number / of for number, of in ((far, square), (first, far)) if of and 0.0 <= number / of <= 1.0]
    share = float(shares[0]) if shares else first / (first - last)
    return share, float(_cubic(share, here.t, ahead.t, first, last))


def _when(here: CurvePoint, ahead: CurvePoint, curve: Curve) -> Float:
    """Return the values where the cubic through two points with their tangents first passes t = 1."""
    length = curve.length(ahead.values - here.values, ahead.t - here.t)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _cubic(middle, here.t, ahead.t, length * here.along, length * ahead.along) < 1.0:
            low = middle
        else:
            high = middle
    return np.asarray(_cubic(high, here.values, ahead.values, length * here.move, length * ahead.move))
