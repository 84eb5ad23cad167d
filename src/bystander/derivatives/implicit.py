r"""Derivatives of an equilibrium by implicit differentiation.

At an equilibrium ``G(V, p) = 0`` (`bystander.derivatives.value_equations`), so a parameter moves the values
by

    dV/dp = (-dG/dV)^-1  dG/dp

with the full coupled Jacobian: everyone's choices and votes adapt to everyone's. *Forward* solves one system
per parameter and gives the derivative of every value and every rate. *Adjoint* serves a quantity y that
depends on behaviour, given its direct derivatives in values, rates and choices: one transposed system

    (-dG/dV)^T lambda = dy/dV    gives   dy/dp = (direct) + lambda . dG/dp    for all parameters at once.

Both are exact up to the tolerance of the linear solve (relative residual, `TOLERANCE` by default). On
Ferghana 2022, 36 outcomes in 158 parameters: no derivative is off by more than 6e-8 of the outcome's largest
(each times its parameter), and at 1e-7 by more than 2e-8.

Assumptions: the equilibrium is regular (the Jacobian is not singular), as it is outside turning points;
guards and the set of possible moves do not change. A parameter that only guards mention has derivative 0
almost everywhere and is reported so.

Reference: Judd (1998), *Numerical Methods in Economics*, section 5.1 on implicit functions; Griewank &
Walther (2008), *Evaluating Derivatives*, chapter 15 on adjoints of implicit functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.derivatives.value_equations import NumbersChange, parameter_slopes, pull
from bystander.equilibrium.jacobian import Jacobian, jacobian
from bystander.equilibrium.response import Response, respond
from bystander.equilibrium.result import Equilibrium
from bystander.errors import NotConvergedError
from bystander.game.arrays import Game
from bystander.numerics.linear import prepare, solve_prepared
from bystander.numerics.rows import side_by_side, width_for
from bystander.numerics.workers import run_each, run_ranges

Array = NDArray[Any]

TOLERANCE = 3e-7


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
class DirectDependence:
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
    response = respond(equilibrium.require_lasting("A derivative"))
    return Linearisation(equilibrium, response, jacobian(response))


def adjoints(
    at: Equilibrium | Linearisation,
    sources: Sequence[DirectDependence],
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
    if not sources:
        return []
    line = at if isinstance(at, Linearisation) else linearise(at)
    wanted = [name for name, _ in line.game.parameters] if names is None else list(names)
    return adjoints_of_each([(line, sources)], wanted, tolerance=tolerance)[0]


def adjoints_of_each(
    asked: Sequence[tuple[Linearisation, Sequence[DirectDependence]]],
    names: Sequence[str],
    *,
    tolerance: float = TOLERANCE,
) -> list[list[dict[str, float]]]:
    """Differentiate quantities of several equilibria, those of each solved together; see `adjoints`."""
    if not names:
        return [[{} for _ in sources] for _, sources in asked]
    gradients = [number_gradients(line, sources, tolerance=tolerance) for line, sources in asked]
    games = [line.game for line, sources in asked for _ in sources]
    slopes = iter(parameter_slopes(games, [each for some in gradients for each in some], names).tolist())
    return [
        [
            {name: slope + source.parameters.get(name, 0.0) for name, slope in zip(names, row, strict=True)}
            for source, row in zip(sources, islice(slopes, len(sources)), strict=True)
        ]
        for _, sources in asked
    ]


def multipliers(
    line: Linearisation, sources: Sequence[DirectDependence], *, tolerance: float = TOLERANCE
) -> Array:
    """Return ``(N A, sources)`` by how much each quantity moves with each defect of the value equations.

    Raises
    ------
    NotConvergedError
        If the linear solve fails: the equilibrium is (nearly) at a turning point.
    """
    return _multiplied(line, sources, tolerance)[0]


def number_gradients(
    line: Linearisation, sources: Sequence[DirectDependence], *, tolerance: float = TOLERANCE
) -> list[NumbersChange]:
    """Gradient of several quantities in every number of the game."""
    if not sources:
        return []
    solved, behaviour = _multiplied(line, sources, tolerance)
    shape, parts = line.equilibrium.values.shape, _parts(len(sources))

    def whole(low: int, high: int) -> list[NumbersChange]:
        weights = side_by_side(list(solved[:, low:high].T), len(solved))
        moved = behaviour[low // width_for(len(sources))]
        _, gradient = pull(line.response, weights.reshape(*shape, weights.shape[1]), *moved)
        for column, source in enumerate(sources[low:high]):
            if source.chance is not None:
                gradient.chance[..., column] += source.chance
        return [NumbersChange(*(part[..., column] for part in gradient)) for column in range(high - low)]

    return [gradient for block in run_ranges(whole, parts) for gradient in block]


def _parts(count: int) -> tuple[tuple[int, int], ...]:
    """Deal quantities to blocks that are solved side by side."""
    width = width_for(count)
    return tuple((low, min(low + width, count)) for low in range(0, count, width))


def _multiplied(
    line: Linearisation, sources: Sequence[DirectDependence], tolerance: float
) -> tuple[Array, list[tuple[Array, Array]]]:
    """Solve the transposed systems; also return how each block depends on rates and choices."""
    shape, options = line.equilibrium.values.shape, len(line.response.choice)
    rights = np.empty((shape[0] * shape[1], len(sources)))

    def direct(low: int, high: int) -> tuple[Array, Array]:
        """Differentiate a block of quantities in the values; return how they depend on behaviour."""
        some = sources[low:high]
        rates = side_by_side([source.option_rate for source in some], options)
        choices = side_by_side([source.choice for source in some], options)
        values, _ = pull(line.response, np.zeros((*shape, rates.shape[1])), rates, choices)
        rights[:, low:high] = values.reshape(len(rights), rates.shape[1])[:, : high - low]
        for column, source in enumerate(some, low):
            if source.values is not None:
                rights[:, column] += source.values.ravel()
        return rates, choices

    tasks: list[Callable[[], Any]] = [partial(prepare, *line.matrix, transpose=True)]
    tasks += [partial(direct, *part) for part in _parts(len(sources))]
    system, *behaviour = run_each(tasks)
    solution = solve_prepared(system, rights, tolerance=tolerance)
    _require(solution.converged, solution.residual)
    return solution.x, behaviour


def _require(converged: bool, residual: float) -> None:
    if not converged:
        raise NotConvergedError(
            f"The derivative's linear system stopped at relative residual {residual:.1e}: the equilibrium is "
            "at or near a turning point, where derivatives do not exist. Look for other equilibria, or lower "
            "rationality."
        )
