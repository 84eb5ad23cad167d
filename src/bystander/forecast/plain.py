r"""Forecasters that know no mechanism, for tables of cases: what an argument must beat to be worth having.

Each learns from rows whose answers are known and gives a row a probability of each of K answers.

    coin        1 / K
    base rate   (n_k + 1/2) / (n + K/2)                                     Jeffreys
    by COLUMN   (n_ck + b_k) / (n_c + 1), b the base rate: the rate among rows that agree in a column, pulled
                to it
    signs       logit p = a + c x,  x the sum of the signs that theory gives to the row's cells; a, c fitted
    logistic    logit p = a + sum of c_j over the cells of every case fact, ridge penalty |c|^2 / 2

The fits are penalised: a ~ N(0, 10^2), c ~ N(0, 1) with x scaled to a standard deviation of 1 (signs: N(0,
10^2); a strong ridge: N(0, 1/5^2)), found by Newton's method, which has one solution. ``signs`` and
``logistic`` exist for two answers only.

References: Dawes 1979 (improper linear models); Hoerl & Kennard 1970; Jeffreys 1946.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[Any]
Cells = Mapping[str, str]
Forecaster = Callable[[Cells], Array]
WIDE, NARROW, STRONG = 10.0, 1.0, 0.2


@dataclass(frozen=True, slots=True)
class Example:
    """A row's cells and which of the K answers came, counted from 0."""

    cells: Cells
    answer: int


def coin(count: int) -> Forecaster:
    """Return the forecaster that knows nothing."""
    return lambda _: np.full(count, 1.0 / count)


def base_rate_of(examples: Sequence[Example], count: int) -> Forecaster:
    """Return the forecaster that knows how often each answer came."""
    rates = _rates(examples, count)
    return lambda _: rates


def by_column(examples: Sequence[Example], count: int, column: str) -> Forecaster:
    """Return the forecaster that knows how often each answer came among rows that agree in a column."""
    base = _rates(examples, count)
    found: dict[str, Array] = {}
    for example in examples:
        found.setdefault(example.cells.get(column, ""), np.zeros(count))[example.answer] += 1.0

    def forecast(cells: Cells) -> Array:
        counts = found.get(cells.get(column, ""), np.zeros(count))
        pulled: Array = (counts + base) / (counts.sum() + 1.0)
        return pulled

    return forecast


def sum_of_signs(examples: Sequence[Example], signs: Mapping[str, Mapping[str, float]]) -> Forecaster:
    """Return the forecaster that adds up signs from theory, with a level and a slope fitted."""

    def total(cells: Cells) -> Array:
        return np.array([sum(values.get(cells.get(column, ""), 0.0) for column, values in signs.items())])

    return _fitted(examples, total, WIDE)


def logistic_of(examples: Sequence[Example], columns: Sequence[str], width: float = NARROW) -> Forecaster:
    """Return the ridge regression on every value that the columns were seen to take."""
    seen = [
        (column, value)
        for column in columns
        for value in sorted({example.cells.get(column, "") for example in examples})
    ]
    return _fitted(examples, lambda cells: np.array([float(cells.get(c, "") == v) for c, v in seen]), width)


def _rates(examples: Sequence[Example], count: int) -> Array:
    counts = np.bincount([example.answer for example in examples], minlength=count)
    rates: Array = (counts + 0.5) / (len(examples) + 0.5 * count)
    return rates


def _fitted(examples: Sequence[Example], features: Callable[[Cells], Array], width: float) -> Forecaster:
    y = np.array([float(example.answer == 0) for example in examples])
    raw = np.array([features(example.cells) for example in examples])
    middle = raw.mean(axis=0)
    scale = np.where(raw.std(axis=0) > 0.0, raw.std(axis=0), 1.0)
    design = np.column_stack([np.ones(len(raw)), (raw - middle) / scale])
    penalty = np.array([WIDE**-2, *np.full(raw.shape[1], width**-2)])
    weights = _newton(design, y, penalty)

    def forecast(cells: Cells) -> Array:
        z = float(weights @ np.array([1.0, *((features(cells) - middle) / scale)]))
        yes = float(expit(z))
        return np.array([yes, 1.0 - yes])

    return forecast


def _newton(design: Array, y: Array, penalty: Array) -> Array:
    """Maximise the penalised likelihood; halved steps keep it rising."""
    weights = np.zeros(design.shape[1])

    def loss(w: Array) -> float:
        z = design @ w
        return float(np.logaddexp(0.0, z).sum() - y @ z + 0.5 * (penalty * w) @ w)

    for _ in range(100):
        p = expit(design @ weights)
        gradient = design.T @ (p - y) + penalty * weights
        if np.abs(gradient).max() < 1e-10:
            break
        curvature = (design.T * (p * (1.0 - p))) @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6 and loss(weights - size * step) > loss(weights):
            size /= 2.0
        weights = weights - size * step
    return weights
