"""``claims``: the source's claims, their place in the model, and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich import box
from rich.table import Table
from rich.text import Text

from bystander.cli.options import (
    FOUNDING_CASE,
    NO_CHANGES,
    Changes,
    Count,
    Json,
    ScenarioName,
    Scheduler,
    Seed,
    load_today,
)
from bystander.cli.showing import show_table
from bystander.cli.terminal import answers, show_json, tracking
from bystander.harmless import first_of
from bystander.report.words.numbers import in_short, phrase, short_percent

if TYPE_CHECKING:
    from bystander.assessment.result import ClaimResult, JudgementResult
    from bystander.scenario import Scenario

PLACES_SHOWN = 3
DECIDING_SHOWN = 3
UNLISTED = "No source of the scenario lists its claims (claims: under a source)."


def claims(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    draws: Annotated[
        Count, Parameter(help="Draws from the priors, for how robust each conclusion is; kept and resumed.")
    ] = 0,
    remove: Annotated[
        tuple[str, ...], Parameter(help="Take these claims out in turn and solve again; `all` for every one.")
    ] = (),
    unsolved: Annotated[bool, Parameter(help="Only place the claims; compute nothing.")] = False,
    scheduler: Scheduler = "",
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """List the claims of the scenario's sources: how each is modelled, and which conclusions come out."""
    from bystander.assessment.result import weigh_claims
    from bystander.scenario.claims import standings, standings_in_words

    read = load_today(scenario, changes)
    if remove:
        _removals(read, remove, json)
        return
    judgements: tuple[JudgementResult, ...] = ()
    if not unsolved:
        from bystander.assessment.judging import judgement_results, robust_judgements
        from bystander.cases.cases import solve_case
        from bystander.cases.engines import using_scheduler
        from bystander.cases.store import default_store

        with using_scheduler(scheduler), tracking("Solving", show=not json) as progress:
            case = solve_case(read, outcomes=())
            judgements = (
                robust_judgements(case, draws=draws, seed=seed, store=default_store(), progress=progress)
                if draws
                else judgement_results(case)
            )
    found = weigh_claims(read, judgements)
    if json:
        show_json(found)
        return
    placed = sum(1 for claim in found if claim.places)
    judged = [claim for claim in found if claim.holds is not None]
    held = sum(1 for claim in judged if claim.holds)
    if found:
        answers.print(_table(found))
        answers.print(f"{placed} of {len(found)} claims have a place in the model.")
    else:
        answers.print(UNLISTED)
    if judged:
        answers.print(f"{held} of the {len(judged)} that were computed come out.")
    answers.print(f"The numbers of the scenario: {standings_in_words(standings(read))}.")
    _show_numbers(judgements)


def _removals(scenario: Scenario, named: tuple[str, ...], json: bool) -> None:
    """Take claims out in turn and say what each changes most."""
    from bystander.policy.what_if import measure_removals

    with tracking("Solving", show=not json) as progress:
        found = measure_removals(scenario, () if "all" in named else named, progress)
    if json:
        show_json(found)
        return
    if not found:
        answers.print(f"{UNLISTED} None is taken out.")
        return
    rows = []
    for removal in found:
        if removal.failure:
            said = (removal.failure, "", "")
        elif removal.none:
            said = ("changes nothing" if removal.taken else "nothing in the model to take out", "", "")
        else:
            unit, about = removal.unit, phrase(removal.about, removal.outcome)
            said = (about, in_short(removal.before, unit), in_short(removal.after, unit))
        rows.append([removal.claim, str(len(removal.taken)), *said])
    heads = ("claim", "taken out", "changes most", "from", "to")
    show_table(heads, rows, title="Each claim taken out", numbers=(1, 3, 4))


def _show_numbers(judgements: tuple[JudgementResult, ...]) -> None:
    robust = any(result.robustness is not None for result in judgements)
    rows = []
    for result in judgements:
        row = [result.claim, result.says or result.formula, in_short(result.number.value, result.number.unit)]
        row.append(result.verdict)
        if robust:
            row.append("–" if result.robustness is None else short_percent(result.robustness))
            row.append(", ".join(result.deciding[:DECIDING_SHOWN]))
        rows.append(row)
    heads = ("claim", "judgement", "number", "", *(("of draws", "decided by") if robust else ()))
    show_table(heads, rows, title="Judgements", numbers=(2, 4) if robust else (2,))


def _table(found: tuple[ClaimResult, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("claim", ratio=3)
    table.add_column("in the model", ratio=2)
    table.add_column("holds", no_wrap=True)
    for claim in found:
        places = first_of([f"{kind} {name}" for kind, name in claim.places], PLACES_SHOWN, ", ")
        verdict = {None: Text(), True: Text("yes", "green"), False: Text("no", "red")}[claim.holds]
        found_in = Text(places) if places else Text("nowhere", "yellow")
        table.add_row(claim.claim, claim.kind, claim.says, found_in, verdict)
    return table
