"""The terms of a decomposition as shown.

Largest first, the rest as one, rounded so that they add up to the total that is shown.
"""

from __future__ import annotations

from bystander.assessment.result import Bar, Reason
from bystander.report.words.names import phrase
from bystander.report.words.numbers import round_together

STEP = 0.01


def terms(reason: Reason, most: int = 8) -> list[tuple[str, float, tuple[str, ...]]]:
    """Give (term, log-odds, citations), at most ``most`` and one for the rest.

    Values are multiples of `STEP` and add up.
    """
    bars = sorted(reason.bars, key=lambda b: (-abs(b.log_odds), b.name))
    few, rest = (bars, []) if len(bars) <= most + 1 else (bars[:most], bars[most:])
    shown = [(wording(b), b.log_odds, b.because) for b in few]
    if rest:
        shown.append((f"{len(rest)} smaller terms together", sum(b.log_odds for b in rest), ()))
    rounded = round_together([v for _, v, _ in shown], reason.log_odds, STEP)
    return [(text, value, cites) for (text, _, cites), value in zip(shown, rounded, strict=True)]


def wording(bar: Bar) -> str:
    """Say what a term is: its label, or its name in words."""
    return phrase(bar.label, bar.name.rpartition(".")[2], 48)
