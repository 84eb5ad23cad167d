"""``run``, ``report``, ``serve``: the main job; ``export``, ``simulate``, ``totals``: more to take away.

With a record, `tell_since` says which answers changed since the last reading of it, and because of what.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Count,
    Json,
    ScenarioName,
    Seed,
    changed,
    file_name,
    file_output,
    folder_place,
    known_name,
    known_names,
    load,
    load_today,
    place_for,
)
from bystander.cli.showing import show_table
from bystander.cli.terminal import (
    Show,
    answers,
    asides,
    show_json,
    show_problems,
    tell_time,
    tracking,
    tracking_answers,
)
from bystander.columns import ENDINGS
from bystander.errors import Mark, MissingExtraError, QueryError, ScenarioError, reason_of
from bystander.harmless import first_of
from bystander.progress import Progress, part_of
from bystander.report.words.numbers import date, duration, in_short, label, percent, phrase, quantity, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bystander.assessment.result import Assessment, Heard, OutcomeResult
    from bystander.cases.store import Store
    from bystander.evidence.starting import Today
    from bystander.process.totals import TotalSpread
    from bystander.scenario import Scenario

Output = Annotated[Path | None, file_output("Where the report goes; default reports/NAME.html.")]
Starts = Annotated[Count, Parameter(help="Starts of the search for further equilibria.")]
Draws = Annotated[
    Count,
    Parameter(
        help="Draws from the priors to solve for the ranges, kept for later runs; else 200 in a small"
        " scenario, and ranges are read off derivatives in a large one."
    ),
]

REPORTS = Path("reports")


def run(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    output: Output = None,
    no_report: Annotated[bool, Parameter(help="Write no report.")] = False,
    json: Json = False,
    seed: Seed = 0,
    starts: Starts = 4,
    draws: Draws = 0,
    record: Annotated[
        str,
        Parameter(
            help="Start where this record leaves off: YAML, CSV, or one that ships; else the scenario's own."
        ),
    ] = "",
    as_of: Annotated[
        str, Parameter(help="Ask from this day; with a record, by what was known by its end.")
    ] = "",
    changes: Changes = NO_CHANGES,
) -> None:
    """Solve a scenario, answer its questions on the terminal, and write a report."""
    with tracking_answers("Reading the scenario", show=not json) as (progress, show):
        read, today = _on_its_day(load(scenario), record, as_of)
        asked = (_file_of(read), record, *changes.words())
        standing, read = read, changed(read, changes)
        where = None if no_report else output or _default_place(read)
        assessment, path = _assess_and_write(
            read,
            seed=seed,
            starts=starts,
            draws=draws,
            where=where,
            progress=progress,
            heard=show and _tell_answers(show),
            standing=standing,
        )
    if json:
        show_json(assessment)
    else:
        from bystander.report.terminal import show_assessment

        show_assessment(assessment, answers, read)
    if today is not None:
        tell_since(today, assessment, asked, show=not json)
    if path:
        asides.print(f"Report: {path}", soft_wrap=True)


def _on_its_day(read: Scenario, record: str, as_of: str) -> tuple[Scenario, Today | None]:
    """Return a scenario as it stands where a record leaves off, if there is one, or on a day named."""
    if record or read.record:
        from bystander.evidence.starting import where_it_stands

        today = where_it_stands(read, record, as_of)
        show_problems(today.remarks)
        return today.scenario, today
    if not as_of:
        return read, None
    from bystander.evidence.record import end_of_day
    from bystander.evidence.starting import asked_from
    from bystander.scenario.read import over_by

    end_of_day(as_of, Mark("--as-of"))  # refuses what is no day
    moved, said = asked_from(read, as_of)
    show_problems(over_by(read, as_of))
    if said:
        asides.print(said)
    return moved, None


def _tell_answers(show: Show) -> Heard:
    """Return what shows the answers of an assessment before all of it is made."""

    def heard(outcomes: Sequence[OutcomeResult]) -> None:
        from bystander.report.terminal import so_far

        if (told := so_far(outcomes)) is not None:
            show(told)

    return heard


def report(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    output: Output = None,
    brief: Annotated[
        bool, Parameter(help="Two printed pages instead: HTML, or PDF where the output ends in .pdf.")
    ] = False,
    live: Annotated[
        bool, Parameter(help="One file whose sliders answer without a server (solves some hundreds).")
    ] = False,
    paper: Annotated[Literal["a4", "letter"], Parameter(help="Of a brief as PDF.")] = "a4",
    seed: Seed = 0,
    starts: Starts = 4,
    draws: Draws = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Write only the report: one HTML file that opens offline and prints; or the brief, or the live file."""
    if brief and live:
        raise QueryError("Write the brief or the live file, one at a time.")
    read = load_today(scenario, changes)
    where = output or _default_place(read, ".live" if live else ".brief" if brief else "")
    with tracking("Solving") as progress:
        if live:
            path: Path | None = _write_live(read, where, progress)
        elif brief:
            path = _write_brief(read, where, paper, seed, starts, draws, progress)
        else:
            _, path = _assess_and_write(
                read, seed=seed, starts=starts, draws=draws, where=where, progress=progress
            )
    answers.print(str(path), soft_wrap=True)


