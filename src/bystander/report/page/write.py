"""One safe page.

The report is one HTML file that opens offline, prints, needs no script to be read, and is safe whatever the
scenario says.

* Nothing is fetched: typefaces, figures and script are inside, and a Content-Security-Policy forbids
everything else; the only script that may run is the one whose hash it names.
* Every text of a scenario is cleaned of invisible controls, shortened, escaped by the template engine,
and isolated from the direction of the text around it (``<bdi>``).
* The same assessment and version give the same bytes: no clock, no random identifiers, no machine's
name.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bystander.assessment.result import Assessment
from bystander.files import write_whole
from bystander.progress import Progress, silent
from bystander.report.figures import each_figure, theme
from bystander.report.figures.drafting import draft
from bystander.report.figures.figure import Figure, font_faces
from bystander.report.page.parts import arrange, csv_address
from bystander.report.page.rows import Trail, slug
from bystander.report.words.confidence import in_force
from bystander.report.words.names import spell_as
from bystander.report.words.numbers import clean

if TYPE_CHECKING:
    from jinja2 import Environment

    from bystander.report.figures.drafting import Drawings
    from bystander.scenario.schema import Scenario

HERE = Path(__file__).parent / "templates"


def write_report(
    assessment: Assessment,
    scenario: Scenario | None,
    path: str | os.PathLike[str],
    *,
    drawings: Drawings | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the report of an assessment, whole or not at all.

    Parameters
    ----------
    scenario
        What was assessed; without it there is no map, no timeline and no account of the model.
    drawings
        Drawings of the last report, of which those that have not changed are set again.
    """
    return write_whole(path, render(assessment, scenario, drawings=drawings, progress=progress))


def render(
    assessment: Assessment,
    scenario: Scenario | None,
    *,
    drawings: Drawings | None = None,
    progress: Progress | None = None,
) -> str:
    """Return the report as HTML."""
    from bystander.report.words.account import account, meanings
    from bystander.report.words.mathematics import mathematics

    if scenario is not None:
        spell_as(scenario)
    tell = progress or silent
    tell("Arranging figures", 0.0)
    drawn: dict[str, Figure] = {}
    plots: dict[str, str] = {}
    for figure, svg in draft(each_figure(assessment, scenario, whole=False), drawings):
        drawn[figure.name], plots[figure.name] = figure, hushed(svg)
        tell(f"Drawing figures: {len(drawn)}", len(drawn) / (len(drawn) + 8.0))
    tell("Setting the page", 0.95)
    trail = Trail(scenario)
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return (
        engine()
        .get_template("report.html")
        .render(
            page=arrange(assessment, scenario, trail),
            figures=drawn,
            plots=plots,
            downloads={name: csv_address(f.csv()) for name, f in drawn.items()},
            trail=trail,
            chapters=account(scenario) if scenario is not None else (),
            meanings=meanings(scenario) if scenario is not None else (),
            sections=mathematics(scenario) if scenario is not None else (),
            policy=policy(script),
            script=script,
            style=style(),
            shocks=assessment.solve.shocks,
            convention=in_force(assessment.solve.shocks),
            language_version=clean(assessment.version, 40),
        )
    )


def hushed(svg: str) -> str:
    """Hide a drawing from screen readers: its box carries the words."""
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def policy(script: str) -> str:
    """Say what the page may do: show itself, run its one script, fetch nothing."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; font-src data:;"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def style() -> str:
    """Assemble the style sheet: faces, colours of both schemes, the page's rules."""
    rules = font_faces()
    names = {
        "ink": theme.INK,
        "muted": theme.MUTED,
        "line": theme.GRID,
        "paper": theme.PAPER,
        "towards": theme.TOWARDS,
        "against": theme.AGAINST,
        "pale": theme.AGAINST_PALE,
        "soft": theme.HEAT[0],
        "rule": theme.NEUTRAL,
        "on-pale": theme.ON_PALE,
        "on-deep": theme.ON_DEEP,
        **{f"heat-{k}": colour for k, colour in enumerate(theme.HEAT)},
    }
    light = "".join(f"--{n}:{c};" for n, c in names.items())
    dark = "".join(f"--{n}:{theme.DARK[c]};" for n, c in names.items())
    rules.append(f":root{{color-scheme:light;{light}}}")
    swaps = [
        (f'.plot [{what}="{a}"]', f"{what}:{b}") for a, b in theme.DARK.items() for what in ("fill", "stroke")
    ]
    for scope, media in (
        (":root:not([data-theme=light])", "@media screen and (prefers-color-scheme:dark)"),
        (":root[data-theme=dark]", "@media screen"),
    ):
        inner = f"{scope}{{color-scheme:dark;{dark}}}" + "".join(
            f"{scope} {at}{{{set_to}}}" for at, set_to in swaps
        )
        rules.append(f"{media}{{{inner}}}")
    return "\n".join([*rules, (HERE / "page.css").read_text(encoding="utf-8")])


@cache
def engine(templates: Path = HERE) -> Environment:
    """Make the engine of a folder of templates: everything escaped, unknown names are errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    extra: dict[str, Any] = {"slug": slug, "clean": clean}
    found.filters.update(extra)
    return found
