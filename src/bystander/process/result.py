"""What the process answers, labelled: estimates, outcomes, judgements, responses.

Probabilities lie in [0, 1]; times are days; every `Estimate` says what unit it is in.
"""

from __future__ import annotations

from dataclasses import dataclass

HOLDS, FAILS, TOO_CLOSE, NOT_KNOWN = ("holds", "fails", "too close to say", "not known")


def verdict_in_words(holds: bool | None, why: str = "") -> str:
    """Say a verdict: ``holds`` is None where the answers are too close, or, with a reason why, not there."""
    if holds is None:
        return NOT_KNOWN if why else TOO_CLOSE
    return HOLDS if holds else FAILS


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its error bound and, where searched, its range over equilibria and prior draws.

    ``withheld`` says why there is no number where there is none: then ``value`` is not a number. An infinite
    time is an answer, and not withheld. ``mean`` is over prior draws that were solved, None where none were.
    """

    value: float
    error: float = 0.0
    low: float | None = None
    high: float | None = None
    unit: str = "probability"
    withheld: str = ""
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """A named quantity asked of the process, from a starting distribution.

    ``kind`` is one of ``probability``, ``amount``, ``count``, ``time``, ``share``. ``curve`` holds (days,
    value) pairs from 0 to the horizon where the kind has one, ``band`` (days, low, high) triples over
    equilibria and prior draws where searched. ``given`` is the condition (as written) at whose first onset
    the clock starts, "" for the scenario's own start. ``formula`` is the outcome as written in the scenario.
    ``headline`` outcomes are told first. ``days`` is the time within which it is asked, its own or the
    horizon; None where no day decides it.
    """

    name: str
    about: str
    kind: str
    estimate: Estimate
    given: str = ""
    formula: str = ""
    curve: tuple[tuple[float, float], ...] = ()
    because: tuple[str, ...] = ()
    band: tuple[tuple[float, float, float], ...] = ()
    headline: bool = True
    days: float | None = None


@dataclass(frozen=True, slots=True)
class JudgementResult:
    """One conclusion of the source, computed, and whether it comes out.

    ``number`` is the value of the left side, ``formula`` the judgement as written, ``holds`` the verdict at
    the central parameters (None where it cannot be said), ``verdict`` the same in words, ``why``
    what it cannot be said for, ``robustness`` the share of prior draws in which it holds (None until asked),
    ``deciding`` the parameters that decide. ``by_habit`` says whether it also holds where nobody has anything
    at stake, ``number_by_habit`` its number there (None where habits do not count): what holds by habit is no
    merit of the argument.
    """

    name: str
    claim: str
    says: str
    formula: str
    number: Estimate
    threshold: float
    holds: bool | None
    given: str = ""
    robustness: float | None = None
    deciding: tuple[str, ...] = ()
    why: str = ""
    by_habit: bool | None = None
    number_by_habit: float | None = None

    @property
    def needs_the_argument(self) -> bool:
        """Whether it holds, and would not by habit alone."""
        return self.holds is True and self.by_habit is False

    @property
    def verdict(self) -> str:
        """Holds, fails, too close to say, or not known."""
        return verdict_in_words(self.holds, self.why)


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Chance that an owner makes a move at least once within each time since the onset of a condition.

    ``within`` holds (days, probability) pairs. ``role`` is ``actor`` or ``institution``.
    """

    owner: str
    move: str
    about: str
    role: str
    within: tuple[tuple[float, float], ...]
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectations:
    """Who is expected to do what: chances of moves since the onset of a condition, "" for the start."""

    given: str
    responses: tuple[ResponseTimes, ...]
