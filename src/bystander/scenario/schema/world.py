"""What can be the case and who says so: variables, parameters, clauses, sources, facts, events.

A clause of a treaty or charter speaks for, against or neither: its *reading* is yes, ambiguous or no, the
same everywhere or by the situation. Expressions name it ``clause.NAME`` and get 1, 1/2 or 0, so that law is
weighed like anything else, ``worth: -3 * (1 - clause.mutual_defence)``, and forbids only where a ``when``
says so. A clause that is not in force on the scenario's day reads no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from bystander.errors import Problem, ScenarioError
from bystander.scenario.dating import first_day, in_force
from bystander.scenario.expressions import RESERVED, Expr, Sort, parse_expression, to_text
from bystander.scenario.expressions.syntax import Choice, Number, Truth
from bystander.scenario.nodes import A_NAME
from bystander.scenario.priors import Prior, parse_prior
from bystander.scenario.schema.fields import (
    LEVEL_NAME,
    Amounted,
    Because,
    ClaimName,
    Condition,
    Custom,
    LevelName,
    MoveName,
    Name,
    Part,
    ReasonWords,
    SomeDay,
    Text,
    complain,
    kind_of,
    mark_of,
    no_truth,
    read_chance,
    read_expression,
    wrong_type,
)
from bystander.units import PLAIN, Dimension, is_beyond, read_scale


def _levels(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = numbered_levels(value) or value
    if isinstance(value, dict):
        pairs = [(name, "" if gloss is None else gloss) for name, gloss in value.items()]
    elif isinstance(value, (list, tuple)):
        pairs = [(name, "") for name in value]
    else:
        raise wrong_type(
            value, "levels are a list of names", "write levels: [quiet, clash], or levels: 0 to 5"
        )
    found: dict[str, str] = {}
    for name, gloss in pairs:
        if not isinstance(name, str) or not isinstance(gloss, str):
            fix = "choose a name other than true, false and null"
            raise wrong_type(name, "a level is a name", fix)
        _refuse_level_name(name)
        if name in found:
            raise ScenarioError(
                Problem(mark_of(name), f"the level '{name}' is given twice", "remove one", "duplicate-name")
            )
        found[str(name)] = str(gloss)
    if not 1 <= len(found) <= 200:
        fix = "merge some" if found else "write levels: [quiet, clash], or levels: 0 to 5"
        raise ScenarioError(Problem(mark_of(value), "a variable has 1 to 200 levels", fix, "wrong-type"))
    return found


def numbered_levels(text: str) -> tuple[str, ...]:
    """Return the levels of ``0 to 5``; none for any other text."""
    span = re.fullmatch(r"\s*(\d{1,3})\s+to\s+(\d{1,3})\s*", text)
    return tuple(str(n) for n in range(int(span[1]), int(span[2]) + 1)) if span else ()


def _refuse_level_name(name: str) -> None:
    """Refuse a level that an expression could not name."""
    if name in RESERVED:
        message = f"'{name}' is a word of the language and cannot name a level"
        raise ScenarioError(Problem(mark_of(name), message, "choose another name", "reserved-word"))
    if not re.fullmatch(LEVEL_NAME, name):
        message = f"'{name[:60]}' cannot name a level"
        fix = f"use {A_NAME}; or a plain number such as 2"
        raise ScenarioError(Problem(mark_of(name), message, fix, "bad-name"))


def _write_levels(levels: dict[str, str]) -> Any:
    return dict(levels) if any(levels.values()) else list(levels)


def _start(value: Any) -> dict[str, float]:
    if isinstance(value, dict):
        return {str(level): read_chance(chance) for level, chance in value.items()}
    if not isinstance(value, str):
        raise wrong_type(value, "a start is a level", "write a level, or {quiet: 0.9, clash: 0.1}")
    return {str(value): 1.0}


def write_start(start: dict[str, float]) -> Any:
    """Write a certain start as its level, any other as a mapping."""
    (level, chance), *others = start.items()
    return level if not others and chance == 1 else dict(start)


_NAMES = {"type": "array", "items": {"type": ["string", "number"]}}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_SPAN = {"type": "string", "pattern": r"^\s*\d{1,3}\s+to\s+\d{1,3}\s*$"}
_CHANCES = {"type": "object", "additionalProperties": {"type": ["number", "string"]}}
Levels = Annotated[dict[LevelName, str], Custom(_levels, _write_levels, {"anyOf": [_NAMES, _TEXTS, _SPAN]})]
Start = Annotated[
    dict[LevelName, float], Custom(_start, write_start, {"anyOf": [{"type": ["string", "number"]}, _CHANCES]})
]


class Variable(Part):
    """Something that is at one of several levels at any time."""

    about: Text = ""
    """What it stands for."""
    levels: Levels
    """Its levels in order: a list, a mapping of level to gloss, or ``0 to 5``, with which one may reckon."""
    ordered: bool = False
    """Whether levels may be compared with < and >."""
    start: Start
    """The level at the start, or the probability of each."""
    while_: Annotated[Condition | None, Field(alias="while")] = None
    """Where it may be at another level than its first: as soon as this fails it is back at the first."""
    because: Because = ()
    """Facts, claims or parameters it rests on."""

    @property
    def level_names(self) -> tuple[str, ...]:
        """Level names in order."""
        return tuple(self.levels)


def _write_prior(prior: Prior | str | None) -> str | None:
    return prior.written or prior.text if isinstance(prior, Prior) else prior


def _read_prior(value: Any) -> Any:
    if value is None or isinstance(value, (str, Prior)):
        return value
    fix = "write lognormal(median=2, spread=1.6)"
    raise ScenarioError(Problem(mark_of(value), f"a prior is a text, not {kind_of(value)}", fix, "bad-prior"))


def _read_scale(value: Any) -> tuple[float, float] | None:
    if value is None or isinstance(value, tuple):
        return value
    scale = read_scale(str(value))
    if scale is None:
        raise wrong_type(value, "a scale runs from one number to a larger one", "write -1 to 1")
    return scale


def _write_scale(scale: tuple[float, float] | None) -> str | None:
    return None if scale is None else f"{scale[0]:g} to {scale[1]:g}"


class Parameter(Part):
    """A number that one may want to vary, learn or argue about."""

    value: Amounted
    """Its central value with unit, ``2.0 per year``, ``70%``, ``1/3``; or derived: ``1 - fact.polyarchy``."""
    prior: Annotated[
        Prior | None,
        Custom(
            _read_prior, _write_prior, {"type": "string", "examples": ["lognormal(median=2, spread=1.6)"]}
        ),
    ] = None
    """How uncertain it is: lognormal, normal, uniform, beta or gamma; bare numbers are in the unit of the
    value, and ``value`` is the value itself."""
    scale: Annotated[
        tuple[float, float] | None,
        Custom(_read_scale, _write_scale, {"type": "string", "examples": ["-1 to 1"]}),
    ] = None
    """The ends of the scale on which it is coded, ``-1 to 1``: a value beyond them is refused. Draws from a
    prior may lie beyond: coders differ."""
    about: Text = ""
    """What it stands for."""
    as_reason: ReasonWords | None = None
    """For a weight in a worth: what it is called as a reason, by the sign of what it weighs."""
    because: Because = ()
    """Facts, claims or parameters it rests on; without any it is free, unless it is derived from facts."""
    learnt: Because = ()
    """What it was set to reproduce: events, facts, claims, or ``record``; these test it no more."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, (str, int, float)) and not isinstance(data, bool) else data

    @model_validator(mode="after")
    def _parse_prior(self) -> Parameter:
        if isinstance(self.prior, str):
            try:
                parsed = parse_prior(self.prior, self.value, mark_of(self.prior))
            except ScenarioError as error:
                raise complain(error.problems[0]) from None
            object.__setattr__(self, "prior", parsed)
        return self

    @property
    def dimension(self) -> Dimension:
        """Dimension of its value."""
        return self.value.dimension

    def off_scale(self, number: float) -> bool:
        """Say whether a number lies beyond the scale on which it is coded."""
        return is_beyond(self.scale, number)

    @property
    def coding(self) -> str:
        """How it is coded on its scale, as advice."""
        low, high = self.scale or (0.0, 0.0)
        return f"Code it between {low:g} and {high:g}: {self.about.partition('. ')[0].rstrip('.')}."


