r"""The escalation ladder: how long the process is on each rung, and which moves lead between them.

A rung is a level of one variable. With :math:`d(s)` the expected days spent in situation ``s`` by the
horizon, a rung's share is :math:`\sum_{s \in rung} d(s) / T`. A move leads from rung i to rung j an expected
number of times :math:`\sum_{s \in i} d(s)\, r(s, j)`, with ``r`` the rate of its branches into j; per year on
the rung this is divided by the days spent on i.

The variable is the one the scenario's map calls ``ladder``, else the variable of most levels that its
condition ``given`` mentions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bystander.assessment.result import Rung, RungStep
from bystander.game.arrays import Float
from bystander.process.chain import Chain, branches_of_kinds
from bystander.scenario.expressions import variables_of
from bystander.units import YEAR

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

LEAST_EXPECTED = 1e-9


def ladder_variable(scenario: Scenario) -> str:
    """Return the variable that escalation climbs, "" if there is none."""
    named = scenario.map.get("ladder")
    if isinstance(named, str) and named in scenario.variables:
        return named
    if scenario.given is None:
        return ""
    mentioned = variables_of(scenario.conditions[scenario.given])
    return max(mentioned, key=lambda name: len(scenario.variables[name].levels), default="")


def climb(chain: Chain, scenario: Scenario, days: Float) -> tuple[tuple[Rung, ...], tuple[RungStep, ...]]:
    """Return the rungs with their shares of time, and the steps between them.

    Parameters
    ----------
    days
        ``(N,)`` expected days spent in each situation by the horizon.
    """
    name = ladder_variable(scenario)
    if not name:
        return (), ()
    game = chain.game
    variable = scenario.variables[name]
    place = game.situations.names.index(name)
    level = game.situations.levels[:, place].astype(np.int64)
    spent = np.bincount(level, weights=days, minlength=len(variable.level_names))
    rungs = tuple(
        Rung(name, at, variable.levels[at], float(spent[i] / days.sum()))
        for i, at in enumerate(variable.level_names)
    )
    return rungs, _steps(chain, level, days, spent, variable.level_names)


def _steps(
    chain: Chain,
    level: np.ndarray,
    days: np.ndarray,
    spent: np.ndarray,
    names: tuple[str, ...],
) -> tuple[RungStep, ...]:
    game, structure = chain.game, chain.game.structure
    source = np.repeat(np.arange(game.size), np.diff(structure.target_start))
    branches = branches_of_kinds(game)[structure.option_kind]
    move = np.repeat(chain.option_move, branches)
    target = structure.targets
    changes = level[source] != level[target]
    source, target, move = source[changes], target[changes], move[changes]
    width = len(names)
    key = (move.astype(np.int64) * width + level[source]) * width + level[target]
    found, which = np.unique(key, return_inverse=True)
    expected = np.bincount(which, weights=days[source] * chain.branch_rate[changes])
    steps = []
    for code, count in zip(found, expected, strict=True):
        if count < LEAST_EXPECTED:
            continue
        m, low, high = int(code) // width**2, int(code) // width % width, int(code) % width
        label = game.moves[m]
        per_year = float(count / spent[low] * YEAR)
        action = label.name.partition(".")[2]
        steps.append(
            RungStep(names[low], names[high], label.owner, action, label.about, per_year, float(count))
        )
    return tuple(sorted(steps, key=lambda step: -step.expected))
