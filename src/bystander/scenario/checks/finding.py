"""What a check is, and how checks walk through a scenario."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bystander.errors import Mark, Problem, did_you_mean
from bystander.scenario.nodes import Path, find
from bystander.scenario.schema import Action, Decision, Hazard, KnownDate, Scenario
from bystander.scenario.schema.questions import NamedChange

Move: TypeAlias = Hazard | Action | Decision | KnownDate


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found: the path of the entry, what is wrong, what to do.

    ``shared`` says that what is wrong may only be so here: an entry of a used file that other scenarios need.
    It is then a remark rather than a warning. ``elsewhere`` is what to do about a remark on a file of the
    library, which whoever uses it does not edit.
    """

    path: Path
    message: str
    fix: str = ""
    mark: Mark | None = None
    shared: bool = False
    elsewhere: str = ""


Find: TypeAlias = Callable[[Scenario], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A named check.

    Attributes
    ----------
    name
        Short and stable; problems carry it.
    severity
        ``error`` stops the scenario from being used; ``warning`` and ``info`` are shown by ``check``.
    says
        What it looks for, in one sentence.
    find
        What finds it in a whole scenario; None for what is found while reading, merging, parsing or
        compiling.
    """

    name: str
    severity: str
    says: str
    find: Find | None = None

    def problems(self, scenario: Scenario) -> Iterator[Problem]:
        """Run the check."""
        if self.find is not None:
            for found in self.find(scenario):
                mark = found.mark if found.mark and found.mark.line else place(scenario, found.path)
                severity = "info" if found.shared else self.severity
                fix = found.fix
                if severity == "info" and from_library(scenario, found.path):
                    fix = found.elsewhere
                yield Problem(mark, found.message, fix, self.name, severity)


def place(scenario: Scenario, path: Path) -> Mark:
    """Return where the entry at a path was written."""
    document = scenario.document
    if document is None:
        return Mark(scenario.name)
    node, mark, _ = find(document.root, path)
    return mark if mark.line else node.mark


def from_used_file(scenario: Scenario, path: Path) -> bool:
    """Return whether an entry was written in a file that the scenario uses, not in its own."""
    return scenario.document is not None and place(scenario, path).file != scenario.document.root.mark.file


def from_library(scenario: Scenario, path: Path) -> bool:
    """Return whether an entry was written in a file of the library that the scenario uses."""
    return from_used_file(scenario, path) and is_of_library(place(scenario, path))


def is_of_library(mark: Mark) -> bool:
    """Return whether a place is in a file of the library."""
    return mark.file.startswith("library/")


def moves(scenario: Scenario) -> Iterator[tuple[Path, str, Move]]:
    """Iterate over all moves, and known dates as if they were: path, name ``owner.move``, body."""
    for name, known in scenario.calendar.items():
        yield ("calendar", name), f"calendar.{name}", known
    for name, hazard in scenario.hazards.items():
        yield ("hazards", name), f"nature.{name}", hazard
    for owner, institution in scenario.institutions.items():
        for name, decision in institution.decisions.items():
            yield ("institutions", owner, "decisions", name), f"{owner}.{name}", decision
    for owner, actor in scenario.actors.items():
        for name, action in actor.actions.items():
            yield ("actors", owner, "actions", name), f"{owner}.{name}", action


def named_changes(scenario: Scenario) -> Iterator[tuple[Path, NamedChange]]:
    """Iterate over measures and rivals, which change a scenario alike: path, body."""
    for section in ("measures", "rivals"):
        for name, change in getattr(scenario, section).items():
            yield (section, name), change


def unknown(path: Path, kind: str, name: str, known: Iterable[str]) -> Finding:
    """Return the finding that a name is not known, with the nearest that is."""
    article = "an" if kind[0] in "aeio" else "a"
    return Finding(path, f"'{name}' is not {article} {kind}.", did_you_mean(name, known))
