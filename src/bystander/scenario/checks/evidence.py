"""Reasons that do not exist, facts that support nothing, numbers that nothing supports."""

from __future__ import annotations

from collections.abc import Iterator

from bystander.scenario.checks.finding import Finding, from_used_file, unknown
from bystander.scenario.claims import (
    Reason,
    reasons,
    resolve_reason,
    unplaced_claims,
    unsupported,
    unused_facts,
    unused_names,
)
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario


def unknown_reasons(scenario: Scenario) -> Iterator[Finding]:
    """Find a ``because`` that names no fact, claim or parameter; a ``source`` or ``claim`` likewise."""
    for reason in reasons(scenario):
        found = resolve_reason(scenario, reason)
        if found == "ambiguous":
            message = f"'{reason.text}' is a claim of several sources."
            yield Finding(reason.path, message, "Write source#claim.")
        elif not found:
            yield _unknown(scenario, reason)


def facts_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find facts that no rule, number or outcome rests on."""
    for name in unused_facts(scenario):
        message = f"Nothing rests on the fact '{name}'."
        yield _unused(scenario, ("facts", name), message, "Name it under a 'because', or remove it.")


def claims_without_place(scenario: Scenario) -> Iterator[Finding]:
    """Find claims of sources that the model takes up nowhere."""
    for source, claim in unplaced_claims(scenario):
        message = f"The claim {source}#{claim} has no place in the model."
        yield _unused(
            scenario, ("sources", source, "claims", claim), message, "Cite it where it is modelled."
        )


def assumptions(scenario: Scenario) -> Iterator[Finding]:
    """Find a number that no fact or claim supports."""
    for path, what in unsupported(scenario):
        yield Finding(
            path, f"{what} is an analyst's assumption.", "If a fact supports it, add because: [fact]."
        )


def names_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find variables that nothing mentions or changes, and parameters that nothing mentions."""
    for section, name in unused_names(scenario):
        message = f"Nothing mentions the {section.removesuffix('s')} '{name}'."
        yield _unused(scenario, (section, name), message, "Use it, or remove it.")


def _unused(scenario: Scenario, path: Path, message: str, fix: str) -> Finding:
    return Finding(path, message, fix, shared=from_used_file(scenario, path))


def _unknown(scenario: Scenario, reason: Reason) -> Finding:
    claims = [f"{source}#{claim}" for source, body in scenario.sources.items() for claim in body.claims]
    match reason.key:
        case "source":
            return unknown(reason.path, "source or claim", reason.text, [*scenario.sources, *claims])
        case "claim":
            return unknown(reason.path, "claim", reason.text, claims)
        case "reported":
            return unknown(reason.path, "fact", reason.text, scenario.facts)
    known = [*scenario.facts, *scenario.parameters, *claims]
    return unknown(reason.path, "fact, claim or parameter", reason.text, known)
