"""Where claims stand in the model, and what rests on what.

A *reason* is any text under ``because``, ``claim``, ``source``, ``reported`` or ``learnt``. It may be a
fact, a parameter, a claim as ``source#id`` or, where only one source has it, as plain ``id``; a ``source``
may also be a whole source. A claim is *placed* where a reason names it, directly or through a fact that cites
it, and where an expression uses the number of such a fact. What a number stands on is another question
(`bystander.scenario.standings`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bystander.scenario.expressions import Expr, facts_in, facts_of, parameters_of, variables_of
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario
from bystander.scenario.schema.fields import EXPRESSION_CLASSES, Part
from bystander.units import Quantity

KINDS = {
    "facts": "fact",
    "events": "event",
    "clauses": "clause",
    "calendar": "date",
    "variables": "variable",
    "parameters": "parameter",
    "actors": "actor",
    "interests": "interest",
    "actions": "action",
    "hazards": "hazard",
    "institutions": "institution",
    "decisions": "decision",
    "outcomes": "outcome",
    "asks": "question",
    "judgements": "judgement",
    "measures": "measure",
    "rivals": "rival",
}
INNER_KINDS = ("interests", "actions", "decisions")
SECTIONS = tuple(name for name in KINDS if name not in INNER_KINDS)
INNER = {"actors": ("interests", "actions"), "institutions": ("decisions",)}
REASON_KEYS = frozenset({"because", "claim", "source", "reported", "learnt"})


@dataclass(frozen=True, slots=True)
class NamingText:
    """A text that names a fact, claim, parameter or source, and the part that gives it.

    ``kind`` and ``name`` say which part: ``interest``, ``tajikistan.rally``. ``key`` is because, claim,
    source or reported.
    """

    text: str
    key: str
    kind: str
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Placement:
    """A claim and the places of the model that take it up, as (kind, name) pairs; empty if none does."""

    source: str
    claim: str
    kind: str
    says: str
    places: tuple[tuple[str, str], ...]


def parts(scenario: Scenario) -> Iterator[tuple[Path, str, str, Part]]:
    """Iterate over all named parts that may give reasons: path, kind, name, body."""
    for section in SECTIONS:
        kind = KINDS[section]
        for name, body in getattr(scenario, section).items():
            yield (section, name), kind, name, body
            for inner in INNER.get(section, ()):
                for own, part in getattr(body, inner).items():
                    yield (section, name, inner, own), KINDS[inner], f"{name}.{own}", part


def reasons(scenario: Scenario) -> Iterator[NamingText]:
    """Iterate over every reason given anywhere."""
    for path, kind, name, body in parts(scenario):
        for key in REASON_KEYS & type(body).model_fields.keys():
            given = getattr(body, key)
            if isinstance(given, str):
                yield NamingText(given, key, kind, name, (*path, key))
            else:
                for index, text in enumerate(given):
                    yield NamingText(text, key, kind, name, (*path, key, index))


def claim_named(scenario: Scenario, text: str) -> tuple[str, str] | str:
    """Return (source, claim) of a text that names a claim; ``ambiguous``, or ``""`` if it names none."""
    source, mark, claim = text.partition("#")
    if mark:
        known = scenario.sources.get(source)
        return (source, claim) if known is not None and claim in known.claims else ""
    found = [name for name, body in scenario.sources.items() if text in body.claims]
    return (found[0], text) if len(found) == 1 else "ambiguous" if found else ""


def resolve_reason(scenario: Scenario, reason: NamingText) -> str:
    """Return what a reason is: fact, parameter, claim, source, ``ambiguous``, or ``""`` if nothing."""
    if reason.key in ("because", "reported", "learnt") and reason.text in scenario.facts:
        return "fact"
    if reason.key == "learnt" and (reason.text in scenario.events or reason.text == "record"):
        return "event"
    if reason.key == "because" and reason.text in scenario.parameters:
        return "parameter"
    if reason.key == "source" and reason.text in scenario.sources:
        return "source"
    if reason.key == "reported":
        return ""
    claim = claim_named(scenario, reason.text)
    return claim if isinstance(claim, str) else "claim"


def place_claims(scenario: Scenario) -> tuple[Placement, ...]:
    """Return every claim of every source with all its places, in the order of the sources."""
    places: dict[tuple[str, str], dict[tuple[str, str], None]] = {
        (source, claim): {} for source, body in scenario.sources.items() for claim in body.claims
    }
    cited = {name: claim_named(scenario, fact.source) for name, fact in scenario.facts.items()}
    for reason in reasons(scenario):
        named = claim_named(scenario, reason.text)
        if reason.key in ("because", "reported", "learnt") and reason.text in scenario.facts:
            named = cited[reason.text]
        if isinstance(named, tuple):
            places[named].setdefault((reason.kind, reason.name))
    for _, kind, name, body in parts(scenario):
        for fact in numbers_used(body):
            named = cited.get(fact, "")
            if isinstance(named, tuple):
                places[named].setdefault((kind, name))
    return tuple(
        Placement(source, claim, body.kind, body.says, tuple(places[source, claim]))
        for source, whole in scenario.sources.items()
        for claim, body in whole.claims.items()
    )


def unused_facts(scenario: Scenario) -> Iterator[str]:
    """Iterate over facts that nothing rests on."""
    used = {reason.text for reason in reasons(scenario) if reason.key in ("because", "reported", "learnt")}
    for _, _, _, body in parts(scenario):
        used.update(numbers_used(body))
    for expr in (*scenario.conditions.values(), *scenario.never):
        used.update(facts_of(expr))
    return (name for name in scenario.facts if name not in used)


def unplaced_claims(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Iterate over claims that have no place."""
    return ((p.source, p.claim) for p in place_claims(scenario) if not p.places)


