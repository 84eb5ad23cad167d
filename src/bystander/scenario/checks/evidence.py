"""Reasons that do not exist, facts that support nothing, numbers that nothing supports."""

from __future__ import annotations

from collections.abc import Iterator

from bystander.scenario.checks.finding import Finding, unknown
from bystander.scenario.claims import (
    Reason,
    reasons,
    resolve_reason,
    unplaced_claims,
    unsupported,
    unused_facts,
    unused_names,
)
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
    """Find a fact that no rule, number or outcome rests on."""
    for name in unused_facts(scenario):
        yield Finding(
            ("facts", name),
            f"Nothing rests on the fact '{name}'.",
            "Name it under a 'because', or remove it.",
        )


def claims_without_place(scenario: Scenario) -> Iterator[Finding]:
    """Find a claim of a source that the model takes up nowhere."""
    for source, claim in unplaced_claims(scenario):
        path = ("sources", source, "claims", claim)
        yield Finding(
            path, f"The claim {source}#{claim} has no place in the model.", "Cite it where it is modelled."
        )


def assumptions(scenario: Scenario) -> Iterator[Finding]:
    """Find a number that no fact or claim supports."""
    for path, what in unsupported(scenario):
        yield Finding(
            path, f"{what} is an analyst's assumption.", "If a fact supports it, add because: [fact]."
        )


def names_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find a variable that nothing mentions or changes, or a parameter that nothing mentions."""
    own = None if scenario.document is None else scenario.document.root.mark.file
    for section, name in unused_names(scenario):
        if own is None or scenario.mark(section, name).file == own:
            kind = section.removesuffix("s")
            yield Finding((section, name), f"Nothing mentions the {kind} '{name}'.", "Use it, or remove it.")


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
