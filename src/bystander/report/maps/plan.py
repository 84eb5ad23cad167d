"""What a scenario's ``map:`` block says, read with patience, and the outlines of countries.

The block is free data, so nothing in it is trusted: positions must be two finite numbers within the world,
lists are cut at a length, names are cleaned, codes must be known. Whatever is not understood is left out and
noted.

What a scenario may write (all of it optional but ``view``; positions are ``[longitude, latitude]`` in
degrees)::

    map:
      title: The border in Batken and Sughd            # what is drawn, not what was found
      view: [69.0, 39.3, 72.2, 41.1]                   # west, south, east, north
      countries: {kyrgyzstan: KGZ, tajikistan: TJK}    # actor -> ISO code: these are tinted and named
      borders:                                         # lines between two countries, in their own style
        kyrgyz_tajik: {between: [KGZ, TJK], status: undemarcated, from: [69.3, 39.9], to: [70.9, 39.8]}
      places:
        vorukh: {at: [70.58, 39.85], kind: exclave, label: Vorukh, about: Tajik exclave, because: [C30]}
        batken: {at: [70.82, 40.06], kind: town}
      sectors:                                         # where fighting may happen
        vorukh_road: {label: Vorukh, path: [[70.5, 39.9], [70.6, 40.0]], chance: fighting_vorukh}
        lailak: {along: [KGZ, TJK], from: [69.2, 39.9], to: [69.9, 40.1], chance: fighting_lailak}
      note: Positions of incidents are approximate.

``status`` is ``undemarcated`` (dashed) or ``demarcated`` (solid); without ``from`` and ``to`` it holds
for the whole common line, exclaves included; with them, for the part of the line between the vertices
nearest to the two points. ``kind`` is one of ``capital``, ``town``, ``exclave``, ``incident``,
``base``, ``crossing``, ``summit``. A sector has one of ``path`` (a line), ``area`` (a ring) or
``along`` (a piece of the common line of two countries, as for borders), and ``chance``: the name of an
outcome of kind probability or share, whose estimate colours it. Several sectors may name the same
outcome; a sector without ``chance`` is drawn in outline only.

The outlines are Natural Earth 1:10m (public domain), clipped and simplified by
``tools/build_outlines.py``. They are a picture of who administers what, are not endorsed as borders,
and lack what is too small at that scale: Kayragach, for one, must be a place. Codes available: KGZ TJK
UZB KAZ TKM AFG CHN RUS ARM AZE GEO TUR IRN PAK IND IRQ MNG.

What is drawn is projected by Mercator about the view's middle. The scale bar holds at the middle
latitude; over two degrees of latitude the error at the edge is about 1.5 percent at 40 degrees north.

Outlines are shared arcs. An *arc* is a stretch of border or coast between two junctions; a polygon is a list
of rings, a ring a list of arcs (``~k`` for arc ``k`` walked backwards). Two countries share exactly the arcs
that both use: that is their common border, exclaves included. Clipping a ring to a rectangle is Sutherland
and Hodgman's (1974), which can leave edges along the rectangle's sides; hence polygons are drawn without
outline and borders as lines of their own.

The view is Mercator about its middle, in points, fitted to the width of the page or to the tallest figure
allowed, the same for every layer. The scale bar and the placing of names reckon with it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import asinh, atan, cos, exp, isfinite, pi, radians, tan
from pathlib import Path
from typing import Any, TypeVar

from bystander.report.figures import theme
from bystander.report.words.numbers import clean, label

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Read = TypeVar("Read")
DATA = Path(__file__).parent / "data" / "outlines.json"


@cache
def topology() -> dict[str, Any]:
    """Read the shipped outlines."""
    out: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return out


def codes() -> tuple[str, ...]:
    """ISO codes of the countries that can be drawn."""
    return tuple(topology()["countries"])


def country_name(code: str) -> str:
    """Name of a country as the data has it."""
    return str(topology()["countries"][code]["name"])


def attribution() -> str:
    """Who the outlines are from."""
    return str(topology()["attribution"])


@cache
def arc(index: int) -> tuple[Point, ...]:
    """Decode an arc; a negative index is the arc backwards."""
    if index < 0:
        return arc(~index)[::-1]
    steps, scale = topology()["arcs"][index], topology()["scale"]
    x = y = 0
    points = []
    for k in range(0, len(steps), 2):
        x, y = x + steps[k], y + steps[k + 1]
        points.append((x / scale, y / scale))
    return tuple(points)


def ring(indices: Iterable[int]) -> list[Point]:
    """Join arcs into a closed ring."""
    points: list[Point] = []
    for index in indices:
        part = arc(index)
        points.extend(part[1:] if points else part)
    return points


def polygons(code: str, view: Box) -> list[list[list[Point]]]:
    """Polygons of a country within a view: each an outer ring and its holes."""
    out = []
    for part in topology()["countries"][code]["polygons"]:
        outer, *holes = [clipped for indices in part if len(clipped := clip(ring(indices), view)) > 2] or [[]]
        if outer:
            out.append([closed(outer), *(closed(h) for h in holes)])
    return out


def closed(points: list[Point]) -> list[Point]:
    """End a ring where it began."""
    return points if points[0] == points[-1] else [*points, points[0]]


def clip(points: list[Point], view: Box) -> list[Point]:
    """Cut a ring to a rectangle, side by side."""
    west, south, east, north = view
    for axis, bound, keep_above in ((0, west, True), (0, east, False), (1, south, True), (1, north, False)):
        out: list[Point] = []
        for here, there in zip(points, points[1:] + points[:1], strict=True):
            inside = (here[axis] >= bound) == keep_above or here[axis] == bound
            next_inside = (there[axis] >= bound) == keep_above or there[axis] == bound
            if inside:
                out.append(here)
            if inside != next_inside:
                share = (bound - here[axis]) / (there[axis] - here[axis])
                out.append((here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])))
        points = out
        if not points:
            return []
    return points


def arcs_of(code: str) -> set[int]:
    """Arcs a country's rings are made of."""
    return {
        a if a >= 0 else ~a
        for part in topology()["countries"][code]["polygons"]
        for indices in part
        for a in indices
    }


