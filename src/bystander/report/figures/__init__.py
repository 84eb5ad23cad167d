"""Figures.

Each a Vega-Lite specification made with Altair, with its data, finding, reading and text alternative.

`figures` draws all that an assessment has numbers for, in the order of the report's parts. One
definition serves the report, exports, notebooks and the app. Reading order: `theme`, `figure`, then one
module a figure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bystander.assessment.result import Assessment
from bystander.report.figures.figure import Figure

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

__all__ = ["Figure", "each_figure", "figures"]


def figures(assessment: Assessment, scenario: Scenario | None = None) -> dict[str, Figure]:
    """Draw every figure of an assessment, by name.

    Parameters
    ----------
    scenario
        What they were reckoned from; without it there is no map and no timeline.
    """
    return {figure.name: figure for figure in each_figure(assessment, scenario)}


def each_figure(
    assessment: Assessment, scenario: Scenario | None = None, *, whole: bool = True
) -> Iterator[Figure]:
    """Yield the same figures one after the other, as they are made; names do not repeat.

    Without ``whole``, those that a report shows: what it says in tables with bars and lines of their own it
    does not draw again.
    """
    from altair.utils.schemapi import debug_mode

    seen = set()
    makers = (_all if whole else _told)(assessment, scenario)
    while True:
        with debug_mode(False):  # else Altair checks each piece as it is made, and takes twice as long
            figure = next(makers, None)
        if figure is None:
            return
        if figure.name not in seen:
            seen.add(figure.name)
            yield figure


def _told(assessment: Assessment, scenario: Scenario | None) -> Iterator[Figure]:
    from bystander.report.figures.measures import worth_their_cost
    from bystander.report.figures.moves import ladder
    from bystander.report.maps.draw import border_map, tells_sectors_apart

    if scenario is not None and tells_sectors_apart(assessment, scenario.map):
        yield from some(border_map(assessment, scenario.map))
    yield from some(ladder(assessment))
    yield from some(worth_their_cost(assessment))


def _all(assessment: Assessment, scenario: Scenario | None) -> Iterator[Figure]:
    from bystander.report.figures.measures import measures
    from bystander.report.figures.moves import ladder, responses
    from bystander.report.figures.outcomes import curves, likelihoods, tolls
    from bystander.report.figures.record import timeline
    from bystander.report.figures.why import reasons, tornado
    from bystander.report.maps.draw import border_map

    if scenario is not None:
        yield from some(border_map(assessment, scenario.map))
        yield from some(timeline(scenario))
    yield from some(likelihoods(assessment))
    yield from curves(assessment)
    yield from some(responses(assessment))
    yield from some(ladder(assessment))
    yield from reasons(assessment, assessment.reasons)
    yield from some(tolls(assessment))
    yield from measures(assessment)
    yield from some(tornado(assessment))


def some(figure: Figure | None) -> tuple[Figure, ...]:
    """Give a figure, or nothing."""
    return () if figure is None else (figure,)
