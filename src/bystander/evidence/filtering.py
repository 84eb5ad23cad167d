r"""How likely a record is, given what every branch of a game does: the forward filter, and its adjoint.

With :math:`\alpha` the row vector of what is known (scaled to sum to one, the logarithms :math:`c_k` of the
scales kept), each step of the timeline is a linear map, and

.. math:: \log L = \sum_k c_k .

Every :math:`c_k` belongs to something: an observation, or the silence of what is covered. They are the log
chances (densities, per day, for moves at a moment) of each thing given all before it, so that what is listed
as surprise adds up to the log-likelihood.

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

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from bystander.evidence.layout import Arcs, Filtered, LaidRecord, share_of
from bystander.evidence.timeline import LeapKey, RateKey, TimelineStep
from bystander.evidence.walking import Walk
from bystander.game.arrays import Float, Int64
from bystander.numerics import small_chains

STEP = {"begin": small_chains.BEGIN, "pass": small_chains.PASS, "leap": small_chains.LEAP}
TABLE = "table of few situations"


def run_few(
    laid: LaidRecord,
    rates: Sequence[Float],
    starts: Sequence[Float],
    *,
    slopes: bool,
    courses: bool,
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
