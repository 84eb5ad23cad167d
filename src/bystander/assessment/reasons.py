"""Which moves an assessment explains, and where the question arises.

*Stepping in* is every decision of an institution, and every action tagged ``intervention``, ``mediation``,
``monitoring`` or ``pressure``. It is weighed over the days that the process is expected to spend where the
scenario's condition ``given`` holds, from its onset on. *Escalation* is every action tagged ``violence``,
weighed over the days from the scenario's start in which it is possible.

For an institution's decision the answer is what stands in its way and, for the member whose vote does so most
often, why it votes so.
"""

from __future__ import annotations

from bystander.assessment.result import Reason
from bystander.equilibrium.blocking import blocked
from bystander.equilibrium.explain import Question, explain_all, sharpen
from bystander.equilibrium.reasons import VOTE
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import Float, Game, MoveType
from bystander.game.masks import option_moves, option_situations
from bystander.policy.reasons import occupancy
from bystander.process.clocks import Clocks
from bystander.scenario import Scenario

STEPPING_IN = frozenset({"intervention", "mediation", "monitoring", "pressure"})
ESCALATION = frozenset({"violence"})


def stand_by(scenario: Scenario, equilibrium: Equilibrium, clocks: Clocks, days: Float) -> tuple[Reason, ...]:
    """Explain every bystander and every escalation of a scenario.

    Parameters
    ----------
    days
        ``(N,)`` expected days in each situation from the start to the horizon.
    """
    game = equilibrium.game
    sharp = sharpen(equilibrium)
    given = scenario.given or ""
    under = _time_under(clocks, given, days)
    found: list[Reason] = []
    questions = [Question(name, days) for name in _tagged(scenario, game, ESCALATION)]
    if under is not None:
        decisions = [move.name for move in game.moves if move.type is MoveType.DECISION]
        found = [blocked(sharp, name, under, given) for name in decisions]
        votes = (_hardest_vote(reason, under) for reason in found)
        questions += [vote for vote in votes if vote is not None]
        questions += [Question(name, under, given=given) for name in _tagged(scenario, game, STEPPING_IN)]
    asked = [question for question in questions if _arises(game, question)]
    return (*found, *explain_all(sharp, asked))


def _time_under(clocks: Clocks, given: str, days: Float) -> Float | None:
    """Return the days spent under a condition, None where it never comes to hold."""
    if not given:
        return days
    try:
        return occupancy(clocks, given)
    except QueryError:
        return None


def _hardest_vote(reason: Reason, under: Float) -> Question | None:
    votes = [(share, why) for why, share in reason.blocked if why.startswith(VOTE)]
    if not votes:
        return None
    _, why = max(votes)
    return Question(f"{reason.owner}.{reason.move}", under, why.removeprefix(VOTE), reason.given)


def _tagged(scenario: Scenario, game: Game, tags: frozenset[str]) -> list[str]:
    written = scenario.moves()
    return [
        move.name
        for move in game.moves
        if move.type is MoveType.ACTION and tags & set(written[move.name].tags)
    ]


def _arises(game: Game, question: Question) -> bool:
    number = [move.name for move in game.moves].index(question.move)
    places = option_situations(game)[option_moves(game) == number]
    return bool(question.weights[places].any())
