"""``list``, ``show``: the catalogue; ``new``, ``check``, ``expand``, ``schema``: writing a scenario."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich import box
from rich.table import Table
from rich.text import Text

from bystander.cli.options import FOUNDING_CASE, NO_CHANGES, Changes, Json, ScenarioName, known_name, load
from bystander.cli.terminal import (
    answers,
    show_json,
    show_problems,
    show_refusal,
    tell_time,
    tracking,
    write_out,
)
from bystander.errors import InputError, Problem, QueryError, ScenarioError
from bystander.harmless import in_brief

if TYPE_CHECKING:
    from bystander.game.compile import Size
    from bystander.library import FragmentText
    from bystander.policy.effects import MeasuredEffects, Through
    from bystander.scenario import Scenario
    from bystander.scenario.fragments import Hole
    from bystander.scenario.schema.questions import Outcome

CLAIM = re.compile(r"(?:(?P<of>[A-Za-z0-9_./-]+)#)?(?P<claim>[A-Za-z]\d{1,4})")
NAMELESS = ("", "..", ".yaml", ".yml")
THROUGH: dict[Through, str] = {
    "number": "by numbers",
    "learnt": "by what was learnt",
    "words": "by what is argued in words",
}


def list_catalogue(
    kind: Annotated[
        str, Parameter(help="crises, institutions, actors, mechanisms, papers, sources, toys or templates.")
    ] = "",
    *,
    json: Json = False,
) -> None:
    """List what ships with the package; a path is what `use:` names and what `bystander show` shows."""
    from bystander.library import KINDS, entries

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
        table.add_row(entry.path, entry.title)
    answers.print(table)


def show(
    name: Annotated[
        str, Parameter(help="A path from `bystander list`, a scenario file, or a claim such as C14.")
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Show one entry: what a fragment claims and which holes it has, or who can do what in a scenario."""
    from bystander.library import read_entry
    from bystander.scenario.document import library_name, library_paths, load_document
    from bystander.scenario.fragments import is_fragment

    if not name:
        raise QueryError("What is to be shown? `bystander list` names all there is: bystander show NAME.")
    if claim := CLAIM.fullmatch(name):
        _show_claim(claim["of"] or "", claim["claim"].upper(), json)
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
                    "holes": [_hole(h, fragment.declares) for h in fragment.holes],
                    "sheet": fragment.sheet,
                    "numbers": fragment.numbers,
                    "reads": fragment.reads,
                    "brings": fragment.brings,
                    "makes": fragment.makes,
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


def _show_claim(of: str, name: str, json: bool) -> None:
    """Show a claim of a source of the founding case, or of a scenario, and where it stands in the model."""
    from bystander.assessment.result import weigh_claims
    from bystander.scenario.document import library_name, library_paths, load_document
    from bystander.scenario.fragments import is_fragment

    path = library_name(of)
    own = path in library_paths() and not is_fragment(load_document(path).root)
    scenario = path if own else FOUNDING_CASE
    found = weigh_claims(load(scenario), ())
    if of and not own:
        source = known_name(of.rpartition("/")[2], {each.source for each in found}, "source with claims")
        found = tuple(each for each in found if each.source == source)
    known_name(name, [claim.claim for claim in found], "claim")
    claim = next(claim for claim in found if claim.claim == name)
    if json:
        show_json(claim)
        return
    answers.print(Text.assemble((claim.claim, "bold"), f"  {claim.kind}"))
    answers.print(claim.says)
    places = ", ".join(f"{kind} {place}" for kind, place in claim.places)
    answers.print(f"In {scenario}: {places or 'nowhere'}.")


