"""Following a path of solutions from s = 0 to s = 1, and noticing where it jumps.

From the last two points of the path a straight line predicts the next (secant predictor), accelerated sweeps
correct it. Points are compared in log-odds: ``d(V, W) = max |V_i(s) - W_i(s)| beta_i``. With a step from V to
a predicted point P and a corrected one W, the step is accepted if

    d(W, P) <= max(d(P, V), `FLOOR`),

so that a step may double or reverse what the last one did, but not more. A step that predicts nothing, the
first or one after a jump, may move by as much as the largest value at its start, but if it moves by more than
`FLOOR` it must lead back as well: taken back, it must return to near V. A step that is not accepted, or whose
corrector does not settle, is halved, down to `SMALLEST`; there it is tried once more from V itself, since a
prediction near a turning point may throw the sweeps off. If it does not settle even so, longer and longer
steps are tried, since sweeps are slow just past a turning point. Then the step is taken back: from W the
sweeps are run at the s of V. If they return to near V the path is steep; if not, going forth and back are not
the same, and the step is reported as a `Jump`. Sweeps pass turning points by falling to another branch, so
that a turning point is seen as such a jump.

A fold and its counterpart that both lie inside one accepted step go unnoticed; a smaller `LARGEST` sees more
and costs more. Allgower & Georg 1990 (Numerical
continuation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bystander.equilibrium.iteration import Ending, Iteration
from bystander.equilibrium.result import Jump, Status
from bystander.game.arrays import Float

LARGEST = 1 / 4
SMALLEST = 1 / 128
FLOOR = 0.5
LEAP = 4
RETURNED = 0.25
JUMP = "jump"

Corrector = Callable[[float], Ending]


@dataclass(slots=True)
class Path:
    """How a path was followed; ``ending`` is the last corrector's.

    ``settled`` is False where even the smallest step led nowhere; ``reached`` is how far it came.
    """

    ending: Ending
    reached: float = 0.0
    steps: int = 0
    sweeps: int = 0
    jumps: tuple[Jump, ...] = ()
    settled: bool = True


def follow(
    iteration: Iteration,
    correct: Corrector,
    first: Ending,
    *,
    largest: float = LARGEST,
    smallest: float = SMALLEST,
    one_start: bool = False,
) -> Path:
    """Follow solutions from the iteration's point, one at s = 0, to s = 1.

    Parameters
    ----------
    iteration
        Holds the point; left at the last point reached.
    correct
        Iterates at a given s from the current point.
    first
        How the iteration at s = 0 ended.
    one_start
        Whether the equations at s = 0 have one solution only, so that the first step leads back whatever it
        passes over and need not be taken back.
    """
    path = Path(first, sweeps=first.sweeps)
    if first.status is not Status.CONVERGED:
        path.settled = first.status is Status.INTERRUPTED
        return path
    here, slope, length = iteration.point.copy(), None, largest
    straight, leaping = True, False
    while path.reached < 1.0:
        ahead = min(path.reached + length, 1.0)
        guess = here if slope is None else here + slope * (ahead - path.reached)
        iteration.place(guess if straight else here)
        path.ending = correct(ahead)
        path.sweeps += path.ending.sweeps
        if path.ending.status is Status.INTERRUPTED:
            return path
        settled = path.ending.status is Status.CONVERGED
        point = iteration.point.copy()
        reach = distance(iteration, here, 0.0) if slope is None else distance(iteration, guess, here)
        miss = distance(iteration, point, guess)
        smooth = settled and not leaping and miss <= max(reach, FLOOR)
        if smooth and slope is None and miss > FLOOR and not (one_start and path.steps == 0):
            smooth = _leads_back(iteration, correct, path, here, point)
        if not smooth:
            if not leaping and length > smallest:
                length /= 2
                continue
            if straight and slope is not None:
                straight = False
                continue
            if not settled:
                if ahead == 1.0:
                    path.settled = False
                    return path
                leaping, length = True, LEAP * length
                continue
        if smooth or _leads_back(iteration, correct, path, here, point):
            slope = (point - here) / (ahead - path.reached)
            if smooth and miss <= max(reach, FLOOR) / 4:
                length = min(2 * length, largest)
        else:
            path.jumps += (Jump(ahead, float(np.abs(point - here).max()), JUMP),)
            slope = None
        length = min(length, largest)
        here, straight, leaping = point, True, False
        path.reached = ahead
        path.steps += 1
    return path


def distance(iteration: Iteration, one: Float, two: Float | float) -> float:
    """Largest difference of two points in log-odds."""
    return float((np.abs(one - two).max(axis=0) * iteration.game.precision).max())


def _leads_back(iteration: Iteration, correct: Corrector, path: Path, here: Float, point: Float) -> bool:
    """Say whether sweeps at the last point reached lead from ``point`` back to ``here``."""
    kept = path.ending
    back = correct(path.reached)
    path.sweeps += back.sweeps
    returned = distance(iteration, iteration.point, here) <= RETURNED * distance(iteration, point, here)
    iteration.place(point)
    path.ending = kept
    return back.status is Status.CONVERGED and returned
