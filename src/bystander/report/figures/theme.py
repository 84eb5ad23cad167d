"""Colours and type of all figures, each colour in a light and a dark form.

A figure is drawn once, in light colours. In a page read on a dark screen the page's style sheet
replaces each light colour by its dark form (presentation attributes give way to any style rule), so
that one drawing serves both. Hence figures may use only colours of this palette. Blue against orange is
safe for the common forms of colour blindness, and sign is never told by colour alone. Text colours have
a contrast of at least 4.5 to 1 against the page in both forms, marks at least 3 to 1.
"""

from __future__ import annotations

from typing import Any

FONT = "Bystander Sans, Arial, Helvetica, sans-serif"

INK = "#1c2530"
MUTED = "#566370"
GRID = "#e3e8ee"
PAPER = "#ffffff"
TOWARDS = "#b8460e"
AGAINST = "#1f5f9e"
TOWARDS_PALE = "#f4c9ae"
AGAINST_PALE = "#b5d0ea"
REPORTED = "#6b3fa0"
NEUTRAL = "#8a96a3"
LAND = "#efe6d5"
LAND_SECOND = "#dfe8d6"
LAND_THIRD = "#e9dfe6"
LAND_OTHER = "#f6f5f2"
SEA = "#e6eef4"
LANDS = (LAND, LAND_SECOND, LAND_THIRD)
BORDER = "#4a5563"
HEAT = ("#eef3f9", "#d3e2f1", "#aecbe6", "#80acd5", "#3a77b3", "#255f99", "#123f6d")
ON_PALE = "#1c2531"
ON_DEEP = "#fffffe"

DARK = {
    INK: "#e7ecf2",
    MUTED: "#a9b5c2",
    GRID: "#2b3643",
    PAPER: "#141b24",
    TOWARDS: "#f59455",
    AGAINST: "#6fb0ee",
    TOWARDS_PALE: "#6d3a1d",
    AGAINST_PALE: "#2b4b6d",
    REPORTED: "#c09af0",
    NEUTRAL: "#8593a1",
    LAND: "#37332a",
    LAND_SECOND: "#26342c",
    LAND_THIRD: "#2e2b36",
    LAND_OTHER: "#20272f",
    SEA: "#16222d",
    BORDER: "#a0acb9",
    HEAT[0]: "#1c2733",
    HEAT[1]: "#213549",
    HEAT[2]: "#274a6c",
    HEAT[3]: "#31639a",
    HEAT[4]: "#5b95d0",
    HEAT[5]: "#8dbcec",
    HEAT[6]: "#c2defa",
    ON_PALE: "#e7ecf3",
    ON_DEEP: "#0e141b",
}

HEAT_STEPS = (0.05, 0.2, 0.45, 0.55, 0.8, 0.95)
CARD_WIDTH = 420
WIDE_WIDTH = 840


def heat(share: float) -> tuple[str, str]:
    """Colour of a probability and of text on it; the steps are those of the yardstick."""
    step = sum(share >= edge for edge in HEAT_STEPS)
    return HEAT[step], ON_PALE if step < 4 else ON_DEEP


def config() -> dict[str, Any]:
    """Vega-Lite configuration shared by all figures."""
    text = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelColor": MUTED,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
    }
    return {
        "aria": False,
        "background": PAPER,
        "font": FONT,
        "padding": 6,
        "view": {"stroke": None},
        "title": {
            "font": FONT,
            "color": INK,
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 15,
            "fontWeight": 600,
            "lineHeight": 19,
            "offset": 12,
            "subtitleFont": FONT,
            "subtitleColor": MUTED,
            "subtitleFontSize": 12,
        },
        "axis": {
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "gridColor": GRID,
            "domainColor": NEUTRAL,
            "tickColor": NEUTRAL,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
            "labelLimit": 0,
        },
        "axisX": {"titleAnchor": "end", "titlePadding": 8},
        "axisY": {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleY": -8, "titleX": 0},
        "legend": {**text, "labelFontSize": 12, "titleFontSize": 12, "symbolStrokeWidth": 0, "orient": "top"},
        "text": {"font": FONT, "fontSize": 12, "color": INK},
        "header": {**text, "labelFontSize": 12},
    }
