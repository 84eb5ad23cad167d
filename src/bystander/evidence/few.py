"""The filter over few situations: full matrices, all histories one after the other in one kernel.

The steps of all histories become arrays (`bystander.numerics.small_chains`); matrices, leaps and weights that
several histories share stand there once. What the kernel returns per entry of a matrix is read off at the
arcs of each branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bystander.evidence.arcs import Arcs
from bystander.evidence.layout import Filtered, LaidRecord, share_of
from bystander.evidence.timeline import LeapKey, RateKey
from bystander.game.arrays import Float, Int64
from bystander.numerics import small_chains

STEP = {"begin": small_chains.BEGIN, "pass": small_chains.PASS, "leap": small_chains.LEAP}


def run_few(
    laid: LaidRecord,
    rates: Sequence[Float],
    starts_by_regime: Sequence[Float],
    *,
    slopes: bool,
    courses: bool,
) -> Filtered:
    """Filter with full matrices, all histories one after the other in one kernel."""
    table = _FewTable(laid, starts_by_regime)
    matrices = _stack([arcs.dense(rates[arcs_regime]) for arcs_regime, arcs in _by_regime(laid)], table.size)
    jumps = _stack(
        [leap.dense(rates[key.rates.regime]) for key, leap in zip(laid.leap_keys, laid.leaps, strict=True)],
        table.size,
    )
    weights = np.array(table.weights).reshape(-1, table.size)
    starts = np.array(table.starts).reshape(-1, table.size)
    kinds, places, spans = np.array(table.kinds), np.array(table.places), np.array(table.spans)
    before = np.zeros((len(table.kinds), table.size))
    logs = small_chains.forward_steps(kinds, places, spans, starts, matrices, jumps, weights, before)
    bounds = [0, *np.cumsum(table.lengths).tolist()]
    parts = tuple(logs[a:b] for a, b in pairwise(bounds))
    ends = _ends_of_few((kinds, places, spans), before, matrices, jumps, weights, bounds)
    if not (slopes or courses) or not np.isfinite(logs).all():
        return Filtered(parts, ends)
    found = tuple(np.zeros_like(each) for each in (matrices, jumps, starts))
    after = np.zeros_like(before)
    small_chains.backward_steps(
        kinds, places, spans, matrices, jumps, weights, before, found[0], found[1], found[2], after
    )
    told = [np.zeros(len(bound.target)) for bound in laid.bounds]
    for (regime, arcs), pairs in zip(_by_regime(laid), found[0], strict=True):
        told[regime] += arcs.dense_slopes(pairs)
    for (key, leap), pairs in zip(zip(laid.leap_keys, laid.leaps, strict=True), found[1], strict=True):
        told[key.rates.regime] += leap.dense_slopes(pairs)
    smooth = before * after
    told_courses = tuple(
        tuple((step.moment, smooth[a + place]) for place, step in enumerate(history.steps))
        for history, a in zip(laid.histories, bounds[:-1], strict=True)
    )
    start_slopes = [np.zeros(table.size) for _ in laid.bounds]
    for slope, (regime, own) in zip(found[2], table.own, strict=True):
        start_slopes[regime] += slope if own is None else own * (slope - 1.0)
    return Filtered(parts, ends, 0.0, tuple(told), tuple(start_slopes), told_courses if courses else ())


def _by_regime(laid: LaidRecord) -> list[tuple[int, Arcs]]:
    return [(key.regime, arcs) for key, arcs in zip(laid.rate_keys, laid.arcs, strict=True)]


def _stack(matrices: list[Float], size: int) -> Float:
    return np.array(matrices).reshape(-1, size, size)


def _ends_of_few(
    steps: tuple[Int64, Int64, Float],
    before: Float,
    matrices: Float,
    jumps: Float,
    weights: Float,
    bounds: list[int],
) -> tuple[Float, ...]:
    """Return the vector after each history: that before its last step, taken through that step."""
    room = np.zeros((3, before.shape[1]))
    out = []
    for end in bounds[1:]:
        kinds = np.array([small_chains.BEGIN, steps[0][end - 1], small_chains.WEIGH])
        places = np.array([0, steps[1][end - 1], 0])
        spans = np.array([0.0, steps[2][end - 1], 0.0])
        one = np.ones((1, before.shape[1]))
        last = before[end - 1]
        own = weights if len(weights) else one
        if kinds[1] == small_chains.BEGIN:
            out.append(last)
            continue
        small_chains.forward_steps(kinds, places, spans, last[None], matrices, jumps, own, room)
        out.append(room[2].copy())
    return tuple(out)


class _FewTable:
    """The steps of all histories as arrays."""

    def __init__(self, laid: LaidRecord, starts: Sequence[Float]) -> None:
        self.size = laid.bounds[0].game.size
        self.kinds: list[int] = []
        self.places: list[int] = []
        self.spans: list[float] = []
        self.lengths: list[int] = []
        self.weights: list[Float] = []
        self.starts: list[Float] = []
        self.own: list[tuple[int, Float | None]] = []
        known: dict[int, int] = {}
        begun: dict[object, int] = {}
        for history in laid.histories:
            regime = 0
            for step in history.steps:
                place, kind = 0, STEP.get(step.kind, small_chains.WEIGH)
                if step.kind == "begin":
                    about = step.about
                    name = (step.key, None if about is None else (tuple(about.levels.items()), about.error))
                    if name not in begun:
                        begun[name] = len(self.starts)
                        vector = laid.begin_at(step, starts)
                        self.starts.append(vector)
                        assert isinstance(step.key, RateKey)
                        own = step.key.regime
                        self.own.append((own, share_of(vector, starts[own])))
                    place = begun[name]
                elif step.kind == "pass" and isinstance(step.key, RateKey):
                    place = laid.rate_keys[step.key]
                elif step.kind == "leap" and isinstance(step.key, LeapKey):
                    place = laid.leap_keys[step.key]
                elif step.kind == "turn" and isinstance(step.key, RateKey):
                    regime = step.key.regime
                    place = self._weight(np.ones(self.size), known)
                else:
                    given = np.ones(self.size) if step.about is None else laid.weights(step.about, regime)
                    place = self._weight(given, known)
                self.kinds.append(kind)
                self.places.append(place)
                self.spans.append(step.span)
            self.lengths.append(len(history.steps))

    def _weight(self, vector: Float, known: dict[int, int]) -> int:
        """Return the place of a vector of weights; the same vector has one place."""
        name = hash(vector.tobytes())
        if name not in known:
            known[name] = len(self.weights)
            self.weights.append(vector)
        return known[name]
