"""What a brief says: everything an analytic judgement owes its reader, and no more than two pages of it.

Intelligence Community Directive 203 asks of an assessment that it say how likely (a word and a number), how
confident (the ground it stands on, another thing), what it assumes, what would change it, what to watch for,
and which sources it draws on. Each part is drawn from the `Assessment`; nothing is reckoned here but what is
most telling:

* *key judgements*: the outcome that measures are judged by first, then headline chances, those farthest from
even first;
* *what would prove it wrong*: headline chances said to be under a fifth or over four fifths. If the former
come about by the horizon, or the latter do not, that counts against the scenario: what was given p counts
1/p times as much against it as against one that was certain of it (a likelihood ratio);
* *indicators*: moves that lead up the ladder, those expected most often first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bystander.assessment.result import Assessment, OutcomeResult
from bystander.report.words.asks import answers
from bystander.report.words.confidence import Confidence, confidence, ranges_over
from bystander.report.words.decomposition import first_sentence
from bystander.report.words.expressions import condition
from bystander.report.words.numbers import (
    amount,
    clean,
    date,
    duration,
    label,
    likelihood,
    percent,
    phrase,
    spell_as,
    spread,
)
from bystander.report.words.reasons import because, foremost
from bystander.report.words.sentences import (
    climbers,
    focus,
    headlines,
    outcome_line,
    plain,
    remedies,
    verdict,
    who_acts,
)
from bystander.scenario.claims import sources_used, standing_of_parameter
from bystander.scenario.schema import Scenario

JUDGEMENTS, ASSUMPTIONS, REMEDIES, INDICATORS, FALSIFIERS, SOURCES = 7, 5, 4, 4, 4, 7
LISTS = ("sources", "indicators", "changes", "falsifiers", "assumptions", "judgements", "answer")
"""What may be shortened from its end."""

LONGEST = 700
RARE, SURE = 0.2, 0.8


@dataclass(frozen=True, slots=True)
class KeyJudgement:
    """What is judged, how likely in a word and a number, and from when its clock runs."""

    what: str
    word: str
    number: str
    clock: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What stands on the two pages; every list may be shortened from its end."""

    title: str
    question: str
    dated: str
    answer: tuple[str, ...]
    judgements: tuple[KeyJudgement, ...]
    ranges: str
    confidence: Confidence
    assumptions: tuple[str, ...]
    changes: tuple[str, ...]
    indicators: tuple[str, ...]
    falsifiers: tuple[str, ...]
    sources: tuple[str, ...]
    verdict: str
    made: str


def brief_of(assessment: Assessment, scenario: Scenario) -> Brief:
    """Choose what a brief says."""
    spell_as(scenario)
    return Brief(
        title=clean(assessment.title, 160),
        question=clean(assessment.question, 260),
        dated=f"As of {date(assessment.as_of)}, looking {duration(assessment.horizon_days)} ahead"
        + (f"; who acts is counted from: {condition(assessment.given)}" if assessment.given else ""),
        answer=tuple(shortened(line) for line in _answer(assessment)),
        judgements=tuple(_judgement(o) for o in _told_first(assessment)),
        ranges=ranges_over(assessment),
        confidence=confidence(assessment),
        assumptions=tuple(_assumptions(assessment, scenario)),
        changes=tuple(_changes(assessment)),
        indicators=tuple(_indicators(assessment)),
        falsifiers=tuple(_falsifiers(assessment)),
        sources=tuple(_sources(scenario)),
        verdict=plain(verdict(assessment)),
        made=f"Bystander {clean(assessment.version, 30)}, scenario {clean(assessment.scenario_hash)[:12]}",
    )


def shortened(text: str, longest: int = LONGEST) -> str:
    """End a text at its last whole sentence, or word, that fits."""
    if len(text) <= longest:
        return text
    head = text[:longest]
    stop = max(head.rfind(". "), head.rfind("; "))
    return head[: stop + 1] if stop > longest // 2 else head.rsplit(" ", 1)[0] + " \u2026"


def _answer(assessment: Assessment) -> list[str]:
    asked = [plain(line) for line in answers(assessment)]
    if asked:
        return asked[:3]
    first = [plain(outcome_line(outcome)) for outcome in headlines(assessment, 1)]
    acting = [plain(line) for line in who_acts(assessment)]
    return [
        " ".join([*first, *acting]),
        *(plain(because(r, assessment, brief=True)) for r in foremost(assessment)[:2]),
    ]


