"""An outcome over the range of a parameter: a line for one parameter, a field of cells for two."""

from __future__ import annotations

from bystander.policy.sweep import Sweep
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.names import clean, label
from bystander.report.words.numbers import amount, short_percent


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
    return drawn.properties(
        width=theme.WIDE_WIDTH, height=280, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )


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
    return alt.layer(cells, text).properties(
        width=theme.WIDE_WIDTH,
        height=alt.Step(28),
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
