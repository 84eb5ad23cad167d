"""The filter over many situations: one history after the other, stretch by stretch.

A stretch is known to within an error, and the observation after it, of chance z, enlarges that by its largest
factor over z. Where this exceeds `TRUSTED`, the stretch is followed again as a sum of non-negative terms
(`bystander.numerics.observed`). The sum over stretches is reported as the error; what later
observations make of it is not followed. Vectors before each step are kept as long as they fit `MEMORY`;
beyond, every so many, and what lies between is followed again on the way back.

Stretches are followed among the situations that can be reached, unless a start has a chance of 0 that may
have a derivative: what history would have begun there is not reached, and counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bystander.evidence.layout import Filtered, History, LaidRecord, share_of
from bystander.evidence.timeline import LeapKey, RateKey, TimelineStep, counter_weights, layers_of
from bystander.game.arrays import Float, Int64
from bystander.game.compile import has_chance_of_nothing
from bystander.numerics.generators import inner
from bystander.numerics.observed import PART, Carried, ObservedRates, Piece
from bystander.numerics.pairs import AT_ONCE

MEMORY = 600e6
TRUSTED = 1e-8


class Walk:
    """Filters histories over many situations, one after the other."""

    def __init__(
        self, laid: LaidRecord, rates: Sequence[Float], starts: Sequence[Float], slopes: bool, courses: bool
    ) -> None:
        self.laid, self.rates, self.starts = laid, rates, starts
        self.part = (
            0.0 if slopes and any(has_chance_of_nothing(bound.game) for bound in laid.bounds) else PART
        )
        self.slopes, self.courses = slopes, courses
        self.ready: dict[RateKey, ObservedRates] = {}
        self.branch_slopes = [np.zeros(len(bound.target)) for bound in laid.bounds]
        self.start_slopes = [np.zeros(len(start)) for start in starts]
        self.error = 0.0

    def all(self) -> Filtered:
        """Filter every history."""
        logs, ends, courses = [], [], []
        for history in self.laid.histories:
            found, end, course = self.one(history)
            logs.append(found)
            ends.append(end)
            courses.append(course)
        if not (self.slopes or self.courses):
            return Filtered(tuple(logs), tuple(ends), self.error)
        if self.slopes:
            for key, rates in self.ready.items():
                arcs = self.laid.arcs[self.laid.rate_keys[key]]
                self.branch_slopes[key.regime] += arcs.slopes(rates.generator, *rates.pair_integrals())
        told = tuple(courses) if self.courses else ()
        slopes = tuple(self.branch_slopes) if self.slopes else ()
        return Filtered(tuple(logs), tuple(ends), self.error, slopes, tuple(self.start_slopes), told)

    def rates_of(self, key: RateKey) -> ObservedRates:
        """Return the generator of a set of rates."""
        if key not in self.ready:
            arcs = self.laid.arcs[self.laid.rate_keys[key]]
            self.ready[key] = ObservedRates(arcs.generator(self.rates[key.regime]), self.part)
        return self.ready[key]

    def one(self, history: History) -> tuple[Float, Float, tuple[tuple[float, Float], ...]]:
        """Filter one history: logs of its steps, the vector at its end, its smoothed course."""
        steps = history.steps
        back = self.slopes or self.courses
        size = max(arcs.size for arcs in self.laid.arcs) if self.laid.arcs else len(self.starts[0])
        fits = int(MEMORY / (8.0 * size))
        stride = 1 if self._vectors(steps) <= fits else max(math.isqrt(len(steps)), 1)
        kept: dict[int, tuple[Float, int]] = {}
        followed: dict[int, tuple[Piece, ...]] = {}
        logs, errors = np.zeros(len(steps)), np.zeros(len(steps))
        x, regime, at = np.zeros(0), 0, 0
        last, doubt = (-1, x, regime), 0.0
        sure: set[int] = set()
        while at < len(steps):
            if back and at % stride == 0:
                kept[at] = (x, regime)
            if steps[at].kind == "pass":
                last, doubt = (at, x, regime), 0.0
            kind = at in sure, self.slopes and stride == 1
            y, log, error, pieces = self.advance(steps[at], x, regime, *kind)
            if self.slopes and stride == 1:
                followed[at] = pieces
            doubt = error if steps[at].kind == "pass" else doubt * error
            if steps[at].kind not in ("begin", "pass") and doubt > TRUSTED and 0 <= last[0] not in sure:
                sure.add(last[0])
                at, x, regime = last
                continue
            logs[at], errors[at] = log, doubt
            if log == -math.inf:
                logs[at + 1 :] = -math.inf
                return logs, np.zeros_like(y), ()
            regime = _next_regime(steps[at], regime)
            x, at = y, at + 1
        self.error += float(errors.sum())
        course = self._back(steps, kept, followed, sure, x) if back else ()
        return logs, x, course

    def _vectors(self, steps: Sequence[TimelineStep]) -> int:
        """Return how many vectors a way back reads: one before each step, and those within stretches."""
        count = 2 * len(steps)
        if self.slopes:
            for step in steps:
                if step.kind == "pass" and isinstance(step.key, RateKey):
                    rule = self.rates_of(step.key).rule(step.span)
                    count += 0 if rule is None else -(-len(rule[0]) // AT_ONCE) * AT_ONCE
        return count

    def advance(
        self, step: TimelineStep, x: Float, regime: int, surely: bool, slopes: bool
    ) -> tuple[Float, float, float, tuple[Piece, ...]]:
        """Take one step: vector, log of its scale, error, pieces.

        Of an observation the error is the factor by which it enlarges those made before.
        """
        if step.kind == "begin":
            return self.laid.begin_at(step, self.starts), 0.0, 1.0, ()
        if step.kind == "pass" and isinstance(step.key, RateKey):
            carried: Carried = self.rates_of(step.key).carry(x, step.span, surely=surely, slopes=slopes)
            return carried.end, carried.log, carried.error, carried.pieces
        y, largest = self._observe(step, x, regime)
        total = float(y.sum())
        if not total > 0.0:
            return np.zeros_like(y), -math.inf, math.inf, ()
        return y / total, math.log(total), largest / total, ()

    def _observe(self, step: TimelineStep, x: Float, regime: int) -> tuple[Float, float]:
        """Take a step that is no passing of time, unscaled; and the largest factor in it."""
        size = self.laid.bounds[regime].game.size
        if step.kind == "leap" and isinstance(step.key, LeapKey):
            leap = self.laid.leaps[self.laid.leap_keys[step.key]]
            rate = self.rates[step.key.rates.regime][leap.chosen] * leap.share
            factor = np.bincount(leap.bound.source[leap.chosen], rate, minlength=size)
            return leap.forward(x, self.rates[step.key.rates.regime]), float(factor.max(initial=0.0))
        if step.kind == "weigh" and step.about is not None:
            weights = self.laid.weights(step.about, regime)
            return (x.reshape(-1, size) * weights).ravel(), float(weights.max())
        if step.kind == "open" and step.about is not None:
            layers = layers_of(step.about)
            out = np.zeros((len(x) // size, layers, size))
            out[:, 0] = x.reshape(-1, size)
            return out.ravel(), 1.0
        if step.kind == "close" and step.about is not None:
            shape, axis = self._shape(step, size)
            weights = np.array(counter_weights(step.about))
            return np.tensordot(x.reshape(shape), weights, axes=([axis], [0])).ravel(), float(weights.max())
        if step.kind == "turn" and isinstance(step.key, RateKey):
            return self._turn(x, regime, step.key.regime), 1.0
        return x, 1.0

    def _shape(self, step: TimelineStep, size: int) -> tuple[tuple[int, ...], int]:
        """Return the layers that are open before a counter closes, and which of them it is."""
        assert isinstance(step.key, RateKey)
        assert step.about is not None
        sizes = [layers for _, layers, _ in step.key.counters]
        wanted = (step.about.of, layers_of(step.about), step.about.kind)
        return (*sizes, size), step.key.counters.index(wanted)

    def _turn(self, x: Float, old: int, new: int) -> Float:
        """Carry a vector from the situations of one regime to those of the next, which has them all."""
        one, two = (self.laid.bounds[each].game.situations.codes for each in (old, new))
        if one is two or np.array_equal(one, two):
            return x
        return placed_among(x.reshape(-1, len(one)), one, two).ravel()

    def _turn_back(self, beta: Float, old: int, new: int) -> Float:
        one, two = (self.laid.bounds[each].game.situations.codes for each in (old, new))
        if one is two or np.array_equal(one, two):
            return beta
        found: Float = beta.reshape(-1, len(two))[:, np.searchsorted(two, one)].ravel()
        return found

    def _back(
        self,
        steps: Sequence[TimelineStep],
        kept: dict[int, tuple[Float, int]],
        followed: dict[int, tuple[Piece, ...]],
        sure: set[int],
        end: Float,
    ) -> tuple[tuple[float, Float], ...]:
        """Run a history backwards: add derivatives, return smoothed chances at every step.

        Where every vector was kept, so were the pieces of every stretch; else they are followed again.
        """
        stride = max(min(kept.keys() - {0}, default=len(steps)), 1)
        beta = np.ones(len(end))
        size = self.laid.bounds[_last_regime(steps)].game.size
        course = [(steps[-1].moment + steps[-1].span, end.reshape(-1, size).sum(axis=0))]
        for first in range((len(steps) - 1) // stride * stride, -1, -stride):
            last = min(first + stride, len(steps))
            x, regime = kept[first]
            befores: list[tuple[Float, int, tuple[Piece, ...]]] = []
            for at in range(first, last):
                if stride == 1:
                    befores.append((x, regime, followed.get(at, ())))
                    continue
                y, _, _, pieces = self.advance(steps[at], x, regime, at in sure, self.slopes)
                befores.append((x, regime, pieces))
                x, regime = y, _next_regime(steps[at], regime)
            for at in range(last - 1, first - 1, -1):
                x, regime, pieces = befores[at - first]
                if steps[at].kind == "begin":
                    self._begin_slopes(steps[at], beta)
                    continue
                beta = self.retreat(steps[at], x, regime, pieces, beta)
                total = inner(x, beta)
                beta = beta / total if total > 0.0 else beta
                if self.courses:
                    size = self.laid.bounds[regime].game.size
                    course.append((steps[at].moment, (x * beta).reshape(-1, size).sum(axis=0)))
        return tuple(reversed(course)) if self.courses else ()

    def _begin_slopes(self, step: TimelineStep, beta: Float) -> None:
        assert isinstance(step.key, RateKey)
        regime = step.key.regime
        begin = self.laid.begin_at(step, self.starts)
        own = share_of(begin, self.starts[regime])
        self.start_slopes[regime] += beta if own is None else own * (beta - beta @ begin)

    def retreat(
        self, step: TimelineStep, x: Float, regime: int, pieces: tuple[Piece, ...], beta: Float
    ) -> Float:
        """Carry values back through one step, adding what the log-likelihood owes to its rates."""
        size = self.laid.bounds[regime].game.size
        if step.kind == "pass" and isinstance(step.key, RateKey):
            rates = self.rates_of(step.key)
            return rates.slopes(pieces, beta) if self.slopes else rates.carry_back(x, beta, step.span)
        if step.kind == "leap" and isinstance(step.key, LeapKey):
            leap = self.laid.leaps[self.laid.leap_keys[step.key]]
            regime_rates = self.rates[step.key.rates.regime]
            found = np.zeros(len(leap.bound.target))
            back = leap.backward(x, beta, regime_rates, found)
            total = inner(x, back)
            if total > 0.0:
                self.branch_slopes[step.key.rates.regime] += found / total
            return back
        if step.kind == "weigh" and step.about is not None:
            weighed: Float = (beta.reshape(-1, size) * self.laid.weights(step.about, regime)).ravel()
            return weighed
        if step.kind == "open" and step.about is not None:
            return beta.reshape(-1, layers_of(step.about), size)[:, 0].ravel()
        if step.kind == "close" and step.about is not None:
            shape, axis = self._shape(step, size)
            spread = np.expand_dims(beta.reshape(shape[:axis] + shape[axis + 1 :]), axis)
            form = [1] * len(shape)
            form[axis] = shape[axis]
            opened: Float = (spread * np.array(counter_weights(step.about)).reshape(form)).ravel()
            return opened
        if step.kind == "turn" and isinstance(step.key, RateKey):
            return self._turn_back(beta, regime, step.key.regime)
        return beta


def placed_among(rows: Float, one: Int64, two: Int64) -> Float:
    """Return vectors ``(R, N)`` over situations of codes ``one`` as over those of ``two``, a larger set."""
    out = np.zeros((len(rows), len(two)))
    out[:, np.searchsorted(two, one)] = rows
    return out


def _next_regime(step: TimelineStep, regime: int) -> int:
    if step.kind == "turn" and isinstance(step.key, RateKey):
        return step.key.regime
    return step.key.regime if step.kind in ("begin", "pass") and isinstance(step.key, RateKey) else regime


def _last_regime(steps: Sequence[TimelineStep]) -> int:
    regime = 0
    for step in steps:
        regime = _next_regime(step, regime)
    return regime
