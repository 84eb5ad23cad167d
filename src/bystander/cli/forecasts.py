"""``forecast``, ``resolve``, and scores of a ledger: what will happen, written down, and who was right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import Json
from bystander.cli.showing import show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.report.words.numbers import likelihood, percent

if TYPE_CHECKING:
    from bystander.forecast.deciding import LedgerScores, Resolution
    from bystander.forecast.making import Forecast

QUESTIONS = "studies/after-ferghana-2022"
LEDGER = "forecasts.jsonl"
LedgerFile = Annotated[str, Parameter(help="The ledger, a .jsonl file; made where there is none.")]


def forecast(
    questions: Annotated[str, Parameter(help="A file of questions, or a library path.")] = QUESTIONS,
    *,
    as_of: Annotated[str, Parameter(help="Another day to ask on: only what was known then is used.")] = "",
    record: Annotated[str, Parameter(help="Another record to learn from.")] = "",
    ledger: LedgerFile = "",
    json: Json = False,
) -> None:
    """Answer questions about what will happen from what was known on a day, and enter them in a ledger."""
    from dataclasses import replace

    from bystander.evidence.reading import read_record
    from bystander.forecast.ledger import add_to_ledger
    from bystander.forecast.making import learn_values, make_forecast, read_as_of
    from bystander.forecast.questions import read_questions

    asked = read_questions(questions)
    asked = replace(asked, as_of=as_of) if as_of else asked
    scenario = read_as_of(asked.scenario, asked.as_of, asked.parameters)
    known = read_record(record or asked.record)
    with tracking("Forecasting", show=not json) as progress:
        values = learn_values(asked, scenario, known, progress) if asked.learn else {}
        found = make_forecast(asked, scenario, known, values=values, progress=progress)
    head = add_to_ledger(ledger, "forecast", [(found.identity, found.entry())]).head if ledger else ""
    if json:
        show_json({"forecast": found.entry(), "identity": found.identity, "head": head})
        return
    _show_forecast(found)
    if ledger:
        answers.print(f"Entered in {ledger} as {found.identity}; head {head[:16]}.")


def resolve(
    ledger: Annotated[str, Parameter(help="The ledger to decide.")] = LEDGER,
    *,
    record: Annotated[str, Parameter(help="The record that decides; each forecast's own if left out.")] = "",
    json: Json = False,
) -> None:
    """Decide the questions of a ledger from a record; what it neither lists nor covers stays open."""
    from bystander.evidence.reading import read_record
    from bystander.forecast.deciding import resolve as decide_open
    from bystander.forecast.ledger import add_to_ledger, read_ledger

    read = read_ledger(ledger)
    names = dict.fromkeys(record or str(entry.says["record"]) for entry in read.of_kind("forecast"))
    found = []
    for name in names:
        mine = [e for e in read.of_kind("forecast") if record or e.says["record"] == name]
        chosen = {entry.identity for entry in mine}
        found += [r for r in decide_open(read, read_record(name)) if r.forecast in chosen]
    decided = [r for r in found if r.happened is not None]
    if decided:
        read = add_to_ledger(ledger, "resolution", [(r.identity, r.entry()) for r in decided])
    if json:
        show_json({"decided": decided, "open": [r for r in found if r.happened is None], "head": read.head})
        return
    _show_resolutions(found)
    answers.print(f"{len(decided)} decided, {len(found) - len(decided)} open; head {read.head[:16]}.")


def show_scores(path: str, head: str, json: bool) -> None:
    """Score a ledger and show it beside its baselines."""
    from bystander.forecast.deciding import score_ledger
    from bystander.forecast.ledger import read_ledger

    found = score_ledger(read_ledger(path, head or None))
    if json:
        show_json(found)
    else:
        _show_ledger(found)


def _show_forecast(found: Forecast) -> None:
    label = "Hindcast" if found.asked.hindcast else "Forecast"
    answers.print(f"{label} as of {found.asked.as_of}: {found.asked.title}")
    later = f"{found.resting_on_later} that were used"
    answers.print(f"Of what is dated later, {found.cut} observations were not looked at and {later}.")
    rows = []
    for answer in found.answers:
        base = answer.baselines.get("base rate")
        said = "" if answer.question.author is None else percent(answer.question.author)
        told = f"{percent(answer.probability)} {likelihood(answer.probability)}"
        rows.append([answer.question.asks, told, "" if base is None else percent(base), said])
    show_table(["question", "answer", "base rate", "author"], rows, numbers=[2, 3])


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
                f"{d.mean:+.4f} ± {d.error:.4f}",
                score.ours_less.told,
            ]
        )
    show_table(columns, rows, numbers=[1, 2, 3])
    bands = [
        [f"{percent(r.low)} to {percent(r.high)}", str(r.count), percent(r.said), percent(r.came)]
        for r in found.calibration
    ]
    show_table(["said", "questions", "on average", "came"], bands, title="Calibration", numbers=[1, 2, 3])
    answers.print(f"{found.asked} questions, {found.open} open.")
