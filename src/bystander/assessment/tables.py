"""An assessment as flat tables, one row a thing, and results as plain values for JSON.

Every column is text or a number; times are days, probabilities in [0, 1], and a column ``unit`` says what a
value is in.

As plain values dataclasses become objects, tuples and arrays lists. What JSON cannot say becomes text:
infinity ``"inf"`` or ``"-inf"``; a number that is not there, and not-a-number, null.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from bystander.assessment.result import Assessment
from bystander.files import write_whole
from bystander.harmless import escaped, for_cell

Cell: TypeAlias = str | float | int | bool | None
Row: TypeAlias = dict[str, Cell]
ESTIMATE = "value error low high mean unit"


def tables(assessment: Assessment) -> dict[str, tuple[Row, ...]]:
    """Return every table by name; tables without rows are left out."""
    found: dict[str, Iterable[Row]] = {
        "outcomes": (
            {"outcome": o.name, **_some(o, "about kind given formula"), **_some(o.estimate, ESTIMATE)}
            for o in assessment.outcomes
        ),
        "curves": _curves(assessment),
        "responses": _responses(assessment),
        "reasons": _reasons(assessment),
        "blocked": (
            {**_some(reason, "owner move given"), "reason": why, "share": share}
            for reason in assessment.reasons
            for why, share in reason.blocked
        ),
        "tolls": (
            {**_some(toll, "outcome fact reported source"), **_some(toll.expected, ESTIMATE)}
            for toll in assessment.tolls
        ),
        "measures": _measures(assessment),
        "judgements": (
            {
                "judgement": one.name,
                **_some(one, "claim says formula threshold holds verdict robustness"),
                **_some(one.number, ESTIMATE),
            }
            for one in assessment.judgements
        ),
        "sensitivities": (
            _some(one, "parameter outcome elasticity value standing") for one in assessment.sensitivities
        ),
        "rungs": (_some(rung, "variable level share") for rung in assessment.rungs),
        "steps": (_some(step, "source target owner move per_year expected") for step in assessment.steps),
    }
    return {name: rows for name, each in found.items() if (rows := tuple(each))}


def as_csv(rows: tuple[Row, ...]) -> str:
    """Write rows as CSV with a header; a missing number is an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: for_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _some(thing: object, names: str) -> Row:
    """Return some attributes of a thing as columns of their names."""
    return {name: getattr(thing, name) for name in names.split()}


def _curves(assessment: Assessment) -> Iterator[Row]:
    for result in assessment.outcomes:
        band = {days: (low, high) for days, low, high in result.band}
        for days, value in result.curve:
            low, high = band.get(days, (None, None))
            yield {"outcome": result.name, "days": days, "value": value, "low": low, "high": high}


def _responses(assessment: Assessment) -> Iterator[Row]:
    for response in assessment.responses:
        for days, chance in response.within:
            when: Row = {"given": assessment.given, "within_days": days}
            yield {**_some(response, "owner move role"), **when, "probability": chance}


def _reasons(assessment: Assessment) -> Iterator[Row]:
    for reason in assessment.reasons:
        for bar in reason.bars:
            term: Row = {"term": bar.name, **_some(bar, "group log_odds"), "because": " ".join(bar.because)}
            yield {**_some(reason, "owner move voter given"), **term}


def _measures(assessment: Assessment) -> Iterator[Row]:
    for measure in assessment.measures:
        for outcome, before, after in measure.effects:
            effect: Row = {"measure": measure.name, "outcome": outcome, "before": before, "after": after}
            yield {
                **effect,
                "cost": measure.cost,
                "wanted": measure.aim(outcome),
                **_some(measure, "efficient jump"),
            }


def write_tables(assessment: Assessment, folder: str | Path) -> tuple[Path, ...]:
    """Write every table as CSV and the whole assessment as JSON; return the paths written."""
    folder = Path(folder)
    written = [write_whole(folder / f"{name}.csv", as_csv(rows)) for name, rows in tables(assessment).items()]
    return (*written, write_whole(folder / "assessment.json", as_json(assessment)))


def as_json(value: Any) -> str:
    """Write a value as JSON, marks that reverse a line's direction as escapes."""
    return escaped(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def plain(value: Any) -> Any:
    """Return a value made of dictionaries, lists, text, numbers, booleans and None only."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)
