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
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from bystander.assessment.result import Assessment, Estimate
from bystander.files import write_whole
from bystander.harmless import escaped, for_cell

Cell: TypeAlias = str | float | int | bool | None
Row: TypeAlias = dict[str, Cell]


def tables(assessment: Assessment) -> dict[str, tuple[Row, ...]]:
    """Return every table by name; tables without rows are left out."""
    found = {
        "outcomes": _outcomes(assessment),
        "curves": _curves(assessment),
        "responses": _responses(assessment),
        "reasons": _reasons(assessment),
        "blocked": _blocked(assessment),
        "tolls": _tolls(assessment),
        "measures": _measures(assessment),
        "judgements": _judgements(assessment),
        "sensitivities": _sensitivities(assessment),
        "rungs": _rungs(assessment),
        "steps": _steps(assessment),
    }
    return {name: rows for name, each in found.items() if (rows := tuple(each))}


def as_csv(rows: tuple[Row, ...]) -> str:
    """Write rows as CSV with a header; a missing number is an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: for_cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _estimate(estimate: Estimate) -> Row:
    return {
        "value": estimate.value,
        "error": estimate.error,
        "low": estimate.low,
        "high": estimate.high,
        "unit": estimate.unit,
    }


def _outcomes(assessment: Assessment) -> Iterator[Row]:
    for result in assessment.outcomes:
        yield {
            "outcome": result.name,
            "about": result.about,
            "kind": result.kind,
            "given": result.given,
            "formula": result.formula,
            **_estimate(result.estimate),
        }


def _curves(assessment: Assessment) -> Iterator[Row]:
    for result in assessment.outcomes:
        band = {days: (low, high) for days, low, high in result.band}
        for days, value in result.curve:
            low, high = band.get(days, (None, None))
            yield {"outcome": result.name, "days": days, "value": value, "low": low, "high": high}


def _responses(assessment: Assessment) -> Iterator[Row]:
    for response in assessment.responses:
        for days, chance in response.within:
            yield {
                "owner": response.owner,
                "move": response.move,
                "role": response.role,
                "given": assessment.given,
                "within_days": days,
                "probability": chance,
            }


def _reasons(assessment: Assessment) -> Iterator[Row]:
    for reason in assessment.reasons:
        for bar in reason.bars:
            yield {
                "owner": reason.owner,
                "move": reason.move,
                "voter": reason.voter,
                "given": reason.given,
                "term": bar.name,
                "group": bar.group,
                "log_odds": bar.log_odds,
                "because": " ".join(bar.because),
            }


def _blocked(assessment: Assessment) -> Iterator[Row]:
    for reason in assessment.reasons:
        for why, share in reason.blocked:
            yield {
                "owner": reason.owner,
                "move": reason.move,
                "given": reason.given,
                "reason": why,
                "share": share,
            }


def _tolls(assessment: Assessment) -> Iterator[Row]:
    for toll in assessment.tolls:
        yield {
            "outcome": toll.outcome,
            "fact": toll.fact,
            "reported": toll.reported,
            "source": toll.source,
            **_estimate(toll.expected),
        }


def _measures(assessment: Assessment) -> Iterator[Row]:
    for measure in assessment.measures:
        for outcome, before, after in measure.effects:
            yield {
                "measure": measure.name,
                "outcome": outcome,
                "before": before,
                "after": after,
                "cost": measure.cost,
                "wanted": measure.aim(outcome),
                "efficient": measure.efficient,
                "jump": measure.jump,
            }


def _judgements(assessment: Assessment) -> Iterator[Row]:
    for result in assessment.judgements:
        yield {
            "judgement": result.name,
            "claim": result.claim,
            "says": result.says,
            "formula": result.formula,
            "threshold": result.threshold,
            "holds": result.holds,
            "verdict": result.verdict,
            "robustness": result.robustness,
            **_estimate(result.number),
        }


def _sensitivities(assessment: Assessment) -> Iterator[Row]:
    for one in assessment.sensitivities:
        yield {
            "parameter": one.parameter,
            "outcome": one.outcome,
            "elasticity": one.elasticity,
            "value": one.value,
            "standing": one.standing,
        }


def _rungs(assessment: Assessment) -> Iterator[Row]:
    for rung in assessment.rungs:
        yield {"variable": rung.variable, "level": rung.level, "share": rung.share}


def _steps(assessment: Assessment) -> Iterator[Row]:
    for step in assessment.steps:
        yield {
            "source": step.source,
            "target": step.target,
            "owner": step.owner,
            "move": step.move,
            "per_year": step.per_year,
            "expected": step.expected,
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
    if value is None or isinstance(value, (bool, int, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, Enum):
        return plain(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)
