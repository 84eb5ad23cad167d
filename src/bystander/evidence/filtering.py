r"""How likely a record is, given what every branch of a game does: the forward filter, and its adjoint.

With :math:`\alpha` the row vector of what is known (scaled to sum to one, the logarithms :math:`c_k` of the
scales kept), each step of the timeline is a linear map, and

.. math:: \log L = \sum_k c_k .

Every :math:`c_k` belongs to something: an observation, or the silence of what is covered. They are the log
chances (densities, per day, for moves at a moment) of each thing given all before it, so that what is listed
as surprise adds up to the log-likelihood (`contributions`: :math:`\log p(y_i \mid y_{<i})` for each
observation, and one for the silence of all coverage). For a move at a moment ``expected`` is its rate just
before: how often such a move was to be expected given all that came before. Of a reading or a window it is
the chance.

Backwards, :math:`\beta` is scaled to :math:`\alpha \cdot \beta = 1`; then :math:`\alpha \circ \beta` is
the chance of each situation given the whole record (*smoothing*), and the derivative of :math:`\log L` in
each branch's rate is read off the pair integrals of the stretches and the products of the leaps
(`bystander.evidence.layout`). The vectors before each step are kept as long as they fit `MEMORY`; beyond,
only some are, and stretches are followed again (Griewank & Walther 2008, chapter 12).

Chains of few situations take full matrices and one kernel for all subjects
(`bystander.numerics.small_chains`). The steps of all histories become arrays once; matrices, leaps and
weights that several histories share stand there once. What the kernel returns per entry of a matrix is read
off at the arcs of each branch.

References: Baum, Petrie, Soules & Weiss (1970); Jackson (2011), J. Stat. Software 38(8), for the observation
schemes; Griewank & Walther (2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import numpy as np

from bystander.evidence.layout import Arcs, Filtered, LaidRecord, share_of
from bystander.evidence.timeline import LeapKey, RateKey, TimelineStep
from bystander.evidence.walking import Walk
from bystander.game.arrays import Float, Int64
from bystander.numerics import small_chains

STEP = {"begin": small_chains.BEGIN, "pass": small_chains.PASS, "leap": small_chains.LEAP}
TABLE = "table of few situations"
TERMS = "terms of the log-likelihood"
SILENCE = "silence"


def run_few(
    laid: LaidRecord, rates: Sequence[Float], starts: Sequence[Float], *, slopes: bool, courses: bool
) -> Filtered:
    """Filter with full matrices; see `bystander.evidence.filtering.run_filter`."""
    table = _table_of(laid)
    size = table.size
    matrices = _stack([arcs.dense(rates[regime]) for regime, arcs in _by_regime(laid)], size)
    jumps = _stack(
        [leap.dense(rates[key.rates.regime]) for key, leap in zip(laid.leap_keys, laid.leaps, strict=True)],
        size,
    )
    begins = np.array([laid.begin_at(step, starts) for step in table.begins]).reshape(-1, size)
    steps = (table.kinds, table.places, table.spans)
    before = np.zeros((len(table.kinds), size))
    logs = small_chains.forward_steps(*steps, begins, matrices, jumps, table.weights, before)
    parts = tuple(logs[a:b] for a, b in pairwise(table.bounds))
    ends = tuple(before[list(table.bounds[1:])])
    if not (slopes or courses) or not np.isfinite(logs).all():
        return Filtered(parts, ends)
    found = (np.zeros_like(matrices), np.zeros_like(jumps), np.zeros_like(begins))
    after = np.zeros_like(before)
    small_chains.backward_steps(*steps, matrices, jumps, table.weights, before, *found, after)
    told = _courses(laid, table, before * after) if courses else ()
    slopes_of_starts = _start_slopes(table, starts, begins, found[2])
    return Filtered(parts, ends, 0.0, _branch_slopes(laid, *found[:2]), slopes_of_starts, told)


def _branch_slopes(laid: LaidRecord, rate_slopes: Float, leap_slopes: Float) -> tuple[Float, ...]:
    """Read derivatives in every branch's rate off those in the entries of matrices and leaps."""
    told = [np.zeros(len(bound.target)) for bound in laid.bounds]
    for (regime, arcs), pairs in zip(_by_regime(laid), rate_slopes, strict=True):
        told[regime] += arcs.dense_slopes(pairs)
    for key, leap, pairs in zip(laid.leap_keys, laid.leaps, leap_slopes, strict=True):
        told[key.rates.regime] += leap.dense_slopes(pairs)
    return tuple(told)


