"""Tracing from uniform behaviour to the game: which of several equilibria is the default answer.

At t = 0 everyone chooses uniformly and the value equations are linear: one solution. As t grows to 1
choices sharpen to those of the game (model.md, section 5). The path of solutions is followed with a
secant predictor and the accelerated sweeps as corrector.
"""

from __future__ import annotations

from bystander.equilibrium.iteration import Iteration, Progress
from bystander.equilibrium.result import Selection, Status

STEPS = 4
LOOSE = 1e-3


def trace_path(iteration: Iteration, limit: int, progress: Progress | None = None) -> tuple[Selection, int]:
    """Bring an iteration to the foot of t = 1; returns how, and the sweeps spent."""
    sweeps = 0
    previous = None
    for step in range(STEPS):
        ending = iteration.run(step / STEPS, LOOSE, limit - sweeps, progress, "trace")
        sweeps += ending.sweeps
        if ending.status is not Status.CONVERGED:
            break
        here = iteration.point.copy()
        if previous is not None:
            iteration.point += here - previous
        previous = here
    return Selection("traced", STEPS), sweeps
