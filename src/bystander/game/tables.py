"""Tables of numbers: every rate, chance and worth, evaluated once per context.

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

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Float, MoveType, Numbers
from bystander.game.contexts import Contexts, Grid, grid_of, lay_out
from bystander.game.rules import Ballot, MoveRule, Rules
from bystander.scenario.expressions import Expr, derivative, parameters_of


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
