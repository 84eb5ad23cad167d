"""The rules of a game as expressions: what the compiler reads.

Everything is resolved and indexed: variables, levels, actors and institutions are positions, numbers are
expressions over variables and parameters, in days. `bystander.game.drafting` writes rules from a scenario;
tests and benchmarks may write them directly.

Folded in already: the own worth ``c`` of an action and of each voter is part of its impact ``J`` (the two
always occur as a sum), and a last branch whose chance is "the rest" is one minus the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bystander.errors import Mark
from bystander.game.arrays import InterestLabel, MoveLabel
from bystander.scenario.expressions import Expr, Scope

Lottery: TypeAlias = tuple[tuple[float, tuple[tuple[int, int], ...]], ...]
"""Chances, each with the (variable, level) positions it sets."""


@dataclass(frozen=True, slots=True)
class VariableRule:
    """A variable: its levels and the probability that it starts in each.

    Where ``reset`` is a condition that does not hold, it is at its first level.
    """

    name: str
    levels: tuple[str, ...]
    start: tuple[float, ...]
    reset: Expr | None = None
    mark: Mark = field(default=Mark())


@dataclass(frozen=True, slots=True)
class PossibleEffect:
    """One possible effect: its chance and the (variable, level) positions it sets.

    ``computed`` holds the variables that it sets to what depends on the situation.
    """

    chance: Expr
    changes: tuple[tuple[int, int], ...]
    computed: tuple[tuple[int, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Ballot:
    """Who votes on a decision and what carries it.

    Attributes
    ----------
    weights
        (actor, weight) of each member that votes unless recused; weights are positive.
    recused
        Condition under which an actor does not vote.
    rule
        ``all``, ``all but one``, ``majority``, ``share``, ``silence``, ``veto``, or ``quota``.
    quota
        Sum of yes weights needed under ``quota``; yes votes needed under ``veto``, where those who have one
        weigh more than all others together; objections that prevent it under ``silence``.
    share
        Share of the weights of all who vote that is needed under ``share``.
    habits
        Chance that an actor says yes when nothing is at stake; a half, where not given.
    """

    weights: tuple[tuple[int, int], ...]
    recused: Mapping[int, Expr]
    rule: str
    quota: int = 0
    share: float = 0.0
    habits: Mapping[int, Expr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MoveRule:
    """A move: where it is possible, how often it comes up, what it leads to, what it is worth.

    ``rate`` is None for actions, which come up at their owner's pace. ``impacts`` maps actors to the sum of
    their impact and own worth. ``habit`` is an action's chance per opportunity when nothing is at stake, None
    where it shares evenly with waiting what others leave.
    """

    label: MoveLabel
    owner: int
    guard: Expr | None
    rate: Expr | None
    branches: tuple[PossibleEffect, ...]
    impacts: Mapping[int, Expr] = field(default_factory=dict)
    ballot: Ballot | None = None
    habit: Expr | None = None
    mark: Mark = field(default=Mark())


@dataclass(frozen=True, slots=True)
class DateRule:
    """A known date: its day from the start, and its effect and impacts as those of a move.

    ``variable`` is the position of the variable that tells whether it is ahead or past; None if there is
    none. The move sets it, and is possible anywhere.
    """

    day: float
    move: MoveRule
    variable: int | None = None


@dataclass(frozen=True, slots=True)
class InterestRule:
    """An interest: who holds it, where, and its worth per day."""

    label: InterestLabel
    actor: int
    when: Expr | None
    worth: Expr
    mark: Mark = field(default=Mark())


@dataclass(frozen=True, slots=True)
class ActorRule:
    """An actor: pace of its opportunities, discount rate, rationality."""

    name: str
    pace: Expr
    discount: Expr
    rationality: Expr
    mark: Mark = field(default=Mark())


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole game. Moves are in the order hazards, decisions, actions by actor.

    Attributes
    ----------
    never
        Conditions under which a situation is impossible.
    limit
        Largest number of situations to accept.
    dates
        Known dates ahead, in their order.
    starts
        Joint distributions of the start: for each, (chance, (variable, level) pairs) of its branches.
    scope
        What names mean, for questions asked later.
    """

    variables: tuple[VariableRule, ...]
    actors: tuple[ActorRule, ...]
    institutions: tuple[str, ...]
    moves: tuple[MoveRule, ...]
    interests: tuple[InterestRule, ...]
    parameters: Mapping[str, float]
    scope: Scope
    never: tuple[Expr, ...] = ()
    shocks: str = "control"
    limit: int = 2_000_000
    scenario: Any = None
    dates: tuple[DateRule, ...] = ()
    starts: tuple[Lottery, ...] = ()
