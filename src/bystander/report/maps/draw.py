"""The map as a figure: land, borders in their styles, sectors by chance, places, and its reservations.

Names, marks and the scale bar: everything on a map that is read rather than seen.

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

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Inline, Row, drawing, values
from bystander.report.maps.plan import (
    Box,
    Frame,
    Plan,
    Point,
    Sector,
    arc,
    arcs_of,
    attribution,
    codes,
    country_name,
    frame,
    polygons,
    read_plan,
    within,
)
from bystander.report.words.numbers import likelihood, percent, short_percent
from bystander.units import CHANCES

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
    zones = []
    for s in plan.sectors:
        outcome = chances.get(s.outcome)
        text = s.name if outcome is None else f"{s.name} {short_percent(outcome.estimate.value)}"
        zones.append((middle(max(s.points, key=len), s.area), text))
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


NOT_ENDORSED = "Boundaries are shown as drawn by Natural Earth and are not endorsed."


def border_map(assessment: Assessment, block: Mapping[str, Any] | None) -> Figure | None:
    """Draw the scenario's map, or nothing where it asks for none."""
    plan = read_plan(block)
    if plan is None:
        return None
    chances = {o.name: o for o in assessment.outcomes if o.kind in CHANCES}
    rows: list[Row] = [sector_row(s, chances.get(s.outcome)) for s in plan.sectors]
    rows += [
        {"kind": p.kind, "name": p.name, "longitude": p.at[0], "latitude": p.at[1], "about": p.about}
        for p in plan.places
    ]
    rated = [(s, chances[s.outcome]) for s in plan.sectors if s.outcome in chances]
    worst = max(rated, key=lambda pair: pair[1].estimate.value, default=None)
    title = plan.title or "The region"
    if worst is not None and len({o.estimate.value for _, o in rated}) > 1:
        title = (
            f"{worst[0].name} is where fighting is likeliest: {likelihood(worst[1].estimate.value)}"
            f" ({percent(worst[1].estimate.value)})"
        )
    shown = ", ".join(f"{s.name} {percent(o.estimate.value)}" for s, o in rated)
    undemarcated = any(line.status == "undemarcated" for line in plan.lines)
    return Figure(
        name="map",
        title=title,
        reading=(
            "Thick lines and areas are border sectors, the darker the likelier is fighting there; "
            if rated
            else ""
        )
        + ("dashed borders are not demarcated. " if undemarcated else "")
        + f"{NOT_ENDORSED}",
        alt=f"Map{': ' + plan.title if plan.title else ''}. "
        + (f"Chance of fighting by sector: {shown}. " if shown else "")
        + "Places: "
        + ", ".join(f"{p.name} ({p.kind})" for p in plan.places)
        + f". {plan.note} {NOT_ENDORSED} {attribution()}.",
        drawing=drawing(chart(plan, frame(plan.view), chances)),
        rows=tuple(rows),
        part=1,
        wide=True,
    )


def tells_sectors_apart(assessment: Assessment, block: Mapping[str, Any] | None) -> bool:
    """Say whether a map would show that fighting is likelier in one sector than in another."""
    plan = read_plan(block)
    chances = {o.name: o.estimate.value for o in assessment.outcomes if o.kind in CHANCES}
    return plan is not None and len({chances[s.outcome] for s in plan.sectors if s.outcome in chances}) > 1


def sector_row(sector: Sector, outcome: OutcomeResult | None) -> Row:
    """Give a sector's data."""
    chance = None if outcome is None else outcome.estimate.value
    return {
        "kind": "sector",
        "name": sector.name,
        "chance": chance,
        "outcome": sector.outcome,
        "about": sector.about,
    }


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    """Make a GeoJSON feature."""
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def shapes(features: list[dict[str, Any]]) -> Any:
    """Wrap features as inline data."""
    import altair as alt

    whole: Any = Inline({"type": "FeatureCollection", "features": features})
    return alt.InlineData(values=whole, format=alt.JsonDataFormat(type="json", property="features"))


def thin(points: list[Point], step: float) -> list[Point]:
    """Drop vertices closer than a fraction of a point to the last one kept; ends stay."""
    kept = [points[0]]
    for p in points[1:-1]:
        if abs(p[0] - kept[-1][0]) + abs(p[1] - kept[-1][1]) >= step:
            kept.append(p)
    kept.append(points[-1])
    return [(round(x, 4), round(y, 4)) for x, y in kept]


def wound(points: list[Point], clockwise: bool) -> list[Point]:
    """Wind a ring the way spherical drawing needs: outer rings clockwise, holes the other way."""
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(points))
    return points if (area < 0) == clockwise else points[::-1]


