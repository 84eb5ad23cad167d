r"""From gradients in the numbers of a game to gradients in its parameters.

.. math:: \frac{dy}{dp} = \sum_x \frac{\partial y}{\partial x} \frac{\partial x}{\partial p}

over all numbers x of the game (`bystander.game.tables`). Each is an expression over few variables and
parameters, so that most of these products are nothing: only numbers that mention a parameter are
differentiated, in contexts that occur, where y depends on them. Games that differ in the values of parameters
alone are differentiated together, each expression once for all of them.

Votes' weights and quotas can only jump: they have no derivative here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.derivatives.value_equations import NumbersChange
from bystander.game.arrays import Game
from bystander.game.changes import compiled_of, require_parameter
from bystander.game.compile import rows_that_occur

Array = NDArray[Any]


def parameter_slopes(
    games: Sequence[Game], gradients: Sequence[NumbersChange], names: Sequence[str]
) -> Array:
    """Return ``(S, P)`` the derivative of S quantities in P parameters, per unit of the parameter.

    Parameters
    ----------
    games, gradients
        For each quantity the game it is of, and its gradient in that game's numbers.

    Raises
    ------
    QueryError
        If a parameter is unknown, or a game was built from arrays.
    """
    out = np.zeros((len(gradients), len(names)))
    alike: dict[int, list[int]] = {}
    for place, game in enumerate(games):
        alike.setdefault(id(compiled_of(game).layout), []).append(place)
    for some in alike.values():
        out[some] = _slopes_together([games[s] for s in some], [gradients[s] for s in some], names)
    return out


def _slopes_together(
    games: Sequence[Game], gradients: Sequence[NumbersChange], names: Sequence[str]
) -> Array:
    """Return the derivatives where the games differ in the values of parameters alone."""
    distinct = {id(game): game for game in games}
    order = {mark: place for place, mark in enumerate(distinct)}
    of = np.array([order[id(game)] for game in games])
    known = [dict(game.parameters) for game in distinct.values()]
    for name in names:
        require_parameter(name, known[0])
    given = {name: np.array([each[name] for each in known]) for name in known[0]}
    compiled = compiled_of(games[0])
    whole = NumbersChange(*(np.stack(parts) for parts in zip(*gradients, strict=True)))
    out = np.zeros((len(gradients), len(names)))
    for entry in compiled.layout.entries:
        mentioned = [(place, name) for place, name in enumerate(names) if name in entry.parameters]
        if not mentioned:
            continue
        rows = rows_that_occur(compiled, entry.array)
        low, high = np.searchsorted(rows, (entry.rows.start, entry.rows.stop))
        felt = getattr(whole, entry.array)[:, low:high]
        felt = felt if entry.column is None else felt[..., entry.column]
        contexts = rows[low:high] - entry.rows.start
        if not felt.any():
            continue
        for place, name in mentioned:
            slope = entry.grid.values_of_each(entry.slope(name), given)[:, contexts]
            out[:, place] += np.einsum("sr,sr->s", felt, slope[of])
    return out
