"""``export`` and ``simulate``: results, the process, and whole histories, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, ScenarioName, Seed, load
from bystander.cli.terminal import answers, tracking

Folder = Annotated[
    Path | None, Parameter(name=("--output", "-o"), help="Folder to write to; default the scenario's name.")
]
What = Annotated[
    Literal["results", "process"], Parameter(help="results: tables and JSON; process: DRN and PRISM files.")
]


def export(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    what: What = "results",
    output: Folder = None,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Write results as CSV and JSON, or the process as files that other model checkers read."""
    read = load(scenario, changes)
    folder = output or Path(Path(read.name).name)
    with tracking("Solving") as progress:
        if what == "results":
            from bystander.assessment.assess import assess
            from bystander.assessment.tables import write_tables

            written = write_tables(assess(read, seed=seed, progress=progress), folder)
        else:
            from bystander.chain.export import write_process
            from bystander.chain.process import make_chain
            from bystander.equilibrium.solve import solve
            from bystander.game import compile_game

            chain = make_chain(solve(compile_game(read)).require_converged())
            written = write_process(chain, folder)
    for path in written:
        answers.print(str(path), soft_wrap=True)
