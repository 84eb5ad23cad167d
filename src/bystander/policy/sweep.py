"""Outcomes over a range of one or two parameters.

Points are solved along a path on which neighbours differ least (along the range; to and fro for two
parameters), each continuing from the one before, so that curves follow one equilibrium for as long as it
lasts; where a point was reached by a jump to another, that is said. A point without a solution is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, numbers_by_itself, solve_case
from bystander.cases.changes import in_its_unit
from bystander.errors import NotConvergedError, QueryError, reason_of
from bystander.progress import Progress, silent
from bystander.scenario import vary
from bystander.scenario.schema import Scenario

Array = NDArray[Any]

MOST_POINTS = 2_000


@dataclass(frozen=True, slots=True)
class Sweep:
    """Outcomes over a grid.

    Attributes
    ----------
    parameters
        One or two names.
    values
        For each parameter its values, in days, people and dollars; ``labels`` with units.
    outcomes
        (name, values) with the values in the order of the grid, the last parameter fastest.
    judgements
        (name, holds at each point).
    shape
        Number of points along each parameter.
    jumped
        Whether each point was reached from the one before by a jump between equilibria.
    errors
        (name, bound on the error of each value), behaviour solved only so closely included.
    by_itself
        For each point (name, value) where the scenario there, solved by itself, has another equilibrium.
    withheld
        For each point (name, why) of the outcomes that have no value there; without a name where none has.
    """

    parameters: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    labels: tuple[tuple[str, ...], ...]
    outcomes: tuple[tuple[str, tuple[float, ...]], ...]
    judgements: tuple[tuple[str, tuple[bool | None, ...]], ...]
    shape: tuple[int, ...]
    jumped: tuple[bool, ...] = ()
    errors: tuple[tuple[str, tuple[float, ...]], ...] = ()
    withheld: tuple[tuple[tuple[str, str], ...], ...] = ()
    by_itself: tuple[tuple[tuple[str, float], ...], ...] = ()

    def grid(self, outcome: str) -> Array:
        """Return an outcome as an array with one axis for each parameter."""
        return np.array(dict(self.outcomes)[outcome]).reshape(self.shape)


def sweep(
    scenario: Scenario,
    ranges: Mapping[str, Sequence[float | str] | tuple[float | str, float | str]],
    *,
    points: int = 9,
    outcomes: Sequence[str] | None = None,
    judgements: Sequence[str] | None = None,
    base: Case | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Solve a scenario over a grid of one or two parameters.

    Parameters
    ----------
    ranges
        For each parameter its two ends (evenly spaced ``points`` are taken between them), or three or more
        values. Texts with units, or numbers in days, people and dollars.

    Raises
    ------
    QueryError
        If there are not one or two parameters, one is unknown, or a value does not fit.
    """
    if not 1 <= len(ranges) <= 2:
        raise QueryError(f"A sweep is over one or two parameters, not {len(ranges)}.")
    axes = {name: _axis(scenario, name, given, points) for name, given in ranges.items()}
    shape = tuple(len(axis) for axis in axes.values())
    if int(np.prod(shape)) > MOST_POINTS:
        raise QueryError(f"{int(np.prod(shape)):,} points are too many; {MOST_POINTS:,} at most.")
    near = base or solve_case(scenario, outcomes=(), judgements=())
    tell = progress or silent
    found: dict[tuple[int, ...], Case | None] = {}
    unsolved: dict[tuple[int, ...], str] = {}
    path = _path(shape)
    for n, place in enumerate(path):
        tell("Sweeping", n / len(path))
        sets = {name: axis[k] for (name, axis), k in zip(axes.items(), place, strict=True)}
        try:
            case = solve_case(vary(scenario, sets=sets), near=near, outcomes=outcomes, judgements=judgements)
            near, found[place] = case, case
        except NotConvergedError as error:
            found[place], unsolved[place] = None, reason_of(error)
    cells = [found[place] for place in np.ndindex(*shape)]
    first = next((cell for cell in cells if cell is not None), None)
    if first is None:
        raise NotConvergedError("No point of the sweep has a solution to tolerance.")
    return Sweep(
        tuple(axes),
        tuple(axes.values()),
        tuple(tuple(in_its_unit(scenario.parameters[n], v) for v in axis) for n, axis in axes.items()),
        tuple((n, tuple(np.nan if c is None else c.value(n) for c in cells)) for n in first.outcomes),
        tuple((n, tuple(None if c is None else c.verdicts[n].holds for c in cells)) for n in first.verdicts),
        shape,
        tuple(c is not None and c.jump > 0.0 for c in cells),
        tuple(
            (n, tuple(np.inf if c is None else c.outcomes[n].estimate.error for c in cells))
            for n in first.outcomes
        ),
        tuple(_withheld(found[place], unsolved.get(place, "")) for place in np.ndindex(*shape)),
        tuple(() if cell is None else tuple(numbers_by_itself(cell).items()) for cell in cells),
    )


def _withheld(case: Case | None, unsolved: str) -> tuple[tuple[str, str], ...]:
    """Return what has no value at a point, and why."""
    if case is None:
        return (("", unsolved),)
    return tuple((n, o.estimate.withheld) for n, o in case.outcomes.items() if o.estimate.withheld)


def _axis(
    scenario: Scenario, name: str, given: Sequence[float | str] | tuple[float | str, float | str], points: int
) -> tuple[float, ...]:
    if len(given) < 2 or points < 2:
        raise QueryError(f"The range of '{name}' needs two ends, or at least two values.")
    values = [vary(scenario, sets={name: v}).parameters[name].value.value for v in given]
    if len(values) == 2:
        return tuple(np.linspace(values[0], values[1], points).tolist())
    return tuple(values)


def _path(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    if len(shape) == 1:
        return [(k,) for k in range(shape[0])]
    rows: list[tuple[int, ...]] = []
    for k in range(shape[0]):
        across = range(shape[1]) if k % 2 == 0 else range(shape[1] - 1, -1, -1)
        rows += [(k, m) for m in across]
    return rows
