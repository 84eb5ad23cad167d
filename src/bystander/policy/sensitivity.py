r"""Which parameters matter: locally from derivatives, globally over the priors.

*Local.* For outcome y and parameter p the result carries ``elasticity`` = \|p\| dy / dp (what y
gains when p rises by a hundredth of its size, times a hundred; dy / dp where p is 0), and ``swing`` = dy / dz
with z in standard deviations of the prior, the first-order height of a tornado's bar. Both have the sign of
the effect, of a parameter below 0 too.
Derivatives of outcomes are exact (`bystander.derivatives.outcomes`: of the process, joined to the
equilibrium's adjoint). A judgement's margin is a formula over answers, so its derivative follows by the chain
rule, the formula itself being differentiated by central differences: it is arithmetic on few numbers.

*Global*, over draws from the priors, every draw solved again:

* PAWN (Pianosi & Wagener 2018): how much the distribution of y changes when p is known to lie in one slice of
  its prior: the median Kolmogorov-Smirnov distance over slices, in [0, 1]. Works with any sample, all
  parameters at once.
* Sobol (Sobol 2001; Saltelli et al. 2010; Jansen 1999): share of the variance of y due to p alone (first),
  with all its interactions (total), and to each pair beyond both alone (interactions). Needs ``N (2 k + 2)``
  draws for k parameters, hence for the few with the largest local swing.
* a tornado: mean of y in the lowest and in the highest tenth of each parameter's draws.

Sobol indices are computed by SALib (Iwanaga, Usher & Herman 2022), an optional library.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bystander.cases.cases import Case, solve_case
from bystander.cases.changes import Change
from bystander.cases.jobs import answer_changes
from bystander.cases.store import Store
from bystander.cases.verdicts import margin_of, queries_in
from bystander.derivatives.answers import INFINITE
from bystander.derivatives.outcomes import gradients
from bystander.errors import MissingExtraError, QueryError
from bystander.game.checks import shut_at_zero
from bystander.policy.robustness import draw_parameters, from_uniform, uncertain
from bystander.policy.targets import Target, from_scale, slope_of_scale, to_scale
from bystander.process.outcomes import Request, make_clocks, request_of
from bystander.progress import Progress
from bystander.scenario.claims import StandingName, standing_of_parameter
from bystander.scenario.schema import Scenario
from bystander.seeds import key
from bystander.units import in_rank

VARIED = 8
"""Most parameters that Sobol's method varies."""

Array = NDArray[Any]
K = TypeVar("K")
Gradient = dict[str, float]


@dataclass(frozen=True, slots=True)
class GlobalSensitivity:
    """How much an outcome hangs on one parameter over the priors.

    Attributes
    ----------
    pawn
        PAWN index in [0, 1].
    low, high
        Mean of the outcome in the lowest and in the highest tenth of the parameter's draws.
    first, total
        Sobol indices; None where they were not asked for.
    first_error, total_error
        Half-widths of their 95% confidence intervals.
    """

    parameter: str
    outcome: str
    pawn: float
    low: float
    high: float
    first: float | None = None
    total: float | None = None
    first_error: float | None = None
    total_error: float | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    """Share of an outcome's variance that two parameters explain only together, with its 95% half-width."""

    outcome: str
    one: str
    two: str
    share: float
    error: float


def require_salib() -> None:
    """Raise unless SALib is installed."""
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        raise MissingExtraError(
            "Global sensitivity needs SALib, which is not installed. "
            "Install it with: pip install 'bystander[sensitivity]'"
        )


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Call SALib inside: what it warns of, a sample too small for an index, is told by the index."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def saltelli(problem: Mapping[str, Any], draws: int, seed: int) -> Array:
    """Return Saltelli's sample of about ``draws`` points in the unit cube."""
    width = 2 * problem["num_vars"] + 2
    count = 2 ** max(3, round(math.log2(max(draws / width, 1.0))))
    with _without_warnings():
        from SALib.sample import sobol

        return np.asarray(sobol.sample(dict(problem), count, calc_second_order=True, seed=seed))


