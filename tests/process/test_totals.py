"""Distributions of counts and totals against Poisson, exact moments and sampled paths."""

import numpy as np
import pytest
from scipy import stats

from bystander.errors import QueryError
from bystander.process.chain import make_chain
from bystander.process.rewards import mean_and_variance
from bystander.process.totals import firings, total
from bystander.seeds import stream
from bystander.simulation.paths import simulate_paths
from reference.processes import process, random_process


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
