r"""A record laid out over games: its histories, rates under observation, and what each branch counts for.

With branch rates :math:`r_b` (from ``s`` to ``t``), the generator under observation is

.. math:: G = \sum_b r_b \, (A_b - I_s)

where the row :math:`A_b` says what becomes of the history when b fires unseen or counted, and what is missing
from it ends the history (it would have been listed). A branch that is listed with chance :math:`d_b` stays
unseen with :math:`1 - d_b`. While counters are open the situations stand in *layers*, one for each number
counted: a branch of the class moves up a layer. A move of unknown moment is a counter from none to one whose
step is the listed one (:math:`d_b` where the class is covered, 1 where it is not): the integral over the
window is the exact solution of the layered equation, not a grid. A count steps on every firing, and stays in
its last layer beyond what is counted.

``arcs`` list the entries of all :math:`A_b`: from, to, branch, coefficient. The derivative of an answer with
pair integrals :math:`X` (`bystander.numerics.pairs`) in :math:`r_b` is :math:`\sum_\text{arcs} c X_{st} -
\sum_\text{layers} X_{ss}`.
Everything that does not depend on numbers is laid out once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from bystander.errors import QueryError
from bystander.evidence.binding import Bound
from bystander.evidence.record import Observation, Record
from bystander.evidence.timeline import Covered, LeapKey, RateKey, TimelineStep
from bystander.game.arrays import Float, Int32, Int64
from bystander.numerics import small_chains
from bystander.numerics.generators import Generator, collect
from bystander.process.chain import find_entries

MOST_ARCS = 120_000_000
MOST_STEPS = 300_000
"""What is laid out at once: entries of a generator, and layers times the windows that are open in them."""


@dataclass(frozen=True)
class Arcs:
    """The entries of a generator under observation, in the order of their sources.

    Attributes
    ----------
    layers
        How many layers there are, of N situations each.
    start, target, branch, share
        First arc of each layered situation; where each arc leads, of which branch it is, its coefficient.
    unseen
        ``(L, B)`` the coefficient that is missing from each branch: what ends the history.
    """

    bound: Bound
    layers: int
    start: Int64
    target: Int32
    branch: Int32
    share: Float
    lost: Float

    @property
    def size(self) -> int:
        """Number of layered situations."""
        return self.layers * self.bound.game.size

    @cached_property
    def source(self) -> Int32:
        """``(n,)`` the layered situation of each arc."""
        return np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.start))

    @cached_property
    def _endings(self) -> tuple[tuple[Int64, Int32, Float], ...]:
        """For each layer the branches that may end a history, where they start, and their part in it."""
        endings = [np.flatnonzero(lost) for lost in self.lost]
        rows = zip(endings, self.lost, strict=True)
        return tuple((ending, self.bound.source[ending], lost[ending]) for ending, lost in rows)

    def generator(self, branch_rate: Float) -> Generator:
        """Return the generator at some rates ``(B,)``."""
        found = collect(self.start, self.target, branch_rate[self.branch] * self.share)
        size = self.bound.game.size
        ended = [
            np.bincount(source, branch_rate[ending] * lost, minlength=size)
            for ending, source, lost in self._endings
        ]
        return Generator(found.indptr, found.indices, found.rates, found.exit + np.concatenate(ended))

    def slopes(self, generator: Generator, along: Float, here: Float) -> Float:
        """Return ``(B,)`` the derivative in each branch's rate, given pair integrals."""
        entry = find_entries(self.start, self.target, generator)
        read = np.where(entry >= 0, along[np.maximum(entry, 0)], 0.0) if len(along) else np.zeros(len(entry))
        staying = self.target == self.source
        read[staying] = here[self.source[staying]]
        count = len(self.bound.target)
        stays = here.reshape(self.layers, -1).sum(axis=0)
        found: Float = np.bincount(self.branch, self.share * read, minlength=count) - stays[self.bound.source]
        return found

    def dense(self, branch_rate: Float) -> Float:
        """Return the generator as a full matrix."""
        out = np.zeros((self.size, self.size))
        np.add.at(out, (self.source, self.target), branch_rate[self.branch] * self.share)
        leaving = np.bincount(self.bound.source, branch_rate, minlength=self.bound.game.size)
        out[np.diag_indices(self.size)] -= np.tile(leaving, self.layers)
        return out

    def dense_slopes(self, pairs: Float) -> Float:
        """Return ``(B,)`` the derivative in each branch's rate, given that in each entry of the matrix."""
        count = len(self.bound.target)
        found = np.bincount(self.branch, self.share * pairs[self.source, self.target], minlength=count)
        stays = pairs[np.diag_indices(self.size)].reshape(self.layers, -1).sum(axis=0)
        told: Float = found - stays[self.bound.source]
        return told


def unseen(bound: Bound, covered: Covered) -> Float:
    """Return ``(B,)`` the chance that each branch is listed when it fires."""
    out = np.zeros(len(bound.target))
    for of, listed in covered:
        chosen = bound.branches(of)
        if chosen is not None:
            np.maximum(out, np.where(chosen, listed, 0.0), out=out)
    return out


def seen_as(bound: Bound, of: str, covered: Covered) -> Float:
    """Return ``(B,)`` the factor of each branch when a move of a class is observed."""
    chosen = bound.branches(of)
    if chosen is None:
        return np.zeros(len(bound.target))
    listed = unseen(bound, covered)
    return np.where(chosen, np.where(listed > 0.0, listed, 1.0), 0.0)


def arcs_of(bound: Bound, key: RateKey) -> Arcs:
    """Return the arcs of a key; those without counters are laid out once for all records in the same words.

    Raises
    ------
    QueryError
        If so many windows are open at once that there is no room.
    """
    if key.counters:
        return _lay_arcs(bound, key)
    found = bound.laid.get(key)
    if not isinstance(found, Arcs):
        found = bound.laid[key] = _lay_arcs(bound, key)
    return found