def analyse(
    problem: dict[str, Any],
    uniform: Array,
    values: Mapping[str, Array],
    solved: Array,
    method: str,
    seed: int,
) -> tuple[list[GlobalSensitivity], list[Interaction]]:
    """Return indices of every outcome and, for Sobol, the interactions, largest first."""
    names = problem["names"]
    rows: list[GlobalSensitivity] = []
    pairs: list[Interaction] = []
    for outcome, y in values.items():
        there = solved & np.isfinite(y)
        x, known = uniform[there], y[there]
        if not there.any():
            continue
        flat = bool(np.ptp(known) <= 1e-12 * max(abs(known).max(), 1e-300))
        pawn = np.zeros(len(names)) if flat else _pawn(x, known)
        shares: dict[str, Any] = {}
        if method == "sobol" and not flat and there.all():
            shares = _sobol(problem, y, seed)
            for a in range(len(names)):
                for b in range(a + 1, len(names)):
                    pairs.append(
                        Interaction(
                            outcome,
                            names[a],
                            names[b],
                            float(shares["S2"][a, b]),
                            float(shares["S2_conf"][a, b]),
                        )
                    )
        found = []
        for k, name in enumerate(names):
            lowest, highest = x[:, k] <= np.quantile(x[:, k], 0.1), x[:, k] >= np.quantile(x[:, k], 0.9)
            index = {s: float(shares[s][k]) for s in ("S1", "ST", "S1_conf", "ST_conf")} if shares else {}
            found.append(
                GlobalSensitivity(
                    name,
                    outcome,
                    float(pawn[k]),
                    float(known[lowest].mean()),
                    float(known[highest].mean()),
                    index.get("S1"),
                    index.get("ST"),
                    index.get("S1_conf"),
                    index.get("ST_conf"),
                )
            )
        rows += sorted(found, key=lambda r: -in_rank(r.pawn if r.total is None else r.total))
    return rows, sorted(pairs, key=lambda p: -in_rank(abs(p.share)))


