"""Who can do what: actors with interests and actions, nature's hazards, institutions that vote.

An institution says who is a member, what may be decided, and by which rule.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from bystander.errors import Problem, ScenarioError
from bystander.scenario.expressions import Expr, Sort, parse_expression, resolve_effect, to_text
from bystander.scenario.expressions.syntax import Binary, Truth, Unary
from bystander.scenario.expressions.syntax import Number as NumberNode
from bystander.scenario.schema.fields import (
    Amounted,
    Because,
    Condition,
    Custom,
    Discount,
    DurationExpression,
    FlowWorth,
    Habit,
    Name,
    Number,
    Part,
    Rate,
    ReasonWords,
    SomeDay,
    Text,
    Worth,
    complain,
    current_scope,
    kind_of,
    mark_of,
    read_expression,
    read_habit,
    read_quantity,
    wrong_type,
)
from bystander.units import PLAIN, RATE, Quantity

ONE = NumberNode(1.0, PLAIN, "1")
Effect = Annotated[Expr, Custom(lambda effect: effect, to_text, {"type": "string"})]
"""What a variable becomes: parsed where its branch is read, and taken here as it is."""


class Branch(Part):
    """One possible effect of a move: with what chance, and what changes."""

    chance: Number = ONE
    """Its probability; for ``rest``, what the other branches leave."""
    rest: bool = False
    """Whether it was written as ``rest``."""
    changes: dict[str, str] = Field(default_factory=dict)
    """New level of each variable that changes."""
    computed: dict[str, Effect] = Field(default_factory=dict)
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
        fix = "write then: {front: fighting}, or a list of {chance: 70%, front: fighting}"
        raise wrong_type(value, "an effect is a mapping of variable to level, or a list of chances", fix)
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
                alone = "write chance: 100%, or add a branch before it"
                fix = alone if len(value) == 1 else "move it last"
                raise ScenarioError(Problem(mark_of(written), message, fix, "bad-chance"))
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
    as_reason: ReasonWords | None = None
    """What it is called as a reason, by the sign of its worth."""
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


RuleKind = Literal[
    "consensus", "unanimity minus one", "majority", "share", "weighted", "leader", "quorum", "silence"
]


class Rule(Part):
    """How votes add up to a decision.

    ``consensus``: all voters say yes. ``unanimity minus one``: all but one. ``majority``: more than half.
    ``{majority: 2/3}``: that share of the votes of all who vote, by heads or by ``weights``.
    ``weighted``: the weights of those who say yes reach the quota. ``leader``: one member decides.
    ``quorum``: at least n say yes, and none of those who have a ``veto`` says no. ``silence``: it passes
    unless somebody objects (or as many as stated, ``{silence: 2}``); how readily members keep silent is
    their ``habit``.
    """

    kind: RuleKind
    """Name of the rule."""
    weights: dict[Name, int] = Field(default_factory=dict)
    """For ``weighted``: votes of each member."""
    quota: int = 0
    """For ``weighted``: yes votes that adopt; for ``quorum``: how many must say yes."""
    share: Amounted | None = None
    """For a majority by share: the least share of the votes of all who vote."""
    veto: tuple[Name, ...] = ()
    """For ``quorum``: whose no prevents it."""
    leader: str = ""
    """For ``leader``: who decides."""


MOST_VOTES, MOST_DIGITS = 1_000_000, 9


def _rule(value: Any) -> Rule:
    if isinstance(value, Rule):
        return value
    if isinstance(value, str) and value in ("consensus", "unanimity minus one", "majority"):
        return Rule(kind=value)
    if value == "silence":
        return Rule(kind="silence", quota=1)
    fix = "write consensus, majority, {majority: 2/3}, unanimity minus one, silence, {leader: a}, {quorum: 2}"
    fix += ", {quorum: 9, veto: [a]}, {weighted: {weights: {a: 3, b: 1}, quota: 3}}"
    fix += " or {majority: {share: 55%, weights: {a: 3, b: 1}}}"
    bad = Problem(mark_of(value), f"{kind_of(value)} is not a voting rule", fix, "bad-rule")
    if not isinstance(value, dict) or not (len(value) == 1 or set(value) == {"quorum", "veto"}):
        raise ScenarioError(bad)
    (kind, body), *_ = sorted(value.items())
    bad = Problem(mark_of(kind), f"'{kind}' is not given as a voting rule is", fix, "bad-rule")
    try:
        if kind == "leader" and isinstance(body, str):
            return Rule(kind="leader", leader=str(body))
        if kind == "quorum":
            veto = value.get("veto", ())
            if not isinstance(veto, (str, list, tuple)):
                raise ScenarioError(bad)
            named = (veto,) if isinstance(veto, str) else tuple(veto)
            return Rule(kind="quorum", quota=_count(body), veto=tuple(str(name) for name in named))
        if kind == "silence":
            return Rule(kind="silence", quota=_count(body))
        if kind == "majority" and (isinstance(body, (str, int, float)) or set(body) == {"share", "weights"}):
            weighed = body["weights"] if isinstance(body, dict) else {}
            weights = {str(member): _count(weight) for member, weight in weighed.items()}
            share = read_share(body["share"] if isinstance(body, dict) else body)
            return Rule(kind="share", share=share, weights=weights)
        if kind == "weighted" and set(body) == {"weights", "quota"}:
            weights = {str(member): _count(weight) for member, weight in body["weights"].items()}
            return Rule(kind="weighted", weights=weights, quota=_count(body["quota"]))
    except (ValueError, TypeError, AttributeError):
        pass
    raise ScenarioError(bad)


def read_share(value: Any) -> Quantity:
    """Read the share of a majority: above 0, at most 1."""
    share = read_quantity(value)
    if share.dimension != PLAIN or not 0 < share.value <= 1:
        message = f"'{value}' is not a share of the votes"
        raise ScenarioError(Problem(mark_of(value), message, "write 2/3 or 60%", "bad-rule"))
    return share


def _count(value: Any) -> int:
    text = str(value)
    number = int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else -1
    if not 0 <= number <= MOST_VOTES:
        message = f"{kind_of(value)} is no number of votes"
        fix = f"write a whole number from 0 to {MOST_VOTES:,}; shares of a population, in thousandths of it"
        raise ScenarioError(Problem(mark_of(value), message, fix, "bad-rule"))
    return number


def _write_rule(rule: Rule) -> Any:
    match rule.kind:
        case "weighted":
            return {"weighted": {"weights": dict(rule.weights), "quota": rule.quota}}
        case "leader":
            return {"leader": rule.leader}
        case "share":
            share = "" if rule.share is None else rule.share.formula or str(rule.share)
            return {"majority": {"share": share, "weights": dict(rule.weights)} if rule.weights else share}
        case "silence":
            return {"silence": rule.quota} if rule.quota != 1 else "silence"
        case "quorum":
            return {"quorum": rule.quota, **({"veto": list(rule.veto)} if rule.veto else {})}
    return rule.kind


def _recuse(value: Any) -> dict[str, Expr]:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, (list, tuple)):
        for member in value:
            if isinstance(member, (list, tuple, dict)):
                raise wrong_type(member, "'recuse' lists members", "write [a, b] or {a: condition}")
        return {str(member): Truth(True, mark_of(member)) for member in value}
    if isinstance(value, dict):
        return {
            str(member): read_expression(c, Sort.CONDITION, "the condition of a recusal")
            for member, c in value.items()
        }
    raise wrong_type(value, "'recuse' lists members", "write [a, b] or {a: condition}")


def _write_recuse(recuse: dict[str, Expr]) -> Any:
    if all(condition == Truth(True) for condition in recuse.values()):
        return list(recuse)
    return {member: to_text(condition) for member, condition in recuse.items()}


_RULE_SCHEMA = {
    "anyOf": [
        {"enum": ["consensus", "unanimity minus one", "majority", "silence"]},
        {"type": "object", "maxProperties": 2},
    ]
}
_RECUSE_SCHEMA = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]}


EVERYONE = "all"


def _habits(value: Any) -> dict[str, Expr]:
    if isinstance(value, dict):
        return {str(member): read_habit(habit) for member, habit in value.items()}
    return {EVERYONE: read_habit(value)}


def _write_habits(habits: dict[str, Expr]) -> Any:
    written = {member: to_text(habit) for member, habit in habits.items()}
    return written[EVERYONE] if set(written) == {EVERYONE} else written


_HABITS_SCHEMA = {"type": ["string", "number", "object"], "examples": ["30%", {"all": "30%"}]}


class Decision(Move):
    """Something an institution may decide by a vote of its members."""

    recuse: Annotated[dict[Name, Expr], Custom(_recuse, _write_recuse, _RECUSE_SCHEMA)] = Field(
        default_factory=dict
    )
    """Members who do not vote: a list, or a mapping of member to the condition under which it does not."""
    abstain: Annotated[dict[Name, Expr], Custom(_recuse, _write_recuse, _RECUSE_SCHEMA)] = Field(
        default_factory=dict
    )
    """Members who cast no vote, as ``recuse``: shares are of the votes cast, fixed numbers stay."""
    rule: Annotated[Rule, Custom(_rule, _write_rule, _RULE_SCHEMA)]
    """How votes add up."""
    request: Condition | None = None
    """The part of the mandate which says that a member asked for it; needed just as ``when`` is."""
    proposed: Rate
    """How often it is put to the vote while possible: ``every 3 days``."""
    worth: dict[Name, Worth] = Field(default_factory=dict)
    """Worth to each voter of adopting it, apart from what it leads to."""
    habit: Annotated[dict[Name, Expr], Custom(_habits, _write_habits, _HABITS_SCHEMA)] = Field(
        default_factory=dict
    )
    """How readily a member goes along when it has nothing at stake: a chance per vote (``30%``) or a rate,
    for everyone or as a mapping of member to habit, with ``all`` for the others. Half, if none is stated."""


class Institution(Part):
    """A body that decides by a vote of its members."""

    about: Text = ""
    """What it is."""
    members: tuple[Name, ...]
    """Its members, all of them actors."""
    decisions: dict[Name, Decision] = Field(default_factory=dict)
    """What it may decide."""
