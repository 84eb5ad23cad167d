"""From options and their branches to rates, and back from the entries of a generator to branches.

A situation's options stand one after the other, and so do the branches of its options: what belongs to
situation ``s`` is found from ``option_start[s]`` and ``target_start[s]``. Everything here is linear in the
number of branches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


def find_entries(target_start: Int64, targets: Int32, generator: Generator) -> Int32:
    """Return ``(B,)`` the entry of a collected generator that each branch adds to; -1 if it adds to none."""
    return _find_entries(target_start, targets, generator.indptr, generator.indices)


@kernel
def branch_rates(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    chance: Float,
    option_rate: Float,
) -> Float:
    """Return ``(B,)`` the rate of each branch: its option's rate times its chance."""
    out = np.empty(target_start[-1])
    for s in range(len(option_start) - 1):
        at = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            kind = option_kind[o]
            for b in range(kind_branches[kind]):
                out[at] = option_rate[o] * chance[kind, b]
                at += 1
    return out


@kernel
def without_options(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    rates: Float,
    chosen: Bool,
) -> Float:
    """Return a copy of the branch rates in which those of the chosen options are zero."""
    out = rates.copy()
    for s in range(len(option_start) - 1):
        at = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            branches = kind_branches[option_kind[o]]
            if chosen[o]:
                for b in range(at, at + branches):
                    out[b] = 0.0
            at += branches
    return out


@kernel
def sum_options(option_start: Int64, per_option: Float) -> Float:
    """Return ``(N,)`` the sum over each situation's options."""
    out = np.zeros(len(option_start) - 1)
    for s in range(len(out)):
        for o in range(option_start[s], option_start[s + 1]):
            out[s] += per_option[o]
    return out


@kernel
def _find_entries(target_start: Int64, targets: Int32, indptr: Int64, indices: Int32) -> Int32:
    out = np.empty(len(targets), np.int32)
    place = np.full(len(indptr), -1, np.int32)
    for s in range(len(indptr) - 1):
        for i in range(indptr[s], indptr[s + 1]):
            place[indices[i]] = i
        for b in range(target_start[s], target_start[s + 1]):
            out[b] = place[targets[b]]
        for i in range(indptr[s], indptr[s + 1]):
            place[indices[i]] = -1
    return out
