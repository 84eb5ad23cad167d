"""Poisson weights against SciPy's distribution, and bounds that hold."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import stats

from bystander.numerics.weights import poisson


def exactly(mean: float, last: int) -> np.ndarray:
    """Weights 0 .. last by the recursion in fifty digits."""
    with localcontext() as context:
        context.prec = 50
        context.Emin = -(10**9)
        term = (-Decimal(mean)).exp()
        out = [term]
        for k in range(1, last + 1):
            term = term * Decimal(mean) / k
            out.append(term)
    return np.array([float(p) for p in out])


@pytest.mark.parametrize("mean", [1e-9, 0.3, 1.0, 7.0, 24.5, 400.0, 1e4, 7e4])
@pytest.mark.parametrize("epsilon", [1e-6, 1e-13])
def test_weights_are_poisson_and_the_bound_holds(mean: float, epsilon: float) -> None:
    window = poisson(mean, epsilon)
    true = exactly(mean, window.right + 200)
    kept = slice(window.left, window.right + 1)
    outside = true[: window.left].sum() + true[window.right + 1 :].sum()
    assert outside <= window.error
    assert 0.5 * (np.abs(window.weights - true[kept]).sum() + outside) <= window.error
    assert window.error <= epsilon + 1e-12
    assert window.right - window.left < 60 + 16 * np.sqrt(mean)


@pytest.mark.parametrize("mean", [0.3, 5.6, 24.5, 400.0, 7e4])
@pytest.mark.parametrize("share", [0.999, 0.9, 0.6, 0.3, 0.05, 1e-3])
def test_the_bound_for_smaller_means_holds(mean: float, share: float) -> None:
    assert poisson(share * mean, 1e-12).error <= poisson(mean, 1e-12).error_before


def test_no_time_no_jump() -> None:
    window = poisson(0.0)
    assert (window.left, window.right, window.weights.tolist()) == (0, 0, [1.0])


@pytest.mark.parametrize("length", [1, 3, 40, 200])
def test_spread_and_survival_keep_their_totals(length: int) -> None:
    window = poisson(25.0)
    assert window.spread(length).sum() == pytest.approx(1.0, abs=1e-12)
    assert window.survival(length).sum() == pytest.approx(25.0, abs=1e-9)
    k = np.arange(length - 1)
    np.testing.assert_allclose(window.survival(length)[:-1], stats.poisson.sf(k, 25.0), atol=2e-12)


def test_excess_bounds_the_jumps_beyond() -> None:
    window = poisson(50.0, 1e-6)
    k = np.arange(window.right + 1, window.right + 400)
    assert ((k - window.right) * stats.poisson.pmf(k, 50.0)).sum() <= window.excess


@pytest.mark.parametrize("mean", [-1.0, np.nan, np.inf])
def test_a_mean_that_is_none_is_refused(mean: float) -> None:
    with pytest.raises(ValueError, match="Poisson mean"):
        poisson(mean)
