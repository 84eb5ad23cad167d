"""The answer to a scenario's question, in three or four sentences that an editor would print.

What is expected of the party, the reasons that carry it (each with what happens when it is taken away), what
would make it act, and whether its acting would change anything. A motive that changes nothing when taken away
is not called a reason, and a move that is not modelled is said not to be.
"""

from __future__ import annotations

from collections.abc import Sequence

from bystander.assessment.result import AskAnswer, Assessment, CarryingReason, ExpectedMove
from bystander.report.words.expressions import condition
from bystander.report.words.names import inside, label, phrase
from bystander.report.words.numbers import duration, percent, quantity
from bystander.report.words.sentences import Part, Sentence, chance, lowered, name, say

EVEN = 0.5
SHOWN = 3
LITTLE = 0.05
"""Relative change of an amount, or change of a probability, below which acting changes hardly anything."""


def answers(assessment: Assessment) -> list[Sentence]:
    """Return one paragraph for each question, in the order of the scenario."""
    about = {outcome.name: outcome.about for outcome in assessment.outcomes}
    return [paragraph(answer, about) for answer in assessment.asks]


def paragraph(answer: AskAnswer, about: dict[str, str]) -> Sentence:
    """Answer one question: expectation, reasons, what would make it act, what that would change."""
    sentences = [expected(answer)]
    if answer.failure:
        return say(*sentences, f" {answer.failure}")
    if any(move.modelled for move in answer.moves):
        sentences += [carried(answer), turned(answer), mattered(answer, about)]
    made: list[str | Part | Sentence] = []
    for sentence in sentences:
        made += [" ", sentence] if made and sentence else [sentence]
    return say(*made)


def who(answer: AskAnswer) -> str:
    """Name the party asked about."""
    return label(answer.party)


def act(move: ExpectedMove) -> str:
    """Say a move after "to": the move's own words, or its name."""
    return lowered(phrase(move.about, label(move.move.partition(".")[2])))


def expected(answer: AskAnswer) -> Sentence:
    """Say what is expected of each move asked about."""
    known = [move for move in answer.moves if move.modelled]
    missing = [move for move in answer.moves if not move.modelled]
    parts: list[str | Part | Sentence] = []
    clock = f" once this holds: {condition(answer.given)}" if answer.given else ""
    rare = [move for move in known if not move.chance.value >= EVEN]
    likely = [move for move in known if move.chance.value >= EVEN]
    if not answer.failure:
        if rare:
            parts += [name(who(answer)), " is not expected to ", either(rare, " or to ")]
        if rare and likely:
            parts += ["; it is expected to ", either(likely, " and to ")]
        elif likely:
            parts += [name(who(answer)), " is expected to ", either(likely, " and to ")]
        if known:
            parts.append(f", within {duration(answer.days)}{clock}.")
    if missing:
        said = " or ".join(label(move.move.partition(".")[2]).lower() for move in missing)
        parts.append(f"{' ' if parts else ''}Whether {who(answer)} would {said} is not modelled.")
    return say(*parts)


def either(moves: Sequence[ExpectedMove], joined: str) -> Sentence:
    """Join moves, each with its chance."""
    parts: list[str | Part | Sentence] = []
    for move in moves:
        parts += ([joined] if parts else []) + [act(move), ", ", chance(move.chance.value, move.chance)]
    return say(*parts)


def first(answer: AskAnswer) -> ExpectedMove:
    """Return the move that reasons are measured on."""
    return next(move for move in answer.moves if move.modelled)


def carried(answer: AskAnswer) -> Sentence:
    """Say which reasons carry it, measured by taking each away."""
    move = first(answer)
    back = [reason for reason in answer.reasons if reason.holds_back][:SHOWN]
    on = [reason for reason in answer.reasons if not reason.holds_back][:1]
    lead, other = (back, on) if move.chance.value < EVEN else (on, back)
    if not answer.reasons:
        if move.habit is None:
            return say("Nothing that is modelled moves it either way.")
        habit = chance(move.habit)
        return say(
            "No motive of its own changes that when it is taken away: habit alone has it at ", habit, "."
        )
    parts: list[str | Part | Sentence] = []
    if lead:
        alone = sum(move.modelled for move in answer.moves) == 1
        parts += ["This rests on " if alone else f"That it would {negation(move)}{act(move)} rests on "]
        parts += [series([taken(reason) for reason in lead], "and on "), "."]
    if other:
        parts += [" " if lead else "", "Against it works ", series([taken(r) for r in other], "and "), "."]
    return say(*parts)


def negation(move: ExpectedMove) -> str:
    """Say "not" for what is less likely than not."""
    return "" if move.chance.value >= EVEN else "not "


def series(items: Sequence[Sentence], last: str) -> Sentence:
    """Join sentences with commas, the last with a word."""
    parts: list[str | Part | Sentence] = []
    for place, item in enumerate(items):
        if place:
            parts.append(f" {last}" if place == len(items) - 1 else ", ")
        parts.append(item)
    return say(*parts)


def taken(reason: CarryingReason) -> Sentence:
    """Say a reason and the chance without it."""
    return say(quoted_reason(reason), " (", Part(percent(reason.chances[0][1]), "number"), " without it)")


def quoted_reason(reason: CarryingReason) -> Sentence:
    """Set what a motive is called in quotation marks: its words up to the first colon."""
    words = reason.about.partition(":")[0].partition(". ")[0]
    return say("\u201c", phrase(words, reason.name.partition(".")[2], 90), "\u201d")


def turned(answer: AskAnswer) -> Sentence:
    """Say what would make it act."""
    move = first(answer)
    if move.chance.value >= EVEN or not answer.together:
        return ()
    known = {reason.name: reason for reason in answer.reasons}
    names, reached = answer.together[-1]
    gone = series([quoted_reason(known[n]) for n in names], "or ")
    if reached >= EVEN:
        return say("Without ", gone, " it would act more likely than not: ", chance(reached), ".")
    parts: list[str | Part | Sentence] = ["Even without ", gone, " it is ", chance(reached)]
    if move.habit is not None:
        parts += ["; with nothing at stake for it at all, ", chance(move.habit)]
    return say(*parts, ".")


def mattered(answer: AskAnswer, about: dict[str, str]) -> Sentence:
    """Say whether acting would change the outcomes asked about."""
    parts: list[str | Part | Sentence] = []
    for move in answer.moves:
        for outcome, before, after, unit in move.changes:
            what = say("\u201c", inside(phrase(about.get(outcome, ""), outcome, 90)), "\u201d")
            if parts:
                parts.append("; ")
            parts += [f"to {act(move)} ", effect(what, before, after, unit)]
    return say("If it did act: ", *parts, ".") if parts else ()


def effect(what: Sentence, before: float, after: float, unit: str) -> Sentence:
    """Say how an outcome would move."""
    scale = 1.0 if unit == "probability" else max(abs(before), abs(after), 1e-9)
    if abs(after - before) < LITTLE * scale:
        return say("would hardly change ", what, f" ({told(before, unit)}, then {told(after, unit)})")
    verb = "lower" if after < before else "raise"
    return say(f"would {verb} ", what, f" from {told(before, unit)} to {told(after, unit)}")


def told(value: float, unit: str) -> str:
    """Write an outcome's value."""
    return f"{value:.0%}" if unit == "probability" else quantity(value, unit)
