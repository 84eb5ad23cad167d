"""What follows a record where dates that everybody knows lie ahead.

Until its end a record is weighed as if they were far off (`bystander.evidence.likelihood`). From there on
behaviour changes with the time to each date, and dates lead where they lead (`bystander.process.announced`).
"""

from __future__ import annotations

from collections.abc import Mapping

from bystander.equilibrium.announced import solve_announced
from bystander.evidence.likelihood import Likelihood, covering
from bystander.evidence.record import day_number
from bystander.evidence.walking import placed_among
from bystander.game.arrays import Float, Game
from bystander.game.changes import with_parameters
from bystander.game.compile import compile_game
from bystander.process.announced import Begun, DatedProcess
from bystander.scenario import Scenario


def has_dates_ahead(scenario: Scenario, as_of: str) -> bool:
    """Say whether a known date of a scenario comes after a day."""
    return any(day_number(known.date) > day_number(as_of) for known in scenario.calendar.values())


def process_ahead(
    base: Likelihood, values: Mapping[str, float], before: Game, now: Float, moment: float, horizon: float
) -> DatedProcess:
    """Return the process that starts where a record leaves off, known dates included.

    Parameters
    ----------
    base
        The likelihood of the record; its scenario speaks from no later than the moment.
    before, now
        The game that the record was weighed in last, and ``(N,)`` where it leaves histories of it.
    moment
        When that is, in days since 1970-01-01.
    horizon
        Days that are asked about from then on.
    """
    scenario = base.scenarios[-1]
    given = {name: value for name, value in values.items() if name not in base.overridden[-1]}
    game = covering(with_parameters(compile_game(scenario), given), before)
    codes = before.situations.codes, game.situations.codes
    mass = placed_among(now[None, :] / now.sum(), *codes)[0]
    day = moment - day_number(scenario.as_of)
    process = DatedProcess(solve_announced(game), day + horizon)
    process.start = (Begun(day, sum(known.day < day for known in game.dates), mass),)
    return process
