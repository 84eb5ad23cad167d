"""What everyone does who has nothing at stake, worked out apart from the engine."""

from functools import cache

import numpy as np

from bystander.game.arrays import Game, MoveType
from reference.votes import adoption_by_enumeration


def habits_of(game: Game) -> np.ndarray:
    """Chance by habit of every option: of an action where its owner may act, of a proposal to pass.

    Habits that are stated, and for the others an even share with waiting of what those leave. A proposal
    passes as often as enumerating every way to vote says, where each vote is a yes with its habit.
    """
    shape, numbers = game.structure, game.numbers
    kind = shape.option_kind
    move = shape.kind_move[kind]
    place = np.repeat(np.arange(game.size), np.diff(shape.option_start))
    found = np.ones(len(kind))
    for actor in range(len(game.actors)):
        own = (shape.move_type[move] == MoveType.ACTION) & (shape.move_owner[move] == actor)
        stated = own & shape.move_habitual[move]
        claimed = np.bincount(place[stated], numbers.habit[kind[stated]], game.size)
        sharing = 1 + np.bincount(place[own & ~stated], minlength=game.size)
        found[own] = np.where(stated, numbers.habit[kind], ((1 - claimed) / sharing)[place])[own]
    decided = shape.move_type[move] == MoveType.DECISION
    passing = np.zeros(len(shape.kind_move))
    for k in np.unique(kind[decided]):
        voters = np.flatnonzero(numbers.vote_weight[k])
        yes, weights = numbers.vote_habit[k, voters], numbers.vote_weight[k, voters]
        passing[k] = passes(tuple(yes.tolist()), tuple(weights.tolist()), int(numbers.vote_quota[k]))
    found[decided] = passing[kind[decided]]
    return found


def paces_of(game: Game) -> np.ndarray:
    """How often each option comes up: the rate of a hazard or of proposals, or its owner's opportunities."""
    shape, numbers = game.structure, game.numbers
    move = shape.kind_move[shape.option_kind]
    place = np.repeat(np.arange(game.size), np.diff(shape.option_start))
    found = numbers.rate[shape.option_kind].copy()
    acts = shape.move_type[move] == MoveType.ACTION
    found[acts] = numbers.pace[shape.pace_context[place[acts]], shape.move_owner[move[acts]]]
    return found


@cache
def passes(yes: tuple[float, ...], weights: tuple[int, ...], quota: int) -> float:
    """Chance that a proposal passes."""
    return float(adoption_by_enumeration(np.array(yes), np.array(weights), quota))
