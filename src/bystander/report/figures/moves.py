"""Moves drawn: the escalation ladder, and who does what once it has started.

On the ladder rungs are levels of a variable, arrows the moves that lead from one to another, with owners and
rates.

Moves up run on the left, moves down on the right; arrows that skip rungs run farther out. Rates are per
year while the rung lasts, so that a short rung may have high rates. All positions are reckoned here, in
points; the specification only draws them.

The responses are a heat table of the chance that each move is made within a week, a month, the horizon.
"""

from __future__ import annotations

from collections import defaultdict
from math import atan2, cos, degrees, pi, sin
from typing import Any

from bystander.assessment.result import Assessment, Rung, RungStep
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, listed, named, sized, values
from bystander.report.words.expressions import onset
from bystander.report.words.numbers import (
    amount,
    clean,
    duration,
    label,
    percent,
    phrase,
    running,
    short_percent,
)
from bystander.report.words.sentences import ANY, month, move_phrase, plain, step_phrase, steps_up, who_acts
from bystander.units import in_rank

GAP, TOP, MIDDLE, HALF = 92, 34, 420, 80
BEND = {1: 44, 2: 158, 3: 255}
ROUNDNESS = 0.5
OWNERS = 2


def ladder(assessment: Assessment) -> Figure | None:
    """Draw the ladder, or nothing where the assessment has none."""
    rungs = assessment.rungs
    if len(rungs) < 2:
        return None
    height = {rung.level: TOP + GAP * (len(rungs) - 1 - i) for i, rung in enumerate(rungs)}
    order = {rung.level: i for i, rung in enumerate(rungs)}
    pairs: dict[tuple[str, str], list[RungStep]] = defaultdict(list)
    for step in assessment.steps:
        if step.source in order and step.target in order and step.source != step.target and step.per_year > 0:
            pairs[step.source, step.target].append(step)
    edges = [edge(order, height, source, target, steps) for (source, target), steps in sorted(pairs.items())]
    climbs = [step for step in steps_up(assessment) if step.owner != "nature"]
    lead = max(climbs, key=lambda s: (s.expected, s.move), default=None)
    variable = label(rungs[0].variable)
    title = (
        f"\u201c{phrase(lead.about, lead.move)}\u201d is the commonest step up that someone chooses"
        if lead
        else f"The ladder of {variable}"
    )
    rows: tuple[Row, ...] = tuple(
        {
            "from": s.source,
            "to": s.target,
            "owner": s.owner,
            "move": s.move,
            "rate per year while there": s.per_year,
            "expected number": s.expected,
        }
        for s in assessment.steps
    )
    return Figure(
        name="ladder",
        title=title,
        reading=(
            "Arrows on the left lead up the ladder, on the right down; beside each stand whoever makes the"
            " move and how often, per year spent on the rung it starts from."
        ),
        alt=f"{variable}, from the lowest rung: "
        + ", ".join(f"{label(r.level)} ({short_percent(r.share)} of the time)" for r in rungs)
        + ". Moves: "
        + listed(
            f"{label(s.source)} to {label(s.target)} ({step_phrase(s)}), {amount(s.per_year)} per year there"
            for s in assessment.steps
        ),
        drawing=drawing(ladder_chart(rungs, height, edges)),
        rows=rows,
        part=3,
        wide=True,
    )


def edge(
    order: dict[str, int], height: dict[str, int], source: str, target: str, steps: list[RungStep]
) -> dict[str, Any]:
    """Reckon one arrow: its curve, its head, its label."""
    climb = order[target] - order[source]
    side = -1 if climb > 0 else 1
    x0 = MIDDLE + side * HALF
    reach = BEND.get(abs(climb), 262)
    # Arrows leave above or below the middle of the rung so that they do not meet the ones that arrive.
    y0, y1 = height[source] - 9 * (1 if climb > 0 else -1), height[target] + 9 * (1 if climb > 0 else -1)
    curve = arc((x0, y0), (x0 + side * 5, y1), side * reach)
    (ax, ay), (bx, by) = curve[-2], curve[-1]
    steps = sorted(steps, key=lambda s: (-in_rank(s.per_year), s.owner, s.move))
    lines = [f"{label(s.owner)} {amount(s.per_year)}" for s in steps[:OWNERS]]
    if len(steps) > OWNERS:
        lines.append(f"and {len(steps) - OWNERS} more")
    rate = sum(s.per_year for s in steps)
    return {
        "id": f"{source}>{target}",
        "side": side,
        "curve": curve,
        "head": (bx, by, degrees(atan2(by - ay, bx - ax)) + 90),
        "text": (
            x0 + side * (reach + 9),
            (y0 + y1) / 2 - 7 * (len(lines) - 1),
            "\n".join(clean(t, 30) for t in lines),
        ),
        "width": 1.5 if rate < 1 else 2.5 if rate < 10 else 3.5,
    }


