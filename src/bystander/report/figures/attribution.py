"""Two scenarios compared.

Which inputs make the difference in an outcome, as signed bars from one value to the other.
"""

from __future__ import annotations

from bystander.policy.compare import Attribution, CrisisComparison
from bystander.report.figures import theme
from bystander.report.figures.figure import LINES, Figure, Row, drawing, values, wrapped
from bystander.report.words.names import clean, label, phrase
from bystander.report.words.numbers import in_short, signed
from bystander.units import CHANCES

MOST = 10


def attribution(comparison: CrisisComparison, outcome: str) -> Figure | None:
    """Draw the difference of one outcome between two scenarios, part by part."""
    found = next((o for o in comparison.outcomes if o.outcome == outcome), None)
    if found is None or not found.parts:
        return None
    rows: list[Row] = []
    at = found.before
    few, rest = found.parts[:MOST], found.parts[MOST:]
    named = [(clean(label(p.group), 60), p.part) for p in few]
    left_over = sum(p.part for p in rest) + found.residual
    if rest or abs(left_over) > 1e-9 * max(1.0, abs(found.difference)):
        named.append(("Everything else", left_over))
    for text, part in named:
        rows.append(
            {
                "input": text,
                "part": part,
                "from": at,
                "to": at + part,
                "shown": difference(part, found.unit),
                "side": "up" if part >= 0 else "down",
            }
        )
        at += part
    what = phrase(found.about, found.outcome, 80)
    before, after = (in_short(v, found.unit) for v in (found.before, found.after))
    return Figure(
        name=f"difference_{found.outcome[:40]}",
        title=(
            f"{what}: {before} in {clean(comparison.a, 40)}, {after} in {clean(comparison.b, 40)}; most of it"
            f" by {named[0][0].lower()}"
        ),
        reading=(
            "Bars lead from the first scenario's value to the second's, one for each group of inputs that"
            " differ."
        ),
        alt=f"{what} goes from {before} to {after}: "
        + "; ".join(f"{r['input']} {r['shown']}" for r in rows)
        + ".",
        drawing=drawing(chart(rows, found)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def difference(number: float, unit: str) -> str:
    """Write a difference: percentage points, or an amount with its sign."""
    if unit in CHANCES:
        return f"{signed(100 * number)} points"
    return signed(number, 2)


def chart(rows: list[Row], found: Attribution) -> object:
    """Layer the two values and the bars between them."""
    import altair as alt

    ends = [found.before, found.after, *(r["to"] for r in rows)]
    room = 0.14 * max(max(ends) - min(ends), 1e-9)
    scale = alt.Scale(domain=[min(ends) - room, max(ends) + 1.6 * room], nice=False, zero=False)
    chance = found.unit in CHANCES
    axis = alt.Axis(format=".0%" if chance else "~s", title=None, tickCount=6)
    placed = [{**r, "input": wrapped(r["input"], 40), "at": max(r["from"], r["to"])} for r in rows]
    y = alt.Y(
        "input:N",
        sort=[r["input"] for r in placed],
        title=None,
        axis=alt.Axis(labelColor=theme.INK, labelExpr=LINES, labelLineHeight=14),
    )
    sides = alt.Scale(domain=["up", "down"], range=[theme.TOWARDS, theme.AGAINST])
    base = alt.Chart(values(placed)).encode(y=y)
    bars = base.mark_bar(height=16).encode(
        x=alt.X("from:Q", scale=scale, axis=axis),
        x2=alt.X2("to:Q"),
        color=alt.Color("side:N", scale=sides, legend=None),
    )
    said = base.mark_text(align="left", dx=5).encode(x=alt.X("at:Q", scale=scale), text=alt.Text("shown:N"))
    marks = values([{"at": found.before}, {"at": found.after}])
    ends_drawn = (
        alt.Chart(marks)
        .mark_rule(color=theme.NEUTRAL, strokeDash=[3, 3])
        .encode(x=alt.X("at:Q", scale=scale))
    )
    return alt.layer(ends_drawn, bars, said).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(32),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
