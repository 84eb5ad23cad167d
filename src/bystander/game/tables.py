"""Tables of numbers: every rate, chance and worth, evaluated once per context.

A *context* is a situation seen through just the variables an expression mentions. An expression over
variables v1..vk takes one value per combination of their levels, however many situations share it. It is
evaluated once on that grid (row-major over the variables in their order), and a situation finds its row by

    row(s) = base + sum_f level_f(s) * weight_f,      weight_f = 0 for variables not mentioned,

so the rows of n situations for J expressions are one product of an (n, F) by an (F, J) matrix. Levels and
weights are integers below 2^53, hence exact in floating point.

Each number of the game is an `Entry`: an expression, the grid it lives on, and the place of its values in one
array of `Numbers`. Tables hold a row for every context, reachable or not; the game keeps the rows it uses.
Changing a parameter re-evaluates the entries that mention it; differentiating evaluates their derivatives.

Votes: a member that is not recused has its weight, everyone else 0. The quota is the number of voters for
``all``, one less (but at least 1) for ``all but one``, more than half of them for ``majority``, the stated
number under ``quota``, the share of all weights under ``share``, all but those who may object in vain under
``silence``, the vetoes and the votes still missing under ``veto``, and always one above the total where
nobody may vote, so that nothing passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bystander.errors import Mark, Problem, ScenarioError
from bystander.game.arrays import Bool, Float, MoveType, Numbers
from bystander.game.rules import Ballot, MoveRule, Rules, VariableRule
from bystander.scenario.expressions import Expr, derivative, evaluate, parameters_of, variables_of

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

    def values_of_each(self, expr: Expr, parameters: Mapping[str, Float]) -> NDArray[np.generic]:
        """Evaluate an expression in every row, ``(G, rows)``, for G values ``(G,)`` of every parameter."""
        lined = {name: values.reshape(-1, *(1 for _ in self.shape)) for name, values in parameters.items()}
        count = len(next(iter(parameters.values())))
        found = evaluate(expr, self.levels(), lined)
        return np.broadcast_to(found, (count, *self.shape)).reshape(count, -1)


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
        self, exprs: Sequence[Expr | None], variables: Sequence[VariableRule], parameters: Mapping[str, float]
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One number over its contexts: ``array[rows, column] = expr``; ``array`` is a field of `Numbers`."""

    array: str
    rows: slice
    column: int | None
    expr: Expr
    grid: Grid
    parameters: frozenset[str]
    slopes: dict[str, Expr] = field(default_factory=dict, compare=False, repr=False)
    """Derivatives worked out so far: games that differ in values of parameters share them."""

    def slope(self, parameter: str) -> Expr:
        """Return the number's derivative in a parameter, as an expression."""
        if parameter not in self.slopes:
            self.slopes[parameter] = derivative(self.expr, parameter)
        return self.slopes[parameter]


@dataclass(frozen=True, slots=True)
class NumberPlaces:
    """Where every number has its place, and what it depends on.

    Attributes
    ----------
    kinds, interests, paces
        Contexts of the moves, of the interests (from row 1), and of all actors' paces together.
    ballots
        (rows, grid, ballot, parameters) of every decision.
    branches
        Largest number of branches of a move.
    """

    kinds: Contexts
    interests: Contexts
    paces: Contexts
    entries: tuple[Entry, ...]
    ballots: tuple[tuple[slice, Grid, Ballot, frozenset[str]], ...]
    branches: int


def expressions_of(move: MoveRule) -> list[Expr]:
    """All expressions behind a move's numbers."""
    found = [branch.chance for branch in move.branches] + list(move.impacts.values())
    found += [expr for expr in (move.rate, move.habit) if expr is not None]
    if move.ballot is not None:
        found += [*move.ballot.recused.values(), *move.ballot.habits.values()]
    return found


def lay_out_numbers(rules: Rules) -> NumberPlaces:
    """Decide the place of every number of a game.

    Raises
    ------
    ScenarioError
        If the numbers of some move or interest depend on too many variables at once.
    """
    count = len(rules.variables)
    grids = [grid_of(expressions_of(move), rules.variables) for move in rules.moves]
    kinds = lay_out(grids, count, [move.mark for move in rules.moves], "a move")
    held = [grid_of((interest.worth,), rules.variables) for interest in rules.interests]
    interests = lay_out(held, count, [interest.mark for interest in rules.interests], "an interest", first=1)
    pace = grid_of((actor.pace for actor in rules.actors), rules.variables)
    paces = lay_out([pace], count, [actor.mark for actor in rules.actors[:1]], "the actors' opportunities")

    entries: list[Entry] = []
    ballots = []

    def enter(array: str, rows: slice, column: int | None, expr: Expr, grid: Grid) -> None:
        entries.append(Entry(array, rows, column, expr, grid, frozenset(parameters_of(expr))))

    for j, move in enumerate(rules.moves):
        rows, grid = kinds.part(j), grids[j]
        if move.rate is not None:
            enter("rate", rows, None, move.rate, grid)
        for b, branch in enumerate(move.branches):
            enter("chance", rows, b, branch.chance, grid)
        for actor, impact in move.impacts.items():
            enter("impact", rows, actor, impact, grid)
        if move.habit is not None:
            enter("habit", rows, None, move.habit, grid)
        if move.ballot is not None:
            for actor, habit in move.ballot.habits.items():
                enter("vote_habit", rows, actor, habit, grid)
            mentioned = frozenset(
                name for expr in move.ballot.recused.values() for name in parameters_of(expr)
            )
            ballots.append((rows, grid, move.ballot, mentioned))
    for i, interest in enumerate(rules.interests):
        enter("flow_worth", interests.part(i), None, interest.worth, held[i])
    nowhere = Grid((), (), ())
    for a, who in enumerate(rules.actors):
        enter("pace", paces.part(0), a, who.pace, pace)
        enter("discount", slice(a, a + 1), None, who.discount, nowhere)
        enter("rationality", slice(a, a + 1), None, who.rationality, nowhere)
    branches = max((len(move.branches) for move in rules.moves), default=1)
    return NumberPlaces(kinds, interests, paces, tuple(entries), tuple(ballots), branches)


