"""Base rates in closed form, and against draws."""

import numpy as np
import pytest

from bystander.errors import QueryError
from bystander.forecast.making import base_rate


def test_a_base_rate_is_a_mixture_of_poissons() -> None:
    random = np.random.default_rng(1)
    counts = random.poisson(random.gamma(7.5, 1 / 5.0, 400_000) * 2.0)
    for least in range(12):
        found = np.mean(counts >= least)
        assert abs(base_rate(7, 5.0, least, 2.0) - found) < 4 * 0.5 / np.sqrt(len(counts))
    assert base_rate(7, 5.0, 1, 2.0) == pytest.approx(1 - (5 / 7) ** 7.5)
    assert base_rate(7, 5.0, 0, 2.0) == 1.0


def test_never_seen_is_not_never() -> None:
    assert 0.0 < base_rate(0, 10.0, 1, 1.0) < 0.05


def test_nothing_watched_teaches_nothing() -> None:
    with pytest.raises(QueryError, match="positive exposure"):
        base_rate(0, 0.0, 1, 1.0)
