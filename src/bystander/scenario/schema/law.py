"""Law: clauses of treaties and charters, with dates, and how they read in a situation.

A clause speaks for, against or neither: its *reading* is yes, ambiguous or no, the same everywhere or by
the situation. Expressions name it ``clause.NAME`` and get 1, 1/2 or 0, so that law is weighed like anything
else, ``worth: -3 * (1 - clause.mutual_defence)``, and forbids only where a ``when`` says so. A clause that
is not in force on the scenario's day reads no.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from bystander.errors import Problem, ScenarioError
from bystander.scenario.dating import first_day, in_force
from bystander.scenario.expressions import Expr, Sort, parse_expression, to_text
from bystander.scenario.expressions.syntax import Choice, Number, Truth
from bystander.scenario.schema.fields import Custom, Part, kind_of, mark_of, read_expression
from bystander.scenario.schema.texts import Because, SomeDay, Text
from bystander.units import PLAIN

ReadingWord = Literal["yes", "ambiguous", "no"]
WEIGHTS: dict[str, tuple[float, str]] = {"yes": (1.0, "1"), "ambiguous": (0.5, "0.5"), "no": (0.0, "0")}
_NO = Number(0.0, PLAIN, "0")


def _reading(value: Any) -> dict[str, Expr]:
    given = {value: True} if isinstance(value, str) else value
    if not isinstance(given, dict) or not given or not set(given) <= set(WEIGHTS):
        message = f"a clause reads yes, ambiguous or no, not {kind_of(value)}"
        fix = "write reading: ambiguous, or reading: {yes: condition, ambiguous: condition}"
        raise ScenarioError(Problem(mark_of(value), message, fix, "wrong-type"))
    return {
        str(word): read_expression(c, Sort.CONDITION, "the condition of a reading")
        for word, c in given.items()
    }


def _write_reading(reading: Mapping[str, Expr]) -> Any:
    if len(reading) == 1 and next(iter(reading.values())) == Truth(True):
        return next(iter(reading))
    return {word: to_text(condition) for word, condition in reading.items()}


_WORDS = {"enum": list(WEIGHTS)}
_BY_SITUATION = {"type": "object", "properties": {word: {"type": ["string", "boolean"]} for word in WEIGHTS}}


class Clause(Part):
    """A clause of a treaty, charter or constitution: what it says, when it is in force, how it reads."""

    says: Text
    """The clause in one sentence."""
    source: Text
    """A source, or a claim of one: ``csto-treaty#A4``."""
    from_: Annotated[SomeDay | None, Field(alias="from")] = None
    """From when on it is in force."""
    until: SomeDay | None = None
    """Until when it is in force."""
    reading: Annotated[
        dict[ReadingWord, Expr],
        Custom(
            _reading, _write_reading, {"anyOf": [_WORDS, {**_BY_SITUATION, "additionalProperties": False}]}
        ),
    ]
    """How it reads: ``yes``, ``ambiguous`` or ``no``; or by situation, the first condition that holds,
    ``{yes: front == invasion, ambiguous: front == clash}``, and no elsewhere."""
    because: Because = ()
    """Facts, claims or parameters that the reading rests on."""

    def weight(self, as_of: str) -> Expr:
        """Return what ``clause.NAME`` stands for on a day."""
        return weight_of(self.reading, as_of, self.from_, self.until)


def weight_of(reading: Mapping[Any, Expr], as_of: str, begins: str | None, ends: str | None) -> Expr:
    """Return 1, 1/2 or 0 by the first condition that holds; 0 where the clause is not in force."""
    if as_of and not in_force(first_day(as_of), begins, ends):
        return _NO
    found: Expr = _NO
    for word, condition in reversed(list(reading.items())):
        value, text = WEIGHTS[word]
        found = Choice(Number(value, PLAIN, text), condition, found, condition.mark)
    return found


def parsed_weight(reading: Any, as_of: str, begins: str | None, ends: str | None) -> Expr:
    """Return the same for a reading as it stands in a file; names are not yet resolved.

    Raises
    ------
    ScenarioError
        If it cannot be read.
    """
    given = {reading: True} if isinstance(reading, str) else reading
    if not isinstance(given, dict) or not set(given) <= set(WEIGHTS):
        raise ScenarioError(
            Problem(mark_of(reading), "a clause reads yes, ambiguous or no", "", "wrong-type")
        )
    parsed = {str(word): parse_expression(condition, mark_of(condition)) for word, condition in given.items()}
    return weight_of(parsed, as_of, begins, ends)
