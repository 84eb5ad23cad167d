"""The full gradient on every crisis of the library, against solving again.

A crisis has about a hundred parameters. Moving all of them at once along a direction puts the whole gradient
to one test: the change must be the gradient times the direction. One parameter alone, another in every
crisis, would show errors that cancel.
"""

from dataclasses import replace
from functools import cache
from zlib import crc32

import numpy as np
import pytest

from bystander.cases.cases import answer_case
from bystander.derivatives.value_equations import NumbersChange as Numbers
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game, with_parameters
from bystander.library import entries
from bystander.policy.sensitivity import outcome_gradients
from bystander.scenario import read_scenario
from reference.forward import push_changes
from reference.slow_derivatives import number_derivatives

CRISES = [
    entry.path for entry in entries() if entry.path.startswith("crises/") and "/parts/" not in entry.path
]
# Karabakh 2020 iterates thousands of times: its differences are not accurate enough to compare with.
QUICK = [name for name in CRISES if name != "crises/armenia-2020"]
TIGHT = 1e-11
STEP = 1e-3
OUTCOMES = 3


@cache
def crisis(name):
    """The crisis solved, outcomes spread over all it asks, and its parameters that have a slope."""
    scenario = read_scenario(name)
    asked = list(scenario.outcomes)
    outcomes = asked[:: max(1, len(asked) // OUTCOMES)][:OUTCOMES]
    found = solve(compile_game(scenario), tolerance=TIGHT, trace=False).require_converged()
    case = answer_case(scenario, found, outcomes=outcomes, judgements=())
    slopes = outcome_gradients(case)
    values = scenario.parameter_values()
    moving = [p for p in values if values[p] and any(slopes[o].get(p) for o in outcomes)]
    return case, slopes, {p: values[p] for p in moving}


def moved(case, steps, guess):
    """The case with parameters moved by steps, solved as tightly from a guess of its values."""
    values = case.scenario.parameter_values()
    game = with_parameters(case.game, {name: values[name] + by for name, by in steps.items()})
    assert game.structure is case.game.structure
    parameters = dict(case.scenario.parameters)
    for name, by in steps.items():
        value = parameters[name].value
        parameters[name] = parameters[name].model_copy(
            update={"value": replace(value, value=value.value + by)}
        )
    scenario = case.scenario.model_copy(update={"parameters": parameters})
    found = solve(replace(game, scenario=scenario), warm=guess, tolerance=TIGHT).require_converged()
    return answer_case(scenario, found, outcomes=list(case.outcomes), judgements=())


def compare(case, slopes, direction):
    """Hold gradient times direction against a central difference, values against the forward derivative."""
    changes = {p: number_derivatives(case.game, p) for p in direction}
    tables = [sum(d * getattr(changes[p], name) for p, d in direction.items()) for name in Numbers._fields]
    forward = push_changes(case.equilibrium, {"all": Numbers(*tables)})["all"].values
    up, down = (
        moved(case, {p: h * d for p, d in direction.items()}, case.equilibrium.values + h * forward)
        for h in (STEP, -STEP)
    )
    numeric = (up.equilibrium.values - down.equilibrium.values) / (2 * STEP)
    np.testing.assert_allclose(forward, numeric, rtol=1e-4, atol=1e-4 * np.abs(numeric).max())
    for outcome, slope in slopes.items():
        numeric = (up.value(outcome) - down.value(outcome)) / (2 * STEP)
        terms = [slope[p] * d for p, d in direction.items()]
        size = max(abs(term) for term in terms)
        assert sum(terms) == pytest.approx(numeric, rel=1e-4, abs=1e-4 * size + 1e-7), outcome


@pytest.mark.parametrize("name", QUICK)
def test_the_gradient_is_that_of_solving_again(name):
    case, slopes, values = crisis(name)
    assert len(values) > 10
    signs = {p: 1.0 if crc32(p.encode()) % 2 else -1.0 for p in values}
    compare(case, slopes, {p: signs[p] * abs(v) for p, v in values.items()})


@pytest.mark.parametrize("name", QUICK)
def test_one_parameter_alone(name):
    case, slopes, values = crisis(name)
    chosen = min(values, key=lambda p: crc32(f"{name} {p}".encode()))
    compare(case, slopes, {chosen: abs(values[chosen])})
