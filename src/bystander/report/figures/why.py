"""Why an owner acts or stands by, and what the answer hangs on.

The terms of the exact decomposition as signed bars that add up to the log-odds.

Bars start where the last one ended. The scale is in odds, because a log-odds of 2.3 means nothing to
most readers and "ten to one" does. Terms beyond the eight largest are drawn as one bar, so that the sum
stays exact.

What the answer hangs on: how much its focus moves, at the margin, when a parameter grows in proportion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

from bystander.assessment.result import Assessment, Reason
from bystander.report.figures import theme
from bystander.report.figures.figure import (
    LINES,
    Figure,
    Row,
    drawing,
    listed,
    named,
    sized,
    texts_where,
    values,
    wrapped,
)
from bystander.report.words.decomposition import carried_by, terms
from bystander.report.words.numbers import (
    clean,
    label,
    likelihood,
    parameter,
    percent,
    phrase,
    short_percent,
    signed,
)
from bystander.report.words.reasons import because, body_of, each_obstacle, obstacle
from bystander.report.words.sentences import focus, hangs_on, move_phrase, plain
from bystander.scenario.claims import STANDINGS

MOST_TERMS, MOST_NUMBERS = 8, 12
TICKS = (
    (100_000, "100,000:1"),
    (10_000, "10,000:1"),
    (1000, "1000:1"),
    (100, "100:1"),
    (10, "10:1"),
    (3, "3:1"),
    (1, "even"),
)


def waterfall(assessment: Assessment, reason: Reason) -> Figure | None:
    """Draw one decomposition."""
    if not reason.bars:
        return None
    rows: list[Row] = []
    at = 0.0
    for index, (text, value, cites) in enumerate(terms(reason, carrying=carried_by(reason, assessment.asks))):
        rows.append(
            {
                "term": text,
                "log-odds": round(value, 2),
                "from": round(at, 2),
                "to": round(at + value, 2),
                "shown": signed(value, 2),
                "order": index,
                "because": " ".join(cites),
                "side": "towards" if value >= 0 else "against",
            }
        )
        at += value
    acting = f"{likelihood(reason.probability)}, {percent(reason.probability)}, at each chance to act"
    voting = "of a yes against a no" if reason.voter else acting
    parts = listed(f"{row['term']} {row['shown']}" for row in rows)
    voter = f"_{reason.voter[:30]}" if reason.voter else ""
    return Figure(
        name=f"why_{reason.owner[:30]}_{reason.move[:30]}{voter}",
        title=plain(because(reason, assessment, body_of(reason, assessment.reasons))).rstrip("."),
        reading=(
            "Bars to the right speak for it, bars to the left against; together they give the odds at the"
            f" bottom ({voting})."
        ),
        alt=f"{move_phrase(reason)}. Log-odds {signed(reason.log_odds, 2)}, made of: {parts}",
        drawing=drawing(chart(rows, reason)),
        rows=tuple(rows),
        part=4,
    )


def chart(rows: list[Row], reason: Reason) -> object:
    """Layer bars, their values, the sum and the line of even odds."""
    import altair as alt

    total: Row = {"term": "together", "to": round(reason.log_odds, 2), "shown": signed(reason.log_odds, 2)}
    ends = [0.0, *(r["to"] for r in rows)]
    low, high = min(ends), max(ends)
    pad = 0.2 * max(high - low, 1.2)
    scale = alt.Scale(domain=[low - pad, high + pad], nice=False, zero=False)
    near = ticks(low - pad, high + pad)
    says = " : ".join(f"abs(datum.value - ({x:.6f})) < 1e-4 ? '{t}'" for x, t in near) + " : ''"
    odds = "odds of a yes against a no" if reason.voter else "odds of acting against waiting"
    axis = alt.Axis(values=[x for x, _ in near], labelExpr=says, title=odds)
    placed = [{**r, "term": wrapped(r["term"], 34), "at": max(r["from"], r["to"])} for r in rows]
    order = [r["term"] for r in placed] + ["together"]
    y = named("term", order, labelExpr=LINES, labelLineHeight=12)
    sides = alt.Scale(domain=["towards", "against"], range=[theme.TOWARDS, theme.AGAINST])
    base = alt.Chart(values(placed)).encode(y=y)
    zero = alt.Chart(values([{"at": 0}])).mark_rule(color=theme.NEUTRAL).encode(x=alt.X("at:Q", scale=scale))
    bars = base.mark_bar(height=15, cornerRadius=1).encode(
        x=alt.X("from:Q", scale=scale, axis=axis),
        x2=alt.X2("to:Q"),
        color=alt.Color("side:N", scale=sides, legend=None),
    )
    numbers = base.mark_text(align="left", dx=4).encode(
        x=alt.X("at:Q", scale=scale), text=alt.Text("shown:N")
    )
    last = alt.Chart(values([total])).encode(y=y, x=alt.X("to:Q", scale=scale))
    dot = last.mark_point(shape="diamond", size=110, filled=True, opacity=1, color=theme.INK)
    said = last.mark_text(align="left", dx=10, fontWeight=600).encode(text=alt.Text("shown:N"))
    return sized(
        alt.layer(zero, bars, numbers, dot, said),
        rows=34 if any("\n" in str(r["term"]) for r in placed) else 28,
        width=theme.CARD_WIDTH + 10,
    )


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Choose round odds within a range, fewer where the range is wide."""
    found = [(log(o), t) for o, t in TICKS] + [
        (-log(o), f"1:{t.partition(':')[0]}") for o, t in TICKS if o > 1
    ]
    near = sorted((x, t) for x, t in found if low <= x <= high)
    return [(x, t) for x, t in near if t not in ("3:1", "1:3")] if len(near) > 4 else near


