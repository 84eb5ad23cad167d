"""Who acts: the chance that each owner makes each of its moves at least once within given times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bystander.game.arrays import Float, MoveType
from bystander.numerics.bounds import Bounded
from bystander.process.batch import FirstTime, chances
from bystander.process.clocks import Clocks
from bystander.process.result import Expectations, ResponseTimes
from bystander.scenario.expressions import Expr

ANY = "any"
WEEK, MONTH_OF_DAYS = 7.0, 30.0


def expectations(clocks: Clocks, given: str, horizon: float) -> Expectations:
    """Return the chance of each move within a week, a month and the horizon of a condition's onset.

    Parameters
    ----------
    given
        The condition as written; "" for the scenario's own start.
    horizon
        Days.
    """
    times = sorted({WEEK, MONTH_OF_DAYS, horizon})
    return Expectations(given, responses(clocks, given or None, times, owners=True))


def responses(
    clocks: Clocks, given: Expr | str | None, times: Sequence[float], *, owners: bool = False
) -> tuple[ResponseTimes, ...]:
    """Return the chance of each move of actors and institutions firing within each time.

    Parameters
    ----------
    given
        Condition at whose onset the clock starts; None for the scenario's own start.
    times
        Days.
    owners
        Add one response per owner, with the move `ANY`: the chance that it makes any of its moves.
    """
    game = clocks.chain.game
    listed = [m for m, move in enumerate(game.moves) if move.type is not MoveType.HAZARD]
    names = list(dict.fromkeys(game.moves[m].owner for m in listed))
    sets = [np.arange(len(game.moves)) == m for m in listed]
    if owners:
        sets += [np.array([move.owner == name for move in game.moves]) for name in names]
    clock = clocks.at(given)
    when = np.asarray(times, np.float64)
    found = chances(clocks, [clock] * len(sets), [FirstTime(moves=s) for s in sets], [when] * len(sets))
    out = []
    for m, chance in zip(listed, found, strict=False):
        move = game.moves[m]
        name = move.name.partition(".")[2]
        out.append(
            ResponseTimes(move.owner, name, move.about, _role(move.type), _pairs(when, chance), move.because)
        )
    kinds = {game.moves[m].owner: game.moves[m].type for m in listed}
    for name, chance in zip(names if owners else [], found[len(listed) :], strict=True):
        out.append(ResponseTimes(name, ANY, "", _role(kinds[name]), _pairs(when, chance)))
    return tuple(out)


def _role(move_type: MoveType) -> str:
    return "institution" if move_type is MoveType.DECISION else "actor"


def _pairs(times: Float, chance: Bounded[Float]) -> tuple[tuple[float, float], ...]:
    return tuple(zip(times.tolist(), chance.value.tolist(), strict=True))