def _told_first(assessment: Assessment) -> list[OutcomeResult]:
    """Choose key judgements: the focus, then headline chances, those farthest from even first."""
    goal = focus(assessment)
    rest = [o for o in assessment.outcomes if o.headline and o.kind == "probability" and o is not goal]
    rest.sort(key=lambda o: -abs(o.estimate.value - 0.5))
    amounts = [o for o in assessment.outcomes if o.headline and o.kind == "amount"][:1]
    chosen = ([goal] if goal is not None else []) + rest
    return [*chosen[: JUDGEMENTS - len(amounts)], *(o for o in amounts if o is not goal)]


def _judgement(outcome: OutcomeResult) -> KeyJudgement:
    estimate = outcome.estimate
    ranged = f" (range {spread(estimate)})" if estimate.low is not None else ""
    clock = f"once this holds: {condition(outcome.given)}" if outcome.given else ""
    what = phrase(outcome.about, outcome.name, 110)
    if outcome.kind == "probability":
        return KeyJudgement(what, likelihood(estimate.value), percent(estimate.value) + ranged, clock)
    return KeyJudgement(what, "expected", amount(estimate.value) + ranged, clock)


def _assumptions(assessment: Assessment, scenario: Scenario) -> list[str]:
    told = []
    goal = focus(assessment)
    aim = "" if goal is None else phrase(goal.about, goal.name, 70)
    known = [found for found in assessment.sensitivities if found.parameter in scenario.parameters]
    for found in known[:ASSUMPTIONS]:
        parameter = scenario.parameters[found.parameter]
        says = first_sentence(parameter.about) or label(found.parameter)
        stands = standing_of_parameter(scenario, found.parameter).name
        way = "raises" if found.elasticity > 0 else "lowers"
        told.append(
            f"{shortened(says, 150)}: {parameter.value.text} ({stands}). "
            f"A higher value {way} \u201c{aim}\u201d."
        )
    return told


def _changes(assessment: Assessment) -> list[str]:
    found = [plain(line) for line in remedies(assessment, REMEDIES)]
    return found or ["No measure of the scenario changes what is judged first."]


def _indicators(assessment: Assessment) -> list[str]:
    """Name the moves that lead up the ladder, those expected most often first."""
    order = {rung.level: k for k, rung in enumerate(assessment.rungs)}
    up = [s for s in assessment.steps if order.get(s.target, 0) > order.get(s.source, 0)]
    told = []
    for step in up[:INDICATORS]:
        who = "" if step.owner == "nature" else f"{label(step.owner)}: "
        what = phrase(step.about, label(step.move), 90)
        between = f"from {label(step.source).lower()} to {label(step.target).lower()}"
        told.append(f"{who}{what} ({between}), expected {amount(step.expected)} times")
    if not told:
        told = [f"{label(owner)} acts" for owner in sorted(climbers(assessment))[:INDICATORS]]
    return told


def _falsifiers(assessment: Assessment) -> list[str]:
    end = _end(assessment)
    chances = [o for o in assessment.outcomes if o.headline and o.kind == "probability"]
    chances.sort(key=lambda o: -abs(o.estimate.value - 0.5))
    told = []
    for outcome in chances:
        value, what = outcome.estimate.value, phrase(outcome.about, outcome.name, 100)
        if value < RARE:
            told.append(f"If it comes about by {end}: {what} (given {percent(value)})")
        elif value > SURE:
            told.append(f"If it has not come about by {end}: {what} (given {percent(value)})")
    return told[:FALSIFIERS] or ["No chance is far enough from even for one event to count against it."]


def _end(assessment: Assessment) -> str:
    try:
        last = datetime.fromisoformat(assessment.as_of) + timedelta(days=assessment.horizon_days)
        return date(last.date().isoformat())
    except (ValueError, OverflowError):
        return "the horizon"


def _sources(scenario: Scenario) -> list[str]:
    """List the sources that what is used cites, those cited most first."""
    count = sources_used(scenario)
    ranked = sorted(count, key=lambda name: (-count[name], name))[:SOURCES]
    told = []
    for name in ranked:
        source = scenario.sources[name]
        details = ", ".join(
            part for part in (source.author, source.publisher, str(source.date or "")) if part
        )
        told.append(shortened(clean(f"{source.title}{f' ({details})' if details else ''}", 200), 150))
    return told
