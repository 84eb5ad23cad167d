"""The terms of a decomposition as shown.

Largest first, the small ones as one, rounded so that they add up to the total that is shown. A term is
worded by what it is: what the move itself costs or brings, an interest or a later move that it makes
more or less likely, and the room it leaves for choosing freely later on (private shocks).
"""

from __future__ import annotations

from bystander.assessment.result import Bar, Reason
from bystander.report.words.names import phrase
from bystander.report.words.numbers import round_together

STEP = 0.01
LONGEST = 64


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
        shown.append((f"{len(rest)} smaller terms together", left_over, ()))
    rounded = round_together([v for _, v, _ in shown], reason.log_odds, STEP)
    seen: dict[str, int] = {}
    out = []
    for (text, _, cites), value in zip(shown, rounded, strict=True):
        seen[text] = seen.get(text, 0) + 1
        out.append((text if seen[text] == 1 else f"{text} ({seen[text]})", value, cites))
    return out


def wording(bar: Bar, reason: Reason) -> str:
    """Say what a term is."""
    if bar.now:
        return "The vote itself" if reason.voter else "The step itself"
    if bar.group == "shocks":
        return "Room for later votes" if "vote" in bar.name else "Room for later choices"
    told = phrase(bar.label, bar.name.rpartition(".")[2], LONGEST)
    return f"Later: {told[:1].lower()}{told[1:]}" if bar.group in ("own worth", "impact") else told
