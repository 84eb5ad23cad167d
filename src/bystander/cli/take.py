"""``export`` and ``simulate``: results, figures, the process, and whole histories, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Count,
    ScenarioName,
    Seed,
    file_place,
    load,
)
from bystander.cli.terminal import answers, tracking
from bystander.progress import Progress, part_of

Folder = Annotated[
    Path | None, Parameter(name=("--output", "-o"), help="Folder to write to; default the scenario's name.")
]
What = Annotated[
    Literal["results", "figures", "process"],
    Parameter(help="results: tables and JSON; figures: pictures; process: DRN and PRISM files."),
]
Formats = Annotated[
    tuple[str, ...], Parameter(name="--format", negative="", help="For figures: svg, png, pdf, csv, json.")
]


def export(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    what: What = "results",
    output: Folder = None,
    formats: Formats = ("svg",),
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Write results as CSV and JSON, figures, or the process as files that other model checkers read."""
    read = load(scenario, changes)
    folder = output or Path(Path(read.name).name)
    with tracking("Solving") as progress:
        if what == "process":
            from bystander.equilibrium.solve import solve
            from bystander.game import compile_game
            from bystander.process.export import write_process

            written = write_process(read, solve(compile_game(read)).require_converged(), folder)
        else:
            from bystander.assessment.assess import assess

            found = assess(read, seed=seed, progress=part_of(progress, 0.0, 0.8))
            if what == "figures":
                from bystander.report.export import export_figures

                rest: Progress = part_of(progress, 0.8, 1.0)
                written = export_figures(found, read, folder, formats=formats, progress=rest)
            else:
                from bystander.assessment.tables import write_tables

                written = write_tables(found, folder)
    for path in written:
        answers.print(str(path), soft_wrap=True)


def simulate(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    number: Annotated[Count, Parameter(name=("--number", "-n"), help="How many histories.")] = 100,
    output: Annotated[
        Path | None,
        Parameter(
            name=("--output", "-o"),
            help="CSV or Parquet file; default NAME_histories.csv.",
            validator=file_place,
        ),
    ] = None,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Sample whole histories, every move with its day, reproducibly from a seed."""
    from bystander.cases.cases import reach_equilibrium
    from bystander.process.outcomes import make_clocks
    from bystander.simulation.histories import write_histories

    read = load(scenario, changes)
    path = output or Path(f"{Path(read.name).name}_histories.csv")
    with tracking("Solving") as progress:
        clocks = make_clocks(reach_equilibrium(read, None))
        progress("Sampling", 0.8)
        write_histories(clocks.course or clocks.chain, path, number, read.horizon, seed)
    answers.print(str(path), soft_wrap=True)
