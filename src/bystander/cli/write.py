"""``new``, ``check``, ``expand``, ``schema``: writing a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from bystander.cli.options import NO_CHANGES, Changes, Json, ScenarioName, load
from bystander.cli.terminal import answers, show_json, show_problems, show_refusal
from bystander.errors import QueryError, ScenarioError

if TYPE_CHECKING:
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
    """Start a scenario from a template, which is commented and can be run as it is.

    Examples:

        bystander new my_crisis
        bystander new my_crisis --template toys/diversion
    """
    from bystander.files import write_whole
    from bystander.scenario.document import library_place

    path = Path(name) if Path(name).suffix in (".yaml", ".yml") else Path(f"{name}.yaml")
    if path.exists() and not force:
        raise QueryError(f"{path} exists. Choose another name, or replace it with --force.")
    write_whole(path, library_place(template).path.read_text(encoding="utf-8"))
    answers.print(str(path), soft_wrap=True)


def check(scenario: ScenarioName, *, json: Json = False, changes: Changes = NO_CHANGES) -> int:
    """Find what is wrong with a scenario and, if nothing is, say how large it is.

    Exit code 2 if something is wrong.

    Examples:

        bystander check my_crisis.yaml
        bystander check my_crisis.yaml --json
    """
    try:
        read = load(scenario, changes)
    except ScenarioError as error:
        if json:
            show_json({"problems": [_entry(problem) for problem in error.problems]})
        else:
            show_refusal(error)
        return error.exit_code
    size = _size(read)
    if json:
        show_json({"problems": [_entry(problem) for problem in remarks(read)], "size": size})
        return 0
    show_problems(remarks(read))
    for label, value in size.items():
        answers.print(f"{label:<14}{value}")
    return 0


def expand(scenario: ScenarioName, *, changes: Changes = NO_CHANGES) -> None:
    """Write a scenario out with everything it uses, as YAML, with a remark on where each part comes from.

    Examples:

        bystander expand crises/ferghana-2022 > expanded.yaml
    """
    from bystander.scenario import write_scenario

    answers.file.write(write_scenario(load(scenario, changes)))


def schema() -> None:
    """Write the JSON Schema of scenario files, with which editors complete and check them.

    Examples:

        bystander schema > bystander.schema.json
    """
    from bystander.scenario import json_schema

    show_json(json_schema())
