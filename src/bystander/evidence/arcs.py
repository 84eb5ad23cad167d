r"""Rates under observation: what stays unseen, what is counted, and how an answer depends on each branch.

With branch rates :math:`r_b` (from ``s`` to ``t``), the generator under observation is

.. math:: G = \sum_b r_b \, (A_b - I_s)

where the row :math:`A_b` says what becomes of the history when b fires unseen or counted, and what is missing
from it ends the history (it would have been listed). A branch that is listed with chance :math:`d_b` stays
unseen with :math:`1 - d_b`. While counters are open the situations stand in *layers*, one for each number
counted: a branch of the class moves up a layer. A move of unknown moment is a counter from none to one whose
step is the listed one (:math:`d_b` where the class is covered, 1 where it is not): the integral over the
window is the exact solution of the layered equation, not a grid. A count steps on every firing.

``arcs`` list the entries of all :math:`A_b`: from, to, branch, coefficient. The derivative of an answer with
pair integrals :math:`X` (`bystander.numerics.pairs`) in :math:`r_b` is :math:`\sum_\text{arcs} c X_{st} -
\sum_\text{layers} X_{ss}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from bystander.errors import QueryError
from bystander.evidence.binding import Bound
from bystander.evidence.timeline import Covered, LeapKey, RateKey
from bystander.game.arrays import Float, Int32, Int64
from bystander.numerics.generators import Generator, collect
from bystander.process.chain import find_entries

MOST_ARCS = 120_000_000


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

    def generator(self, branch_rate: Float) -> Generator:
        """Return the generator at some rates ``(B,)``."""
        found = collect(self.start, self.target, branch_rate[self.branch] * self.share)
        size = self.bound.game.size
        ended = [
            np.bincount(self.bound.source, branch_rate * lost, minlength=size)
            if lost.any()
            else np.zeros(size)
            for lost in self.lost
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
    """Lay out the arcs of a key.

    Raises
    ------
    QueryError
        If so many windows are open at once that there is no room.
    """
    listed = unseen(bound, key.covered)
    sizes = [layers for _, layers, _ in key.counters]
    layers = int(np.prod(sizes)) if sizes else 1
    branches = len(bound.target)
    if layers * branches * (1 + len(sizes)) > MOST_ARCS:
        what = ", ".join(of for of, _, _ in key.counters)
        raise QueryError(
            f"Counting {what} at once over {bound.game.size:,} situations takes {layers:,} layers. "
            "Give these observations days, or shorter windows that do not overlap."
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
    for number, (of, layers, single) in enumerate(key.counters):
        up = own + strides[number]
        if single:
            if place[number] == 0:
                yield up, seen_as(bound, of, key.covered)
            continue
        chosen = bound.branches(of)
        share = np.zeros(len(bound.target)) if chosen is None else chosen.astype(np.float64)
        np.maximum(counted, share, out=counted)
        if place[number] + 1 < layers:
            yield up, share
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