def blank_numbers(rules: Rules, layout: NumberPlaces, zero: bool = False) -> Numbers:
    """Tables before anything is entered: actions have rate 1, votes habit 1/2; all zero if ``zero``."""
    rows, actors = layout.kinds.rows, len(rules.actors)
    rate = np.zeros(rows)
    for j, move in enumerate(rules.moves):
        if move.label.type is MoveType.ACTION and not zero:
            rate[layout.kinds.part(j)] = 1.0
    return Numbers(
        rate=rate,
        chance=np.zeros((rows, layout.branches)),
        impact=np.zeros((rows, actors)),
        vote_weight=np.zeros((rows, actors), dtype=np.int32),
        vote_quota=np.zeros(rows, dtype=np.int32),
        habit=np.zeros(rows),
        vote_habit=np.full((rows, actors), 0.0 if zero else 0.5),
        pace=np.zeros((layout.paces.rows, actors)),
        flow_worth=np.zeros(layout.interests.rows),
        discount=np.zeros(actors),
        rationality=np.zeros(actors),
    )


def all_numbers(rules: Rules, layout: NumberPlaces, parameters: Mapping[str, float]) -> Numbers:
    """Evaluate every number in every context."""
    numbers = blank_numbers(rules, layout)
    _enter(numbers, layout.entries, lambda entry: entry.expr, parameters)
    for rows, grid, ballot, _ in layout.ballots:
        numbers.vote_weight[rows], numbers.vote_quota[rows] = votes(
            ballot, grid, len(rules.actors), parameters
        )
    return numbers


def changed_numbers(
    rules: Rules, layout: NumberPlaces, old: Numbers, parameters: Mapping[str, float], changed: Iterable[str]
) -> Numbers:
    """Evaluate again the numbers that mention a changed parameter; other arrays are shared."""
    names = frozenset(changed)
    entries = [entry for entry in layout.entries if entry.parameters & names]
    ballots = [ballot for ballot in layout.ballots if ballot[3] & names]
    touched = {entry.array for entry in entries} | ({"vote_weight", "vote_quota"} if ballots else set())
    numbers = replace(old, **{array: getattr(old, array).copy() for array in touched})
    _enter(numbers, entries, lambda entry: entry.expr, parameters)
    for rows, grid, ballot, _ in ballots:
        numbers.vote_weight[rows], numbers.vote_quota[rows] = votes(
            ballot, grid, len(rules.actors), parameters
        )
    return numbers


def differentiated_numbers(
    rules: Rules, layout: NumberPlaces, parameters: Mapping[str, float], parameter: str
) -> Numbers:
    """Differentiate every number in one parameter; votes, which can only jump, are zero."""
    numbers = blank_numbers(rules, layout, zero=True)
    entries = [entry for entry in layout.entries if parameter in entry.parameters]
    _enter(numbers, entries, lambda entry: entry.slope(parameter), parameters)
    return numbers


def _enter(
    numbers: Numbers,
    entries: Iterable[Entry],
    expr_of: Callable[[Entry], Expr],
    parameters: Mapping[str, float],
) -> None:
    for entry in entries:
        values = entry.grid.values(expr_of(entry), parameters)
        array: Float = getattr(numbers, entry.array)
        if entry.column is None:
            array[entry.rows] = values
        else:
            array[entry.rows, entry.column] = values


def votes(
    ballot: Ballot, grid: Grid, actors: int, parameters: Mapping[str, float]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Weight of each actor and quota in each context, ``(rows, A)`` and ``(rows,)``."""
    weights = np.zeros((grid.size, actors), dtype=np.int32)
    for actor, weight in ballot.weights:
        weights[:, actor] = weight
        if actor in ballot.recused:
            weights[grid.values(ballot.recused[actor], parameters).astype(np.bool_), actor] = 0
    voters = np.count_nonzero(weights, axis=1)
    total = weights.sum(axis=1)
    match ballot.rule:
        case "all":
            quota = voters
        case "all but one":
            quota = np.maximum(voters - 1, 1)
        case "majority":
            quota = voters // 2 + 1
        case "share":
            quota = np.maximum(np.ceil(ballot.share * total - 1e-9).astype(np.int64), 1)
        case "silence":
            quota = np.maximum(voters - ballot.quota + 1, 1)
        case "veto":
            heavy = max(weight for _, weight in ballot.weights)
            vetoes = np.count_nonzero(weights == heavy, axis=1)
            quota = vetoes * heavy + np.maximum(ballot.quota - vetoes, 0)
        case _:
            quota = np.full(grid.size, ballot.quota)
    return weights, np.where(voters == 0, total + 1, quota).astype(np.int32)
