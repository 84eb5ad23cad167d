"""Deciding forecasts from a record, and scoring them beside baselines.

A question is decided by the observation it asked for (`bystander.forecast.questions`): yes if the record
lists enough moves of the class that surely fired between its moments; no if the class is covered all that
time and there are too few even with what may have fired then (a move whose window reaches beyond, the most
of a count, a move said to be possible); of levels, by what was read on that day without a chance of error.
Else it stays *open*, with what is missing said. A decision enters the ledger once and is never changed.

Scores are means over decided questions, each beside the same mean of every baseline **on the questions that
the baseline answered**, with the difference and its error. A score without a baseline is not shown. The void
rate is the share of questions past their day that stay open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bystander.errors import InputError, Mark, Problem, QueryError
from bystander.evidence.binding import is_within
from bystander.evidence.record import Record, write_day
from bystander.evidence.timeline import MOST_MOVES
from bystander.forecast.ledger import Ledger
from bystander.forecast.making import fired_between
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
from bystander.harmless import spaced

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


def require_formed(ledger: Ledger) -> None:
    """Refuse a ledger whose lines are whole, and say something else than forecasts and decisions do.

    Raises
    ------
    InputError
        Naming the first such line.
    """
    for entry in ledger.entries:
        try:
            formed = _is_formed(entry.kind, entry.says)
        except (KeyError, TypeError, AttributeError):
            formed = False
        if not formed:
            message = f"this entry is not what a {entry.kind} says."
            fix = "It was made by another program or version: decide and score it there."
            raise InputError(Problem(Mark(str(ledger.path), entry.number, 1), message, fix, "ledger"))


def _is_formed(kind: str, says: Mapping[str, Any]) -> bool:
    """Say whether an entry says what those who decide and score it go by."""
    if kind == "resolution":
        return says.get("happened", "") in (True, False)
    questions = says["questions"]
    return (
        isinstance(says["record"], str)
        and isinstance(says["hindcast"], bool)
        and isinstance(questions, list)
        and all(_is_question(question) for question in questions)
    )


def _is_question(question: Mapping[str, Any]) -> bool:
    words = all(isinstance(question[key], str) for key in ("name", "asks", "of"))
    moments = all(_is_number(question[key]) for key in ("begin", "end", "yes_from"))
    chances = [question["probability"], *question["baselines"].values()]
    levels = question["levels"]
    return (
        words
        and moments
        and all(_is_number(chance) and 0.0 <= chance <= 1.0 for chance in chances)
        and all(isinstance(level, str) for listed in levels.values() for level in listed)
    )


def _is_number(value: object) -> bool:
    """Say whether a plain value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def resolve(ledger: Ledger, record: Record) -> tuple[Resolution, ...]:
    """Decide every question of a ledger that is not decided, as far as a record allows."""
    require_formed(ledger)
    decided = {entry.identity for entry in ledger.of_kind("resolution")}
    found = []
    for entry in ledger.of_kind("forecast"):
        for question in entry.says["questions"]:
            if f"{entry.identity}/{question['name']}" not in decided:
                found.append(decide(entry.identity, question, record))
    return tuple(found)


def decide(forecast: str, question: Mapping[str, Any], record: Record) -> Resolution:
    """Decide one question."""
    decided = _of_moves if question["of"] else _of_levels
    return Resolution(forecast, str(question["name"]), *decided(question, record))


def _of_moves(question: Mapping[str, Any], record: Record) -> tuple[bool | None, str]:
    """Decide whether enough moves fired: at least so many did, at most so many may have."""
    begin, end, of = float(question["begin"]), float(question["end"]), str(question["of"])
    wanted, surely, perhaps = int(question["yes_from"]), 0, 0
    for each in sorted(record.observations, key=lambda line: line.end):
        low, high = fired_between(each, each.of, begin, end) if is_within(record, each.of, of) else (0, 0)
        surely, perhaps = surely + low, perhaps + high
        if low and surely >= wanted:
            return True, f"{spaced(of)} {record.told_at(each)}"
    gap, said = _gap(record, of, begin, end), spaced(of)
    if gap is not None:
        return None, f"{said} is not listed completely from {write_day(gap)} on"
    if perhaps >= wanted:
        return None, f"{said} {_times(surely, perhaps)}: the record does not say how often"
    return False, f"{said} {_times(surely, perhaps)} in a record that lists them completely"


def _times(surely: int, perhaps: int) -> str:
    if not perhaps:
        return "never"
    if perhaps >= MOST_MOVES:
        return f"at least {surely} times"
    return f"{surely} times" if surely == perhaps else f"{surely} to {perhaps} times"


def _of_levels(question: Mapping[str, Any], record: Record) -> tuple[bool | None, str]:
    """Decide by what was read on the day: of each variable by the last reading that does not leave it open.

    One variable that was at no level asked for is a no, whatever the others were.
    """
    day = math.floor(float(question["end"]))
    read = [_read_of(variable, set(levels), day, record) for variable, levels in question["levels"].items()]
    for wanted in (False, None):
        told = [why for came, why in read if came is wanted]
        if told:
            return wanted, told[0]
    return True, ", ".join(dict.fromkeys(why for _, why in read))


def _read_of(variable: str, wanted: set[str], day: int, record: Record) -> tuple[bool | None, str]:
    """Say whether a variable was read at one of some levels on a day, and what says so."""
    why = f"nothing was read of {spaced(variable)} on {write_day(day)}"
    for each in sorted(record.observations, key=lambda line: -line.begin):
        if each.kind != "level" or math.floor(each.begin) != day or variable not in each.levels:
            continue
        seen = set(each.levels[variable])
        if each.error:
            why = f"{spaced(each.name)} may be wrong"
        elif seen <= wanted or not seen & wanted:
            return seen <= wanted, f"{spaced(each.name)} {record.told_at(each)}"
        else:
            why = f"{spaced(each.name)} does not say which level it was"
    return None, why


def _gap(record: Record, of: str, begin: float, end: float) -> float | None:
    """Return the first moment between two at which a class is not listed completely, if there is one."""
    reached = begin
    whole = [w for w in record.windows if w.listed >= COMPLETE and is_within(record, of, w.of)]
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
    require_formed(ledger)
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
