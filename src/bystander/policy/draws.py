"""Draws of all parameters from their priors.

Latin hypercubes rather than plain random numbers: each parameter's prior is cut into as many equally likely
slices as there are draws, and each slice is used once (McKay, Beckman & Conover 1979), so that 200 draws
cover every prior. The numbers come from the stream named by the seed. Parameters without a prior stay where
they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError
from bystander.scenario.schema import Scenario
from bystander.seeds import stream

Array = NDArray[Any]


def uncertain(scenario: Scenario) -> list[str]:
    """Return the parameters that have a prior."""
    return [name for name, parameter in scenario.parameters.items() if parameter.prior is not None]


def draw_parameters(
    scenario: Scenario, count: int, seed: int, *, only: Sequence[str] | None = None
) -> list[dict[str, float]]:
    """Draw values of the uncertain parameters, in days, people and dollars.

    Raises
    ------
    QueryError
        If no parameter has a prior.
    """
    names = uncertain(scenario) if only is None else list(only)
    if not names:
        raise QueryError(
            "No parameter has a prior, so there is nothing to draw. Write prior: under parameters."
        )
    random = stream(seed, "prior draws")
    columns = [(random.permutation(count) + random.random(count)) / count for _ in names]
    return from_uniform(scenario, names, np.column_stack(columns))


def from_uniform(scenario: Scenario, names: Sequence[str], uniform: Array) -> list[dict[str, float]]:
    """Turn numbers in (0, 1), one column for each parameter, into values by the priors' quantiles."""
    clipped = np.clip(uniform, 1e-9, 1.0 - 1e-9)
    values = np.empty_like(clipped)
    for column, name in enumerate(names):
        prior = scenario.parameters[name].prior
        if prior is None:
            raise QueryError(f"The parameter '{name}' has no prior, so it cannot be drawn.")
        values[:, column] = prior.ppf(clipped[:, column])
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]