class Settings(Part):
    """How the scenario is to be understood."""

    shocks: Literal["control", "private", "noise"] | None = None
    """What moves choices besides reasons: ``control``, habit, from which it costs effort to depart;
    ``private``, shocks that are worth something to those who choose, and no habit; ``noise``, shocks that are
    worth nothing. Not stated, it is ``control`` where some act or vote has a habit, else ``private``: nobody
    departs at a cost from what is not known."""
    limit: Annotated[int, no_truth("2000000"), Field(ge=1, le=50_000_000)] = 2_000_000
    """Largest number of situations that will be compiled; a tenth of it where levels combine to more than a
    hundred times as many, since such a scenario seldom stops growing just below the limit. A file may lower
    what whoever reads it allows (2,000,000, or the environment variable BYSTANDER_LIMIT), not raise it."""

    @property
    def stated_limit(self) -> int:
        """The limit that the file itself states; 0 if it states none, so that it lowers nothing."""
        return self.limit if "limit" in self.model_fields_set else 0


ReadingWord = Literal["yes", "ambiguous", "no"]
WEIGHTS: dict[str, tuple[float, str]] = {"yes": (1.0, "1"), "ambiguous": (0.5, "0.5"), "no": (0.0, "0")}
_NO = Number(0.0, PLAIN, "0")


