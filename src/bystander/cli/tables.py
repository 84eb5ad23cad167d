"""``cases`` and ``score``: one argument on a table of crises, and who foretold better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from bystander.cli.options import Json, Scheduler
from bystander.cli.showing import show_table, spaced
from bystander.cli.terminal import answers, show_json, tracking
from bystander.errors import QueryError

if TYPE_CHECKING:
    from bystander.evidence.pooled_table import PooledFit, PooledLikelihood
    from bystander.forecast.table_scores import ForecasterScore, TableScores

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
    from bystander.evidence.pooled_table import PooledLikelihood, fit_table
    from bystander.forecast.table_scores import leave_out as score_left_out

    read = read_table(read_template(template), table or None)
    with using_scheduler(scheduler), tracking("Learning", show=not json) as progress:
        if leave_out:
            scores = score_left_out(read, leave_out, progress=progress)
            shown: Any = scores
        else:
            likelihood = PooledLikelihood(read, read.template.section.learn)
            fit = fit_table(likelihood, progress=progress)
            shown = fit
    if json:
        show_json(shown)
    elif leave_out:
        _show_scores(scores, f"Left out in turn: {spaced(leave_out)}")
    else:
        _show_fit(fit, likelihood)


def score(
    what: Annotated[str, Parameter(help="A table of cases (.csv) or a ledger of forecasts (.jsonl).")],
    *,
    template: TemplateName = STUDY,
    learn_from: Annotated[str, Parameter(help="The table to learn from; its own if left out.")] = "",
    head: Annotated[str, Parameter(help="A ledger's published head: refuse it if lines are missing.")] = "",
    json: Json = False,
) -> None:
    """Score forecasts, or the argument on crises it has not learnt from, beside rivals that only count."""
    ending = Path(what).suffix.lower()
    if ending == ".jsonl":
        from bystander.cli.forecasts import show_scores

        show_scores(what, head, json)
        return
    if ending != ".csv":
        raise QueryError(f"'{what}' is neither a table of cases (.csv) nor a ledger (.jsonl).")
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
    answers.print(f"Learnt from {len(known.rows)} rows of {known.shown}, asked about {len(fresh)}{left}.")
    _show_scores(found, "")


def _show_fit(fit: PooledFit, likelihood: PooledLikelihood) -> None:
    from bystander.cases.amounts import in_its_unit

    told = f"log likelihood {fit.log_likelihood:.3f}, log evidence {fit.log_evidence:.3f}"
    answers.print(f"{len(likelihood.table.rows)} crises; {told}.")
    if not fit.settled:
        answers.print("The search did not settle: these numbers are where it stopped, not what was learnt.")
    if fit.retraced:
        answers.print(
            f"Equilibria were traced afresh for {', '.join(fit.retraced)}: the likelihood may jump."
        )
    parameters = next(iter(likelihood.table.scenarios.values())).parameters
    table = [
        [
            spaced(name),
            in_its_unit(parameters[name], float(fit.mode[i])),
            f"{fit.z[i]:+.2f} ± {fit.deviation[i]:.2f}",
            f"{fit.learnt[i]:.0%}" if fit.learnt[i] >= NOTHING else "nothing",
        ]
        for i, name in enumerate(fit.names)
    ]
    show_table(["number", "most probable", "moved from its prior by", "learnt"], table, numbers=[1, 2, 3])
    answers.print(
        "Moves are in deviations of the prior. Learnt: the share of the prior's variance that is gone."
    )


def _show_scores(found: TableScores, title: str) -> None:
    if title:
        answers.print(title)
    for observed in dict.fromkeys(score.observed for score in found.scores):
        scores = [score for score in found.scores if score.observed == observed]
        columns = ["forecaster", "mean log score", "against base rate", ""]
        show_table(columns, [_row(s) for s in scores], title=_title(scores), numbers=[1, 2])


def _title(scores: list[ForecasterScore]) -> str:
    log = scores[0].log
    return f"{spaced(scores[0].observed)}: {log.count} rows in {log.clusters} groups; less is better"


def _row(score: ForecasterScore) -> list[str]:
    against, told = score.against_base.difference, score.against_base.told
    error = "" if against.error != against.error else f" ± {against.error:.3f}"
    said = told if told in SURE else ""
    return [score.forecaster, f"{score.log.mean:.3f}", f"{against.mean:+.3f}{error}", said]
