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

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from bystander.assessment.result import AskAnswer, Bar, Reason
from bystander.cases.changes import in_its_unit, with_degree
from bystander.equilibrium.reasons import ANSWERED
from bystander.report.words.numbers import (
    amount,
    called,
    clean,
    coarsely,
    label,
    pace,
    percent,
    phrase,
    round_together,
    running,
)
from bystander.scenario.claims import standing_of_parameter
from bystander.scenario.expressions import Expr
from bystander.scenario.expressions.syntax import Number, ParameterValue, Unary, walk
from bystander.scenario.motives import key_of_term, motives_of, terms_of_sum
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.moves import Hazard
from bystander.units import RATE, in_rank, parse_quantity

STEP = 0.01
LEAST_GROUND = 0.1
LONGEST = 64
ITSELF, AGAIN, OPEN, ANOTHER, INTEREST = "itself", "again", "open", "another", "interest"
HABIT, CONTROL, TAKEN, WEIGHED = "habit", "control", "taken away", "weighed"

MEANINGS = {
    ANSWERED: (
        "\u201cAn answer that stands already\u201d: a body gives one answer at a time, and while one stands,"
        " whoever saw to it, no other comes up. It says when the matter does not come to a vote, not why"
        " a vote fails."
    ),
    TAKEN: (
        "What is taken away changes the chance over the whole time, everyone adapting; what speaks for and"
        " against it, and the terms in log-odds, weigh in one vote or at one opportunity as things stand. A"
        " heavy term there need not change the chance much, nor a light one little."
    ),
    WEIGHED: (
        "What speaks for and against it, and the terms in log-odds, weigh in one vote or at one opportunity"
        " as things stand."
    ),
    HABIT: (
        "\u201cHabit\u201d is where every chance starts: how often such a thing is done when nothing is at"
        " stake. It is no reason; reasons move the chance from there."
    ),
    ITSELF: (
        "\u201cThe vote itself\u201d, \u201cthe step itself\u201d: what it costs or brings at the moment it"
        " is made, whatever follows."
    ),
    AGAIN: (
        "\u201cThe same, later\u201d, \u201cat a later vote\u201d: what doing it now changes in the cost"
        " or gain of doing it at another time. It speaks against acting now where the gain can be had later"
        " as well, and for it where the cost would come later anyway."
    ),
    CONTROL: (
        "\u201cThe effort of departing from habit later\u201d: what it changes in how far everyone must later"
        " go against habit, which costs effort."
    ),
    OPEN: (
        "\u201cKeeping later votes (choices) open\u201d: what it is worth to decide later, when reasons of"
        " the moment that no scenario lists have shown which way they point. It speaks against acting"
        " now where acting ends that choice, and for it where acting opens others."
    ),
}


def carried_by(reason: Reason, asks: Sequence[AskAnswer]) -> frozenset[str]:
    """Return what carries the answer to the questions that begin with a move, alone or together.

    What is taken away changes the chance with all that follows; its term in one vote may be small.
    """
    move = f"{reason.owner}.{reason.move}"
    about = [a for a in asks if next((m.move for m in a.moves if m.modelled), "") == move]
    return frozenset(each.name for a in about if a.given == reason.given for each in (*a.reasons, *a.joint))


def gathered(reason: Reason) -> list[Bar]:
    """Return the terms of a reason, the effort of choices and that of votes as one: they read alike."""
    effort = [b for b in reason.bars if b.group == CONTROL]
    if len(effort) < 2:
        return list(reason.bars)
    whole = replace(max(effort, key=lambda b: abs(b.log_odds)), log_odds=sum(b.log_odds for b in effort))
    return [whole, *(b for b in reason.bars if b.group != CONTROL)]


def terms(
    reason: Reason, most: int = 8, carrying: Collection[str] = ()
) -> list[tuple[str, float, tuple[str, ...]]]:
    """Give (term, log-odds, citations), at most ``most``, what carries the answer, and one for the rest.

    Values are multiples of `STEP` and add up; terms that round to nothing go with the rest; wordings
    are distinct.
    """
    if not reason.bars:
        return []
    bars = sorted(gathered(reason), key=lambda b: (-in_rank(abs(b.log_odds)), b.name))
    large = [b for b in bars if abs(b.log_odds) >= STEP / 2] or bars[:1]
    few = large if len(large) <= most else large[:most]
    few = [*few, *(b for b in bars[len(few) :] if b.name in carrying and kind_of(b, reason) == INTEREST)]
    rest = [b for b in bars if b not in few]
    shown = [(wording(b, reason), b.log_odds, b.because) for b in few]
    left_over = sum(b.log_odds for b in rest)
    if rest and (abs(left_over) >= STEP / 2 or any(b in large for b in rest)):
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
        return f"Habit: how often it is done when nothing is at stake{', ' * bool(bar.label)}{bar.label}"
    if kind == OPEN and bar.group == CONTROL:
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