def _show_fragment(fragment: FragmentText) -> None:
    answers.print(Text.assemble((fragment.entry.title, "bold"), f"  {fragment.entry.path}\n"))
    answers.print(fragment.about)
    if fragment.statement:
        answers.print(Text.assemble(("\nStatement\n", "bold"), fragment.statement))
    if fragment.holes:
        answers.print("\nHoles", style="bold")
        _rows((hole.name, hole.type, _hole_in_words(hole, fragment.declares)) for hole in fragment.holes)
    if fragment.sheet:
        answers.print("\nFacts of the case, to be set under parameters", style="bold")
        _rows((fact.name, fact.scale, f"{fact.about} ({fact.value} if not set)") for fact in fragment.sheet)
    if fragment.numbers:
        answers.print("\nNumbers it brings, to be read, or set under parameters", style="bold")
        _rows((one.name, one.value, in_brief(one.about)) for one in fragment.numbers)
    if fragment.reads:
        answers.print(
            "\nRead from the scenario: to be named there, or brought by the file named here", style="bold"
        )
        _rows((read.name, read.kind, f"{read.about} ({read.place})".strip()) for read in fragment.reads)
    _show_made(fragment)
    if fragment.brings:
        answers.print(Text.assemble(("\nBrings with it\n", "bold"), ", ".join(fragment.brings)))
    if fragment.references:
        answers.print("\nReferences", style="bold")
        for reference in fragment.references:
            answers.print(f"  {reference}")
    if fragment.toy:
        answers.print(f"\nToy with a known answer: {fragment.toy}")


