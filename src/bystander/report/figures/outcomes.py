"""Outcomes drawn: how likely, when, at what cost, in several crises side by side, and how often they came.

*Yardstick*: a point for each chance, a bar for its range, the words of estimative language behind. *Curves*:
the chance, or the amount, as time goes by, with its band over equilibria and prior draws. *Tolls*: the
expected amounts beside what the record says, on a scale of powers of ten. *Crises*: one question asked of
several scenarios.

*Calibration*: of each band of forecasts how often it came against what was said on average, with its number
of questions beside it. Whiskers hold nine in ten of what a share may be that came :math:`k` times in
:math:`n`, from Jeffreys' prior: the 5th and the 95th percentile of Beta(k + 1/2, n - k + 1/2). Questions of
one crisis hang together, so that whiskers are shorter than they should be.

References: Brown, Cai & DasGupta (2001), Statistical Science 16(2) (the interval); Murphy & Winkler (1977),
Applied Statistics 26(1) (the diagram).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import ceil
from typing import Any, TypeVar

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.forecast.scores import CalibrationRow
from bystander.process.result import Estimate
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, listed, named, sized, texts_where, values
from bystander.report.words.expressions import onset
from bystander.report.words.numbers import (
    YARDSTICK,
    amount,
    clean,
    duration,
    likelihood,
    percent,
    phrase,
    quantity,
    short_percent,
    spread,
)
from bystander.report.words.sentences import focus
from bystander.units import CHANCES, in_rank

TAIL = 0.05
ROOM = 1.06
"""Where the axes end: counts stand above whiskers that reach 100%."""


def likelihoods(assessment: Assessment) -> Figure | None:
    """Draw every outcome of kind probability on one scale, the likeliest on top."""
    shown = [o for o in assessment.outcomes if o.kind == "probability"]
    if not shown:
        return None
    shown.sort(key=lambda o: (-in_rank(o.estimate.value), o.name))
    rows: list[Row] = [
        {
            "outcome": phrase(o.about, o.name, 60),
            "chance": o.estimate.value,
            **ends(o.estimate),
            "word": likelihood(o.estimate.value),
            "shown": short_percent(o.estimate.value),
            "clock": clean(o.given if onset(o.given, assessment.held) else "") or "scenario start",
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
        + listed(
            f"{phrase(o.about, o.name)}: {likelihood(o.estimate.value)}, {percent(o.estimate.value)}"
            + (f", range {spread(o.estimate)}" if spread(o.estimate) else "")
            for o in shown
        ),
        drawing=drawing(yardstick_chart(rows)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def ends(estimate: Estimate) -> Row:
    """Give the ends of a range; of a number without one, itself."""
    low, high = (estimate.value if end is None else end for end in (estimate.low, estimate.high))
    return {"low": low, "high": high}


def yardstick_chart(rows: list[Row]) -> object:
    """Layer the bands of the yardstick, the ranges, the points and their labels."""
    import altair as alt

    order = [row["outcome"] for row in rows]
    bands = [
        {"word": b.word.replace(" ", "\n"), "from": b.low, "to": b.high, "middle": (b.low + b.high) / 2}
        for b in YARDSTICK
    ]
    shades = [theme.HEAT[0] if k % 2 == 0 else theme.GRID for k in range(len(YARDSTICK))]  # pale, plain, pale
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
                "word:N", scale=alt.Scale(domain=[str(b["word"]) for b in bands], range=shades), legend=None
            ),
        )
    )
    words = (
        alt.Chart(values(bands))
        .mark_text(baseline="top", y=-30, fontSize=11, color=theme.MUTED, lineBreak="\n", lineHeight=12)
        .encode(x=alt.X("middle:Q", scale=x), text=alt.Text("word:N"))
    )
    base = alt.Chart(values(rows)).encode(y=named("outcome", order, labelFontSize=13))
    ranges = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(
        x=alt.X("low:Q", scale=x), x2=alt.X2("high:Q")
    )
    points = base.mark_point(
        size=90, filled=True, opacity=1, color=theme.AGAINST, stroke=theme.PAPER, strokeWidth=1.5
    ).encode(x=alt.X("chance:Q", scale=x))
    labels = base.mark_text(dx=11, align="left", fontWeight=600, dy=-9).encode(
        x=alt.X("chance:Q", scale=x), text=alt.Text("shown:N")
    )
    return sized(alt.layer(back, words, ranges, points, labels), rows=26)


POINTS = 61
Point = TypeVar("Point")


def curves(assessment: Assessment) -> Iterator[Figure]:
    """Draw one card for each outcome that has a curve."""
    return (one(outcome, assessment.held) for outcome in assessment.outcomes if len(outcome.curve) > 1)


def thin(rows: Sequence[Point], most: int = POINTS) -> list[Point]:
    """Keep about ``most`` rows, the first and the last among them."""
    stride = max(1, ceil((len(rows) - 1) / (most - 1)))
    kept = list(rows[::stride])
    return kept if kept[-1:] == list(rows[-1:]) else [*kept, rows[-1]]


def one(outcome: OutcomeResult, held: Collection[str] = ()) -> Figure:
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
    since = "the onset" if onset(outcome.given, held) else "the start"
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
            curve_chart(
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


def curve_chart(rows: list[Row], unit: str, chance: bool, banded: bool, last: str) -> object:
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
    return sized(alt.layer(*layers), height=180, width=theme.CARD_WIDTH)


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
        alt=listed(
            f"{phrase(abouts.get(t.outcome, ''), t.outcome)}: expected"
            f" {quantity(t.expected.value, t.expected.unit)}"
            + (f" (range {spread(t.expected)})" if spread(t.expected) else "")
            + f", reported {quantity(t.reported, t.expected.unit)}"
            for t in shown
        ),
        drawing=drawing(toll_chart(rows)),
        rows=tuple(rows),
        part=5,
        wide=True,
    )


def with_unit(what: str, unit: str) -> str:
    """Name the unit of a row unless its name already does."""
    return what if unit in ("people", "count", "") or unit in what.lower() else f"{what}, {unit}"


def toll_chart(rows: list[Row]) -> object:
    """Layer ranges, expectations and reports."""
    import altair as alt

    scale = alt.Scale(type="log", nice=True)
    order = [str(r["toll"]) for r in rows]
    y = named("toll", order, labelFontSize=13)
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
    above = texts_where(base, "kind == 'reported'", dy=17, color=theme.REPORTED, fontWeight=600)
    below = texts_where(base, "kind != 'reported'", dy=-15, color=theme.AGAINST, fontWeight=600)
    return sized(alt.layer(ranges, marks, above, below), rows=54)


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
            **ends(o.estimate),
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
        alt=listed(
            f"{r['outcome']}, {r['crisis']}: {percent(float(r['chance'] or 0))} within {r['within']}"
            for r in rows
        ),
        drawing=drawing(crisis_chart(rows)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def gap(pairs: list[tuple[Assessment, OutcomeResult]]) -> float:
    """Difference between the largest and the smallest chance."""
    chances = [o.estimate.value for _, o in pairs]
    return max(chances) - min(chances)


def crisis_chart(rows: list[Row]) -> object:
    """Lay the crises of each outcome under each other on one scale."""
    import altair as alt

    placed = [{**r, "row": f"{r['outcome']} \u00b7 {r['crisis']}"} for r in rows]
    x = alt.X(
        "chance:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", tickCount=5), title=None
    )
    base = alt.Chart(values(placed)).encode(y=named("row", [r["row"] for r in placed], labelFontSize=13))
    ranges = base.mark_rule(strokeWidth=5, color=theme.AGAINST_PALE, strokeCap="round").encode(
        x=alt.X("low:Q"), x2=alt.X2("high:Q")
    )
    dots = base.mark_point(
        size=100, filled=True, opacity=1, color=theme.AGAINST, stroke=theme.PAPER, strokeWidth=1.5
    ).encode(x=x)
    said = base.mark_text(align="left", dx=11, dy=-9, fontWeight=600).encode(x=x, text=alt.Text("shown:N"))
    return sized(alt.layer(ranges, dots, said), rows=30)


def likely_shares(came: int, count: int) -> tuple[float, float]:
    """Return between which shares nine in ten lie of those that may be behind so many of so many."""
    from scipy.stats import beta

    spread = beta(came + 0.5, count - came + 0.5)
    low, high = spread.ppf([TAIL, 1.0 - TAIL]).tolist()
    return (0.0 if came == 0 else low), (1.0 if came == count else high)


def calibration_figure(bands: Sequence[CalibrationRow], *, hindcast: bool = False) -> Figure:
    """Draw bands of forecasts, each where its average lies and as high as it came true."""
    rows: list[Row] = []
    for band in bands:
        came = round(band.came * band.count)
        low, high = likely_shares(came, band.count)
        shown = f"{came} of {band.count}"
        rows.append({"said": band.said, "came": band.came, "low": low, "high": high, "shown": shown})
    count = sum(band.count for band in bands)
    outside = [row for row in rows if not row["low"] <= row["said"] <= row["high"]]
    fits = f"in {len(rows) - len(outside)} of {len(rows)} bands it came about as often as was said"
    label = "Hindcasts" if hindcast else "Forecasts"
    told = "; ".join(f"said {percent(row['said'])}, came {row['shown']}" for row in rows)
    return Figure(
        name="calibration",
        title=f"{label} on {count} question{'s' * (count != 1)}: {fits}",
        reading=(
            "Each point is a band of forecasts: what was said on average, and how often it came, with counts."
            " On the line what was said came as often as it was said; whiskers hold nine in ten of what the"
            " share may be."
        ),
        alt=f"Calibration: {told}." if rows else "No question is decided.",
        drawing=drawing(calibration_chart(rows)),
        rows=tuple(rows),
    )


def calibration_chart(rows: Sequence[Row]) -> Any:
    """Layer the line, the whiskers, the points and their counts."""
    import altair as alt

    axis = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    scale = alt.Scale(domain=[0, ROOM], nice=False)
    x = alt.X("said:Q", scale=scale, axis=axis, title="said")
    line = (
        alt.Chart(values([{"said": 0.0, "came": 0.0}, {"said": 1.0, "came": 1.0}]))
        .mark_line(color=theme.NEUTRAL, strokeDash=[4, 3])
        .encode(x=x, y=alt.Y("came:Q", scale=scale, axis=axis, title="came"))
    )
    base = alt.Chart(values(rows)).encode(x=x)
    whiskers = base.mark_rule(color=theme.AGAINST).encode(y=alt.Y("low:Q", title="came"), y2="high:Q")
    points = base.mark_point(color=theme.AGAINST, filled=True, size=70).encode(
        y=alt.Y("came:Q", title="came")
    )
    top = alt.Y("high:Q", title="came")
    counts = base.mark_text(baseline="bottom", dy=-4, color=theme.INK).encode(y=top, text="shown:N")
    return (line + whiskers + points + counts).properties(width=theme.CARD_WIDTH, height=theme.CARD_WIDTH)
