"""Totals and firings against quadrature, published numbers and the Poisson process."""

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from bystander.process.chain import make_chain, rate_of
from reference.processes import (
    accumulated,
    accumulated_from_everywhere,
    dense,
    options_in_order,
    process,
    random_process,
)


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
        everywhere = accumulated_from_everywhere(chain, reward, time)
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
    for reward in (1.0, 3.0):
        found = accumulated(chain, None, np.array([reward]), np.array([4.0]))
        assert found.value[0] == pytest.approx(10.0 * reward, abs=1e-9)
