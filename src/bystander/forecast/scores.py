"""Proper scores, and the forecasters that know no mechanism, which an argument must beat to be worth having.

For a probability p of a yes and the answer y in {0, 1}

    Brier   (p - y)^2                         log    -log(p if y else 1 - p)

Smaller is better throughout. Both are proper: whoever believes p does best, on average, by saying p (Gneiting
& Raftery 2007). A log score is infinite when what was called impossible happens; it is reported as infinite,
never cut off.

A mean over questions carries its standard error, computed over *clusters* where questions depend on one
another (one question asked at several horizons is one cluster). A score says little by itself: it is shown
beside those of baselines on the same questions (`bystander.forecast.making`), and in tables of cases beside
those of forecasters that learn from rows whose answers are known and give a row a probability of each of K
answers:

    coin        1 / K
    base rate   (n_k + 1/2) / (n + K/2)                                     Jeffreys
    by COLUMN   (n_ck + b_k) / (n_c + 1), b the base rate: the rate among rows that agree in a column, pulled
                to it
    signs       logit p = a + c x,  x the sum of the signs that theory gives to the row's cells; a, c fitted
    logistic    logit p = a + sum of c_j over the cells of every case fact, ridge penalty |c|^2 / 2

The fits are penalised: a ~ N(0, 10^2), c ~ N(0, 1) with x scaled to a standard deviation of 1 (signs: N(0,
10^2); a strong ridge: N(0, 1/5^2)), found by Newton's method, which has one solution. ``signs`` and
``logistic`` exist for two answers only.

Fails where: questions were chosen after their answers were known (a hindcast), or too few were asked for
their mean to differ from a baseline's by more than its error; `compare` says so.

References: Brier 1950; Dawes 1979 (improper linear models); Gneiting & Raftery 2007; Hoerl & Kennard 1970;
Jeffreys 1946; Murphy 1973 (decomposition).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from bystander.errors import QueryError

Array = NDArray[Any]
EDGES = (0.0, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 1.0)
Cells = Mapping[str, str]
Forecaster = Callable[[Cells], Array]
WIDE, NARROW, STRONG = 10.0, 1.0, 0.2


def brier(probability: ArrayLike, happened: ArrayLike) -> Array:
    """Return ``(p - y)^2``; shapes broadcast.

    Raises
    ------
    QueryError
        If a probability lies outside [0, 1] or an answer is neither 0 nor 1.
    """
    p, y = _checked(probability, happened)
    squared: Array = np.square(p - y)
    return squared


def log_score(probability: ArrayLike, happened: ArrayLike) -> Array:
    """Return minus the log of the probability given to what came; infinite where that was 0."""
    p, y = _checked(probability, happened)
    with np.errstate(divide="ignore"):
        return -np.where(y == 1.0, np.log(p), np.log1p(-p))


@dataclass(frozen=True, slots=True)
class MeanScore:
    """A mean score over questions.

    Attributes
    ----------
    error
        Standard error over clusters; NaN for fewer than two.
    count, clusters
        Questions, and groups of them that depend on each other.
    """

    mean: float
    error: float
    count: int
    clusters: int


def mean_score(scores: ArrayLike, clusters: Sequence[object] | None = None) -> MeanScore:
    """Return the mean of scores and its standard error over clusters.

    With cluster sums s_c of deviations from the mean, ``error = sqrt(C / (C - 1) sum_c s_c^2) / n``.
    """
    values = np.asarray(scores, float)
    if not len(values):
        raise QueryError("There is nothing to score.")
    names = list(range(len(values))) if clusters is None else list(clusters)
    index = {name: place for place, name in enumerate(dict.fromkeys(names))}
    mean = float(values.mean())
    count = len(index)
    if count < 2 or not np.isfinite(values).all():
        return MeanScore(mean, float("nan"), len(values), count)
    sums = np.bincount([index[name] for name in names], weights=values - mean, minlength=count)
    error = float(np.sqrt(count / (count - 1) * np.square(sums).sum()) / len(values))
    return MeanScore(mean, error, len(values), count)


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Forecasts between two probabilities: how many, what they said on average, how often it came."""

    low: float
    high: float
    count: int
    said: float
    came: float


def calibration(probability: ArrayLike, happened: ArrayLike) -> tuple[CalibrationRow, ...]:
    """Group forecasts by what they said, in the bands of the estimative words.

    A band holds its lower edge; the last one also its upper. Empty bands are left out.
    """
    p, y = _checked(probability, happened)
    band = np.clip(np.searchsorted(EDGES, p, side="right") - 1, 0, len(EDGES) - 2)
    rows = []
    for b, (low, high) in enumerate(pairwise(EDGES)):
        said, came = p[band == b], y[band == b]
        if said.size:
            rows.append(CalibrationRow(low, high, said.size, float(said.mean()), float(came.mean())))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """Ours less theirs on the same questions; negative is better."""

    difference: MeanScore

    @property
    def told(self) -> str:
        """Say who did better, or that the questions cannot tell."""
        d = self.difference
        if not np.isfinite(d.error) or abs(d.mean) <= 2.0 * d.error:
            return "cannot be told apart"
        return "better" if d.mean < 0.0 else "worse"


def compare(ours: ArrayLike, theirs: ArrayLike, clusters: Sequence[object] | None = None) -> ScoreDifference:
    """Compare two forecasters question by question: the difference's mean and error, by cluster."""
    return ScoreDifference(mean_score(np.asarray(ours, float) - np.asarray(theirs, float), clusters))


def _checked(probability: ArrayLike, happened: ArrayLike) -> tuple[Array, Array]:
    p, y = np.broadcast_arrays(np.asarray(probability, float), np.asarray(happened, float))
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise QueryError("A probability lies between 0 and 1.")
    if not np.isin(y, (0.0, 1.0)).all():
        raise QueryError("An answer is 0 or 1.")
    return p, y


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
