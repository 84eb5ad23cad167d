"""Rows: one number per actor, held in a vector register inside kernels.

A kernel that works on all actors of a situation at once reads, combines and writes rows of L numbers, L fixed
when the kernel is compiled. Written as loops, the compiler must assume that every store may change every
later load, and falls back to one number at a time; a row is a value, so a row is one or two machine
instructions. Measured on the value sweep: 1.5 to 2 times faster (docs/decisions/0102-rows.md).

Inside a kernel a row supports ``+ - * /`` with rows and with numbers (a row of one number combines with any
row, as in NumPy), and the functions below; the machine code is in `bystander.numerics.rowcode`. In plain
Python (``kernel.py_func`` of a kernel that calls no other) the same code runs on NumPy arrays.

``lanes`` is a tuple whose length is L: Numba compiles one version for each length.

The library's exponential and logarithm take one number at a time, and cost more than everything else in a
choice. Here they are reckoned for whole rows:

    exp(z) = 2^k exp(r),      k = nearest integer to z / ln 2,   r = z - k ln 2,   |r| <= ln(2) / 2,
    log(x) = k ln 2 + 2 artanh(s),   x = 2^k m,   m in [sqrt(1/2), sqrt(2)),   s = (m - 1) / (m + 1),

with ln 2 split in two parts so that k times the first is exact, the Taylor polynomial of degree 13 for exp(r)
(remainder below 5e-18) and the odd series to degree 21 for artanh (|s| < 0.172, remainder below 1e-18).
Powers of two are put together and taken apart as bits. Relative error of exp below 5e-16; z is cut off at
+-700. Absolute error of log below 5e-16 (1 + |log x|), for normal positive x.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload as numba_overload
from numpy.typing import NDArray

from bystander.numerics import rowcode
from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Single = NDArray[np.float32]

overload: Any = numba_overload

BORROW = {"_nrt": False}
WIDTHS = (1, 4, 8)
"""Lengths of rows that hold columns (right-hand sides, processes, answers): each is compiled once."""


def width_for(columns: int) -> int:
    """Return the length of the rows that hold a block of columns: the least that does, or the largest."""
    return next((width for width in WIDTHS if width >= columns), WIDTHS[-1])


def side_by_side(columns: Sequence[Float | None], size: int) -> Float:
    """Return columns ``(size,)`` beside each other, nothing for None, filled up to the length of a row."""
    out = np.zeros((size, width_for(len(columns))))
    for place, column in enumerate(columns):
        if column is not None:
            out[:, place] = column
    return out


def load_row(array: Float, index: int, lanes: tuple[int, ...]) -> Float:
    """Read row ``index`` of a contiguous array taken as ``(n, L)``, whatever its shape."""
    return np.array(array.reshape(-1, len(lanes))[index], np.float64)


def store_row(array: Float, index: int, row: Float) -> None:
    """Write a row to row ``index`` of a contiguous array taken as ``(n, L)``, whatever its shape."""
    array.reshape(-1, len(row))[index] = row


def load_single(array: Single, index: int, lanes: tuple[int, ...]) -> Float:
    """Read a row as `load_row` does, from an array in single precision."""
    return np.array(array.reshape(-1, len(lanes))[index], np.float64)


def store_single(array: Single, index: int, row: Float) -> None:
    """Write a row as `store_row` does, to an array in single precision."""
    array.reshape(-1, len(row))[index] = row


def larger(first: Float | float, second: Float) -> Float:
    """Lane by lane, the larger of two rows (or a number and a row); the second where they do not compare."""
    return np.asarray(np.where(first > second, first, second))


def smaller(first: Float | float, second: Float) -> Float:
    """Lane by lane, the smaller of two rows (or a number and a row); the second where they do not compare."""
    return np.asarray(np.where(first < second, first, second))


def distance(first: Float, second: Float) -> Float:
    """Lane by lane, the absolute difference of two rows."""
    return np.asarray(np.abs(first - second))


def floor_row(row: Float) -> Float:
    """Lane by lane, the largest integer not above."""
    return np.asarray(np.floor(row))


def two_to(power: Float) -> Float:
    """Lane by lane, 2 to a whole power between -1022 and 1023."""
    return np.asarray(np.ldexp(1.0, power.astype(int)))


def exponent_row(row: Float) -> Float:
    """Lane by lane, the whole k for which ``x / 2**k`` lies in [sqrt(1/2), sqrt(2)); normal positive x."""
    return np.asarray((row.view(np.int64) - rowcode.ROOT_HALF_BITS) >> 52, np.float64)


def sum_row(row: Float) -> float:
    """Sum over the lanes."""
    return float(row.sum())


def max_row(row: Float) -> float:
    """Largest lane of a row without NaNs."""
    return float(row.max())


def _two_rows(function: Any, apply: Any) -> None:
    """Tell the compiler what a function of two rows, or of a row and a number, does."""

    def choose(first: Any, second: Any) -> Any:
        others = [kind for kind in (first, second) if not isinstance(kind, rowcode.RowType)]
        if len(others) == 2 or any(kind != types.float64 for kind in others):
            return None

        def implementation(first: Any, second: Any) -> Any:
            return apply(first, second)

        return implementation

    overload(function, jit_options=BORROW)(choose)


def _one_row(function: Any, apply: Any) -> None:
    """Tell the compiler what a function of one row does."""

    def choose(row: Any) -> Any:
        def implementation(row: Any) -> Any:
            return apply(row)

        return implementation if isinstance(row, rowcode.RowType) else None

    overload(function, jit_options=BORROW)(choose)


def _reading(function: Any) -> None:
    """Tell the compiler what reading a row does."""

    def choose(array: Any, index: Any, lanes: Any) -> Any:  # noqa: ARG001
        def implementation(array: Any, index: Any, lanes: Any) -> Any:
            return rowcode.load(array, index, lanes)

        return implementation

    overload(function, jit_options=BORROW)(choose)


def _writing(function: Any) -> None:
    """Tell the compiler what writing a row does."""

    def choose(array: Any, index: Any, row: Any) -> Any:  # noqa: ARG001
        def implementation(array: Any, index: Any, row: Any) -> Any:
            return rowcode.store(array, index, row)

        return implementation

    overload(function, jit_options=BORROW)(choose)


def _apart(first: Any, second: Any) -> Any:
    """Distance in terms of the functions above."""
    if not isinstance(first, rowcode.RowType) or not isinstance(second, rowcode.RowType):
        return None

    def implementation(first: Any, second: Any) -> Any:
        return larger(first - second, second - first)

    return implementation


for _function in (load_row, load_single):
    _reading(_function)
for _write in (store_row, store_single):
    _writing(_write)
_two_rows(operator.add, rowcode.add)
_two_rows(operator.sub, rowcode.subtract)
_two_rows(operator.mul, rowcode.multiply)
_two_rows(operator.truediv, rowcode.divide)
_two_rows(larger, rowcode.larger)
_two_rows(smaller, rowcode.smaller)
_one_row(floor_row, rowcode.floor)
_one_row(two_to, rowcode.two_to)
_one_row(exponent_row, rowcode.exponent)
_one_row(sum_row, rowcode.total)
_one_row(max_row, rowcode.largest)
overload(distance, jit_options=BORROW)(_apart)


LIST_LANES = (0,) * 8
LIST_WIDTH = 8

LARGEST = 700.0
LOG2_E = 1.4426950408889634
LN2_HIGH = 0.693145751953125
LN2_LOW = 1.42860682030941723212e-6


@kernel(fuse=True, borrow=True, inline=True)
def exp_row(z: Float) -> Float:
    """Return exp(z), lane by lane."""
    x = larger(-LARGEST, smaller(LARGEST, z))  # in this order a NaN stays one
    k = floor_row(x * LOG2_E + 0.5)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (r + 1.0) + (r * (1.0 / 6.0) + 0.5) * r2
    mid = (r * (1.0 / 120.0) + 1.0 / 24.0) + (r * (1.0 / 5040.0) + 1.0 / 720.0) * r2
    high = (r * (1.0 / 362880.0) + 1.0 / 40320.0) + (r * (1.0 / 39916800.0) + 1.0 / 3628800.0) * r2
    top = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0
    return (low + (mid + (high + top * r4) * r4) * r4) * two_to(k)


@kernel(fuse=True, borrow=True, inline=True)
def log_row(x: Float) -> Float:
    """Return log(x), lane by lane."""
    k = exponent_row(x)
    m = x * two_to(0.0 - k)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    q2 = q * q
    q4 = q2 * q2
    low = (q * (2.0 / 3.0) + 2.0) + (q * (2.0 / 7.0) + 2.0 / 5.0) * q2
    mid = (q * (2.0 / 11.0) + 2.0 / 9.0) + (q * (2.0 / 15.0) + 2.0 / 13.0) * q2
    high = (q * (2.0 / 19.0) + 2.0 / 17.0) + q2 * (2.0 / 21.0)
    p = low + (mid + high * q4) * q4
    return k * LN2_HIGH + (k * LN2_LOW + p * s)


@kernel(fuse=True, borrow=True, inline=True)
def exp_list(z: Float, count: int, result: Float) -> None:
    """Write exp(z) of the first ``count`` numbers of a list; lists are whole rows of `LIST_WIDTH` long."""
    for row in range((count + LIST_WIDTH - 1) // LIST_WIDTH):
        store_row(result, row, exp_row(load_row(z, row, LIST_LANES)))
