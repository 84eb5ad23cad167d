"""Names, marks and the scale bar: everything on a map that is read rather than seen.

A name stands beside its mark, on the first side on which it covers nothing: each label tries the side its
author chose, then right, left, above, below; the first place that meets no other label and no mark is taken,
else the one that meets least. Marks are placed before all names, so no name covers a mark if there is any way
around it. Widths are reckoned from the number of letters, which is near enough at one size of type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log10
from typing import Any

from bystander.assessment.result import OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Row, values
from bystander.report.maps.plan import Frame, Plan, Point, Sector, codes, country_name, polygons
from bystander.report.words.numbers import short_percent

LETTER, HEIGHT, GAP, MARK = 6.1, 14.0, 7.0, 5.0
SIDES = ("right", "left", "above", "below")

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name to set.

    Where its mark is (points), what it says, which side its author asked for, and whether it has a
    mark.
    """

    x: float
    y: float
    text: str
    side: str = ""
    marked: bool = True


def rectangle(wanted: Wanted, side: str) -> Rectangle:
    """Give the rectangle of a name on one side of its mark: left, top, right, bottom."""
    width, gap = LETTER * len(wanted.text), GAP if wanted.marked else 10.0
    x, y = wanted.x, wanted.y
    match side:
        case "right":
            return x + gap, y - HEIGHT / 2, x + gap + width, y + HEIGHT / 2
        case "left":
            return x - gap - width, y - HEIGHT / 2, x - gap, y + HEIGHT / 2
        case "above":
            return x - width / 2, y - gap - HEIGHT, x + width / 2, y - gap
    return x - width / 2, y + gap, x + width / 2, y + gap + HEIGHT


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Area two rectangles share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def outside(a: Rectangle, width: float, height: float) -> float:
    """How far a rectangle leaves the map, weighted as area."""
    over = max(0.0, -a[0]) + max(0.0, a[2] - width) + max(0.0, -a[1]) + max(0.0, a[3] - height)
    return over * HEIGHT


def sides_of(wanted: Sequence[Wanted], width: float, height: float) -> list[str]:
    """Choose a side for each name, in the order given."""
    taken = [(w.x - MARK, w.y - MARK, w.x + MARK, w.y + MARK) for w in wanted if w.marked]
    chosen = []
    for w in wanted:
        tries = list(dict.fromkeys([*([w.side] if w.side in SIDES else []), *SIDES]))
        costs = []
        for rank, side in enumerate(tries):
            box = rectangle(w, side)
            own = (w.x - MARK, w.y - MARK, w.x + MARK, w.y + MARK)
            met = sum(overlap(box, t) for t in taken if t != own)
            costs.append((met + outside(box, width, height), rank, side))
        _, _, side = min(costs)
        chosen.append(side)
        taken.append(rectangle(w, side))
    return chosen


SHAPES = {
    "capital": "square",
    "town": "circle",
    "exclave": "diamond",
    "incident": "cross",
    "base": "triangle-up",
    "crossing": "stroke",
    "summit": "square",
}
STYLES: dict[str, dict[str, Any]] = {
    "right": {"align": "left", "dx": 7},
    "left": {"align": "right", "dx": -7},
    "above": {"align": "center", "dy": -12},
    "below": {"align": "center", "dy": 13},
}


def lettering(rows: list[Row], **style: Any) -> list[Any]:
    """Write labels with a halo."""
    import altair as alt

    if not rows:
        return []
    base = alt.Chart(values(rows)).encode(
        longitude=alt.Longitude("longitude:Q"), latitude=alt.Latitude("latitude:Q"), text=alt.Text("text:N")
    )
    halo: dict[str, Any] = {
        "stroke": theme.PAPER,
        "strokeWidth": 3.5,
        "strokeJoin": "round",
        "strokeOpacity": 0.85,
    }
    return [base.mark_text(**style, **halo), base.mark_text(**style)]


def names_of_countries(box: Frame) -> list[Any]:
    """Name each country in the middle of its largest piece in view.

    If that is large enough to hold the name.
    """
    rows: list[Row] = []
    for code in codes():
        pieces = polygons(code, box.view)
        if not pieces:
            continue
        ring = max((p[0] for p in pieces), key=lambda r: abs(area_of(r)))
        name = country_name(code).upper()
        xs = [x for x, _ in ring]
        if (max(xs) - min(xs)) / box.degrees(1) > 9 * len(name) and abs(area_of(ring)) > 0.012 * (
            box.view[2] - box.view[0]
        ) * (box.view[3] - box.view[1]):
            x, y = heart(ring)
            rows.append({"longitude": x, "latitude": y, "text": "\u2009".join(name)})
    return lettering(rows, color=theme.MUTED, fontSize=12) if rows else []


