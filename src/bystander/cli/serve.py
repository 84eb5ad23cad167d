"""``serve``: the app, in a browser on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from bystander.cli.options import FOUNDING_CASE, ScenarioName
from bystander.cli.terminal import answers, asides


def serve(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    port: Annotated[int, Parameter(help="Port of the loopback; any that is free if 0.")] = 0,
    no_browser: Annotated[
        bool, Parameter(negative="", help="Open no browser; only print the address.")
    ] = False,
    folder: Annotated[
        Path | None,
        Parameter(
            help="Where variants and edited texts are kept; default beside the file, else ./bystander."
        ),
    ] = None,
    record: Annotated[
        str, Parameter(help="Record that the date moves over: YAML, CSV, or one that ships; else its own.")
    ] = "",
) -> None:
    """Open a scenario as something to argue with: move assumptions, compare, ask why, edit."""
    from bystander.app.run import serve_study
    from bystander.scenario.document import find_place

    place = find_place(scenario)
    where = folder or (Path("bystander") if place.in_library else place.path.parent)
    source = scenario if place.in_library else str(place.path)

    def tell(address: str) -> None:
        answers.print(address, soft_wrap=True, markup=False, highlight=False)
        asides.print(f"Variants and drafts are kept in {where}. Stop with Ctrl-C.", soft_wrap=True)

    serve_study(source, where, port=port, browser=not no_browser, record=record, tell=tell)
