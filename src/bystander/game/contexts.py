"""Contexts: situations seen through just the variables an expression mentions.

An expression over variables v1..vk takes one value per combination of their levels, however many situations
share it. It is evaluated once on that grid (row-major over the variables in their order), and a situation
finds its row by

    row(s) = base + sum_f level_f(s) * weight_f,      weight_f = 0 for variables not mentioned,

so the rows of n situations for J expressions are one product of an (n, F) by an (F, J) matrix. Levels and
weights are integers below 2^53, hence exact in floating point.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Mark, Problem, ScenarioError
from bystander.game.arrays import Float
from bystander.game.rules import VariableRule
from bystander.scenario.expressions import Expr, evaluate, parameters_of, variables_of

Bool = NDArray[np.bool_]
MAX_ROWS = 2_000_000
MAX_TABLE = 16_384
_BLOCK = 200_000


@dataclass(frozen=True, slots=True)
class Grid:
    """All combinations of levels of some variables, the last one varying fastest."""

    variables: tuple[int, ...]
    names: tuple[str, ...]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of combinations; 1 if there are no variables."""
        size = 1
        for radix in self.shape:
            size *= radix
        return size

    def levels(self) -> dict[str, NDArray[np.intp]]:
        """Level index of each variable, shaped to broadcast over the grid."""
        found = {}
        for axis, (name, radix) in enumerate(zip(self.names, self.shape, strict=True)):
            found[name] = np.arange(radix).reshape((radix,) + (1,) * (len(self.shape) - axis - 1))
        return found

    def values(self, expr: Expr, parameters: Mapping[str, float]) -> NDArray[np.generic]:
        """Evaluate an expression in every row."""
        found = evaluate(expr, self.levels(), parameters)
        return np.broadcast_to(found, self.shape).reshape(-1)


def grid_of(exprs: Iterable[Expr], variables: Sequence[VariableRule]) -> Grid:
    """Return the grid over all variables that some expressions mention."""
    mentioned = {name for expr in exprs for name in variables_of(expr)}
    chosen = [f for f, variable in enumerate(variables) if variable.name in mentioned]
    return Grid(
        tuple(chosen),
        tuple(variables[f].name for f in chosen),
        tuple(len(variables[f].levels) for f in chosen),
    )


def strides(shape: Sequence[int]) -> list[int]:
    """Weights of a mixed-radix code, the first position most significant."""
    weights = [1] * len(shape)
    for f in range(len(shape) - 2, -1, -1):
        weights[f] = weights[f + 1] * shape[f + 1]
    return weights


