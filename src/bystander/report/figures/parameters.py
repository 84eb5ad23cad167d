"""What the answer hangs on: how much its focus moves, at the margin, when a parameter grows in proportion."""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, sized, values
from bystander.report.words.numbers import (
    clean,
    label,
    parameter,
    phrase,
    signed,
)
from bystander.report.words.sentences import focus, hangs_on
from bystander.scenario.claims import STANDINGS

MOST = 12


def tornado(assessment: Assessment) -> Figure | None:
    """Draw the largest derivatives of the focus outcome, signed, sourced and assumed apart."""
    goal, own = focus(assessment), hangs_on(assessment)
    if goal is None or not own:
        return None
    rows: list[Row] = [
        {
            "parameter": clean(label(s.parameter), 50),
            "value": s.value,
            "effect": s.elasticity,
            "shown": signed(s.elasticity, 2),
            "ground": s.standing,
        }
        for s in own[:MOST]
    ]
    return Figure(
        name="tornado",
        title=f"{phrase(goal.about, goal.name, 70)} hangs most on: {label(own[0].parameter).lower()}",
        reading=(
            "A bar is the slope of the outcome in the logarithm of the parameter: what it would gain if the"
            " parameter grew e-fold and the slope stayed the same. The paler a bar, the"
            " less its number stands on: measured from cited numbers, learnt from a record, argued, or free."
        ),
        alt="; ".join(
            f"{r['parameter']} (now {parameter(float(r['value'] or 0))}): {r['shown']}, {r['ground']}"
            for r in rows
        )
        + ".",
        drawing=drawing(tornado_chart(rows)),
        rows=tuple(rows),
        part=8,
        wide=True,
    )


def tornado_chart(rows: list[Row]) -> object:
    """Layer bars to either side of nought and their values."""
    import altair as alt

    reach = max(abs(float(r["effect"] or 0)) for r in rows)
    scale = alt.Scale(domain=[-1.15 * reach, 1.15 * reach], nice=False)
    y = alt.Y(
        "parameter:N",
        sort=[str(r["parameter"]) for r in rows],
        title=None,
        axis=alt.Axis(labelColor=theme.INK, labelFontSize=13),
    )
    colour = alt.Color(
        "ground:N",
        title=None,
        scale=alt.Scale(
            domain=list(STANDINGS), range=[theme.AGAINST, theme.HEAT[4], theme.HEAT[3], theme.AGAINST_PALE]
        ),
    )
    base = alt.Chart(values(rows)).encode(
        y=y, x=alt.X("effect:Q", scale=scale, title=None, axis=alt.Axis(format=".2~f", tickCount=5))
    )
    bars = base.mark_bar(height=16, stroke=theme.AGAINST, strokeWidth=1).encode(color=colour)
    zero = alt.Chart(values([{"at": 0}])).mark_rule(color=theme.NEUTRAL).encode(x=alt.X("at:Q", scale=scale))
    plus = (
        base.transform_filter("datum.effect >= 0")
        .mark_text(align="left", dx=4)
        .encode(text=alt.Text("shown:N"))
    )
    minus = (
        base.transform_filter("datum.effect < 0")
        .mark_text(align="right", dx=-4)
        .encode(text=alt.Text("shown:N"))
    )
    return sized(alt.layer(bars, zero, plus, minus), rows=27)
