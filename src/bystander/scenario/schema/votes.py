"""Institutions: who is a member, what may be decided, by which rule."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bystander.errors import Problem, ScenarioError
from bystander.scenario.expressions import Expr, Sort, to_text
from bystander.scenario.expressions.syntax import Truth
from bystander.scenario.schema.fields import (
    Amounted,
    Condition,
    Custom,
    Part,
    Rate,
    Worth,
    kind_of,
    mark_of,
    read_expression,
    read_habit,
    read_quantity,
)
from bystander.scenario.schema.moves import Move
from bystander.scenario.schema.texts import Name, Text
from bystander.units import PLAIN, Quantity

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


def _rule(value: Any) -> Rule:
    if isinstance(value, Rule):
        return value
    if isinstance(value, str) and value in ("consensus", "unanimity minus one", "majority"):
        return Rule(kind=value)
    if value == "silence":
        return Rule(kind="silence", quota=1)
    fix = "write consensus, majority, {majority: 2/3}, unanimity minus one, silence, {leader: a}, {quorum: 2}"
    fix += ", {quorum: 9, veto: [a]} or {weighted: ...}"
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
    number = int(str(value))
    if not 0 <= number <= 1_000_000:
        raise ValueError(number)
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
        return {str(member): Truth(True, mark_of(member)) for member in value}
    if isinstance(value, dict):
        return {
            str(member): read_expression(c, Sort.CONDITION, "the condition of a recusal")
            for member, c in value.items()
        }
    message = f"'recuse' lists members, not {kind_of(value)}"
    raise ScenarioError(Problem(mark_of(value), message, "write [a, b] or {a: condition}", "wrong-type"))


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
