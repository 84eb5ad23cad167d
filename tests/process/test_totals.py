"""Distributions of counts and totals against Poisson, exact moments and sampled paths."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from bystander.cases.cases import solve_case
from bystander.errors import QueryError
from bystander.process.chain import make_chain
from bystander.process.outcomes import Request, make_clocks
from bystander.process.totals import firings, mean_and_variance, spread_of, total
from bystander.scenario.read import read_text
from bystander.seeds import stream
from bystander.simulation.paths import simulate_paths
from reference.processes import options_in_order, process, random_process


def test_a_lone_clock_counts_poisson() -> None:
    chain = make_chain(process([[(0, 2.5, [(1.0, 0)])]]))
    found = firings(chain, np.array([True]), 4.0, 12)
    true = np.append(stats.poisson.pmf(np.arange(13), 10.0), stats.poisson.sf(12, 10.0))
    assert np.abs(found.value - true).sum() <= found.error + 1e-12
    assert found.error < 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_counts_have_the_moments_computed_otherwise(seed: int) -> None:
    chain = make_chain(random_process(seed))
    options = chain.option_move == 2
    mean, variance = mean_and_variance(chain, None, options * 1.0, 2.0)
    found = firings(chain, options, 2.0, 60).value
    n = np.arange(len(found))
    assert found.sum() == pytest.approx(1.0, abs=1e-10)
    assert n @ found == pytest.approx(mean.value, abs=1e-8)
    assert n**2 @ found - mean.value**2 == pytest.approx(variance.value, abs=1e-6)


def test_totals_are_bracketed() -> None:
    chain = make_chain(random_process(1))
    flow = np.arange(7.0) % 3
    amounts = np.linspace(0.5, 8.0, 7)
    paths = simulate_paths(chain, 20_000, 3.0, stream(0, "totals"))
    totals = sum(level * paths.days_in(flow == level) for level in (1.0, 2.0))
    sampled = (totals[:, None] <= amounts).mean(axis=0)
    coarse, fine = (total(chain, flow, 3.0, amounts, cells=cells) for cells in (50, 400))
    for bracket in (coarse, fine):
        assert (bracket.lower <= sampled + 0.02).all()
        assert (sampled - 0.02 <= bracket.upper).all()
        assert (bracket.lower <= bracket.upper).all()
    assert (fine.upper - fine.lower).sum() < 0.6 * (coarse.upper - coarse.lower).sum()


def test_a_total_that_is_certain_is_bracketed_tightly() -> None:
    chain = make_chain(process([[]]))
    found = total(chain, np.array([2.0]), 3.0, np.array([4.0, 6.0, 9.0]), cells=900)
    assert found.upper[0] < 0.01
    assert found.lower[2] > 0.99


def test_bad_questions_are_refused() -> None:
    chain = make_chain(random_process(0))
    with pytest.raises(QueryError, match="largest count"):
        firings(chain, chain.option_move == 0, 1.0, -1)
    with pytest.raises(QueryError, match="negative"):
        total(chain, -np.ones(7), 1.0, np.array([1.0]))


@pytest.mark.parametrize("seed", range(3))
def test_variance_by_generating_function(seed: int) -> None:
    """The exponential of the tilted generator is complex-differentiable: no subtraction is needed for the
    mean."""
    equilibrium = random_process(seed)
    chain = make_chain(equilibrium)
    rng = np.random.default_rng(seed)
    flow, lump = rng.random(7), rng.random(len(chain.option_rate))

    def generating(theta):
        tilted = np.zeros((7, 7), complex)
        for s, o, _, rate, effects in options_in_order(equilibrium):
            tilted[s, s] -= rate
            for chance, t in effects:
                tilted[s, t] += rate * chance * np.exp(theta * lump[o])
        tilted += theta * np.diag(flow)
        return chain.start @ expm(tilted * 2.0) @ np.ones(7)

    mean, variance = mean_and_variance(chain, flow, lump, 2.0)
    radius, points = 0.05, 16
    circle = radius * np.exp(2j * np.pi * np.arange(points) / points)
    values = np.array([generating(z) for z in circle])
    first = (values / circle).mean().real
    second = 2 * (values / circle**2).mean().real
    assert mean.value == pytest.approx(first, abs=1e-9)
    assert variance.value == pytest.approx(second - first**2, abs=1e-7)


SHOTS = """bystander: 1
title: t
as_of: 2022-10-15
horizon: 1 year
settings: {shocks: control}
variables: {front: {levels: [quiet, fighting], start: quiet}}
hazards:
  outbreak: {when: front == quiet, rate: 2 per year, then: {front: fighting}}
  end: {when: front == fighting, every: 1 month, then: {front: quiet}}
  shot: {when: front == fighting, rate: 3 per year, then: {front: fighting}}
outcomes:
  shots: {counts: nature.shot}
  month: {counts: nature.shot, given: front == fighting, within: 30 days}
  dead: {accumulates: {front == fighting: 2 people per day}, on_moves: {nature.shot: 5 people}}
  days: {accumulates: {front == fighting: 1}}
  battle: {ever: front == fighting}
