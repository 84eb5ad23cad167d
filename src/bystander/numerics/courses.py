"""The two ways to follow a process in time: distributions forward, values backward.

Forward serves many questions of one start; backward one question of every start, and of any number of
given starts. The time-stepping and its error bound are in `bystander.numerics.transients`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import Generator
from bystander.numerics.products import read_columns, read_rows
from bystander.numerics.transients import Course, march
from bystander.numerics.uniform import uniformise

Float = NDArray[np.float64]


def forward_course(
    transposed: Generator,
    start: Float,
    time: float,
    readers: Float,
    *,
    at: Float | None = None,
    until: Float | None = None,
    epsilon: float = 1e-12,
) -> Course:
    """Follow a distribution, reading ``(N, C)`` quantities; the generator is listed by target."""
    operator = uniformise(transposed, forward=True)
    columns = np.ascontiguousarray(readers)
    return march(
        operator, start, time, lambda x: read_columns(x, columns), at=at, until=until, epsilon=epsilon
    )


def backward_course(
    generator: Generator,
    terminal: Float,
    gain: Float,
    time: float,
    starts: Float,
    *,
    at: Float | None = None,
    epsilon: float = 1e-12,
) -> Course:
    """Follow values of situations back from a deadline, reading them from starting distributions ``(S, N)``.

    Parameters
    ----------
    terminal
        ``(N,)`` value of being in each situation at the deadline.
    gain
        ``(N,)`` per day, collected until the deadline.
    """
    operator = uniformise(generator, forward=False, gain=gain)
    where = np.flatnonzero(starts.any(axis=0))
    begin = np.ascontiguousarray(starts[:, where])
    return march(operator, terminal, time, lambda x: read_rows(begin, x[where]), at=at, epsilon=epsilon)


def backward(
    generator: Generator, terminal: Float, gain: Float, times: Float, epsilon: float = 1e-12
) -> Bounded[Float]:
    """Return ``(G, N)`` from everywhere the expected ``terminal`` value plus ``gain`` until each time."""
    nowhere = np.zeros((0, generator.size))
    course = backward_course(generator, terminal, gain, float(max(times)), nowhere, at=times, epsilon=epsilon)
    return Bounded(course.at, course.error)
