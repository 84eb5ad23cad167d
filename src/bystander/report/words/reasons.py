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

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from bystander.assessment.result import AskAnswer, Assessment, Bar, MeasureResult, OutcomeResult, Reason
from bystander.equilibrium.reasons import ANSWERED, DONE, NO_MANDATE, NO_REQUEST, UNDER_WAY, VOTE, Hindrance
from bystander.process.result import Expectations
from bystander.report.words.asks import first, reasons_taken, weighing_in
from bystander.report.words.decomposition import (
    AGAIN,
    ANOTHER,
    CONTROL,
    HABIT,
    ITSELF,
    OPEN,
    gathered,
    kind_of,
    wording,
)
from bystander.report.words.numbers import (
    duration,
    foreseen,
    in_short,
    inside,
    label,
    percent,
    phrase,
    round_together,
    running,
)
from bystander.report.words.sentences import (
    Phrase,
    Sentence,
    chance,
    climbers,
    listed,
    month,
    move_phrase,
    name,
    number_of,
    party,
    possessive,
    quoted,
    say,
    subject,
)
from bystander.units import in_rank

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
    """Order reasons: those who stand by, those who step in, those in the fight; what is asked about first.

    Institutions come before whoever decides alone, each with the vote that matters most; what no question
    asks about comes after what one does, whosever it is.
    """
    votes = {(r.owner, r.move): r for r in assessment.reasons if r.voter}
    alone = [r for r in assessment.reasons if not r.voter]
    paired = {(r.owner, r.move) for r in alone if r.blocked}
    alone += [r for key, r in votes.items() if key not in paired]
    involved = climbers(assessment)
    asked = [m.move for answer in assessment.asks for m in answer.moves]
    places = {move: place for place, move in reversed(list(enumerate(asked)))}
    owners: dict[str, int] = {}
    for move, place in places.items():
        owner = move.partition(".")[0]
        owners[owner] = min(place, owners.get(owner, place))
    alone.sort(
        key=lambda r: (
            GROUPS.index(group_of(r, assessment, involved)),
            f"{r.owner}.{r.move}" not in places,
            not r.blocked,
            owners.get(r.owner, len(asked)),
            places.get(f"{r.owner}.{r.move}", len(asked)),
        )
    )
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
MISSING = {
    NO_MANDATE: "a mandate",
    NO_REQUEST: "a request",
    ANSWERED: "no answer given yet",
    UNDER_WAY: "it not under way yet",
    DONE: "it not done yet",
}
STANDING = 3
SELDOM = 0.5
"""Share of the time below which it is told how often a move can be made at all."""
COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def because(
    reason: Reason, assessment: Expecting = None, body: Reason | None = None, *, brief: bool = False
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
        return say(voting(reason, body), pleading(reason, ": ", 1, assessment), ".")
    if reason.blocked:
        head = (
            "; what stops it is " if stands_by(reason, assessment) else "; at other times what stops it is "
        )
        return say(expected(reason, assessment), head, stopping(reason, brief=brief), ".")
    return say(expected(reason, assessment), pleading(reason, "; ", 1, assessment), ".")


def lines(
    reason: Reason, assessment: Expecting = None, body: Reason | None = None, *, taken: bool = True
) -> list[Sentence]:
    """Tell a reason in full, a sentence a line.

    Parameters
    ----------
    taken
        Whether to tell what becomes of the move when its reasons are taken away, where that is known.
    """
    if reason.voter:
        return [say(voting(reason, body), pleading(reason, ": ", 2, assessment), ".")]
    told = [say(expected(reason, assessment), ".")]
    asked = answered(reason, assessment)
    if taken and asked is not None and asked.reasons:
        told.append(reasons_taken(asked))
    if reason.blocked:
        head = "What stops it is " if stands_by(reason, assessment) else "At other times what stops it is "
        return [*told, say(head, stopping(reason), ".")]
    if within_a_month(assessment, reason)[1] is None:
        by_habit = any(kind_of(bar, reason) == HABIT for bar in reason.bars)
        pleas = pleading(reason, "It is " if by_habit else "", 2, assessment)
        return [*told, say(pleas, ".")] if pleas else told
    pleas = pleading(reason, ": ", 2, assessment)
    seldom = ("It can be made ", Phrase(percent(reason.possible), "number"), " of the time; at")
    at = say(*(seldom if reason.possible < SELDOM else ("At",)), " each opportunity it is ")
    return [*told, say(at, chance(reason.probability), pleas, ".")]


def answered(reason: Reason, assessment: Expecting) -> AskAnswer | None:
    """Find the answer that measures what becomes of a move when reasons are taken away."""
    if not isinstance(assessment, Assessment):
        return None
    move = f"{reason.owner}.{reason.move}"
    same = [a for a in assessment.asks if not a.failure and any(m.modelled for m in a.moves)]
    return next((a for a in same if first(a).move == move and a.given == reason.given), None)


def expected(reason: Reason, assessment: Expecting) -> Sentence:
    """Say whether an owner is expected to make a move, and how likely it does."""
    made, when = within_a_month(assessment, reason)[1], clock(reason, assessment)
    if made is None:
        return say(deed(reason, ": to "), ", ", chance(reason.probability), f" {when}")
    may = foreseen(made, number_of(reason.owner).verb)
    return say(deed(reason, f" {may} "), ": ", chance(made), f" {when}")


def clock(reason: Reason, assessment: Expecting) -> str:
    """Say over what time the chance of a reason's move is told: "within a month", "at each opportunity"."""
    days, made = within_a_month(assessment, reason)
    if made is not None:
        return f"within {duration(days)}"
    return "whenever it comes up" if reason.blocked else "at each opportunity"


def deed(reason: Reason, verb: str) -> Sentence:
    """Say that an owner may do something; a move whose words name its owner is quoted."""
    what, who = move_phrase(reason), reason.owner
    if label(who).lower() in what.lower():
        return say(name(subject(who)), verb, "act (\u201c", name(what), "\u201d)")
    return say(name(subject(who)), verb, name(running(what)))


def shares(reason: Reason) -> list[tuple[str, float]]:
    """Give what stops a decision and how often nothing does, in whole percents that add up to 100.

    Votes are one entry, ``vote``; an empty name is nothing.
    """
    votes = sum(share for text, share in reason.blocked if text.startswith(VOTE))
    found = [(text, share) for text, share in reason.blocked if not text.startswith(VOTE)]
    found += [("vote", votes)] if votes else []
    found.sort(key=lambda pair: -in_rank(pair[1]))
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
            standing = answers_that_stand(reason, hundredths) if text == ANSWERED and not brief else ()
            told.append(say(obstacle(text), ", ", often, "" if told else " of the time", standing))
    return listed(told)


def answers_that_stand(reason: Reason, hundredths: float) -> Sentence:
    """Name in brackets the answers that stand most of the time, rounded to what all together are."""
    few = reason.standing[:STANDING]
    shares_of_few = [share for _, share in few]
    others = dict(reason.blocked)[ANSWERED] - sum(shares_of_few)
    rounded = round_together([100 * share for share in (*shares_of_few, others)], hundredths)
    told = [
        say("\u201c", running(phrase(text, text, 90)), "\u201d ", Phrase(percent(value / 100), "number"))
        for (text, _), value in zip(few, rounded, strict=False)
        if value >= 1
    ]
    return say(" (", commas(told), ")") if told else ()


def votes_against(reason: Reason, hundredths: float) -> tuple[list[tuple[str, float]], int, float]:
    """Share out what votes stop, in whole percents that add up: each vote, how many are told alone, the rest.

    Three are told alone, of more the first two; all others together are the sum of what each is. A vote has
    one number in a sentence and in a table.
    """
    votes = sorted(
        ((text.removeprefix(VOTE), share) for text, share in reason.blocked if text.startswith(VOTE)),
        key=lambda pair: -pair[1],
    )
    few = len(votes) if len(votes) <= 3 else 2
    each = round_together([100 * share for _, share in votes], hundredths)
    return [(who, value) for (who, _), value in zip(votes, each, strict=True)], few, sum(each[few:])


def _number(hundredths: float) -> Phrase:
    return Phrase(percent(hundredths / 100), "number")


def each_obstacle(reason: Reason) -> list[tuple[str, float]]:
    """Give what stops a decision, each vote apart, most first, and last, "", how often nothing does.

    In whole percents that add up to 100, as sentences tell them (`stopping`).
    """
    whole = dict(shares(reason))
    votes, _, _ = votes_against(reason, whole.pop("vote", 0.0))
    rest = whole.pop("")
    whole |= {f"{VOTE}{who}": value for who, value in votes}
    ordered = sorted(reason.blocked, key=lambda pair: (-in_rank(pair[1]), pair[0]))
    return [*((text, whole[text]) for text, _ in ordered), ("", rest)]


def naysayers(
    reason: Reason, hundredths: float, often: Phrase, *, first: bool, brief: bool = False
) -> Sentence:
    """Say whose votes fail a decision: the two that do so most, and all others together."""
    votes, few, others = votes_against(reason, hundredths)
    time = " of the time" if first else ""
    if len(votes) == 1:
        return say(name(possessive(party(votes[0][0]))), " no, ", often, time)
    if brief:
        return say("votes against it, ", often, time, ", most often ", name(possessive(party(votes[0][0]))))
    parts = [
        say(name(possessive(party(who))), " no counts for " if not k else " for ", _number(value))
        for k, (who, value) in enumerate(votes[:few])
    ]
    if few < len(votes):
        parts.append(say(f"those of {counted(len(votes) - few)} others for ", _number(others)))
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
    yes = say("yes from ", name(party(reason.voter)), " is ", chance(reason.probability), " at each vote")
    closed = {text: value for text, value in shares(body) if text in MISSING} if body is not None else {}
    if sum(closed.values()) < 50:
        return say("A ", yes)
    lacking = " and ".join(MISSING[text] for text in MISSING if text in closed)
    often = Phrase(percent(1 - sum(closed.values()) / 100), "number")
    return say(f"Even with {lacking} (", often, " of the time), a ", yes)


def pleading(reason: Reason, lead: str, most: int, assessment: Expecting) -> Sentence:
    """Say how a chance lies to that of habit alone, then what speaks for the move and what against it.

    Habit is where every chance starts, not a reason: reasons move it from there, the side that prevails
    first.
    """
    moved = [b for b in gathered(reason) if kind_of(b, reason) != HABIT]
    shift = sum(b.log_odds for b in moved)
    said: list[Sentence] = []
    if len(moved) < len(gathered(reason)):
        much = abs(shift) >= LEAST
        way = "less likely than" if shift < 0 else "likelier than"
        said.append(say(f"{way if much else 'about as likely as'} by habit alone"))
    least = max(LEAST, SLIGHT * max((abs(b.log_odds) for b in moved), default=0.0))
    told = [
        (head, side(reason, sign, most, least, assessment)) for head, sign in (("against", -1), ("for", 1))
    ]
    for head, parts in told if shift < 0 else reversed(told):
        if parts:
            what = "what" if said or lead else "What"
            said.append(say(f"{what} speaks {head} it is ", parts[0], *(say(" and ", p) for p in parts[1:])))
    return say(lead, *(say("; " if k else "", part) for k, part in enumerate(said))) if said else ()


def side(reason: Reason, sign: int, most: int, least: float, assessment: Expecting) -> list[Sentence]:
    """Name the weightiest terms on one side, those far lighter than the first left out.

    What can be had later and what can be decided later are one reason: to wait.
    """
    found = sorted(
        (b for b in gathered(reason) if sign * b.log_odds >= least and kind_of(b, reason) != HABIT),
        key=lambda b: (-abs(b.log_odds), b.name),
    )
    heavy = [b for b in found if abs(b.log_odds) >= LEVEL * abs(found[0].log_odds)]
    waiting = [b for b in heavy if kind_of(b, reason) in (AGAIN, OPEN)]
    if sign < 0 and len(waiting) > 1:
        heavy = [b for b in heavy if b not in waiting[1:]]
    return [
        say("that nothing is lost by waiting: ", may_wait(reason))
        if b in waiting and sign < 0 and len(waiting) > 1
        else say(ground(b, reason), inside_of(b, reason, assessment))
        for b in heavy[:most]
    ]


def inside_of(bar: Bar, reason: Reason, assessment: Expecting) -> Sentence:
    """Name the reasons of the answer that weigh in a move itself, so that both name the same things."""
    asked = answered(reason, assessment)
    if asked is None or kind_of(bar, reason) != ITSELF:
        return ()
    named = weighing_in(asked, against=bar.log_odds < 0)
    return say(" (", commas(named), ")") if named else ()


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
    if kind == ANOTHER:
        owner, _, last = bar.name.rpartition(".")
        own = owner == (reason.voter or reason.owner)
        whose = "its own later move" if own else "what happens later"
        if not own and owner != "nature":
            whose = f"a later move of {party(owner)}"
        return say(f"what becomes of {whose} (\u201c", running(phrase(bar.label, last, 90)), "\u201d)")
    return quoted(wording(bar, reason), bar.name)


def choice_left(bar: Bar, reason: Reason) -> str:
    """Say what acting now does to an owner's freedom to choose later."""
    votes = "vote" in bar.name
    if bar.group == CONTROL:
        return f"that going against habit later takes {'less' if bar.log_odds > 0 else 'more'} effort"
    if bar.log_odds > 0:
        return f"that it opens further {'votes' if votes else 'choices'}"
    if votes == bool(reason.voter):
        return f"that {'adopting it' if votes else 'acting'} now gives up the chance to decide later"
    return f"that it leaves fewer {'votes' if votes else 'choices'} for later"


def obstacle(text: str) -> str:
    """Say what stops an institution: ``vote: us`` is "the vote of the US"."""
    if text == ANSWERED:
        return "an answer that stands already"
    if text == UNDER_WAY:
        return "its being under way already"
    if text == DONE:
        return "its having been done already"
    kind, _, who = text.partition(": ")
    if kind == "vote" and who:
        return f"the vote of {party(who)}"
    return inside(phrase(text, text)).lower() if not who else inside(phrase(text, text))


JUMPED = "Includes a jump to another equilibrium: more than the effect along one."


def otherwise(
    numbers: Sequence[tuple[str, float]], shown: Sequence[OutcomeResult], told: Mapping[str, float]
) -> str:
    """Say outcomes at another equilibrium, those that read otherwise than is told; "" if none does."""
    known, said = dict(numbers), []
    for o in shown:
        if o.name in known and o.name in told:
            there, here = (in_short(each, o.estimate.unit) for each in (known[o.name], told[o.name]))
            said += (
                [f"\u201c{phrase(o.about, o.name)}\u201d {there} instead of {here}"] if there != here else []
            )
    return ", ".join(said)


ALONE = "The game then has several equilibria: solved by itself, as with `run --measure`, "


def by_itself(measure: MeasureResult, shown: Sequence[OutcomeResult]) -> str:
    """Say what a measure makes of outcomes where the scenario with it is solved by itself; "" if the same."""
    after = {name: there for name, _, there in measure.effects}
    said = otherwise(measure.by_itself, shown, after)
    return f"{ALONE}{said}." if said else ""


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