def chart(plan: Plan, box: Frame, chances: Mapping[str, OutcomeResult]) -> Any:
    """Stack the layers."""
    import altair as alt

    west, south, east, north = box.view
    margin = 0.06 * (east - west)
    wide: Box = (west - margin, south - margin, east + margin, north + margin)
    step = box.degrees(0.8)
    tints = {code: theme.LANDS[k % len(theme.LANDS)] for k, (_, code) in enumerate(plan.countries)}
    land = [
        feature(
            "Polygon",
            [wound(thin(r, step), k == 0) for k, r in enumerate(part)],
            fill=tints.get(code, theme.LAND_OTHER),
        )
        for code in codes()
        for part in polygons(code, wide)
    ]
    lines = plain_borders(plan, wide, step)
    layers = [
        alt.Chart(shapes(land))
        .mark_geoshape(clip=True, stroke=None)
        .encode(color=alt.Color("properties.fill:N", scale=None)),
        alt.Chart(shapes(lines)).mark_geoshape(
            clip=True, filled=False, stroke=theme.NEUTRAL, strokeWidth=1.1
        ),
        *special_borders(plan, wide, step),
        *sectors(plan, wide, step, chances),
        *names_of_countries(box),
        *places(plan, box, chances),
        *scale_bar(box),
    ]
    sea = alt.ViewBackground(fill=theme.SEA)
    return alt.layer(*layers).properties(
        width=box.width, height=box.height, projection=box.projection, view=sea
    )


def plain_borders(plan: Plan, wide: Box, step: float) -> list[dict[str, Any]]:
    """Give every border arc that has no style of its own."""
    styled: set[int] = set()
    for line in plan.lines:
        if line.whole:
            styled |= arcs_of(line.whole[0]) & arcs_of(line.whole[1])
    users: dict[int, int] = {}
    for code in codes():
        for index in arcs_of(code):
            users[index] = users.get(index, 0) + 1
    return [
        feature("LineString", thin(run, step))
        for index, count in sorted(users.items())
        if count > 1 and index not in styled
        for run in within(list(arc(index)), wide)
    ]


def special_borders(plan: Plan, wide: Box, step: float) -> list[Any]:
    """Draw the stretches a scenario gives a status: a pale bed, then dashes or a solid line."""
    import altair as alt

    out = []
    for status, dash in (("undemarcated", [5, 4]), ("demarcated", [1, 0])):
        runs = [
            feature("LineString", thin(run, step))
            for line in plan.lines
            if line.status == status
            for part in line.points
            for run in within(part, wide)
        ]
        if runs:
            out.append(
                alt.Chart(shapes(runs)).mark_geoshape(
                    clip=True, filled=False, stroke=theme.LAND_OTHER, strokeWidth=2.6
                )
            )
            out.append(
                alt.Chart(shapes(runs)).mark_geoshape(
                    clip=True, filled=False, stroke=theme.BORDER, strokeWidth=1.6, strokeDash=dash
                )
            )
    return out


def sectors(plan: Plan, wide: Box, step: float, chances: Mapping[str, OutcomeResult]) -> list[Any]:
    """Draw sectors in the colour of their chance."""
    import altair as alt

    runs: list[dict[str, Any]] = []
    areas: list[dict[str, Any]] = []
    for sector in plan.sectors:
        outcome = chances.get(sector.outcome)
        colour = theme.NEUTRAL if outcome is None else theme.heat(outcome.estimate.value)[0]
        for part in sector.points:
            if sector.area:
                areas.append(feature("Polygon", [wound(part, True)], colour=colour))
            else:
                runs += [feature("LineString", thin(run, step), colour=colour) for run in within(part, wide)]
    out = []
    if areas:
        out.append(
            alt.Chart(shapes(areas))
            .mark_geoshape(clip=True, opacity=0.75, stroke=theme.BORDER, strokeWidth=1)
            .encode(color=alt.Color("properties.colour:N", scale=None))
        )
    if runs:
        casing = alt.Chart(shapes(runs)).mark_geoshape(
            clip=True, filled=False, stroke=theme.BORDER, strokeWidth=8, strokeCap="round", strokeJoin="round"
        )
        core = alt.Chart(shapes(runs)).mark_geoshape(
            clip=True, filled=False, strokeWidth=6, strokeCap="round", strokeJoin="round"
        )
        out += [casing, core.encode(stroke=alt.Stroke("properties.colour:N", scale=None))]
    return out
