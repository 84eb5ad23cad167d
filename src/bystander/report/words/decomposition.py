"""The terms of a decomposition as shown, and what they rest on.

Largest first, the small ones as one, rounded so that they add up to the total that is shown. A term is
worded by what it is: the move itself, the same move made later instead, an interest or another move that it
makes more or less likely, and the choices it leaves open (private shocks). `glossary` explains the words that
are not plain.

What a term rests on is told in the words of the facts, claims and parameters themselves. An interest rests on
what it cites. A move's own worth rests on the parameters it is reckoned from, each with the first sentence of
what it is about, and then on what the move cites.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bystander.assessment.result import Bar, Reason
from bystander.report.words.numbers import clean, label, phrase, round_together
from bystander.scenario.claims import standing_of_parameter
from bystander.scenario.expressions import Expr
from bystander.scenario.expressions.syntax import Binary, ParameterValue, Unary, walk
from bystander.scenario.schema import Scenario

STEP = 0.01
LONGEST = 64
ITSELF, AGAIN, OPEN, ANOTHER, INTEREST = "itself", "again", "open", "another", "interest"
HABIT = "habit"

MEANINGS = {
    ITSELF: (
        "\u201cThe vote itself\u201d, \u201cthe step itself\u201d: what it costs or brings at the moment it"
        " is made, whatever follows."
    ),
    AGAIN: (
        "\u201cThe same, later\u201d: what doing it now changes in the cost or gain of doing it at another"
        " time. It speaks against acting now where the gain can be had later as well, and for it where the"
        " cost would come later anyway."
    ),
    OPEN: (
        "\u201cKeeping later votes (choices) open\u201d: what it is worth to decide later, when reasons of"
        " the moment that no scenario lists have shown which way they point. It speaks against acting"
        " now where acting ends that choice, and for it where acting opens others."
    ),
}


def terms(reason: Reason, most: int = 8) -> list[tuple[str, float, tuple[str, ...]]]:
    """Give (term, log-odds, citations), at most ``most`` and one for the rest.

    Values are multiples of `STEP` and add up; terms that round to nothing go with the rest; wordings
    are distinct.
    """
    if not reason.bars:
        return []
    bars = sorted(reason.bars, key=lambda b: (-abs(b.log_odds), b.name))
    large = [b for b in bars if abs(b.log_odds) >= STEP / 2] or bars[:1]
    few = large if len(large) <= most else large[:most]
    rest = bars[len(few) :]
    shown = [(wording(b, reason), b.log_odds, b.because) for b in few]
    left_over = sum(b.log_odds for b in rest)
    if rest and (abs(left_over) >= STEP / 2 or len(large) > len(few)):
        several = f"{len(rest)} smaller terms together" if len(rest) > 1 else "One smaller term"
        shown.append((several, left_over, ()))
    rounded = round_together([v for _, v, _ in shown], reason.log_odds, STEP)
    seen: dict[str, int] = {}
    out = []
    for (text, _, cites), value in zip(shown, rounded, strict=True):
        seen[text] = seen.get(text, 0) + 1
        out.append((text if seen[text] == 1 else f"{text} ({seen[text]})", value, cites))
    return out


def kind_of(bar: Bar, reason: Reason) -> str:
    """Say what a term is about: the move itself, the same later, choices, another move, an interest."""
    if bar.now:
        return ITSELF
    if bar.group == "habit":
        return HABIT
    if bar.group in ("shocks", "control"):
        return OPEN
    if bar.group in ("own worth", "impact"):
        return AGAIN if bar.name == f"{reason.owner}.{reason.move}" else ANOTHER
    return INTEREST


def wording(bar: Bar, reason: Reason) -> str:
    """Say what a term is."""
    kind = kind_of(bar, reason)
    if kind == ITSELF:
        return "The vote itself" if reason.voter else "The step itself"
    if kind == HABIT:
        return "Habit: how often it is done when nothing is at stake"
    if kind == OPEN and bar.group == "control":
        return "The effort of departing from habit later"
    if kind == AGAIN:
        return "The same, at a later vote" if reason.voter else "The same, later"
    if kind == OPEN:
        return "Keeping later votes open" if "vote" in bar.name else "Keeping later choices open"
    owner, _, last = bar.name.rpartition(".")
    told = phrase(bar.label, last, LONGEST)
    if kind == INTEREST:
        return told
    whose = "" if owner == (reason.voter or reason.owner) else f", {label(owner)}"
    return f"Later{whose}: {told[:1].lower()}{told[1:]}"


def glossary(reasons: Iterable[Reason]) -> list[str]:
    """Explain the terms that these reasons use and whose names do not say what they are."""
    used = {kind_of(b, r) for r in reasons for b in r.bars if abs(b.log_odds) >= STEP / 2}
    return [meaning for kind, meaning in MEANINGS.items() if kind in used]


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
        case ParameterValue(name=name):
            yield name, sign
        case Unary(operand=operand, operator=operator):
            yield from parameters(operand, -sign if operator == "-" else sign)
        case Binary(operator=operator, left=left, right=right):
            yield from parameters(left, sign)
            yield from parameters(right, -sign if operator == "-" else sign)
        case _:
            yield from ((node.name, 0) for node in walk(expr) if isinstance(node, ParameterValue))


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
