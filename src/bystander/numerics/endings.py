"""How processes over the same rates end: in sets of situations, or by jumps that carry labels.

One process is a column. Entering its set ends it, and so does any jump with one of its labels, whether it
leads elsewhere or nowhere (an option that fires without effect has fired). Those jumps are listed one by one,
as rates between situations do not tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator, rate_of_entering
from bystander.numerics.rows import WIDTHS, width_for

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Losses:
    """Jumps that may end a process, in the order of their sources.

    Attributes
    ----------
    source, target, label
        ``(L,)`` from where, to where (-1 for a situation that was cut off), and what kind of jump it is.
    rate
        ``(L,)`` per day.
    """

    source: Int32
    target: Int32
    label: Int32
    rate: Float

    def restricted(self, live: Bool) -> Losses:
        """Keep only jumps from live situations ``(N,)``, which are numbered anew."""
        place = np.where(live, np.cumsum(live) - 1, -1).astype(np.int32)
        kept = live[self.source]
        return Losses(place[self.source[kept]], place[self.target[kept]], self.label[kept], self.rate[kept])

    def of(self, labels: Bool) -> Losses:
        """Keep only jumps with some labels."""
        kept = labels[self.label]
        return Losses(self.source[kept], self.target[kept], self.label[kept], self.rate[kept])


@dataclass(frozen=True, slots=True)
class Ends:
    """How each of C processes ends.

    Attributes
    ----------
    situations
        ``(N, C)`` where each has ended.
    losses
        Jumps that end some although they lead elsewhere, or nowhere.
    labels
        ``(labels, C)`` which of these jumps end which.
    """

    situations: Bool
    losses: Losses
    labels: Bool

    @property
    def columns(self) -> int:
        """How many processes there are."""
        columns: int = self.situations.shape[1]
        return columns

    def chosen(self, columns: Sequence[int]) -> Ends:
        """Return some of the processes, filled up to a row's length with ones that have ended everywhere."""
        missing = ((0, 0), (0, width_for(len(columns)) - len(columns)))
        situations = np.pad(self.situations[:, columns], missing, constant_values=True)
        labels = np.pad(self.labels[:, columns], missing)
        return Ends(situations, self.losses.of(np.asarray(labels.any(axis=1))), labels)

    def restricted(self, live: Bool) -> Ends:
        """Keep only the live situations ``(N,)``, numbered anew."""
        return self if live.all() else Ends(self.situations[live], self.losses.restricted(live), self.labels)

    def repeated(self, times: int) -> Ends:
        """Return that many copies of one process."""
        situations, labels = (np.repeat(each, times, axis=1) for each in (self.situations, self.labels))
        return Ends(situations, self.losses, labels)


def no_losses() -> Losses:
    """Return that no jump ends a process."""
    nothing = np.zeros(0, np.int32)
    return Losses(nothing, nothing, nothing, np.zeros(0))


def blocks_of(ends: Ends, width: int = WIDTHS[-1]) -> list[list[int]]:
    """Deal processes to rows: those that no jump ends first, and those that the same jumps end together."""
    order = sorted(range(ends.columns), key=lambda column: ends.labels[:, column].tobytes())
    return [order[low : low + width] for low in range(0, len(order), width)]


def rate_of_jumps(generator: Generator, ends: Ends) -> float:
    """Return a rate of jumps no column's exit rate exceeds anywhere: jumps that stay may end a process."""
    losses = ends.losses
    staying = losses.source == losses.target
    more = np.bincount(losses.source[staying], losses.rate[staying], minlength=generator.size)
    return float((generator.exit + more).max(initial=0.0)) or 1.0


def rate_of_ending(generator: Generator, ends: Ends, worth: Float) -> Float:
    """Return ``(N, C)`` per day the rate at which each process ends, times what that is worth.

    Entering a situation in which it has ended is worth ``worth`` (N, C), a jump that ends it is worth 1. One
    process may have several worths.
    """
    columns = worth.shape[1]
    ends = ends.repeated(columns) if ends.columns == 1 < columns else ends
    losses, out = ends.losses, np.empty(worth.shape)
    for column in range(columns):
        own = np.ascontiguousarray(np.where(ends.situations[:, column], worth[:, column], 0.0))
        out[:, column] = rate_of_entering(generator.indptr, generator.indices, generator.rates, own)
        mine = np.flatnonzero(ends.labels[losses.label, column])
        if len(mine):
            target = losses.target[mine]
            more = losses.rate[mine] * (1.0 - np.where(target < 0, 0.0, own[target]))
            out[:, column] += np.bincount(losses.source[mine], more, minlength=generator.size)
    out[ends.situations] = 0.0
    return out
