"""The source's claims: where each stands in the model and, for conclusions, what comes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bystander.assessment.result import JudgementResult

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim of a source, its places in the model, and the judgements that test it.

    Attributes
    ----------
    places
        (kind, name) pairs: ``("interest", "tajikistan.rally")``; empty if nothing takes the claim up.
    judgements
        Those that name the claim.
    holds
        Whether all of these hold; None if there are none, or if it cannot be said.
    """

    source: str
    claim: str
    kind: str
    says: str
    places: tuple[tuple[str, str], ...]
    judgements: tuple[JudgementResult, ...] = ()
    holds: bool | None = None


def weigh_claims(scenario: Scenario, judgements: Iterable[JudgementResult] = ()) -> tuple[ClaimResult, ...]:
    """Return every claim of every source with its places and with the judgements that test it."""
    from bystander.scenario.claims import place_claims

    verdicts = {result.name: result for result in judgements}
    found = []
    for placed in place_claims(scenario):
        tested = tuple(verdicts[n] for kind, n in placed.places if kind == "judgement" and n in verdicts)
        verdicts_on_it = [result.holds for result in tested]
        holds = None if not tested or None in verdicts_on_it else all(verdicts_on_it)
        if False in verdicts_on_it:
            holds = False
        found.append(
            ClaimResult(placed.source, placed.claim, placed.kind, placed.says, placed.places, tested, holds)
        )
    return tuple(found)