def _start_slopes(
    table: _FewTable, starts: Sequence[Float], begins: Float, slopes: Float
) -> tuple[Float, ...]:
    """Return for each regime the derivative in its start; the last beginning belongs to no history."""
    out = [np.zeros(table.size) for _ in starts]
    for step, begin, slope in zip(table.begins, begins, slopes, strict=True):
        assert isinstance(step.key, RateKey)
        own = share_of(begin, starts[step.key.regime])
        out[step.key.regime] += slope if own is None else own * (slope - slope @ begin)
    return tuple(out)


def _courses(
    laid: LaidRecord, table: _FewTable, smooth: Float
) -> tuple[tuple[tuple[float, Float], ...], ...]:
    """Return for each history the moment and smoothed chances before each of its steps, and at its end."""
    out = []
    for history, (first, last) in zip(laid.histories, pairwise(table.bounds), strict=True):
        moments = [step.moment for step in history.steps[1:]]
        moments.append(history.steps[-1].moment + history.steps[-1].span)
        out.append(tuple(zip(moments, smooth[first + 1 : last + 1], strict=True)))
    return tuple(out)


def _by_regime(laid: LaidRecord) -> list[tuple[int, Arcs]]:
    return [(key.regime, arcs) for key, arcs in zip(laid.rate_keys, laid.arcs, strict=True)]


def _stack(matrices: list[Float], size: int) -> Float:
    return np.array(matrices).reshape(-1, size, size)


@dataclass(frozen=True)
class _FewTable:
    """The steps of all histories as arrays, and one more beginning, which keeps where the last one ended.

    Attributes
    ----------
    bounds
        First step of each history, and the number of all.
    begins
        One step for each kind of beginning.
    """

    size: int
    kinds: Int64
    places: Int64
    spans: Float
    bounds: tuple[int, ...]
    weights: Float
    begins: tuple[TimelineStep, ...]


@dataclass
class _Vectors:
    """Distinct vectors of weights, by what they hold."""

    rows: list[Float] = field(default_factory=list)
    known: dict[bytes, int] = field(default_factory=dict)

    def place(self, vector: Float) -> int:
        """Return the place of a vector; the same vector has one place."""
        name = vector.tobytes()
        if name not in self.known:
            self.known[name] = len(self.rows)
            self.rows.append(vector)
        return self.known[name]


def _table_of(laid: LaidRecord) -> _FewTable:
    """Return the steps of a record as arrays, made once."""
    found = laid.kept.get(TABLE)
    if not isinstance(found, _FewTable):
        found = laid.kept[TABLE] = _make_table(laid)
    return found


def _make_table(laid: LaidRecord) -> _FewTable:
    size = laid.bounds[0].game.size
    kinds, places, spans, bounds = [], [], [], [0]
    vectors = _Vectors([np.ones(size)], {np.ones(size).tobytes(): 0})
    begins: dict[object, tuple[int, TimelineStep]] = {}
    for history in laid.histories:
        regime = 0
        for step in history.steps:
            if step.kind == "begin":
                about = step.about
                name = (step.key, None if about is None else (tuple(about.levels.items()), about.error))
                place = begins.setdefault(name, (len(begins), step))[0]
            elif step.kind == "pass" and isinstance(step.key, RateKey):
                place = laid.rate_keys[step.key]
            elif step.kind == "leap" and isinstance(step.key, LeapKey):
                place = laid.leap_keys[step.key]
            else:
                place = vectors.place(
                    np.ones(size) if step.about is None else laid.weights(step.about, regime)
                )
            if isinstance(step.key, RateKey):
                regime = step.key.regime
            kinds.append(STEP.get(step.kind, small_chains.WEIGH))
            places.append(place)
            spans.append(step.span)
        bounds.append(len(kinds))
    return _FewTable(
        size,
        np.array([*kinds, small_chains.BEGIN], dtype=np.int64),
        np.array([*places, 0], dtype=np.int64),
        np.array([*spans, 0.0]),
        tuple(bounds),
        np.array(vectors.rows),
        tuple(step for _, step in begins.values()),
    )