def _pawn(x: Array, y: Array) -> Array:
    """Return ``(k,)`` the index of each column; at most 10 slices of at least 15 draws, alike."""
    from scipy.stats import ks_2samp

    slices = max(2, min(10, len(y) // 15))
    index = np.zeros(x.shape[1])
    for k, column in enumerate(x.T):
        edges = np.quantile(column, np.linspace(0.0, 1.0, slices + 1)[1:-1])
        within = np.searchsorted(edges, column, side="right")
        parts = [y[within == part] for part in np.unique(within)]
        index[k] = np.median([ks_2samp(part, y, method="asymp").statistic for part in parts])
    return index


def _sobol(problem: dict[str, Any], y: Array, seed: int) -> dict[str, Any]:
    with _without_warnings():
        from SALib.analyze import sobol

        return dict(sobol.analyze(problem, y, calc_second_order=True, print_to_console=False, seed=seed))


def dummy_index(draws: int, seed: int) -> float:
    """PAWN index of numbers that have nothing to do with each other, the 95th percentile of 40 trials."""
    random = np.random.default_rng(seed)
    trials = [_pawn(random.random((draws, 1)), random.random(draws))[0] for _ in range(40)]
    return float(np.quantile(trials, 0.95))


@dataclass(frozen=True, slots=True)
class LocalSensitivity:
    """How an outcome answers to a small change of one parameter.

    Attributes
    ----------
    value
        Of the parameter, in days, people and dollars.
    derivative
        Per unit of ``value``.
    elasticity
        ``derivative`` times the size of the parameter, or ``derivative`` where the parameter is 0.
    swing
        Derivative per standard deviation of the prior; None without a prior.
    standing
        What the value stands on: measured, learnt, argued or free.
    """

    parameter: str
    outcome: str
    value: float
    derivative: float
    elasticity: float
    swing: float | None
    standing: StandingName


@dataclass(frozen=True, slots=True)
class SensitivityResult:
    """Global sensitivities, largest first for each outcome.

    ``dummy`` is the PAWN index that a parameter without any influence would get from this many draws: indices
    below it say nothing.
    """

    parameters: tuple[GlobalSensitivity, ...]
    interactions: tuple[Interaction, ...]
    method: str
    draws: int
    failed: int
    dummy: float
    seed: int
    ended: str = ""


def why_no_slope(case: Case, outcome: str) -> str:
    """Return why an outcome has no derivative: it is not known, or infinite; "" where it may have one."""
    if why := case.outcomes[outcome].estimate.withheld:
        return why
    return "" if math.isfinite(case.value(outcome)) else INFINITE


def local_sensitivities(
    case: Case, outcomes: Sequence[str] | None = None, parameters: Sequence[str] | None = None
) -> tuple[LocalSensitivity, ...]:
    """Return elasticities of outcomes in parameters, by outcome, largest swing first.

    Outcomes that are not known have none, nor have those that may never come: see `why_no_slope`. Parameters
    that make a rate or chance exactly 0 have none either: what else hangs on them is a part of what they do.
    """
    names = case.outcomes if outcomes is None else outcomes
    asked = [name for name in names if not why_no_slope(case, name)]
    shut = shut_at_zero(case.game)
    found = sensitivities_of(case.scenario, outcome_gradients(case, asked, parameters))
    return tuple(s for s in found if s.parameter not in shut)


def sensitivities_of(
    scenario: Scenario, slopes: Mapping[str, Mapping[str, float]]
) -> tuple[LocalSensitivity, ...]:
    """Return what derivatives of outcomes by parameter say, by outcome, largest swing first."""
    found = []
    for outcome, gradient in slopes.items():
        rows = [_local(scenario, p, outcome, slope) for p, slope in gradient.items()]
        found += sorted(rows, key=lambda r: -in_rank(abs(r.elasticity if r.swing is None else r.swing)))
    return tuple(found)


def _local(scenario: Scenario, name: str, outcome: str, slope: float) -> LocalSensitivity:
    parameter = scenario.parameters[name]
    value = parameter.value.value
    swing = None
    if parameter.prior is not None:
        z, step = to_scale(parameter, value), 1e-3
        speed = (from_scale(parameter, value, z + step) - from_scale(parameter, value, z - step)) / (2 * step)
        swing = slope * speed
    elasticity = slope * (abs(value) or 1.0)
    standing = standing_of_parameter(scenario, name).name
    return LocalSensitivity(name, outcome, value, slope, elasticity, swing, standing)


def global_sensitivities(
    scenario: Scenario,
    *,
    outcomes: Sequence[str] | None = None,
    method: Literal["pawn", "sobol"] = "pawn",
    draws: int = 256,
    parameters: Sequence[str] | None = None,
    seed: int = 0,
    base: Case | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> SensitivityResult:
    """Analyse how outcomes hang on parameters over the priors.

    Parameters
    ----------
    method
        ``pawn``: ``draws`` solves for all parameters. ``sobol``: about ``draws`` solves in all, for the
        `VARIED` parameters of largest local swing (or those named), others held at their values.
    parameters
        Those to vary; all with a prior if None (for ``sobol``: those with most leverage).

    Raises
    ------
    MissingExtraError
        If SALib is not installed.
    QueryError
        If a parameter has no prior, or none has, or there is a single draw.
    """
    if draws < 2:
        raise QueryError(
            "A single draw tells no parameter from another: ask for two at least, better a hundred."
        )
    if method == "sobol":
        require_salib()
    central = base or solve_case(scenario, outcomes=outcomes, judgements=())
    asked = list(central.outcomes) if outcomes is None else list(outcomes)
    names = list(parameters) if parameters is not None else uncertain(scenario)
    if not names:
        raise QueryError(
            "No parameter has a prior, so there is nothing to vary. Write prior: under parameters."
        )
    if method == "sobol" and parameters is None:
        names = _most_leverage(central, asked, names)
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    number = int(key("sensitivity", seed)[0])
    if method == "sobol":
        uniform = saltelli(problem, draws, number)
        worlds = from_uniform(scenario, names, uniform)
    else:
        worlds = draw_parameters(scenario, draws, seed, only=names)
        uniform = _uniform(scenario, names, worlds)
    done = answer_changes(
        central,
        [Change(draw=world) for world in worlds],
        outcomes=asked,
        judgements=(),
        store=store,
        progress=progress,
        step="Drawing from the priors",
        rough=True,
    )
    solved = np.array([a is not None and a.solved for a in done.answers])
    failed = sum(a is not None and not a.solved for a in done.answers)
    if not solved.any():
        return SensitivityResult((), (), method, 0, failed, math.nan, seed, done.ended)
    values = {
        name: np.array([a.outcomes[name] if a is not None and a.solved else np.nan for a in done.answers])
        for name in asked
    }
    rows, pairs = analyse(problem, uniform, values, solved, method, number)
    dummy = dummy_index(int(solved.sum()), number)
    return SensitivityResult(
        tuple(rows), tuple(pairs), method, int(solved.sum()), failed, dummy, seed, done.ended
    )


def _most_leverage(central: Case, outcomes: Sequence[str], names: Sequence[str]) -> list[str]:
    """Parameters whose largest swing, as a share of the outcome's largest, is greatest."""
    leverage = dict.fromkeys(names, 0.0)
    for outcome in outcomes:
        rows = [r for r in local_sensitivities(central, [outcome], names) if r.swing is not None]
        largest = max((abs(r.swing or 0.0) for r in rows), default=0.0)
        for r in rows:
            if largest > 0.0:
                leverage[r.parameter] = max(leverage[r.parameter], abs(r.swing or 0.0) / largest)
    return sorted(names, key=lambda n: -in_rank(leverage[n]))[:VARIED]


def _uniform(scenario: Scenario, names: Sequence[str], worlds: Sequence[Mapping[str, float]]) -> Array:
    columns = []
    for name in names:
        prior = scenario.parameters[name].prior
        assert prior is not None
        columns.append(prior.cdf(np.array([world[name] for world in worlds])))
    return np.column_stack(columns)


def outcome_gradients(
    case: Case, outcomes: Sequence[str] | None = None, parameters: Sequence[str] | None = None
) -> dict[str, Gradient]:
    """Return the derivative of each outcome in each parameter, per unit (days, people, dollars) of it."""
    names = list(case.outcomes) if outcomes is None else list(outcomes)
    requests = [Request(name, case.scenario.outcomes[name]) for name in names]
    return dict(zip(names, gradients(case.equilibrium, requests, parameters), strict=True))


def judgement_gradients(case: Case, judgements: Sequence[str] | None = None) -> dict[str, Gradient]:
    """Return the derivative of each judgement's margin in each parameter."""
    names = list(case.verdicts) if judgements is None else list(judgements)
    tested = [case.scenario.judgements[name] for name in names]
    queries = queries_in(tested)
    clocks = make_clocks(case.equilibrium)
    requests = [request_of(clocks, query, case.scenario.outcomes) for query in queries]
    slopes = dict(zip(queries, gradients(case.equilibrium, requests), strict=True))
    values = case.scenario.parameter_values()
    answers = {query: estimate.value for query, estimate in case.answers.items()}
    found = {}
    for name, judgement in zip(names, tested, strict=True):
        asked = judgement.asked
        total = {p: _slope(partial(margin_of, asked, values=answers), values, p) for p in values}
        for query in queries_in([judgement]):
            weight = _slope(partial(margin_of, asked, values), answers, query)
            for parameter in values:
                total[parameter] += weight * slopes[query].get(parameter, 0.0)
        found[name] = total
    return found


def _slope(formula: Callable[[dict[K, float]], float], at: Mapping[K, float], key: K) -> float:
    """Central difference of a formula in one of its numbers."""
    step = 1e-6 * max(abs(at[key]), 1e-3)
    up, down = {**at, key: at[key] + step}, {**at, key: at[key] - step}
    return (formula(up) - formula(down)) / (2.0 * step)


def target_gradient(case: Case, target: Target) -> Gradient:
    """Return the derivative of a target's gap in each parameter; none where it is unknown or infinite."""
    if not math.isfinite(target.of(case)[0]):
        return {}
    if target.kind == "judgement":
        found = judgement_gradients(case, [target.name])[target.name]
        verdict = case.verdicts[target.name]
        slope = slope_of_scale(verdict.number, "probability") if verdict.log_odds else 1.0
        return {name: slope * value for name, value in found.items()}
    slope = slope_of_scale(case.value(target.name), target.kind)
    found = outcome_gradients(case, [target.name])[target.name]
    return {name: slope * value for name, value in found.items()}
