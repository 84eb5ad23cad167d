"""Machine code for rows: the compiler's side of `bystander.numerics.rows`.

A row is an LLVM vector of L doubles. Loading and storing take the address of row ``index`` in a contiguous
array (of doubles, or of single-precision numbers that are widened and narrowed on the way); everything else
is one LLVM instruction applied to whole vectors. Nothing is checked here: indices are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic as numba_intrinsic
from numba.extending import register_model


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make a function of types an instruction of compiled code."""
    return numba_intrinsic(function)


insert_function: Any = cgutils.get_or_insert_function

FLAGS = ("contract", "nsz", "arcp")
ROOT_HALF_BITS = 0x3FE6A09E667F3BCD


class RowType(types.Type):  # type: ignore[misc,unused-ignore]
    """The compiler's type of a row."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Row({width})")


@register_model(RowType)
class RowModel(models.PrimitiveModel):
    """How a row is held: as one vector."""

    def __init__(self, manager: Any, row: RowType) -> None:
        super().__init__(manager, row, _vector(row.width))  # type: ignore[no-untyped-call]


def _vector(width: int, number: Any = None) -> Any:
    return ir.VectorType(number or ir.DoubleType(), width)


def _integers(width: int, value: int) -> Any:
    return ir.Constant(_vector(width, ir.IntType(64)), [value] * width)


def _is_single(array: Any) -> bool:
    return bool(array.dtype == types.float32)


def _address(context: Any, builder: Any, signature: Any, args: Any, width: int) -> Any:
    """Return the address of a row, as a pointer to a vector of the array's numbers."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    index = context.cast(builder, args[1], signature.args[1], types.intp)
    start = builder.gep(array.data, [builder.mul(index, ir.Constant(index.type, width))])
    number = ir.FloatType() if _is_single(signature.args[0]) else ir.DoubleType()
    return builder.bitcast(start, _vector(width, number).as_pointer())


def _spread(builder: Any, number: Any, width: int) -> Any:
    """Copy a number into all lanes."""
    nothing = ir.Constant(_vector(width), ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(_vector(width, ir.IntType(32)), [0] * width))


def _rows(builder: Any, values: Any, kinds: Any, width: int) -> list[Any]:
    """Return values as rows, numbers and rows of one number being copied into all lanes."""
    out = []
    for value, kind in zip(values, kinds, strict=True):
        own = kind.width if isinstance(kind, RowType) else 0
        number = builder.extract_element(value, ir.Constant(ir.IntType(32), 0)) if own == 1 else value
        out.append(value if own == width else _spread(builder, number, width))
    return out


def _widest(*kinds: Any) -> Any:
    """Return the type of what rows, or a row and a number, combine to."""
    return max((kind for kind in kinds if isinstance(kind, RowType)), key=lambda kind: kind.width)


@intrinsic
def load(_: Any, array: Any, index: Any, lanes: Any) -> Any:
    """Read a row; ``lanes`` is a tuple of its length."""
    width = len(lanes)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        row = builder.load(_address(context, builder, signature, args, width))
        if not _is_single(array):
            row.align = 8
            return row
        row.align = 4
        return builder.fpext(row, _vector(width))

    return RowType(width)(array, index, lanes), generate


@intrinsic
def store(_: Any, array: Any, index: Any, row: Any) -> Any:
    """Write a row."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = args[2]
        if _is_single(array):
            value = builder.fptrunc(value, _vector(row.width, ir.FloatType()))
        written = builder.store(value, _address(context, builder, signature, args, row.width))
        written.align = 4 if _is_single(array) else 8
        return context.get_dummy_value()

    return types.none(array, index, row), generate


def make_operator(instruction: str) -> Any:
    """Make the intrinsic that applies an instruction to two rows, or to a row and a number."""

    @intrinsic
    def apply(_: Any, first: Any, second: Any) -> Any:
        row = _widest(first, second)

        def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
            sides = _rows(builder, args, (first, second), row.width)
            return getattr(builder, instruction)(*sides, flags=FLAGS)

        return row(first, second), generate

    return apply


def make_selection(comparison: str) -> Any:
    """Make the intrinsic that takes lanes of the first row where the comparison holds, else the second's."""

    @intrinsic
    def select(_: Any, first: Any, second: Any) -> Any:
        row = _widest(first, second)

        def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
            one, other = _rows(builder, args, (first, second), row.width)
            return builder.select(builder.fcmp_ordered(comparison, one, other), one, other)

        return row(first, second), generate

    return select


def make_reduction(join: Any) -> Any:
    """Make the intrinsic that joins the lanes of a row pair by pair."""

    @intrinsic
    def reduce(_: Any, row: Any) -> Any:
        def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
            lanes = [ir.Constant(ir.IntType(32), lane) for lane in range(row.width)]
            parts = [builder.extract_element(args[0], lane) for lane in lanes]
            while len(parts) > 1:
                pairs = [join(builder, a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
                parts = pairs + parts[2 * len(pairs) :]
            return parts[0]

        return types.float64(row), generate

    return reduce


@intrinsic
def floor(_: Any, row: Any) -> Any:
    """Round down."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        kind = args[0].type
        name = f"llvm.floor.v{row.width}f64"
        return builder.call(insert_function(builder.module, ir.FunctionType(kind, [kind]), name), args)

    return row(row), generate


@intrinsic
def two_to(_: Any, power: Any) -> Any:
    """Put a whole power between -1022 and 1023 into the exponent bits."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        whole = builder.fptosi(args[0], _vector(power.width, ir.IntType(64)))
        biased = builder.add(whole, _integers(power.width, 1023))
        return builder.bitcast(builder.shl(biased, _integers(power.width, 52)), args[0].type)

    return power(power), generate


@intrinsic
def exponent(_: Any, row: Any) -> Any:
    """Read k off the bits, x / 2**k in [sqrt(1/2), sqrt(2))."""

    def generate(_: Any, builder: Any, __: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], _vector(row.width, ir.IntType(64)))
        above = builder.sub(bits, _integers(row.width, ROOT_HALF_BITS))
        return builder.sitofp(builder.ashr(above, _integers(row.width, 52)), args[0].type)

    return row(row), generate


add, subtract, multiply, divide = (make_operator(name) for name in ("fadd", "fsub", "fmul", "fdiv"))
larger, smaller = make_selection(">"), make_selection("<")
total = make_reduction(lambda builder, a, b: builder.fadd(a, b))
largest = make_reduction(lambda builder, a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))
