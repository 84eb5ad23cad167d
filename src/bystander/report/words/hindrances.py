"""Why a wider mandate changes nothing, in one sentence for each decision."""

from __future__ import annotations

from collections.abc import Sequence

from bystander.equilibrium.reasons import VOTE, Hindrance
from bystander.report.words.names import label, phrase
from bystander.report.words.numbers import percent
from bystander.report.words.reasons import obstacle

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
    for move, chance in found.asks:
        said += f"; {label(move)} is chosen at {percent(chance)} of opportunities"
    said += f"; put to the vote it would pass {percent(found.adopted)} of the time"
    return f"{said}, stopped first by {obstacle(VOTE + found.against)}." if found.against else f"{said}."
