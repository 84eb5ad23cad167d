"""Reasons that do not exist, facts that support nothing, numbers that stand on nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bystander.scenario.checks.finding import Finding, from_used_file, unknown
from bystander.scenario.claims import (
    NamingText,
    claim_named,
    reasons,
    resolve_reason,
    unplaced_claims,
    unused_facts,
    unused_names,
)
from bystander.scenario.nodes import Path
from bystander.scenario.schema import Scenario
from bystander.scenario.standings import standings, unused_numbers


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


def free_numbers(scenario: Scenario) -> Iterator[Finding]:
    """Find a number that nothing is cited for."""
    for one in standings(scenario):
        if one.standing.name == "free":
            fix = "Derive it from facts (fact.name), or cite what speaks for it with because: [fact]."
            yield Finding(one.path, f"{one}.", fix)


def numbers_not_used(scenario: Scenario) -> Iterator[Finding]:
    """Find a parameter that cites facts with numbers and is not reckoned from them."""
    for name, facts in unused_numbers(scenario):
        numbers = ", ".join(f"{scenario.facts[fact].value} ({fact})" for fact in facts)
        message = (
            f"'{name}' cites {numbers}, and its value does not use {'it' if len(facts) == 1 else 'them'}."
        )
        fix = f"Derive the value, with fact.{facts[0]} in it; or leave it: then it is argued, not measured."
        yield Finding(("parameters", name, "value"), message, fix)


def tests_of_nothing(scenario: Scenario) -> Iterator[Finding]:
    """Find a judgement about an event that a parameter was set to reproduce."""
    for parameter, body in scenario.parameters.items():
        learnt = {claim for text in body.learnt for claim in _claims_told(scenario, text)}
        for name, judgement in scenario.judgements.items():
            if learnt & {claim_named(scenario, text) for text in judgement.claim}:
                message = (
                    f"The parameter '{parameter}' was set so that this comes out: '{name}' tests nothing."
                )
                fix = "Leave the judgement out, or learn the parameter from something else."
                yield Finding(("judgements", name), message, fix)


def _claims_told(scenario: Scenario, text: str) -> Iterator[tuple[str, str]]:
    """Iterate over the claims behind an event, a fact or a claim."""
    event, fact = scenario.events.get(text), scenario.facts.get(text)
    told = [*event.claim, event.source] if event else [fact.source] if fact else [text]
    yield from (found for one in told if isinstance(found := claim_named(scenario, one), tuple))


def names_never_used(scenario: Scenario) -> Iterator[Finding]:
    """Find variables that nothing mentions or changes, and parameters that nothing mentions."""
    for section, name in unused_names(scenario):
        message = f"Nothing mentions the {section.removesuffix('s')} '{name}'."
        yield _unused(scenario, (section, name), message, "Use it, or remove it.")


def _unused(scenario: Scenario, path: Path, message: str, fix: str) -> Finding:
    return Finding(path, message, fix, shared=from_used_file(scenario, path))


def _unknown(scenario: Scenario, reason: NamingText) -> Finding:
    claims = [f"{source}#{claim}" for source, body in scenario.sources.items() for claim in body.claims]
    match reason.key:
        case "source":
            return unknown(reason.path, "source or claim", reason.text, [*scenario.sources, *claims])
        case "claim":
            return unknown(reason.path, "claim", reason.text, claims)
        case "learnt":
            known = [*scenario.events, *scenario.facts, *claims]
            return unknown(reason.path, "event, fact or claim", reason.text, known)
        case "reported":
            return unknown(reason.path, "fact", reason.text, scenario.facts)
    known = [*scenario.facts, *scenario.parameters, *claims]
    return unknown(reason.path, "fact, claim or parameter", reason.text, known)


def left_out(scenario: Scenario) -> Iterator[Finding]:
    """Find what was left out when lists were written out, because it has no part in this scenario."""
    return _while_unfolding(scenario, "left-out")


def old_words(scenario: Scenario) -> Iterator[Finding]:
    """Find keys that are still read and have a newer name."""
    return _while_unfolding(scenario, "old-word")


def stages(scenario: Scenario) -> Iterator[Finding]:
    """Tell in how many stages each wait was written out, and what that costs."""
    return _while_unfolding(scenario, "stages")


def _while_unfolding(scenario: Scenario, check: str) -> Iterator[Finding]:
    for problem in () if scenario.document is None else scenario.document.problems:
        if problem.check == check:
            yield Finding((), problem.message, problem.fix, problem.mark)