def is_supported(scenario: Scenario, because: Iterable[str], seen: frozenset[str] = frozenset()) -> bool:
    """Return whether one of these reasons is a fact, a claim, or a parameter that has such a reason."""
    for text in because:
        if text in scenario.facts or isinstance(claim_named(scenario, text), tuple):
            return True
        parameter = scenario.parameters.get(text)
        if (
            parameter is not None
            and text not in seen
            and is_supported(scenario, parameter.because, seen | {text})
        ):
            return True
    return False


def unused_names(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Iterate over variables and parameters that nothing mentions: (section, name)."""
    mentioned: set[str] = set()
    changed: set[str] = set()
    for _, _, _, body in parts(scenario):
        for expr in expressions_of(body):
            mentioned.update(variables_of(expr), parameters_of(expr))
        for branch in getattr(body, "then", ()):
            if not isinstance(branch, str):
                changed.update(branch.changes, branch.computed)
                mentioned.update(variables_of(branch.chance), parameters_of(branch.chance))
    for branch in (branch for lottery in scenario.starts.values() for branch in lottery):
        changed.update(branch.changes)
        mentioned.update(parameters_of(branch.chance))
    for expr in (*scenario.conditions.values(), *scenario.never):
        mentioned.update(variables_of(expr), parameters_of(expr))
    for name in scenario.variables:
        if name not in mentioned and name not in changed:
            yield "variables", name
    for name in scenario.parameters:
        if name not in mentioned:
            yield "parameters", name


def numbers_used(part: Part) -> tuple[str, ...]:
    """Return the facts whose numbers a part uses, in its expressions or to derive its value."""
    found = {fact for expr in expressions_of(part) for fact in facts_of(expr)}
    value = getattr(part, "value", None)
    if isinstance(value, Quantity):
        found.update(facts_in(value))
    return tuple(sorted(found))


def expressions_of(part: Part) -> Iterator[Expr]:
    """Iterate over the expressions that stand in a part itself, not in the named parts inside it."""
    for name in type(part).model_fields:
        if name not in INNER_KINDS:
            yield from _expressions_in(getattr(part, name))


def _expressions_in(value: Any) -> Iterator[Expr]:
    if isinstance(value, EXPRESSION_CLASSES):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _expressions_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _expressions_in(item)
    elif isinstance(value, Part):
        yield from expressions_of(value)
