"""``record``, ``fit``, ``rivals``: what happened, what it teaches, and which explanation it favours.

``events`` takes files of events into one store, and out of it as a record or Parquet.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Json,
    ScenarioName,
    Seed,
    file_named,
    file_output,
    followed_in,
    kept_file_named,
    load,
)
from bystander.cli.showing import show_now, show_table
from bystander.cli.terminal import answers, asides, show_json, show_problems, tracking
from bystander.errors import QueryError
from bystander.harmless import spaced
from bystander.report.words.numbers import date, label, signed
from bystander.units import in_rank

if TYPE_CHECKING:
    from bystander.evidence.editions import EditionReport, EventStore
    from bystander.evidence.events import Account
    from bystander.evidence.learning import Fit
    from bystander.evidence.likelihood import Likelihood
    from bystander.evidence.mapping import EventRules
    from bystander.evidence.record import Record
    from bystander.evidence.rivals import RivalTable
    from bystander.scenario import Scenario

RECORD = "kyrgyz-tajik-border"
RecordName = Annotated[
    str,
    Parameter(
        help="A record, YAML or CSV, or the name of one that ships; else the scenario's own "
        f"({RECORD} for Ferghana)."
    ),
]
Also = Annotated[tuple[str, ...], Parameter(name="--also", help="Another crisis to pool: SCENARIO=RECORD.")]
AsOf = Annotated[str, Parameter(help="Use only what was known by the end of this day: 2022-09-20.")]
Learn = Annotated[tuple[str, ...], Parameter(name="--learn", help="A parameter to learn; may be repeated.")]
Most = Annotated[
    int, Parameter(help="If none is named, learn the parameters the record moves most, so many at most.")
]
DrawCount = Annotated[
    int, Parameter(name="--draws", help="How many draws of the posterior; `fit` says nothing from under 100.")
]
JournalPath = Annotated[
    Path | None,
    Parameter(help="Keep every evaluation here: what is stopped goes on from it.", converter=kept_file_named),
]
SHOWN = 12
LN10 = 2.302585092994046


def record(
    record: RecordName = "",
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    as_of: AsOf = "",
    output: Annotated[
        Path | None, file_output("Write the course of each hidden variable.", (".svg", ".png", ".csv"))
    ] = None,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> int:
    """Tell what was observed, how likely it was, where it surprised, and what it says of hidden things."""
    from bystander.evidence.checking import dates_not_followed, record_problems
    from bystander.evidence.filtering import at_moments, contributions
    from bystander.evidence.likelihood import Likelihood
    from bystander.evidence.starting import standing_on

    read = _moved(load(followed_in(scenario, record), changes), as_of)
    known, later = _cut(_record_for(record, scenario, read), as_of)
    problems = record_problems(known, read if as_of else None)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        show_problems(errors)
        return 2
    begin, end = known.span(known.subjects[0])
    marks = tuple(begin + (end - begin) * k / 240.0 for k in range(1, 240)) if output else ()
    with tracking("Weighing the record", show=not json):
        likelihood = Likelihood(read, known, marks=marks)
        found, _ = likelihood.filtered({}, courses=output is not None)
        terms = contributions(likelihood.laid, found)
        today = standing_on(read, known) if len(known.subjects) == 1 else None
    show_problems(tuple(dates_not_followed(known, read)))
    if json:
        show_json(
            {
                "record": known.title,
                "log_likelihood": found.log_likelihood,
                "error": found.error,
                "terms": [
                    {"name": t.name, "when": t.when, "log": t.log, "expected": t.expected} for t in terms
                ],
                "now": today.levels if today else {},
                "set_aside": dict(likelihood.lacking),
                "left_out_later": later,
            }
        )
    else:
        _show_record(known, likelihood, later)
        _show_terms(terms)
        if today:
            show_now(read, today.levels, today.apart)
    if output is not None:
        from bystander.report.figures.record import write_courses

        moments = at_moments(likelihood.laid, found)
        for path in write_courses(known, moments, output):
            asides.print(str(path), soft_wrap=True)
    return 0


def fit(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    record: RecordName = "",
    also: Also = (),
    as_of: AsOf = "",
    learn: Learn = (),
    most: Most = 12,
    draws: DrawCount = 400,
    method: Annotated[
        Literal["auto", "importance", "nuts", "laplace"], Parameter(help="How draws are made.")
    ] = "auto",
    output: Annotated[
        Path | None, file_output("Write the draws as netCDF, readable by ArviZ.", (".nc",))
    ] = None,
    journal: JournalPath = None,
    priors: Annotated[
        Path | None,
        Parameter(help="Write what was learnt as priors, YAML to put into a scenario.", converter=file_named),
    ] = None,
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Learn numbers from a record: prior beside posterior, and what the record does not move."""
    from bystander.evidence.coordinates import Journal, choose_parameters, question_of
    from bystander.evidence.learning import fit as learn_from
    from bystander.evidence.likelihood import Likelihood, pooled
    from bystander.evidence.taught import as_priors, require_enough, write_fit

    if priors is not None and draws > 0 and method != "laplace":
        require_enough(draws)
    crises = _crises(scenario, record, also, as_of, changes)
    read, known = crises[0]
    parts = [Likelihood(*each) for each in crises]
    whole = pooled(parts)
    with tracking("Learning", show=not json) as progress:
        coordinates = choose_parameters(read, whole, learn, most)
        kept = Journal(journal, question_of(crises, *coordinates.names))
        found = learn_from(
            whole, coordinates, method=method, draws=draws, seed=seed, journal=kept, progress=progress
        )
    if output is not None:
        asides.print(str(write_fit(found, output)), soft_wrap=True)
    if priors is not None:
        from bystander.files import write_whole

        asides.print(str(write_whole(priors, as_priors(found, read, known.name))), soft_wrap=True)
    _show_fit(found, read, json)


