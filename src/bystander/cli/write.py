"""``new``, ``check``, ``expand``, ``schema``: writing a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import NO_CHANGES, Changes, Json, ScenarioName, load
from bystander.cli.terminal import answers, show_json, show_problems, show_refusal, write_out
from bystander.errors import Problem, QueryError, ScenarioError

if TYPE_CHECKING:
    from bystander.policy.gradients import LargestEffect
    from bystander.scenario import Scenario

TEMPLATE = "templates/border"


def new(
    name: Annotated[str, Parameter(help="Name of the file to write; `.yaml` is added.")],
    *,
    template: Annotated[
        str, Parameter(name=("--template", "-t"), help="Entry of the catalogue to start from.")
    ] = TEMPLATE,
    force: Annotated[bool, Parameter(negative="", help="Replace a file that is there.")] = False,
) -> None:
    """Start a scenario from a template, which is commented and can be run as it is."""
    from bystander.files import write_whole
    from bystander.scenario.document import library_place

    path = Path(name) if Path(name).suffix in (".yaml", ".yml") else Path(f"{name}.yaml")
    if path.exists() and not force:
        raise QueryError(f"{path} exists. Choose another name, or replace it with --force.")
    write_whole(path, library_place(template).path.read_text(encoding="utf-8"))
    answers.print(str(path), soft_wrap=True)


def _problems_of_record(read: Scenario) -> tuple[Problem, ...]:
    """Find what is wrong with the record that a scenario names; that it goes on is no fault."""
    if not read.record:
        return ()
    from bystander.evidence.checking import record_problems
    from bystander.evidence.reading import record_of

    found = record_problems(record_of(read), read)
    return tuple(problem for problem in found if problem.check != "leakage")


def check(
    scenario: ScenarioName,
    *,
    remarks: Annotated[bool, Parameter(negative="", help="Show remarks too, not only warnings.")] = False,
    effects: Annotated[
        bool, Parameter(negative="", help="Solve it too, and name what changes no outcome.")
    ] = False,
    json: Json = False,
    changes: Changes = NO_CHANGES,
) -> int:
    """Find what is wrong with a scenario and, if nothing is, say how large it is.

    Every number is measured, learnt, argued or free; ``--effects`` names each fact, event, claim, interest
    and parameter that changes nothing, by the derivative of every outcome, and cited numbers that are not
    used. Exit code 2 if something is wrong.
    """
    from bystander.game import compile_game, estimate_size
    from bystander.game import find_problems as game_problems
    from bystander.scenario import find_problems
    from bystander.scenario.claims import standings, standings_in_words

    try:
        read = load(scenario, changes)
        size = estimate_size(read)
        found = find_problems(read, (*game_problems(compile_game(read)), *_problems_of_record(read)))
    except ScenarioError as error:
        if json:
            show_json({"problems": [_entry(problem) for problem in error.problems]})
        else:
            show_refusal(error)
        return error.exit_code
    numbers = tuple(standings(read))
    measured = _effects(read) if effects else ()
    if json:
        told: dict[str, object] = {"problems": [_entry(problem) for problem in found], "size": size}
        told["numbers"] = [(n.kind, n.name, n.number, n.standing.name, n.standing.grounds) for n in numbers]
        show_json(told | ({"effects": measured} if effects else {}))
        return 0
    shown = tuple(problem for problem in found if remarks or problem.severity != "info")
    show_problems(shown)
    hidden = (
        f" {len(found) - len(shown)} remarks: show them with --remarks." if len(found) > len(shown) else ""
    )
    answers.print(f"{read.title}: it can be solved.{hidden}", markup=False)
    answers.print(
        f"{size.situations:,} situations, {size.moves} moves, {size.actors} actors; "
        f"about {size.memory / 1e6:,.0f} MB and {size.seconds:,.0f} s for a run."
    )
    answers.print(f"Numbers: {standings_in_words(numbers)}.")
    if effects:
        _show_effects(read, measured)
    return 0


def _effects(scenario: Scenario) -> tuple[LargestEffect, ...]:
    from bystander.policy.gradients import measure_effects

    return measure_effects(scenario)


def _show_effects(scenario: Scenario, measured: tuple[LargestEffect, ...]) -> None:
    """Name what changes nothing, and cited numbers that are not used."""
    from bystander.scenario.claims import unused_numbers

    for kind in dict.fromkeys(effect.kind for effect in measured):
        idle = [effect.name for effect in measured if effect.kind == kind and effect.none]
        of = sum(effect.kind == kind for effect in measured)
        names = ": " + ", ".join(idle) if idle else ""
        answers.print(f"{len(idle)} of {of} {kind}s change no outcome{names}.", markup=False, soft_wrap=True)
    for name, facts in unused_numbers(scenario):
        answers.print(f"'{name}' does not use the numbers it cites: {', '.join(facts)}.", markup=False)


def expand(scenario: ScenarioName, *, changes: Changes = NO_CHANGES) -> None:
    """Write a scenario out with everything it uses, as YAML, with a remark on where each part comes from."""
    from bystander.scenario import write_scenario

    write_out(write_scenario(load(scenario, changes), provenance=True))


def schema() -> None:
    """Write the JSON Schema of scenario files, with which editors complete and check them."""
    from bystander.scenario import json_schema

    show_json(json_schema())


def _entry(problem: Problem) -> dict[str, object]:
    mark = problem.mark
    return {
        "file": mark.file,
        "line": mark.line,
        "column": mark.column,
        "severity": problem.severity,
        "check": problem.check,
        "message": problem.message,
        "fix": problem.fix,
    }
