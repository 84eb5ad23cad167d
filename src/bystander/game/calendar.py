r"""Dates that everybody knows beforehand: which situations they lead to.

On day t_k the process jumps: from s to s' with probability J_k(s, s'), a lottery like the effect of a move,
and actor i receives impact d_ik(s). Values just before the day follow from those just after it,

    V_i(s, t_k-) = d_ik(s) + \sum_{s'} J_k(s, s') V_i(s', t_k+),

and between two dates everything is as in a game without them. A date that conditions speak of has a
variable with the levels *ahead* and *past*, which the jump sets; a situation in which it is past while an
earlier one is ahead, or which it has left already, does not occur, and there the jump is said to stay.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bystander.game.arrays import DateJump, Float, Game, Int64
from bystander.game.reach import Stepper
from bystander.game.rules import MoveRule, Rules
from bystander.game.tables import Conditions, all_numbers, differentiated_numbers, lay_out_numbers
from bystander.scenario.expressions import Expr
from bystander.scenario.expressions.syntax import Comparison, Level, Logic, Variable

AHEAD, PAST = 0, 1


def with_dates_as_moves(rules: Rules) -> Rules:
    """Return rules in which known dates are moves that come in their order, for what can be reached."""
    return replace(rules, moves=(*rules.moves, *_moves(rules)), dates=())


def date_slopes(game: Game, parameter: str) -> tuple[tuple[Float, Float], ...]:
    """Return how chances ``(N, B)`` and impacts ``(N, A)`` of each known date move with a parameter."""
    assert game.compiled is not None
    rules: Rules = game.compiled.rules
    moves = _moves(rules)
    alone = replace(rules, moves=moves, interests=(), dates=())
    layout = lay_out_numbers(alone)
    numbers = differentiated_numbers(alone, layout, rules.parameters, parameter)
    levels = game.situations.levels.astype(np.float64)
    kinds = layout.kinds.at(levels)
    possible = Conditions([move.guard for move in moves], rules.variables, rules.parameters).hold(levels)
    return tuple(
        (
            np.where(possible[:, k, None], numbers.chance[kinds[:, k], : len(known.move.branches)], 0.0),
            np.where(possible[:, k, None], numbers.impact[kinds[:, k]], 0.0),
        )
        for k, known in enumerate(rules.dates)
    )


def date_jumps(rules: Rules, codes: Int64) -> tuple[DateJump, ...]:
    """Return the jumps of the known dates between the situations with these codes."""
    if not rules.dates:
        return ()
    moves = _moves(rules)
    alone = replace(rules, moves=moves, interests=(), dates=())
    layout = lay_out_numbers(alone)
    numbers = all_numbers(alone, layout, rules.parameters)
    stepper = Stepper(alone, layout, numbers)
    levels = stepper.levels(codes)
    possible = Conditions([move.guard for move in moves], rules.variables, rules.parameters).hold(levels)
    kinds = layout.kinds.at(levels)
    targets = stepper.targets(codes, levels, kinds, possible)
    stays = np.arange(len(codes), dtype=np.int32)
    found, first = [], 0
    for k, known in enumerate(rules.dates):
        count = len(known.move.branches)
        chances = numbers.chance[kinds[:, k], :count]
        chances[~possible[:, k]] = np.eye(1, count)
        to = targets[:, first : first + count].astype(np.int64)
        place = np.searchsorted(codes, np.where(possible[:, k, None], to, codes[:, None])).astype(np.int32)
        place = np.where(chances > 0, place, stays[:, None]).astype(np.int32)
        impact = np.where(possible[:, k, None], numbers.impact[kinds[:, k]], 0.0)
        label = known.move.label
        for array in (place, chances, impact):
            array.setflags(write=False)
        found.append(DateJump(label.name, known.day, place, chances, impact, label.about, label.because))
        first += count
    return tuple(found)


def _moves(rules: Rules) -> tuple[MoveRule, ...]:
    """Return the dates as moves: each while it is ahead, once all before it are past."""
    found: list[MoveRule] = []
    past: list[Expr] = []
    for known in rules.dates:
        ahead = [] if known.variable is None else [_at(rules, known.variable, AHEAD)]
        found.append(replace(known.move, guard=_all([*past, *ahead])))
        past += [] if known.variable is None else [_at(rules, known.variable, PAST)]
    return tuple(found)


def _at(rules: Rules, variable: int, level: int) -> Expr:
    rule = rules.variables[variable]
    name = Variable(rule.name, rule.levels, True)
    return Comparison(("==",), (name, Level(rule.name, rule.levels[level], level)))


def _all(terms: list[Expr]) -> Expr | None:
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else Logic("and", tuple(terms))
