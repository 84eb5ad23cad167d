"""What a term of a decomposition rests on, in the words of the facts, claims and parameters themselves.

An interest rests on what it cites. A move's own worth rests on the parameters it is reckoned from, each with
the first sentence of what it is about, and then on what the move cites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bystander.assessment.result import Bar, Reason
from bystander.report.words.decomposition import INTEREST, ITSELF, kind_of
from bystander.report.words.names import clean, label
from bystander.scenario.claims import standing_of_parameter
from bystander.scenario.expressions import Expr
from bystander.scenario.expressions.syntax import Binary, Parameter, Unary, walk
from bystander.scenario.schema import Scenario

RANKS = ("parameter", "fact", "mechanism")


@dataclass(frozen=True, slots=True)
class Support:
    """One thing a term rests on: its name, what it says, on whose word, and what it is."""

    name: str
    says: str
    source: str
    kind: str


def weightiest(reason: Reason) -> Bar | None:
    """Choose the term whose grounds are told: the largest that is about the case, not about when to act."""
    about = [b for b in reason.bars if kind_of(b, reason) in (INTEREST, ITSELF)]
    return max(about, key=lambda b: (abs(b.log_odds), b.name), default=None)


def supports(scenario: Scenario, reason: Reason, bar: Bar) -> list[Support]:
    """List what a term rests on: a parameter of its worth, then facts and claims, the most telling first.

    A claim that is a conclusion of the source supports nothing: it has to come out.
    """
    weighed = [pair for worth in worths(scenario, reason, bar) for pair in parameters(worth)]
    known = [(name, sign) for name, sign in weighed if name in scenario.parameters]
    known.sort(key=lambda pair: -pair[1] if bar.log_odds > 0 else pair[1])
    first = [name for name, _ in known[:1]]
    behind = [n for name in first for n in scenario.parameters[name].because]
    names = list(dict.fromkeys([*first, *behind, *bar.because]))
    found = [s for name in names if (s := support(scenario, name)) is not None and s.says]
    return sorted(found, key=lambda s: RANKS.index(s.kind) if s.kind in RANKS else len(RANKS))


def parameters(expr: Expr, sign: int = 1) -> Iterator[tuple[str, int]]:
    """Give the parameters of an expression, each with 1 if it adds, -1 if it takes away, else 0."""
    match expr:
        case Parameter(name=name):
            yield name, sign
        case Unary(operand=operand, operator=operator):
            yield from parameters(operand, -sign if operator == "-" else sign)
        case Binary(operator=operator, left=left, right=right):
            yield from parameters(left, sign)
            yield from parameters(right, -sign if operator == "-" else sign)
        case _:
            yield from ((node.name, 0) for node in walk(expr) if isinstance(node, Parameter))


def worths(scenario: Scenario, reason: Reason, bar: Bar) -> Iterator[Expr]:
    """Give the expressions a term is reckoned from: an interest's worth, or a move's to whoever decides."""
    who, kind = reason.voter or reason.owner, kind_of(bar, reason)
    if kind == INTEREST:
        owner, _, name = bar.name.partition(".")
        actor = scenario.actors.get(owner)
        if actor is not None and name in actor.interests:
            yield actor.interests[name].worth
        return
    move = scenario.moves().get(f"{reason.owner}.{reason.move}") if kind == ITSELF else None
    if move is None:
        return
    worth = getattr(move, "worth", None)
    own = worth.get(who) if isinstance(worth, dict) else worth
    yield from (w for w in (own, move.impacts.get(who)) if w is not None)


def support(scenario: Scenario, name: str) -> Support | None:
    """Say what a parameter, fact or claim says, and on whose word; nothing for a conclusion."""
    if name in scenario.parameters:
        parameter = scenario.parameters[name]
        source = clean(str(standing_of_parameter(scenario, name)), 200)
        return Support(clean(label(name), 60), first_sentence(parameter.about), source, "parameter")
    if name in scenario.facts:
        fact = scenario.facts[name]
        return Support(clean(label(name), 60), clean(fact.says, 300), clean(fact.source, 60), "fact")
    where, _, key = name.rpartition("#")
    for title, document in scenario.sources.items():
        claim = document.claims.get(key) if where in ("", title) else None
        if claim is not None and claim.kind != "judgement":
            return Support(clean(key, 40), clean(claim.says, 300), clean(title, 60), claim.kind)
    return None


def first_sentence(text: str) -> str:
    """Keep the first sentence of a parameter's account."""
    told = clean(text, 300)
    head, stop, _ = told.partition(". ")
    return head if stop else told.rstrip(".")
