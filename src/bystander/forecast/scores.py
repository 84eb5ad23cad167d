r"""Proper scores: what a forecast earns when the answer is known. Smaller is better throughout.

For a probability p of a yes and the answer y in {0, 1}

    Brier   (p - y)^2                         log    -log(p if y else 1 - p)

Both are proper: whoever believes p does best, on average, by saying p (Gneiting & Raftery 2007). A log score
is infinite when what was called impossible happens; it is reported as infinite, never cut off.

A mean over questions carries its standard error, computed over *clusters* where questions depend on one
another (one question asked at several horizons is one cluster). A score says little by itself: it is shown
beside those of baselines on the same questions (`bystander.forecast.making`).

Fails where: questions were chosen after their answers were known (a hindcast), or too few were asked for
their mean to differ from a baseline's by more than its error; `compare` says so.

References: Brier 1950; Gneiting & Raftery 2007; Murphy 1973
(decomposition).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bystander.errors import QueryError

Array = NDArray[Any]
EDGES = (0.0, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 1.0)


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
