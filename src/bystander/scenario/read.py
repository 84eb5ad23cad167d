"""The door: from a path or a name to a scenario, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bystander.errors import Mark
from bystander.scenario.document import Document, load_document, load_text
from bystander.scenario.merging import expand
from bystander.scenario.nodes import Mapping as Nodes
from bystander.scenario.nodes import node_of
from bystander.scenario.schema import Scenario
from bystander.scenario.validating import validate
from bystander.scenario.varying import StartLike, apply_measures, vary


def read_scenario(
    path_or_name: str | Path,
    *,
    variant: Sequence[str] = (),
    sets: Mapping[str, str | float] = {},
    enable: Iterable[str] = (),
    disable: Iterable[str] = (),
    start: Mapping[str, StartLike] | None = None,
) -> Scenario:
    """Read a scenario, merge what it uses, check it, and apply changes.

    Parameters
    ----------
    path_or_name
        A YAML file, a folder with ``scenario.yaml``, or a library path such as ``crises/ferghana-2022``; its
        last part will do where just one file of the library is called so.
    variant
        Names of measures or rivals to put in force.
    sets, enable, disable, start
        Further changes, see `vary`; they come last.

    Raises
    ------
    ScenarioError
        With every problem of the file, each with file, line and column.
    QueryError
        Where a change does not fit the scenario.
    """
    return _changed(read_document(load_document(path_or_name)), variant, sets, enable, disable, start)


def read_text(text: str, name: str = "<scenario>") -> Scenario:
    """Read a scenario given as YAML text."""
    return read_document(load_text(text, name))


def read_data(data: Mapping[str, object], name: str = "<scenario>") -> Scenario:
    """Read a scenario given as plain data: dicts, lists, texts and numbers in the words of the language."""
    root = node_of(dict(data), Mark(name))
    assert isinstance(root, Nodes)
    return read_document(Document(root))


def read_document(document: Document) -> Scenario:
    """Expand and validate a document."""
    return validate(expand(document))


def _changed(
    scenario: Scenario,
    variant: Sequence[str],
    sets: Mapping[str, str | float],
    enable: Iterable[str],
    disable: Iterable[str],
    start: Mapping[str, StartLike] | None,
) -> Scenario:
    if variant:
        scenario = apply_measures(scenario, variant)
    enable, disable = tuple(enable), tuple(disable)
    if sets or enable or disable or start:
        scenario = vary(scenario, sets=sets, enable=enable, disable=disable, start=start)
    return scenario
