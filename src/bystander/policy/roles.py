r"""Who in one scenario stands where whom in another: names made alike before two scenarios are compared.

Two crises that call their alliance, its leader and the state in trouble by different names have nothing in
common by name, and all that differs is that each has what the other lacks. But whoever fills the same hole of
the same file of the library plays the same part (the body, its leader, who asks). Fillings that name an
actor, an institution, a variable or a parameter are paired, use by use in the order written; a name has one
counterpart at most, and none where either scenario has the other's name for something else. What a file names
after its body (``sadc_clause``) follows the body. Outcomes that then ask the same in other words are paired
as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bystander.scenario import read_data
from bystander.scenario.schema import Scenario

SECTIONS = ("actors", "institutions", "variables", "parameters", "hazards", "outcomes")
PROSE = frozenset({"about", "says", "title", "question", "levels", "sources", "source", "facts", "events"})
WORD = re.compile(r"(?<!\w)(?<!\w-)[A-Za-z_]\w*(?!-\w)")


@dataclass(frozen=True, slots=True)
class Recast:
    """A scenario in another's names, and who was taken for whom: (name there, name here)."""

    scenario: Scenario
    parts: tuple[tuple[str, str], ...]


def recast(scenario: Scenario, like: Scenario) -> Recast:
    """Return a scenario with the names of those who play the same part in another."""
    played = _parts(scenario, like)
    names = {**played, **_named_after(scenario, like, played)}
    named = _renamed(scenario, names)
    asked = _same_questions(named, like)
    parts = tuple((there, here) for here, there in {**played, **asked}.items())
    return Recast(_renamed(named, asked), parts)


def _section(scenario: Scenario, name: str) -> str:
    return next((section for section in SECTIONS if name in getattr(scenario, section)), "")


def _parts(scenario: Scenario, like: Scenario) -> dict[str, str]:
    """Return counterparts by the holes they fill."""
    uses: dict[str, list[Mapping[str, str]]] = {}
    for use in like.fragments:
        uses.setdefault(use.path, []).append(dict(use.holes))
    found: dict[str, str] = {}
    for use in scenario.fragments:
        theirs = uses[use.path].pop(0) if uses.get(use.path) else {}
        for hole, here in use.holes:
            there = theirs.get(hole, here)
            kind = _section(scenario, here)
            free = here not in found and there not in found.values() and not _section(scenario, there)
            if here != there and kind and kind == _section(like, there) and free and not _section(like, here):
                found[here] = there
    return found


def _named_after(scenario: Scenario, like: Scenario, played: Mapping[str, str]) -> dict[str, str]:
    """Return counterparts of what is named after one who has a counterpart."""
    found = {}
    for section in ("parameters", "hazards"):
        for name in getattr(scenario, section):
            owner = next((here for here in played if name.startswith(f"{here}_")), "")
            there = played[owner] + name.removeprefix(owner) if owner else name
            if owner and name not in played and there in getattr(like, section):
                found[name] = there
    return found


def _same_questions(scenario: Scenario, like: Scenario) -> dict[str, str]:
    """Return counterparts of outcomes that only differ in name and words."""
    asked = {name: _bare(body) for name, body in like.outcomes.items() if name not in scenario.outcomes}
    found: dict[str, str] = {}
    for name, body in scenario.outcomes.items():
        same = [there for there, other in asked.items() if other == _bare(body)]
        if name not in like.outcomes and same:
            found[name] = same[0]
            del asked[same[0]]
    return found


def _bare(outcome: Any) -> dict[str, Any]:
    left = {"about", "given", "because", "reported", "headline"}
    return dict(outcome.model_dump(mode="json", exclude_defaults=True, exclude=left))


def _renamed(scenario: Scenario, names: Mapping[str, str]) -> Scenario:
    """Return a scenario with other names, read anew."""
    return read_data(_told(scenario.to_dict(), names), scenario.name) if names else scenario


def _told(value: Any, names: Mapping[str, str]) -> Any:
    """Rename in everything but prose."""
    if isinstance(value, str):
        return WORD.sub(lambda word: names.get(word[0], word[0]), value)
    if isinstance(value, dict):
        return {
            names.get(key, key): item if key in PROSE else _told(item, names) for key, item in value.items()
        }
    return [_told(item, names) for item in value] if isinstance(value, (list, tuple)) else value
