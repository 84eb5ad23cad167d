"""One type of array for kernels, whatever arrays the caller has.

A kernel is compiled again for every combination of element type, memory order and writability of its
arguments. Frozen objects hold read-only arrays, fresh results are writable: handing both to kernels through
`read_only` keeps it to one compilation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def read_only(array: Array, kind: type[np.generic]) -> Array:
    """Return a contiguous read-only view with the given element type; a copy only where it must be one."""
    view = np.ascontiguousarray(array, dtype=kind).view()
    view.flags.writeable = False
    return view
