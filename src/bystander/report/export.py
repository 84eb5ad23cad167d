"""Figures as files, and what a notebook shows for an assessment.

Files are SVG with its typeface inside, PNG, PDF, the data as CSV, the specification as JSON. A notebook gets
one HTML fragment whose picture is inside it, or plain text. Nothing is fetched, nothing runs.

The picture is a data address in an ``img`` element, which untrusted notebooks keep, where they strip
inline SVG. A single `Figure` shows itself by the specification instead; the two are never offered
together, since a front end may show either.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.assessment.result import Assessment
from bystander.errors import QueryError
from bystander.progress import Progress, silent
from bystander.report.figures import figures
from bystander.report.figures.figure import FORMATS, write_figure
from bystander.report.figures.outcomes import likelihoods
from bystander.report.words.confidence import confidence
from bystander.report.words.numbers import ahead, clean, date
from bystander.report.words.sentences import headlines, outcome_line, plain, remedies, who_acts

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario


def export_figures(
    assessment: Assessment,
    scenario: Scenario | None,
    folder: str | os.PathLike[str],
    *,
    formats: Sequence[str] = ("svg",),
    names: Sequence[str] = (),
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Write figures into a folder, each whole or not at all, and return the files.

    Parameters
    ----------
    formats
        Any of svg, png, pdf, csv, json.
    names
        Which figures; all, if none are named.

    Raises
    ------
    QueryError
        If there is no such format or figure.
    """
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        raise QueryError(f"There is no figure format '{unknown[0]}'; there are {', '.join(FORMATS)}.")
    drawn = figures(assessment, scenario)
    missing = [n for n in names if n not in drawn]
    if missing:
        raise QueryError(f"There is no figure '{missing[0]}'; there are {', '.join(drawn)}.")
    chosen = [drawn[n] for n in names] or list(drawn.values())
    tell = progress or silent
    written = []
    for k, figure in enumerate(chosen):
        tell(f"Drawing {figure.name}", k / len(chosen))
        written += [write_figure(figure, Path(folder) / f"{figure.name}.{form}") for form in formats]
    return tuple(written)


def mimebundle(assessment: Assessment) -> dict[str, Any]:
    """Give the forms of an assessment that a notebook may show."""
    lines = [plain(outcome_line(o)) for o in headlines(assessment, 6)]
    lines += [plain(s) for s in [*who_acts(assessment), *remedies(assessment, 1)]]
    when = (
        f"As of {date(assessment.as_of)}, looking {ahead(assessment.horizon_days, assessment.until)};"
        f" {confidence(assessment).level} confidence"
    )
    title = clean(assessment.title)
    text = "\n".join([title, when + ".", *lines])
    return {"text/html": fragment(assessment, title, when, lines), "text/plain": text}


def fragment(assessment: Assessment, title: str, when: str, lines: list[str]) -> str:
    """Set title, picture and sentences as HTML."""
    picture = ""
    figure = likelihoods(assessment)
    if figure is not None:
        data = base64.b64encode(figure.svg().encode("utf-8")).decode()
        picture = (
            f'<img alt="{escape(figure.alt)}" style="max-width:100%;background:#fff"'
            f' src="data:image/svg+xml;base64,{data}">'
        )
    items = "".join(f"<li><bdi>{escape(line)}</bdi></li>" for line in lines)
    return f"<div><h3><bdi>{escape(title)}</bdi></h3><p>{escape(when)}.</p>{picture}<ul>{items}</ul></div>"
