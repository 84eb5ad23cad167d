"""Deciding forecasts from a record, and scoring them beside baselines.

A question is decided by the observation it asked for (`bystander.forecast.questions`): yes if the record
lists enough moves of the class between its moments; no if it lists fewer and the class is covered all that
time; of levels, by the reading of that day; else it stays *open*, with what is missing said. A decision
enters the ledger once and is never changed.

Scores are means over decided questions, each beside the same mean of every baseline **on the questions that
the baseline answered**, with the difference and its error. A score without a baseline is not shown. The void
rate is the share of questions past their day that stay open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bystander.errors import QueryError
from bystander.evidence.record import Record, write_day
from bystander.forecast.ledger import Ledger
from bystander.forecast.making import firings
from bystander.forecast.scores import (
    CalibrationRow,
    MeanScore,
    ScoreDifference,
    brier,
    calibration,
    compare,
    log_score,
    mean_score,
)

EVEN = "coin"
COMPLETE = 0.999


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a question was decided.

    Attributes
    ----------
    happened
        None where it stays open.
    why
        What decided it, or what is missing.
    """

    forecast: str
    question: str
    happened: bool | None
    why: str

    @property
    def identity(self) -> str:
        """What it is entered under."""
        return f"{self.forecast}/{self.question}"

    def entry(self) -> dict[str, Any]:
        """Return it as the plain values that a ledger keeps."""
        return {
            "forecast": self.forecast,
            "question": self.question,
            "happened": self.happened,
            "why": self.why,
        }


def resolve(ledger: Ledger, record: Record) -> tuple[Resolution, ...]:
    """Decide every question of a ledger that is not decided, as far as a record allows."""
    decided = {entry.identity for entry in ledger.of_kind("resolution")}
    found = []
    for entry in ledger.of_kind("forecast"):
        for question in entry.says["questions"]:
            if f"{entry.identity}/{question['name']}" not in decided:
                found.append(decide(entry.identity, question, record))
    return tuple(found)


def decide(forecast: str, question: Mapping[str, Any], record: Record) -> Resolution:
    """Decide one question."""
    begin, end, name = float(question["begin"]), float(question["end"]), str(question["name"])
    if question["of"]:
        days = [day for day in firings(record, question["of"]) if begin <= day <= end]
        wanted = int(question["yes_from"])
        if len(days) >= wanted:
            return Resolution(forecast, name, True, f"{question['of']} on {write_day(days[wanted - 1])}")
        gap = _gap(record, question["of"], begin, end)
        if gap is None:
            return Resolution(forecast, name, False, f"{question['of']} {len(days)} times, and completely")
        return Resolution(
            forecast, name, None, f"{question['of']} is not listed completely from {write_day(gap)} on"
        )
    for each in record.observations:
        readable = each.kind == "level" and question["levels"].keys() <= each.levels.keys()
        if readable and each.begin <= end <= each.end + 1.0:
            read = all(set(each.levels[v]) <= set(levels) for v, levels in question["levels"].items())
            return Resolution(forecast, name, read, f"{each.name} on {write_day(each.begin)}")
    return Resolution(forecast, name, None, f"nothing was read on {write_day(end)}")


def _gap(record: Record, of: str, begin: float, end: float) -> float | None:
    """Return the first moment between two at which a class is not listed completely, if there is one."""
    reached = begin
    whole = [w for w in record.windows if w.of == of and w.listed >= COMPLETE]
    for window in sorted(whole, key=lambda w: w.begin):
        if window.begin <= reached:
            reached = max(reached, window.end)
    return None if reached >= end - 1e-9 else reached


@dataclass(frozen=True, slots=True)
class LedgerScore:
    """How one forecaster did on the questions that it answered."""

    forecaster: str
    brier: MeanScore
    log: MeanScore
    ours_less: ScoreDifference


@dataclass(frozen=True)
class LedgerScores:
    """Scores of a ledger.

    Attributes
    ----------
    open
        Questions not decided, of ``asked``.
    hindcast
        Whether any forecast was made by someone who knew how it ended.
    """

    ours: tuple[MeanScore, MeanScore]
    baselines: tuple[LedgerScore, ...]
    calibration: tuple[CalibrationRow, ...]
    asked: int
    open: int
    hindcast: bool
    questions: tuple[tuple[str, float, bool], ...]


def score_ledger(ledger: Ledger) -> LedgerScores:
    """Score what was decided.

    Raises
    ------
    QueryError
        If nothing was.
    """
    verdicts = {entry.identity: entry.says["happened"] for entry in ledger.of_kind("resolution")}
    asked = [(entry, q) for entry in ledger.of_kind("forecast") for q in entry.says["questions"]]
    known = [
        (entry.identity, q, bool(verdicts[f"{entry.identity}/{q['name']}"]))
        for entry, q in asked
        if verdicts.get(f"{entry.identity}/{q['name']}") is not None
    ]
    if not known:
        raise QueryError(
            "No question of this ledger is decided yet; `bystander resolve` decides them from a record."
        )
    p = np.array([q["probability"] for _, q, _ in known])
    y = np.array([happened for _, _, happened in known], float)
    clusters = [q["of"] or q["name"] for _, q, _ in known]
    ours = mean_score(brier(p, y), clusters), mean_score(log_score(p, y), clusters)
    names = dict.fromkeys(name for _, q, _ in known for name in q["baselines"])
    found = [_against(EVEN, np.full(len(p), 0.5), p, y, clusters)]
    for name in names:
        on = np.array([name in q["baselines"] for _, q, _ in known])
        theirs = np.array([q["baselines"].get(name, 0.5) for _, q, _ in known])
        found.append(
            _against(name, theirs[on], p[on], y[on], [c for c, use in zip(clusters, on, strict=True) if use])
        )
    told = tuple((str(q["asks"]), float(q["probability"]), happened) for _, q, happened in known)
    hindcast = any(entry.says["hindcast"] for entry in ledger.of_kind("forecast"))
    return LedgerScores(
        ours, tuple(found), calibration(p, y), len(asked), len(asked) - len(known), hindcast, told
    )


def _against(name: str, theirs: Any, ours: Any, y: Any, clusters: Sequence[str]) -> LedgerScore:
    brier_of, log_of = brier(theirs, y), log_score(theirs, y)
    difference = compare(brier(ours, y), brier_of, clusters)
    return LedgerScore(name, mean_score(brier_of, clusters), mean_score(log_of, clusters), difference)
