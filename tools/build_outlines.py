"""Clip and simplify the country outlines that maps draw, once.

The result is shipped in ``src/bystander/report/maps/data``.

Source: Natural Earth 1:10m admin-0 countries (public domain), as carried by the npm package
``world-atlas`` 2.0.2. Borders stay shared arcs, so two neighbours never drift apart and the line
between any two of them can be drawn in its own style. Vertices are dropped with Douglas and Peucker's
rule (1973) under a tolerance that depends on where they lie: none in the Ferghana valley, a few hundred
metres in the Caucasus, about 1.5 km elsewhere in Central Asia, coarse beyond.

Run: ``npm install world-atlas@2.0.2 && python tools/build_outlines.py
node_modules/world-atlas/countries-10m.json``
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src/bystander/report/maps/data/outlines.json"
SCALE = 10_000
WINDOW = (38.0, 34.0, 92.0, 57.0)
TOLERANCES = (((68.3, 38.8, 74.6, 41.9), 0.0), ((42.5, 38.3, 51.5, 43.7), 0.004), (WINDOW, 0.015))
BEYOND = 0.6
COUNTRIES = {
    "417": "KGZ",
    "762": "TJK",
    "860": "UZB",
    "398": "KAZ",
    "795": "TKM",
    "004": "AFG",
    "156": "CHN",
    "643": "RUS",
    "051": "ARM",
    "031": "AZE",
    "268": "GEO",
    "792": "TUR",
    "364": "IRN",
    "586": "PAK",
    "356": "IND",
    "368": "IRQ",
    "496": "MNG",
}

Point = tuple[float, float]


def main(source: Path) -> None:
    """Decode, drop what lies outside, simplify, and write integers."""
    topology = json.loads(source.read_text())
    arcs = [decode(arc, topology["transform"]) for arc in topology["arcs"]]
    countries: dict[str, dict[str, Any]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = COUNTRIES.get(str(shape.get("id")))
        if code:
            parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
            kept = [part for part in parts if touches(ring_points(part[0], arcs))]
            countries[code] = {"name": shape["properties"]["name"], "polygons": kept}
    used = sorted({index(a) for c in countries.values() for p in c["polygons"] for ring in p for a in ring})
    renumber = {old: new for new, old in enumerate(used)}
    for country in countries.values():
        country["polygons"] = [
            [[renumber[a] if a >= 0 else ~renumber[~a] for a in ring] for ring in part]
            for part in country["polygons"]
        ]
    out = {
        "attribution": "Natural Earth 1:10m (public domain), by way of world-atlas 2.0.2",
        "scale": SCALE,
        "arcs": [deltas(simplify(arcs[i])) for i in used],
        "countries": dict(sorted(countries.items())),
    }
    TARGET.write_text(json.dumps(out, separators=(",", ":"), ensure_ascii=False) + "\n")


def index(arc: int) -> int:
    """Give the arc's number whichever way it is walked."""
    return arc if arc >= 0 else ~arc


def decode(arc: list[list[int]], transform: dict[str, list[float]]) -> list[Point]:
    """Undo TopoJSON's quantisation and delta coding."""
    (sx, sy), (tx, ty) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        points.append((x * sx + tx, y * sy + ty))
    return points


def ring_points(ring: list[int], arcs: list[list[Point]]) -> list[Point]:
    """Join a ring's arcs."""
    return [p for a in ring for p in (arcs[a] if a >= 0 else arcs[~a][::-1])]


def touches(points: list[Point]) -> bool:
    """Say whether a ring's box meets the window."""
    west, south, east, north = WINDOW
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return max(xs) >= west and min(xs) <= east and max(ys) >= south and min(ys) <= north


def tolerance(point: Point) -> float:
    """Degrees that a vertex at this place may be off."""
    for (west, south, east, north), value in TOLERANCES:
        if west <= point[0] <= east and south <= point[1] <= north:
            return value
    return BEYOND


def simplify(points: list[Point]) -> list[Point]:
    """Douglas and Peucker with a local tolerance.

    Ends are kept, closed arcs keep their farthest point too.
    """
    if len(points) < 3:
        return points
    keep = {0, len(points) - 1}
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        worst, at = 0.0, -1
        for i in range(first + 1, last):
            excess = away(points[i], points[first], points[last]) - tolerance(points[i])
            if excess > worst or (points[first] == points[last] and at < 0):
                worst, at = excess, i
        if at > 0:
            keep.add(at)
            stack += [(first, at), (at, last)]
    return [points[i] for i in sorted(keep)]


def away(point: Point, start: Point, end: Point) -> float:
    """Distance in degrees from a point to a segment."""
    (x, y), (x1, y1), (x2, y2) = point, start, end
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = 0.0 if length == 0 else min(1.0, max(0.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length))
    return float(((x - x1 - share * (x2 - x1)) ** 2 + (y - y1 - share * (y2 - y1)) ** 2) ** 0.5)


def deltas(points: list[Point]) -> list[int]:
    """Flatten to integer steps of 1 / `SCALE` degree: x0, y0, dx1, dy1, ..."""
    whole = [(round(x * SCALE), round(y * SCALE)) for x, y in points]
    out = [*whole[0]]
    for (x0, y0), (x1, y1) in pairwise(whole):
        if (x0, y0) != (x1, y1):
            out += [x1 - x0, y1 - y0]
    return out


if __name__ == "__main__":
    main(Path(sys.argv[1]))
