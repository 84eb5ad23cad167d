"""Why each owner acts or stands by, in sentences, and which reasons are told first.

Those who stand by come before those who step in, those in the fight last. Whether someone acts is judged by
the chance that the move is made within about a month of the onset; where that was not asked, by its
chance at each opportunity.

`lines` tells a reason in full: who is expected to do what, and how likely; what stops it; what speaks for
it and against it. `because` says the same in a title. Likelihoods are those of the assessment: the chance
within about a month of the onset, the chance at each opportunity or ballot, and for an institution the
share of the time in which something stops it. Those shares are rounded together, the remainder named, so
that they make a whole.

Votes on what has no mandate, or was not asked for, are told as what they are: what would happen even then.
Why a wider mandate changes nothing takes one sentence for each decision (`hindered`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from bystander.assessment.result import Assessment, Bar, Reason
from bystander.equilibrium.reasons import ANSWERED, NO_MANDATE, NO_REQUEST, VOTE, Hindrance
from bystander.process.result import Expectations
from bystander.report.words.decomposition import AGAIN, HABIT, ITSELF, OPEN, kind_of, wording
from bystander.report.words.numbers import duration, foreseen, inside, label, percent, phrase, round_together
from bystander.report.words.sentences import (
    Phrase,
    Sentence,
    chance,
    climbers,
    listed,
    lowered,
    month,
    move_phrase,
    name,
    quoted,
    say,
)

Expecting: TypeAlias = Assessment | Expectations | None
"""What is known of who does what; None where that was not asked."""
ACTS = 0.45
STANDS_BY, STEPS_IN, FIGHTS = GROUPS = ("stands by", "steps in", "fights")
HEADINGS = {STANDS_BY: "Those who stand by", STEPS_IN: "Those who step in", FIGHTS: "Those in the fight"}


def stands_by(reason: Reason, assessment: Expecting = None) -> bool:
    """Say whether the owner of a move more likely does not make it."""
    made = within_a_month(assessment, reason)[1]
    return (reason.probability if made is None else made) < ACTS


def within_a_month(assessment: Expecting, reason: Reason) -> tuple[float, float | None]:
    """Give (days, chance) that the move is made within about a month of the onset; None if not asked.

    A reason that is asked under another condition has another clock.
    """
    asked = () if assessment is None or assessment.given != reason.given else assessment.responses
    made = (r for r in asked if (r.owner, r.move) == (reason.owner, reason.move) and r.within)
    return next((month(r) for r in made), (0.0, None))


def bystanders_first(assessment: Assessment) -> list[Reason]:
    """Order reasons: those who stand by, those who step in, those in the fight.

    Institutions come before whoever decides alone, each with the vote that matters most.
    """
    votes = {(r.owner, r.move): r for r in assessment.reasons if r.voter}
    alone = [r for r in assessment.reasons if not r.voter]
    paired = {(r.owner, r.move) for r in alone if r.blocked}
    alone += [r for key, r in votes.items() if key not in paired]
    involved = climbers(assessment)
    alone.sort(key=lambda r: (GROUPS.index(group_of(r, assessment, involved)), not r.blocked))
    out = []
    for reason in alone:
        vote = votes.get((reason.owner, reason.move)) if reason.blocked else None
        out += [reason] if vote is None else [reason, vote]
    return out


def group_of(reason: Reason, assessment: Assessment, involved: set[str]) -> str:
    """Say whether a reason is that of a bystander, of someone who steps in, or of someone in the fight."""
    if reason.owner in involved:
        return FIGHTS
    return STANDS_BY if stands_by(reason, assessment) else STEPS_IN


def body_of(vote: Reason, reasons: Sequence[Reason]) -> Reason | None:
    """Find what stands in the way of the decision that a vote is about."""
    if not vote.voter:
        return None
    return next((r for r in reasons if r.blocked and (r.owner, r.move) == (vote.owner, vote.move)), None)


def foremost(assessment: Assessment) -> list[Reason]:
    """Choose the reasons to open with: an institution that acts, then what each owner stands by for."""
    acting: list[Reason] = []
    idle: dict[str, Reason] = {}
    for reason in bystanders_first(assessment):
        if reason.voter:
            continue
        if stands_by(reason, assessment):
            idle.setdefault(reason.owner, reason)
        elif reason.blocked:
            acting.append(reason)
    return [*acting[:1], *idle.values()][:4]


LEAST = 0.05
LEVEL, SLIGHT = 0.3, 0.1
AT_REST = " when nothing is at stake"
MISSING = {NO_MANDATE: "a mandate", NO_REQUEST: "a request", ANSWERED: "no answer given yet"}
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
    return say(deed(reason, f" {foreseen(made)} "), ": ", chance(made), when)


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


def party(owner: str) -> str:
    """Name an owner inside a sentence: "Russia", but "the CSTO"."""
    said = subject(owner)
    return "the" + said[3:] if said.startswith("The ") else said


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
        often = Phrase(percent(hundredths / 100), "number")
        if not text:
            told.append(say("nothing, ", often, ": it would pass"))
        elif text == "vote":
            told.append(naysayers(reason, hundredths, often, first=not told, brief=brief))
        else:
            told.append(say(obstacle(text), ", ", often, "" if told else " of the time"))
    return listed(told)


def naysayers(
    reason: Reason, hundredths: float, often: Phrase, *, first: bool, brief: bool = False
) -> Sentence:
    """Say whose votes fail a decision: the two that do so most, and all others together."""
    votes = sorted(
        ((text.removeprefix(VOTE), share) for text, share in reason.blocked if text.startswith(VOTE)),
        key=lambda pair: -pair[1],
    )
    time = " of the time" if first else ""
    if len(votes) == 1:
        return say(name(party(votes[0][0])), "\u2019s no, ", often, time)
    if brief:
        return say("votes against it, ", often, time, ", most often ", name(party(votes[0][0])), "\u2019s")
    few = votes if len(votes) <= 3 else votes[:2]
    others = votes[len(few) :]
    values = [100 * share for _, share in few] + ([100 * sum(s for _, s in others)] if others else [])
    rounded = [Phrase(percent(v / 100), "number") for v in round_together(values, hundredths)]
    parts = [
        say(name(party(who)), "\u2019s no counts for " if not k else "\u2019s for ", shown)
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
    yes = say("yes from ", name(party(reason.voter)), " is ", chance(reason.probability))
    closed = {text: value for text, value in shares(body) if text in MISSING} if body is not None else {}
    if sum(closed.values()) < 50:
        return say("A ", yes)
    lacking = " and ".join(MISSING[text] for text in MISSING if text in closed)
    often = Phrase(percent(1 - sum(closed.values()) / 100), "number")
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
    if kind == HABIT:
        return say("habit: it is seldom done" if against else "habit: it is often done even", AT_REST)
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


JUMPED = "Includes a jump to another equilibrium: more than the effect along one."


def jumps(names: Sequence[str]) -> str:
    """Say which effects include a jump, as a sentence to add to others; "" if none does."""
    return f" Includes a jump to another equilibrium: {', '.join(names)}." if names else ""


def hindered(found: Hindrance) -> str:
    """Say what stops a decision now, what stopped it before, and what would happen if it came up."""
    owner = label(found.decision.partition(".")[0])
    (was, earlier), (is_, now) = found.before, found.after
    said = (
        f"{owner}, \u201c{phrase(found.about, found.decision)}\u201d: stopped by {obstacle(is_)}, "
        f"{percent(now)} of the time (before: {obstacle(was)}, {percent(earlier)})"
    )
    for move, share in found.asks:
        said += f"; {label(move)} is chosen at {percent(share)} of opportunities"
    said += f"; put to the vote it would pass {percent(found.adopted)} of the time"
    return f"{said}, stopped first by {obstacle(VOTE + found.against)}." if found.against else f"{said}."
