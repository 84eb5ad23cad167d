"""Country outlines as shared arcs.

Polygons of a country, the line two countries have in common, both clipped to a view.

An *arc* is a stretch of border or coast between two junctions; a polygon is a list of rings, a ring a
list of arcs (``~k`` for arc ``k`` walked backwards). Two countries share exactly the arcs that both
use: that is their common border, exclaves included. Clipping a ring to a rectangle is Sutherland and
Hodgman's (1974), which can leave edges along the rectangle's sides; hence polygons are drawn without
outline and borders as lines of their own.

The view is Mercator about its middle, in points, fitted to the width of the page or to the tallest figure
allowed, the same for every layer. The scale bar and the placing of names reckon with it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import asinh, atan, cos, exp, pi, radians, tan
from pathlib import Path
from typing import Any

from bystander.report.figures import theme

Point = tuple[float, float]
Box = tuple[float, float, float, float]
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
