"""Why someone acts or stands by: the labelled result that reports show."""

from __future__ import annotations

from dataclasses import dataclass

NO_MANDATE, NO_REQUEST, NO_VOTERS = "no mandate", "no request", "nobody may vote"
ANSWERED = "an answer that stands"
DONE = "done already"
UNDER_WAY = "under way"
VOTE = "vote: "
"""What stops a decision, as in `Reason.blocked`; after `VOTE` comes a member."""
HABIT = "habit"


@dataclass(frozen=True, slots=True)
class Bar:
    """One term of an exact decomposition, in log-odds.

    ``group`` is ``habit``, ``interest``, ``impact``, ``own worth``, ``control`` or ``shocks``. ``now`` marks
    the worth of the move itself, at the instant it is made; all other bars but habit are about what follows.
    """

    name: str
    label: str
    group: str
    log_odds: float
    because: tuple[str, ...] = ()
    now: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an owner makes or does not make a move, averaged over where the question arises.

    For an action or a vote, ``bars`` add up to ``log_odds``, the average log-odds of acting rather than
    waiting, or of yes rather than no, and ``probability`` is the average chance of it per opportunity or
    ballot.

    For an institution, ``probability`` is the chance that the decision would be possible and adopted if it
    came up, ``log_odds`` that of adoption where it can come up, and ``blocked`` holds (reason, share): ``no
    mandate``, ``no request``, ``vote: russia``; the shares and ``probability`` sum to 1.

    ``possible`` is the share of the time under the condition in which the move is possible.
    ``standing`` holds (what stands, share): which answer it is, where ``an answer that stands`` is in
    ``blocked`` and one variable tells it.
    """

    owner: str
    move: str
    about: str
    given: str
    probability: float
    log_odds: float
    bars: tuple[Bar, ...]
    blocked: tuple[tuple[str, float], ...] = ()
    voter: str = ""
    possible: float = 1.0
    standing: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Hindrance:
    """A decision with a wider mandate that is still not made.

    Attributes
    ----------
    before, after
        The largest obstacle and the share of the time for which it is one: ``no mandate``, ``no request``,
        ``vote: russia``.
    adopted
        Chance that the decision is adopted if it comes up, with the change.
    against
        The member whose vote stops it most then, "" if none does.
    asks
        Where the obstacle is a request: (move, chance that an opportunity ends in it) for each request.
    """

    decision: str
    about: str
    before: tuple[str, float]
    after: tuple[str, float]
    adopted: float
    against: str = ""
    asks: tuple[tuple[str, float], ...] = ()
