r"""From the outcomes of a scenario to arrays: which situations, moves and rewards a question is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Float, Game
from bystander.game.compile import levels_by_name
from bystander.game.masks import mask, move_mask, option_mask, option_situations
from bystander.scenario.expressions import Expr, evaluate
from bystander.scenario.schema import Outcome
from bystander.units import DURATION, PEOPLE, PLAIN

Bool = NDArray[np.bool_]
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
