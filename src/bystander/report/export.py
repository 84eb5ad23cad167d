"""Figures as files: SVG with its typeface inside, PNG, PDF, the data as CSV, the specification as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bystander.assessment.result import Assessment
from bystander.errors import QueryError
from bystander.files import write_whole
from bystander.progress import Progress, silent
from bystander.report.figures import Figure, figures

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

FORMATS: dict[str, Callable[[Figure], str | bytes]] = {
    "svg": lambda figure: figure.svg(),
    "png": lambda figure: figure.png(),
    "pdf": lambda figure: figure.pdf(),
    "csv": lambda figure: figure.csv(),
    "json": lambda figure: json.dumps(figure.spec, ensure_ascii=False, indent=1) + "\n",
}


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
        written += [
            write_whole(Path(folder) / f"{figure.name}.{form}", FORMATS[form](figure)) for form in formats
        ]
    return tuple(written)