def glossary(reasons: Iterable[Reason], *, taken: bool) -> list[str]:
    """Explain the terms that these reasons use and whose names do not say what they are.

    Parameters
    ----------
    taken
        Whether reasons taken away are told beside them.
    """
    told = list(reasons)
    bars = [(b, kind_of(b, r)) for r in told for b in r.bars if abs(b.log_odds) >= STEP / 2]
    used = {CONTROL if kind == OPEN and b.group == CONTROL else kind for b, kind in bars}
    used |= {TAKEN if taken else WEIGHED} if bars else set()
    used |= {ANSWERED for r in told for text, _ in r.blocked if text == ANSWERED}
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
    """Choose the term whose grounds are told: the largest that is about the case, not about when to act.

    None where none changes the odds by a tenth (`LEAST_GROUND`): what hardly weighs is no ground.
    """
    about = [
        b for b in reason.bars if kind_of(b, reason) in (INTEREST, ITSELF) and abs(b.log_odds) >= LEAST_GROUND
    ]
    return max(about, key=lambda b: (in_rank(abs(b.log_odds)), b.name), default=None)


def supports(scenario: Scenario, reason: Reason, bar: Bar) -> list[Support]:
    """List what a term rests on: a parameter of its worth, then facts and claims, the most telling first.

    A claim that is a conclusion of the source supports nothing: it has to come out.
    """
    weighed = [pair for worth in worths(scenario, reason, bar) for pair in parameters(scenario, worth)]
    weighed.sort(key=lambda pair: -pair[1] if bar.log_odds > 0 else pair[1])
    first = [name for name, _ in weighed[:1]]
    behind = [n for name in first for n in scenario.parameters[name].because]
    names = list(dict.fromkeys([*first, *behind, *bar.because]))
    about = {name: weighed_as(scenario, reason, name) for name in first}
    found = [s for n in names if (s := support(scenario, n, about.get(n, ""))) is not None and s.says]
    return sorted(found, key=lambda s: RANKS.index(s.kind) if s.kind in RANKS else len(RANKS))


def weighed_as(scenario: Scenario, reason: Reason, weight: str) -> str:
    """Say what a weight is called as a reason of whoever decides; "" where it has no words for a sign."""
    who, move = reason.voter or reason.owner, f"{reason.owner}.{reason.move}"
    if scenario.parameters[weight].as_reason is None or who not in scenario.actors:
        return ""
    motives = motives_of(scenario, who, move)
    return next((motive.about for motive in motives if motive.name == f"{who}.{weight}"), "")


def parameters(scenario: Scenario, worth: Expr) -> Iterator[tuple[str, float]]:
    """Give the parameter that each term of a worth rests on, and the product of the term's parameters."""
    for sign, term in terms_of_sum(worth):
        nodes = list(walk(term))
        named = [n.name for n in nodes if isinstance(n, ParameterValue) and n.name in scenario.parameters]
        minus = (sign == "-") + sum(isinstance(n, Unary) and n.operator == "-" for n in nodes)
        idle = any(isinstance(n, Number) and n.value == 0.0 for n in nodes)
        if named and not idle:
            yield named[0], (-1) ** minus * prod(scenario.parameters[name].value.value for name in named)


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


def support(scenario: Scenario, name: str, about: str = "") -> Support | None:
    """Say what a parameter, fact or claim says, and on whose word; nothing for a conclusion.

    ``about`` is what a parameter is called here, if not by its own.
    """
    if name in scenario.parameters:
        rest = first_sentence(scenario.parameters[name].about).partition(": ")[2]
        values = values_of(scenario)
        says = f"{values.told(name)}; {rest}" if rest else values.told(name)
        return Support(values.called(name, about), says, standing(scenario, name), "parameter")
    if name in scenario.facts:
        fact = scenario.facts[name]
        source = scenario.sources.get(fact.source)
        title = clean(fact.source if source is None else source.title, 120)
        return Support(clean(label(name), 60), clean(fact.says, 300), title, "fact")
    where, _, key = name.rpartition("#")
    for title, document in scenario.sources.items():
        claim = document.claims.get(key) if where in ("", title) else None
        if claim is not None and claim.kind != "judgement":
            says = clean(claim.says, 300).rstrip(".")
            return Support(clean(key, 40), says, clean(document.title, 120), claim.kind)
    return None


