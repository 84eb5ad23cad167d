r"""Derivatives of an equilibrium by implicit differentiation.

At an equilibrium ``G(V, p) = 0`` (`bystander.equilibrium.first_order`), so a parameter moves the values by

    dV/dp = (-dG/dV)^-1  dG/dp

with the full coupled Jacobian: everyone's choices and votes adapt to everyone's. *Forward* solves one system
per parameter and gives the derivative of every value and every rate. *Adjoint* serves a quantity y that
depends on behaviour, given its direct derivatives in values, rates and choices: one transposed system

    (-dG/dV)^T lambda = dy/dV    gives   dy/dp = (direct) + lambda . dG/dp    for all parameters at once.

Both are exact up to the tolerance of the linear solve (relative residual, `TOLERANCE` by default).

Assumptions: the equilibrium is regular (the Jacobian is not singular), as it is outside turning points;
guards and the set of possible moves do not change. A parameter that only guards mention has derivative 0
almost everywhere and is reported so.

Reference: Judd (1998), *Numerical Methods in Economics*, section 5.1 on implicit functions; Griewank &
Walther (2008), *Evaluating Derivatives*, chapter 15 on adjoints of implicit functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.first_order import Change, no_change, pull, push
from bystander.equilibrium.jacobian import Jacobian, jacobian, solve_jacobian
from bystander.equilibrium.response import Response, respond
from bystander.equilibrium.result import Equilibrium
from bystander.errors import NotConvergedError
from bystander.game.arrays import Game
from bystander.game.changes import number_derivatives
from bystander.numerics.workers import ranges, run_ranges

Array = NDArray[Any]

FIELDS = Change._fields
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class Linearisation:
    """An equilibrium with its first-order behaviour, worked out once, used for any number of derivatives."""

    equilibrium: Equilibrium
    response: Response
    matrix: Jacobian

    @property
    def game(self) -> Game:
        """The game that was solved."""
        return self.equilibrium.game


@dataclass(frozen=True, slots=True)
class Derivative:
    """How an equilibrium moves with one parameter, per unit of the parameter.

    Attributes
    ----------
    values
        ``(N, A)``.
    option_rate, choice
        ``(O,)``.
    chance
        ``(K, branches)``, direct.
    """

    values: Array
    option_rate: Array
    choice: Array
    chance: Array


@dataclass(frozen=True, slots=True)
class Source:
    """How a quantity depends on behaviour directly; what is None does not matter to it.

    Attributes
    ----------
    option_rate
        ``(O,)`` derivative in the rate of each option.
    values
        ``(N, A)`` derivative in the values.
    choice
        ``(O,)`` derivative in each choice or adoption probability, rates held.
    chance
        ``(K, branches)`` derivative in the branch chances, rates held.
    parameters
        Derivative in parameters, behaviour held (an amount that a parameter sets, for example).
    """

    option_rate: Array | None = None
    values: Array | None = None
    choice: Array | None = None
    chance: Array | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)


def linearise(equilibrium: Equilibrium) -> Linearisation:
    """Work out the first-order behaviour at an equilibrium. Cost: a few sweeps."""
    response = respond(equilibrium)
    return Linearisation(equilibrium, response, jacobian(response))


def changes_of(game: Game, names: Sequence[str]) -> dict[str, Change]:
    """Return the derivative of every number of the game in each named parameter."""
    found = {}
    for name in names:
        numbers = number_derivatives(game, name)
        found[name] = Change(*(np.ascontiguousarray(getattr(numbers, f), dtype=np.float64) for f in FIELDS))
    return found


def forward(
    at: Equilibrium | Linearisation, names: Sequence[str], *, tolerance: float = TOLERANCE
) -> dict[str, Derivative]:
    """Return the derivative of all values and all behaviour in each named parameter.

    Raises
    ------
    QueryError
        If a parameter is unknown.
    NotConvergedError
        If the linear solve fails: the equilibrium is (nearly) at a turning point.
    """
    return push_changes(at, changes_of(at.game, names), tolerance=tolerance)


def push_changes(
    at: Equilibrium | Linearisation, changes: Mapping[str, Change], *, tolerance: float = TOLERANCE
) -> dict[str, Derivative]:
    """Like `forward`, for changes of the numbers themselves."""
    line = at if isinstance(at, Linearisation) else linearise(at)
    shape = line.equilibrium.values.shape
    still = np.zeros(shape)
    right = [push(line.response, change, still)[0].ravel() for change in changes.values()]
    if not right:
        return {}
    solution = solve_jacobian(line.matrix, np.stack(right, axis=1), tolerance=tolerance)
    _require(solution.converged, solution.residual)
    found = {}
    for column, (name, change) in enumerate(changes.items()):
        values = np.ascontiguousarray(solution.x[:, column]).reshape(shape)
        _, rates, choices = push(line.response, change, values)
        found[name] = Derivative(values, rates, choices, change.chance)
    return found


def adjoint(
    at: Equilibrium | Linearisation,
    dy_dvalues: Array | None,
    dy_doption_rate: Array | None,
    names: Sequence[str] | None = None,
    *,
    dy_dchance: Array | None = None,
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """Differentiate one quantity in each named parameter (all if None); see `Source` for the shapes."""
    source = Source(option_rate=dy_doption_rate, values=dy_dvalues, chance=dy_dchance)
    return adjoints(at, [source], names, tolerance=tolerance)[0]


def adjoints(
    at: Equilibrium | Linearisation,
    sources: Sequence[Source],
    names: Sequence[str] | None = None,
    *,
    tolerance: float = TOLERANCE,
) -> list[dict[str, float]]:
    """Differentiate several quantities in each named parameter, solved together.

    Parameters
    ----------
    sources
        How each quantity depends on behaviour.
    names
        Parameters; all of the game's if None.

    Returns
    -------
    list
        For each source, derivative by parameter, per unit of the parameter.

    Raises
    ------
    NotConvergedError
        If the linear solve fails: the equilibrium is (nearly) at a turning point.
    """
    line = at if isinstance(at, Linearisation) else linearise(at)
    wanted = [name for name, _ in line.game.parameters] if names is None else list(names)
    changes = changes_of(line.game, wanted)
    gradients = number_gradients(line, sources, tolerance=tolerance)
    return [
        {name: dot(gradient, changes[name]) + source.parameters.get(name, 0.0) for name in wanted}
        for source, gradient in zip(sources, gradients, strict=True)
    ]


def number_gradients(
    line: Linearisation, sources: Sequence[Source], *, tolerance: float = TOLERANCE
) -> list[Change]:
    """Gradient of several quantities in every number of the game."""
    if not sources:
        return []
    options = len(line.response.choice)
    nothing, still = np.zeros(options), np.zeros(line.equilibrium.values.shape)

    def directly(source: Source) -> tuple[Array, Change]:
        rates = nothing if source.option_rate is None else source.option_rate
        choices = nothing if source.choice is None else source.choice
        values, gradient = pull(line.response, still, np.asarray(rates, float), np.asarray(choices, float))
        if source.values is not None:
            values += source.values
        if source.chance is not None:
            gradient.chance[:] += source.chance
        return values.ravel(), gradient

    def through_values(column: int) -> Change:
        weights = np.ascontiguousarray(solution.x[:, column]).reshape(still.shape)
        return pull(line.response, weights, nothing, nothing)[1]

    parts = ranges(len(sources), len(sources))
    rights, direct = zip(*run_ranges(lambda low, _: directly(sources[low]), parts), strict=True)
    solution = solve_jacobian(line.matrix, np.stack(rights, axis=1), transpose=True, tolerance=tolerance)
    _require(solution.converged, solution.residual)
    through = run_ranges(lambda low, _: through_values(low), parts)
    return [
        Change(*(a + b for a, b in zip(*both, strict=True))) for both in zip(direct, through, strict=True)
    ]


def dot(gradient: Change, change: Change) -> float:
    """Sum over all numbers of the gradient times the change."""
    return float(sum(np.vdot(a, b) for a, b in zip(gradient, change, strict=True)))


def single_number(game: Game, name: str, index: tuple[int, ...]) -> Change:
    """Change one number of one table by a unit, for derivatives of games built from arrays."""
    change = no_change(game)
    getattr(change, name)[index] = 1.0
    return change


def _require(converged: bool, residual: float) -> None:
    if not converged:
        raise NotConvergedError(
            f"The derivative's linear system stopped at relative residual {residual:.1e}: the equilibrium is "
            "at or near a turning point, where derivatives do not exist. Look for other equilibria, or lower "
            "rationality."
        )
