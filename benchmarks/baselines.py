"""The built-in base rate on other people's questions: ``python -m benchmarks.baselines FILE [FILE ...]``.

A file of ForecastBench's resolved ACLED questions (columns ``comparison``, ``reference_value_at_freeze``,
``resolved_to``; comparison ``more``: will the next 30 days count more than the mean of the last 12 times 30?)
gives Brier scores of one probability for all (climatology, which knows the answers' mean) and of the base
rate with its untuned prior. A file of monthly counts by country (``month``, ``name``, ``fatalities_sb``)
gives CRPS, for each month of each year with a year before it, of conflictology (the last twelve months as
they stand) and of the base rate on the same twelve months. Counts of deaths come in bursts, which a steady
rate does not know.

Neither file is needed by anything else, nor shipped.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from bystander.forecast.making import SHAPE, base_rate
from bystander.forecast.scores import brier, mean_score

Array = NDArray[Any]
MONTHS = 12
QUANTILES = (np.arange(200) + 0.5) / 200


def questions(rows: list[dict[str, str]]) -> None:
    """Score questions whether a count exceeds its mean."""
    asked = [row for row in rows if row["comparison"] == "more"]
    answers = np.array([float(row["resolved_to"]) for row in asked])
    means = [float(row["reference_value_at_freeze"]) for row in asked]
    said = [base_rate(MONTHS * mean, MONTHS, int(np.floor(mean + 1e-9)) + 1, 1.0) for mean in means]
    clusters = [row["id12"] for row in asked]
    for name, probability in (("climatology", answers.mean()), ("base rate", said)):
        found = mean_score(brier(probability, answers), clusters)
        print(f"{name:14} Brier {found.mean:.4f} ± {found.error:.4f}, {found.count} answers")


def counts(rows: list[dict[str, str]]) -> None:
    """Score monthly counts: a year's months from the twelve before it."""
    series: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        series[row["name"]][row["month"]] = float(row["fatalities_sb"])
    years = sorted({month[:4] for by_month in series.values() for month in by_month})
    scores: dict[str, list[float]] = defaultdict(list)
    for by_month in series.values():
        for before, year in pairwise(years):
            past = [value for month, value in sorted(by_month.items()) if month.startswith(before)]
            if len(past) < MONTHS:
                continue
            drawn = np.array(past[-MONTHS:])
            steady = nbinom.ppf(QUANTILES, SHAPE + sum(past), MONTHS / (MONTHS + 1.0))
            for month, value in by_month.items():
                if month.startswith(year):
                    scores["conflictology"].append(crps_of_draws(drawn, value))
                    scores["base rate"].append(crps_of_draws(steady, value))
                    scores["last value"].append(abs(past[-1] - value))
    for name, found in scores.items():
        print(f"{name:14} CRPS {np.mean(found):.3f}, {len(found)} country-months")


def crps_of_draws(draws: Array, answer: float) -> float:
    """CRPS of the empirical distribution of draws, ``(n,)``, in O(n log n).

    ``E|X - X'| / 2 = sum_i (2 i - n - 1) x_(i) / n^2`` over sorted draws.
    """
    x = np.sort(draws)
    n = len(x)
    spread = np.dot(2.0 * np.arange(1, n + 1) - n - 1.0, x) / n**2
    return float(np.abs(x - answer).mean() - spread)


def main(paths: list[str]) -> None:
    """Score each file by what its columns are."""
    for path in paths:
        with Path(path).open(encoding="utf-8", newline="") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
        print(path)
        (questions if "comparison" in rows[0] else counts)(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
