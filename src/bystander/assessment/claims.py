"""The source's claims: where each stands in the model and, for conclusions, what comes out.

A claim is placed where something names it: ``because: C37`` on an interest, ``claim: C16`` on a judgement or
measure, ``source: fp-2022#C08`` on a fact or event. A claim named nowhere has no place, which is worth
knowing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bystander.assessment.result import Assessment, JudgementResult

if TYPE_CHECKING:
    from bystander.scenario.schema import Scenario

SECTIONS = {
    "facts": "fact",
    "events": "event",
    "variables": "variable",
    "parameters": "parameter",
    "hazards": "hazard",
    "outcomes": "outcome",
    "judgements": "judgement",
    "measures": "measure",
    "rivals": "rival",
    "actors": "actor",
    "institutions": "institution",
}
INNER = {"interests": "interest", "actions": "action", "decisions": "decision"}


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in a scenario: a sort of thing and its name, ``owner.name`` where it has an owner."""

    kind: str
    name: str

    def __str__(self) -> str:
        """Write it as ``interest tajikistan.rally``."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim of a source, its places in the model, and the judgements that test it (none before solving)."""

    source: str
    id: str
    kind: str
    says: str
    places: tuple[Place, ...]
    judgements: tuple[JudgementResult, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Whether every judgement that tests it holds; None if none does."""
        return all(judgement.holds for judgement in self.judgements) if self.judgements else None


def place_claims(scenario: Scenario, assessment: Assessment | None = None) -> tuple[ClaimResult, ...]:
    """Return every claim of every source with its places, and with the verdicts of an assessment if given."""
    places: dict[tuple[str, str], dict[Place, None]] = {
        (source, claim): {} for source, body in scenario.sources.items() for claim in body.claims
    }
    for place, reference in references(scenario):
        for key in _meant(reference, places):
            places[key].setdefault(place)
    verdicts = {j.name: j for j in assessment.judgements} if assessment else {}
    found = []
    for (source, name), where in places.items():
        claim = scenario.sources[source].claims[name]
        tested = tuple(verdicts[p.name] for p in where if p.kind == "judgement" and p.name in verdicts)
        found.append(ClaimResult(source, name, claim.kind, claim.says, tuple(where), tested))
    return tuple(found)


def references(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Iterate over all that is named as a reason or a source, with the place that names it."""
    for section, kind in SECTIONS.items():
        for name, part in getattr(scenario, section).items():
            yield from ((Place(kind, name), reference) for reference in _named_by(part))
            for inner, inner_kind in INNER.items():
                entries: Mapping[str, Any] = getattr(part, inner, {})
                for own, body in entries.items():
                    place = Place(inner_kind, f"{name}.{own}")
                    yield from ((place, reference) for reference in _named_by(body))


def _named_by(part: Any) -> tuple[str, ...]:
    source = getattr(part, "source", None)
    named = (*getattr(part, "claim", ()), *getattr(part, "because", ()))
    return (*named, source) if source else named


def _meant(reference: str, known: Mapping[tuple[str, str], Any]) -> list[tuple[str, str]]:
    source, mark, claim = reference.partition("#")
    if mark:
        return [(source, claim)] if (source, claim) in known else []
    return [key for key in known if key[1] == reference]