def run_filter(
    laid: LaidRecord,
    rates: Sequence[Float],
    starts: Sequence[Float],
    *,
    slopes: bool = False,
    courses: bool = False,
) -> Filtered:
    """Filter all histories of a record.

    Parameters
    ----------
    rates
        For each regime ``(B,)`` the rate of every branch, per day.
    starts
        For each regime ``(N,)`` where histories begin that do not say so.
    slopes, courses
        Whether derivatives, and smoothed chances at every step, are wanted.
    """
    if laid.few:
        return run_few(laid, rates, starts, slopes=slopes, courses=courses)
    return Walk(laid, rates, starts, slopes, courses).all()


@dataclass(frozen=True, slots=True)
class Contribution:
    """One term of a log-likelihood.

    Attributes
    ----------
    name
        An observation, or ``silence``.
    when, says
        Its date and text.
    log
        Logarithm of its chance, or density per day, given all before it.
    density
        Whether it is a density.
    """

    name: str
    when: str
    says: str
    log: float
    density: bool

    @property
    def expected(self) -> float:
        """Chance, or firings per year that were to be expected."""
        return math.exp(min(self.log, 700.0)) * (365.25 if self.density else 1.0)

    @property
    def bits(self) -> float:
        """How surprising it was, in bits; for a move, that it came on this very day."""
        return -self.log / math.log(2.0)


def contributions(laid: LaidRecord, found: Filtered) -> tuple[Contribution, ...]:
    """Return the terms of a log-likelihood in order of time, the silence of all coverage last."""
    out: dict[str, Contribution] = {}
    silence = 0.0
    for history, logs in zip(laid.histories, found.logs, strict=True):
        for step, log in zip(history.steps, logs.tolist(), strict=True):
            if step.kind == "begin":
                continue
            about = step.about
            if about is None:
                silence += log
                continue
            density = step.kind == "leap" and not about.perhaps
            name = about.called
            when = laid.record.told_of(about)
            before = out.get(name)
            total = log + (before.log if before else 0.0)
            out[name] = Contribution(
                name, when, about.says, total, density or bool(before and before.density)
            )
    keys = {step.key for history in laid.histories for step in history.steps}
    if any(isinstance(key, RateKey) and key.covered for key in keys):
        out[SILENCE] = Contribution(SILENCE, "", "no other move where all are listed", silence, False)
    elif silence:
        out[SILENCE] = Contribution(SILENCE, "", "the passing of time", silence, False)
    return tuple(out.values())


def parts_of(laid: LaidRecord, found: Filtered) -> tuple[tuple[str, ...], Float]:
    """Return the names and logs of a likelihood's terms."""
    if TERMS not in laid.kept:
        laid.kept[TERMS] = _places(laid)
    names, places = cast("tuple[tuple[str, ...], Int64]", laid.kept[TERMS])
    return names, np.bincount(places, np.concatenate(found.logs), minlength=len(names)).astype(np.float64)


def _places(laid: LaidRecord) -> tuple[tuple[str, ...], Int64]:
    """Return the names of terms, the silence last, and the term of each step of all histories."""
    names: dict[str, int] = {}
    places = []
    for history in laid.histories:
        for step in history.steps:
            about = step.about
            if about is None or step.kind == "begin":
                places.append(-1)
                continue
            places.append(names.setdefault(about.called, len(names)))
    found = np.array(places)
    return (*names, SILENCE), np.where(found < 0, len(names), found)


def at_moments(laid: LaidRecord, found: Filtered) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Return the smoothed course of each variable: by level, (moment, chance) of the first history."""
    situations = laid.bounds[0].game.situations
    wanted = dict(zip(situations.names, situations.level_names, strict=True))
    out: dict[str, dict[str, list[tuple[float, float]]]] = {
        name: {level: [] for level in levels} for name, levels in wanted.items()
    }
    regime = 0
    steps = laid.histories[0].steps
    for place, (moment, chances) in enumerate(found.courses[0]):
        step = steps[min(place, len(steps) - 1)]
        if isinstance(step.key, RateKey) and step.kind in ("begin", "pass"):
            regime = step.key.regime
        levels = laid.bounds[regime].game.situations.levels
        names = laid.bounds[regime].game.situations.names
        if len(chances) != len(levels):
            continue
        for name, wanted_levels in wanted.items():
            column = levels[:, names.index(name)]
            known = laid.bounds[regime].game.situations.level_names[names.index(name)]
            shares = np.bincount(column, chances, minlength=len(known))
            for level in wanted_levels:
                out[name][level].append((moment, float(shares[known.index(level)])))
    return out
