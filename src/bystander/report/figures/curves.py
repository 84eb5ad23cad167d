"""The chance, or the amount, of each outcome as time goes by.

With its band over equilibria and prior draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, TypeVar

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.likelihood import likelihood
from bystander.report.words.names import phrase
from bystander.report.words.numbers import duration, quantity, spread
from bystander.units import CHANCES

POINTS = 61
Point = TypeVar("Point")


def curves(assessment: Assessment) -> Iterator[Figure]:
    """Draw one card for each outcome that has a curve."""
    return (one(outcome) for outcome in assessment.outcomes if len(outcome.curve) > 1)


def thin(rows: Sequence[Point], most: int = POINTS) -> list[Point]:
    """Keep about ``most`` rows, the first and the last among them."""
    stride = max(1, ceil((len(rows) - 1) / (most - 1)))
    kept = list(rows[::stride])
    return kept if kept[-1:] == list(rows[-1:]) else [*kept, rows[-1]]


def one(outcome: OutcomeResult) -> Figure:
    """Draw one outcome over time."""
    chance = outcome.kind in CHANCES
    unit = "chance" if outcome.kind == "probability" else outcome.estimate.unit
    band = {t: (low, high) for t, low, high in outcome.band}
    rows: list[Row] = []
    for t, y in thin(outcome.curve):
        row: dict[str, Any] = {"day": t, unit: y}
        if t in band:
            row |= {"low": band[t][0], "high": band[t][1]}
        rows.append(row)
    said = (
        likelihood(outcome.estimate.value)
        if outcome.kind == "probability"
        else quantity(outcome.estimate.value, outcome.estimate.unit)
    )
    what, span = phrase(outcome.about, outcome.name, 90), duration(outcome.curve[-1][0])
    half = next(
        (t for t, y in outcome.curve if outcome.curve[-1][1] > 0 and y >= outcome.curve[-1][1] / 2), None
    )
    number = quantity(outcome.estimate.value, outcome.estimate.unit)
    ranged = f", range {spread(outcome.estimate)}" if spread(outcome.estimate) else ""
    since = "the onset" if outcome.given else "the start"
    return Figure(
        name=f"{'chance' if chance else 'amount'}_{outcome.name[:60]}",
        title=f"{what}: {said}",
        reading=(
            f"{'Chance that it has happened' if outcome.kind == 'probability' else 'Expected total'} "
            f"by each day from {since}{'; the band is the range' if outcome.band else ''}."
        ),
        alt=f"{what}: {number}{ranged} by {span}"
        + (f"; half of that is reached after {duration(half)}." if half else "."),
        drawing=drawing(
            chart(
                [{**row, "value": row[unit]} for row in rows],
                unit,
                chance,
                bool(outcome.band),
                quantity(outcome.curve[-1][1], outcome.estimate.unit),
            )
        ),
        rows=tuple(rows),
        part=2 if outcome.kind == "probability" else 5,
    )


def chart(rows: list[Row], unit: str, chance: bool, banded: bool, last: str) -> object:
    """Layer band, line and the number at the line's end."""
    import altair as alt

    top = max(float(row.get(key) or 0.0) for row in rows for key in ("value", "high"))
    ceiling = (
        next((c for c in (0.02, 0.05, 0.1, 0.25, 0.5, 1.0) if top <= c), 1.0) if chance else (top or 1.0)
    )
    span = float(rows[-1]["day"] or 1.0)
    scale = alt.Scale(domain=[0, ceiling], nice=not chance)
    form = (".0%" if ceiling > 0.05 else ".1%") if chance else "~s" if ceiling >= 1000 else "~g"
    y = alt.Y("value:Q", scale=scale, title=None if chance else unit, axis=alt.Axis(format=form, tickCount=4))
    x = alt.X(
        "day:Q",
        scale=alt.Scale(domain=[0, span], nice=False),
        title="days",
        axis=alt.Axis(tickCount=5, grid=False),
    )
    base = alt.Chart(values(rows)).encode(x=x)
    layers = []
    if banded:
        layers.append(
            base.mark_area(color=theme.AGAINST_PALE, opacity=0.6).encode(
                y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q")
            )
        )
    layers.append(base.mark_line(color=theme.AGAINST, strokeWidth=2.5, strokeCap="round").encode(y=y))
    end = alt.Chart(values(rows[-1:])).encode(x=x, y=y)
    layers.append(end.mark_point(size=50, filled=True, opacity=1, color=theme.AGAINST))
    layers.append(
        end.mark_text(align="right", baseline="bottom", dy=-7, fontWeight=600, fontSize=13).encode(
            text=alt.value(last)
        )
    )
    return alt.layer(*layers).properties(
        width=theme.CARD_WIDTH, height=180, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