def _rows(rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    answers.print(table)


def _show_made(fragment: FragmentText) -> None:
    """List the variables and moves that come with a fragment, by which a scenario may speak of them."""
    for kind, head in (("variable", "Variables it makes, with their levels"), ("move", "Moves it makes")):
        made = [(one.name, one.says) for one in fragment.makes if one.kind == kind]
        if made:
            answers.print(f"\n{head} (a hole stands for what fills it)", style="bold")
            _rows(made)


def _hole(hole: Hole, declared: Collection[str]) -> dict[str, object]:
    """Return a hole for machines; ``default`` is None where it has to be filled."""
    from bystander.scenario.nodes import Scalar

    default = hole.default.text if isinstance(hole.default, Scalar) else None
    told = {"name": hole.name, "type": hole.type, "about": hole.about, "default": default}
    return {**told, "declared": hole.name in declared}


def _hole_in_words(hole: Hole, declared: Collection[str]) -> str:
    """Say what a hole is for, what stands there if it is left out, and whether its variable comes with it."""
    from bystander.scenario.nodes import Scalar

    told = [hole.about]
    if hole.name in declared:
        told.append("(any name: the variable comes with it)")
    elif hole.type == "variable":
        told.append("(declared by the scenario, or by another file)")
    if isinstance(hole.default, Scalar):
        told.append(f"({hole.default.text} if not filled)")
    return " ".join(told)


def _asked_in_full(outcome: Outcome) -> str:
    """Write what an outcome asks with the condition it is asked under and the time it is given."""
    from bystander.report.words.numbers import duration
    from bystander.scenario.expressions import to_text

    told = [outcome.formula]
    if outcome.given is not None:
        told.append(f"given {to_text(outcome.given)}")
    if outcome.within is not None:
        told.append(f"within {duration(outcome.within)}")
    return ", ".join(told)


def _show_scenario(scenario: Scenario) -> None:
    from bystander.report.words.numbers import ahead, date
    from bystander.scenario.claims import sources_used
    from bystander.scenario.schema.fields import day_of

    cited = sources_used(scenario)
    answers.print(Text.assemble((scenario.title, "bold"), f"  {scenario.name}"))
    answers.print(f"{scenario.question}\n" if scenario.question else "")
    looking = ahead(scenario.horizon, day_of(scenario.horizon))
    answers.print(f"As of {date(scenario.as_of)}, looking {looking}.")
    if scenario.about:
        answers.print(f"\n{scenario.about.strip()}\n")
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
    _table(
        "What is asked",
        ("outcome", "formula"),
        [(n, _asked_in_full(o)) for n, o in scenario.outcomes.items()],
    )
    _table("Judgements", ("judgement", "says"), [(n, j.says) for n, j in scenario.judgements.items()])
    _table("Measures", ("measure", "what it is"), [(n, m.about) for n, m in scenario.measures.items()])
    _table("Sources", ("source", "title"), [(n, s.title) for n, s in scenario.sources.items() if cited[n]])


def _table(title: str, heads: tuple[str, str], rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    answers.print(Text(f"\n{title}", style="bold"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(heads[0], no_wrap=True)
    table.add_column(heads[1])
    for name, text in rows:
        table.add_row(name, text)
    answers.print(table)


TEMPLATE = "templates/border"


def new(
    name: Annotated[str, Parameter(help="Name of the file to write; `.yaml` is added.")],
    *,
    template: Annotated[
        str, Parameter(name=("--template", "-t"), help="Entry of the catalogue to start from.")
    ] = TEMPLATE,
    force: Annotated[bool, Parameter(help="Replace a file that is there.")] = False,
) -> None:
    """Start a scenario from a template, which is commented and can be run as it is."""
    from bystander.files import ending_of, is_file_place, write_whole
    from bystander.scenario.document import library_place

    if not name.strip() or name.endswith(("/", "\\")) or Path(name).name.lower() in NAMELESS:
        raise QueryError(f"'{name}' is no name of a file. Give one, such as my_crisis.")
    path = Path(name) if ending_of(name) in (".yaml", ".yml") else Path(f"{name}.yaml")
    if why := is_file_place(path):
        raise QueryError(f"{path.name[:80]} cannot be written: {why}.")
    if path.exists() and not force:
        raise QueryError(f"{path} exists. Choose another name, or replace it with --force.")
    write_whole(path, library_place(template).path.read_text(encoding="utf-8"))
    answers.print(str(path), soft_wrap=True)


def check(
    scenario: ScenarioName,
    *,
    remarks: Annotated[bool, Parameter(help="Show remarks too, not only warnings.")] = False,
    effects: Annotated[
        bool, Parameter(help="Solve it too, and name what changes no outcome by itself.")
    ] = False,
    record: Annotated[
        str, Parameter(help="Check too whether a run can start where this record leaves off; else its own.")
    ] = "",
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> int:
    """Find what is wrong with a scenario and, if nothing is, say how large it is.

    Every number is measured, learnt, argued or free; ``--effects`` names each fact, event, claim, interest
    and parameter that changes nothing by itself: by the derivative of every outcome and, where that is
    nought, by taking it away and solving again. What changes nothing alone is taken away together as well.
    It also names cited numbers that are not used. Exit code 2 if something is wrong.
    """
    from bystander.game.checks import find_problems as game_problems
    from bystander.game.compile import compile_game, estimate_size
    from bystander.game.questions import asked_behind
    from bystander.scenario import find_problems
    from bystander.scenario.claims import standings, standings_in_words

    try:
        read = load(scenario, changes)
        size = estimate_size(read)
        game = compile_game(read)
        problems = (*game_problems(game), *asked_behind(game), *_standing(read, record))
        found = find_problems(read, problems)
    except ScenarioError as error:
        if json:
            show_json({"problems": [problem.to_dict() for problem in error.problems]})
        else:
            show_refusal(error)
        return error.exit_code
    if errors := [problem for problem in found if problem.severity == "error"]:
        show_json({"problems": [each.to_dict() for each in found]}) if json else show_problems(errors)
        return InputError.exit_code
    numbers = tuple(standings(read))
    measured = _effects(read, size.effect_seconds, json=json) if effects else None
    if json:
        told: dict[str, object] = {"problems": [problem.to_dict() for problem in found], "size": size}
        told["numbers"] = [(n.kind, n.name, n.number, n.standing.name, n.standing.grounds) for n in numbers]
        if measured is not None:
            told |= {"effects": measured.things, "together": measured.together}
        show_json(told)
        return 0
    shown = tuple(problem for problem in found if remarks or problem.severity != "info")
    show_problems(shown)
    left = len(found) - len(shown)
    hidden = f" {left} remarks: show them with --remarks." if left else ""
    doubtful = any(problem.check == "values-too-large" for problem in found)
    verdict = "whether it can be solved, a run will tell" if doubtful else "it can be solved"
    answers.print(f"{read.title}: {verdict}.{hidden}")
    answers.print(_size_in_words(size))
    answers.print(f"Numbers: {standings_in_words(numbers)}.")
    if measured is not None:
        _show_effects(read, measured)
    return 0


def _size_in_words(size: Size) -> str:
    from bystander.report.words.numbers import size_in_words, working_time

    return (
        f"{size_in_words(size.situations, size.moves, size.actors)}; "
        f"about {size.memory / 1e6:,.0f} MB and {working_time(size.seconds)} for a run."
    )


def _standing(scenario: Scenario, record: str) -> tuple[Problem, ...]:
    """Say what keeps a scenario from starting where its record leaves off, if it has one."""
    if not (record or scenario.record):
        return ()  # before what solves is loaded, which takes as long as all else that is checked
    from bystander.evidence.starting import standing_problems

    return standing_problems(scenario, record)


def _effects(scenario: Scenario, seconds: float, *, json: bool) -> MeasuredEffects:
    from bystander.policy.effects import measure_effects

    if not json:
        tell_time("Measuring effects", seconds)
    with tracking("Measuring effects", show=not json) as progress:
        return measure_effects(scenario, progress)


def _show_effects(scenario: Scenario, measured: MeasuredEffects) -> None:
    """Name what changes nothing (claims may be tested by it instead), and cited numbers that are not used."""
    from bystander.scenario.claims import place_claims, unused_numbers

    placed = {f"{claim.source}#{claim.claim}": claim.places for claim in place_claims(scenario)}
    for kind in dict.fromkeys(effect.kind for effect in measured.things):
        unmoved = [effect.name for effect in measured.things if effect.kind == kind and effect.none]
        tested = [name for name in unmoved if any(part == "judgement" for part, _ in placed.get(name, ()))]
        idle = [name for name in unmoved if kind != "claim" or name not in tested]
        of = sum(effect.kind == kind for effect in measured.things)
        names = ": " + ", ".join(idle) if idle else ""
        alone = f"{len(idle)} of {of} {kind}s {'changes' if len(idle) == 1 else 'change'}"
        answers.print(
            f"{alone} no outcome by {'itself' if len(idle) == 1 else 'themselves'}{names}.", soft_wrap=True
        )
        if kind == "claim" and tested:
            answers.print(f"Only tested by the answer: {', '.join(tested)}.", soft_wrap=True)
        unsolved = [effect.name for effect in measured.things if effect.kind == kind and not effect.known]
        if unsolved:
            which = f"these {kind}s change" if len(unsolved) > 1 else f"this {kind} changes"
            answers.print(
                f"Whether {which} anything could not be solved: {', '.join(unsolved)}.", soft_wrap=True
            )
        ways = Counter(effect.through for effect in measured.things if effect.kind == kind and effect.known)
        told = [f"{ways[way]} {said}" for way, said in THROUGH.items() if ways[way]]
        if told:
            answers.print(f"The other {kind}s move the answer: {', '.join(told)}.", soft_wrap=True)
    _show_joint_effects(measured)
    for name, facts in unused_numbers(scenario):
        answers.print(f"'{name}' does not use the numbers it cites: {', '.join(facts)}.")


def _show_joint_effects(measured: MeasuredEffects) -> None:
    """Name what changes something only together, and say what is known of the rest."""
    for group in measured.together:
        *most, last = (f"{kind} {name}" for kind, name in group.members)
        answers.print(
            f"Only together {', '.join(most)} and {last} change an outcome: {group.outcome}.", soft_wrap=True
        )
    rest = measured.idle - sum(len(group.members) for group in measured.together)
    which = f"the {rest} others" if measured.together else f"all {rest}"
    of = f"{which} of no effect that can be taken away, moves included,"
    if not measured.complete:
        answers.print(f"Whether {of} change one together was not found out.", soft_wrap=True)
    elif rest > 1:
        answers.print(f"Taken away together, {of} change no outcome either.", soft_wrap=True)


def expand(scenario: ScenarioName, *, changes: Changes = NO_CHANGES) -> None:
    """Write a scenario out with everything it uses, as YAML, with a remark on where each part comes from."""
    from bystander.scenario import write_scenario

    write_out(write_scenario(load(scenario, changes), provenance=True))


def schema() -> None:
    """Write the JSON Schema of scenario files, with which editors complete and check them."""
    from bystander.scenario import json_schema

    show_json(json_schema())
