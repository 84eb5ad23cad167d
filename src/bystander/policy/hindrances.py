"""Why a change that opens a way to an institution leads nowhere: what stands in the way instead.

A wider mandate does nothing if nobody asks, and a request does nothing if the vote fails. For every decision
of an institution that a change makes possible for more of the time, as far as its mandate goes, and that is
still not made, the largest obstacle before and after are named, with the chance that the decision would be
adopted if it came up, and the members who ask and how often.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from scipy.special import expit

from bystander.cases.cases import Case, solve_case, try_case
from bystander.cases.changes import Change
from bystander.equilibrium.blocking import blocked
from bystander.equilibrium.reasons import NO_MANDATE, NO_REQUEST, VOTE, Hindrance, Reason
from bystander.errors import QueryError
from bystander.game.arrays import MoveType
from bystander.policy.reasons import explain_moves, occupancy
from bystander.process.outcomes import make_clocks
from bystander.scenario.expressions import parameters_of, variables_of

OPENED = 0.05
STILL = 0.05
REQUEST = "request"


def hindrances(before: Case, after: Case) -> tuple[Hindrance, ...]:
    """Return the decisions whose mandate a change widens and which are still not made.

    Asked under the scenario's own condition for *who acts*.
    """
    known = {move.name for move in before.game.moves if move.type is MoveType.DECISION}
    names = [move.name for move in after.game.moves if move.name in known]
    if not names:
        return ()
    try:
        old, new = _obstacles(before, names), _obstacles(after, names)
    except QueryError:
        return ()  # the condition never comes to hold on one side
    found = []
    for name, was, is_ in zip(names, old, new, strict=True):
        shut, open_ = (dict(reason.blocked).get(NO_MANDATE, 0.0) for reason in (was, is_))
        if shut - open_ < OPENED or is_.probability > STILL or not (was.blocked and is_.blocked):
            continue
        votes = [(kind.removeprefix(VOTE), share) for kind, share in is_.blocked if kind.startswith(VOTE)]
        found.append(
            Hindrance(
                name,
                is_.about,
                was.blocked[0],
                is_.blocked[0],
                float(expit(is_.log_odds)) if is_.possible > 0.0 else 0.0,
                max(votes, key=lambda pair: pair[1], default=("", 0.0))[0],
                _asks(after, name) if is_.blocked[0][0] == NO_REQUEST else (),
            )
        )
    return tuple(found)


def read_hindrance(kept: dict[str, Any]) -> Hindrance:
    """Return a hindrance from its fields as JSON keeps them."""
    asks = tuple((move, chance) for move, chance in kept["asks"])
    return Hindrance(**{**kept, "before": tuple(kept["before"]), "after": tuple(kept["after"]), "asks": asks})


def openings(case: Case, decision: str) -> tuple[tuple[str, Hindrance], ...]:
    """Return the measures that widen a decision's mandate in vain, and what stops it then.

    Only measures that set a parameter which the mandate mentions are solved.
    """
    owner, _, name = decision.partition(".")
    mandate = case.scenario.institutions[owner].decisions[name].when
    mentioned = parameters_of(mandate) if mandate is not None else frozenset()
    found = []
    for measure, change in case.scenario.measures.items():
        if not mentioned & change.set.keys():
            continue
        changed = Change(measures=((measure, ""),)).apply(case.scenario)
        after = try_case(partial(solve_case, changed, near=case, outcomes=(), judgements=()))
        if after is not None:
            found += [(measure, h) for h in hindrances(case, after) if h.decision == decision]
    return tuple(found)


def _obstacles(case: Case, names: list[str]) -> list[Reason]:
    given = case.scenario.given
    weights = occupancy(make_clocks(case.equilibrium), given)
    return [blocked(case.equilibrium, name, weights, given or "") for name in names]


def _asks(case: Case, decision: str) -> tuple[tuple[str, float], ...]:
    """Return the requests that a decision waits for, and how often one is made where it can be."""
    owner, _, name = decision.partition(".")
    awaited = case.scenario.institutions[owner].decisions[name].request
    variables = variables_of(awaited) if awaited is not None else frozenset()
    moves = case.scenario.moves()
    asking = [
        move.name
        for move in case.game.moves
        if move.type is MoveType.ACTION
        and REQUEST in moves[move.name].tags
        and any({*branch.changes, *branch.computed} & set(variables) for branch in moves[move.name].then)
    ]
    found = []
    for name in asking:
        try:
            (reason,) = explain_moves(case.equilibrium, [name])
        except QueryError:
            continue  # it is never possible under the condition
        found.append((name, reason.probability))
    return tuple(found)