def _lay_arcs(bound: Bound, key: RateKey) -> Arcs:
    listed = unseen(bound, key.covered)
    sizes = [layers for _, layers, _ in key.counters]
    layers = math.prod(sizes)
    branches = len(bound.target)
    steps = layers * (1 + len(sizes))
    if steps > MOST_STEPS or steps * branches > MOST_ARCS:
        what = ", ".join(dict.fromkeys(of for of, _, _ in key.counters))
        raise QueryError(
            f"Counting {what} in {len(sizes)} windows at once takes too much room: each multiplies the "
            f"{bound.game.size:,} situations. Give these observations days, or shorter windows that do not "
            "overlap."
        )
    parts = [list(_arcs_of_layer(bound, key, sizes, place, listed)) for place in product(*map(range, sizes))]
    lost = np.zeros((layers, branches))
    for layer, arcs in enumerate(parts):
        lost[layer] = 1.0 - sum((share for _, share in arcs), np.zeros(branches))
    lost[np.abs(lost) < 1e-15] = 0.0
    return _sorted(bound, layers, parts, lost)


def _arcs_of_layer(
    bound: Bound, key: RateKey, sizes: list[int], place: tuple[int, ...], listed: Float
) -> Iterator[tuple[int, Float]]:
    """Yield where the branches of one layer lead: a layer, and ``(B,)`` the share that goes there."""
    strides = [int(np.prod(sizes[i + 1 :])) for i in range(len(sizes))]
    own = sum(p * stride for p, stride in zip(place, strides, strict=True))
    counted = np.zeros(len(bound.target))
    for number, (of, layers, what) in enumerate(key.counters):
        up = own + strides[number]
        if what == "move":
            if place[number] == 0:
                yield up, seen_as(bound, of, key.covered)
            continue
        chosen = bound.branches(of)
        share = np.zeros(len(bound.target)) if chosen is None else chosen.astype(np.float64)
        np.maximum(counted, share, out=counted)
        if place[number] + 1 < layers:
            yield up, share
        elif what == "count":
            yield own, share
    hidden = np.where(counted > 0.0, 0.0, 1.0 - listed)
    yield own, hidden


def _sorted(bound: Bound, layers: int, parts: list[list[tuple[int, Float]]], lost: Float) -> Arcs:
    size = bound.game.size
    if layers == 1 and len(parts[0]) == 1:
        branch = np.arange(len(bound.target), dtype=np.int32)
        start = bound.game.structure.target_start
        return Arcs(bound, 1, start, bound.target, branch, parts[0][0][1], lost)
    sources, targets, branches, shares = [], [], [], []
    for layer, arcs in enumerate(parts):
        for to, share in arcs:
            kept = np.flatnonzero(share)
            sources.append(layer * size + bound.source[kept].astype(np.int64))
            targets.append(to * size + bound.target[kept].astype(np.int64))
            branches.append(kept)
            shares.append(share[kept])
    source = np.concatenate(sources)
    order = np.argsort(source, kind="stable")
    counts = np.bincount(source, minlength=layers * size)
    return Arcs(
        bound,
        layers,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate(targets)[order].astype(np.int32),
        np.concatenate(branches)[order].astype(np.int32),
        np.concatenate(shares)[order],
        lost,
    )


@dataclass(frozen=True)
class Leap:
    """An observed move as arcs without a diagonal; the identity beside it, if none may have fired."""

    bound: Bound
    chosen: Int64
    share: Float
    perhaps: bool

    def forward(self, x: Float, branch_rate: Float) -> Float:
        """Carry a row vector ``(L N,)`` through the move."""
        size = self.bound.game.size
        rows = x.reshape(-1, size)
        rate = branch_rate[self.chosen] * self.share
        source, target = self.bound.source[self.chosen], self.bound.target[self.chosen]
        out = np.array([np.bincount(target, row[source] * rate, minlength=size) for row in rows])
        return (out + rows if self.perhaps else out).ravel()

    def backward(self, x: Float, beta: Float, branch_rate: Float, slopes: Float) -> Float:
        """Carry values back; add to ``slopes`` ``(B,)`` the derivative, with ``x`` before the move."""
        size = self.bound.game.size
        rate = branch_rate[self.chosen] * self.share
        source, target = self.bound.source[self.chosen], self.bound.target[self.chosen]
        out = []
        for row, value in zip(x.reshape(-1, size), beta.reshape(-1, size), strict=True):
            found = np.bincount(source, rate * value[target], minlength=size)
            out.append(found + value if self.perhaps else found)
            slopes[self.chosen] += self.share * row[source] * value[target]
        return np.concatenate(out)

    def dense(self, branch_rate: Float) -> Float:
        """Return the move as a full matrix."""
        size = self.bound.game.size
        out = np.eye(size) if self.perhaps else np.zeros((size, size))
        at = (self.bound.source[self.chosen], self.bound.target[self.chosen])
        np.add.at(out, at, branch_rate[self.chosen] * self.share)
        return out

    def dense_slopes(self, pairs: Float) -> Float:
        """Return ``(B,)`` the derivative in each branch's rate, given that in each entry of the matrix."""
        out = np.zeros(len(self.bound.target))
        out[self.chosen] = self.share * pairs[self.bound.source[self.chosen], self.bound.target[self.chosen]]
        return out


def leap_of(bound: Bound, key: LeapKey) -> Leap:
    """Lay out an observed move."""
    share = seen_as(bound, key.of, key.rates.covered)
    chosen = np.flatnonzero(share)
    return Leap(bound, chosen, share[chosen], key.perhaps)


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
