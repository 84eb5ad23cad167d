"""Which moves an assessment explains, and where the question arises.

*Stepping in* is every decision of an institution, and every action tagged ``intervention``, ``mediation``,
``monitoring`` or ``pressure``. It is weighed over the time that the process is expected to spend, by the
horizon, where the scenario's condition ``given`` holds. *Escalation* is every action tagged ``violence``,
weighed over the time in which it is possible.

For an institution's decision the answer is what stands in its way, and for the member whose vote stands in
its way most often, why it votes so.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bystander.assessment.result import Reason
from bystander.equilibrium.explain import Question, blocked, explain_all
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import Float, Game, MoveType
from bystander.game.masks import mask, option_moves, option_situations
from bystander.scenario import Scenario

STEPPING_IN = frozenset({"intervention", "mediation", "monitoring", "pressure"})
ESCALATION = frozenset({"violence"})
VOTE = "vote: "


def stand_by(scenario: Scenario, equilibrium: Equilibrium, days: Float) -> tuple[Reason, ...]:
    """Explain every bystander and every escalation of a scenario.

    Parameters
    ----------
    days
        ``(N,)`` expected days in each situation by the horizon.
    """
    game = equilibrium.game
    given = scenario.given or ""
    under = days * mask(game, given) if given else days
    decisions = [move.name for move in game.moves if move.type is MoveType.DECISION]
    found = [blocked(equilibrium, name, under, given) for name in decisions] if under.any() else []
    questions = [_vote(reason, under) for reason in found]
    questions += [Question(name, under, given=given) for name in _tagged(scenario, game, STEPPING_IN)]
    questions += [Question(name, days) for name in _tagged(scenario, game, ESCALATION)]
    asked = [question for question in questions if question and _arises(game, question)]
    return (*found, *explain_all(equilibrium, asked))


def explain(
    scenario: Scenario, equilibrium: Equilibrium, days: Float, move: str, given: str = ""
) -> tuple[Reason, ...]:
    """Explain one move: an action by its terms; a decision by what stands in its way and by every vote.

    Raises
    ------
    QueryError
        If the move is unknown, chance, or never possible under the condition.
    """
    game = equilibrium.game
    under = days * mask(game, given) if given else days
    kinds = {label.name: label.type for label in game.moves}
    if kinds.get(move) is not MoveType.DECISION:
        return tuple(explain_all(equilibrium, [Question(move, under, given=given)]))
    owner, _, _ = move.partition(".")
    votes = [Question(move, under, member, given) for member in scenario.institutions[owner].members]
    whole = blocked(equilibrium, move, under, given)
    return (whole, *_those_that_arise(equilibrium, votes))


def _those_that_arise(equilibrium: Equilibrium, questions: Iterable[Question]) -> list[Reason]:
    found = []
    for question in questions:
        try:
            found += explain_all(equilibrium, [question])
        except QueryError:
            continue
    return found


def _vote(reason: Reason, under: Float) -> Question | None:
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
    move = [label.name for label in game.moves].index(question.move)
    places = option_situations(game)[option_moves(game) == move]
    return bool(np.asarray(question.weights)[places].any())
