"""Packages of measures.

What each costs and what it does to one aim, with the efficient ones joined and named.

Efficiency is over all aims at once and is reckoned where packages are tried; a package on the line here
may look beaten on this aim because it is better on another.
"""

from __future__ import annotations

from typing import Any

from bystander.policy.packages import MeasuresResult, PackageResult
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.hindrances import jumps
from bystander.report.words.names import clean, label
from bystander.report.words.numbers import amount, in_short
from bystander.units import CHANCES

NAMED = 12


def packages(result: MeasuresResult, outcome: str = "") -> Figure | None:
    """Draw every package by cost and by its effect on one aim.

    The first aim unless another outcome is named.
    """
    chosen = outcome or (result.aims[0][0] if result.aims else "")
    shown = [p for p in result.packages if not p.failure and any(e.outcome == chosen for e in p.effects)]
    if not shown:
        return None
    unit = shown[0].effect(chosen).unit
    rows = [row(p, chosen, unit) for p in shown]
    aim = dict(result.aims).get(chosen, "")
    best = min(shown, key=lambda p: p.effect(chosen).after * (-1 if aim == "more" else 1))
    said = in_short(best.effect(chosen).after, unit)
    return Figure(
        name=f"packages_{chosen[:40]}",
        title=f"{clean(label(chosen), 60)} reaches {said} with: {clean(told(best), 160)}",
        reading=(
            "Each dot is a measure or a package, by its cost and by what the outcome becomes; filled dots are"
            " efficient: no other does as well on every aim for as little."
            f"{jumps([told(p) for p in shown if p.jump][:NAMED])}"
        ),
        alt="; ".join(f"{r['package']}: cost {amount(r['cost'])}, {r['shown']}" for r in rows[:40]) + ".",
        drawing=drawing(chart(rows, unit, shown[0].effect(chosen).before)),
        rows=tuple(rows),
        part=6,
        wide=True,
    )


def told(package: PackageResult) -> str:
    """Name a package."""
    return " + ".join(label(m).lower() for m in package.measures) or "nothing"


def row(package: PackageResult, outcome: str, unit: str) -> Row:
    """Give the data of one package."""
    after = package.effect(outcome).after
    kind = "efficient" if package.efficient else "another does better"
    return {
        "package": clean(told(package), 120),
        "cost": package.cost,
        "after": after,
        "shown": in_short(after, unit),
        "kind": kind,
        "size": len(package.measures),
    }


def chart(rows: list[Row], unit: str, before: float) -> object:
    """Layer the present, the dots, and the names of the efficient ones, numbered where they are many."""
    import altair as alt

    chance = unit in CHANCES
    top = max(r["cost"] for r in rows) or 1.0
    best = sorted((r for r in rows if r["kind"] == "efficient"), key=lambda r: (r["cost"], r["after"]))
    x = alt.X(
        "cost:Q", title="cost, in the scenario's unit", scale=alt.Scale(domain=[0, top * 1.04], nice=False)
    )
    y = alt.Y(
        "after:Q",
        title=None,
        scale=alt.Scale(zero=False, padding=22),
        axis=alt.Axis(format=".0%" if chance else "~s", tickCount=5),
    )
    kinds = alt.Scale(domain=["efficient", "another does better"], range=[theme.AGAINST, theme.NEUTRAL])
    now = alt.Chart(values([{"after": before}])).mark_rule(color=theme.NEUTRAL, strokeDash=[3, 3]).encode(y=y)
    line = alt.Chart(values(best)).mark_line(
        interpolate="step-after", color=theme.AGAINST_PALE, strokeWidth=3
    )
    dots = (
        alt.Chart(values(rows))
        .mark_point(size=60, filled=True, opacity=1)
        .encode(x=x, y=y, color=alt.Color("kind:N", scale=kinds, title=None))
    )
    layers = [now, line.encode(x=x, y=y), dots]
    styles: dict[bool, dict[str, Any]] = {
        False: {"align": "left", "dx": 9},
        True: {"align": "right", "dx": -6},
    }
    for far, style in styles.items():
        named = [r for r in best[:NAMED] if (r["cost"] > 0.5 * top) == far]
        if named:
            layers.append(
                alt.Chart(values(named))
                .mark_text(dy=13, **style)
                .encode(x=x, y=y, text=alt.Text("package:N"))
            )
    return alt.layer(*layers).properties(
        width=theme.WIDE_WIDTH, height=360, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
