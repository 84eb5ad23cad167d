"""``export``, ``simulate``, ``totals``: results, figures, the process, histories; how amounts are spread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Count,
    Json,
    ScenarioName,
    Seed,
    file_place,
    known_names,
    load,
)
from bystander.cli.showing import show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError, reason_of
from bystander.progress import Progress, part_of
from bystander.report.words.numbers import duration, in_short, percent, quantity

if TYPE_CHECKING:
    from bystander.process.totals import TotalSpread

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

TOTALS = ("accumulates", "on_moves", "counts")
SURE = 0.995
"""Chance of at most so much from which on larger amounts are not told."""


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


def totals(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    outcome: Annotated[
        tuple[str, ...],
        Parameter(
            name="--outcome", negative="", help="Distributions of these; if not given, deviations of all."
        ),
    ] = (),
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Say how amounts and counts are spread by chance: deviations, or the chance of at most so much."""
    from bystander.equilibrium.solve import solve
    from bystander.game import compile_game
    from bystander.process.outcomes import Request, make_clocks
    from bystander.process.totals import spread_of

    read = load(scenario, changes)
    asked = {n: o for n, o in read.outcomes.items() if o.question in TOTALS and (outcome or o.headline)}
    wanted = known_names(outcome, read.outcomes, "outcome") or tuple(asked)
    with tracking("Solving", show=not json) as progress:
        clocks = make_clocks(solve(compile_game(read)).require_converged())
        found: list[TotalSpread] = []
        withheld: dict[str, str] = {}
        for place, name in enumerate(wanted):
            progress("Counting", 0.3 + 0.7 * place / len(wanted))
            request = Request(name, read.outcomes[name])
            try:
                found.append(spread_of(clocks, request, distribution=bool(outcome)))
            except QueryError as error:
                withheld[name] = reason_of(error)
    if withheld and not found:
        raise QueryError(next(iter(withheld.values())))
    if json:
        show_json({"totals": found, "withheld": withheld})
        return
    if not found:
        answers.print("The scenario asks for no total: no outcome accumulates or counts.")
    for each in found if outcome else ():
        _show_spread(each)
    if not outcome:
        rows = [[s.about, quantity(s.mean.value, s.unit), in_short(s.deviation, s.unit)] for s in found]
        show_table(("", "expected", "give or take, by chance"), rows, numbers=(1, 2))
    for name, reason in withheld.items():
        answers.print(f"{read.outcomes[name].about or name}: {reason}", markup=False)


def _show_spread(spread: TotalSpread) -> None:
    since = f" of the onset of {spread.given}" if spread.given else ""
    answers.print(f"{spread.about}, within {duration(spread.days)}{since}", style="bold", markup=False)
    mean = quantity(spread.mean.value, spread.unit)
    deviation = in_short(spread.deviation, spread.unit)
    answers.print(f"Expected {mean}, give or take {deviation} by chance (standard deviation).", markup=False)
    if spread.bracket is None:
        answers.print(
            "Amounts that come with moves have no distribution here: `bystander simulate` samples it."
        )
        return
    rows = []
    for at_most, low, high in zip(
        spread.bracket.amounts, spread.bracket.lower, spread.bracket.upper, strict=True
    ):
        between = percent(low) if percent(low) == percent(high) else f"{percent(low)} to {percent(high)}"
        rows.append([quantity(float(at_most), spread.unit), between])
        if low > SURE:
            break
    show_table(("at most", "chance"), rows, numbers=(0, 1))
