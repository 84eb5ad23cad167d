"""How long work tells its caller how far it has come.

A function that may take more than a moment has a parameter ``progress``: a callable that is given the step in
words and the share of the whole that is done, in [0, 1]. It may be called often and must be cheap. The work
is the same with or without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, float], None]


def silent(step: str, done: float) -> None:
    """Tell nobody."""


def part_of(progress: Progress | None, low: float, high: float) -> Progress:
    """Return a progress for one step of a longer work, which runs from ``low`` to ``high`` of the whole."""
    if progress is None:
        return silent
    outer = progress

    def inner(step: str, done: float) -> None:
        outer(step, low + (high - low) * min(max(done, 0.0), 1.0))

    return inner
