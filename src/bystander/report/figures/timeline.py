"""The dated record the scenario cites: one event a row, placed by its date, oldest on top.

A date given as a year or a month stands at its beginning. Events before the question's date lie left of
the line that marks it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.names import clean, phrase
from bystander.report.words.numbers import date

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

MOST = 40


def timeline(scenario: Scenario) -> Figure | None:
    """Draw the scenario's events, the latest `MOST` of them."""
    events = sorted(scenario.events.items(), key=lambda item: (item[1].date, item[0]))[-MOST:]
    if not events:
        return None
    rows: list[Row] = [
        {
            "event": name,
            "date": whole(e.date),
            "until": whole(e.until or e.date),
            "written": e.date,
            "says": phrase(e.says, name, 110),
            "source": clean(e.source),
        }
        for name, e in events
    ]
    return Figure(
        name="timeline",
        title=densest(rows),
        reading=(
            "Each dot is an event of the record, at its date; bars are events that lasted. The dashed line is"
            " the date of the question."
        ),
        alt="; ".join(f"{date(str(r['written']))}: {r['says']}" for r in rows) + ".",
        drawing=drawing(chart(rows, scenario.as_of or "")),
        rows=tuple(rows),
        part=1,
        wide=True,
    )


def densest(rows: list[Row]) -> str:
    """Say in which month most happened."""
    months = Counter(str(r["date"])[:7] for r in rows)
    month, count = max(months.items(), key=lambda pair: (pair[1], pair[0]))
    return (
        f"{count} of {len(rows)} dated events fall in {date(month)}"
        if count > 1
        else f"{len(rows)} dated events, the last in {date(month)}"
    )


def whole(written: str) -> str:
    """Complete a year or a month to a day."""
    return written + "-01-01"[3 * (len(written) == 7) :] if len(written) < 10 else written


def chart(rows: list[Row], as_of: str) -> object:
    """Place dots by date; the text stands on whichever side has room."""
    import altair as alt

    dates = sorted(str(r[key]) for r in rows for key in ("date", "until"))
    days = (ordinal(dates[0]), ordinal(dates[-1]))
    span = max(30, days[1] - days[0])
    placed = [
        {
            **r,
            "order": k,
            "side": "left" if (ordinal(str(r["until"])) - days[0]) / span < 0.5 else "right",
            "text": f"{r['says']}",
        }
        for k, r in enumerate(rows)
    ]
    x = alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(padding=26, nice=False, type="utc"),
        axis=alt.Axis(tickCount=7, grid=True, format="%b %Y"),
    )
    y = alt.Y("order:O", axis=None)
    base = alt.Chart(values(placed)).encode(x=x, y=y)
    bars = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(x2="until:T")
    dots = base.mark_point(size=60, filled=True, opacity=1, color=theme.AGAINST)
    right = (
        base.transform_filter("datum.side == 'left'")
        .encode(x="until:T")
        .mark_text(align="left", dx=9)
        .encode(text="text:N")
    )
    left = (
        base.transform_filter("datum.side == 'right'").mark_text(align="right", dx=-9).encode(text="text:N")
    )
    layers = [bars, dots, right, left]
    if as_of:
        now = (
            alt.Chart(values([{"now": as_of}]))
            .mark_rule(strokeDash=[4, 4], color=theme.TOWARDS)
            .encode(x=alt.X("now:T"))
        )
        layers.insert(0, now)
    return alt.layer(*layers).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(22),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )


def ordinal(day: str) -> int:
    """Count days, near enough for layout."""
    year, month, of_month = (int(part) for part in day.split("-"))
    return 365 * year + 30 * month + of_month