def arc(start: tuple[float, float], end: tuple[float, float], reach: float) -> list[tuple[float, float]]:
    """Give a curve that bulges to one side: nearly straight far out, so that labels have room within it."""
    (x0, y0), (x1, y1) = start, end
    points = []
    for k in range(37):
        along = k / 36
        x = x0 + (x1 - x0) * along + reach * sin(pi * along) ** ROUNDNESS
        points.append((round(x, 1), round(y0 + (y1 - y0) * (1 - cos(pi * along)) / 2, 1)))
    return points


def ladder_chart(rungs: tuple[Rung, ...], height: dict[str, int], edges: list[dict[str, Any]]) -> object:
    """Draw curves, heads, labels with a halo, rungs."""
    import altair as alt

    total = 2 * TOP + GAP * (len(rungs) - 1)
    sx, sy = alt.Scale(domain=[0, theme.WIDE_WIDTH], nice=False), alt.Scale(domain=[total, 0], nice=False)
    x, y = alt.X("x:Q", scale=sx, axis=None), alt.Y("y:Q", scale=sy, axis=None)
    layers = [*jump_arrows(edges, x, y), *jump_labels(edges, x, y), *rung_boxes(rungs, height, x, y)]
    return alt.layer(*layers).properties(width=theme.WIDE_WIDTH - 12, height=total)


def way_of(edge: dict[str, Any]) -> str:
    """Say whether a jump goes up or down the ladder."""
    return "up" if edge["side"] < 0 else "down"


