r"""Whether a record can have happened in a scenario at all, told before anything is solved.

With every rate that can be above 0 set to 1, what the filter finds above 0 are the situations that may be
reached: between two observations all that a path of unlisted moves leads to, at an observation those that it
allows. Nobody's behaviour enters, so that an observation which leaves none is impossible however everybody
acts. What is impossible only because somebody never chooses it is found when the record is followed.

Cost: for each stretch at most one look at every entry of its generator.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from bystander.errors import Problem
from bystander.evidence.binding import Bool
from bystander.evidence.layout import Arcs
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.record import Observation
from bystander.evidence.timeline import RateKey, TimelineStep
from bystander.evidence.walking import Walk
from bystander.game.arrays import Float
from bystander.numerics.observed import Piece

CHECK = "impossible-observation"
FIX = (
    "Check the line and its date; let the observation be uncertain (error:, a window of days), let the "
    "record begin earlier (from:), or let the scenario allow it."
)


def impossible(likelihood: Likelihood) -> Iterator[Problem]:
    """Find of each history the first observation that cannot have been made, given those before it."""
    laid = likelihood.laid
    rates = [np.ones(len(bound.target)) for bound in laid.bounds]
    walk = _Reach(laid, rates, likelihood.possible_starts(), slopes=False, courses=False)
    for history in laid.histories:
        logs, _, _ = walk.one(history)
        step = next((s for s, log in zip(history.steps, logs, strict=True) if log == -math.inf), None)
        if step is not None and step.about is not None:
            each = step.about
            message = f"'{each.name}' of {laid.record.told_of(each)} cannot be: {_why(likelihood, each)}"
            yield Problem(each.mark, message, FIX, CHECK)


def _why(likelihood: Likelihood, each: Observation) -> str:
    if each.levels:
        read = " and ".join(f"{name} {' or '.join(levels)}" for name, levels in each.levels.items())
        return f"nothing leads to {read} by then, given what was observed before"
    if not any((found := bound.branches(each.of)) is None or found.any() for bound in likelihood.laid.bounds):
        return f"the scenario has moves of {each.of}, and none is ever made"
    return f"no situation that can be reached by then allows {each.of}, given what was observed before"


class _Reach(Walk):
    """Follows which situations may be reached instead of how likely they are."""

    def advance(
        self, step: TimelineStep, x: Float, regime: int, surely: bool, slopes: bool
    ) -> tuple[Float, float, float, tuple[Piece, ...]]:
        """Take one step: all that can be reached, each alike."""
        if step.kind == "pass" and isinstance(step.key, RateKey):
            y = _reached(self.laid.arcs[self.laid.rate_keys[step.key]], x > 0.0).astype(np.float64)
            return y / y.sum(), 0.0, 0.0, ()
        y, log, _, pieces = super().advance(step, x, regime, surely, slopes)
        support = (y > 0.0).astype(np.float64)
        return support / max(support.sum(), 1.0), log, 1.0, pieces


def _reached(arcs: Arcs, here: Bool) -> Bool:
    """Return ``(L N,)`` where paths of arcs lead from some situations, themselves included."""
    found, new = here.copy(), np.flatnonzero(here)
    while len(new):
        counts = arcs.start[new + 1] - arcs.start[new]
        first = np.repeat(arcs.start[new] - np.cumsum(counts) + counts, counts)
        along = first + np.arange(len(first))
        to = arcs.target[along[arcs.share[along] > 0.0]]
        new = np.unique(to[~found[to]])
        found[new] = True
    return found
