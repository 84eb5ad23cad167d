"""How far judgements survive the priors: in which share of drawn worlds each holds, and what decides.

Draws are Latin hypercubes rather than plain random numbers: each parameter's prior is cut into as many
equally likely slices as there are draws, and each slice is used once (McKay, Beckman & Conover 1979), so that
200 draws cover every prior. The numbers come from the stream named by the seed. Parameters without a prior
stay where they are.

All uncertain parameters are drawn together, the scenario is
solved again in every draw, and each judgement is weighed there. The share of draws in which it holds comes
with Wilson's (1927) 95% interval for that many draws.

*Deciding* parameters: draws in which the judgement holds are compared with those in which it fails, parameter
by parameter, by the Kolmogorov-Smirnov distance of the two samples (regional sensitivity analysis: Hornberger
& Spear 1981). A parameter is named only if so large a distance would arise by chance with probability below
1% after Bonferroni's correction for the number of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import Answers, answer_changes
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.progress import Progress
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


CHANCE = 0.01
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Decider:
    """A parameter that separates draws in which a judgement holds from those in which it fails.

    ``distance`` is the Kolmogorov-Smirnov distance, ``direction`` "high" if the judgement fails where the
    parameter is high.
    """

    parameter: str
    distance: float
    direction: str


@dataclass(frozen=True, slots=True)
class JudgementRobustness:
    """How a judgement fares over draws from the priors.

    ``low`` and ``high`` bound the share at 95%; ``number`` quantiles are the 10th, 50th and 90th percentile
    of the judged number.
    """

    judgement: str
    says: str
    holds: bool | None
    share: float
    low: float
    high: float
    draws: int
    deciding: tuple[Decider, ...]
    number: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class OutcomeSpread:
    """An outcome over draws: central value, the 10th, 50th and 90th percentile, and the mean."""

    outcome: str
    value: float
    low: float
    median: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """Judgements and outcomes over draws from the priors.

    ``failed`` draws have no solution to tolerance and are left out of the shares.
    """

    judgements: tuple[JudgementRobustness, ...]
    outcomes: tuple[OutcomeSpread, ...]
    draws: int
    failed: int
    seed: int
    ended: str = ""


def judge_over_draws(
    scenario: Scenario,
    *,
    draws: int = 200,
    seed: int = 0,
    outcomes: Sequence[str] | None = (),
    base: Case | None = None,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Weigh every judgement in draws from the priors.

    Parameters
    ----------
    outcomes
        Those to compute; None for all.

    Raises
    ------
    QueryError
        If no parameter has a prior, or a name is unknown.
    """
    worlds = draw_parameters(scenario, draws, seed)
    central = base or solve_case(scenario, outcomes=outcomes)
    done = answer_changes(
        central,
        [Change(draw=world) for world in worlds],
        outcomes=outcomes,
        store=store,
        workers=workers,
        progress=progress,
        step="Judging in other worlds",
        rough=True,
    )
    solved = [
        (world, answers)
        for world, answers in zip(worlds, done.answers, strict=True)
        if answers is not None and answers.solved
    ]
    reached = sum(answers is not None for answers in done.answers)
    asked = list(central.outcomes) if outcomes is None else list(outcomes)
    return Robustness(
        tuple(_judge(scenario, central, name, solved) for name in central.verdicts) if solved else (),
        tuple(_spread(central, name, solved) for name in asked) if solved else (),
        len(solved),
        reached - len(solved),
        seed,
        done.ended,
    )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95% interval for a share; of no trials, anything from 0 to 1."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.959964
    p = successes / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2)) / (1 + z * z / trials)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def deciders(
    worlds: Sequence[Mapping[str, float]], holds: Sequence[bool], names: Sequence[str]
) -> tuple[Decider, ...]:
    """Return the parameters that separate draws that hold from draws that fail, most telling first."""
    from scipy.stats import ks_2samp

    yes = [w for w, h in zip(worlds, holds, strict=True) if h]
    no = [w for w, h in zip(worlds, holds, strict=True) if not h]
    if min(len(yes), len(no)) < FEWEST:
        return ()
    found = []
    for name in names:
        a, b = np.array([w[name] for w in yes]), np.array([w[name] for w in no])
        test = ks_2samp(a, b)
        if test.pvalue * len(names) < CHANCE:
            direction = "high" if np.median(b) > np.median(a) else "low"
            found.append(Decider(name, float(test.statistic), direction))
    return tuple(sorted(found, key=lambda d: -d.distance))


def _judge(
    scenario: Scenario, central: Case, name: str, solved: Sequence[tuple[Mapping[str, float], Answers]]
) -> JudgementRobustness:
    said = [(world, answers.verdicts[name]) for world, answers in solved]
    said = [(world, verdict) for world, verdict in said if verdict.holds is not None]
    holds = [bool(verdict.holds) for _, verdict in said]
    low, high = wilson(sum(holds), len(holds))
    found = deciders([world for world, _ in said], holds, uncertain(scenario))
    quantiles = _quantiles(_known(verdict.number for _, verdict in said))
    return JudgementRobustness(
        name,
        scenario.judgements[name].says,
        central.verdicts[name].holds,
        sum(holds) / len(holds) if holds else float("nan"),
        low,
        high,
        len(holds),
        found,
        quantiles,
    )


def _spread(central: Case, name: str, solved: Sequence[tuple[Mapping[str, float], Answers]]) -> OutcomeSpread:
    known = _known(a.outcomes[name] for _, a in solved)
    mean = float(np.mean(known)) if known else math.nan
    return OutcomeSpread(name, central.value(name), *_quantiles(known), mean)


def _known(numbers: Iterable[float]) -> list[float]:
    return [number for number in numbers if not math.isnan(number)]


def _quantiles(known: Sequence[float]) -> tuple[float, float, float]:
    """Return the tenth, the middle and the ninetieth of numbers."""
    if not known:
        return (math.nan,) * 3
    low, median, high = np.quantile(known, [0.1, 0.5, 0.9], method="nearest").tolist()
    return low, median, high
