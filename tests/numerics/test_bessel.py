"""Chebyshev weights against SciPy's Bessel functions, and what they are for."""

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from scipy.integrate import quad
from scipy.special import ive

from bystander.numerics.weights import bessel


@pytest.mark.parametrize("mean", [1e-9, 0.01, 1.0, 30.0, 777.0, 2e4])
def test_weights(mean: float) -> None:
    window = bessel(mean)
    k = np.arange(len(window.values))
    np.testing.assert_allclose(window.values, ive(k, mean), rtol=1e-10, atol=1e-30)
    assert window.spread(len(k)).sum() == pytest.approx(1.0, abs=1e-13)
    assert window.values[-1] < 1e-20


@pytest.mark.parametrize("mean", [0.5, 30.0])
def test_integrals(mean: float) -> None:
    window = bessel(mean)
    for k in (0, 1, 5, 12):
        true = quad(lambda q, k=k: ive(k, q), 0, mean, epsabs=1e-14, epsrel=1e-13)[0]
        assert window.integrals[k] == pytest.approx(true, rel=1e-10, abs=1e-20)
    assert window.survival(len(window.values)).sum() == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("mean", [0.0, 3.0, 250.0])
def test_they_expand_the_exponential(mean: float) -> None:
    window = bessel(mean)
    x = np.linspace(-1.0, 1.0, 41)
    series = chebyshev.chebval(x, window.spread(len(window.values)))
    np.testing.assert_allclose(series, np.exp(mean * (x - 1.0)), atol=1e-13)
