"""Tracing from uniform behaviour, or habit, to the game: which of several equilibria is the default answer.

At t = 0 everyone chooses without regard to worth and the value equations are linear: one solution. As t grows
to 1 choices sharpen to those of the game (docs/theory/solving.md). The answer is the end of the branch of
solutions that starts at t = 0, the principal branch of Turocy (2005), through all its folds: the branch may
turn back on its way, even where one actor decides alone, since below t = 1 choices do not maximise the value
they are entered into.

*Up to* `bystander.equilibrium.homotopy.DENSE` *unknowns* it is followed by tangent and Newton's method
(`bystander.equilibrium.following`), and the end polished by Newton's method at t = 1 until rounding stops it.

*Larger games* step along t: a parabola through the last three points predicts the next, sweeps correct it
(`Strides`). With P the predicted and Q the corrected chances of all actions and adoptions, a step is
accepted if max |P - Q| <= `MISTAKEN` (the last one is given `LANDING` sweeps, `LANDING_AGAIN` once that was
not enough, others `PATIENCE`; it is made as loosely as the others first, and to the tolerance only where it
was foretold), and the next chosen by (`INTENDED` / max |P - Q|)^(1/3), the error being
O(dt^3). Behaviour that a step foretells to that precision leaves little room for another branch; values tell
the rest, since beyond a fold they leap while choices that are all but certain stay: they must not miss the
prediction by more than `LEAP` times what was predicted to move, or `FLOOR` log-odds. A step is halved where
it is refused, or where sweeps do not settle. Where the last settles loosely and not to the tolerance, or the
branch is lost, all strides are made once more without moving groups at once (`bystander.equilibrium.held`),
which beside a fold can lead where nothing settles. Below `FINEST` the branch is followed by Newton's method,
with iterative solves, from the last point but two, or an earlier one where that is none (sweeps linger where
solutions have just vanished). Equilibria may repel sweeps, so that the end of a branch that was followed is
polished by Newton's method too.

*Up to* `FOLLOWED_SIZE` *unknowns* strides are for plain paths: at the first correction that takes more than
`PLAIN` sweeps the branch is followed from the first point kept. Where nearly alike actors part, a branch
bends away sharply from what is left of the symmetric one, and sweeps settle on that, as foretold. In still
larger games this goes unseen.

Where that fails too the branch *cannot be followed*: from its last point plain sweeps, without acceleration,
are made at t = 1 until they settle. That is reported as a jump, with the t where the branch was left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.equilibrium.following import Follower
from bystander.equilibrium.homotopy import DENSE, Curve, traced_curve
from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.result import Jump, Landmark, Selection, Status
from bystander.game.arrays import Float, Game

LOOSE = 0.03
PATIENCE = 200
LANDING, LANDING_AGAIN = 400, 100
BEGIN = 1 / 16
LARGEST = 1 / 4
FINEST = 1 / 1024
FOLLOWED_SIZE = 20_000
PLAIN = 4
MISTAKEN = 0.2
LEAP, FLOOR = 3.0, 2.0
INTENDED = 0.1
FASTER, SLOWER = 2.0, 0.5
POLISHING = 6
KEPT = 8
LEFT = "the branch could not be followed"
FOLLOWED = "predictor and corrector along the branch from t = 0, Newton's method at t = 1"
STRIDDEN = "sweeps along t from t = 0, with Anderson acceleration"
FELL = "plain sweeps from where the branch was lost"


@dataclass(frozen=True, slots=True)
class Trace:
    """How tracing ended: the last iteration, how it was reached, sweeps before it, and the method."""

    ending: Ending
    selection: Selection
    earlier: int
    method: str


def trace_path(
    game: Game, iteration: Iteration, tolerance: float, limit: int, progress: Progress | None = None
) -> Trace:
    """Trace a game to t = 1 and leave the values in the iteration.

    Parameters
    ----------
    tolerance
        Largest change of a sweep at t = 1, in worth, for large games.
    limit
        Most sweeps, or evaluations where Newton's method is used.
    progress
        Called with (stage, sweeps, change); returning False interrupts.
    """
    curve = traced_curve(game)
    if curve.size <= DENSE:
        return _follow(curve, iteration, [(np.zeros(curve.size), 0.0)], limit, 0, progress, tolerance)
    strides = Strides(iteration, limit, progress)
    ending = strides.walk(tolerance)
    if ending is None and iteration.aggregates:
        ending = strides.walk_again(tolerance)
    if ending is not None:
        return Trace(ending, Selection("traced", strides.steps), strides.spent - ending.sweeps, STRIDDEN)
    starts = [
        (np.ascontiguousarray(values[:, : curve.shape[1]]).ravel(), t)
        for t, values in (strides.points[:-2] or strides.points[:1])[::-1]
    ]
    return _follow(curve, iteration, starts, limit, strides.spent, progress, tolerance)


class Strides:
    """Steps along t, predicted by a parabola and corrected by sweeps; ``points`` are the last accepted."""

    def __init__(self, iteration: Iteration, limit: int, progress: Progress | None) -> None:
        self.iteration, self.limit, self.progress = iteration, limit, progress
        self.points: list[tuple[float, Float]] = []
        self.steps = 0
        self.spent = 0
        self.mistaken = 0.0
        self.loose = LOOSE / max(float(iteration.game.precision.max()), 1.0)

    def correct(self, t: float, tolerance: float, allowance: int) -> Ending:
        """Sweep at t from the current point."""
        most = min(self.limit - self.spent, allowance)
        stage = "trace" if t < 1.0 else "solve"
        ending = self.iteration.run(t, tolerance, most, self.progress, stage)
        self.spent += ending.sweeps
        return ending

    def predict(self, t: float) -> Float:
        """Extrapolate the last three points, or as many as there are."""
        guess = np.zeros_like(self.iteration.point)
        known = self.points[-3:]
        for j, (at, values) in enumerate(known):
            weight = 1.0
            for k, (other, _) in enumerate(known):
                weight *= (t - other) / (at - other) if k != j else 1.0
            guess += weight * values
        return guess

    def leaps(self, guess: Float) -> bool:
        """Say whether the values found are much farther from a guess than the guess from the last point."""
        if len(self.points) < 2:
            return False
        precision = self.iteration.game.precision
        missed, moved = (
            float((np.abs(there - guess)[:, : len(precision)] * precision).max(initial=0.0))
            for there in (self.iteration.point, self.points[-1][1])
        )
        return missed > max(LEAP * moved, FLOOR)

    def foretold(self, guess: Float, expected: Float, t: float) -> bool:
        """Say whether the point found at t was near its prediction, and note how far off behaviour was."""
        found, _ = packed_behaviour(self.iteration.game, self.iteration.point, t)
        self.mistaken = float(np.abs(found - expected).max(initial=0.0))
        return self.mistaken <= MISTAKEN and not self.leaps(guess)

    def walk(self, tolerance: float) -> Ending | None:
        """Walk from t = 0 to 1; return how it ended, or None where the branch is lost."""
        ending = self.correct(0.0, self.loose, self.limit)
        if ending.status is not Status.CONVERGED:
            return ending
        self.points.append((0.0, self.iteration.point.copy()))
        length, landing = BEGIN, LANDING
        while True:
            t = self.points[-1][0]
            ahead = 1.0 if t + 1.5 * length >= 1.0 else t + length
            guess = self.predict(ahead)
            self.iteration.place(guess)
            expected, _ = packed_behaviour(self.iteration.game, self.iteration.point, ahead)
            last = ahead == 1.0
            ending = self.correct(ahead, self.loose, landing if last else PATIENCE)
            near = ending.status is Status.CONVERGED and self.foretold(guess, expected, ahead)
            if last and near:
                ending = self.correct(ahead, tolerance, landing)
                near = self.foretold(guess, expected, ahead)
                if self.iteration.aggregates and ending.status is Status.ITERATION_LIMIT:
                    return None
            if ending.status is Status.INTERRUPTED or self.spent >= self.limit:
                return ending
            if not last and ending.sweeps > PLAIN and self.points[0][1].size <= FOLLOWED_SIZE:
                del self.points[1:]
                return None
            if ending.status is Status.CONVERGED and near:
                self.steps += 1
                if last:
                    return ending
                self.points = [*self.points[1 - KEPT :], (ahead, self.iteration.point.copy())]
                factor = (INTENDED / max(self.mistaken, 1e-9)) ** (1 / 3)
                length = min((ahead - t) * min(max(factor, SLOWER), FASTER), LARGEST)
                continue
            length = (ahead - t) / 2
            landing = LANDING_AGAIN if last else landing
            if length < FINEST:
                return None

    def walk_again(self, tolerance: float) -> Ending | None:
        """Walk from the start and move no groups: beside a fold that can lead where nothing settles."""
        self.iteration.aggregates = False
        self.iteration.place(np.zeros_like(self.iteration.values))
        self.points, self.steps = [], 0
        return self.walk(tolerance)


def _follow(
    curve: Curve,
    iteration: Iteration,
    starts: list[tuple[Float, float]],
    limit: int,
    spent: int,
    progress: Progress | None,
    tolerance: float,
) -> Trace:
    """Follow the branch from the first of some points that is near it; where it is lost, fall from there."""

    def tell(evaluations: int, t: float) -> bool | None:
        return progress("trace", spent + evaluations, 1.0 - t) if progress is not None else None

    for values, t in starts:
        followed = Follower(curve, tell, limit - spent).follow(values, t)
        spent += followed.evaluations
        if followed.steps or not followed.lost or spent >= limit:
            break
    marks = followed.landmarks
    iteration.place(followed.values.reshape(curve.shape))
    if followed.interrupted:
        return Trace(Ending(Status.INTERRUPTED, 0, ()), _reached(followed.steps, marks), spent, FOLLOWED)
    if spent >= limit:
        ending = Ending(Status.ITERATION_LIMIT, 0, ())
        return Trace(ending, _reached(followed.steps, marks), min(spent, limit), FOLLOWED)
    if not followed.lost:
        iteration.place(polish(curve, followed.values).reshape(curve.shape))
        return Trace(Ending(Status.CONVERGED, 0, ()), _reached(followed.steps, marks), spent, FOLLOWED)
    before = iteration.point.copy()
    ending = iteration.run(1.0, tolerance, limit - spent, progress, accelerated=False)
    size = float(np.abs(iteration.point - before).max(initial=0.0))
    jump = Jump(followed.t, size, f"{LEFT}: {followed.lost}")
    return Trace(ending, _reached(followed.steps, marks, (jump,)), spent, FELL)


def _reached(steps: int, marks: tuple[Landmark, ...], jumps: tuple[Jump, ...] = ()) -> Selection:
    return Selection("traced", steps, jumps, marks)


def polish(curve: Curve, values: Float) -> Float:
    """Take Newton steps at t = 1 while they shrink: the answer is then one of rounding, not of tolerance."""
    still = np.zeros_like(values)
    before = np.inf
    for _ in range(POLISHING):
        place = curve.at(values, 1.0)
        step = place.border(still, 1.0).solve(place.gap, 0.0)
        if step is None:
            break
        size = float(np.abs(step[0] * curve.weight).max(initial=0.0))
        if not size < before / 2:
            break
        values, before = values + step[0], size
    return values