def common_line(one: str, other: str) -> list[list[Point]]:
    """Give the border two countries share, as lines, joined end to end where they meet."""
    return join([list(arc(a)) for a in sorted(arcs_of(one) & arcs_of(other))])


def join(lines: list[list[Point]]) -> list[list[Point]]:
    """Join lines that share an end."""
    pending, out = [list(line) for line in lines], []
    while pending:
        line = pending.pop(0)
        grown = True
        while grown:
            grown = False
            for k, other in enumerate(pending):
                if line[0] == line[-1]:
                    break
                if other[0] == line[-1]:
                    line += other[1:]
                elif other[-1] == line[-1]:
                    line += other[::-1][1:]
                elif other[-1] == line[0]:
                    line = other + line[1:]
                elif other[0] == line[0]:
                    line = other[::-1] + line[1:]
                else:
                    continue
                del pending[k]
                grown = True
                break
        out.append(line)
    return out


def stretch(one: str, other: str, start: Point, end: Point) -> list[Point]:
    """Give the part of a common border between the vertices nearest to two points.

    Both on the line that comes nearest to them.
    """
    lines = common_line(one, other)
    if not lines:
        return []
    line = min(lines, key=lambda points: near(points, start)[1] + near(points, end)[1])
    a, b = near(line, start)[0], near(line, end)[0]
    return line[min(a, b) : max(a, b) + 1]


def near(points: list[Point], place: Point) -> tuple[int, float]:
    """Find the vertex nearest to a place, and how far it is (degrees, north weighted by nothing.

    Good enough to pick).
    """
    return min(
        ((i, (x - place[0]) ** 2 + (y - place[1]) ** 2) for i, (x, y) in enumerate(points)),
        key=lambda pair: pair[1],
    )


def within(line: list[Point], view: Box) -> list[list[Point]]:
    """Cut a line to a view: the runs of vertices inside, each with its neighbours beyond the edge."""
    west, south, east, north = view
    inside = [west <= x <= east and south <= y <= north for x, y in line]
    out: list[list[Point]] = []
    run: list[Point] = []
    for k, point in enumerate(line):
        if inside[k] or (k + 1 < len(line) and inside[k + 1]) or (k > 0 and inside[k - 1]):
            run.append(point)
        elif run:
            out.append(run)
            run = []
    if len(run) > 1:
        out.append(run)
    return [r for r in out if len(r) > 1]


