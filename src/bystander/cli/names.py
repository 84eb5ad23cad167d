"""Names as they are typed, and the names of the scenario they stand for.

Capitals do not matter, nor whether words are joined by ``_``, ``-`` or a space: ``Russia`` is ``russia``. A
name that stands for nothing, or for two things, is refused before anything is solved, with the ones most like
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bystander.errors import QueryError
from bystander.nearest import nearest_names

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

SHOWN = 12


def known_name(typed: str, known: Iterable[str], kind: str) -> str:
    """Return the name that was meant.

    Parameters
    ----------
    kind
        What is named, for the refusal: ``outcome``.

    Raises
    ------
    QueryError
        If nothing is called so, or more than one thing.
    """
    names = list(dict.fromkeys(known))
    if typed in names:
        return typed
    alike = [name for name in names if _plain(name) == _plain(typed)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise QueryError(f"'{typed}' may be {' or '.join(alike)}: write it as the scenario does.")
    close = nearest_names(typed, names, 2)
    if close:
        raise QueryError(f"There is no {kind} called '{typed}'. Did you mean {' or '.join(close)}?")
    more = ", ..." if len(names) > SHOWN else ""
    raise QueryError(
        f"There is no {kind} called '{typed}'. There is: {', '.join(names[:SHOWN]) or 'none'}{more}."
    )


def known_names(typed: Iterable[str], known: Iterable[str], kind: str) -> tuple[str, ...]:
    """Return the names that were meant, in the order typed."""
    names = list(known)
    return tuple(known_name(name, names, kind) for name in typed)


def known_move(read: Scenario, owner: str, move: str) -> tuple[str, str]:
    """Return the owner and the move that were meant; the move is "" where none was named.

    Raises
    ------
    QueryError
        If there is no such owner, or it has no such move.
    """
    if not move:
        owner, _, move = owner.partition(".")
    moves = [name for name, body in read.moves().items() if body.enabled]
    who = known_name(owner, [name.partition(".")[0] for name in moves], "actor or institution with moves")
    own = [name.partition(".")[2] for name in moves if name.startswith(f"{who}.")]
    return who, known_name(move, own, f"move of {who}") if move else ""


def check_condition(read: Scenario, condition: str | None) -> None:
    """Refuse a condition that means nothing in a scenario."""
    from bystander.errors import Mark
    from bystander.scenario.expressions import Sort, expect, parse_expression, resolve

    if condition:
        expect(
            resolve(parse_expression(condition, Mark("--given")), read.scope()),
            Sort.CONDITION,
            "what is given",
        )


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")
