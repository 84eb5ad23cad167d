"""Questions as arrays: which situations, options and rewards a condition, a move or an outcome is about.

Where a question about a move arises: its options, their situations, and how much time is spent there; and
which questions come too late (`asked_behind`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import InputError, Mark, Problem, QueryError, did_you_mean
from bystander.game.arrays import Bool, Float, Game, Int32, Int64
from bystander.game.compile import Compiled, levels_by_name
from bystander.scenario.checks.finding import place
from bystander.scenario.expressions import (
    Expr,
    Scope,
    Sort,
    evaluate,
    expect,
    parse_expression,
    resolve,
    walk,
    written,
)
from bystander.scenario.expressions.syntax import Name, variables_of
from bystander.scenario.schema import Outcome
from bystander.units import DURATION, PEOPLE, PLAIN

MOST = 10_000_000
"""Situations times combinations of levels that `mask_otherwise` looks at together."""


def scope_of(game: Game) -> Scope:
    """Return what names mean in a game."""
    if isinstance(game.compiled, Compiled):
        return game.compiled.rules.scope
    names, levels = game.situations.names, game.situations.level_names
    return Scope(dict(zip(names, levels, strict=True)), frozenset(names))


def mask(game: Game, condition: str | Expr) -> Bool:
    """Tell which situations satisfy a condition, ``(N,)``.

    Parameters
    ----------
    condition
        Text such as ``front == fighting``, or an expression.

    Raises
    ------
    QueryError
        If it is not a condition over the game's variables.
    """
    held = evaluate(_condition(game, condition), levels_by_name(game), dict(game.parameters))
    found: Bool = np.broadcast_to(held, game.size).astype(np.bool_)
    found.setflags(write=False)
    return found


def mask_otherwise(game: Game, condition: str | Expr, names: Container[str]) -> Bool:
    """Tell where a condition would hold, ``(N,)``, with other levels of some variables, all else as it is.

    It need not be that the game ever comes there. Where there are more than `MOST` combinations to look at,
    the variables are put at other levels one at a time.

    Raises
    ------
    QueryError
        As for `mask`.
    """
    expr = _condition(game, condition)
    levels, parameters = levels_by_name(game), dict(game.parameters)
    free = [name for name in variables_of(expr) if name in names and name in levels]
    counts = dict(zip(game.situations.names, map(len, game.situations.level_names), strict=True))
    together = [free] if prod(counts[name] for name in free) * game.size <= MOST else [[one] for one in free]
    found = mask(game, expr).copy()
    for some in together:
        for at in product(*(range(counts[name]) for name in some)):
            elsewhere = {name: np.full(game.size, level) for name, level in zip(some, at, strict=True)}
            held = evaluate(expr, levels | elsewhere, parameters)
            found |= np.broadcast_to(held, game.size).astype(np.bool_)
    return found


def _condition(game: Game, condition: str | Expr) -> Expr:
    try:
        expr = parse_expression(condition, Mark("the condition")) if isinstance(condition, str) else condition
        if any(isinstance(node, Name) for node in walk(expr)):
            expr = resolve(expr, scope_of(game))
        expect(expr, Sort.CONDITION, "what is asked")
    except InputError as error:
        raise QueryError(error.problems) from None
    return expr


def move_mask(game: Game, names: str | Iterable[str]) -> Bool:
    """Tell which moves are named, ``(M,)``; the name of an owner names all its moves.

    A move of the scenario that is disabled may be named; it is none of the game's.

    Raises
    ------
    QueryError
        If a name is neither a move nor an owner.
    """
    wanted = (names,) if isinstance(names, str) else tuple(names)
    known = {move.name for move in game.moves} | {move.owner for move in game.moves}
    if game.scenario is not None:
        known |= set(game.scenario.moves())
    for name in wanted:
        if name not in known:
            raise QueryError(f"No move is called '{name}'. {did_you_mean(name, sorted(known))}")
    return np.array([move.name in wanted or move.owner in wanted for move in game.moves], dtype=np.bool_)


def option_moves(game: Game) -> Int32:
    """Move of each option, ``(O,)``."""
    return game.structure.kind_move[game.structure.option_kind]


def branches_of_kinds(game: Game) -> Int32:
    """Return ``(K,)`` the number of branches of each kind's move."""
    return game.structure.move_branches[game.structure.kind_move]


def branch_options(game: Game) -> Int64:
    """Option of each branch, ``(B,)``."""
    counts = branches_of_kinds(game)[game.structure.option_kind]
    return np.repeat(np.arange(len(counts)), counts)


def option_situations(game: Game) -> Int32:
    """Situation of each option, ``(O,)``."""
    counts = np.diff(game.structure.option_start)
    return np.repeat(np.arange(game.size, dtype=np.int32), counts)


def option_mask(game: Game, names: str | Iterable[str]) -> Bool:
    """Tell which options belong to the named moves, ``(O,)``."""
    return move_mask(game, names)[option_moves(game)]


def describe_situation(game: Game, situation: int) -> dict[str, str]:
    """Level of each variable in one situation."""
    if not 0 <= situation < game.size:
        raise QueryError(f"There is no situation {situation}; they are numbered 0 to {game.size - 1}.")
    row = game.situations.levels[situation]
    parts = zip(game.situations.names, game.situations.level_names, row, strict=True)
    return {name: levels[int(level)] for name, levels, level in parts}


Array = NDArray[Any]


