"""The model told in prose: a scenario compiled to English, every sentence with what it rests on.

For each actor: how often it can act, how it looks ahead, what it gains and loses and when, what it can
do. For each institution: its members, its mandate, who may ask, who abstains, the rule, and what
follows. For chance: what happens by itself and how often. What is said is what is compiled: every
sentence is made from the same expression the game is made from, none from its ``about`` alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bystander.assessment.result import Assessment
from bystander.report.words.expressions import COMPARED, english, is_number, onset, words
from bystander.report.words.numbers import clean, label, phrase, running
from bystander.scenario.expressions import Expr, to_text
from bystander.scenario.expressions.syntax import Named, Number, ParameterValue, Truth, walk
from bystander.scenario.schema import Action, Branch, Decision, Hazard, Institution, Rule, Scenario
from bystander.scenario.schema.moves import Move


@dataclass(frozen=True, slots=True)
class AccountSentence:
    """A sentence of the account with the facts, claims and parameters it rests on.

    The page shows each parameter's value.
    """

    text: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that is said of one owner; ``kind`` is ``actor``, ``institution`` or ``chance``."""

    name: str
    kind: str
    heading: str
    about: str
    statements: tuple[AccountSentence, ...] = field(default=())


def account(scenario: Scenario) -> tuple[Chapter, ...]:
    """Tell the scenario: actors, then institutions, then chance."""
    chapters = [actor(scenario, name) for name in scenario.actors]
    chapters += [institution(name, body) for name, body in scenario.institutions.items()]
    if scenario.hazards:
        said = tuple(hazard(name, body) for name, body in scenario.hazards.items())
        chapters.append(
            Chapter("nature", "chance", "Chance", "What happens without anyone choosing it", said)
        )
    return tuple(chapters)


def cited(because: tuple[str, ...], *expressions: Expr | None) -> tuple[str, ...]:
    """Collect what a sentence rests on: what it cites, and the parameters its expressions name."""
    named = [n.name for e in expressions if e is not None for n in walk(e) if isinstance(n, ParameterValue)]
    return tuple(dict.fromkeys([*because, *named]))


def actor(scenario: Scenario, name: str) -> Chapter:
    """Tell one actor."""
    body = scenario.actors[name]
    said = [
        AccountSentence(
            f"{opportunities(body.acts)} It discounts what comes later by {rate(body.discount)}.",
            cited((), body.acts, body.discount),
        )
    ]
    if not is_number(body.rationality, 1):
        said.append(
            AccountSentence(
                f"The precision of its choices is {english(body.rationality)}.", cited((), body.rationality)
            )
        )
    for key, interest in body.interests.items():
        verb = "It loses" if negative(interest.worth) else "It gains"
        said.append(
            AccountSentence(
                f"{verb} by \u201c{phrase(interest.about, key, 140)}\u201d: {rate(interest.worth)} in choice"
                f" units{condition(interest.when)}.",
                cited(interest.because, interest.worth, interest.when),
            )
        )
    said += [action(key, move) for key, move in body.actions.items()]
    return Chapter(name, "actor", clean(label(name), 60), phrase(body.about, name, 300), tuple(said))


def opportunities(acts: Expr) -> str:
    """Say how often an actor can act."""
    if isinstance(acts, Number) and acts.value == 0:
        return "It makes no moves of its own."
    return f"It has an opportunity to act {pace(acts)}."


def rate(expr: Expr) -> str:
    """Say a rate or a worth: numbers as they were written."""
    if isinstance(expr, Number):
        return to_text(expr).replace("-", "\u2212", 1).replace("every 1 ", "every ")
    return english(expr).replace("every 1 ", "every ")


def pace(expr: Expr) -> str:
    """Say how often something happens: ``every 3 days``, ``at sessions per year``."""
    said = rate(expr)
    return said if said.startswith("every ") else f"at {said}"


