"""The brief as HTML: two sheets on the screen, two pages on paper, A4 or Letter; nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bystander.assessment.result import Assessment
from bystander.files import write_whole
from bystander.report.brief.content import Brief, brief_of
from bystander.report.brief.pdf import Paper, brief_pdf
from bystander.report.figures.figure import typeface

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

HERE = Path(__file__).parent
FACES = (
    ("Bystander Sans", 400, "sans-400"),
    ("Bystander Sans", 600, "sans-600"),
    ("Bystander Serif", 600, "serif-600"),
)


def write_brief(
    assessment: Assessment, scenario: Scenario, path: str | os.PathLike[str], *, paper: Paper = "a4"
) -> Path:
    """Write the brief, whole or not at all: as PDF where the path ends in ``.pdf``, else as HTML.

    Parameters
    ----------
    paper
        Of the PDF; the HTML prints on either.
    """
    brief = brief_of(assessment, scenario)
    if Path(path).suffix.lower() == ".pdf":
        return write_whole(path, brief_pdf(brief, paper=paper))
    return write_whole(path, brief_html(brief))


def brief_html(brief: Brief) -> str:
    """Return the brief as one HTML file."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    engine = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    faces = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-display:block;'
        f'src:url({typeface(stem)}) format("woff2")}}'
        for family, weight, stem in FACES
    )
    style = faces + (HERE / "brief.css").read_text(encoding="utf-8")
    return engine.get_template("brief.html").render(brief=brief, style=style)