EARTH_KM = 6371.0
TALLEST = 600


@dataclass(frozen=True, slots=True)
class Frame:
    """The view in points: Mercator about the middle, the same for every layer."""

    view: Box
    width: float
    height: float
    scale: float

    @property
    def projection(self) -> dict[str, Any]:
        """The projection in Vega-Lite's words."""
        west, south, east, north = self.view
        middle = (mercator(south) + mercator(north)) / 2
        latitude = 2 * 180 / pi * atan(exp(middle)) - 90
        return {
            "type": "mercator",
            "center": [round((west + east) / 2, 6), round(latitude, 6)],
            "scale": round(self.scale, 4),
            "translate": [round(self.width / 2, 2), round(self.height / 2, 2)],
        }

    @property
    def km(self) -> float:
        """Points per kilometre at the middle latitude."""
        return self.scale / (EARTH_KM * cos(radians((self.view[1] + self.view[3]) / 2)))

    def at(self, place: Point) -> Point:
        """Where a position is on the drawing, in points from its upper left corner."""
        west, south, east, north = self.view
        middle = (mercator(south) + mercator(north)) / 2
        return (
            self.width / 2 + self.scale * radians(place[0] - (west + east) / 2),
            self.height / 2 - self.scale * (mercator(place[1]) - middle),
        )

    def degrees(self, points: float) -> float:
        """Degrees of longitude that so many points span."""
        return points / self.scale * 180 / pi


def mercator(latitude: float) -> float:
    """Northing on the unit Mercator chart."""
    return asinh(tan(radians(latitude)))


def frame(view: Box) -> Frame:
    """Fit a view into the width of the page, or into the tallest figure allowed."""
    west, south, east, north = view
    width = float(theme.WIDE_WIDTH - 12)
    scale = width / radians(east - west)
    tall = scale * (mercator(north) - mercator(south))
    if tall > TALLEST:
        scale *= TALLEST / tall
        width, tall = width * TALLEST / tall, float(TALLEST)
    return Frame(view, round(width), round(tall), scale)


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


def marked_point(name: str, body: Mapping[str, Any]) -> MarkedPoint | None:
    """Read a place; None where it has no position."""
    at = point(body.get("at"))
    if at is None:
        return None
    kind = str(body.get("kind", "town"))
    return MarkedPoint(
        clean(body.get("label") or label(name), 40),
        at,
        kind if kind in KINDS else "town",
        clean(body.get("about", "")),
        str(body.get("side", "")),
    )


def border(name: str, body: Mapping[str, Any]) -> Line | None:
    """Read a border; None where nothing of it lies in the world."""
    drawn, whole = line_points(body, "between")
    status = "demarcated" if str(body.get("status", "")) == "demarcated" else "undemarcated"
    return Line(clean(name), status, drawn, whole) if drawn else None


def sector(name: str, body: Mapping[str, Any]) -> Sector | None:
    """Read a sector: a line, an area, or a piece of a border; None where it is none of them."""
    path, area = points(body.get("path")), points(body.get("area"))
    if len(path) > 1:
        drawn = [path]
    else:
        drawn = [[*area, area[0]]] if len(area) > 2 else line_points(body, "along")[0]
    if not drawn:
        return None
    title = clean(body.get("label") or label(name), 40)
    return Sector(title, drawn, len(area) > 2, str(body.get("chance", "")), clean(body.get("about", "")))


def read_plan(block: Mapping[str, Any] | None) -> Plan | None:
    """Read a map block; None where it asks for no map."""
    if not block or (box := view(block.get("view"))) is None:
        return None

    def section(of: str, read: Callable[[str, Mapping[str, Any]], Read | None]) -> tuple[Read, ...]:
        found = (read(name, body) for name, body in entries(block.get(of)))
        return tuple(one for one in found if one is not None)

    places, lines, sectors = (
        section("places", marked_point),
        section("borders", border),
        section("sectors", sector),
    )
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
        places,
        lines,
        sectors,
    )
