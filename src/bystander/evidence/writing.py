"""A record back into its file: YAML or CSV, as it would be written by hand; reading gives it back equal."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bystander.errors import QueryError
from bystander.evidence.record import COUNTS, NO_ERROR, Observation, Record, Window, write_day
from bystander.evidence.tables import CITED, COLUMNS
from bystander.files import ending_of, write_whole
from bystander.scenario.nodes import Scalar, node_of
from bystander.scenario.writing import write_nodes


def write_record(record: Record, path: str | os.PathLike[str]) -> Path:
    """Write a record to a file, as CSV if its name ends so, else as YAML."""
    path = Path(path)
    return write_whole(path, record_as_csv(record) if ending_of(path) == ".csv" else record_as_yaml(record))


def record_as_yaml(record: Record) -> str:
    """Return the record as YAML text."""
    data: dict[str, Any] = {"record": "1", "title": record.title}
    if record.about:
        data["about"] = record.about
    if record.start != "scenario":
        data["start"] = record.start if isinstance(record.start, str) else _chances(record.start)
    if record.begin is not None:
        data["from"] = _moment(record, record.begin, last=False)
    if record.end is not None:
        data["until"] = _moment(record, record.end, last=True)
    if record.sources:
        data["sources"] = {
            name: _told(**{field.name: getattr(s, field.name) for field in fields(s)})
            for name, s in record.sources.items()
        }
    if record.classes:
        data["classes"] = {
            name: _told(**{"moves": list(c.moves), "from": c.source, "into": c.into})
            for name, c in record.classes.items()
        }
    if record.readings:
        data["readings"] = {name: _chances(table) for name, table in record.readings.items()}
    if record.windows:
        data["coverage"] = [_window(record, window) for window in record.windows]
    if record.regimes:
        data["regimes"] = {
            regime.name: _told(
                **{
                    "from": _moment(record, regime.begin, last=False),
                    "set": dict(regime.sets),
                    "enable": list(regime.enable),
                    "disable": list(regime.disable),
                    "measures": list(regime.measures),
                    "says": regime.says,
                }
            )
            for regime in record.regimes
        }
    data["observations"] = {each.name: _observation(record, each) for each in record.observations}
    return write_nodes(node_of(_unquoted(data)))


def record_as_csv(record: Record) -> str:
    """Return the record as CSV text.

    Raises
    ------
    QueryError
        If it says what a table has no place for.
    """
    _require_tabular(record)
    out = io.StringIO()
    cited = [column for column, key in CITED.items() if any(getattr(s, key) for s in record.sources.values())]
    writer = csv.DictWriter(out, [*COLUMNS, *cited], restval="", lineterminator="\n")
    writer.writeheader()
    for row in _rows(record):
        writer.writerow({key: value for key, value in row.items() if value})
    return out.getvalue()


def _require_tabular(record: Record) -> None:
    starts = record.start if not isinstance(record.start, str) else {}
    reasons = {
        "chances of levels at the start": any(len(levels) > 1 for levels in starts.values()),
        "moves or measures of a regime": any(r.enable or r.disable or r.measures for r in record.regimes),
    }
    if told := [what for what, there in reasons.items() if there]:
        raise QueryError(f"A table has no place for {' and '.join(told)}: write the record as YAML.")


def _rows(record: Record) -> list[dict[str, str]]:
    rows = [{"kind": "record", "what": "title", "is": record.title}]
    about = {
        "about": record.about,
        "start": record.start if isinstance(record.start, str) else _flat(record.start),
        "from": "" if record.begin is None else _moment(record, record.begin, last=False),
        "until": "" if record.end is None else _moment(record, record.end, last=True),
    }
    rows += [{"kind": "record", "what": key, "is": text} for key, text in about.items() if text]
    for name, cited in record.sources.items():
        told = {"what": cited.title, "is": cited.url, "on": cited.date, "says": cited.says}
        told |= {column: getattr(cited, key) for column, key in CITED.items()}
        rows.append({"kind": "source", "name": name, **told})
    for name, each in record.classes.items():
        conditions = [f"{word} {text}" for word, text in (("from", each.source), ("into", each.into)) if text]
        rows.append(
            {"kind": "class", "name": name, "what": "; ".join(each.moves), "is": "; ".join(conditions)}
        )
    for name, table in record.readings.items():
        rows += [
            {"kind": "reading", "name": name, "what": true, "is": _pairs(c)} for true, c in table.items()
        ]
    for regime in record.regimes:
        begin = _moment(record, regime.begin, last=False)
        sets = "; ".join(f"{key}={value}" for key, value in regime.sets.items())
        rows.append({"kind": "regime", "name": regime.name, "on": begin, "is": sets, "says": regime.says})
    for window in record.windows:
        rows.append(
            {
                "kind": "coverage",
                "subject": window.subject,
                "on": _moment(record, window.begin, last=False),
                "until": _moment(record, window.end, last=True),
                "what": window.of,
                "is": "" if window.listed == 1.0 else repr(window.listed),
                "source": "; ".join(window.sources),
                "says": window.says,
            }
        )
    rows += [_row(record, each) for each in record.observations]
    return rows


def _row(record: Record, each: Observation) -> dict[str, str]:
    levels = {name: "|".join(values) for name, values in each.levels.items()}
    on, until = _moments(record, each)
    row = {
        "name": each.name,
        "subject": each.subject,
        "kind": each.kind,
        "on": on,
        "until": until,
        "what": each.of or "; ".join(levels),
        "is": "; ".join(levels.values()) or ("perhaps" if each.perhaps else ""),
        "error": "" if each.error == NO_ERROR else str(each.error),
        "precision": "" if each.precision in ("between", "", "day", "minute") else each.precision,
        "source": "; ".join(each.sources),
        "confidence": each.confidence,
        "claim": "; ".join(each.claim),
        "says": each.says,
    }
    if each.kind in COUNTS:
        row["is"] = _interval(each)
    if each.kind == "toll":
        row |= {"each": repr(each.each), "law": each.law}
    return row


def _observation(record: Record, each: Observation) -> dict[str, Any]:
    on, until = _moments(record, each)
    when: dict[str, Any] = {"on": on} if not until else {"from": on, "until": until}
    what: dict[str, Any] = {"move": each.of} if each.kind == "move" else {}
    if each.kind in ("level", "starts"):
        what = {each.kind: {k: v[0] if len(v) == 1 else list(v) for k, v in each.levels.items()}}
    if each.kind in COUNTS:
        what = {"of": each.of, each.kind: _interval(each)}
    if each.kind == "toll":
        what |= {"each": repr(each.each), "law": each.law}
    precise = "" if each.precision in ("between", "", "day", "minute") else each.precision
    return when | _told(
        **what,
        perhaps="true" if each.perhaps else "",
        error="" if each.error == NO_ERROR else str(each.error),
        subject=each.subject,
        precision=precise,
        source=list(each.sources),
        confidence=each.confidence,
        claim=list(each.claim),
        says=each.says,
    )


def _moments(record: Record, each: Observation) -> tuple[str, str]:
    if each.precision == "between":
        return _moment(record, each.begin, last=False), _moment(record, each.end, last=True)
    if not record.dated:
        return _moment(record, each.begin, last=False), ""
    timed = each.exact and each.precision in ("minute", "hour")
    return (_clock(each.begin) if timed else write_day(each.begin // 1)), ""


def _moment(record: Record, moment: float, *, last: bool) -> str:
    if not record.dated:
        return f"{moment!r} days"
    return write_day(moment - last) if moment % 1 == 0 else _clock(moment)


def _clock(moment: float) -> str:
    """Write a date with its time of day, be it midday."""
    minutes = round(moment % 1 * 1440.0)
    return f"{write_day(moment // 1)} {minutes // 60:02d}:{minutes % 60:02d}"


def _window(record: Record, window: Window) -> dict[str, Any]:
    return {
        "of": window.of,
        "from": _moment(record, window.begin, last=False),
        "until": _moment(record, window.end, last=True),
    } | _told(
        listed="" if window.listed == 1.0 else repr(window.listed),
        subject=window.subject,
        source=list(window.sources),
        says=window.says,
    )


def _interval(each: Observation) -> str:
    low, high = (f"{number:.12g}" for number in (each.low, each.high))
    return low if low == high else f"{low}..{high}"


def _told(**entries: Any) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value}


def _chances(table: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, str]]:
    return {key: {level: repr(chance) for level, chance in row.items()} for key, row in table.items()}


def _pairs(chances: Mapping[str, float]) -> str:
    return "; ".join(f"{level}={chance!r}" for level, chance in chances.items())


def _flat(start: Mapping[str, Mapping[str, float]]) -> str:
    return "; ".join(f"{name}={max(levels, key=lambda k: levels[k])}" for name, levels in start.items())


def _unquoted(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _unquoted(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_unquoted(item) for item in data]
    return Scalar(data, plain=True) if data in ("true", "false") else data
