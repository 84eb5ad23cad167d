"""Totals, variances and firings against quadrature, published numbers and moment generating functions."""

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from bystander.process.chain import make_chain
from bystander.process.rewards import (
    accumulated,
    accumulated_from_everywhere,
    expected_firings,
    mean_and_variance,
    rate_of,
)
from reference.processes import dense, options_in_order, process, random_process


def test_prism_reward_chain() -> None:
    """PRISM's regression suite: 0 -5-> 1 -7-> 2 -11-> 3 with rewards on situations and jumps."""
    chain = make_chain(
        process([[(0, 5.0, [(1.0, 1)])], [(1, 7.0, [(1.0, 2)])], [(2, 11.0, [(1.0, 3)])], []], moves=3)
    )
    found = accumulated(
        chain, np.array([2.0, 5.0, 11.0, 0.0]), np.array([3.0, 7.0, 0.0]), np.array([0.1, 0.5, 1.0, 10.0])
    )
    np.testing.assert_allclose(found.value, [2.28944, 9.87621, 11.89005, 12.11429], atol=5e-6)
    assert found.error < 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_totals_by_quadrature(seed: int) -> None:
    equilibrium = random_process(seed)
    chain = make_chain(equilibrium)
    rng = np.random.default_rng(seed)
    flow, lump = rng.normal(size=7), rng.normal(size=len(chain.option_rate))
    reward = np.array(flow)
    for s, o, _, rate, _ in options_in_order(equilibrium):
        reward[s] += rate * lump[o]
    np.testing.assert_allclose(rate_of(chain, flow, lump), reward)
    q = dense(equilibrium)
    for time in (0.3, 5.0):
        true = quad_vec(lambda u: expm(q * u) @ reward, 0, time, epsabs=1e-13)[0]
        found = accumulated(chain, flow, lump, np.array([time]))
        assert abs(found.value[0] - chain.start @ true) <= found.error + 1e-11
        everywhere = accumulated_from_everywhere(chain, flow, lump, time)
        assert np.abs(everywhere.value - true).max() <= everywhere.error + 1e-11
        assert max(found.error, everywhere.error) < 1e-8


def test_long_times_meet_the_long_run() -> None:
    chain = make_chain(random_process(1))
    flow = np.arange(7.0)
    found = accumulated(chain, flow, None, np.array([1e4, 2e4]))
    again = accumulated(chain, flow, None, np.array([1.5e4]))
    assert abs(found.value.mean() - again.value[0]) < 1e-6


def test_firings_of_a_lone_clock_are_poisson() -> None:
    chain = make_chain(process([[(0, 2.5, [(1.0, 0)])]]))
    assert expected_firings(chain, np.array([True]), np.array([4.0])).value[0] == pytest.approx(
        10.0, abs=1e-9
    )
    mean, variance = mean_and_variance(chain, None, np.array([3.0]), 4.0)
    assert mean.value == pytest.approx(30.0, abs=1e-9)
    assert variance.value == pytest.approx(90.0, abs=1e-8)


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
