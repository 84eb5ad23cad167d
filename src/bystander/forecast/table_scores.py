r"""How well an argument foretells crises it has not learnt from, beside forecasters that know no mechanism.

Rows are left out by group (an organisation, a region): everything is learnt from the others, then asked about
those left out. Or everything is learnt from one table and asked about another. For each thing observed and
each forecaster

    mean log score  = mean of -log(probability given to what came)      smaller is better, a coin has log K
    difference      = forecaster less base rate, row by row, with its error over groups

so that "better than the base rate" is said only where the difference exceeds twice its error. The argument
stands in five forms: as learnt, its probability averaged over `DRAWS` draws of what was learnt (Laplace's
normal, in opposite pairs); at the most probable numbers alone; at those without each of its motives; by habit
alone, all motives removed and habits learnt again; and with the numbers written in its file, untaught.

Every fold starts from what all rows taught, in the coordinates of that posterior, and is kept once done.

References: `bystander.forecast.scores`; Stone 1974 (cross-validation); Roberts et al. 2017 (leaving groups
out).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bystander.cases.engines import run_tasks, scheduler
from bystander.cases.jobs import INTERRUPTED, unless_ended
from bystander.cases.store import Store, default_store, key_of
from bystander.cases.templates import CaseTable, ObservedColumn, TableRow
from bystander.errors import NotConvergedError, QueryError, ScenarioError, did_you_mean
from bystander.evidence.pooled_table import PooledFit, PooledLikelihood, RowTerm, fit_table
from bystander.forecast.scores import (
    STRONG,
    Example,
    Forecaster,
    MeanScore,
    ScoreDifference,
    base_rate_of,
    by_column,
    coin,
    compare,
    logistic_of,
    mean_score,
    sum_of_signs,
)
from bystander.progress import Progress, part_of, silent
from bystander.scenario import scenario_hash

BASE, COIN = "base rate", "coin"
LEARNT, PROBABLE, WRITTEN, HABIT = "the argument", "at the most probable numbers", "as written", "habit alone"
DRAWS = 32
MOST_VALUES = 12
SEVERAL = 4
"""Parts from which on processes are worth beginning."""
MANY = 200
"""Games times folds from which on processes are worth beginning."""
FIRST = 0.1
"""Share of the work that learning from the whole table is taken to be."""
PART = 16
"""Rows that are asked about in one task."""


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
    groups
        How many there are; ``fits`` holds those that were reached.
    ended
        Why the rest was not reached; "" if all was.
    """

    scores: tuple[ForecasterScore, ...]
    left_out: str
    fits: Mapping[str, PooledFit]
    groups: int
    ended: str = ""


@dataclass(frozen=True)
class _Seen:
    """One row's answer to one thing observed."""

    row: TableRow
    answer: int


@dataclass(frozen=True)
class _Fold:
    """What is learnt from and asked about: names of rows."""

    known: tuple[str, ...]
    asked: tuple[str, ...]


Given = dict[tuple[str, str], dict[str, float]]
"""Probability of what came, by (observed, forecaster) and row."""


def _given_as_plain(given: Given) -> list[Any]:
    return [[*key, rows] for key, rows in given.items()]


def _given_of_plain(kept: Any) -> Given:
    return {
        (str(observed), str(forecaster)): {str(row): float(p) for row, p in rows.items()}
        for observed, forecaster, rows in kept
    }


@dataclass(frozen=True)
class _Folded:
    """What came of one fold."""

    fit: PooledFit
    given: Given

    def to_plain(self) -> dict[str, Any]:
        return {"fit": self.fit.to_plain(), "given": _given_as_plain(self.given)}

    @classmethod
    def of_plain(cls, kept: Any) -> _Folded:
        return cls(PooledFit.of_plain(kept["fit"]), _given_of_plain(kept["given"]))


@dataclass(frozen=True)
class _Learner:
    """All rows, and what they taught: every fold starts from there.

    Attributes
    ----------
    whole, habit
        Fits to all rows that are learnt from: of the argument, and of habits alone.
    """

    table: CaseTable
    column: str
    whole: PooledFit
    habit: PooledFit | None

    @cached_property
    def argument(self) -> PooledLikelihood:
        """The likelihood of all rows, anchored where the whole was learnt."""
        return self._anchored(None, self.whole)

    @cached_property
    def habits(self) -> PooledLikelihood:
        """The same with every motive removed."""
        assert self.habit is not None
        return self._anchored(_no_motives(self.table), self.habit)

    def _anchored(self, fixed: Mapping[str, float] | None, fit: PooledFit) -> PooledLikelihood:
        found = _learning(self.table, fixed)
        found.anchor(fit.values())
        return found

    def learn(self, fold: _Fold) -> tuple[PooledFit, PooledFit | None]:
        """Learn from the rows of a fold."""
        keep = _among(self.table, fold.known)
        whole = fit_table(self.argument.of_rows(keep), near=self.whole)
        habit = fit_table(self.habits.of_rows(keep), near=self.habit) if self.habit is not None else None
        return whole, habit


