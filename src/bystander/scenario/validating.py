"""From an expanded document to a scenario: every problem found at once, each where it was written.

Names are collected first (`bystander.scenario.schema.scoping`), then the schema reads every part with those
names in scope, then the checks of `bystander.scenario.checks` look at the whole.
"""

from __future__ import annotations

from pydantic import ValidationError

from bystander.errors import Problem, ScenarioError
from bystander.scenario.checks import find_errors
from bystander.scenario.complaints import located_problems
from bystander.scenario.document import Document
from bystander.scenario.nodes import data_of
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.scoping import scope_for


def validate(document: Document) -> Scenario:
    """Read an expanded document as a scenario.

    Raises
    ------
    ScenarioError
        With every problem the schema and the checks find.
    """
    root = document.root
    if "fragment" in root.entries:
        message = "this file is a fragment, to be used by a scenario, not a scenario"
        fix = "write a scenario that has it under 'use', or read its toy"
        raise ScenarioError(Problem(root.keys["fragment"].mark, message, fix, "fragment"))
    if "cases" in root.entries:
        message = "this file is a template, whose holes a table of cases fills"
        fix = "use it with 'bystander cases' or 'bystander score'"
        raise ScenarioError(Problem(root.keys["cases"].mark, message, fix, "fragment"))
    with scope_for(root) as broken:
        try:
            scenario = Scenario.model_validate(data_of(root))
        except ValidationError as error:
            raise located_problems(error, root, Scenario, broken) from None
    scenario._document = document
    errors = find_errors(scenario)
    if errors:
        raise ScenarioError(errors)
    return scenario