def move_index(game: Game, name: str) -> int:
    """Return the number of a move given as ``owner.move``."""
    names = [move.name for move in game.moves]
    if name not in names:
        raise QueryError(f"There is no move '{name}' in this scenario. {did_you_mean(name, names)}")
    return names.index(name)


def options_of(game: Game, move: int) -> tuple[Array, Array]:
    """Return the options of a move and the situation of each."""
    options = np.flatnonzero(option_moves(game) == move)
    places = np.searchsorted(game.structure.option_start, options, side="right") - 1
    return options, places


def normalised(weights: Array, size: int, given: str) -> Array:
    """Return weights made to sum to 1.

    Raises
    ------
    QueryError
        If they are no weights, or all zero.
    """
    w = np.asarray(weights, dtype=float)
    if w.shape != (size,) or not np.isfinite(w).all() or (w < 0.0).any():
        raise QueryError(f"Weights must be {size} numbers of at least 0, one for each situation.")
    total = float(w.sum())
    if not total > 0.0:
        where = given or "the question arises"
        raise QueryError(f"No time is spent where {where}: there is nothing to explain.")
    return w / total


UNITS = {"probability": "probability", "share": "share", "count": "count", "time": "days"}


@dataclass(frozen=True)
class Question:
    """One outcome in arrays.

    Attributes
    ----------
    sort
        The question as the scenario's language names it: ``ever``, ``fires``, ``at``, ``share``,
        ``accumulates``, ``counts``, ``time_to``, ``before``, ``long_run``.
    kind
        ``probability``, ``amount``, ``count``, ``time`` or ``share``.
    target
        ``(N,)`` the condition asked about, where there is one.
    moves
        ``(M,)`` the moves asked about, where there are any.
    than
        ``(N,)`` the condition that ``target`` is to precede.
    flow
        ``(N,)`` amount per day.
    per_firing
        ``(O,)`` amount each time an option fires.
    """

    sort: str
    kind: str
    unit: str
    target: Bool | None = None
    moves: Bool | None = None
    than: Bool | None = None
    flow: Float | None = None
    per_firing: Float | None = None


def read_question(game: Game, outcome: Outcome) -> Question:
    """Return what an outcome asks, over the situations and moves of a game."""
    sort = "accumulates" if outcome.question == "on_moves" else outcome.question
    kind = outcome.kind
    unit = UNITS.get(kind) or _amount_unit(outcome)
    match sort:
        case "ever" | "at" | "share" | "time_to" | "long_run":
            return Question(sort, kind, unit, target=mask(game, getattr(outcome, sort)))
        case "fires" | "counts":
            return Question(sort, kind, unit, moves=move_mask(game, getattr(outcome, sort)))
        case "before":
            assert outcome.before is not None
            return Question(
                sort,
                kind,
                unit,
                target=mask(game, outcome.before.first),
                than=mask(game, outcome.before.than),
            )
    flow = np.zeros(game.size)
    for accrual in outcome.accumulates or ():
        flow += np.where(mask(game, accrual.when), _amounts(game, accrual.amount), 0.0)
    per_firing = np.zeros(len(game.structure.option_kind))
    for move, amount in (outcome.on_moves or {}).items():
        values = np.broadcast_to(_amounts(game, amount), game.size)[option_situations(game)]
        per_firing += np.where(option_mask(game, move), values, 0.0)
    return Question(sort, kind, unit, flow=flow, per_firing=per_firing)


def _amounts(game: Game, amount: Expr) -> Float:
    return np.asarray(evaluate(amount, levels_by_name(game), dict(game.parameters)), np.float64)


def _amount_unit(outcome: Outcome) -> str:
    named = {PLAIN: "", PEOPLE: "people", DURATION: "days"}
    return named.get(outcome.dimension) or ("" if outcome.dimension == PLAIN else str(outcome.dimension))


def asked_behind(game: Game) -> tuple[Problem, ...]:
    """Remark on questions whose first move is behind the condition under which it is asked.

    It cannot be made while the condition holds, and either never again or it is what brings the condition
    about: what is then asked is only whether it happens once more.
    """
    scenario, found = game.scenario, []
    for name, ask in scenario.asks.items() if scenario is not None else ():
        given, known = scenario.condition_of(ask), scenario.known_moves(ask)
        move = known[0] if known else ""
        if not (given and any(each.name == move for each in game.moves)):
            continue
        holds = mask(game, given)
        options = np.flatnonzero(option_mask(game, move))
        here = option_situations(game)[options]
        if not len(here) or holds[here].any():
            continue
        if not situations_after(game, holds)[here].any() or holds[_led_to(game, options)].any():
            message = (
                f"'{name}' asks whether '{move}' is made once '{written(given)}' holds, and it cannot be "
                "made while that holds: what is asked is already behind it."
            )
            fix = "Ask it under another 'given', one under which the move can still be made."
            found.append(Problem(place(scenario, ("asks", name)), message, fix, "asked-behind", "info"))
    return tuple(found)


def _led_to(game: Game, options: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the situations that some options lead to."""
    return game.structure.targets[np.isin(branch_options(game), options)]


def situations_after(game: Game, holds: Bool) -> Bool:
    """Tell which situations can come about after some, these among them, by moves and hazards."""
    start, targets = game.structure.target_start, game.structure.targets
    seen = np.array(holds)
    front = np.flatnonzero(seen)
    while len(front):
        counts = start[front + 1] - start[front]
        places = np.arange(counts.sum()) + np.repeat(start[front] - np.cumsum(counts) + counts, counts)
        after = np.unique(targets[places])
        front = after[~seen[after]]
        seen[front] = True
    return seen
