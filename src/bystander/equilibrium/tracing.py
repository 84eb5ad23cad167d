"""Tracing from uniform behaviour to the game: which of several equilibria is the default answer.

At t = 0 everyone chooses uniformly and the value equations are linear: one solution. As t grows to 1
choices sharpen to those of the game (model.md, section 5). The path of solutions is followed by
`bystander.equilibrium.following`, loosely on the way and to tolerance at t = 1; four steps do where it is
smooth, as on most crises.

The path may turn back on its way, even where one actor decides alone: below t = 1 choices do not maximise the
value they are entered into, so the equations there may have several solutions and the sweeps none that
attracts. Where a turn leads to another branch it is reported as a jump. Where even the smallest step does not
settle the path is given up, which is reported too, and the equations of the game itself are iterated from
zero: the selection then is ``direct``.
"""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.following import follow
from bystander.equilibrium.iteration import Ending, Iteration, Progress
from bystander.equilibrium.result import Jump, Selection

LOOSE = 1e-3
PATIENCE = 500
UNSETTLED = "the path did not settle"


def trace_path(
    iteration: Iteration, tolerance: float, limit: int, progress: Progress | None = None
) -> tuple[Ending, Selection, int]:
    """Trace an iteration to t = 1.

    Returns
    -------
    tuple
        How the iteration at t = 1 ended, how it was reached, and the sweeps spent before it.
    """
    spent = 0

    def correct(t: float) -> Ending:
        nonlocal spent
        left = limit - spent
        if t < 1.0:
            ending = iteration.run(t, LOOSE, min(left, PATIENCE) if t > 0.0 else left, progress, "trace")
        else:
            ending = iteration.run(t, tolerance, left, progress)
        spent += ending.sweeps
        return ending

    path = follow(iteration, correct, correct(0.0), one_start=True)
    if path.settled:
        return path.ending, Selection("traced", path.steps, path.jumps), spent - path.ending.sweeps
    size = float(np.nan_to_num(path.ending.changes[-1])) if path.ending.changes else 0.0
    iteration.place(np.zeros_like(iteration.values))
    jumps = (*path.jumps, Jump(path.reached, size, UNSETTLED))
    ending = iteration.run(1.0, tolerance, max(limit - spent, 0), progress)
    return ending, Selection("direct", path.steps, jumps), spent
