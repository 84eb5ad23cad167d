"""What it costs: the expected amounts beside what the record says, on a scale of powers of ten."""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.names import phrase
from bystander.report.words.numbers import amount, quantity, spread


def tolls(assessment: Assessment) -> Figure | None:
    """Draw each amount that has a reported figure beside it."""
    shown = [t for t in assessment.tolls if t.expected.value > 0 and t.reported > 0]
    if not shown:
        return None
    abouts = {o.name: o.about for o in assessment.outcomes}
    rows: list[Row] = [
        {
            "toll": with_unit(phrase(abouts.get(t.outcome, ""), t.outcome, 60), t.expected.unit),
            "expected": t.expected.value,
            "low": t.expected.low or t.expected.value,
            "high": t.expected.high or t.expected.value,
            "reported": t.reported,
            "unit": t.expected.unit,
            "source": t.source,
        }
        for t in shown
    ]
    first = shown[0]
    return Figure(
        name="tolls",
        title=(
            f"{phrase(abouts.get(first.outcome, ''), first.outcome, 60)}: {amount(first.expected.value)}"
            f" expected, {amount(first.reported)} reported"
        ),
        reading=(
            "A dot is what the model expects by the horizon"
            f"{', its bar the range' if any(t.expected.low is not None for t in shown) else ''}; a diamond"
            " is the reported figure for the episode on record. They need not agree: one is a year's"
            " expectation, the other a single battle."
        ),
        alt="; ".join(
            f"{phrase(abouts.get(t.outcome, ''), t.outcome)}: expected"
            f" {quantity(t.expected.value, t.expected.unit)}"
            + (f" (range {spread(t.expected)})" if spread(t.expected) else "")
            + f", reported {quantity(t.reported, t.expected.unit)}"
            for t in shown
        )
        + ".",
        drawing=drawing(chart(rows)),
        rows=tuple(rows),
        part=5,
        wide=True,
    )


def with_unit(what: str, unit: str) -> str:
    """Name the unit of a row unless its name already does."""
    return what if unit in ("people", "count", "") or unit in what.lower() else f"{what}, {unit}"


def chart(rows: list[Row]) -> object:
    """Layer ranges, expectations and reports."""
    import altair as alt

    scale = alt.Scale(type="log", nice=True)
    order = [str(r["toll"]) for r in rows]
    y = alt.Y(
        "toll:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelColor=theme.INK, labelFontSize=13),
    )
    kind = alt.Scale(domain=["expected by the model", "reported"], range=[theme.AGAINST, theme.REPORTED])
    points = [
        {"toll": r["toll"], "value": r[key], "kind": name, "shown": amount(float(r[key] or 0))}
        for r in rows
        for key, name in (("expected", "expected by the model"), ("reported", "reported"))
    ]
    x = alt.X(
        "value:Q",
        scale=scale,
        title=None,
        axis=alt.Axis(format="~s", values=[10.0**k for k in range(-3, 10)]),
    )
    ranges = (
        alt.Chart(values(rows))
        .mark_rule(strokeWidth=6, color=theme.AGAINST_PALE, strokeCap="round")
        .encode(x=alt.X("low:Q", scale=scale), x2=alt.X2("high:Q"), y=y)
    )
    base = alt.Chart(values(points)).encode(x=x, y=y)
    marks = base.mark_point(size=120, filled=True, opacity=1, stroke=theme.PAPER, strokeWidth=1.5).encode(
        color=alt.Color("kind:N", scale=kind, title=None),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kind.domain, range=["circle", "diamond"])),
    )
    above = (
        base.transform_filter("datum.kind == 'reported'")
        .mark_text(dy=17, color=theme.REPORTED, fontWeight=600)
        .encode(text=alt.Text("shown:N"))
    )
    below = (
        base.transform_filter("datum.kind != 'reported'")
        .mark_text(dy=-15, color=theme.AGAINST, fontWeight=600)
        .encode(text=alt.Text("shown:N"))
    )
    return alt.layer(ranges, marks, above, below).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(54),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
