"""Who can do what: actors with interests and actions, nature's hazards, institutions that vote."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, model_validator

from bystander.errors import Problem, ScenarioError
from bystander.scenario.expressions import Expr, parse_expression, resolve_effect, to_text
from bystander.scenario.expressions.syntax import Binary, Unary
from bystander.scenario.expressions.syntax import Number as NumberNode
from bystander.scenario.schema.fields import (
    Condition,
    Custom,
    Discount,
    DurationExpression,
    FlowWorth,
    Habit,
    Number,
    Part,
    Rate,
    Worth,
    complain,
    current_scope,
    kind_of,
    mark_of,
    read_expression,
)
from bystander.scenario.schema.texts import Because, Name, SomeDay, Text
from bystander.units import PLAIN, RATE

ONE = NumberNode(1.0, PLAIN, "1")


class Branch(Part):
    """One possible effect of a move: with what chance, and what changes."""

    chance: Number = ONE
    """Its probability; for ``rest``, what the other branches leave."""
    rest: bool = False
    """Whether it was written as ``rest``."""
    changes: dict[str, str] = Field(default_factory=dict)
    """New level of each variable that changes."""
    computed: dict[str, Expr] = Field(default_factory=dict)
    """What variables become that depends on the situation: ``clash if wet else battle``, ``funds - 1``."""


def _branch(value: dict[str, Any], chance: Expr = ONE, rest: bool = False) -> Branch:
    """Read what changes in one branch."""
    scope = current_scope()
    changes: dict[str, str] = {}
    computed: dict[str, Expr] = {}
    for name, level in value.items():
        if not isinstance(level, str):
            message = f"'{name}' changes to a level, not to {kind_of(level)}"
            raise ScenarioError(Problem(mark_of(level), message, "name one of its levels", "wrong-type"))
        known = () if scope is None else scope.variables.get(str(name), ())
        if level in known or re.fullmatch(r"[A-Za-z0-9_]*", level):
            changes[str(name)] = str(level)
            continue
        effect = parse_expression(level, mark_of(level))
        computed[str(name)] = resolve_effect(effect, str(name), scope) if scope and known else effect
    return Branch(chance=chance, rest=rest, changes=changes, computed=computed)


def _then(value: Any) -> tuple[Branch, ...]:
    if isinstance(value, dict):
        return (_branch(value),)
    if not isinstance(value, (list, tuple)) or not value:
        message = f"an effect is a mapping of variable to level, or a list of chances, not {kind_of(value)}"
        fix = "write then: {front: fighting}, or a list of {chance: 70%, front: fighting}"
        raise ScenarioError(Problem(mark_of(value), message, fix, "wrong-type"))
    if all(isinstance(item, Branch) for item in value):
        return tuple(value)
    branches: list[Branch] = []
    total: Expr | None = None
    for index, item in enumerate(value):
        if not isinstance(item, dict) or item.get("chance") is None:
            where = mark_of(next(iter(item), None)) if isinstance(item, dict) else mark_of(item)
            message = "each branch of an effect has a chance"
            raise ScenarioError(
                Problem(where, message, "write {chance: 70%, front: fighting}", "missing-key")
            )
        written = item["chance"]
        changes = {name: level for name, level in item.items() if name != "chance"}
        if written == "rest":
            if index != len(value) - 1 or total is None:
                message = "'rest' is for the last of several branches"
                raise ScenarioError(Problem(mark_of(written), message, "move it last", "bad-chance"))
            branches.append(_branch(changes, Binary("-", ONE, total, mark_of(written)), rest=True))
            break
        chance = read_expression(written, PLAIN, "a chance")
        total = chance if total is None else Binary("+", total, chance, chance.mark)
        branches.append(_branch(changes, chance))
    return tuple(branches)


def _write_then(branches: tuple[Branch, ...]) -> Any:
    if len(branches) == 1 and branches[0].chance == ONE:
        return _written(branches[0])
    return [{"chance": "rest" if b.rest else to_text(b.chance), **_written(b)} for b in branches]


def _written(branch: Branch) -> dict[str, str]:
    return {**branch.changes, **{name: to_text(effect) for name, effect in branch.computed.items()}}


_CHANGES = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
Then = Annotated[
    tuple[Branch, ...],
    Custom(_then, _write_then, {"anyOf": [_CHANGES, {"type": "array", "items": _CHANGES}]}),
]
Impacts = dict[Name, Worth]


class Interest(Part):
    """What an actor gains or loses per unit of time while a condition holds."""

    about: Text = ""
    """What it is about."""
    when: Condition | None = None
    """When it counts; always, if not given."""
    worth: FlowWorth
    """Worth per time, in choice units: ``-14 per year``."""
    because: Because = ()
    """Facts, claims or parameters it rests on."""


class Move(Part):
    """What all moves share: when they are possible, what they change, and what that is worth to whom."""

    about: Text = ""
    """What it is."""
    when: Condition | None = None
    """When it is possible; always, if not given."""
    then: Then
    """What it changes: ``{front: fighting}``, or a list of branches with a ``chance`` each."""
    impacts: Impacts = Field(default_factory=dict)
    """Worth to each actor at the instant it happens."""
    because: Because = ()
    """Facts, claims or parameters it rests on."""
    tags: tuple[Name, ...] = ()
    """Free labels, for reports and maps."""
    enabled: bool = True
    """Whether it is in the game; a measure may enable or disable it."""


class Action(Move):
    """Something an actor may do at an opportunity."""

    worth: Worth = NumberNode(0.0, PLAIN, "0")
    """Worth to the actor itself of doing it, apart from what it leads to; costs are negative."""
    habit: Habit | None = None
    """How often it is done when nothing is at stake: a rate (``once in 10 years``) or a chance per
    opportunity (``5%``). Where none is stated, such actions share evenly with waiting what the others
    leave."""


class Actor(Part):
    """Someone who decides alone: a government, a leader, a great power."""

    about: Text = ""
    """Who it is."""
    acts: Rate = NumberNode(0.0, RATE, "never")
    """How often it can act: ``every 2 weeks``, ``6 per year``, ``never``; may depend on the situation."""
    discount: Discount
    """How fast the future fades for it: ``50% per year``."""
    rationality: Number = ONE
    """Precision of its choices; 0 chooses at random."""
    because: Because = ()
    """Facts, claims or parameters that its pace, discount and rationality rest on."""
    interests: dict[Name, Interest] = Field(default_factory=dict)
    """What it gains or loses per time."""
    actions: dict[Name, Action] = Field(default_factory=dict)
    """What it may do."""

    @model_validator(mode="before")
    @classmethod
    def _old_word(cls, data: Any) -> Any:
        if isinstance(data, dict) and "patience" in data and "discount" not in data:
            return {"discount" if key == "patience" else key: value for key, value in data.items()}
        return data


class Hazard(Move):
    """Something that happens by chance."""

    every: DurationExpression | None = None
    """Mean time between occurrences while possible: ``3 weeks``."""
    rate: Rate | None = None
    """Or its rate: ``6 per year``."""

    @model_validator(mode="after")
    def _one_speed(self) -> Hazard:
        if (self.every is None) == (self.rate is None):
            message = "a hazard has either 'every' or 'rate'"
            raise complain(
                Problem(mark_of(None), message, "write every: 3 weeks, or rate: 6 per year", "missing-key")
            )
        return self

    @property
    def frequency(self) -> Expr:
        """Its rate, however it was written."""
        if self.rate is not None:
            return self.rate
        assert self.every is not None
        return Unary("every", self.every, self.every.mark)


class KnownDate(Part):
    """A date that everybody knows beforehand: an election, a summit, an ultimatum, the end of a mandate.

    Conditions may say ``before name`` and ``after name``. Whoever acts before it looks ahead to it.
    """

    about: Text = ""
    """What happens then."""
    date: SomeDay
    """When: 2023-03-19; a month or year stands for its first day."""
    when: Condition | None = None
    """Where its effect and impacts apply; always, if not given."""
    then: Then = ()
    """What it changes on that day, as the effect of a move."""
    impacts: Impacts = Field(default_factory=dict)
    """Worth to each actor on that day."""
    because: Because = ()
    """Facts, claims or parameters it rests on."""
