"""The game as frozen arrays: what every solver, chain and explanation reads.

A situation is a row. Situations are sorted by their mixed-radix code ``sum_f level_f * stride_f`` (the first
variable is the most significant), so that neighbours in memory differ in the last variables. For a situation
``s`` the *options* ``option_start[s] : option_start[s + 1]`` are the moves whose guard holds there, always in
this order: nature's hazards, institutions' decisions, then the actions of actor 0, of actor 1, and so on.
Waiting is not stored.

Each option has a *kind*: the pair of its move and the *context*, the levels of just those variables which the
move's numbers mention. Numbers (rates, chances, impacts, votes) live in tables over kinds. The tables are
small, stay in cache, and are all that changes when a parameter changes and no guard mentions it: the
structure is shared between the two games.

An option of a move with ``branches`` possible effects owns that many consecutive entries of ``targets``; the
entries of situation ``s`` begin at ``target_start[s]`` and follow the order of its options. A branch whose
chance is zero in a context points to ``s`` itself.

Time is in days, rates are per day, worths are in choice units.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Byte = NDArray[np.uint8]
Bool = NDArray[np.bool_]


class MoveType(IntEnum):
    """Who owns a move; the numbers are what kernels compare with."""

    HAZARD = 0
    DECISION = 1
    ACTION = 2


@dataclass(frozen=True, slots=True)
class Situations:
    """The reachable situations, N of them over F variables.

    Attributes
    ----------
    names
        Variable names, length F.
    level_names
        For each variable its level names in order.
    levels
        ``(N, F)`` level index of each variable in each situation.
    codes
        ``(N,)`` mixed-radix codes, strictly increasing.
    strides
        ``(F,)`` weight of each variable in the code.
    start
        ``(N,)`` starting distribution, sums to 1.
    """

    names: tuple[str, ...]
    level_names: tuple[tuple[str, ...], ...]
    levels: Byte
    codes: Int64
    strides: Int64
    start: Float


@dataclass(frozen=True, slots=True)
class Structure:
    """Which move is possible where and what it leads to.

    N situations, O options, B targets, K kinds, M moves.

    Attributes
    ----------
    option_start
        ``(N + 1,)`` first option of each situation.
    option_kind
        ``(O,)`` kind of each option.
    target_start
        ``(N + 1,)`` first target of each situation.
    targets
        ``(B,)`` situation each branch leads to.
    kind_move
        ``(K,)`` move of each kind.
    move_type
        ``(M,)`` see `MoveType`.
    move_owner
        ``(M,)`` actor index of an action, institution index of a decision, -1 for a hazard.
    move_branches
        ``(M,)`` number of branches.
    move_habitual
        ``(M,)`` whether it is an action whose habit is stated.
    pace_context
        ``(N,)`` row of `Numbers.pace` that holds in each situation.
    flow_context
        ``(N, I)`` row, in `Numbers.flow_worth`, of each of the I interests in each situation; 0 where its
        condition fails.
    flow_actor
        ``(I,)`` actor that holds each interest.
    """

    option_start: Int64
    option_kind: Int32
    target_start: Int64
    targets: Int32
    kind_move: Int32
    move_type: Byte
    move_owner: Int32
    move_branches: Int32
    move_habitual: Bool
    pace_context: Int32
    flow_context: Int32
    flow_actor: Int32


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every number of the game at one setting of its parameters (A actors).

    Attributes
    ----------
    rate
        ``(K,)`` per day: a hazard's rate, the rate at which a decision is proposed; 1 for actions (see
        `pace`).
    chance
        ``(K, branches_max)`` probability of each branch; rows sum to 1.
    impact
        ``(K, A)`` worth to each actor at the instant of the move: J, plus c for the owner of an action and
        for the members who vote on a decision.
    vote_weight
        ``(K, A)`` weight of each actor's vote; 0 for whoever does not vote.
    vote_quota
        ``(K,)`` sum of yes weights that adopts; 1 above the total where nobody may vote.
    habit
        ``(K,)`` chance that an action is taken at an opportunity when nothing is at stake; 0 where that is
        not stated (`Structure.move_habitual`) and for other moves.
    vote_habit
        ``(K, A)`` chance that an actor says yes when nothing is at stake; 1/2 where that is not stated.
    pace
        ``(C, A)`` per day: rate of each actor's opportunities in each pace context.
    flow_worth
        ``(R,)`` per day: worth of interests, all contexts of all interests one after the other; entry 0 is 0.
    discount
        ``(A,)`` per day, positive.
    rationality
        ``(A,)`` precision of choice, 1 / sigma; 0 means choice by habit alone.
    """

    rate: Float
    chance: Float
    impact: Float
    vote_weight: Int32
    vote_quota: Int32
    habit: Float
    vote_habit: Float
    pace: Float
    flow_worth: Float
    discount: Float
    rationality: Float