def negative(expr: Expr) -> bool:
    """Say whether an expression is plainly a loss."""
    return to_text(expr).startswith("-")


def condition(when: Expr | None, lead: str = " while ") -> str:
    """Say when, or nothing if always."""
    return "" if when is None or when == Truth(True) else f"{lead}{english(when)}"


def action(name: str, move: Action) -> AccountSentence:
    """Tell one action."""
    own = (
        ""
        if isinstance(move.worth, Number) and move.worth.value == 0
        else f" The act itself is worth {rate(move.worth)} to it."
    )
    off = "" if move.enabled else " (not in the game unless a measure allows it)"
    return AccountSentence(
        f"It may \u201c{phrase(move.about, name, 140)}\u201d{off}{condition(move.when)}; then"
        f" {effects(move.then)}.{own}{impacts(move)}",
        cited(move.because, move.worth, move.when, *(b.chance for b in move.then), *move.impacts.values()),
    )


def impacts(move: Move) -> str:
    """Say what a move is worth to others at the instant it happens."""
    if not move.impacts:
        return ""
    said = ", ".join(f"{rate(worth)} to {label(who)}" for who, worth in move.impacts.items())
    return f" At that instant it is worth {said}."


def effects(then: tuple[Branch, ...]) -> str:
    """Say what a move changes."""
    if len(then) == 1:
        return changes(then[0])
    return "; or ".join(
        f"{'otherwise' if b.rest else 'with chance ' + rate(b.chance)} {changes(b)}" for b in then
    )


def changes(branch: Branch) -> str:
    """Say the changes of one branch."""
    said = [f"{words(variable)} becomes {words(level)}" for variable, level in branch.changes.items()]
    said += [f"{words(variable)} becomes {english(effect)}" for variable, effect in branch.computed.items()]
    return " and ".join(said) or "nothing changes"


def hazard(name: str, move: Hazard) -> AccountSentence:
    """Tell one hazard."""
    often = f"once every {english(move.every)} on average" if move.every is not None else pace(move.frequency)
    return AccountSentence(
        f"\u201c{phrase(move.about, name, 140)}\u201d happens {often}{condition(move.when)}; then"
        f" {effects(move.then)}.{impacts(move)}",
        cited(move.because, move.every, move.rate, move.when, *(b.chance for b in move.then)),
    )


def institution(name: str, body: Institution) -> Chapter:
    """Tell one institution."""
    members = ", ".join(label(m) for m in body.members)
    said = [AccountSentence(f"Its members are {members}.")]
    said += [s for key, decision in body.decisions.items() for s in mandate(key, decision)]
    return Chapter(name, "institution", clean(label(name), 60), phrase(body.about, name, 300), tuple(said))


def mandate(name: str, decision: Decision) -> list[AccountSentence]:
    """Tell one decision: mandate, request, recusal, rule, pace, effect, worth."""
    what = phrase(decision.about, name, 140)
    allowed = condition(decision.when, " only while ") or " at any time"
    asked = (
        f", and only if it has been asked: {english(decision.request)}"
        if decision.request is not None
        else ""
    )
    said = [
        AccountSentence(
            f"It may \u201c{what}\u201d{allowed}{asked}.",
            cited(decision.because, decision.when, decision.request),
        )
    ]
    vote = f"The matter comes up {pace(decision.proposed)} and is decided by {rule(decision.rule)}"
    if decision.recuse:
        vote += "; " + ", ".join(
            f"{label(m)} does not vote{condition(c, ' if ')}" for m, c in decision.recuse.items()
        )
    said.append(
        AccountSentence(
            f"{vote}. If adopted, {effects(decision.then)}.{impacts(decision)}", cited((), decision.proposed)
        )
    )
    if decision.worth:
        worth = ", ".join(f"{rate(w)} to {label(m)}" for m, w in decision.worth.items())
        said.append(
            AccountSentence(f"Adopting it is in itself worth {worth}.", cited((), *decision.worth.values()))
        )
    return said


