r"""The few assumptions that matter most, with the range over which each may be moved.

A parameter with a prior matters by how far one standard deviation of its prior moves the chances asked for.
A chance counts on the arcsine scale, on which equal distances are equally hard to tell apart by counting
cases (Fisher 1954): with p the chance, dy/dz its derivative in standard deviations of the parameter,

    influence = ( sum over chances of ( dy/dz / (2 sqrt(p (1 - p))) )^2 )^(1/2)

Where a scenario asks for no chance, amounts count instead, each as a share of itself.

A lever is moved in steps along the scale of its prior: as many to either side of today's value, from the
prior's tenth to its ninetieth percentile. Where today's value lies outside these, the range is extended
by half a standard deviation beyond it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.cases.cases import Case
from bystander.cases.changes import in_its_unit
from bystander.policy.sensitivity import local_sensitivities
from bystander.policy.targets import from_scale, to_scale
from bystander.units import CHANCES

MOST_LEVERS = 10
STEPS = 20
END = 1.2815515655446004  # standard deviations to the 10th and 90th percentile
BEYOND = 0.5


@dataclass(frozen=True, slots=True)
class Lever:
    """An assumption that can be moved.

    Attributes
    ----------
    influence
        See above; 0 for a lever that was named rather than found.
    scale
        ``(2 * STEPS + 1,)`` standard deviations from the prior's median of each step, rising; today's value
        is the step in the middle.
    values, texts
        The parameter at each step: in days, people and dollars, and as a scenario would write it.
    slopes
        (outcome, its derivative in standard deviations of the prior at today's value).
    """

    parameter: str
    influence: float
    scale: tuple[float, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    slopes: tuple[tuple[str, float], ...] = ()

    @property
    def middle(self) -> int:
        """The step that is today's value."""
        return len(self.values) // 2


def find_levers(
    case: Case, *, outcomes: Sequence[str] | None = None, most: int = MOST_LEVERS
) -> tuple[Lever, ...]:
    """Return the assumptions that matter most, the strongest first; none where no parameter has a prior.

    Parameters
    ----------
    outcomes
        Names of the outcomes that are to be moved; all headline outcomes if None.
    """
    scenario = case.scenario
    movable = [name for name, parameter in scenario.parameters.items() if parameter.prior is not None]
    if not movable:
        return ()
    asked = outcomes or [name for name, result in case.outcomes.items() if result.headline]
    chances = [name for name in asked if case.outcomes[name].estimate.unit in CHANCES]
    counted = chances or list(asked)
    if not counted:
        return ()
    square = dict.fromkeys(movable, 0.0)
    slopes: dict[str, list[tuple[str, float]]] = {name: [] for name in movable}
    for found in local_sensitivities(case, list(asked)):
        if found.swing is None or found.parameter not in square:
            continue
        slopes[found.parameter].append((found.outcome, found.swing))
        if found.outcome in counted:
            square[found.parameter] += (found.swing * _weight(case, found.outcome)) ** 2
    ranked = sorted(movable, key=lambda name: (-square[name], name))
    return tuple(
        lever_of(case, name, math.sqrt(square[name]), tuple(slopes[name]))
        for name in ranked[:most]
        if square[name] > 0.0
    )


def _weight(case: Case, outcome: str) -> float:
    value = case.value(outcome)
    if case.outcomes[outcome].estimate.unit in CHANCES:
        return 0.5 / math.sqrt(max(value * (1.0 - value), 1e-4))
    return 1.0 / max(abs(value), 1e-12)


def lever_of(
    case: Case, name: str, influence: float = 0.0, slopes: tuple[tuple[str, float], ...] = ()
) -> Lever:
    """Return a lever on a parameter that has a prior."""
    parameter = case.scenario.parameters[name]
    now = parameter.value.value
    here = to_scale(parameter, now)
    low, high = min(-END, here - BEYOND), max(END, here + BEYOND)
    scale = np.concatenate((np.linspace(low, here, STEPS + 1), np.linspace(here, high, STEPS + 1)[1:]))
    values = [from_scale(parameter, now, float(z)) for z in scale]
    values[STEPS] = now
    texts = [_brief(in_its_unit(parameter, value)) for value in values]
    texts[STEPS] = parameter.value.text
    return Lever(name, influence, tuple(scale.tolist()), tuple(values), tuple(texts), slopes)


_WRITTEN = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _brief(text: str) -> str:
    """Write the first number of a text with three digits: a slider is not moved more finely."""

    def three_digits(written: re.Match[str]) -> str:
        short = f"{float(written[0]):.3g}"
        return f"{float(short):.0f}" if "e+" in short else short

    return _WRITTEN.sub(three_digits, text, count=1)
