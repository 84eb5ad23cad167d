"""The terms of a decomposition as shown.

Largest first, the small ones as one, rounded so that they add up to the total that is shown. A term is
worded by what it is: the move itself, the same move made later instead, an interest or another move that it
makes more or less likely, and the choices it leaves open (private shocks). `glossary` explains the words that
are not plain.
"""

from __future__ import annotations

from collections.abc import Iterable

from bystander.assessment.result import Bar, Reason
from bystander.report.words.names import label, phrase
from bystander.report.words.numbers import round_together

STEP = 0.01
LONGEST = 64
ITSELF, AGAIN, OPEN, ANOTHER, INTEREST = "itself", "again", "open", "another", "interest"
HABIT = "habit"

MEANINGS = {
    ITSELF: (
        "\u201cThe vote itself\u201d, \u201cthe step itself\u201d: what it costs or brings at the moment it"
        " is made, whatever follows."
    ),
    AGAIN: (
        "\u201cThe same, later\u201d: what doing it now changes in the cost or gain of doing it at another"
        " time. It speaks against acting now where the gain can be had later as well, and for it where the"
        " cost would come later anyway."
    ),
    OPEN: (
        "\u201cKeeping later votes (choices) open\u201d: what it is worth to decide later, when reasons of"
        " the moment that no scenario lists have shown which way they point. It speaks against acting"
        " now where acting ends that choice, and for it where acting opens others."
    ),
}


def terms(reason: Reason, most: int = 8) -> list[tuple[str, float, tuple[str, ...]]]:
    """Give (term, log-odds, citations), at most ``most`` and one for the rest.

    Values are multiples of `STEP` and add up; terms that round to nothing go with the rest; wordings
    are distinct.
    """
    if not reason.bars:
        return []
    bars = sorted(reason.bars, key=lambda b: (-abs(b.log_odds), b.name))
    large = [b for b in bars if abs(b.log_odds) >= STEP / 2] or bars[:1]
    few = large if len(large) <= most else large[:most]
    rest = bars[len(few) :]
    shown = [(wording(b, reason), b.log_odds, b.because) for b in few]
    left_over = sum(b.log_odds for b in rest)
    if rest and (abs(left_over) >= STEP / 2 or len(large) > len(few)):
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
        return "Habit: how often it is done when nothing is at stake"
    if kind == OPEN and bar.group == "control":
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


def glossary(reasons: Iterable[Reason]) -> list[str]:
    """Explain the terms that these reasons use and whose names do not say what they are."""
    used = {kind_of(b, r) for r in reasons for b in r.bars if abs(b.log_odds) >= STEP / 2}
    return [meaning for kind, meaning in MEANINGS.items() if kind in used]
