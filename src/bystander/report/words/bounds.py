"""How closely the answers are computed, and which are withheld: words for error bounds.

A bound says how far a computed number can be from what the scenario implies, not how far the scenario may be
from the world. A number whose bound is too large to be said is withheld, and so is one that does not exist;
each is named with its reason, and denies no other.
"""

from __future__ import annotations

from bystander.assessment.result import Assessment
from bystander.report.words.names import phrase
from bystander.report.words.numbers import power
from bystander.units import CHANCES


def not_known(assessment: Assessment) -> tuple[str, ...]:
    """Name every answer that is not there, and say why."""
    outcomes = tuple(
        f"{phrase(o.about, o.name, 120)}: {o.estimate.withheld}"
        for o in assessment.outcomes
        if o.estimate.withheld
    )
    judged = tuple(
        f"{phrase(j.says, j.name, 120)}: {j.why}" for j in assessment.judgements if j.holds is None and j.why
    )
    return (*outcomes, *assessment.unanswered, *judged)


def computed_within(assessment: Assessment) -> str:
    """Say the largest error bound of the chances that are given, "" where there are none."""
    errors = [o.estimate.error for o in assessment.outcomes if o.kind in CHANCES and not o.estimate.withheld]
    if not errors:
        return ""
    return f"Chances are computed to within {power(max(errors))} of what the scenario implies."
