"""``forecast``, ``resolve``, ``cases``, ``score``: what was foretold, of one crisis or of many."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import Json, Scheduler, file_output, kept_place
from bystander.cli.showing import show_table
from bystander.cli.terminal import answers, asides, show_json, tracking
from bystander.errors import QueryError
from bystander.harmless import spaced
from bystander.report.words.numbers import date, likelihood, percent

if TYPE_CHECKING:
    from bystander.cases.templates import CaseTable
    from bystander.evidence.pooled_table import PooledFit
    from bystander.forecast.deciding import LedgerScores, Resolution
    from bystander.forecast.ledger import Ledger
    from bystander.forecast.making import Forecast
    from bystander.forecast.table_scores import ForecasterScore, TableScores

QUESTIONS = "studies/after-ferghana-2022"
LEDGER = "forecasts.jsonl"
LedgerFile = Annotated[
    str, Parameter(help="The ledger, a .jsonl file; made where there is none.", validator=kept_place)
]


def forecast(
    questions: Annotated[str, Parameter(help="A file of questions, or a library path.")] = QUESTIONS,
    *,
    as_of: Annotated[str, Parameter(help="Another day to ask on: only what was known then is used.")] = "",
    record: Annotated[str, Parameter(help="Another record to learn from.")] = "",
    ledger: LedgerFile = "",
    json: Json = False,
) -> None:
    """Answer questions about what will happen from what was known on a day, and enter them in a ledger."""
    from bystander.evidence.reading import read_record
    from bystander.forecast.ledger import add_to_ledger, read_ledger, require_new
    from bystander.forecast.making import identity_of, learn_values, make_forecast, read_as_of
    from bystander.forecast.questions import read_questions

    asked = read_questions(questions, as_of)
    scenario = read_as_of(asked.scenario, asked.as_of, asked.parameters)
    known = read_record(record or asked.record)
    if ledger:
        require_new(read_ledger(ledger), "forecast", identity_of(asked, scenario, known))
    with tracking("Forecasting", show=not json) as progress:
        values = learn_values(asked, scenario, known, progress) if asked.learn else {}
        found = make_forecast(asked, scenario, known, values=values, progress=progress)
    head = add_to_ledger(ledger, "forecast", [(found.identity, found.entry())]).head if ledger else ""
    if ledger:
        _tell_entered(ledger, found.identity, head)
    if json:
        show_json({"forecast": found.entry(), "identity": found.identity, "head": head})
        return
    _show_forecast(found)


def resolve(
    ledger: Annotated[str, Parameter(help="The ledger to decide.", validator=kept_place)] = LEDGER,
    *,
    record: Annotated[str, Parameter(help="The record that decides; each forecast's own if left out.")] = "",
    json: Json = False,
) -> None:
    """Decide the questions of a ledger from a record; what it neither lists nor covers stays open."""
    from bystander.evidence.reading import read_record
    from bystander.forecast.deciding import require_formed
    from bystander.forecast.deciding import resolve as decide_open
    from bystander.forecast.ledger import add_to_ledger, read_ledger

    read = _there(read_ledger(ledger))
    require_formed(read)
    names = dict.fromkeys(record or str(entry.says["record"]) for entry in read.of_kind("forecast"))
    found = []
    for name in names:
        mine = [e for e in read.of_kind("forecast") if record or e.says["record"] == name]
        chosen = {entry.identity for entry in mine}
        found += [r for r in decide_open(read, read_record(name)) if r.forecast in chosen]
    decided = [r for r in found if r.happened is not None]
    if decided:
        read = add_to_ledger(ledger, "resolution", [(r.identity, r.entry()) for r in decided])
        _tell_entered(ledger, f"{len(decided)} resolutions", read.head)
    if json:
        show_json({"decided": decided, "open": [r for r in found if r.happened is None], "head": read.head})
        return
    _show_resolutions(found)
    answers.print(f"{len(decided)} decided, {len(found) - len(decided)} open.")


def _tell_entered(ledger: str, what: str, head: str) -> None:
    """Say at once, beside the answers, what can be entered only once: it is in, whatever becomes of them."""
    asides.print(f"Entered in {ledger}: {what}; head {head[:16]}.", soft_wrap=True)


def _there(ledger: Ledger) -> Ledger:
    """Refuse a ledger in which nothing was ever entered."""
    if not ledger.entries:
        missing = "is empty" if ledger.path.exists() else "is not there"
        raise QueryError(
            f"The ledger {ledger.path} {missing}. `bystander forecast --ledger {ledger.path}` begins one."
        )
    return ledger


def show_scores(path: str, head: str, json: bool, output: Path | None) -> None:
    """Score a ledger and show it beside its baselines; draw how well it was calibrated, if asked."""
    from bystander.forecast.deciding import score_ledger
    from bystander.forecast.ledger import read_ledger

    ledger = _there(read_ledger(path))
    if head:
        ledger.require(head)
    found = score_ledger(ledger)
    if json:
        show_json(found)
    else:
        _show_ledger(found)
    if output is not None:
        from bystander.report.figures.figure import write_figure
        from bystander.report.figures.outcomes import calibration_figure

        drawn = calibration_figure(found.calibration, hindcast=found.hindcast)
        asides.print(str(write_figure(drawn, output)), soft_wrap=True)


def _show_forecast(found: Forecast) -> None:
    label = "Hindcast" if found.asked.hindcast else "Forecast"
    answers.print(f"{label} as of {date(found.asked.as_of)}: {found.asked.title}")
    answers.print(_later(found))
    rows = []
    for answer in found.answers:
        base = answer.baselines.get("base rate")
        said = "" if answer.question.author is None else percent(answer.question.author)
        told = f"{percent(answer.probability)} {likelihood(answer.probability)}"
        rows.append([answer.question.asks, told, "" if base is None else percent(base), said])
    show_table(["question", "answer", "base rate", "author"], rows, numbers=[2, 3])


def _later(found: Forecast) -> str:
    """Say what of the record is dated later, and whether anything of it was used all the same."""
    cut, used = found.cut, found.resting_on_later
    were = (
        "One observation is dated later and was"
        if cut == 1
        else f"{cut} observations are dated later and were"
    )
    said = f"{were} not looked at" if cut else "No observation is dated later"
    rest = f"; {used} that rest{'s' * (used == 1)} on what came later {'was' if used == 1 else 'were'} used"
    return f"{said}{rest if used else ''}."


def _show_resolutions(found: list[Resolution]) -> None:
    told = {True: "yes", False: "no", None: "open"}
    show_table(["question", "came", "why"], [[r.question, told[r.happened], r.why] for r in found])


def _show_ledger(found: LedgerScores) -> None:
    if found.hindcast:
        answers.print("Hindcast: who asked knew how it ended; this is no proof of foresight.")
    columns = ["forecaster", "Brier", "log", "ours less theirs", ""]
    ours = ["this forecast", f"{found.ours[0].mean:.4f}", f"{found.ours[1].mean:.4f}", "", ""]
    rows = [ours]
    for score in found.baselines:
        d = score.ours_less.difference
        rows.append(
            [
                f"{score.forecaster} ({score.brier.count})",
                f"{score.brier.mean:.4f}",
                f"{score.log.mean:.4f}",
                f"{d.mean:+.4f}{_error(d.error, 4)}",
                score.ours_less.told,
            ]
        )
    show_table(columns, rows, numbers=[1, 2, 3])
    bands = [
        [
            f"{percent(r.low)} to {percent(r.high)}",
            str(r.count),
            percent(r.said),
            f"{round(r.came * r.count)} of {r.count}",
        ]
        for r in found.calibration
    ]
    show_table(["said", "questions", "on average", "came"], bands, title="Calibration", numbers=[1, 2, 3])
    answers.print(f"{found.asked} questions, {found.open} open.")


STUDY = "studies/requests-for-help"
NOTHING = 0.05
SURE = ("better", "worse")
TemplateName = Annotated[str, Parameter(help="A scenario with `holes` and `cases`, or a library path.")]
TableFile = Annotated[str, Parameter(help="Another table with the same columns; its own if left out.")]


def cases(
    template: TemplateName = STUDY,
    *,
    table: TableFile = "",
    leave_out: Annotated[
        str, Parameter(help="Score by leaving out the rows that agree in this column, in turn.")
    ] = "",
    scheduler: Scheduler = "",
    json: Json = False,
) -> None:
    """Learn what a table of crises teaches about the numbers they share, or score it on groups left out."""
    from bystander.cases.engines import using_scheduler
    from bystander.cases.templates import read_table, read_template
    from bystander.forecast.table_scores import fit_of
    from bystander.forecast.table_scores import leave_out as score_left_out

    read = read_table(read_template(template), table or None)
    with using_scheduler(scheduler), tracking("Learning", show=not json) as progress:
        scores = score_left_out(read, leave_out, progress=progress) if leave_out else None
        fit = None if scores else fit_of(read, progress=progress)
    if json:
        show_json(scores or fit)
        return
    _show_notes(read)
    if scores:
        reached = f", {len(scores.fits)} of {scores.groups} reached: the rest is left to the same command"
        part = reached if len(scores.fits) < scores.groups else ""
        _show_scores(scores, f"Left out in turn: {spaced(leave_out)}{part}.")
    elif fit:
        _show_fit(fit, read)


def score(
    what: Annotated[str, Parameter(help="A table of cases (.csv) or a ledger of forecasts (.jsonl).")],
    *,
    template: TemplateName = STUDY,
    learn_from: Annotated[str, Parameter(help="The table to learn from; its own if left out.")] = "",
    head: Annotated[str, Parameter(help="A ledger's published head: refuse it if lines are missing.")] = "",
    output: Annotated[
        Path | None,
        file_output("Draw how well a ledger was calibrated, with counts.", (".svg", ".png", ".csv")),
    ] = None,
    json: Json = False,
) -> None:
    """Score forecasts, or the argument on crises it has not learnt from, beside rivals that only count."""
    from bystander.files import ending_of

    ending = ending_of(what)
    if ending == ".jsonl":
        show_scores(what, head, json, output)
        return
    if ending != ".csv":
        raise QueryError(f"'{what}' is neither a table of cases (.csv) nor a ledger (.jsonl).")
    if output is not None:
        raise QueryError("--output draws how well a ledger (.jsonl) was calibrated, and this is a table.")
    from bystander.cases.templates import read_table, read_template
    from bystander.forecast.table_scores import ask_about

    read = read_template(template)
    known, asked = read_table(read, learn_from or None), read_table(read, what)
    with tracking("Learning", show=not json) as progress:
        found = ask_about(known, asked, progress=progress)
    if json:
        show_json(found)
        return
    fresh = {name for score in found.scores for name in score.rows}
    aside = len(asked.rows) - len(fresh)
    left = f" ({aside} left aside: learnt from, or not observed)" if aside else ""
    _show_notes(asked)
    rows = f"{len(known.rows)} row{'s' * (len(known.rows) != 1)}"
    answers.print(f"Learnt from {rows} of {known.shown}, asked about {len(fresh)}{left}.")
    _show_scores(found, "")


def _show_notes(table: CaseTable) -> None:
    for note in table.notes:
        asides.print(f"{table.shown}: {note}.", soft_wrap=True)


def _show_fit(fit: PooledFit, table: CaseTable) -> None:
    from bystander.cases.changes import in_its_unit

    told = f"log likelihood {fit.log_likelihood:.3f}, log evidence {fit.log_evidence:.3f}"
    crises = len(table.rows)
    answers.print(f"{crises} {'crisis' if crises == 1 else 'crises'}; {told}.")
    if not fit.settled:
        answers.print(
            "The search did not settle: these numbers are where it stopped, not what was learnt. "
            "`begin:` under `cases` lets it begin elsewhere."
        )
    if fit.retraced:
        answers.print(
            f"Equilibria were traced afresh for {', '.join(fit.retraced)}: the likelihood may jump."
        )
    parameters = next(iter(table.scenarios.values())).parameters
    rows = [
        [
            spaced(name),
            in_its_unit(parameters[name], float(fit.mode[i])),
            f"{fit.z[i]:+.2f} ± {fit.deviation[i]:.2f}",
            f"{fit.learnt[i]:.0%}" if fit.learnt[i] >= NOTHING else "nothing",
        ]
        for i, name in enumerate(fit.names)
    ]
    show_table(["number", "most probable", "moved from its prior by", "learnt"], rows, numbers=[1, 2, 3])
    answers.print(
        "Moves are in deviations of the prior. Learnt: the share of the prior's variance that is gone."
    )


def _show_scores(found: TableScores, title: str) -> None:
    from bystander.forecast.table_scores import LEARNT, PROBABLE, WRITTEN

    if title:
        answers.print(title)
    if stopped := sum(not fit.settled for fit in found.fits.values()):
        whole = f", {stopped} of {len(found.fits)} times" if len(found.fits) > 1 else ""
        answers.print(
            f"The search did not settle{whole}: scores are those of where it stopped. `begin:` under `cases` "
            "lets it begin elsewhere."
        )
    against = {
        score.observed: score.against_base.told for score in found.scores if score.forecaster == LEARNT
    }
    for told in dict.fromkeys(against.values()):
        names = ", ".join(spaced(name) for name, said in against.items() if said == told)
        how = f"{told} than" if told in SURE else "not to be told apart from"
        answers.print(f"Of {names} {LEARNT} is {how} the base rate.")
    answers.print(
        f"'{LEARNT}' goes by what was learnt, all of it; '{PROBABLE}' and each 'without' by its mode alone, "
        f"'{WRITTEN}' by the numbers it had before anything was learnt."
    )
    for observed in dict.fromkeys(score.observed for score in found.scores):
        scores = [score for score in found.scores if score.observed == observed]
        columns = ["forecaster", "mean log score", "against base rate", ""]
        show_table(columns, [_row(s) for s in scores], title=_title(scores), numbers=[1, 2])


def _title(scores: list[ForecasterScore]) -> str:
    log = scores[0].log
    rows, groups = ("row" if log.count == 1 else "rows"), ("group" if log.clusters == 1 else "groups")
    return f"{spaced(scores[0].observed)}: {log.count} {rows} in {log.clusters} {groups}; less is better"


def _row(score: ForecasterScore) -> list[str]:
    against, told = score.against_base.difference, score.against_base.told
    said = told if told in SURE else ""
    return [score.forecaster, f"{score.log.mean:.3f}", f"{against.mean:+.3f}{_error(against.error, 3)}", said]


def _error(size: float, digits: int) -> str:
    """Write the error of a mean; nothing where there are too few to tell."""
    return "" if isnan(size) else f" ± {size:.{digits}f}"
