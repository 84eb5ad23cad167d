"""What is told: words, figures, maps, one page, the terminal.

Reads an assessment and its scenario, reckons nothing.

Reading order: `words` (every number in a sentence is in the assessment), `figures` and `maps` (one
specification each, rendered everywhere), `page` (the report), `terminal`, `export` (files and notebooks).

Nothing heavy is loaded before it is used: Altair and vl-convert with the first figure, Jinja2 with the
first page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bystander.report.export import export_figures
    from bystander.report.figures import Figure
    from bystander.report.figures.outcomes import crises
    from bystander.report.page.write import write_report
    from bystander.report.terminal import show_assessment

__all__ = ["Figure", "crises", "export_figures", "show_assessment", "write_report"]

HOMES = {
    "Figure": "bystander.report.figures.figure",
    "crises": "bystander.report.figures.outcomes",
    "export_figures": "bystander.report.export",
    "show_assessment": "bystander.report.terminal",
    "write_report": "bystander.report.page.write",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module when it is first asked for."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(HOMES[name]), name)
