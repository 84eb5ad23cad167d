"""All curves of one kind on one sheet: small multiples of `bystander.report.figures.curves`.

Chances share one scale, from nothing to certain, so that panels can be compared; amounts have a scale
each. A report shows the sheets, drawn at once, instead of a card for each outcome, and takes a quarter of
the time; the cards are there to be exported one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.figures import theme
from bystander.report.figures.curves import thin
from bystander.report.figures.figure import LINES, Figure, Row, drawing, values, wrapped
from bystander.report.words.names import label, phrase
from bystander.report.words.numbers import duration, quantity

COLUMNS = 4
PANEL = (178, 84)
LETTERS = 30
AMOUNT = "abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '~g')"


def sheets(assessment: Assessment) -> Iterator[Figure]:
    """Draw the sheet of chances and the sheet of amounts, as far as there are curves."""
    curved = [o for o in assessment.outcomes if len(o.curve) > 1]
    chances = [o for o in curved if o.kind == "probability"]
    amounts = [o for o in curved if o.kind != "probability"]
    if chances:
        yield sheet("chances", chances, 2)
    if amounts:
        yield sheet("amounts", amounts, 5)


def sheet(name: str, outcomes: Sequence[OutcomeResult], part: int) -> Figure:
    """Draw outcomes over time, a panel each, the largest chance first."""
    chance = name == "chances"
    if chance:
        outcomes = sorted(outcomes, key=lambda o: (-o.estimate.value, o.name))
    banded = any(o.band for o in outcomes)
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    heads = _heads(outcomes)
    span = duration(max(o.curve[-1][0] for o in outcomes))
    told = "; ".join(f"{heads[o.name]} by {duration(o.curve[-1][0])}" for o in outcomes)
    return Figure(
        name=name,
        title=(
            f"The largest of {len(outcomes)} chances within {span} \u2013 {heads[outcomes[0].name]}"
            if chance
            else f"How {len(outcomes)} expected amounts add up over {span}"
        ),
        reading=(
            f"{'Chance that it has happened' if chance else 'Expected total'} by each day from the start, or"
            f" from the onset where it is counted from there"
            f"{'; all panels have the same scale' if chance else '; each panel has its own scale'}"
            f"{'; the band is the range' if banded else ''}."
        ),
        alt=f"{told}.",
        drawing=drawing(_chart(rows, heads, banded=banded, chance=chance)),
        rows=tuple({k: v for k, v in row.items() if k != "last"} for row in rows),
        part=part,
        wide=True,
    )


def _heads(outcomes: Sequence[OutcomeResult]) -> dict[str, str]:
    """Head each panel with what it shows and where it ends; no two heads are alike."""
    heads: dict[str, str] = {}
    for o in outcomes:
        head = f"{phrase(o.about, o.name, 60)}: {_ending(o)}"
        heads[o.name] = f"{head} ({label(o.name)})" if head in heads.values() else head
    return heads


def _ending(outcome: OutcomeResult) -> str:
    return quantity(outcome.curve[-1][1], outcome.estimate.unit)


def _rows(outcome: OutcomeResult) -> Iterator[Row]:
    band = {t: (low, high) for t, low, high in outcome.band}
    points = thin(outcome.curve)
    for k, (t, y) in enumerate(points):
        row: dict[str, Any] = {"outcome": outcome.name, "day": t, "value": y}
        row["unit"] = outcome.estimate.unit
        if t in band:
            row |= {"low": band[t][0], "high": band[t][1]}
        yield row | {"last": k == len(points) - 1}


def _chart(rows: Sequence[Row], heads: dict[str, str], *, banded: bool, chance: bool) -> object:
    """Layer band, line and end in each panel."""
    import altair as alt

    titles = {name: wrapped(head, LETTERS) for name, head in heads.items()}
    data = values([{**row, "panel": titles[row["outcome"]]} for row in rows])
    scale = alt.Scale(domain=[0, 1], nice=False) if chance else alt.Scale(domainMin=0, nice=True)
    x = alt.X("day:Q", title=None, axis=alt.Axis(tickCount=3, grid=False), scale=alt.Scale(nice=False))
    axis = alt.Axis(format=".0%", tickCount=2) if chance else alt.Axis(labelExpr=AMOUNT, tickCount=2)
    y = alt.Y("value:Q", title=None, scale=scale, axis=axis)
    base = alt.Chart().encode(x=x)
    layers = []
    if banded:
        layers.append(
            base.mark_area(color=theme.AGAINST_PALE, opacity=0.6).encode(
                y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q")
            )
        )
    layers.append(base.mark_line(color=theme.AGAINST, strokeWidth=2, strokeCap="round").encode(y=y))
    layers.append(
        base.transform_filter("datum.last")
        .mark_point(size=36, filled=True, opacity=1, color=theme.AGAINST)
        .encode(y=y)
    )
    width, height = PANEL
    header = alt.Header(
        title=None,
        labelExpr=LINES,
        labelColor=theme.INK,
        labelAnchor="start",
        labelAlign="left",
        labelLineHeight=13,
    )
    drawn = alt.layer(*layers).properties(width=width, height=height)
    panels = alt.Facet("panel:N", sort=list(titles.values()), header=header)
    facets = drawn.facet(panels, columns=COLUMNS, data=data, spacing={"row": 14, "column": 18})
    return facets if chance else facets.resolve_scale(y="independent")
