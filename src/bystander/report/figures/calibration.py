r"""Whether what was said came as often as it was said, band by band, with counts.

Of each band of forecasts: how often it came against what was said on average, with its number of questions
beside it. Whiskers hold nine in ten of what a share may be that came :math:`k` times in :math:`n`, from
Jeffreys' prior: the 5th and the 95th percentile of Beta(k + 1/2, n - k + 1/2). Questions of one crisis hang
together, so that whiskers are shorter than they should be.

References: Brown, Cai & DasGupta (2001), Statistical Science 16(2) (the interval); Murphy & Winkler (1977),
Applied Statistics 26(1) (the diagram).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bystander.forecast.scores import CalibrationRow
from bystander.report.figures import theme
from bystander.report.figures.figure import Figure, Row, drawing, values
from bystander.report.words.numbers import percent

TAIL = 0.05
ROOM = 1.06
"""Where the axes end: counts stand above whiskers that reach 100%."""


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
        drawing=drawing(_chart(rows)),
        rows=tuple(rows),
    )


def _chart(rows: Sequence[Row]) -> Any:
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
