"""What a scenario's ``map:`` block says, read with patience.

Whatever is not understood is left out and noted.

The block is free data (see the package's own page for its shape), so nothing in it is trusted:
positions must be two finite numbers within the world, lists are cut at a length, names are cleaned,
codes must be known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from bystander.report.maps.outlines import Box, Point, codes, common_line, stretch
from bystander.report.words.names import clean, label

MOST = 200
KINDS = ("capital", "town", "exclave", "incident", "base", "crossing", "summit")


@dataclass(frozen=True, slots=True)
class MarkedPoint:
    """A marked point."""

    name: str
    at: Point
    kind: str
    about: str
    side: str


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of border in its own style."""

    name: str
    status: str
    points: list[list[Point]]
    whole: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Sector:
    """Where fighting may happen, and the outcome that colours it."""

    name: str
    points: list[list[Point]]
    area: bool
    outcome: str
    about: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A map as asked for."""

    view: Box
    title: str = ""
    note: str = ""
    countries: tuple[tuple[str, str], ...] = ()
    places: tuple[MarkedPoint, ...] = ()
    lines: tuple[Line, ...] = ()
    sectors: tuple[Sector, ...] = ()
    ignored: tuple[str, ...] = field(default=())


def point(value: Any) -> Point | None:
    """Read a position."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) or not isfinite(v) for v in value):
        return None
    x, y = float(value[0]), float(value[1])
    return (x, y) if -180 <= x <= 180 and -85 <= y <= 85 else None


def points(value: Any) -> list[Point]:
    """Read a list of positions."""
    given = value if isinstance(value, (list, tuple)) else []
    return [p for v in given[:MOST] if (p := point(v)) is not None]


def view(value: Any) -> Box | None:
    """Read a view: west, south, east, north, with some extent."""
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        return None
    low, high = point(value[:2]), point(value[2:])
    if low is None or high is None or high[0] - low[0] < 0.05 or high[1] - low[1] < 0.05:
        return None
    return (*low, *high)


def entries(block: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Read a mapping of named bodies."""
    if not isinstance(block, Mapping):
        return []
    return [(str(k), v) for k, v in list(block.items())[:MOST] if isinstance(v, Mapping)]


def pair(value: Any) -> tuple[str, str] | None:
    """Read two country codes."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(v in codes() for v in value):
        return str(value[0]), str(value[1])
    return None


def line_points(body: Mapping[str, Any], key: str) -> tuple[list[list[Point]], tuple[str, str] | None]:
    """Read a stretch of a common border; the second value is set if it is the whole of it."""
    between = pair(body.get(key))
    if between is None:
        return [], None
    start, end = point(body.get("from")), point(body.get("to"))
    if start is None or end is None:
        return common_line(*between), between
    return [stretch(*between, start, end)], None


def read_plan(block: Mapping[str, Any] | None) -> Plan | None:
    """Read a map block; None where it asks for no map."""
    if not block or (box := view(block.get("view"))) is None:
        return None
    ignored: list[str] = []
    places, lines, sectors = [], [], []
    for name, body in entries(block.get("places")):
        at = point(body.get("at"))
        if at is None:
            ignored.append(f"places.{clean(name)}")
            continue
        kind, side = str(body.get("kind", "town")), str(body.get("side", ""))
        places.append(
            MarkedPoint(
                clean(body.get("label") or label(name), 40),
                at,
                kind if kind in KINDS else "town",
                clean(body.get("about", "")),
                side,
            )
        )
    for name, body in entries(block.get("borders")):
        drawn, whole = line_points(body, "between")
        status = str(body.get("status", "undemarcated"))
        if drawn:
            lines.append(
                Line(clean(name), status if status == "demarcated" else "undemarcated", drawn, whole)
            )
        else:
            ignored.append(f"borders.{clean(name)}")
    for name, body in entries(block.get("sectors")):
        path, area = points(body.get("path")), points(body.get("area"))
        drawn = (
            [path]
            if len(path) > 1
            else [[*area, area[0]]]
            if len(area) > 2
            else line_points(body, "along")[0]
        )
        if drawn:
            title = clean(body.get("label") or label(name), 40)
            sectors.append(
                Sector(title, drawn, len(area) > 2, str(body.get("chance", "")), clean(body.get("about", "")))
            )
        else:
            ignored.append(f"sectors.{clean(name)}")
    given = block.get("countries")
    countries = (
        tuple((str(a), str(c)) for a, c in given.items() if c in codes())
        if isinstance(given, Mapping)
        else ()
    )
    return Plan(
        box,
        clean(block.get("title", "")),
        clean(block.get("note", ""), 300),
        countries,
        tuple(places),
        tuple(lines),
        tuple(sectors),
        tuple(ignored),
    )
