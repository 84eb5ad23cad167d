"""What is known and who says so: sources with their claims, facts, and the dated record of events."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bystander.scenario.schema.fields import Amounted, Part
from bystander.scenario.schema.texts import Because, ClaimName, LevelName, MoveName, Name, SomeDay, Text

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