def rule(given: Rule) -> str:
    """Say a voting rule."""
    match given.kind:
        case "consensus":
            return "consensus: every voter must say yes"
        case "unanimity minus one":
            return "unanimity minus one: all voters but one must say yes"
        case "majority":
            return "majority: more than half must say yes"
        case "quorum":
            veto = f", and none of {', '.join(label(m) for m in given.veto)} may say no" if given.veto else ""
            return f"quorum: at least {given.quota} must say yes{veto}"
        case "share":
            of = " of the votes, by weight," if given.weights else " of the votes"
            return f"majority: at least {given.share}{of} must be yes"
        case "silence":
            return f"silence: it passes unless {given.quota} or more object"
        case "leader":
            return f"the word of {label(given.leader)} alone"
    weights = ", ".join(f"{label(m)} {w}" for m, w in given.weights.items())
    return f"weighted votes ({weights}), of which {given.quota} adopt"


def meanings(scenario: Scenario) -> list[AccountSentence]:
    """Tell the named conditions the account uses."""
    return [
        AccountSentence(
            f"\u201c{label(name)}\u201d means: {english(body.body if isinstance(body, Named) else body)}.",
            cited((), body),
        )
        for name, body in scenario.conditions.items()
    ]


QUERY = re.compile(r"([PE])\((\w+)(?: \| ([^,()]+))?(?:, within ([^()]+))?\)")


def asked_as(scenario: Scenario | None, name: str) -> str:
    """Say what an outcome asks, in words; "" where the scenario does not tell."""
    asked = None if scenario is None else scenario.outcomes.get(name)
    if scenario is None or asked is None:
        return ""
    if asked.before is not None:
        return f"whether this comes before that: {english(asked.before.first)}; {english(asked.before.than)}"
    if asked.question in ("fires", "counts"):
        moves = [told_move(scenario, move) for move in (asked.fires or asked.counts or ())]
        which = "this is" if len(moves) == 1 else "any of these is"
        how = f"whether {which} done at least once" if asked.fires else f"how often {which} done"
        return f"{how}: {'; '.join(moves)}"
    if asked.question in ("accumulates", "on_moves"):
        parts = [f"{english(a.amount)} while {english(a.when)}" for a in asked.accumulates or ()]
        parts += [
            f"{english(much)} each time: {told_move(scenario, move)}"
            for move, much in (asked.on_moves or {}).items()
        ]
        return f"the sum of {'; '.join(parts)}"
    return f"{ASKED[asked.question]} {english(getattr(asked, asked.question))}"


ASKED = {
    "ever": "whether it is ever so that",
    "at": "whether at the end it is so that",
    "share": "the share of the time in which",
    "time_to": "the time until",
    "long_run": "the share of the time, in the long run, in which",
}


def told_move(scenario: Scenario, move: str) -> str:
    """Say a move with whose it is: ``Russia: send troops by itself``."""
    owner, _, short = move.partition(".")
    known = scenario.moves().get(move)
    said = phrase("" if known is None else known.about, short, 140)
    return f"{label(owner)}: {running(said)}" if owner != "nature" else said


def judged_as(assessment: Assessment, formula: str) -> str:
    """Say in words when a judgement holds."""
    about = {o.name: phrase(o.about, o.name, 120) for o in assessment.outcomes}

    def told(found: re.Match[str]) -> str:
        what = f"{'the chance' if found[1] == 'P' else 'the expected number'} of "
        what += f"\u201c{about.get(found[2], label(found[2]))}\u201d"
        since = onset(found[3] or "", assessment.held)
        what += f" (counted from {since})" if since else ""
        return what + (f" within {found[4]}" if found[4] else "")

    said = QUERY.sub(told, clean(formula, 600))
    for sign, words_ in COMPARED.items():
        said = said.replace(f" {sign} ", f" {words_} ")
    return said.replace(" - ", " less ")