def _show_fit(found: Fit, read: Scenario, json: bool) -> None:
    from bystander.evidence.taught import directions, taught, verdict
    from bystander.report.words.decomposition import values_of

    told = taught(found)
    if json:
        show_json(
            {
                "verdict": verdict(found),
                "parameters": told,
                "directions": directions(found),
                "log_evidence": found.log_evidence,
                "log_evidence_error": found.evidence_error,
                "pareto_k": found.draws.pareto_k if found.draws else None,
                "evaluations": found.evaluations,
            }
        )
        return
    answers.print(verdict(found))
    values = values_of(read)
    rows = [
        [
            f"{values.called(each.name)}\n{each.name}",
            in_one_unit(read, each.name, each.before, each.before),
            in_one_unit(read, each.name, each.after, each.before),
            each.verdict,
        ]
        for each in told
    ]
    show_table(("parameter", "before: 5%, 50%, 95%", "after", "what the record says"), rows)
    for direction in directions(found):
        answers.print(f"• {direction.says}.")


def rivals(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    record: RecordName = "",
    also: Also = (),
    only: Annotated[
        tuple[str, ...], Parameter(name="--only", help="A rival to compare; may be repeated.")
    ] = (),
    as_of: AsOf = "",
    learn: Learn = (),
    most: Most = 4,
    draws: DrawCount = 16,
    power: Annotated[int, Parameter(help="Records sampled from each explanation; 0 for no power.")] = 4,
    journal: JournalPath = None,
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """Which explanation the record favours, by how much, where that comes from, and whether it could tell."""
    from bystander.evidence.coordinates import choose_parameters
    from bystander.evidence.likelihood import Likelihood, pooled
    from bystander.evidence.rivals import compare_rivals
    from bystander.evidence.weighing import ROUGH

    crises = _crises(scenario, record, also, as_of, changes)
    with tracking("Comparing explanations", show=not json) as progress:
        whole = pooled([Likelihood(*each, tolerance=ROUGH) for each in crises])
        chosen = choose_parameters(crises[0][0], whole, learn, most).names if most or learn else ()
        found = compare_rivals(
            crises,
            rivals=only,
            learn=chosen,
            draws=draws,
            power_records=power,
            seed=seed,
            journal=journal,
            progress=progress,
        )
    if json:
        show_json(_rivals_as_json(found))
        return
    _show_rivals(found)


def _rivals_as_json(found: RivalTable) -> dict[str, object]:
    best = found.explanations[0].name
    told = [
        {
            "name": e.name,
            "about": e.about,
            "claim": e.claim,
            "log_evidence": e.log_evidence,
            "error": e.weighed.error,
            "log10_against_best": found.factor(e.name, best)[0],
            "log10_error": found.factor(e.name, best)[1],
            "log10_held": found.held(e.name, best),
            "odds": e.odds,
            "by_prior_width": e.weighed.by_width,
            "left_out": dict(e.weighed.left_out),
            "origins": found.origins(best, e.name),
        }
        for e in found.explanations
    ]
    return {
        "headline": found.headline,
        "tells": found.tells,
        "explanations": told,
        "alike": found.alike,
        "power": found.power,
        "telling": found.telling,
        "learnt": found.learnt,
    }


def _record_for(record: str, scenario: str, read: Scenario) -> Record:
    """Return the record named, or the scenario's own, or that of the founding case."""
    from bystander.evidence.reading import record_of

    founding = not record and not read.record and scenario == FOUNDING_CASE
    return record_of(read, RECORD if founding else record)


def _moved(read: Scenario, as_of: str) -> Scenario:
    """Return a scenario that speaks on a later day, if one is asked for, and say so: that is hindsight."""
    from bystander.scenario.dating import first_day

    if not as_of or first_day(as_of) <= first_day(read.as_of):
        return read
    asides.print(f"Read to {date(as_of)}, with hindsight: {read.title} speaks on {date(read.as_of)}.")
    return read.model_copy(update={"as_of": as_of})


def _cut(read: Record, as_of: str) -> tuple[Record, int]:
    from bystander.evidence.checking import known_by

    return known_by(read, as_of) if as_of else (read, 0)


def _crises(
    scenario: str, record: str, also: tuple[str, ...], as_of: str, changes: Changes
) -> tuple[tuple[Scenario, Record], ...]:
    """Read scenarios and their records; what ships is cut at the scenario's day, aloud, if none is named."""
    from bystander.evidence.checking import require_sound
    from bystander.evidence.reading import shipped_records

    out = []
    for name, _, own in ((scenario, "", record), *(pair.partition("=") for pair in also)):
        read = _moved(load(name, changes), as_of)
        found = _record_for(own, name, read)
        if as_of or found.name in shipped_records():
            found, later = _cut(found, as_of or read.as_of)
            if later:
                asides.print(f"{later} observations after {date(as_of or read.as_of)} are left out.")
        remarks = require_sound(found, read)
        show_problems([each for each in remarks if each.check in ("leakage", "date-not-followed")])
        out.append((read, found))
    return tuple(out)


def in_one_unit(scenario: Scenario, name: str, numbers: tuple[float, ...], beside: tuple[float, ...]) -> str:
    """Write numbers in one unit: the one in which the middle of those they stand beside reads best."""
    from bystander.units import MINUS, format_quantity, parse_quantity

    dimension = scenario.parameters[name].dimension
    middle = beside[len(beside) // 2]
    _, _, unit = format_quantity(float(f"{middle:.3g}"), dimension).partition(" ")
    size = parse_quantity(f"1 {unit}").value if unit else 1.0
    written = ", ".join(f"{number / size:.3g}" for number in numbers).replace("-", MINUS)
    return f"{written} {unit}".strip()


def _show_record(known: Record, likelihood: Likelihood, later: int) -> None:
    begin, end = known.span(known.subjects[0])
    span = f", {_lasting(known, begin, end)}" if end > begin else ""
    answers.print(f"{known.title}: {len(known.observations)} observations{span}.")
    _show_coverage(known, likelihood)
    if not known.windows:
        answers.print("• No coverage is stated: nothing is learnt from silence.")
    for name, why in likelihood.lacking:
        answers.print(f"• Set aside: {name} ({why}).")
    if later:
        answers.print(f"• {later} later observations are left out.")


def _show_coverage(known: Record, likelihood: Likelihood) -> None:
    """Tell where silence counts, classes that are covered alike together, and which coverage is of no use."""
    alike: dict[str, list[str]] = {}
    for window in known.windows:
        called = spaced(window.of) + (f" of {window.subject}" if window.subject else "")
        if all(bound.branches(window.of) is None for bound in likelihood.laid.bounds):
            answers.print(f"• Coverage set aside: no move is one of {called}.")
            continue
        listed = "all listed" if window.listed == 1.0 else f"{100 * window.listed:.0f}% of them listed"
        alike.setdefault(f"{listed}, {_lasting(known, window.begin, window.end)}", []).append(called)
    for told, classes in alike.items():
        answers.print(f"• Silence counts for {', '.join(dict.fromkeys(classes))}: {told}.")


def _lasting(known: Record, begin: float, end: float) -> str:
    return " to ".join(date(day) for day in known.lasting(begin, end))


def _show_terms(terms: tuple[object, ...]) -> None:
    from bystander.evidence.filtering import Contribution

    told = [each for each in terms if isinstance(each, Contribution)]
    ranked = sorted((each for each in told if each.when), key=lambda each: in_rank(each.log))
    rows = [
        [date(each.when), each.says or label(each.name), _expected(each.expected, each.density)]
        for each in ranked
    ]
    show_table(("when", "what", "was to be expected"), rows[:SHOWN], title="Least expected first")
    total = sum(each.log for each in told)
    answers.print(f"Log-likelihood {signed(total, 3)} (moves per day).")


def _expected(number: float, density: bool) -> str:
    if density:
        return f"{number:.2g} times a year"
    return f"with {100 * number:.1f}%"


def _show_rivals(found: RivalTable) -> None:
    answers.print(found.headline, style="bold")
    first, second = found.explanations[0].weighed, found.explanations[1].weighed
    rows, spans = [], [w for w, _ in first.by_width]
    for each in found.explanations:
        value, error = found.factor(each.name, first.name)
        pairs = zip(each.weighed.by_width, first.by_width, strict=False)
        widths = ", ".join(f"{(log - best) / LN10:+.1f}" for (_, log), (_, best) in pairs)
        possible = each.log_evidence > -float("inf")
        rows.append(
            [
                spaced(each.name),
                f"{value:+.2f} ± {error:.2f}" if possible else "impossible",
                f"{found.held(each.name, first.name):.2f}" if possible else "",
                f"{100 * each.odds:.0f}%",
                widths if possible else "",
            ]
        )
    heads = ["explanation", "log10", "held", "odds"]
    if spans:  # where no number is learnt, none has a prior to widen
        heads.append(f"priors {' or '.join(f'{w:g}' for w in spans)} as wide")
    show_table(heads, [row[: len(heads)] for row in rows], numbers=range(1, len(heads)))
    for each in found.explanations:
        if each.about:
            answers.print(f"• {spaced(each.name)}: {each.about}")
    for group in found.alike:
        one, *more = (spaced(name) for name in group)
        same = " and ".join(more)
        answers.print(f"• {same}: the same as {one}, by all that was observed; its odds stand there again.")
    answers.print("log10: evidence beside the best, in powers of ten, and its numerical error.")
    if found.learnt:
        answers.print(
            f"Averaged over the priors of {', '.join(found.learnt)}; 'held' is what letting the other "
            "numbers go may change, to first order."
        )
    _show_origins(found, first.name, second.name)
    _show_left_out(found)
    for win in found.power:
        name = spaced(win.name)
        answers.print(
            f"• Of {win.records} records sampled from {name}, it won {100 * win.wins:.0f}%, "
            f"clearly {100 * win.clearly:.0f}%."
        )
    if not found.telling:
        answers.print("• Nothing that may come within a year is expected to tell.")
    for told in found.telling:
        chances = ", ".join(f"{spaced(name)} {100 * p:.0f}%" for name, p in told.chances)
        what = f"{label(told.move)} within {told.days:.0f} days"
        answers.print(f"• What would tell: {what} ({chances}; {told.bits:.3f} bits).")


def _show_origins(found: RivalTable, first: str, second: str) -> None:
    origins = found.origins(first, second)
    if len(origins) > 1:
        rows = [[date(o.when), o.says or label(o.name), f"{o.part:+.2f}"] for o in origins[:8]]
        rest = sum(o.part for o in origins[8:])
        rows.append(["", "everything else", f"{rest:+.2f}"])
        one, two = map(spaced, (first, second))
        show_table(
            ("when", "observation", "log10"),
            rows,
            title=f"Where the difference between {one} and {two} comes from",
            numbers=(2,),
        )


def _show_left_out(found: RivalTable) -> None:
    if found.explanations[0].weighed.left_out:
        rows = [
            [spaced(each.name), *(f"{log / LN10:.2f}" for _, log in each.weighed.left_out)]
            for each in found.explanations
        ]
        crises = [title for title, _ in found.explanations[0].weighed.left_out]
        show_table(
            ("log10 chance of the record of", *crises),
            rows,
            title="Each crisis, learnt on the others alone",
            numbers=tuple(range(1, len(crises) + 1)),
        )


STORE = Path("events.duckdb")
WRITTEN = (".csv", ".yaml", ".yml", ".parquet")
SHOWN_CHANGES = 8


def events(
    file: Annotated[
        Path | None, Parameter(help="A CSV of UCDP, ACLED, ICB, MID, MIE, GDELT or VIEWS.")
    ] = None,
    *,
    store: Annotated[
        Path, Parameter(help="The store, a DuckDB file; made where there is none.", converter=kept_file_named)
    ] = STORE,
    edition: Annotated[str, Parameter(help="What the data set calls this edition: 25.1.")] = "",
    covers: Annotated[
        tuple[str, ...],
        Parameter(
            name="--covers",
            help="A country that the edition covers though it lists nothing of it: what it no longer "
            "lists there is withdrawn too. `all` for every country; may be repeated.",
        ),
    ] = (),
    rules: Annotated[Path | None, Parameter(help="Rules that turn events into a record.")] = None,
    output: Annotated[
        Path | None, file_output("Write the record (.csv, .yaml), or all events (.parquet).", WRITTEN)
    ] = None,
    json: Json = False,
) -> None:
    """Read a file of events into a store, say what the edition changed, or write a record by rules."""
    from bystander.evidence.editions import EventStore
    from bystander.evidence.events import read_events

    if file is None and output is None:
        raise QueryError("There is nothing to do: name a file to read, or -o to write.")
    chosen = _rules_for(output, rules)
    read = None if file is None else read_events(file)  # what cannot be read leaves no empty store behind
    with EventStore(store) as kept:
        if file is not None and read is not None:
            rows, account = read
            with tracking("Reading events", show=not json):
                report = kept.take(account.mapping, edition or file.stem, rows, covers)
            if json:
                show_json(
                    {"report": report, "rows": account.rows, "read": account.read, "dropped": account.words()}
                )
            else:
                _show(report, account)
        if output is not None and chosen is None:
            answers.print(str(kept.write_parquet(output)), soft_wrap=True)
        elif output is not None and chosen is not None:
            _write_by_rules(kept, chosen, rules, output)


def _rules_for(output: Path | None, rules: Path | None) -> EventRules | None:
    """Read the rules that make a record of events, before anything is read into a store.

    Raises
    ------
    QueryError
        If there are none for a record, or some where no record is written.
    """
    from bystander.evidence.mapping import read_rules
    from bystander.files import ending_of

    if output is None or ending_of(output) == ".parquet":
        if rules is not None:
            raise QueryError("Rules make a record of events: name it with -o, as .csv or .yaml.")
        return None
    if rules is None:
        raise QueryError("A record needs rules that say which events are what: --rules clashes.yaml.")
    return read_rules(rules)


def _write_by_rules(kept: EventStore, chosen: EventRules, rules: Path | None, output: Path) -> None:
    """Write what a store holds as a record."""
    from bystander.evidence.mapping import events_by_rule, record_of_events
    from bystander.evidence.writing import write_record

    listed = kept.rows({"dataset": [chosen.dataset]})
    if not listed:
        held = ", ".join(kept.datasets()) or "none"
        raise QueryError(
            f"{kept.path} holds no events of '{chosen.dataset}', which {rules} names; of {held}."
        )
    found = record_of_events(listed, chosen)
    used = sum(map(len, events_by_rule(listed, chosen).values()))
    answers.print(
        f"{len(found.observations):,} observations of {used:,} of {len(listed):,} events; the others fit "
        "no rule or lie outside what is covered."
    )
    answers.print(str(write_record(found, output)), soft_wrap=True)


def _show(report: EditionReport, account: Account) -> None:
    answers.print(
        f"{report.dataset} {report.edition}: {account.read:,} of {account.rows:,} rows read. "
        f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{report.withdrawn:,} withdrawn, {report.returned:,} back again."
    )
    for line in account.words():
        answers.print(f"• {line}.")
    for name, column, before, after in report.changes[:SHOWN_CHANGES]:
        answers.print(f"• {name}: {column} {before or 'nothing'} to {after or 'nothing'}.")
    if report.kept:
        some = ", ".join(report.kept_of[:SHOWN_CHANGES]) + ", ..." * (len(report.kept_of) > SHOWN_CHANGES)
        answers.print(
            f"• {report.kept:,} events of {some} are kept: this edition lists nothing there. "
            "If it covers them, say so: --covers NAME, or --covers all."
        )
    if report.withdrawn_ids:
        answers.print(f"• Withdrawn: {', '.join(report.withdrawn_ids[:SHOWN_CHANGES])}.")