def obstacles(assessment: Assessment, reason: Reason) -> Figure | None:
    """Draw what stops an institution, as shares of the time under the condition."""
    if not reason.blocked:
        return None
    import altair as alt

    *parts, (_, rest) = each_obstacle(reason)
    share_of = dict(reason.blocked)
    rows: list[Row] = [
        {"obstacle": obstacle(text), "share of time": share_of[text], "shown": short_percent(value / 100)}
        for text, value in parts[:MOST_TERMS]
    ]
    rows.append(
        {
            "obstacle": "none: it would pass",
            "share of time": reason.probability,
            "shown": short_percent(rest / 100),
        }
    )
    scale = alt.Scale(domain=[0, 1.12], nice=False)
    base = alt.Chart(values(rows)).encode(y=named("obstacle", [str(r["obstacle"]) for r in rows]))
    bars = base.mark_bar(height=15, cornerRadius=1, color=theme.AGAINST).encode(
        x=alt.X(
            field="share of time",
            type="quantitative",
            scale=scale,
            axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], title="share of time"),
        )
    )
    said = base.mark_text(align="left", dx=4).encode(
        x=alt.X(field="share of time", type="quantitative"), text=alt.Text("shown:N")
    )
    drawn = sized(alt.layer(bars, said), rows=26, width=theme.CARD_WIDTH + 10)
    return Figure(
        name=f"blocked_{reason.owner[:30]}_{reason.move[:30]}",
        title=plain(because(reason, assessment)).rstrip("."),
        reading=(
            "Each bar is the share of the time under the condition during which this, first of all, would"
            " stop the decision."
        ),
        alt=f"What stops it ({move_phrase(reason)}): "
        + listed(f"{r['obstacle']} {r['shown']}" for r in rows),
        drawing=drawing(drawn),
        rows=tuple(rows),
        part=4,
    )


def reasons(assessment: Assessment, chosen: Sequence[Reason]) -> Iterator[Figure]:
    """Draw the reasons chosen: obstacles first where there are any, then the decomposition."""
    for reason in chosen:
        drawn = (obstacles(assessment, reason), waterfall(assessment, reason))
        yield from (figure for figure in drawn if figure is not None)


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
        for s in own[:MOST_NUMBERS]
    ]
    return Figure(
        name="tornado",
        title=f"{phrase(goal.about, goal.name, 70)} hangs most on: {label(own[0].parameter).lower()}",
        reading=(
            "A bar is the slope of the outcome times the size of the parameter: what it would gain if the"
            " parameter rose by as much as it is and the slope stayed the same. The paler a bar, the"
            " less its number stands on: measured from cited numbers, learnt from a record, argued, or free."
        ),
        alt=listed(
            f"{r['parameter']} (now {parameter(float(r['value'] or 0))}): {r['shown']}, {r['ground']}"
            for r in rows
        ),
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
    y = named("parameter", [str(r["parameter"]) for r in rows], labelFontSize=13)
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
    plus = texts_where(base, "effect >= 0", align="left", dx=4)
    minus = texts_where(base, "effect < 0", align="right", dx=-4)
    return sized(alt.layer(bars, zero, plus, minus), rows=27)
