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


def claims(
    scenario: ScenarioName = FOUNDING_CASE,
    *,
    unsolved: Annotated[bool, Parameter(negative="", help="Only place the claims; compute nothing.")] = False,
    json: Json = False,
    seed: Seed = 0,
    changes: Changes = NO_CHANGES,
) -> None:
    """List the claims of the scenario's sources: how each is modelled, and which conclusions come out.

    Examples
    --------
        bystander claims
        bystander claims crises/kazakhstan-2022 --json
    """
    from bystander.assessment.claims import place_claims

    read = load(scenario, changes)
    assessment = None
    if not unsolved:
        from bystander.assessment.assess import assess

        with tracking("Solving", show=not json) as progress:
            assessment = assess(read, seed=seed, starts=0, measures=False, progress=progress)
    found = place_claims(read, assessment)
    if json:
        show_json([{**_fields(claim), "holds": claim.holds} for claim in found])
        return
    answers.print(_table(found))
    placed = sum(1 for claim in found if claim.places)
    judged = [claim for claim in found if claim.holds is not None]
    held = sum(1 for claim in judged if claim.holds)
    answers.print(
        f"{placed} of {len(found)} claims have a place in the model; "
        f"{held} of {len(judged)} conclusions hold."
    )


def _fields(claim: ClaimResult) -> dict[str, object]:
    return {
        "source": claim.source,
        "id": claim.id,
        "kind": claim.kind,
        "says": claim.says,
        "places": [str(place) for place in claim.places],
        "judgements": claim.judgements,
    }


def _table(found: tuple[ClaimResult, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("claim", ratio=3)
    table.add_column("in the model", ratio=2)
    table.add_column("comes out", no_wrap=True)
    for claim in found:
        places = ", ".join(str(place) for place in claim.places[:3])
        more = f" and {len(claim.places) - 3} more" if len(claim.places) > 3 else ""
        verdict = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[claim.holds]
        table.add_row(
            claim.id, claim.kind, escape(claim.says), escape(places + more) or "[yellow]nowhere[/]", verdict
        )
    return table
