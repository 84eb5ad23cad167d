"""Growing sets of situation codes: which ones are known already, asked for many at once.

One byte for each combination of levels where that is affordable, one bit where only that is, sorted runs
elsewhere, and where so few codes are expected that clearing a map would cost more than sorting.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from bystander.game.arrays import Int64

MAX_MAP = 1 << 27
MAX_BITS = 1 << 32
SPARSE = 1000


class Known(Protocol):
    """A growing set of codes."""

    size: int

    def add(self, codes: Int64) -> Int64:
        """Add codes and return those that are new, each once, increasing."""

    def codes(self) -> Int64:
        """Return all codes, increasing."""


def known_of(space: int, most: int) -> Known:
    """Return an empty set for codes below ``space``, to hold about ``most`` of them at most."""
    if space > SPARSE * most:
        return _Sorted()
    if space <= MAX_MAP:
        return _Map(space)
    return _Bits(space) if space <= MAX_BITS else _Sorted()


def unique(codes: Int64) -> Int64:
    """Sort codes and keep one of each (for millions of numbers faster than hashing them)."""
    found = np.sort(codes)
    if len(found):
        keep = np.empty(len(found), dtype=np.bool_)
        keep[0] = True
        np.not_equal(found[1:], found[:-1], out=keep[1:])
        found = found[keep]
    return found


class _Map:
    """Known situations as one byte for each combination of levels."""

    def __init__(self, space: int) -> None:
        self.seen = np.zeros(space, dtype=np.bool_)
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        fresh = unique(codes[~self.seen[codes]])
        self.seen[fresh] = True
        self.size += len(fresh)
        return fresh

    def codes(self) -> Int64:
        return np.flatnonzero(self.seen).astype(np.int64)


class _Bits:
    """Known situations as one bit for each combination of levels."""

    def __init__(self, space: int) -> None:
        self.seen = np.zeros(space // 8 + 1, dtype=np.uint8)
        self.found: list[Int64] = []
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        bits = np.left_shift(1, codes & 7).astype(np.uint8)
        fresh = unique(codes[(self.seen[codes >> 3] & bits) == 0])
        place = fresh & 7
        for bit in range(8):
            self.seen[fresh[place == bit] >> 3] |= np.uint8(1 << bit)
        self.found.append(fresh)
        self.size += len(fresh)
        return fresh

    def codes(self) -> Int64:
        return np.sort(np.concatenate(self.found))


class _Sorted:
    """Known situations as sorted runs, merged when they have doubled."""

    def __init__(self) -> None:
        self.runs: list[Int64] = []
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        fresh = unique(codes)
        for run in self.runs:
            at = np.minimum(np.searchsorted(run, fresh), len(run) - 1)
            fresh = fresh[run[at] != fresh]
        if len(fresh):
            self.size += len(fresh)
            self.runs.append(fresh)
            while len(self.runs) > 1 and len(self.runs[-2]) <= 2 * len(self.runs[-1]):
                last = self.runs.pop()
                merged = np.concatenate((self.runs.pop(), last))
                merged.sort(kind="stable")
                self.runs.append(merged)
        return fresh

    def codes(self) -> Int64:
        return np.sort(np.concatenate(self.runs)) if self.runs else np.zeros(0, dtype=np.int64)
