"""Figures.

Each a Vega-Lite specification made with Altair, with its data, finding, reading and text alternative.

`figures` draws all that an assessment has numbers for, in the order of the report's parts. One
definition serves the report, exports, notebooks and the app. Reading order: `theme`, `figure`, then one
module a figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bystander.assessment.result import Assessment
from bystander.report.figures.figure import Figure

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

__all__ = ["Figure", "figures"]


def figures(assessment: Assessment, scenario: Scenario | None = None) -> dict[str, Figure]:
    """Draw every figure of an assessment, by name.

    Parameters
    ----------
    assessment
        The numbers.
    scenario
        What they were reckoned from; without it there is no map and no timeline.
    """
    from altair.utils.schemapi import debug_mode

    from bystander.report.figures.curves import curves
    from bystander.report.figures.ladder import ladder
    from bystander.report.figures.likelihoods import likelihoods
    from bystander.report.figures.measures import measures
    from bystander.report.figures.responses import responses
    from bystander.report.figures.timeline import timeline
    from bystander.report.figures.tolls import tolls
    from bystander.report.figures.tornado import tornado
    from bystander.report.figures.waterfalls import reasons
    from bystander.report.maps.draw import border_map

    drawn: list[Figure | None] = []
    with debug_mode(
        False
    ):  # else Altair checks each piece as it is made, which takes as long as everything else
        if scenario is not None:
            drawn += [border_map(assessment, scenario.map), timeline(scenario)]
        drawn += [likelihoods(assessment), *curves(assessment), responses(assessment), ladder(assessment)]
        drawn += [*reasons(assessment.reasons), tolls(assessment), *measures(assessment), tornado(assessment)]
    found: dict[str, Figure] = {}
    for figure in drawn:
        if figure is not None:
            found.setdefault(figure.name, figure)
    return found