def _default_place(read: Scenario, kind: str = "") -> Path:
    """Return where a report goes that nobody named a place for."""
    return place_for(REPORTS / f"{file_name(read)}{kind}.html")


def _write_brief(
    read: Scenario,
    where: Path,
    paper: Literal["a4", "letter"],
    seed: int,
    starts: int,
    draws: int,
    progress: Progress,
) -> Path:
    from bystander.assessment.kept import assess_or_recall
    from bystander.cases.store import default_store
    from bystander.report.brief import write_brief

    found = assess_or_recall(
        read, seed=seed, starts=starts, draws=draws, store=default_store(), progress=progress
    )
    return write_brief(found, read, where, paper=paper)


def _write_live(read: Scenario, where: Path, progress: Progress) -> Path:
    try:
        from bystander.app import tasks  # noqa: F401
        from bystander.app.live import write_live
    except ImportError as error:
        raise MissingExtraError(
            "The live file needs msgspec. Install it with: pip install 'bystander[app]'"
        ) from error
    return write_live(read, where, progress=progress)


def _assess_and_write(
    read: Scenario,
    *,
    seed: int,
    starts: int,
    draws: int,
    where: Path | None,
    progress: Progress,
    heard: Heard | None = None,
    standing: Scenario | None = None,
) -> tuple[Assessment, Path | None]:
    """Assess, and write the report where asked, if anywhere."""
    from bystander.cases.store import default_store

    store = default_store()
    if where is not None:
        from bystander.report.figures.drafting import Drawings, get_ready
        from bystander.scenario import scenario_hash

        drawings = Drawings(store, read.name, scenario_hash(read))
        if not drawings.complete:
            get_ready()
    from bystander.assessment.kept import assess_or_recall

    if draws:
        _tell_cost(read, draws, seed, store)
    assessment = assess_or_recall(
        read,
        seed=seed,
        starts=starts,
        draws=draws,
        store=store,
        progress=part_of(progress, 0.0, 0.75),
        heard=heard,
    )
    if standing is not None and standing != read:
        assessment = _followed_too(assessment, read, standing)
    if where is None:
        return assessment, None
    from bystander.report.page.write import write_report

    told = part_of(progress, 0.75, 1.0)
    return assessment, write_report(assessment, read, where, drawings=drawings, progress=told)


def _tell_cost(read: Scenario, draws: int, seed: int, store: Store) -> None:
    """Say how long draws take that are not kept, where that is long."""
    from bystander.assessment.ranges import kept_spread
    from bystander.game.compile import estimate_size
    from bystander.numerics.workers import thread_count

    kept = kept_spread(read, seed, store)
    if kept is None or kept.draws + kept.failed < draws:
        seconds = draws * estimate_size(read).draw_seconds / min(thread_count(), draws)
        tell_time(f"Solving {draws} draws", seconds, ", beside the run")


def _followed_too(assessment: Assessment, read: Scenario, standing: Scenario) -> Assessment:
    """Follow a changed scenario from the one as it stands too, and add where that ends elsewhere."""
    from dataclasses import replace

    from bystander.cases.cases import numbers_followed

    several = assessment.solve.equilibria_found > 1
    return replace(assessment, followed=tuple(numbers_followed(read, standing, several).items()))


SHOWN = 5


def _file_of(read: Scenario) -> str:
    """Return the file of a scenario, wherever it is named from."""
    place = read.document.place if read.document is not None else None
    return str(place.path.resolve()) if place is not None else ""