def _reading(value: Any) -> dict[str, Expr]:
    given = {value: True} if isinstance(value, str) else value
    if not isinstance(given, dict) or not given or not set(given) <= set(WEIGHTS):
        fix = "write reading: ambiguous, or reading: {yes: condition, ambiguous: condition}"
        raise wrong_type(value, "a clause reads yes, ambiguous or no", fix)
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
            Problem(
                mark_of(reading), "a clause reads yes, ambiguous or no", "write reading: yes", "wrong-type"
            )
        )
    parsed = {str(word): parse_expression(condition, mark_of(condition)) for word, condition in given.items()}
    return weight_of(parsed, as_of, begins, ends)


ClaimKind = Literal["event", "fact", "mechanism", "judgement", "rival", "prospect"]


class Claim(Part):
    """One thing a source says, restated."""

    kind: ClaimKind
    """What it is: ``judgement`` must come out of the model, ``mechanism`` must be in it."""
    says: Text
    """The claim in one's own words."""


class Source(Part):
    """A document or data set that facts rest on."""

    title: Text
    """Title as published."""
    kind: Text = ""
    """What it is: analysis, report, data, statement, treaty, assumption."""
    date: SomeDay | None = None
    """When it was published: 2022, 2022-10 or 2022-10-15."""
    author: Text = ""
    """Who wrote it."""
    publisher: Text = ""
    """Who published it."""
    url: Text = ""
    """Where it can be found."""
    locator: Text = ""
    """Where in it to look."""
    claims: dict[ClaimName, Claim] = Field(default_factory=dict)
    """Its claims by id, cited as ``source#id``."""


class Fact(Part):
    """A fact that rules and numbers may rest on."""

    says: Text
    """The fact in one sentence."""
    source: Text
    """A source, or a claim of one: ``fp-2022#C08``."""
    value: Amounted | None = None
    """Its number, with unit; expressions name it ``fact.name``."""
    confidence: Literal["high", "medium", "low"] | None = None
    """How far it is to be believed."""
    date: SomeDay | None = None
    """When it was so, or became known: not after ``as_of``."""
    from_: Annotated[SomeDay | None, Field(alias="from")] = None
    """From when on it holds."""
    until: SomeDay | None = None
    """Until when it holds; a number that is not in force at ``as_of`` cannot be used."""


class Event(Part):
    """Something that happened on a date."""

    date: SomeDay
    """When it happened or began."""
    until: SomeDay | None = None
    """When it ended."""
    says: Text
    """What happened."""
    source: Text
    """A source, or a claim of one."""
    claim: Because = ()
    """Ids of the claims that tell it."""
    then: dict[Name, LevelName] = Field(default_factory=dict)
    """Levels of variables from then on."""
    move: MoveName | None = None
    """The move it is an instance of, ``owner.move``."""
