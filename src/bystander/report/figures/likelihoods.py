"""Key outcomes on the yardstick.

A point for each chance, a bar for its range, the words of estimative language behind.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.likelihood import YARDSTICK, likelihood
from bystander.report.words.names import clean, phrase
from bystander.report.words.numbers import duration, percent, short_percent, spread
from bystander.report.words.sentences import focus


def likelihoods(assessment: Assessment) -> Figure | None:
    """Draw every outcome of kind probability on one scale, the likeliest on top."""
    shown = [o for o in assessment.outcomes if o.kind == "probability"]
    if not shown:
        return None
    shown.sort(key=lambda o: (-o.estimate.value, o.name))
    rows: list[Row] = [
        {
            "outcome": phrase(o.about, o.name, 60),
            "chance": o.estimate.value,
            "low": o.estimate.low if o.estimate.low is not None else o.estimate.value,
            "high": o.estimate.high if o.estimate.high is not None else o.estimate.value,
            "word": likelihood(o.estimate.value),
            "shown": short_percent(o.estimate.value),
            "clock": clean(o.given) or "scenario start",
        }
        for o in shown
    ]
    goal = focus(assessment)
    lead = goal if goal is not None and goal.kind == "probability" else shown[0]
    span = duration(assessment.horizon_days)
    return Figure(
        name="likelihoods",
        title=f"{phrase(lead.about, lead.name, 80)}: {likelihood(lead.estimate.value)} within {span}",
        reading=(
            "Each dot is the chance that something happens by the horizon"
            f"{', the bar its range' if any(o.estimate.low is not None for o in shown) else ''}; the words"
            " on top are those used in the text."
        ),
        alt=f"Chances within {span}. "
        + "; ".join(
            f"{phrase(o.about, o.name)}: {likelihood(o.estimate.value)}, {percent(o.estimate.value)}"
            + (f", range {spread(o.estimate)}" if spread(o.estimate) else "")
            for o in shown
        )
        + ".",
        drawing=drawing(chart(rows)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def chart(rows: list[Row]) -> object:
    """Layer the bands of the yardstick, the ranges, the points and their labels."""
    import altair as alt

    order = [row["outcome"] for row in rows]
    bands = [
        {"word": b.word.replace(" ", "\n"), "from": b.low, "to": b.high, "middle": (b.low + b.high) / 2}
        for b in YARDSTICK
    ]
    x = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(
        values=[0.05, 0.2, 0.45, 0.55, 0.8, 0.95], format=".0%", title=None, grid=False, labelOverlap=False
    )
    back = (
        alt.Chart(values(bands))
        .mark_rect(opacity=0.55)
        .encode(
            x=alt.X("from:Q", scale=x, axis=axis),
            x2=alt.X2("to:Q"),
            color=alt.Color(
                "word:N", scale=alt.Scale(domain=[str(b["word"]) for b in bands], range=shades()), legend=None
            ),
        )
    )
    words = (
        alt.Chart(values(bands))
        .mark_text(baseline="top", y=-30, fontSize=11, color=theme.MUTED, lineBreak="\n", lineHeight=12)
        .encode(x=alt.X("middle:Q", scale=x), text=alt.Text("word:N"))
    )
    base = alt.Chart(values(rows)).encode(
        y=alt.Y(
            "outcome:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelColor=theme.INK, labelFontSize=13),
        )
    )
    ranges = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(
        x=alt.X("low:Q", scale=x), x2=alt.X2("high:Q")
    )
    points = base.mark_point(
        size=90, filled=True, opacity=1, color=theme.AGAINST, stroke=theme.PAPER, strokeWidth=1.5
    ).encode(x=alt.X("chance:Q", scale=x))
    labels = base.mark_text(dx=11, align="left", fontWeight=600, dy=-9).encode(
        x=alt.X("chance:Q", scale=x), text=alt.Text("shown:N")
    )
    return alt.layer(back, words, ranges, points, labels).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(26),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )


def shades() -> list[str]:
    """Alternate pale and plain ground so that the bands show without drawing the eye."""
    return [theme.HEAT[0] if k % 2 == 0 else theme.GRID for k in range(len(YARDSTICK))]