def tell_since(today: Today, assessment: Assessment, asked: tuple[str, ...], *, show: bool = True) -> None:
    """Say what moved since the last run with a record, and keep today's answers for the next.

    Only runs are compared of which the same was asked: file, record and changes.
    """
    from bystander.cases.store import default_store, key_of
    from bystander.evidence.starting import what_is_lost, what_moved

    store = default_store()
    key = key_of("since last time", *asked)
    before = store.get(key, _kept)
    now: dict[str, Any] = {
        "as_of": today.as_of,
        "outcomes": {o.name: o.estimate.value for o in assessment.outcomes if o.headline},
        "levels": today.levels,
        "seen": [each.name for each in today.terms],
    }
    store.put(key, now)
    if not show:
        return
    answers.print(f"\nStarts where the record leaves off on {date(today.as_of)}.")
    if today.later:
        answers.print(f"{today.later} later observations are left out.")
    if lost := what_is_lost(today.apart):
        answers.print(lost)
    if before is None:
        return
    for line in changed_answers(before, now, assessment, today):
        answers.print(line)
    moved = what_moved(before.get("levels", {}), today.levels)
    if moved:
        answers.print(f"Because: {first_of(moved, SHOWN, rest='; and')}.")


def _kept(told: Any) -> dict[str, Any]:
    """Check what was kept."""
    if not isinstance(told, dict) or not all(
        name in told for name in ("as_of", "outcomes", "levels", "seen")
    ):
        raise ValueError
    return told


def _place_in_time(day: str) -> tuple[float, str]:
    """Put days of a record in order, dates as well as ``day 12.5``."""
    elapsed = day.removeprefix("day ")
    return (0.0, day) if elapsed == day else (float(elapsed), "")


def changed_answers(
    before: dict[str, Any], now: dict[str, Any], assessment: Assessment, today: Today
) -> list[str]:
    """Return a line for each headline answer that moved, and one for what was observed meanwhile."""
    lines = []
    old, new = before.get("outcomes", {}), now["outcomes"]
    then = str(before.get("as_of"))
    back = _place_in_time(then) > _place_in_time(today.as_of)
    said_since = f"{'Back from last time, a later day' if back else 'Since last time'} ({date(then)})"
    for outcome in assessment.outcomes:
        if outcome.name not in old or outcome.name not in new:
            continue
        was, now_is = (in_short(each[outcome.name], outcome.estimate.unit) for each in (old, new))
        if was != now_is:
            lines.append(f"{said_since}: {phrase(outcome.about, outcome.name)}: {was} to {now_is}.")
    seen = before.get("seen", [])
    fresh = [each for each in today.terms if each.name not in seen and each.when]
    if fresh:
        told = [f"{date(each.when)} {each.says or label(each.name)}" for each in fresh]
        said = first_of(told, SHOWN, rest="; and")
        lines.append(f"{'Not counted last time' if back else 'Observed since'}: {said}.")
    return lines


