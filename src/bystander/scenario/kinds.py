"""Which kind of file one is, by its first words, so that one put in another's place is told as what it is.

A scenario says ``bystander: 1``, a template ``cases:`` besides, a record ``record: 1`` and a file of
questions ``forecast: 1``. Whoever
names one where another is meant is told so once, not of every key that the other kind does not know.
"""

from __future__ import annotations

from typing import Literal

from bystander.errors import ScenarioError
from bystander.scenario.nodes import Mapping, Scalar, tell

Kind = Literal["bystander", "cases", "forecast", "record"]
CALLED: dict[Kind, str] = {
    "bystander": "a scenario",
    "cases": "a template",
    "forecast": "a file of questions",
    "record": "a record",
}
USED: dict[Kind, str] = {
    "bystander": "'bystander run SCENARIO' answers it; where a record is asked for, name it by --record",
    "cases": "'bystander cases TEMPLATE' fills it from its table",
    "forecast": "'bystander forecast QUESTIONS' answers it",
    "record": "'bystander record RECORD SCENARIO' follows it, 'run SCENARIO --record RECORD' starts from it",
}


def kind_of(root: Mapping) -> Kind | None:
    """Return what a file says that it is; None where it says nothing, or only names a record."""
    if "bystander" in root.entries:
        return "cases" if "cases" in root.entries else "bystander"
    if "forecast" in root.entries:
        return "forecast"
    version = root.get("record")
    return "record" if isinstance(version, Scalar) and version.text.strip() == "1" else None


def be_of_kind(root: Mapping, wanted: Kind) -> None:
    """Refuse a file of another kind.

    Raises
    ------
    ScenarioError
        With what it is instead, and what it is for.
    """
    found = kind_of(root)
    if found not in (None, wanted):
        message = f"this file is {CALLED[found]}, not {CALLED[wanted]}"
        raise ScenarioError(tell(root.keys[found].mark, message, USED[found], "file-kind"))
