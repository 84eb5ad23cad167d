"""What would change it.

Measures by their effect on the focus outcome, and by effect against cost with the efficient ones
joined.

A measure is on the line if no other costs no more and brings the outcome at least as far in the direction
that is wanted (one of the two strictly), doing nothing included. Where neither less nor more of the outcome
is wanted nothing is better than anything else, and there is no line.

Packages are drawn by what each costs and does to one aim. Their efficiency is over all aims at once and is
reckoned where packages are tried; a package on the line here may look beaten on this aim because it is
better on another.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment, MeasureResult, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import LINES, Figure, Row, drawing, listed, named, sized, values, wrapped
from bystander.report.words.numbers import amount, in_short, phrase, quantity
from bystander.report.words.reasons import jumps
from bystander.report.words.sentences import focus, plain, ranked_measures, remedies
from bystander.units import CHANCES

MOST = 14


def measures(assessment: Assessment) -> tuple[Figure, ...]:
    """Draw effects as before and after, and the frontier where costs differ."""
    goal, ranked = focus(assessment), ranked_measures(assessment)[:MOST]
    if goal is None or not ranked:
        return ()
    rows = rows_of(goal, ranked)
    best = remedies(assessment, 1)
    title = plain(best[0]).rstrip(".") if best else f"No measure moves it: {phrase(goal.about, goal.name)}"
    jumped = jumps([phrase(m.about, m.name, 60) for m, _, _ in ranked if m.jump])
    drawn = Figure(
        name="measures",
        title=title,
        reading=(
            "Each arrow starts at the outcome as it is and ends where the measure takes it; the outcome"
            f" is: {phrase(goal.about, goal.name)}.{jumped}"
        ),
        alt=listed(
            f"{r['measure']}: from {quantity(float(r['before'] or 0), goal.estimate.unit)} to {r['shown']}"
            for r in rows
        ),
        drawing=drawing(arrows(rows, goal)),
        rows=tuple(rows),
        part=6,
        wide=True,
    )
    dearer = worth_their_cost(assessment)
    return (drawn, dearer) if dearer else (drawn,)


def worth_their_cost(assessment: Assessment) -> Figure | None:
    """Draw the frontier, or nothing where all measures cost the same."""
    goal, ranked = focus(assessment), ranked_measures(assessment)[:MOST]
    if goal is None or len({m.cost for m, _, _ in ranked}) < 2:
        return None
    return frontier(rows_of(goal, ranked), goal, ranked[0][0].aim(goal.name))


def rows_of(goal: OutcomeResult, ranked: list[tuple[MeasureResult, float, float]]) -> list[Row]:
    """Give each measure with the outcome before and after it."""
    return [
        {
            "measure": phrase(m.about, m.name, 84),
            "before": a,
            "after": b,
            "cost": m.cost,
            "direction": "down" if b < a else "up" if b > a else "same",
            "shown": in_short(b, goal.estimate.unit),
        }
        for m, a, b in ranked
    ]


def arrows(rows: list[Row], goal: OutcomeResult) -> object:
    """Layer the line of the present, the shafts, the heads and the numbers."""
    import altair as alt

    chance = goal.estimate.unit in CHANCES
    ends = [float(r[k] or 0) for r in rows for k in ("before", "after")]
    room = 0.08 * max(max(ends) - min(ends), 0.02 if chance else 1e-9)
    scale = alt.Scale(
        domain=[max(0.0, min(ends) - 1.6 * room), max(ends) + 1.6 * room], nice=False, zero=False
    )
    axis = alt.Axis(format=".0%" if chance else "~s", title=None, tickCount=6)
    rows = [{**r, "measure": wrapped(r["measure"], 46)} for r in rows]
    y = named("measure", [r["measure"] for r in rows], labelExpr=LINES, labelLineHeight=14)
    colour = alt.Color(
        "direction:N",
        scale=alt.Scale(domain=["down", "up", "same"], range=[theme.AGAINST, theme.TOWARDS, theme.NEUTRAL]),
        legend=None,
    )
    base = alt.Chart(values(rows)).encode(y=y)
    now = (
        alt.Chart(values(rows[:1]))
        .mark_rule(color=theme.NEUTRAL, strokeDash=[3, 3])
        .encode(x=alt.X("before:Q", scale=scale, axis=axis))
    )
    shaft = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("before:Q", scale=scale, axis=axis), x2=alt.X2("after:Q"), color=colour
    )
    layers = [now, shaft]
    for name, angle, side in (("down", 270, -1), ("up", 90, 1), ("same", 0, 1)):
        part = base.transform_filter(f"datum.direction == '{name}'").encode(x=alt.X("after:Q", scale=scale))
        shape = "circle" if name == "same" else "triangle"
        layers.append(
            part.mark_point(shape=shape, size=90, filled=True, opacity=1, angle=angle).encode(color=colour)
        )
        layers.append(
            part.mark_text(align="left" if side > 0 else "right", dx=10 * side, fontWeight=600).encode(
                text=alt.Text("shown:N")
            )
        )
    return sized(alt.layer(*layers), rows=34)


def apart(steps: list[Row], top: float, values_shown: list[float]) -> list[Row]:
    """Keep the numbers that stand clear of those kept before: a twentieth of the figure either way."""
    height = (max(values_shown) - min(values_shown)) or 1.0
    kept: list[Row] = []
    for row in steps:
        x, y = float(row["cost"] or 0) / (top or 1.0), float(row["after"] or 0) / height
        if all(
            abs(x - float(k["cost"] or 0) / (top or 1.0)) > 0.05
            or abs(y - float(k["after"] or 0) / height) > 0.07
            for k in kept
        ):
            kept.append(row)
    return kept


def efficient(rows: list[Row], aim: str) -> list[Row]:
    """Keep the rows that no other beats in cost and outcome, cheapest first; none without an aim."""
    if not aim:
        return []
    sign = 1.0 if aim == "less" else -1.0
    kept: list[Row] = []
    for row in sorted(rows, key=lambda r: (float(r["cost"] or 0), sign * float(r["after"] or 0))):
        if not kept or sign * float(row["after"] or 0) < sign * float(kept[-1]["after"] or 0):
            kept.append(row)
    return kept


def frontier(rows: list[Row], goal: OutcomeResult, aim: str) -> Figure:
    """Draw cost against outcome; where less or more of it is wanted, join the efficient measures."""
    nothing: Row = {
        "measure": "Nothing",
        "after": rows[0]["before"],
        "before": rows[0]["before"],
        "cost": 0.0,
        "shown": in_short(float(rows[0]["before"] or 0), goal.estimate.unit),
    }
    edge = efficient([nothing, *rows], aim)
    best = {str(r["measure"]) for r in edge}
    kinds = ["efficient", "another does better"] if aim else ["measure"]
    marked: list[Row] = [
        {**r, "efficient": kinds[0] if not aim or str(r["measure"]) in best else kinds[1]}
        for r in [nothing, *rows]
    ]
    drawn = frontier_chart(marked, edge, kinds, goal.estimate.unit in CHANCES)
    on_line = [str(r["measure"]) for r in edge[1:]]
    joined = ", ".join(f"{k} {what}" if len(on_line) > 1 else what for k, what in enumerate(on_line, 1))
    none = f"No measure {'raises' if aim == 'more' else 'lowers'} the outcome" if aim else "Effect and cost"
    wanted = f"{'Higher' if aim == 'more' else 'Lower'} is better, further right is dearer"
    return Figure(
        name="frontier",
        title=f"Worth their cost: {joined}" if joined else none,
        reading=(
            f"{wanted}; measures on the line are those that no other beats on both."
            if aim
            else "Further right is dearer; whether less or more of the outcome is wanted, nobody has said."
        ),
        alt=listed(
            f"{r['measure']}: cost {amount(float(r['cost'] or 0))}, outcome {r['shown']}, {r['efficient']}"
            for r in marked
        ),
        drawing=drawing(drawn),
        rows=tuple(marked),
        part=6,
    )


def frontier_chart(marked: list[Row], edge: list[Row], kinds: list[str], chance: bool) -> object:
    """Set the plot: dots by kind, the line through the efficient ones, and their numbers."""
    import altair as alt

    top = max(float(r["cost"] or 0) for r in marked)
    x = alt.X(
        "cost:Q",
        title="cost, in the scenario's unit",
        axis=alt.Axis(tickCount=6),
        scale=alt.Scale(domain=[0, top * 1.04], nice=False),
    )
    y = alt.Y(
        "after:Q",
        title=None,
        axis=alt.Axis(format=".0%" if chance else "~s", tickCount=5),
        scale=alt.Scale(zero=False, padding=22),
    )
    colour = alt.Color(
        "efficient:N",
        scale=alt.Scale(domain=kinds, range=[theme.AGAINST, theme.NEUTRAL][: len(kinds)]),
        title=None,
        legend=alt.Legend() if len(kinds) > 1 else None,
    )
    line = (
        alt.Chart(values(edge))
        .mark_line(interpolate="step-after", color=theme.AGAINST_PALE, strokeWidth=3)
        .encode(x=x, y=y)
    )
    base = alt.Chart(values(marked)).encode(x=x, y=y)
    dots = base.mark_point(size=90, filled=True, opacity=1).encode(color=colour)
    steps: list[Row] = [{**r, "number": str(k)} for k, r in enumerate(edge[1:], 1)]
    steps = apart(steps, top, [float(r["after"] or 0) for r in marked])
    numbers = alt.Chart(values(steps)).encode(x=x, y=y, text=alt.Text("number:N"))
    numbers = numbers.mark_text(align="right", dx=-9, dy=9, fontWeight=600)
    return sized(alt.layer(line, dots, numbers), height=300, width=theme.CARD_WIDTH)
