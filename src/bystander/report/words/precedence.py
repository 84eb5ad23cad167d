"""Which reasons are told first.

Those who stand by come before those who step in, those in the fight last. Whether someone acts is judged by
the chance that the move is made within about a month of the onset; where that was not asked, by its
chance at each opportunity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from bystander.assessment.result import Assessment, Reason
from bystander.process.result import Expectations
from bystander.report.words.sentences import climbers, month

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
