"""``claims``: the source's claims, their place in the model, and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich import box
from rich.markup import escape
from rich.table import Table

from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, Json, ScenarioName, Seed, load
from bystander.cli.terminal import answers, show_json, tracking

if TYPE_CHECKING:
    from bystander.assessment.claims import ClaimResult

PLACES_SHOWN = 3


def claims(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    unsolved: Annotated[bool, Parameter(negative="", help="Only place the claims; compute nothing.")] = False,
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """List the claims of the scenario's sources: how each is modelled, and which conclusions come out."""
    from bystander.assessment.claims import weigh_claims

    read = load(scenario, changes)
    assessment = None
    if not unsolved:
        from bystander.assessment.assess import assess

        with tracking("Solving", show=not json) as progress:
            assessment = assess(read, seed=seed, starts=0, measures=False, progress=progress)
    found = weigh_claims(read, assessment)
    if json:
        show_json(found)
        return
    answers.print(_table(found))
    placed = sum(1 for claim in found if claim.places)
    judged = [claim for claim in found if claim.holds is not None]
    held = sum(1 for claim in judged if claim.holds)
    answers.print(f"{placed} of {len(found)} claims have a place in the model.")
    if judged:
        answers.print(f"{held} of the {len(judged)} that were computed come out.")


def _table(found: tuple[ClaimResult, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("claim", ratio=3)
    table.add_column("in the model", ratio=2)
    table.add_column("holds", no_wrap=True)
    for claim in found:
        places = ", ".join(f"{kind} {name}" for kind, name in claim.places[:PLACES_SHOWN])
        if len(claim.places) > PLACES_SHOWN:
            places += f" and {len(claim.places) - PLACES_SHOWN} more"
        verdict = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[claim.holds]
        table.add_row(
            claim.claim, claim.kind, escape(claim.says), escape(places) or "[yellow]nowhere[/]", verdict
        )
    return table
