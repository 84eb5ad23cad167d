"""A record laid out over games: its histories, and everything that does not depend on numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bystander.errors import QueryError
from bystander.evidence.arcs import Arcs, Leap, arcs_of, leap_of
from bystander.evidence.binding import Bound
from bystander.evidence.record import Observation, Record
from bystander.evidence.timeline import LeapKey, RateKey, TimelineStep
from bystander.game.arrays import Float
from bystander.numerics import small_chains


@dataclass(frozen=True)
class History:
    """One subject's steps."""

    subject: str
    steps: tuple[TimelineStep, ...]


@dataclass(frozen=True)
class Filtered:
    """What a filter found.

    Attributes
    ----------
    logs
        For each history the logarithm of the scale of each of its steps.
    now
        For each history ``(N,)`` the chance of each situation at its end, given the record.
    error
        Bound on the part of the log-likelihood that truncation may have cost.
    branch_slopes
        For each regime ``(B,)`` the derivative of the log-likelihood in every branch's rate; empty if not
        asked.
    start_slopes
        For each regime ``(N,)`` the same in the distribution that histories of it begin with.
    courses
        For each history, if asked: at each step the moment and ``(N,)`` the smoothed chance of each
        situation.
    """

    logs: tuple[Float, ...]
    now: tuple[Float, ...]
    error: float = 0.0
    branch_slopes: tuple[Float, ...] = ()
    start_slopes: tuple[Float, ...] = ()
    courses: tuple[tuple[tuple[float, Float], ...], ...] = ()

    @property
    def log_likelihood(self) -> float:
        """The logarithm of the likelihood."""
        return math.fsum(float(log) for logs in self.logs for log in logs)


@dataclass(frozen=True)
class LaidRecord:
    """A record laid out over the structure of its regimes' games, whatever their numbers.

    Attributes
    ----------
    bounds
        The record's words in the game of each regime.
    """

    record: Record
    bounds: tuple[Bound, ...]
    histories: tuple[History, ...]

    @cached_property
    def rate_keys(self) -> dict[RateKey, int]:
        """Every set of rates that holds somewhere."""
        keys = (step.key for history in self.histories for step in history.steps if step.kind == "pass")
        return {key: place for place, key in enumerate(dict.fromkeys(keys)) if isinstance(key, RateKey)}

    @cached_property
    def leap_keys(self) -> dict[LeapKey, int]:
        """Every kind of observed move."""
        keys = (step.key for history in self.histories for step in history.steps if step.kind == "leap")
        return {key: place for place, key in enumerate(dict.fromkeys(keys)) if isinstance(key, LeapKey)}

    @cached_property
    def arcs(self) -> tuple[Arcs, ...]:
        """For each set of rates its arcs."""
        return tuple(arcs_of(self.bounds[key.regime], key) for key in self.rate_keys)

    @cached_property
    def leaps(self) -> tuple[Leap, ...]:
        """For each kind of observed move its arcs."""
        return tuple(leap_of(self.bounds[key.rates.regime], key) for key in self.leap_keys)

    @cached_property
    def few(self) -> bool:
        """Say whether full matrices will do: few situations, the same in every regime, no counters."""
        first = self.bounds[0].game.situations.codes
        same = all(np.array_equal(bound.game.situations.codes, first) for bound in self.bounds)
        return len(first) <= small_chains.FEW and same and not any(key.counters for key in self.rate_keys)

    def weights(self, each: Observation, regime: int) -> Float:
        """Return ``(N,)`` what a reading says of each situation."""
        key = (regime, tuple(each.levels.items()), each.error)
        if key not in self._weights:
            found = self.bounds[regime].weights(each)
            if found is None:
                found = np.ones(self.bounds[regime].game.size)
            self._weights[key] = found
        return self._weights[key]

    @cached_property
    def kept(self) -> dict[str, object]:
        """Whatever is worked out from the layout once."""
        return {}

    @cached_property
    def _weights(self) -> dict[object, Float]:
        return {}

    def begin_at(self, step: TimelineStep, starts: Sequence[Float]) -> Float:
        """Return where a history begins."""
        assert isinstance(step.key, RateKey)
        start = starts[step.key.regime]
        if step.about is None:
            return start
        within = self.weights(step.about, step.key.regime)
        chosen = start * within
        if not chosen.sum() > 0.0:
            chosen = within.copy()
        total = float(chosen.sum())
        if not total > 0.0:
            raise QueryError(f"'{step.about.name}' begins at levels that the scenario never takes together.")
        return chosen / total


def share_of(vector: Float, start: Float) -> Float | None:
    """Return how a beginning depends on the start: as it is (None), or restricted and scaled."""
    if np.array_equal(vector, start):
        return None
    inside = (vector > 0.0) & (start > 0.0)
    share = np.zeros_like(start)
    share[inside] = vector[inside] / start[inside]
    return share
