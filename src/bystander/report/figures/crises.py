"""Crises compared: the same question asked of several scenarios, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.likelihood import likelihood
from bystander.report.words.names import clean, phrase
from bystander.report.words.numbers import duration, percent, short_percent


def crises(assessments: Sequence[Assessment]) -> Figure | None:
    """Draw the chances that at least two assessments have in common, by name of the outcome."""
    found: dict[str, list[tuple[Assessment, OutcomeResult]]] = {}
    for assessment in assessments:
        for outcome in assessment.outcomes:
            if outcome.kind == "probability":
                found.setdefault(outcome.name, []).append((assessment, outcome))
    shared = {name: pairs for name, pairs in found.items() if len(pairs) > 1}
    if not shared:
        return None
    rows: list[Row] = [
        {
            "outcome": phrase(o.about, name, 60),
            "crisis": clean(a.title, 50),
            "chance": o.estimate.value,
            "low": o.estimate.value if o.estimate.low is None else o.estimate.low,
            "high": o.estimate.value if o.estimate.high is None else o.estimate.high,
            "within": duration(a.horizon_days),
            "shown": short_percent(o.estimate.value),
        }
        for name, pairs in shared.items()
        for a, o in pairs
    ]
    name, pairs = max(shared.items(), key=lambda item: (gap(item[1]), item[0]))
    (high, top), (low, bottom) = (
        max(pairs, key=lambda p: p[1].estimate.value),
        min(pairs, key=lambda p: p[1].estimate.value),
    )
    return Figure(
        name="crises",
        title=(
            f"{phrase(top.about, name, 60)}: {likelihood(top.estimate.value)} in {clean(high.title, 40)}, "
            f"{likelihood(bottom.estimate.value)} in {clean(low.title, 40)}"
        ),
        reading="Each row is a crisis, each panel an outcome; a dot is the chance, the bar its range.",
        alt="; ".join(
            f"{r['outcome']}, {r['crisis']}: {percent(float(r['chance'] or 0))} within {r['within']}"
            for r in rows
        )
        + ".",
        drawing=drawing(chart(rows)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def gap(pairs: list[tuple[Assessment, OutcomeResult]]) -> float:
    """Difference between the largest and the smallest chance."""
    chances = [o.estimate.value for _, o in pairs]
    return max(chances) - min(chances)


def chart(rows: list[Row]) -> object:
    """Lay the crises of each outcome under each other on one scale."""
    import altair as alt

    placed = [{**r, "row": f"{r['outcome']} \u00b7 {r['crisis']}"} for r in rows]
    x = alt.X(
        "chance:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5), title=None
    )
    y = alt.Y(
        "row:N",
        sort=[r["row"] for r in placed],
        title=None,
        axis=alt.Axis(labelColor=theme.INK, labelFontSize=13),
    )
    base = alt.Chart(values(placed)).encode(y=y)
    ranges = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(
        x=alt.X("low:Q"), x2=alt.X2("high:Q")
    )
    dots = base.mark_point(
        size=100, filled=True, opacity=1, color=theme.AGAINST, stroke=theme.PAPER, strokeWidth=1.5
    ).encode(x=x)
    said = base.mark_text(align="left", dx=11, dy=-9, fontWeight=600).encode(x=x, text=alt.Text("shown:N"))
    return alt.layer(ranges, dots, said).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(30),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
