"""Who does what once it has started.

A heat table of the chance that each move is made within a week, a month, the horizon.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.names import label
from bystander.report.words.numbers import duration, percent, short_percent
from bystander.report.words.sentences import ANY, lowered, month, move_phrase, plain, who_acts


def responses(assessment: Assessment) -> Figure | None:
    """Draw all responses, actors before institutions, the readiest first."""
    made = [r for r in assessment.responses if r.move != ANY]
    if not made:
        return None
    ordered = sorted(made, key=lambda r: (r.role == "institution", -month(r)[1], r.owner, r.move))
    names = [who_does(label(r.owner), move_phrase(r)) for r in ordered]
    rows: list[Row] = []
    for order, (name, response) in enumerate(zip(names, ordered, strict=True)):
        for days, chance in response.within:
            ground, ink = theme.heat(chance)
            rows.append(
                {
                    "move": name,
                    "within": duration(days),
                    "days": days,
                    "chance": chance,
                    "shown": short_percent(chance),
                    "ground": ground,
                    "ink": ink,
                    "order": order,
                    "owner": response.owner,
                }
            )
    said = [plain(s).rstrip(".") for s in who_acts(assessment)]
    return Figure(
        name="responses",
        title=said[0] if said else "Who does what",
        reading=(
            "Each cell is the chance that the move is made at least once within the time above, counted from"
            " the onset; the darker, the likelier."
        ),
        alt="; ".join(
            f"{n}: " + ", ".join(f"{percent(c)} within {duration(d)}" for d, c in r.within)
            for n, r in zip(names, ordered, strict=True)
        )
        + ".",
        drawing=drawing(chart(rows, names)),
        rows=tuple(
            {k: v for k, v in row.items() if k not in ("ground", "ink", "shown", "order")} for row in rows
        ),
        part=3,
        wide=True,
    )


def who_does(owner: str, move: str) -> str:
    """Name a row; the owner is not named twice."""
    return move if owner.lower() in move.lower() else f"{owner}: {lowered(move)}"


def chart(rows: list[Row], names: list[str]) -> object:
    """Lay out cells with their numbers; colours come from the data, one for each word of the yardstick."""
    import altair as alt

    spans = list(dict.fromkeys(str(r["within"]) for r in sorted(rows, key=lambda r: float(r["days"] or 0))))
    base = alt.Chart(values(rows)).encode(
        x=alt.X(
            "within:N",
            sort=spans,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelColor=theme.INK, labelFontSize=13),
        ),
        y=alt.Y(
            "move:N",
            sort=names,
            title=None,
            axis=alt.Axis(labelColor=theme.INK, labelFontSize=13),
        ),
    )
    cells = base.mark_rect(stroke=theme.PAPER, strokeWidth=3).encode(color=alt.Color("ground:N", scale=None))
    text = base.mark_text(fontSize=13, fontWeight=600).encode(
        text=alt.Text("shown:N"), color=alt.Color("ink:N", scale=None)
    )
    return alt.layer(cells, text).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(29),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
