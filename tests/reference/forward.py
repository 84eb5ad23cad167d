"""How an equilibrium moves with numbers, forwards: a linear solve for each change."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from bystander.derivatives.implicit import Linearisation, linearise
from bystander.derivatives.value_equations import push
from bystander.equilibrium.jacobian import solve_jacobian


def push_changes(at, changes, *, tolerance=3e-7):
    """Values ``(N, A)``, rates and choices ``(O,)``, and chances moved by changes of the numbers, by name."""
    line = at if isinstance(at, Linearisation) else linearise(at)
    shape = line.equilibrium.values.shape
    found = {}
    for name, change in changes.items():
        right = push(line.response, change, np.zeros(shape))[0].ravel()
        solution = solve_jacobian(line.matrix, right[:, None], tolerance=tolerance)
        assert solution.converged
        values = np.ascontiguousarray(solution.x[:, 0]).reshape(shape)
        _, rates, choices = push(line.response, change, values)
        found[name] = SimpleNamespace(values=values, option_rate=rates, choice=choices, chance=change.chance)
    return found