def jump_arrows(edges: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Draw the curves of jumps, and their heads."""
    import altair as alt

    points = [
        {"x": px, "y": py, "order": k, "id": e["id"], "way": way_of(e), "width": e["width"]}
        for e in edges
        for k, (px, py) in enumerate(e["curve"])
    ]
    heads = [{"x": e["head"][0], "y": e["head"][1], "angle": e["head"][2], "way": way_of(e)} for e in edges]
    colour = alt.Color(
        "way:N", scale=alt.Scale(domain=["up", "down"], range=[theme.TOWARDS, theme.AGAINST]), legend=None
    )
    curves = (
        alt.Chart(values(points))
        .mark_line(strokeCap="round")
        .encode(
            x=x,
            y=y,
            order=alt.Order("order:Q"),
            detail=alt.Detail("id:N"),
            color=colour,
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        )
    )
    tips = (
        alt.Chart(values(heads))
        .mark_point(shape="triangle", size=90, filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            angle=alt.Angle("angle:Q", scale=alt.Scale(domain=[0, 360], range=[0, 360])),
            color=colour,
        )
    )
    return [curves, tips]


def jump_labels(edges: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Label the jumps, each label on a halo of paper."""
    import altair as alt

    texts = [{"x": e["text"][0], "y": e["text"][1], "text": e["text"][2], "way": way_of(e)} for e in edges]
    layers = []
    for way, align in (("up", "right"), ("down", "left")):
        base = alt.Chart(values([t for t in texts if t["way"] == way])).encode(
            x=x, y=y, text=alt.Text("text:N")
        )
        style: dict[str, Any] = {
            "align": align,
            "lineBreak": "\n",
            "lineHeight": 14,
            "fontSize": 12,
            "baseline": "middle",
        }
        layers += [
            base.mark_text(**style, stroke=theme.PAPER, strokeWidth=5, strokeJoin="round"),
            base.mark_text(**style),
        ]
    return layers


def rung_boxes(rungs: tuple[Rung, ...], height: dict[str, int], x: Any, y: Any) -> list[Any]:
    """Draw each rung as a box with its name and its share of the time."""
    import altair as alt

    drawn = [
        {
            "x": MIDDLE - HALF,
            "x2": MIDDLE + HALF,
            "y": height[r.level] - 22,
            "y2": height[r.level] + 22,
            "middle": MIDDLE,
            "up": height[r.level] - 7,
            "down": height[r.level] + 11,
            "name": clean(label(r.level), 24),
            "share": f"{short_percent(r.share)} of the time",
        }
        for r in rungs
    ]
    base = alt.Chart(values(drawn))
    middle = alt.X("middle:Q", scale=x["scale"])
    return [
        base.mark_rect(cornerRadius=6, fill=theme.HEAT[0], stroke=theme.NEUTRAL).encode(
            x=x, x2="x2:Q", y=y, y2="y2:Q"
        ),
        base.mark_text(fontWeight=600, fontSize=14).encode(
            x=middle, y=alt.Y("up:Q", scale=y["scale"]), text=alt.Text("name:N")
        ),
        base.mark_text(color=theme.MUTED).encode(
            x=middle, y=alt.Y("down:Q", scale=y["scale"]), text=alt.Text("share:N")
        ),
    ]


def responses(assessment: Assessment) -> Figure | None:
    """Draw all responses, actors before institutions, the readiest first."""
    made = [r for r in assessment.responses if r.move != ANY]
    if not made:
        return None
    ordered = sorted(made, key=lambda r: (r.role == "institution", -in_rank(month(r)[1]), r.owner, r.move))
    names = [who_does(label(r.owner), move_phrase(r)) for r in ordered]
    rows: list[Row] = []
    for order, (name, response) in enumerate(zip(names, ordered, strict=True)):
        for days, chance in response.within:
            ground, ink = theme.heat(chance)
            rows.append(
                {
                    "move": name,
                    "within": duration(days),
                    "days": days,
                    "chance": chance,
                    "shown": short_percent(chance),
                    "ground": ground,
                    "ink": ink,
                    "order": order,
                    "owner": response.owner,
                }
            )
    said = [plain(s).rstrip(".") for s in who_acts(assessment)]
    since = "onset" if onset(assessment.given, assessment.held) else "start"
    return Figure(
        name="responses",
        title=said[0] if said else "Who does what",
        reading=(
            "Each cell is the chance that the move is made at least once within the time above, counted from"
            f" the {since}; the darker, the likelier."
        ),
        alt=listed(
            f"{n}: " + ", ".join(f"{percent(c)} within {duration(d)}" for d, c in r.within)
            for n, r in zip(names, ordered, strict=True)
        ),
        drawing=drawing(heat_table(rows, names)),
        rows=tuple(
            {k: v for k, v in row.items() if k not in ("ground", "ink", "shown", "order")} for row in rows
        ),
        part=3,
        wide=True,
    )


def who_does(owner: str, move: str) -> str:
    """Name a row; the owner is not named twice."""
    return move if owner.lower() in move.lower() else f"{owner}: {running(move)}"


def heat_table(rows: list[Row], names: list[str]) -> object:
    """Lay out cells with their numbers; colours come from the data, one for each word of the yardstick."""
    import altair as alt

    spans = list(dict.fromkeys(str(r["within"]) for r in sorted(rows, key=lambda r: float(r["days"] or 0))))
    base = alt.Chart(values(rows)).encode(
        x=alt.X(
            "within:N",
            sort=spans,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelColor=theme.INK, labelFontSize=13),
        ),
        y=named("move", names, labelFontSize=13),
    )
    cells = base.mark_rect(stroke=theme.PAPER, strokeWidth=3).encode(color=alt.Color("ground:N", scale=None))
    text = base.mark_text(fontSize=13, fontWeight=600).encode(
        text=alt.Text("shown:N"), color=alt.Color("ink:N", scale=None)
    )
    return sized(alt.layer(cells, text), rows=29)
