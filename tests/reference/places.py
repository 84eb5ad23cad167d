"""Where a refusal points, in a text that is broken on purpose."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bystander.errors import Mark, Problem, ScenarioError


def refused(
    read: Callable[[str], Any], file: Path, good: str, old: str, bad: str
) -> tuple[tuple[Problem, ...], str]:
    """Break a text, which is read as it is, in one place; return what is told of it, and the broken text."""
    assert good.count(old) == 1
    file.write_text(good, encoding="utf-8")
    read(str(file))
    text = good.replace(old, bad)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as found:
        read(str(file))
    return found.value.problems, text


def written_at(text: str, mark: Mark) -> str:
    """Return what a line of a text says from a place on."""
    return text.splitlines()[mark.line - 1][mark.column - 1 :]
