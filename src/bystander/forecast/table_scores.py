r"""How well an argument foretells crises it has not learnt from, beside forecasters that know no mechanism.

Rows are left out by group (an organisation, a region): everything is learnt from the others, then asked about
those left out. Or everything is learnt from one table and asked about another. For each thing observed and
each forecaster

    mean log score  = mean of -log(probability given to what came)      smaller is better, a coin has log K
    difference      = forecaster less base rate, row by row, with its error over groups

so that "better than the base rate" is said only where the difference exceeds twice its error. The argument
stands in four forms: as learnt; with the numbers written in its file (``as written``); without each of its
motives, the other numbers as learnt; and by habit alone, all motives removed and habits learnt again.

References: `bystander.forecast.scores`; Stone 1974 (cross-validation); Roberts et al. 2017 (leaving groups
out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.cases.templates import CaseTable, ObservedColumn, TableRow
from bystander.errors import QueryError
from bystander.evidence.pooled_table import PooledFit, PooledLikelihood, fit_table
from bystander.forecast.plain import (
    Example,
    Forecaster,
    base_rate_of,
    by_column,
    coin,
    logistic_of,
    sum_of_signs,
)
from bystander.forecast.scores import MeanScore, ScoreDifference, compare, mean_score
from bystander.progress import Progress, part_of, silent

Array = NDArray[Any]
BASE, COIN, LEARNT, WRITTEN, HABIT = "base rate", "coin", "the argument", "as written", "habit alone"
MOST_VALUES = 12


@dataclass(frozen=True, slots=True)
class ForecasterScore:
    """How one forecaster did on one thing observed.

    Attributes
    ----------
    brier
        Mean of (1 - probability given to what came)^2: the Brier score where there are two answers.
    against_base
        Its log score less that of the base rate, on the same rows.
    rows
        Log score of each row, in nats.
    """

    observed: str
    forecaster: str
    log: MeanScore
    brier: MeanScore
    against_base: ScoreDifference
    rows: Mapping[str, float]


@dataclass(frozen=True)
class TableScores:
    """Scores of all forecasters, and what each fold taught.

    Attributes
    ----------
    left_out
        The column by which rows were left out; "" where another table was asked about.
    """

    scores: tuple[ForecasterScore, ...]
    left_out: str
    fits: Mapping[str, PooledFit]


@dataclass(frozen=True)
class _Seen:
    """One row's answer to one thing observed."""

    row: TableRow
    answer: int


def leave_out(table: CaseTable, column: str, *, progress: Progress | None = None) -> TableScores:
    """Learn from all groups but one, in turn, and ask about that one.

    Raises
    ------
    QueryError
        If the table has no such column or only one group.
    """
    if any(column not in row.cells for row in table.rows):
        raise QueryError(f"The table has no column '{column}' to leave rows out by.")
    groups = list(dict.fromkeys(row.cells[column] for row in table.rows))
    if len(groups) < 2:
        raise QueryError(f"All rows have the same {column}; nothing can be left out.")
    folds = []
    for number, group in enumerate(groups):
        known = table.only({row.name: row.cells[column] != group for row in table.rows})
        asked = table.only({row.name: row.cells[column] == group for row in table.rows})
        tell = part_of(progress or silent, number / len(groups), (number + 1) / len(groups))
        folds.append((group, known, asked, tell))
    return _score(folds, column, lambda row: row.cells[column])


def ask_about(known: CaseTable, asked: CaseTable, *, progress: Progress | None = None) -> TableScores:
    """Learn from one table and ask about the rows of another; rows of the same name are not asked about."""
    names = {row.name for row in known.rows}
    fresh = asked.only({row.name: row.name not in names for row in asked.rows})
    if not fresh.rows:
        raise QueryError(f"Every row of {asked.shown} is one that was learnt from.")
    groups = asked.template.section.groups
    column = groups[0] if groups else ""
    fold = ("", known, fresh, progress or silent)
    return _score([fold], "", lambda row: row.cells.get(column, row.name))


