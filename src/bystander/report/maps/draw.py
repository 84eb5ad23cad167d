"""The map as a figure: land, borders in their styles, sectors by chance, places, a scale bar, and what it does not claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import asinh, cos, log10, pi, radians, tan
from typing import Any

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Inline, Row, drawing, values
from bystander.report.maps.outlines import Box, Point, arc, arcs_of, attribution, codes, country_name, polygons, within
from bystander.report.maps.plan import Plan, Sector, read_plan
from bystander.report.words.likelihood import likelihood
from bystander.report.words.numbers import percent, short_percent

NOT_ENDORSED = "Boundaries are shown as drawn by Natural Earth and are not endorsed."
EARTH_KM = 6371.0
TALLEST = 600
SHAPES = {"capital": "square", "town": "circle", "exclave": "diamond", "incident": "cross", "base": "triangle-up",
          "crossing": "stroke", "summit": "square"}  # fmt: skip


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
        latitude = 2 * 180 / pi * _atan_exp(middle) - 90
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

    def degrees(self, points: float) -> float:
        """Degrees of longitude that so many points span."""
        return points / self.scale * 180 / pi


def _atan_exp(value: float) -> float:
    from math import atan, exp

    return atan(exp(value))


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


def border_map(assessment: Assessment, block: Mapping[str, Any] | None) -> Figure | None:
    """Draw the scenario's map, or nothing where it asks for none."""
    plan = read_plan(block)
    if plan is None:
        return None
    chances = {o.name: o for o in assessment.outcomes if o.kind in ("probability", "share")}
    rows: list[Row] = [sector_row(s, chances.get(s.outcome)) for s in plan.sectors]
    rows += [{"kind": p.kind, "name": p.name, "longitude": p.at[0], "latitude": p.at[1], "about": p.about} for p in plan.places]
    rated = [(s, chances[s.outcome]) for s in plan.sectors if s.outcome in chances]
    worst = max(rated, key=lambda pair: pair[1].estimate.value, default=None)
    title = plan.title or "Where it may happen"
    if worst is not None and len({o.estimate.value for _, o in rated}) > 1:
        title = f"{worst[0].name} is where fighting is likeliest: {likelihood(worst[1].estimate.value)} ({percent(worst[1].estimate.value)})"
    shown = ", ".join(f"{s.name} {percent(o.estimate.value)}" for s, o in rated)
    undemarcated = any(line.status == "undemarcated" for line in plan.lines)
    return Figure(
        name="map",
        title=title,
        reading=("Thick lines and areas are border sectors, the darker the likelier is fighting there; " if rated else "")
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


def sector_row(sector: Sector, outcome: OutcomeResult | None) -> Row:
    """Give a sector's data."""
    chance = None if outcome is None else outcome.estimate.value
    return {"kind": "sector", "name": sector.name, "chance": chance, "outcome": sector.outcome, "about": sector.about}


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    """Make a GeoJSON feature."""
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def shapes(features: list[dict[str, Any]]) -> Any:
    """Wrap features as inline data."""
    import altair as alt

    return alt.InlineData(values=Inline({"type": "FeatureCollection", "features": features}), format=alt.JsonDataFormat(type="json", property="features"))


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
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:], strict=False))
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
        feature("Polygon", [wound(thin(r, step), k == 0) for k, r in enumerate(part)], fill=tints.get(code, theme.LAND_OTHER))
        for code in codes()
        for part in polygons(code, wide)
    ]
    lines = plain_borders(plan, wide, step)
    layers = [
        alt.Chart(shapes(land)).mark_geoshape(clip=True, stroke=None).encode(color=alt.Color("properties.fill:N", scale=None)),
        alt.Chart(shapes(lines)).mark_geoshape(clip=True, filled=False, stroke=theme.NEUTRAL, strokeWidth=1.1),
        *special_borders(plan, wide, step),
        *sectors(plan, box, wide, step, chances),
        *names_of_countries(plan, box),
        *places(plan, box),
        *scale_bar(box),
    ]
    sea = alt.ViewBackground(fill=theme.SEA)
    return alt.layer(*layers).properties(width=box.width, height=box.height, projection=box.projection, view=sea)


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
            out.append(alt.Chart(shapes(runs)).mark_geoshape(clip=True, filled=False, stroke=theme.LAND_OTHER, strokeWidth=2.6))
            out.append(alt.Chart(shapes(runs)).mark_geoshape(clip=True, filled=False, stroke=theme.BORDER, strokeWidth=1.6, strokeDash=dash))
    return out


