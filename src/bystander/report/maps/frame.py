"""The view of a map in points.

Mercator about the middle of the view, fitted to the width of the page or to the tallest figure allowed, the
same for every layer. The scale bar and the placing of names reckon with it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asinh, atan, cos, exp, pi, radians, tan
from typing import Any

from bystander.report.figures import theme
from bystander.report.maps.outlines import Box, Point

EARTH_KM = 6371.0
TALLEST = 600


@dataclass(frozen=True, slots=True)
class Frame:
    """The view in points: Mercator about the middle, the same for every layer."""

    view: Box
    width: float
    height: float
    scale: float

    @property
    def projection(self) -> dict[str, Any]:
        """The projection in Vega-Lite's words."""
        west, south, east, north = self.view
        middle = (mercator(south) + mercator(north)) / 2
        latitude = 2 * 180 / pi * atan(exp(middle)) - 90
        return {
            "type": "mercator",
            "center": [round((west + east) / 2, 6), round(latitude, 6)],
            "scale": round(self.scale, 4),
            "translate": [round(self.width / 2, 2), round(self.height / 2, 2)],
        }

    @property
    def km(self) -> float:
        """Points per kilometre at the middle latitude."""
        return self.scale / (EARTH_KM * cos(radians((self.view[1] + self.view[3]) / 2)))

    def at(self, place: Point) -> Point:
        """Where a position is on the drawing, in points from its upper left corner."""
        west, south, east, north = self.view
        middle = (mercator(south) + mercator(north)) / 2
        return (
            self.width / 2 + self.scale * radians(place[0] - (west + east) / 2),
            self.height / 2 - self.scale * (mercator(place[1]) - middle),
        )

    def degrees(self, points: float) -> float:
        """Degrees of longitude that so many points span."""
        return points / self.scale * 180 / pi


def mercator(latitude: float) -> float:
    """Northing on the unit Mercator chart."""
    return asinh(tan(radians(latitude)))


def frame(view: Box) -> Frame:
    """Fit a view into the width of the page, or into the tallest figure allowed."""
    west, south, east, north = view
    width = float(theme.WIDE_WIDTH - 12)
    scale = width / radians(east - west)
    tall = scale * (mercator(north) - mercator(south))
    if tall > TALLEST:
        scale *= TALLEST / tall
        width, tall = width * TALLEST / tall, float(TALLEST)
    return Frame(view, round(width), round(tall), scale)
