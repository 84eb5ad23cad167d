"""The map as a figure: land, borders in their styles, sectors by chance, places, and its reservations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Inline, Row, drawing
from bystander.report.maps.lettering import names_of_countries, places, scale_bar
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
    frame,
    polygons,
    read_plan,
    within,
)
from bystander.report.words.numbers import likelihood, percent
from bystander.units import CHANCES

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
    return alt.InlineData(
        values=whole,
        format=alt.JsonDataFormat(type="json", property="features"),
    )


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
