r"""What two scenarios are made of differently, broken down by whose it is.

Variables, moves and motives that only one scenario has cannot be exchanged one by one: a move that speaks of
a variable the other lacks has no meaning there. They can be taken away where they are. With :math:`D_p` what
differs of a party (its moves that the other scenario lacks or words differently, disabled; its motives
likewise, taken away),

.. math:: c_p = [y(B) - y(B \setminus D_p)] - [y(A) - y(A \setminus D_p)]

is how much more the party's own share of the structure makes of the outcome in B than in A. The :math:`c_p`
need not add up to what the structure makes together: the rest, what parties make only together and what no
move says (variables, rules of a vote), is a part of its own. Two solutions a party.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.errors import InputError, NotConvergedError
from bystander.policy.inputs import ABSENT
from bystander.progress import Progress
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.moves import Interest, Move

Array = NDArray[Any]
CHANCE = "nature"


@dataclass(frozen=True, slots=True)
class PartyDifference:
    """What differs of one party: its moves and motives in each scenario, and both as (name, in A, in B)."""

    party: str
    in_a: Change
    in_b: Change
    inputs: tuple[tuple[str, str, str], ...]


def pieces(a: Scenario, b: Scenario) -> list[PartyDifference]:
    """Return what differs, party by party; chance is one."""
    found = []
    for party in dict.fromkeys([*_parties(a), *_parties(b)]):
        mine, theirs = _moves(a, party), _moves(b, party)
        moves = [n for n in dict.fromkeys([*mine, *theirs]) if _other(mine.get(n), theirs.get(n))]
        wants, other = _interests(a, party), _interests(b, party)
        motives = [n for n in dict.fromkeys([*wants, *other]) if wants.get(n) != other.get(n)]
        if not moves and not motives:
            continue
        told = [(n, _says(mine.get(n)), _says(theirs.get(n))) for n in moves]
        told += [(n, _says(wants.get(n)), _says(other.get(n))) for n in motives]
        found.append(
            PartyDifference(
                party,
                Change(disable=_live(moves, mine), without=tuple(n for n in motives if n in wants)),
                Change(disable=_live(moves, theirs), without=tuple(n for n in motives if n in other)),
                tuple(told),
            )
        )
    return found


def by_removal(
    first: Case, last: Case, differing: Sequence[PartyDifference], outcomes: Sequence[str], tell: Progress
) -> tuple[dict[str, Array], int]:
    """Return each party's share of each outcome's difference, and the number of solves.

    A party without whom a scenario has no solution is left to the rest.
    """
    found: dict[str, Array] = {}
    solves = 0
    for n, piece in enumerate(differing):
        tell("Taking apart what only one of them has", n / len(differing))
        try:
            ends = []
            for case, change in ((last, piece.in_b), (first, piece.in_a)):
                whole = np.array([case.value(name) for name in outcomes])
                if change == Change():
                    ends.append(np.zeros(len(outcomes)))
                    continue
                spared = solve_case(change.apply(case.scenario), near=case, outcomes=outcomes, judgements=())
                solves += 1
                ends.append(_gap(whole, np.array([spared.value(name) for name in outcomes])))
        except (InputError, NotConvergedError):
            continue
        found[piece.party] = _gap(*ends)
    return found, solves


def _gap(one: Array, other: Array) -> Array:
    """Subtract; what may never come in either leaves no difference (nan)."""
    finite = np.isfinite(one) & np.isfinite(other)
    return np.where(finite, np.where(finite, one, 0.0) - np.where(finite, other, 0.0), np.nan)


def _parties(scenario: Scenario) -> Iterator[str]:
    yield from scenario.actors
    yield from scenario.institutions
    yield CHANCE


def _moves(scenario: Scenario, party: str) -> dict[str, Move]:
    return {n: m for n, m in scenario.moves().items() if n.partition(".")[0] == party}


def _interests(scenario: Scenario, party: str) -> dict[str, Interest]:
    actor = scenario.actors.get(party)
    return {} if actor is None else {f"{party}.{n}": i for n, i in actor.interests.items()}


def _other(one: Move | None, two: Move | None) -> bool:
    """Say whether a move differs in more than that it is enabled."""
    if one is None or two is None:
        return True
    return one != two.model_copy(update={"enabled": one.enabled})


def _live(names: Sequence[str], moves: Mapping[str, Move]) -> tuple[str, ...]:
    return tuple(n for n in names if n in moves and moves[n].enabled)


def _says(part: Move | Interest | None) -> str:
    return ABSENT if part is None else part.about