def first_sentence(text: str) -> str:
    """Keep the first sentence of a parameter's account."""
    told = clean(text, 300)
    head, stop, _ = told.partition(". ")
    return head if stop else told.rstrip(".")


STANDS = {
    "free": "free, an assumption: nothing is cited for it",
    "argued": "argued from",
    "learnt": "learnt from",
}
WEIGHT = " (its weight)"


def standing(scenario: Scenario, name: str) -> str:
    """Say what the value of a parameter stands on, facts by their words."""
    found = standing_of_parameter(scenario, name)
    said = STANDS.get(found.name, f"{found.name} from")
    named = [running(label(ground)) for ground in found.grounds]
    return clean(f"{said} {', '.join(named)}" if named else said, 200)


class Values:
    """Values of a scenario's parameters as a reader needs them: rounded, paces as times, weights compared."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        often: list[Expr] = []
        worth: list[Expr] = []
        for move in scenario.moves().values():
            worth += move.impacts.values()
            if isinstance(move, Hazard):
                often += [move.rate] if move.rate is not None else []
                continue
            habit, own = move.habit, move.worth
            often += habit.values() if isinstance(habit, dict) else [habit] if habit is not None else []
            worth += own.values() if isinstance(own, dict) else [own] if own is not None else []
        worth += [i.worth for actor in scenario.actors.values() for i in actor.interests.values()]
        weighed, timed = (
            {n.name for e in exprs for n in walk(e) if isinstance(n, ParameterValue)}
            for exprs in (worth, often)
        )
        keys = {key_of_term(term, "") for each in worth for _, term in terms_of_sum(each)}
        self.weights = frozenset(keys & scenario.parameters.keys())
        self.paces = frozenset(
            name for name in timed - weighed if scenario.parameters[name].dimension == RATE
        )

    def called(self, name: str, about: str = "") -> str:
        """Say which assumption a parameter is: what it is called, and whether it is the weight of that."""
        said = called(about or self.scenario.parameters[name].about, name)
        plain = said.startswith("How ") or "weigh" in said.lower() or name not in self.weights
        return said if plain else f"{said}{WEIGHT}"

    def told(self, name: str, value: float | None = None) -> str:
        """Write a value, today's if none is given; a weight moved from today's with how it compares.

        What is more says how many times today's it is, what is less which part of today's is left.
        """
        parameter = self.scenario.parameters[name]
        now = parameter.value.value
        given = now if value is None else value
        if name in self.paces and given > 0.0:
            return pace(1.0 / given)
        text = coarsely(in_its_unit(parameter, given))
        if name not in self.weights or now == 0.0 or abs(given - now) < 0.02 * abs(now):
            return text
        if given * now < 0.0:
            return f"{text}, turned round"
        if given == 0.0:
            return f"{text}, no weight at all"
        if abs(now) == 1.0:
            return text
        ratio = given / now
        return (
            f"{text}, {amount(ratio)} times today's"
            if ratio > 1.0
            else f"{text}, {percent(ratio)} of today's"
        )

    def turning(self, name: str, there: float) -> str:
        """Write a value at which something turns; where it reads as today's, on which side of it."""
        said, now = self.told(name, there), self.scenario.parameters[name].value.value
        if said != self.told(name) or there == now:
            return said
        if name in self.paces:
            return f"just {'more' if there > now else 'less'} often than {said}"
        return f"just {'over' if there > now else 'under'} {said}"


def called_change(scenario: Scenario, change: str) -> str:
    """Say a change that a search writes, ``war_weight at 0.1`` or a measure, in the words of the crisis."""
    name, at, text = change.partition(" at ")
    if at and name in scenario.parameters:
        values = values_of(scenario)
        return f"{values.called(name)}: {values.told(name, parse_quantity(text).value)}"
    return called_measure(scenario, change)


def called_measure(scenario: Scenario, written: str) -> str:
    """Say a measure or another explanation, ``name`` or ``name (degree)``, in the words of the crisis."""
    name = written.partition(" (")[0]
    known = {**scenario.measures, **scenario.rivals}.get(name)
    return with_degree(phrase("" if known is None else known.about, name), written)


_LAST: list[Values] = []


def values_of(scenario: Scenario) -> Values:
    """Return the values of a scenario, kept for as long as no other is asked for."""
    found = next((kept for kept in _LAST if kept.scenario is scenario), None) or Values(scenario)
    _LAST[:] = [found]
    return found