"""


def test_outcomes_of_a_scenario_have_the_spread_of_their_sampled_histories() -> None:
    scenario = read_text(SHOTS)
    case = solve_case(scenario)
    clocks = make_clocks(case.equilibrium)
    found = {
        name: spread_of(clocks, Request(name, scenario.outcomes[name])) for name in ("shots", "days", "dead")
    }
    chain = make_chain(case.equilibrium)
    paths = simulate_paths(chain, 20_000, 365.25, stream(0, "spread"))
    days = paths.days_in(chain.game.situations.levels[:, 0] == 1)
    assert found["days"].mean.value == pytest.approx(case.value("days"), abs=1e-6)
    assert found["days"].mean.value == pytest.approx(days.mean(), abs=4 * days.std() / math.sqrt(len(days)))
    assert found["days"].deviation == pytest.approx(days.std(), rel=0.03)
    bracket = found["days"].bracket
    sampled = (days[:, None] <= bracket.amounts).mean(axis=0)
    assert (bracket.lower <= sampled + 0.02).all()
    assert (sampled - 0.02 <= bracket.upper).all()
    counts = found["shots"]
    assert counts.mean.value == pytest.approx(case.value("shots"), abs=1e-8)
    chances = np.diff((counts.bracket.lower + counts.bracket.upper) / 2, prepend=0.0)
    assert chances @ counts.bracket.amounts == pytest.approx(counts.mean.value, abs=1e-3)
    assert chances @ counts.bracket.amounts**2 - counts.mean.value**2 == pytest.approx(
        counts.variance.value, abs=1e-2
    )
    assert found["dead"].bracket is None
    assert found["dead"].deviation > found["days"].deviation


def test_known_dates_ahead_are_said_to_be_in_the_way() -> None:
    dated = "calendar: {vote: {date: 2022-11-15, when: front == quiet, then: {front: fighting}}}\nhazards:"
    scenario = read_text(SHOTS.replace("hazards:", dated))
    clocks = make_clocks(solve_case(scenario).equilibrium)
    with pytest.raises(QueryError, match="bystander simulate"):
        spread_of(clocks, Request("days", scenario.outcomes["days"]))


def test_a_condition_starts_the_clock_and_a_chance_has_no_spread() -> None:
    scenario = read_text(SHOTS)
    clocks = make_clocks(solve_case(scenario).equilibrium)
    month = spread_of(clocks, Request("month", scenario.outcomes["month"]))
    assert (month.given, month.days) == ("front == fighting", 30.0)
    assert month.variance.value >= month.mean.value  # a Poisson count whose rate is uncertain
    with pytest.raises(QueryError, match="no total"):
        spread_of(clocks, Request("battle", scenario.outcomes["battle"]))


def test_amounts_that_are_asked_for_are_bracketed_more_closely() -> None:
    scenario = read_text(SHOTS)
    case = solve_case(scenario)
    clocks = make_clocks(case.equilibrium)
    days, shots = (Request(name, scenario.outcomes[name]) for name in ("days", "shots"))
    asked = spread_of(clocks, days, amounts=[40.0, 80.0, 40.0]).bracket
    paths = simulate_paths(make_chain(case.equilibrium), 20_000, 365.25, stream(0, "asked"))
    sampled = (paths.days_in(paths_level(case) == 1)[:, None] <= asked.amounts).mean(axis=0)
    assert asked.amounts.tolist() == [40.0, 80.0]
    assert (asked.lower <= sampled + 0.02).all()
    assert (sampled - 0.02 <= asked.upper).all()
    whole = total(clocks.chain, (paths_level(case) == 1) * 1.0, 365.25, asked.amounts)
    assert ((asked.upper - asked.lower) < 0.6 * (whole.upper - whole.lower)).all()
    told, all_of_them = spread_of(clocks, shots, amounts=[2.5]).bracket, spread_of(clocks, shots).bracket
    assert told.amounts.tolist() == [2.0]
    assert told.lower[0] == pytest.approx(all_of_them.lower[2], abs=1e-8)
    for request, amount in ((days, -1.0), (days, math.nan), (days, math.inf), (shots, 401.0)):
        with pytest.raises(QueryError, match="cannot be asked to be more than"):
            spread_of(clocks, request, amounts=[amount])


def paths_level(case):
    return case.game.situations.levels[:, 0]


@pytest.mark.parametrize("rate", [1e-3, 1e-9, 1e-12, 1e-16, 1e-100, 1e-300])
def test_what_hardly_ever_comes_has_a_spread_too(rate: float) -> None:
    """Of q outbreaks expected q is the variance, and of the days after one at an even time a third."""
    text = SHOTS.replace("2 per year", f"{rate} per year").replace("every: 1 month", "rate: 0 per year")
    scenario = read_text(text.replace("shots: {counts: nature.shot}", "shots: {counts: nature.outbreak}"))
    clocks = make_clocks(solve_case(scenario).equilibrium)
    shots, days = (spread_of(clocks, Request(name, scenario.outcomes[name])) for name in ("shots", "days"))
    near = 2 * rate + 1e-9
    assert shots.variance.value == pytest.approx(rate, rel=near, abs=0.0)
    assert shots.bracket is not None
    assert days.mean.value == pytest.approx(365.25 * rate / 2, rel=near, abs=0.0)
    assert days.variance.value == pytest.approx(365.25**2 * rate / 3, rel=near, abs=0.0)
    assert days.bracket is not None
    assert 1.0 - rate - near <= days.bracket.upper[-1]
