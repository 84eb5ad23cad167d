r"""Many first times in one pass.

Column ``c`` asks for the first entry into a set of situations, or the first firing of an option that
carries its label, before a set to be avoided is entered. With :math:`v_c(s)` the chance of a hit in the time
left from a situation in neither set, one jump of the process that ends with a hit or a miss is

.. math:: v_c \leftarrow P_c v_c + g_c / \Lambda

with :math:`g_c` the rate of hitting (`bystander.numerics.killed`); `bystander.numerics.transients` follows
the columns of a row together, with the bounds it has for one. Only the scalars :math:`\pi \cdot v_c` for
each start :math:`\pi` are kept: every time up to the last is a weighted sum of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.bounds import Bounded
from bystander.numerics.endings import Ends, blocks_of, rate_of_ending
from bystander.numerics.generators import Generator
from bystander.numerics.jit import kernel
from bystander.numerics.killed import kill
from bystander.numerics.rows import load_row, store_row
from bystander.numerics.series import Series
from bystander.numerics.transients import march
from bystander.numerics.uniform import run_passes

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances of a hit by any time up to the last.

    Attributes
    ----------
    begun
        ``(S, C)`` chance of starting in the target.
    later
        Chance of a hit after that: columns, and the series ``(S, at least as many)`` of each.
    """

    begun: Float
    later: Sequence[tuple[Sequence[int], Series]]

    def at(self, times: Float) -> Bounded[Float]:
        """Return ``(G, S, C)`` the chance of having hit by each time."""
        value = np.repeat(self.begun[None], len(times), axis=0)
        error = 0.0
        for columns, series in self.later:
            found = series.at(times)
            value[:, :, columns] += found.value[:, :, : len(columns)]
            error = max(error, found.error)
        return Bounded(value, error)


def first_hits(
    generator: Generator,
    ends: Ends,
    targets: Bool,
    starts: Float,
    horizon: float,
    epsilon: float = 1e-12,
) -> Chances:
    """Return the chances of hitting each target from each start ``(S, N)``, up to ``horizon``.

    Parameters
    ----------
    ends
        Where and by which jumps each of C processes ends; every such jump is a hit.
    targets
        ``(N, C)`` where ending is a hit; elsewhere it is a miss.
    """
    where = np.flatnonzero(starts.any(axis=0))
    begin = np.ascontiguousarray(starts[:, where])

    def follow(columns: Sequence[int]) -> tuple[Sequence[int], Series]:
        some = ends.chosen(columns)
        worth = np.zeros(some.situations.shape)
        worth[:, : len(columns)] = targets[:, columns]
        operator = kill(generator, some, forward=False, gain=rate_of_ending(generator, some, worth))

        def read(x: Float) -> Float:
            found = np.zeros((len(begin), some.columns))
            _read(operator.lanes, begin, where, x, found)
            return found

        return columns, march(operator, np.zeros(worth.shape), horizon, read, epsilon=epsilon).series

    blocks = [partial(follow, columns) for columns in blocks_of(ends)]
    return Chances(begin @ targets[where], run_passes(blocks, generator.size))


@kernel(fast=True, borrow=True)
def _read(lanes: tuple[int, ...], begin: Float, where: Int64, x: Float, found: Float) -> None:
    """Put ``begin @ x[where]`` in ``found``."""
    for k in range(len(begin)):
        row = 0.0 * load_row(found, k, lanes)
        for n in range(len(where)):
            row = row + begin[k, n] * load_row(x, where[n], lanes)
        store_row(found, k, row)