def _score(
    folds: Iterable[tuple[str, CaseTable, CaseTable, Progress]],
    column: str,
    cluster: Callable[[TableRow], str],
) -> TableScores:
    given: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
    clusters: dict[str, str] = {}
    fits: dict[str, PooledFit] = {}
    for group, known, asked, tell in folds:
        clusters.update({row.name: cluster(row) for row in asked.rows})
        for observed, forecaster, row, probability in _plain_forecasts(known, asked):
            given.setdefault((observed, forecaster), {})[row] = probability
        fits[group] = fit_table(_learning(known), progress=tell)
        for forecaster, likelihood, values in _arguments(known, asked, fits[group]):
            for term in likelihood.at(values, slopes=False).terms:
                o = term.observation
                squares = (1.0 - term.probability) ** 2
                given.setdefault((o.name, forecaster), {})[o.row] = (term.probability, squares)
    scores = []
    for (observed, forecaster), rows in given.items():
        base = given[(observed, BASE)]
        with np.errstate(divide="ignore"):
            log = {name: float(-np.log(p)) for name, (p, _) in rows.items()}
            base_log = [float(-np.log(base[name][0])) for name in rows]
        names = [clusters[name] for name in rows]
        scores.append(
            ForecasterScore(
                observed,
                forecaster,
                mean_score(list(log.values()), names),
                mean_score([square for _, square in rows.values()], names),
                compare(list(log.values()), base_log, names),
                log,
            )
        )
    return TableScores(tuple(sorted(scores, key=lambda s: (s.observed, s.log.mean))), column, fits)


def _arguments(
    known: CaseTable, asked: CaseTable, fit: PooledFit
) -> Iterable[tuple[str, PooledLikelihood, Mapping[str, float]]]:
    """Yield each form of the argument, with the numbers it goes by."""
    motives = known.template.section.motives
    whole = PooledLikelihood(asked)
    yield LEARNT, whole, fit.values()
    yield WRITTEN, whole, dict(zip(whole.names, whole.at_prior(), strict=True))
    for motive in motives:
        fixed = {motive: 0.0}
        yield f"without {motive}", PooledLikelihood(asked, fixed=fixed), fit.values()
    if motives:
        nothing = dict.fromkeys(motives, 0.0)
        habit = fit_table(_learning(known, nothing))
        yield HABIT, PooledLikelihood(asked, fixed=nothing), habit.values()


def _learning(table: CaseTable, fixed: Mapping[str, float] | None = None) -> PooledLikelihood:
    return PooledLikelihood(table, table.template.section.learn, fixed)


def _plain_forecasts(
    known: CaseTable, asked: CaseTable
) -> Iterable[tuple[str, str, str, tuple[float, float]]]:
    """Yield what each plain forecaster gives to what came, with the square of what it missed."""
    section = known.template.section
    for name, observed in section.observed.items():
        count = _count(observed)
        examples = [Example(seen.row.cells, seen.answer) for seen in _seen(known, observed)]
        for forecaster, forecast in _plain(known, examples, count).items():
            for seen in _seen(asked, observed):
                p = float(forecast(seen.row.cells)[seen.answer])
                yield name, forecaster, seen.row.name, (p, (1.0 - p) ** 2)


def _plain(table: CaseTable, examples: list[Example], count: int) -> dict[str, Forecaster]:
    template = table.template
    found = {COIN: coin(count), BASE: base_rate_of(examples, count)}
    columns = [template.column_of(hole.name) for hole in template.holes]
    columns = [c for c in columns if 1 < len({row.cells.get(c, "") for row in table.rows}) <= MOST_VALUES]
    found |= {f"rate by {column}": by_column(examples, count, column) for column in columns}
    if count == 2 and examples:
        if template.section.signs:
            found["sum of signs"] = sum_of_signs(examples, template.section.signs)
        found["logistic regression"] = logistic_of(examples, columns)
    return found


def _count(observed: ObservedColumn) -> int:
    return 2 if observed.outcome is not None else len(set(observed.outcomes.values()))


def _seen(table: CaseTable, observed: ObservedColumn) -> list[_Seen]:
    """Return the rows of which this was observed; a yes is answer 0."""
    places = {name: n for n, name in enumerate(dict.fromkeys(observed.outcomes.values()))}
    found = []
    for row in table.rows:
        if all(row.cells.get(other, "") in values for other, values in observed.only.items()):
            cell = row.cells[observed.column]
            no = int(cell not in observed.yes)
            found.append(_Seen(row, no if observed.outcome else places[observed.outcomes[cell]]))
    return found