def serve(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    port: Annotated[int, Parameter(help="Port of the loopback; any that is free if 0.")] = 0,
    no_browser: Annotated[bool, Parameter(help="Open no browser; only print the address.")] = False,
    folder: Annotated[
        Path | None,
        Parameter(
            help="Where variants and edited texts are kept; default beside the file, else ./bystander.",
            validator=folder_place,
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
        answers.print(address, soft_wrap=True, highlight=False)
        asides.print(f"Variants and drafts are kept in {where.absolute()}. Stop with Ctrl-C.", soft_wrap=True)

    serve_study(source, where, port=port, browser=not no_browser, record=record, tell=tell)


Folder = Annotated[
    Path | None,
    Parameter(
        name=("--output", "-o"),
        help="Folder to write to; default the scenario's name.",
        validator=folder_place,
    ),
]
What = Annotated[
    Literal["results", "figures", "process"],
    Parameter(help="results: tables and JSON; figures: pictures; process: DRN and PRISM files."),
]
Formats = Annotated[
    tuple[str, ...], Parameter(name="--format", help="For figures: svg, png, pdf, csv, json.")
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
    read = load_today(scenario, changes)
    folder = output or place_for(Path(file_name(read)) / "file").parent
    with tracking("Solving") as progress:
        if what == "process":
            from bystander.equilibrium.solve import solve
            from bystander.game.compile import compile_game
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
        Path | None, file_output("CSV or Parquet file; default NAME_histories.csv.", ENDINGS)
    ] = None,
    outcome: Annotated[
        str, Parameter(help="Only histories in which this outcome comes about, however rare it is.")
    ] = "",
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Sample whole histories, every move with its day, reproducibly from a seed."""
    from bystander.cases.cases import reach_equilibrium
    from bystander.process.outcomes import make_clocks
    from bystander.simulation.given import event_of, write_histories

    read = load_today(scenario, changes)
    path = output or place_for(Path(f"{file_name(read)}_histories.csv"))
    wanted = known_name(outcome, read.outcomes, "outcome") if outcome else ""
    with tracking("Solving") as progress:
        clocks = make_clocks(reach_equilibrium(read, None))
        event = event_of(clocks.chain.game, wanted, read.outcomes[wanted]) if wanted else None
        progress("Sampling", 0.8)
        chance = write_histories(clocks.course or clocks.chain, path, number, read.horizon, seed, event)
    answers.print(str(path), soft_wrap=True)
    if event is not None:
        asides.print(f"It comes about in each of these; of all histories in a share of {chance:.3g}.")


def totals(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    outcome: Annotated[
        tuple[str, ...],
        Parameter(
            name="--outcome", help="Distributions of these; if not given, deviations of all headlines."
        ),
    ] = (),
    more_than: Annotated[
        tuple[str, ...],
        Parameter(name="--more-than", help="Ask for the chance of more than this, of each outcome named."),
    ] = (),
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> None:
    """Say how amounts and counts are spread by chance: deviations, or the chance of at most so much."""
    from bystander.cases.cases import reach_equilibrium
    from bystander.process.outcomes import Request, make_clocks
    from bystander.process.totals import spread_of

    read = load_today(scenario, changes)
    headlines = [name for name, asked in read.outcomes.items() if asked.headline and asked.question in TOTALS]
    wanted = known_names(outcome, read.outcomes, "outcome") or headlines
    if more_than and not outcome:
        raise QueryError(
            f"--more-than asks about one total: name it, --outcome {next(iter(wanted), 'NAME')}."
        )
    amounts = {name: [_amount_of(read, name, text) for text in more_than] for name in wanted}
    with tracking("Solving", show=not json) as progress:
        clocks = make_clocks(reach_equilibrium(read, None))
        found: list[TotalSpread] = []
        withheld: dict[str, str] = {}
        for place, name in enumerate(wanted):
            progress("Counting", 0.3 + 0.7 * place / len(wanted))
            request = Request(name, read.outcomes[name])
            try:
                found.append(spread_of(clocks, request, distribution=bool(outcome), amounts=amounts[name]))
            except QueryError as error:
                withheld[name] = reason_of(error)
    if withheld and not found and outcome:
        raise QueryError(next(iter(withheld.values())))
    if json:
        show_json({"totals": found, "withheld": withheld})
        return
    if not wanted:
        answers.print("No headline outcome accumulates or counts: there is no total to tell.")
    for each in found if outcome else ():
        _show_spread(each, clocks.held, more=bool(more_than))
    if not outcome:
        rows = [
            [phrase(s.about, s.name), quantity(s.mean.value, s.unit), in_short(s.deviation, s.unit)]
            for s in found
        ]
        show_table(("", "expected", "give or take, by chance"), rows, numbers=(1, 2))
    for name, reason in withheld.items():
        answers.print(f"{phrase(read.outcomes[name].told, name)}: {running(reason)}")


def _amount_of(read: Scenario, name: str, text: str) -> float:
    """Read an amount that an outcome is asked to be more than, in its unit where none is written."""
    from bystander.policy.targets import quantity_given
    from bystander.units import PLAIN

    try:
        given = quantity_given(text, read.outcomes[name])
    except ScenarioError:
        given = None
    if given is None or given.value < 0.0:
        raise QueryError(f"--more-than {text} is no amount: write --more-than 200.")
    if given.dimension not in (PLAIN, read.outcomes[name].dimension):
        raise QueryError(f"'{name}' is not counted in what --more-than {text} is: write a plain number.")
    return given.value


def _show_spread(spread: TotalSpread, held: Sequence[str], *, more: bool = False) -> None:
    from bystander.report.words.expressions import onset

    start = onset(spread.given, held)
    since = f" of {start}" if start else ""
    about, within = phrase(spread.about, spread.name), f", within {duration(spread.days)}{since}"
    answers.print(about if about.endswith(within.lstrip(", ")) else about + within, style="bold")
    mean = quantity(spread.mean.value, spread.unit)
    deviation = in_short(spread.deviation, spread.unit)
    answers.print(f"Expected {mean}, give or take {deviation} by chance (standard deviation).")
    if spread.bracket is None:
        answers.print(
            "Amounts that come with moves have no distribution here: `bystander simulate` samples it."
        )
        return
    rows = []
    bracket = spread.bracket
    low, high = (1.0 - bracket.upper, 1.0 - bracket.lower) if more else (bracket.lower, bracket.upper)
    for at, least, most in zip(bracket.amounts, low.tolist(), high.tolist(), strict=True):
        said = [percent(bound) if bound else "0%" for bound in (least, most)]
        rows.append([quantity(float(at), spread.unit), " to ".join(dict.fromkeys(said))])
        if least > SURE and not more:
            break
    show_table(("more than" if more else "at most", "chance"), rows, numbers=(0, 1))