def sectors(plan: Plan, box: Frame, wide: Box, step: float, chances: Mapping[str, OutcomeResult]) -> list[Any]:
    """Draw sectors in the colour of their chance, with name and number beside them."""
    import altair as alt

    runs: list[dict[str, Any]] = []
    areas: list[dict[str, Any]] = []
    labels: list[Row] = []
    for sector in plan.sectors:
        outcome = chances.get(sector.outcome)
        colour = theme.NEUTRAL if outcome is None else theme.heat(outcome.estimate.value)[0]
        for part in sector.points:
            if sector.area:
                areas.append(feature("Polygon", [wound(part, True)], colour=colour))
            else:
                runs += [feature("LineString", thin(run, step), colour=colour) for run in within(part, wide)]
        x, y = middle(max(sector.points, key=len), sector.area)
        text = sector.name if outcome is None else f"{sector.name} {short_percent(outcome.estimate.value)}"
        labels.append({"longitude": x, "latitude": y, "text": text})
    out = []
    if areas:
        out.append(
            alt.Chart(shapes(areas)).mark_geoshape(clip=True, opacity=0.75, stroke=theme.BORDER, strokeWidth=1).encode(color=alt.Color("properties.colour:N", scale=None))
        )
    if runs:
        casing = alt.Chart(shapes(runs)).mark_geoshape(clip=True, filled=False, stroke=theme.BORDER, strokeWidth=10, strokeCap="round", strokeJoin="round")
        core = alt.Chart(shapes(runs)).mark_geoshape(clip=True, filled=False, strokeWidth=8, strokeCap="round", strokeJoin="round")
        out += [casing, core.encode(stroke=alt.Stroke("properties.colour:N", scale=None))]
    return out + lettering(labels, dy=-14 if runs else 0, fontWeight=600, fontSize=12.5)


def middle(points: list[Point], area: bool) -> Point:
    """Where a label goes: the middle vertex of a line, the mean of an area's corners."""
    if not area:
        return points[len(points) // 2]
    corners = points[:-1]
    return sum(p[0] for p in corners) / len(corners), sum(p[1] for p in corners) / len(corners)


def lettering(rows: list[Row], **style: Any) -> list[Any]:
    """Write labels with a halo."""
    import altair as alt

    if not rows:
        return []
    base = alt.Chart(values(rows)).encode(longitude="longitude:Q", latitude="latitude:Q", text="text:N")
    halo = {"stroke": theme.PAPER, "strokeWidth": 3.5, "strokeJoin": "round", "strokeOpacity": 0.85}
    return [base.mark_text(**style, **halo), base.mark_text(**style)]


def names_of_countries(plan: Plan, box: Frame) -> list[Any]:
    """Name each country in the middle of its largest piece in view, if that is large enough to hold the name."""
    rows: list[Row] = []
    for code in codes():
        pieces = polygons(code, box.view)
        if not pieces:
            continue
        ring = max((p[0] for p in pieces), key=lambda r: abs(area_of(r)))
        name = country_name(code).upper()
        xs = [x for x, _ in ring]
        if (max(xs) - min(xs)) / box.degrees(1) > 9 * len(name) and abs(area_of(ring)) > 0.012 * (box.view[2] - box.view[0]) * (box.view[3] - box.view[1]):
            x, y = centroid(ring)
            rows.append({"longitude": x, "latitude": y, "text": "\u2009".join(name)})
    return lettering(rows, color=theme.MUTED, fontSize=12) if rows else []


def area_of(ring: list[Point]) -> float:
    """Signed area in square degrees."""
    return 0.5 * sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:], strict=False))


def centroid(ring: list[Point]) -> Point:
    """Centre of mass of a ring; the mean of its corners if it has no area."""
    area = area_of(ring)
    if abs(area) < 1e-12:
        return ring[0]
    cross = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in zip(ring, ring[1:], strict=False)]
    return (sum((a[0] + b[0]) * c for a, b, c in cross) / (6 * area), sum((a[1] + b[1]) * c for a, b, c in cross) / (6 * area))


def places(plan: Plan, box: Frame) -> list[Any]:
    """Mark and name the places in view."""
    import altair as alt

    west, south, east, north = box.view
    seen = [p for p in plan.places if west <= p.at[0] <= east and south <= p.at[1] <= north]
    if not seen:
        return []
    rows: list[Row] = [
        {"longitude": p.at[0], "latitude": p.at[1], "kind": p.kind, "shape": SHAPES[p.kind], "text": p.name,
         "colour": theme.TOWARDS if p.kind == "incident" else theme.REPORTED if p.kind == "exclave" else theme.INK}
        for p in seen
    ]  # fmt: skip
    marks = alt.Chart(values(rows)).mark_point(size=46, filled=True, opacity=1, stroke=theme.PAPER, strokeWidth=1).encode(
        longitude="longitude:Q", latitude="latitude:Q", shape=alt.Shape("shape:N", scale=None), color=alt.Color("colour:N", scale=None)
    )  # fmt: skip
    out: list[Any] = []
    for side, style in (
        ("right", {"align": "left", "dx": 7}),
        ("left", {"align": "right", "dx": -7}),
        ("above", {"dy": -11}),
        ("below", {"dy": 12}),
    ):
        out += lettering([r for r, p in zip(rows, seen, strict=True) if p.side == side], baseline="middle", fontSize=12, **style)
    return [*out, marks]


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
    text = {"x": x, "y": y - 8, "align": "left", "baseline": "bottom", "fontSize": 12}
    halo = base.mark_text(**text, stroke=theme.PAPER, strokeWidth=3.5, strokeOpacity=0.85).encode(text="text:N")
    return [bar, halo, base.mark_text(**text).encode(text="text:N")]
