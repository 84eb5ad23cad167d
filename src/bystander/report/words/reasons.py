"""Why each owner acts or stands by, in sentences.

An institution that does not act is said to be stopped by what stops it for the largest share of the
time: no mandate, no request, a vote. One that does act is said to act, with its chance within a month,
and what stops it at other times. Whoever decides alone is said to act, or mostly not to, for the
largest term on that side, with the largest on the other.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment, Bar, Reason
from bystander.report.words.decomposition import wording
from bystander.report.words.names import inside, label, phrase
from bystander.report.words.numbers import duration, percent
from bystander.report.words.sentences import (
    Part,
    Sentence,
    chance,
    climbers,
    lowered,
    month,
    move_phrase,
    name,
    quoted,
    say,
)

LEAST = 0.05
ACTS = 0.45


def stands_by(reason: Reason) -> bool:
    """Say whether the owner of a move more likely does not make it."""
    return reason.log_odds < 0


def because(reason: Reason, assessment: Assessment | None = None) -> Sentence:
    """Say in one sentence why an owner acts or stands by; with an assessment, how likely it acts."""
    if reason.blocked:
        (text, share), *more = sorted(reason.blocked, key=lambda pair: -pair[1])[:2]
        first = say(obstacle(text), ", ", Part(percent(share), "number"), " of the time")
        rest = [say("; ", obstacle(text), ", ", Part(percent(share), "number")) for text, share in more]
        days, made = within_a_month(assessment, reason) if assessment is not None else (0.0, None)
        if made is not None and made >= ACTS:
            acts = say(deed(reason, reason.owner, " does "), ", ", chance(made), f" within {duration(days)}")
            return say(acts, "; at other times what stops it is ", first, *rest, ".")
        verb = " does not " if reason.probability < 0.01 else " mostly does not "
        return say(deed(reason, reason.owner, verb), ": ", first, *rest, ".")
    if not reason.bars:
        return say(
            name(label(reason.owner)),
            ": ",
            inside(move_phrase(reason)),
            ", ",
            chance(reason.probability),
            ".",
        )
    down = stands_by(reason)
    against = min(reason.bars, key=lambda b: b.log_odds)
    towards = max(reason.bars, key=lambda b: b.log_odds)
    lead, other = (against, towards) if down else (towards, against)
    if reason.voter:
        lines = say(name(label(reason.voter)), " would vote ", "no" if down else "yes", " on this")
    else:
        lines = deed(reason, reason.owner, " mostly does not " if down else " mostly does ")
    opposed = other.log_odds * lead.log_odds < 0 and abs(other.log_odds) >= LEAST
    contrary = say(", although ", ground(other, reason), " speaks for it" if down else " speaks against it")
    return say(lines, ", mainly because of ", ground(lead, reason), contrary if opposed else (), ".")


def deed(reason: Reason, who: str, verb: str) -> Sentence:
    """Say that someone does or does not do something; a move whose words name its owner is quoted."""
    what = move_phrase(reason)
    if label(who).lower() in what.lower():
        return say(name(subject(who)), verb, "act (\u201c", name(what), "\u201d)")
    return say(name(subject(who)), verb, name(lowered(what)))


def subject(owner: str) -> str:
    """Name an owner at the head of a sentence: "Russia", but "The CSTO"."""
    said = label(owner)
    return f"The {said}" if said.isupper() or owner == "west" else said


def ground(bar: Bar, reason: Reason) -> Sentence:
    """Say a term as a reason."""
    if bar.now:
        act = "vote" if reason.voter else "step"
        return say(f"what the {act} itself {'costs' if bar.log_odds < 0 else 'brings'}")
    if bar.group == "shocks":
        return say(
            "the room left for later votes" if "vote" in bar.name else "the room left for later choices"
        )
    return quoted(wording(bar, reason), bar.name)


def obstacle(text: str) -> str:
    """Say what stops an institution: ``vote: russia`` is "Russia's vote"."""
    kind, _, who = text.partition(": ")
    if kind == "vote" and who:
        return f"the vote of {label(who)}"
    return inside(phrase(text, text)).lower() if not who else inside(phrase(text, text))


def bystanders_first(assessment: Assessment) -> list[Reason]:
    """Order reasons: those who stand by before those who act, those in the fight last.

    Institutions come with the vote that matters most, before whoever decides alone.
    """
    involved = climbers(assessment)
    votes = {(r.owner, r.move): r for r in assessment.reasons if r.voter}
    bodies = [r for r in assessment.reasons if r.blocked]
    paired = {(r.owner, r.move) for r in bodies}
    bodies.sort(key=lambda r: (within_a_month(assessment, r)[1] or 0.0) >= ACTS)
    out = [r for body in bodies for r in (body, votes.get((body.owner, body.move))) if r is not None]
    out += [r for key, r in votes.items() if key not in paired]
    alone = [r for r in assessment.reasons if not r.blocked and not r.voter]
    return out + sorted(alone, key=lambda r: r.owner in involved)


def foremost(assessment: Assessment) -> list[Reason]:
    """Choose the reasons to open with: an institution that acts, then what each owner stands by for."""
    acting: list[Reason] = []
    idle: dict[str, Reason] = {}
    for reason in bystanders_first(assessment):
        if reason.voter:
            continue
        if reason.blocked and (within_a_month(assessment, reason)[1] or 0.0) >= ACTS:
            acting.append(reason)
        elif stands_by(reason):
            idle.setdefault(reason.owner, reason)
    return [*acting[:1], *idle.values()][:4]


def with_votes(assessment: Assessment) -> list[Reason]:
    """Give the foremost reasons, an institution's with the votes that follow it, in the order of all."""
    moves = {(r.owner, r.move) for r in foremost(assessment)}
    return [r for r in assessment.reasons if (r.owner, r.move) in moves]


def within_a_month(assessment: Assessment, reason: Reason) -> tuple[float, float | None]:
    """Give (days, chance) that the move is made within about a month of the onset; None if not asked."""
    made = (r for r in assessment.responses if (r.owner, r.move) == (reason.owner, reason.move))
    return next((month(r) for r in made), (0.0, None))
