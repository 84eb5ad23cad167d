"""Crises that strangers coded from the library alone, asked once more: ``python -m benchmarks.strangers``.

Questions and answers (`strangers/questions.csv`) were written down before the library was opened, and each
file beside them was finished before it was first solved. What they scored then, with the library as it was,
stands in `docs/explanation/limits.md`, which has two questions more (of thresholds of totals, read by hand).
The library has been mended since by what they showed: what is printed here is no test of it. Brier scores: of
the argument, of habit alone, and of a coin.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from bystander.cases.cases import Case, solve_case
from bystander.forecast.scores import brier
from bystander.scenario import null, read_scenario

FOLDER = Path(__file__).parent / "strangers"
COIN = 0.25


def questions() -> dict[str, dict[str, bool]]:
    """Return, by file and outcome, what came about."""
    asked: dict[str, dict[str, bool]] = defaultdict(dict)
    with (FOLDER / "questions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            asked[row["scenario"]][row["outcome"]] = row["truth"] == "1"
    return asked


def main() -> None:
    """Solve each file, with its reasons and without, and print how its questions score."""
    for name, truths in questions().items():
        scenario = read_scenario(FOLDER / f"{name}.yaml")
        argued, by_habit = (solve_case(each, outcomes=list(truths)) for each in (scenario, null(scenario)))
        print(f"{name}: {score(argued, truths):.3f}, habit {score(by_habit, truths):.3f}, coin {COIN}")
        for outcome, truth in truths.items():
            chances = f"{argued.value(outcome):.3f} {by_habit.value(outcome):.3f}"
            print(f"  {chances} {'yes' if truth else 'no '} {scenario.outcomes[outcome].about}")


def score(case: Case, truths: dict[str, bool]) -> float:
    """Return the mean Brier score of a case's chances."""
    chances = np.array([case.value(outcome) for outcome in truths])
    return float(brier(chances, np.array(list(truths.values()), float)).mean())


if __name__ == "__main__":
    main()
