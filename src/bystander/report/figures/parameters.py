"""What the answer hangs on: parameters at the margin, over a range, and between two scenarios.

*Tornado*: by how much the focus outcome moves, at the margin, when a parameter grows in proportion. *Sweeps*:
an outcome over the range of a parameter, a line for one parameter, a field of cells for two. *Attribution*:
which inputs make the difference between two scenarios, as signed bars from one value to the other.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.policy.compare import Attribution, CrisisComparison
from bystander.policy.sweep import Sweep
from bystander.report.figures import theme
from bystander.report.figures.figure import LINES, Figure, Row, drawing, sized, values, wrapped
from bystander.report.words.numbers import (
    amount,
    clean,
    in_short,
    label,
    parameter,
    phrase,
    short_percent,
    signed,
)
from bystander.report.words.sentences import focus, hangs_on
from bystander.scenario.claims import STANDINGS
from bystander.units import CHANCES

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


def sweeps(result: Sweep, outcome: str, *, chance: bool = True) -> Figure:
    """Draw one outcome over the swept grid.

    Parameters
    ----------
    chance
        Whether the outcome is a probability or a share.
    """
    grid = result.grid(outcome)
    rows: list[Row] = []
    for at, number in zip(_places(result.shape), grid.ravel().tolist(), strict=True):
        row: dict[str, str | float | None] = {
            name: result.labels[k][at[k]] for k, name in enumerate(result.parameters)
        }
        rows.append({**row, "first": result.values[0][at[0]], "value": None if number != number else number})
    numbers = [r["value"] for r in rows if r["value"] is not None]
    low, high = (short_percent(v) if chance else amount(v) for v in (min(numbers), max(numbers)))
    over = " and ".join(label(p).lower() for p in result.parameters)
    two = len(result.parameters) == 2
    what = clean(label(outcome), 60)
    return Figure(
        name=f"sweep_{outcome[:40]}",
        title=f"{what} lies between {low} and {high} over {clean(over, 80)}",
        reading=(
            "Each cell is a pair of values, solved anew; the darker, the higher."
            if two
            else "Each dot is a value, solved anew."
        ),
        alt=f"{what} from {low} to {high} over {clean(over, 80)}, at {len(rows)} points.",
        drawing=drawing(field(result, rows, chance) if two else line(result, rows, chance)),
        rows=tuple(rows),
        part=8,
        wide=True,
    )


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    if len(shape) == 1:
        return [(i,) for i in range(shape[0])]
    return [(i, j) for i in range(shape[0]) for j in range(shape[1])]


def line(result: Sweep, rows: list[Row], chance: bool) -> object:
    """Draw the outcome against one parameter, with the parameter's own labels."""
    import altair as alt

    name = result.parameters[0]
    placed = [{"at": r[name], "value": r["value"]} for r in rows]
    x = alt.X("at:N", sort=list(result.labels[0]), title=clean(label(name), 60), axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format=".0%" if chance else "~s", tickCount=5))
    base = alt.Chart(values(placed)).encode(x=x, y=y)
    drawn = alt.layer(
        base.mark_line(color=theme.AGAINST, strokeWidth=2.5),
        base.mark_point(size=60, filled=True, opacity=1, color=theme.AGAINST),
    )
    return sized(drawn, height=280)


def field(result: Sweep, rows: list[Row], chance: bool) -> object:
    """Draw the outcome over two parameters as a field of shaded cells with their numbers."""
    import altair as alt

    first, second = result.parameters
    numbers = [r["value"] for r in rows if r["value"] is not None]
    low, span = min(numbers), max(max(numbers) - min(numbers), 1e-12)
    placed = []
    for r in rows:
        shown = r["value"]
        share = 0.0 if shown is None else shown if chance else (shown - low) / span
        ground, ink = theme.heat(share)
        text = "\u2013" if shown is None else short_percent(shown) if chance else amount(shown)
        placed.append({"a": r[first], "b": r[second], "shown": text, "ground": ground, "ink": ink})
    x = alt.X("b:N", sort=list(result.labels[1]), title=clean(label(second), 60), axis=alt.Axis(labelAngle=0))
    y = alt.Y("a:N", sort=list(result.labels[0]), title=clean(label(first), 60))
    base = alt.Chart(values(placed)).encode(x=x, y=y)
    cells = base.mark_rect(stroke=theme.PAPER, strokeWidth=2).encode(color=alt.Color("ground:N", scale=None))
    text = base.mark_text(fontWeight=600).encode(
        text=alt.Text("shown:N"), color=alt.Color("ink:N", scale=None)
    )
    return sized(alt.layer(cells, text), rows=28)


MOST_INPUTS = 10


def attribution(comparison: CrisisComparison, outcome: str) -> Figure | None:
    """Draw the difference of one outcome between two scenarios, part by part."""
    found = next((o for o in comparison.outcomes if o.outcome == outcome), None)
    if found is None or not found.parts:
        return None
    rows: list[Row] = []
    at = found.before
    few, rest = found.parts[:MOST_INPUTS], found.parts[MOST_INPUTS:]
    named = [(clean(label(p.group), 60), p.part) for p in few]
    left_over = sum(p.part for p in rest) + found.residual
    if rest or abs(left_over) > 1e-9 * max(1.0, abs(found.change)):
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
        drawing=drawing(input_chart(rows, found)),
        rows=tuple(rows),
        part=2,
        wide=True,
    )


def difference(number: float, unit: str) -> str:
    """Write a difference: percentage points, or an amount with its sign."""
    if unit in CHANCES:
        return f"{signed(100 * number)} points"
    return signed(number, 2)


def input_chart(rows: list[Row], found: Attribution) -> object:
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
    return sized(alt.layer(ends_drawn, bars, said), rows=32)
