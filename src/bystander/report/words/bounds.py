"""How closely the answers are computed, and which are withheld: words for error bounds.

A bound says how far a computed number can be from what the scenario implies, not how far the scenario may be
from the world. A number whose bound is too large to be said is withheld, and so is one that does not exist;
each is named with its reason, and denies no other.
"""

from __future__ import annotations

from bystander.assessment.result import DRAWS, Assessment
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


def ranges_over(assessment: Assessment) -> str:
    """Say what the ranges beside the numbers run over, and how they were found; "" where there are none."""
    over, several = assessment.ranges, assessment.solve.equilibria_found
    said = []
    if over.how:
        solved = "each solved again" if over.how == DRAWS else "to first order: read off derivatives"
        said.append(f"where eight in ten of {over.draws:,} draws from the priors lie ({solved})")
    if over.equilibria:
        said.append(f"the {several} equilibria found")
    if not said:
        return ""
    left = f" {over.failed:,} draws have no solution and were left out." if over.failed else ""
    ended = f" There are fewer draws than asked for: {over.ended}." if over.ended else ""
    return f"Range: {', and over '.join(said)}.{left}{ended}"


def shares_of(assessment: Assessment) -> str:
    """Say what the share of draws beside a judgement is, and how it was found; "" where there is none."""
    over = assessment.ranges
    if not over.how or not any(j.robustness is not None for j in assessment.judgements):
        return ""
    solved = "each solved again" if over.how == DRAWS else "to first order"
    return f"Of draws: the share of {over.draws:,} draws from the priors in which it holds ({solved})."
