"""One parameter moved along the scale of its prior until a target turns; see `bystander.policy.turning`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtr, ndtri

from bystander.cases.cases import Case, solve_case
from bystander.equilibrium.continuation import NEAR
from bystander.errors import NotConvergedError, QueryError, ScenarioError
from bystander.policy.targets import Target
from bystander.scenario import vary
from bystander.scenario.schema import Parameter

FARTHEST = 3.719  # two-sided tail of 1 in 5,000
PRECISION = 2e-3
MOST_STEPS = 25
WITHOUT_PRIOR = 10.0


class Search:
    """The gap of a target as a function of one parameter, each solve continuing from the nearest so far."""

    def __init__(self, base: Case, target: Target, name: str) -> None:
        self.base, self.target, self.name = base, target, name
        self.parameter: Parameter = base.scenario.parameters[name]
        self.now = self.parameter.value.value
        self.start = to_scale(self.parameter, self.now)
        self.cases: dict[float, Case] = {self.start: base}
        self.solves = 0

    def gap(self, z: float) -> float:
        """Return the gap with the parameter at z on its prior's scale, NaN where there is no solution."""
        if z not in self.cases:
            near = self.cases[min(self.cases, key=lambda known: abs(known - z))]
            value = from_scale(self.parameter, self.now, z)
            scenario = vary(self.base.scenario, sets={self.name: value})
            self.solves += 1
            try:
                self.cases[z] = solve_case(
                    scenario, near=near, outcomes=self.target.outcomes, judgements=self.target.judgements
                )
            except (NotConvergedError, ScenarioError, QueryError):
                return math.nan
        return self.target.of(self.cases[z])[1]

    def jumped(self, z: float) -> bool:
        """Say whether the way to a crossing at z, or the crossing itself, is a jump between equilibria."""
        low, high = sorted((self.start, z))
        if any(case.jump > 0.0 for at, case in self.cases.items() if low < at < high):
            return True
        here = self.gap(z) > 0.0
        across = [at for at in self.cases if (self.gap(at) > 0.0) != here]
        other = min(across, key=lambda at: abs(at - z), default=z)
        if abs(other - z) > PRECISION:
            return self.cases[z].jump > 0.0
        one, two = (self.cases[at].equilibrium.choice for at in (z, other))
        return one.shape == two.shape and bool(np.abs(one - two).max(initial=0.0) > NEAR)


def to_scale(parameter: Parameter, value: float) -> float:
    """Return a value on the scale of the parameter's prior, within its farthest ends."""
    if parameter.prior is None:
        return FARTHEST * math.log(value / parameter.value.value) / math.log(WITHOUT_PRIOR)
    below = float(parameter.prior.cdf(np.array(value)))
    return float(np.clip(ndtri(below), -FARTHEST, FARTHEST))


def from_scale(parameter: Parameter, now: float, z: float) -> float:
    """Return the value at z on the scale of the parameter's prior."""
    if parameter.prior is None:
        return float(now * WITHOUT_PRIOR ** (z / FARTHEST))
    return float(parameter.prior.ppf(ndtr(np.array(z))))


def speed_of(parameter: Parameter, z: float) -> float:
    """Differentiate the parameter's value in z."""
    step = 1e-4
    now = parameter.value.value
    return (from_scale(parameter, now, z + step) - from_scale(parameter, now, z - step)) / (2.0 * step)


def bracket(
    gap_at: Callable[[float], float], start: float, gap: float, guess: float, limit: float
) -> tuple[float, float, float, float] | None:
    """Return (z, gap, z, gap) on both sides of a crossing between the start and the limit, if one is seen."""
    inner, inner_gap = start, gap
    middle = 0.5 * (guess + limit)
    for z in dict.fromkeys([guess, middle, limit]):
        here = gap_at(z)
        if math.isnan(here):
            return None
        if here == 0.0 or (here > 0.0) != (inner_gap > 0.0):
            return inner, inner_gap, z, here
        inner, inner_gap = z, here
    return None


def close_in(gap_at: Callable[[float], float], a: float, fa: float, b: float, fb: float) -> float:
    """Return the crossing between a and b by the Illinois method, to `PRECISION`."""
    for _ in range(MOST_STEPS):
        if abs(b - a) <= PRECISION or fb == 0.0:
            break
        c = b - fb * (b - a) / (fb - fa)
        margin = 0.02 * abs(b - a)
        c = min(max(c, min(a, b) + margin), max(a, b) - margin)
        fc = gap_at(c)
        if math.isnan(fc):
            break
        if (fc > 0.0) == (fb > 0.0):
            fa *= 0.5
        else:
            a, fa = b, fb
        b, fb = c, fc
        if abs(fc) < 1e-7:
            break
    return b