def product(levels: Float, weights: Float) -> Float:
    """Multiply ``(n, F)`` by ``(F, J)`` in blocks that stay in cache and on one thread.

    The product is so small per row that waking other threads costs more than it saves.
    """
    (n, count), columns = levels.shape, weights.shape[1]
    block = max(16, _BLOCK // max(1, count * columns))
    pieces = n // block
    whole = pieces * block
    out = np.empty((n, columns))
    if pieces:
        blocks = levels[:whole].reshape(pieces, block, count)
        np.matmul(blocks, weights, out=out[:whole].reshape(pieces, block, columns))
    np.matmul(levels[whole:], weights, out=out[whole:])
    return out


@dataclass(frozen=True, slots=True)
class Contexts:
    """The rows of J grids laid one after the other.

    Attributes
    ----------
    weights
        ``(F, J)`` weight of each variable in each grid's row number.
    base
        ``(J + 1,)`` first row of each grid; the last entry is the number of rows.
    """

    grids: tuple[Grid, ...]
    weights: Float
    base: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """Number of rows of all grids together."""
        return int(self.base[-1])

    def part(self, j: int) -> slice:
        """Rows of grid ``j``."""
        return slice(int(self.base[j]), int(self.base[j + 1]))

    def at(self, levels: Float) -> NDArray[np.int32]:
        """Row of each of n situations in each of J grids, ``(n, J)``."""
        rows: NDArray[np.int32] = product(levels, self.weights).astype(np.int32)
        rows += self.base[:-1].astype(np.int32)
        return rows


def lay_out(
    grids: Sequence[Grid], count: int, marks: Sequence[Mark] = (), what: str = "", first: int = 0
) -> Contexts:
    """Give each grid its rows.

    Parameters
    ----------
    count
        Number of variables of the game.
    marks, what
        Where each grid's owner was written and what it is, for the message; without marks any size is
        accepted.
    first
        Number of the first row.

    Raises
    ------
    ScenarioError
        If one grid, or all together, have too many rows.
    """
    sizes = [grid.size for grid in grids]
    total = first + sum(sizes)
    if marks and total > MAX_ROWS:
        worst = max(range(len(sizes)), key=sizes.__getitem__)
        names = ", ".join(f"{n} ({r})" for n, r in zip(grids[worst].names, grids[worst].shape, strict=True))
        message = (
            f"The numbers of {what} depend on too many variables at once: {sizes[worst]:,} combinations of "
            f"{names}; {total:,} in all, at most {MAX_ROWS:,} are allowed."
        )
        fix = "Let its rate, chances and worths mention fewer variables, or split it in two."
        raise ScenarioError(Problem(marks[worst], message, fix, "too-many-contexts"))
    weights = np.zeros((count, len(grids)))
    for j, grid in enumerate(grids):
        weights[list(grid.variables), j] = strides(grid.shape)
    base = np.concatenate(([first], first + np.cumsum(sizes, dtype=np.int64))).astype(np.int64)
    return Contexts(tuple(grids), weights, base)


class Conditions:
    """J conditions over situations, tabulated over their grids where those are small; None always holds."""

    def __init__(
        self,
        exprs: Sequence[Expr | None],
        variables: Sequence[VariableRule],
        parameters: Mapping[str, float],
    ) -> None:
        grids = [grid_of(() if expr is None else (expr,), variables) for expr in exprs]
        self.exprs = exprs
        self.variables = variables
        self.names = [variable.name for variable in variables]
        self.parameters = parameters
        self.mentioned = frozenset(name for expr in exprs if expr is not None for name in parameters_of(expr))
        self.direct = [
            (j, expr)
            for j, (expr, grid) in enumerate(zip(exprs, grids, strict=True))
            if expr is not None and grid.size > MAX_TABLE
        ]
        large = {j for j, _ in self.direct}
        small = [Grid((), (), ()) if j in large else grid for j, grid in enumerate(grids)]
        self.contexts = lay_out(small, len(variables))
        self.table = np.ones(self.contexts.rows, dtype=np.bool_)
        for j, expr in enumerate(exprs):
            if expr is not None and j not in large:
                self.table[self.contexts.part(j)] = small[j].values(expr, parameters)

    def hold(self, levels: Float) -> Bool:
        """Whether each condition holds in each of n situations, ``(n, J)``."""
        held: Bool = self.table[self.contexts.at(levels)]
        if self.direct:
            columns = {name: levels[:, f].astype(np.intp) for f, name in enumerate(self.names)}
            for j, expr in self.direct:
                held[:, j] = evaluate(expr, columns, self.parameters)
        return held

    def same_at(self, parameters: Mapping[str, float]) -> bool:
        """Whether they are known to hold in the same situations at other parameter values."""
        if all(self.parameters[name] == parameters[name] for name in self.mentioned):
            return True
        other = Conditions(self.exprs, self.variables, parameters)
        return not self.direct and np.array_equal(self.table, other.table)

    def never_hold(self) -> list[int]:
        """Positions of the conditions that fail for every combination of levels; large ones are left out."""
        large = {j for j, _ in self.direct}
        return [
            j
            for j in range(len(self.contexts.grids))
            if j not in large and not self.table[self.contexts.part(j)].any()
        ]
