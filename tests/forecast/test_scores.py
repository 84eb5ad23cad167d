"""Scores against published values, another library, and their definitions."""

import numpy as np
import pytest
import scoringrules
from hypothesis import given
from hypothesis import strategies as st

from bystander.errors import QueryError
from bystander.forecast.scores import (
    brier,
    calibration,
    compare,
    log_score,
    mean_score,
)

chances = st.floats(0.0, 1.0)


def test_published_values() -> None:
    assert brier(0.271, 0) == pytest.approx(0.073441)
    assert log_score(0.481, 0) == pytest.approx(0.6558514, abs=1e-7)


@given(chances, st.sampled_from([0, 1]))
def test_as_scoringrules_has_them(p: float, y: int) -> None:
    assert brier(p, y) == pytest.approx(scoringrules.brier_score(y, p))


@given(chances, chances)
def test_honesty_pays(belief: float, said: float) -> None:
    for score in (brier, log_score):
        honest, other = (
            sum(weight * score(p, y) for y, weight in ((1, belief), (0, 1.0 - belief)) if weight)
            for p in (belief, said)
        )
        assert honest <= other + 1e-12


def test_what_was_called_impossible_costs_everything() -> None:
    assert log_score(0.0, 1) == np.inf
    assert log_score(1.0, 1) == 0.0
    assert np.isinf(mean_score([0.1, np.inf]).mean)


def test_questions_of_one_cluster_count_as_one() -> None:
    alone = mean_score([0.1, 0.3, 0.2, 0.6])
    doubled = mean_score(np.repeat([0.1, 0.3, 0.2, 0.6], 2), np.repeat([0, 1, 2, 3], 2))
    assert doubled.error == pytest.approx(alone.error)
    assert (doubled.count, doubled.clusters) == (8, 4)
    assert alone.error == pytest.approx(np.std([0.1, 0.3, 0.2, 0.6], ddof=1) / 2)


def test_calibration_counts_everything_once() -> None:
    p = np.array([0.0, 0.05, 0.2, 0.5, 0.55, 0.99, 1.0])
    rows = calibration(p, [0, 0, 1, 1, 0, 1, 1])
    assert sum(row.count for row in rows) == len(p)
    assert [row.count for row in rows] == [1, 1, 1, 1, 1, 2]
    assert rows[-1].came == 1.0


def test_too_few_questions_cannot_tell() -> None:
    assert compare([0.1, 0.5], [0.2, 0.4]).told == "cannot be told apart"
    assert compare(np.full(50, 0.1), np.linspace(0.2, 0.3, 50)).told == "better"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: brier(1.1, 0), "between 0 and 1"),
        (lambda: brier(np.nan, 0), "between 0 and 1"),
        (lambda: brier(0.5, 2), "0 or 1"),
        (lambda: mean_score([]), "nothing to score"),
    ],
)
def test_what_is_refused(call, says) -> None:
    with pytest.raises(QueryError, match=says):
        call()