def area_of(ring: list[Point]) -> float:
    """Signed area in square degrees."""
    return 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def heart(ring: list[Point]) -> Point:
    """Find a point well inside a ring: of a grid of points, the one farthest from the ring's corners."""
    xs, ys = [p[0] for p in ring], [p[1] for p in ring]
    best, most = ring[0], -1.0
    for i in range(1, 16):
        for j in range(1, 12):
            x, y = min(xs) + (max(xs) - min(xs)) * i / 16, min(ys) + (max(ys) - min(ys)) * j / 12
            if not holds(ring, x, y):
                continue
            room = min(
                min((x - u) ** 2 / 4 + (y - v) ** 2 for u, v in ring), (y - min(ys)) ** 2, (max(ys) - y) ** 2
            )
            if room > most:
                best, most = (x, y), room
    return best


def holds(ring: list[Point], x: float, y: float) -> bool:
    """Say whether a ring holds a point, by counting the sides a ray crosses."""
    sides = pairwise(ring)
    return (
        sum(
            (a[1] > y) != (b[1] > y) and x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
            for a, b in sides
        )
        % 2
        == 1
    )


def sector_label(sector: Sector, outcome: OutcomeResult | None) -> str:
    """Name a sector with its chance."""
    return sector.name if outcome is None else f"{sector.name} {short_percent(outcome.estimate.value)}"


def middle(points: list[Point], area: bool) -> Point:
    """Where a label goes: the middle vertex of a line, the mean of an area's corners."""
    if not area:
        return points[len(points) // 2]
    corners = points[:-1]
    return sum(p[0] for p in corners) / len(corners), sum(p[1] for p in corners) / len(corners)


def places(plan: Plan, box: Frame, chances: Mapping[str, OutcomeResult]) -> list[Any]:
    """Mark the places in view, and name places and sectors so that names cover as little as can be."""
    import altair as alt

    west, south, east, north = box.view
    seen = [p for p in plan.places if west <= p.at[0] <= east and south <= p.at[1] <= north]
    rows: list[Row] = [
        {
            "longitude": p.at[0],
            "latitude": p.at[1],
            "shape": SHAPES[p.kind],
            "text": p.name,
            "colour": (
                theme.TOWARDS
                if p.kind == "incident"
                else theme.REPORTED
                if p.kind == "exclave"
                else theme.INK
            ),
        }
        for p in seen
    ]
    zones = [
        (middle(max(s.points, key=len), s.area), sector_label(s, chances.get(s.outcome)))
        for s in plan.sectors
    ]
    wanted = [Wanted(*box.at(at), text, "above", marked=False) for at, text in zones]
    wanted += [Wanted(*box.at(p.at), p.name, p.side) for p in seen]
    sides = sides_of(wanted, box.width, box.height)
    named: list[Row] = [{"longitude": at[0], "latitude": at[1], "text": text} for at, text in zones]
    out: list[Any] = []
    for side, style in STYLES.items():
        bold = [r for r, chosen in zip(named, sides, strict=False) if chosen == side]
        light = [r for r, chosen in zip(rows, sides[len(zones) :], strict=True) if chosen == side]
        far = {key: 1.5 * v if key in ("dx", "dy") else v for key, v in style.items()}
        out += lettering(bold, baseline="middle", fontSize=12.5, fontWeight=600, **far)
        out += lettering(light, baseline="middle", fontSize=12, **style)
    if rows:
        marks = alt.Chart(values(rows)).mark_point(
            size=46, filled=True, opacity=1, stroke=theme.PAPER, strokeWidth=1
        )
        out.append(
            marks.encode(
                longitude=alt.Longitude("longitude:Q"),
                latitude=alt.Latitude("latitude:Q"),
                shape=alt.Shape("shape:N", scale=None),
                color=alt.Color("colour:N", scale=None),
            )
        )
    return out


def scale_bar(box: Frame) -> list[Any]:
    """Draw a bar of a round number of kilometres in the lower left corner."""
    import altair as alt

    target = 0.18 * box.width / box.km
    unit = 10 ** int(log10(target))
    length = max(k * unit for k in (1, 2, 5) if k * unit <= max(target, unit))
    y, x = box.height - 16, 16
    row: Row = {"text": f"{length:g} km"}
    base = alt.Chart(values([row]))
    bar = base.mark_rule(stroke=theme.INK, strokeWidth=2.5).encode(
        x=alt.value(x), x2=alt.value(round(x + length * box.km, 1)), y=alt.value(y), y2=alt.value(y)
    )
    text: dict[str, Any] = {"x": x, "y": y - 8, "align": "left", "baseline": "bottom", "fontSize": 12}
    halo = base.mark_text(**text, stroke=theme.PAPER, strokeWidth=3.5, strokeOpacity=0.85).encode(
        text=alt.Text("text:N")
    )
    return [bar, halo, base.mark_text(**text).encode(text=alt.Text("text:N"))]