@dataclass(frozen=True, slots=True)
class MoveLabel:
    """The label of a move: what reports call it and where it was written.

    ``name`` is ``owner.move`` (``tajikistan.escalate``, ``csto.deploy``, ``nature.cease_fire_holds``).
    """

    name: str
    owner: str
    type: MoveType
    about: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InterestLabel:
    """The label of an interest: ``name`` is ``actor.interest``.

    Attributes
    ----------
    above, below
        What it is called where it is worth more, and less, than nothing; "" where that is its ``about``.
    """

    name: str
    actor: str
    about: str = ""
    because: tuple[str, ...] = ()
    above: str = ""
    below: str = ""

    def called(self, worths: Float) -> str:
        """Return what it is called at these worths; by its ``about`` if they are of both signs."""
        up, down = (worths > 0.0).any(), (worths < 0.0).any()
        said = "" if up == down else self.above if up else self.below
        return said or self.about


@dataclass(frozen=True, slots=True)
class DateJump:
    """What happens on a date that everybody knows beforehand: a lottery over situations, on one day.

    Attributes
    ----------
    name
        ``calendar.election``.
    day
        Days from the start; positive.
    targets
        ``(N, B)`` situation that each of B branches leads to from each situation.
    chances
        ``(N, B)`` probability of each branch; rows sum to 1.
    impact
        ``(N, A)`` worth to each actor on that day, by the situation just before.
    """

    name: str
    day: float
    targets: Int32
    chances: Float
    impact: Float
    about: str = ""
    because: tuple[str, ...] = ()

    @property
    def entry(self) -> str:
        """Its name in the calendar, which is that of the variable that says whether it has passed."""
        return self.name.removeprefix("calendar.")


@dataclass(frozen=True, slots=True)
class Game:
    """A scenario compiled: labels, structure, numbers.

    ``scenario`` is the expanded scenario it came from, or None; ``compiled`` is what the compiler keeps to
    change parameters cheaply (`bystander.game.compile.Compiled`); ``shocks`` is ``"control"``, ``"private"``
    or ``"noise"`` (docs/theory/game.md). ``dates`` are the known dates ahead, in their order.
    """

    actors: tuple[str, ...]
    institutions: tuple[str, ...]
    moves: tuple[MoveLabel, ...]
    interests: tuple[InterestLabel, ...]
    situations: Situations
    structure: Structure
    numbers: Numbers
    shocks: str = "control"
    parameters: tuple[tuple[str, float], ...] = ()
    scenario: Any = None
    compiled: Any = field(default=None, repr=False, compare=False)
    dates: tuple[DateJump, ...] = ()

    @property
    def size(self) -> int:
        """Number of situations, N."""
        return len(self.situations.codes)

    def flow(self) -> Float:
        """Flow worth per day of each actor in each situation, ``(N, A)``."""
        out = np.zeros((self.size, len(self.actors)))
        for column, actor in enumerate(self.structure.flow_actor):
            out[:, actor] += self.numbers.flow_worth[self.structure.flow_context[:, column]]
        return out
