"""A line in a row of a table: how an outcome comes about over the horizon, drawn without furniture.

Days run from left to right. A chance runs from nothing at the bottom to certain at the top, so that rows can
be compared; an amount up to its own largest. The band is the range where there is one. What is drawn consists
of numbers alone, in colours of the page's style sheet.
"""

from __future__ import annotations

from bystander.assessment.result import OutcomeResult
from bystander.report.figures.curves import thin
from bystander.units import CHANCES

WIDTH, HEIGHT, EDGE = 120, 26, 3
MOST = 24


def spark(outcome: OutcomeResult) -> str:
    """Draw the course of an outcome; nothing where it has none."""
    if len(outcome.curve) < 2 or outcome.curve[-1][0] <= 0:
        return ""
    span = outcome.curve[-1][0]
    tops = [v for _, v in outcome.curve] + [high for _, _, high in outcome.band]
    top = 1.0 if outcome.kind in CHANCES else max(tops) or 1.0

    def at(day: float, value: float) -> str:
        x = EDGE + (WIDTH - 2 * EDGE) * day / span
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * min(max(value / top, 0.0), 1.0)
        return f"{x:.1f},{y:.1f}"

    line = thin(outcome.curve, MOST)
    band = thin(outcome.band, MOST)
    around = [at(d, high) for d, _, high in band] + [at(d, low) for d, low, _ in reversed(band)]
    x, y = at(*line[-1]).split(",")
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' aria-hidden="true" focusable="false"><path class="ground" d="M0,{HEIGHT - EDGE}H{WIDTH}"/>'
        + (f'<polygon class="band" points="{" ".join(around)}"/>' if around else "")
        + f'<polyline points="{" ".join(at(*point) for point in line)}"/>'
        f'<circle cx="{x}" cy="{y}" r="2.6"/></svg>'
    )
