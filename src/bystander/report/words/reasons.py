"""Why each owner acts or stands by, in sentences.

`lines` tells a reason in full: who is expected to do what, and how likely; what stops it; what speaks for
it and against it. `because` says the same in a title. Likelihoods are those of the assessment: the chance
within about a month of the onset, the chance at each opportunity or ballot, and for an institution the
share of the time in which something stops it. Those shares are rounded together, the remainder named, so
that they make a whole.

Votes on what has no mandate, or was not asked for, are told as what they are: what would happen even then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bystander.assessment.result import Bar, Reason
from bystander.equilibrium.reasons import NO_MANDATE, NO_REQUEST, VOTE
from bystander.report.words.decomposition import AGAIN, ITSELF, OPEN, kind_of, wording
from bystander.report.words.names import inside, label, phrase
from bystander.report.words.numbers import duration, percent, round_together
from bystander.report.words.precedence import Expecting, stands_by, within_a_month
from bystander.report.words.sentences import (
    Part,
    Sentence,
    chance,
    listed,
    lowered,
    move_phrase,
    name,
    quoted,
    say,
)

LEAST = 0.05
LEVEL, SLIGHT = 0.3, 0.1
MISSING = {NO_MANDATE: "a mandate", NO_REQUEST: "a request"}
SPOKEN = re.compile(r"(?=.{4})(?:[^AEIOU]?[AEIOU]{1,2})+[^AEIOU]?")
"""Short names said as a word, without an article: NATO and ECOWAS, but the CSTO, the EU, the OSCE."""
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def because(
    reason: Reason,
    assessment: Expecting = None,
    body: Reason | None = None,
    *,
    brief: bool = False,
) -> Sentence:
    """Say why an owner acts or stands by as a title does: how likely, and what decides it.

    Parameters
    ----------
    body
        For a vote: what stands in the way of the decision, so that a vote which hardly arises is said to.
    brief
        Whether to name, of those whose votes stop a decision, only the one who does so most often.
    """
    if reason.voter:
        return say(voting(reason, body), pleading(reason, ": ", 1), ".")
    if reason.blocked:
        head = (
            "; what stops it is " if stands_by(reason, assessment) else "; at other times what stops it is "
        )
        return say(expected(reason, assessment), head, stopping(reason, brief=brief), ".")
    return say(expected(reason, assessment), pleading(reason, "; ", 1), ".")


def lines(reason: Reason, assessment: Expecting = None, body: Reason | None = None) -> list[Sentence]:
    """Tell a reason in full, a sentence a line."""
    if reason.voter:
        return [say(voting(reason, body), pleading(reason, ": ", 2), ".")]
    told = [say(expected(reason, assessment), ".")]
    if reason.blocked:
        head = "What stops it is " if stands_by(reason, assessment) else "At other times what stops it is "
        return [*told, say(head, stopping(reason), ".")]
    if within_a_month(assessment, reason)[1] is not None:
        told.append(say("At each opportunity it is ", chance(reason.probability), "."))
    pleas = pleading(reason, "", 2)
    return [*told, say(pleas, ".")] if pleas else told


def expected(reason: Reason, assessment: Expecting) -> Sentence:
    """Say whether an owner is expected to make a move, and how likely it does."""
    days, made = within_a_month(assessment, reason)
    when = f" within {duration(days)}"
    if made is None:
        made, when = reason.probability, " whenever it comes up" if reason.blocked else " at each opportunity"
    verb = " is not expected to " if made < 0.2 else " may " if made < 0.55 else " is expected to "
    return say(deed(reason, verb), ": ", chance(made), when)


def deed(reason: Reason, verb: str) -> Sentence:
    """Say that an owner may do something; a move whose words name its owner is quoted."""
    what, who = move_phrase(reason), reason.owner
    if label(who).lower() in what.lower():
        return say(name(subject(who)), verb, "act (\u201c", name(what), "\u201d)")
    return say(name(subject(who)), verb, name(lowered(what)))


def subject(owner: str) -> str:
    """Name an owner at the head of a sentence: "Russia" and "NATO", but "The CSTO"."""
    said = label(owner)
    first = said.partition(" ")[0]
    spelt = first.isupper() and not SPOKEN.fullmatch(first)
    return f"The {said}" if spelt or owner == "west" else said


def shares(reason: Reason) -> list[tuple[str, float]]:
    """Give what stops a decision and how often nothing does, in whole percents that add up to 100.

    Votes are one entry, ``vote``; an empty name is nothing.
    """
    votes = sum(share for text, share in reason.blocked if text.startswith(VOTE))
    found = [(text, share) for text, share in reason.blocked if not text.startswith(VOTE)]
    found += [("vote", votes)] if votes else []
    found.sort(key=lambda pair: -pair[1])
    found.append(("", max(0.0, 1.0 - sum(share for _, share in found))))
    rounded = round_together([100 * share for _, share in found], 100.0)
    return [(text, value) for (text, _), value in zip(found, rounded, strict=True)]


def stopping(reason: Reason, *, brief: bool = False) -> Sentence:
    """Say what stops a decision: shares of the time that add up, votes with whose they are."""
    told: list[Sentence] = []
    for text, hundredths in shares(reason):
        if hundredths < 1 and (told or not text):
            continue
        often = Part(percent(hundredths / 100), "number")
        if not text:
            told.append(say("nothing, ", often, ": it would pass"))
        elif text == "vote":
            told.append(naysayers(reason, hundredths, often, first=not told, brief=brief))
        else:
            told.append(say(obstacle(text), ", ", often, "" if told else " of the time"))
    return listed(told)


def naysayers(
    reason: Reason, hundredths: float, often: Part, *, first: bool, brief: bool = False
) -> Sentence:
    """Say whose votes fail a decision: the two that do so most, and all others together."""
    votes = sorted(
        ((text.removeprefix(VOTE), share) for text, share in reason.blocked if text.startswith(VOTE)),
        key=lambda pair: -pair[1],
    )
    time = " of the time" if first else ""
    if len(votes) == 1:
        return say(name(label(votes[0][0])), "\u2019s no, ", often, time)
    if brief:
        return say("votes against it, ", often, time, ", most often ", name(label(votes[0][0])), "\u2019s")
    few = votes if len(votes) <= 3 else votes[:2]
    others = votes[len(few) :]
    values = [100 * share for _, share in few] + ([100 * sum(s for _, s in others)] if others else [])
    rounded = [Part(percent(v / 100), "number") for v in round_together(values, hundredths)]
    parts = [
        say(name(label(who)), "\u2019s no counts for " if not k else "\u2019s for ", shown)
        for k, ((who, _), shown) in enumerate(zip(few, rounded, strict=False))
    ]
    if others:
        parts.append(say(f"those of {counted(len(others))} others for ", rounded[-1]))
    return say("votes against it, ", often, time, " (", commas(parts), ")")


def counted(number: int) -> str:
    """Write a small number as a word."""
    return COUNTS[number - 1] if number <= len(COUNTS) else f"{number}"


def commas(parts: Iterable[Sentence]) -> Sentence:
    """Join short phrases by commas."""
    out: list[Sentence | str] = []
    for k, part in enumerate(parts):
        out += [", ", part] if k else [part]
    return say(*out)


def voting(reason: Reason, body: Reason | None = None) -> Sentence:
    """Say how likely a member votes yes; for a decision that mostly cannot come up, that it is what if."""
    yes = say("yes from ", name(label(reason.voter)), " is ", chance(reason.probability))
    closed = {text: value for text, value in shares(body) if text in MISSING} if body is not None else {}
    if sum(closed.values()) < 50:
        return say("A ", yes)
    lacking = " and ".join(MISSING[text] for text in MISSING if text in closed)
    often = Part(percent(1 - sum(closed.values()) / 100), "number")
    return say(f"Even with {lacking} (", often, " of the time), a ", yes)


def pleading(reason: Reason, lead: str, most: int) -> Sentence:
    """Say what speaks for a move and what against it, the side that prevails first."""
    least = max(LEAST, SLIGHT * max((abs(b.log_odds) for b in reason.bars), default=0.0))
    told = [(" against it", side(reason, -1, most, least)), (" for it", side(reason, 1, most, least))]
    if reason.log_odds >= 0:
        told.reverse()
    said = [(head, part) for head, part in told if part]
    if not said:
        return ()
    (head, first), *more = said
    start = say(f"{lead}{head.lstrip()} speaks " if lead else f"{head.lstrip().capitalize()} speaks ", first)
    return say(start, *(say(f";{head}, ", part) for head, part in more))


def side(reason: Reason, sign: int, most: int, least: float) -> Sentence:
    """Name the weightiest terms on one side, those far lighter than the first left out.

    What can be had later and what can be decided later are one reason: to wait.
    """
    found = sorted(
        (b for b in reason.bars if sign * b.log_odds >= least), key=lambda b: (-abs(b.log_odds), b.name)
    )
    heavy = [b for b in found if abs(b.log_odds) >= LEVEL * abs(found[0].log_odds)]
    waiting = [b for b in heavy if kind_of(b, reason) in (AGAIN, OPEN)]
    if sign < 0 and len(waiting) > 1:
        heavy = [b for b in heavy if b not in waiting[1:]]
    parts = [
        say("that nothing is lost by waiting: ", may_wait(reason))
        if b in waiting and sign < 0 and len(waiting) > 1
        else ground(b, reason)
        for b in heavy[:most]
    ]
    return say(parts[0], " and ", parts[1]) if len(parts) > 1 else parts[0] if parts else ()


def may_wait(reason: Reason) -> str:
    """Say that the same can be decided later."""
    return "a later vote could still adopt it" if reason.voter else "it can still be done later"


def ground(bar: Bar, reason: Reason) -> Sentence:
    """Say a term as a reason, what a choice forgoes or repeats in words of the case."""
    against, act, kind = bar.log_odds < 0, "vote" if reason.voter else "step", kind_of(bar, reason)
    if kind == ITSELF:
        return say(f"what the {act} itself {'costs' if against else 'brings'}")
    if kind == AGAIN:
        itself = sum(b.log_odds for b in reason.bars if kind_of(b, reason) == ITSELF)
        if itself * bar.log_odds > 0:
            return say("that more of the same would follow")
        if against:
            return say(f"that {may_wait(reason)}")
        return say("that its cost would come later anyway")
    if kind == OPEN:
        return say(choice_left(bar, reason))
    return quoted(wording(bar, reason), bar.name)


def choice_left(bar: Bar, reason: Reason) -> str:
    """Say what acting now does to an owner's freedom to choose later."""
    votes = "vote" in bar.name
    if bar.log_odds > 0:
        return f"that it opens further {'votes' if votes else 'choices'}"
    if votes == bool(reason.voter):
        return f"that {'adopting it' if votes else 'acting'} now gives up the chance to decide later"
    return f"that it leaves fewer {'votes' if votes else 'choices'} for later"


def obstacle(text: str) -> str:
    """Say what stops an institution: ``vote: russia`` is "the vote of Russia"."""
    kind, _, who = text.partition(": ")
    if kind == "vote" and who:
        return f"the vote of {label(who)}"
    return inside(phrase(text, text)).lower() if not who else inside(phrase(text, text))