def leave_out(
    table: CaseTable,
    column: str,
    *,
    store: Store | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TableScores:
    """Learn from all groups but one, in turn, and ask about that one.

    Each fold is kept as soon as it is done; asking again does only the rest. Interrupted, it returns the
    scores of the groups that were reached.

    Raises
    ------
    QueryError
        If the table has no such column or only one group.
    KeyboardInterrupt
        If it was interrupted before any group was reached.
    """
    if any(column not in row.cells for row in table.rows):
        there = did_you_mean(column, table.rows[0].cells)
        raise QueryError(f"The table has no column '{column}' to leave rows out by. {there}")
    if any(each.column == column for each in table.template.section.observed.values()):
        raise QueryError(
            f"'{column}' says what came: rows that are left out by it are told by who is missing. Choose a "
            "column that was known before."
        )
    groups: dict[str, list[str]] = {}
    for row in table.rows:
        groups.setdefault(row.cells[column], []).append(row.name)
    if len(groups) < 2:
        raise QueryError(f"All rows have the same {column}; nothing can be left out.")
    everyone = [row.name for row in table.rows]
    folds = {
        group: _Fold(tuple(name for name in everyone if name not in asked), tuple(asked))
        for group, asked in groups.items()
    }
    store = default_store() if store is None else store
    tell = progress or silent
    found = _kept(table, folds, column, store)
    ended = ""
    if len(found) < len(folds):
        learner = _learn_whole(table, column, store, part_of(tell, 0.0, FIRST))
        todo = {group: fold for group, fold in folds.items() if group not in found}

        def keep(group: str, folded: _Folded) -> None:
            found[group] = folded
            store.put(_key(table, folds[group], column), folded.to_plain())
            done = 1.0 - (len(folds) - len(found)) / len(todo)
            tell(f"Left out {len(found)} of {len(folds)}", FIRST + (1.0 - FIRST) * done)

        games = len({tuple(row.numbers.items()) for row in table.rows}) * len(todo)
        try:
            small = games < MANY and not scheduler()
            ended = run_tasks(_work, learner, todo, keep, workers=1 if small else workers)
        except KeyboardInterrupt:
            ended = INTERRUPTED
        if not found:
            unless_ended(ended)
    clusters = {row.name: row.cells[column] for row in table.rows}
    given = _merged(*(found[group].given for group in folds if group in found))
    fits = {group: found[group].fit for group in folds if group in found}
    return TableScores(_scores(given, clusters), column, fits, len(folds), ended)


def ask_about(
    known: CaseTable, asked: CaseTable, *, store: Store | None = None, progress: Progress | None = None
) -> TableScores:
    """Learn from one table and ask about the rows of another; rows of the same name are not asked about.

    Rows are asked about a few at a time, and answers kept; asking again does only the rest.
    """
    names, section = {row.name for row in known.rows}, asked.template.section
    fresh = replace(asked, rows=tuple(row for row in asked.rows if row.name not in names))
    if not fresh.rows:
        raise QueryError(
            f"Every row of {asked.shown} is one that was learnt from. `bystander cases --leave-out COLUMN` "
            "asks about rows that it leaves out of learning."
        )
    if not any(each.speaks_of(row.cells) for each in section.observed.values() for row in fresh.rows):
        raise QueryError(
            f"There is nothing to score: nothing was observed of those rows of {asked.shown} that are not "
            "learnt from."
        )
    column = section.groups[0] if section.groups else ""
    store = default_store() if store is None else store
    tell = progress or silent
    learner = _learn_whole(known, "", store, part_of(tell, 0.0, 0.5))
    given = _merged(_plain_given(known, fresh), _ask_in_parts(learner, fresh, store, part_of(tell, 0.5, 1.0)))
    clusters = {row.name: row.cells.get(column, row.name) for row in fresh.rows}
    return TableScores(_scores(given, clusters), "", {"": learner.whole}, 1)


def _ask_in_parts(learner: _Learner, fresh: CaseTable, store: Store, progress: Progress) -> Given:
    """Ask every form of the argument about some rows at a time, on all cores if there are many."""
    parts = [replace(fresh, rows=fresh.rows[n : n + PART]) for n in range(0, len(fresh.rows), PART)]
    learnt = _key(learner.table, None)
    keys = {key_of("asked", learnt, _key(part, None)): part for part in parts}
    found = {key: kept for key in keys if (kept := store.get(key, _given_of_plain)) is not None}

    def keep(key: str, given: Given) -> None:
        found[key] = given
        store.put(key, _given_as_plain(given))
        progress(f"Asked about {len(found)} of {len(keys)} parts", len(found) / len(keys))

    progress("Asking", len(found) / len(keys))
    todo = {key: part for key, part in keys.items() if key not in found}
    few = len(todo) < SEVERAL and not scheduler()
    unless_ended(run_tasks(_ask_part, learner, todo, keep, workers=1 if few else None))
    return _merged(*(found[key] for key in keys))


def _ask_part(learner: _Learner, part: CaseTable) -> Given:
    return _argue(learner.table, part, learner.whole, learner.habit)


def fit_of(table: CaseTable, *, progress: Progress | None = None) -> PooledFit:
    """Return what a table taught, learnt now or kept from an earlier time."""
    return _fit_kept(table, None, default_store(), progress or silent)


def _work(learner: _Learner, fold: _Fold) -> _Folded:
    """Learn from one fold and ask about the rest: a task of `bystander.cases.engines`."""
    fit, habit = learner.learn(fold)
    known, asked = (learner.table.only(_among(learner.table, names)) for names in (fold.known, fold.asked))
    return _Folded(fit, _foretell(known, asked, fit, habit, learner.column))


def _foretell(
    known: CaseTable, asked: CaseTable, fit: PooledFit, habit: PooledFit | None, left_out: str = ""
) -> Given:
    """Return the probability that every forecaster gives to what came of the rows asked about."""
    return _merged(_plain_given(known, asked, left_out), _argue(known, asked, fit, habit))


def _plain_given(known: CaseTable, asked: CaseTable, left_out: str = "") -> Given:
    given: Given = {}
    for observed, forecaster, row, probability in _plain_forecasts(known, asked, left_out):
        given.setdefault((observed, forecaster), {})[row] = probability
    return given


def _argue(known: CaseTable, asked: CaseTable, fit: PooledFit, habit: PooledFit | None) -> Given:
    """Return the probability that every form of the argument gives to what came."""
    given: Given = {}
    for forecaster, likelihood, points in _arguments(known, asked, fit, habit):
        found: dict[tuple[str, str], list[float]] = {}
        for values in points:
            for term in _terms_at(likelihood, values):
                found.setdefault((term.observation.name, term.observation.row), []).append(term.probability)
        for (observed, row), chances in found.items():
            given.setdefault((observed, forecaster), {})[row] = float(np.mean(chances))
    return given


def _merged(*parts: Given) -> Given:
    given: Given = {}
    for part in parts:
        for key, rows in part.items():
            given.setdefault(key, {}).update(rows)
    return given


def _among(table: CaseTable, names: Container[str]) -> dict[str, bool]:
    """Say of each row whether it is among some."""
    return {row.name: row.name in names for row in table.rows}


def _terms_at(likelihood: PooledLikelihood, values: Mapping[str, float]) -> tuple[RowTerm, ...]:
    """Return what is foretold at some values; nothing where they mean nothing or have no equilibrium."""
    try:
        return likelihood.at(values, slopes=False).terms
    except (NotConvergedError, ScenarioError):
        return ()


def _kept(table: CaseTable, folds: Mapping[str, _Fold], column: str, store: Store) -> dict[str, _Folded]:
    found = {group: store.get(_key(table, fold, column), _Folded.of_plain) for group, fold in folds.items()}
    return {group: folded for group, folded in found.items() if folded is not None}


def _key(table: CaseTable, fold: _Fold | None, *more: str) -> str:
    """Name an answer by all it depends on: template, rows, which of them are known and asked about."""
    scenarios = [scenario_hash(scenario) for scenario in table.scenarios.values()]
    rows = [(row.name, sorted(row.cells.items()), sorted(row.numbers.items())) for row in table.rows]
    section = table.template.section.model_dump_json()
    return key_of("table", *scenarios, section, repr(rows), repr(fold), *more)


def _learn_whole(table: CaseTable, column: str, store: Store, progress: Progress) -> _Learner:
    whole = _fit_kept(table, None, store, part_of(progress, 0.0, 0.6))
    nothing = _no_motives(table)
    habit = _fit_kept(table, nothing, store, part_of(progress, 0.6, 1.0)) if nothing else None
    return _Learner(table, column, whole, habit)


def _fit_kept(
    table: CaseTable, fixed: Mapping[str, float] | None, store: Store, progress: Progress
) -> PooledFit:
    key = _key(table, None, "fit", repr(sorted((fixed or {}).items())))
    found = store.get(key, PooledFit.of_plain)
    if found is None:
        section = table.template.section
        begin = section.begin_by_habit if fixed else section.begin
        found = fit_table(_learning(table, fixed), begin=begin, progress=progress)
        store.put(key, found.to_plain())
    return found


def _no_motives(table: CaseTable) -> dict[str, float]:
    return dict.fromkeys(table.template.section.motives, 0.0)


def _scores(given: Given, clusters: Mapping[str, str]) -> tuple[ForecasterScore, ...]:
    scores = []
    for (observed, forecaster), rows in given.items():
        base = given[(observed, BASE)]
        with np.errstate(divide="ignore"):
            log = {name: float(-np.log(p)) for name, p in rows.items()}
            base_log = [float(-np.log(base[name])) for name in rows]
        names = [clusters[name] for name in rows]
        scores.append(
            ForecasterScore(
                observed,
                forecaster,
                mean_score(list(log.values()), names),
                mean_score([(1.0 - p) ** 2 for p in rows.values()], names),
                compare(list(log.values()), base_log, names),
                log,
            )
        )
    return tuple(sorted(scores, key=lambda s: (s.observed, s.log.mean)))


def _arguments(
    known: CaseTable, asked: CaseTable, fit: PooledFit, habit: PooledFit | None
) -> Iterator[tuple[str, PooledLikelihood, Sequence[Mapping[str, float]]]]:
    """Yield each form of the argument, with the numbers it goes by: several are averaged over."""
    whole = PooledLikelihood(asked)
    whole.anchor(fit.values())
    yield LEARNT, whole, [whole.coordinates.values(z) for z in fit.sample(DRAWS)] or [fit.values()]
    yield PROBABLE, whole, [fit.values()]
    yield WRITTEN, whole, [whole.central()]
    for motive in known.template.section.motives:
        yield f"without {motive}", whole.holding({motive: 0.0}), [fit.values()]
    if habit is not None:
        yield HABIT, whole.holding(_no_motives(known)), [habit.values()]


def _learning(table: CaseTable, fixed: Mapping[str, float] | None = None) -> PooledLikelihood:
    return PooledLikelihood(table, table.template.section.learn, fixed)


def _plain_forecasts(
    known: CaseTable, asked: CaseTable, left_out: str = ""
) -> Iterable[tuple[str, str, str, float]]:
    """Yield what each plain forecaster gives to what came."""
    for name, observed in known.template.section.observed.items():
        examples = [Example(seen.row.cells, seen.answer) for seen in _seen(known, observed)]
        for forecaster, forecast in _plain(known, observed, examples, left_out).items():
            for seen in _seen(asked, observed):
                yield name, forecaster, seen.row.name, float(forecast(seen.row.cells)[seen.answer])


def _plain(
    table: CaseTable, observed: ObservedColumn, examples: list[Example], left_out: str
) -> dict[str, Forecaster]:
    template, count = table.template, _count(observed)
    found = {COIN: coin(count), BASE: base_rate_of(examples, count)}
    facts = dict.fromkeys(template.column_of(hole.name) for hole in template.holes)
    values = {c: {row.cells.get(c, "") for row in table.rows} for c in (*facts, *template.section.groups)}
    columns = [c for c in facts if c not in observed.before and 1 < len(values[c]) <= MOST_VALUES]
    groups = [c for c in template.section.groups if c != left_out and len(values[c]) > 1]
    found |= {f"rate by {column}": by_column(examples, count, column) for column in (*columns, *groups)}
    if count == 2 and examples:
        signs = {c: of for c, of in template.section.signs.items() if c not in observed.before}
        if signs:
            found["sum of signs"] = sum_of_signs(examples, signs)
        found["logistic regression"] = logistic_of(examples, columns)
        found["logistic regression, strong ridge"] = logistic_of(examples, columns, STRONG)
    return found


def _count(observed: ObservedColumn) -> int:
    return 2 if observed.outcome is not None else len(set(observed.outcomes.values()))


def _seen(table: CaseTable, observed: ObservedColumn) -> list[_Seen]:
    """Return the rows of which this was observed; a yes is answer 0."""
    places = {name: n for n, name in enumerate(dict.fromkeys(observed.outcomes.values()))}
    found = []
    for row in table.rows:
        if observed.speaks_of(row.cells):
            cell = row.cells[observed.column]
            no = int(cell not in observed.yes)
            found.append(_Seen(row, no if observed.outcome else places[observed.outcomes[cell]]))
    return found
