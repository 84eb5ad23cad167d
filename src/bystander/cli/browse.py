"""``list`` and ``show``: the catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich import box
from rich.markup import escape
from rich.table import Table

from bystander.cli.options import FOUNDING_CASE, Json, known_name, load
from bystander.cli.terminal import answers, show_json
from bystander.units import format_duration

if TYPE_CHECKING:
    from bystander.library.catalogue import FragmentText
    from bystander.scenario import Scenario


CLAIM = re.compile(r"[A-Za-z]\d{1,4}")


def list_catalogue(
    kind: Annotated[
        str, Parameter(help="crises, institutions, actors, mechanisms, papers, sources, toys or templates.")
    ] = "",
    *,
    json: Json = False,
) -> None:
    """List what ships with the package; a path is what `use:` names and what `bystander show` shows."""
    from bystander.library.catalogue import KINDS, entries

    found = entries(known_name(kind, KINDS, "kind") if kind else "")
    if json:
        show_json(found)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    before = ""
    for entry in found:
        if before and entry.kind != before:
            table.add_row("", "")
        before = entry.kind
        table.add_row(entry.path, escape(entry.title))
    answers.print(table)


def show(
    name: Annotated[
        str, Parameter(help="A path from `bystander list`, a scenario file, or a claim such as C14.")
    ],
    *,
    json: Json = False,
) -> None:
    """Show one entry: what a fragment claims and which holes it has, or who can do what in a scenario."""
    from bystander.library.catalogue import read_entry
    from bystander.scenario.document import library_name, library_paths, load_document
    from bystander.scenario.fragments import is_fragment

    if CLAIM.fullmatch(name):
        _show_claim(name.upper(), json)
        return
    name = library_name(name)
    if is_fragment(load_document(name).root) and name in library_paths():
        fragment = read_entry(name)
        if json:
            show_json(
                {
                    **{"path": name, "title": fragment.entry.title},
                    "about": fragment.about,
                    "statement": fragment.statement,
                    "references": fragment.references,
                    "holes": [{"name": h.name, "type": h.type, "about": h.about} for h in fragment.holes],
                }
            )
        else:
            _show_fragment(fragment)
        return
    scenario = load(name)
    if json:
        show_json(scenario.to_dict())
    else:
        _show_scenario(scenario)


def _show_claim(name: str, json: bool) -> None:
    """Show a claim of the founding case's sources, and where it stands in the model."""
    from bystander.assessment.result import weigh_claims

    found = weigh_claims(load(FOUNDING_CASE), ())
    known_name(name, [claim.claim for claim in found], "claim")
    claim = next(claim for claim in found if claim.claim == name)
    if json:
        show_json(claim)
        return
    answers.print(f"[bold]{claim.claim}[/]  {escape(claim.kind)}")
    answers.print(claim.says, markup=False)
    places = ", ".join(f"{kind} {place}" for kind, place in claim.places)
    answers.print(f"In {FOUNDING_CASE}: {places or 'nowhere'}.", markup=False)


def _show_fragment(fragment: FragmentText) -> None:
    answers.print(f"[bold]{escape(fragment.entry.title)}[/]  {fragment.entry.path}\n")
    answers.print(escape(fragment.about))
    if fragment.statement:
        answers.print(f"\n[bold]Statement[/]\n{escape(fragment.statement)}")
    if fragment.holes:
        answers.print("\n[bold]Holes[/]")
        table = Table(box=None, show_header=False, pad_edge=False)
        for hole in fragment.holes:
            table.add_row(hole.name, hole.type, escape(hole.about))
        answers.print(table)
    if fragment.references:
        answers.print("\n[bold]References[/]")
        for reference in fragment.references:
            answers.print(f"  {escape(reference)}")
    if fragment.toy:
        answers.print(f"\nToy with a known answer: {fragment.toy}")


def _show_scenario(scenario: Scenario) -> None:
    answers.print(f"[bold]{escape(scenario.title)}[/]  {escape(scenario.name)}")
    answers.print(f"{escape(scenario.question)}\n" if scenario.question else "")
    answers.print(f"As of {scenario.as_of}, looking ahead {format_duration(scenario.horizon)}.")
    if scenario.about:
        answers.print(f"\n{escape(scenario.about.strip())}")
    _table(
        "Who can do what",
        ("move", "what it is"),
        [(name, move.about) for name, move in scenario.moves().items()],
    )
    _table(
        "What each cares about",
        ("interest", "what it is about"),
        [(f"{a}.{n}", i.about) for a, actor in scenario.actors.items() for n, i in actor.interests.items()],
    )
    _table("What is asked", ("outcome", "formula"), [(n, o.formula) for n, o in scenario.outcomes.items()])
    _table("Judgements", ("judgement", "says"), [(n, j.says) for n, j in scenario.judgements.items()])
    _table("Measures", ("measure", "what it is"), [(n, m.about) for n, m in scenario.measures.items()])
    _table("Sources", ("source", "title"), [(n, s.title) for n, s in scenario.sources.items()])


def _table(title: str, heads: tuple[str, str], rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    table.add_column(heads[0], no_wrap=True)
    table.add_column(heads[1])
    for name, text in rows:
        table.add_row(escape(name), escape(text))
    answers.print(table)
