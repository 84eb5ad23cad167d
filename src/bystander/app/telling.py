"""An assessment as the plain values a page is set from; everything shown is in here, worded as the report is.

Keys are those the page's own code uses. Nothing is reckoned: numbers are the assessment's, sentences those of
`bystander.report.words`, citations those of the scenario.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bystander.assessment.result import AskAnswer, Assessment, JudgementResult, Reason, ResponseTimes
from bystander.assessment.tables import plain
from bystander.evidence.record import Record
from bystander.policy.inverse import Ways
from bystander.policy.surface import Lever
from bystander.policy.turning import TurningPoints
from bystander.report.words.account import asked_as
from bystander.report.words.asks import answers
from bystander.report.words.confidence import confidence
from bystander.report.words.decomposition import (
    called_change,
    called_measure,
    carried_by,
    glossary,
    terms,
    values_of,
)
from bystander.report.words.expressions import onset
from bystander.report.words.numbers import YARDSTICK, ahead, called, clean, date, duration, label, phrase
from bystander.report.words.reasons import (
    because,
    body_of,
    bystanders_first,
    foremost,
    lines,
    obstacle,
    shares,
)
from bystander.report.words.sentences import (
    Sentence,
    counted_from,
    headlines,
    judged_from,
    mark_of,
    move_phrase,
    outcome_line,
    party,
    say,
    who_acts,
    who_acts_from,
)
from bystander.scenario.claims import standing_of_parameter
from bystander.scenario.expressions import written
from bystander.scenario.schema import Outcome, Scenario

Plain = dict[str, Any]


def told_page(assessment: Assessment, scenario: Scenario) -> Plain:
    """Return everything the page shows of a scenario as argued, but levers and surface."""
    return {
        "name": assessment.name,
        "title": clean(assessment.title, 200),
        "question": clean(assessment.question, 400),
        "about": clean(scenario.about, 1200),
        "asOf": date(assessment.as_of),
        "horizon": duration(assessment.horizon_days),
        "ahead": ahead(assessment.horizon_days, assessment.until),
        "given": onset(assessment.given, assessment.held),
        "hash": assessment.scenario_hash,
        "version": assessment.version,
        "yardstick": [[band.word, band.low, band.high] for band in YARDSTICK],
        **told_answers(assessment, scenario),
        "assumptions": len(scenario.parameters),
        "believed": sum(parameter.prior is not None for parameter in scenario.parameters.values()),
        "measures": [
            {"name": name, "label": phrase(measure.about, name), "because": list(measure.because)}
            for name, measure in scenario.measures.items()
        ],
        "rivals": [
            {"name": name, "label": phrase(rival.about, name), "because": list(rival.claim)}
            for name, rival in scenario.rivals.items()
        ],
        "events": [
            {"date": event.date, "says": clean(event.says, 400), "because": [event.source, *event.claim]}
            for event in sorted(scenario.events.values(), key=lambda event: event.date)
        ],
        "confidence": plain(confidence(assessment)),
        "solve": plain(assessment.solve),
        "cites": told_citations(scenario),
    }


def told_record(record: Record) -> Plain:
    """Return the days between which a record observes, and its observations as they became known."""
    first, last = record.span(record.subjects[0])
    known = sorted(record.observations, key=lambda each: (each.end, each.name))
    return {
        "title": clean(record.title, 200),
        "first": record.when(first)[:10],
        "last": record.when(max(last - 1.0, first))[:10],
        "dated": record.dated,
        "observed": [
            {"day": record.when(each.end)[:10], "says": clean(each.says or label(each.name), 300)}
            for each in known
        ],
    }


def told_answers(assessment: Assessment, scenario: Scenario) -> Plain:
    """Return what changes when an assumption does."""
    return {
        "answer": [sentence(line) for line in _answer(assessment)],
        "asks": [
            _ask(answer, line) for answer, line in zip(assessment.asks, answers(assessment), strict=True)
        ],
        "outcomes": [_outcome(assessment, scenario, name) for name in range(len(assessment.outcomes))],
        "clocks": counted_from(assessment),
        "responses": [
            {
                "owner": r.owner,
                "ownerLabel": label(r.owner),
                "move": r.move,
                "label": move_phrase(r),
                "same": [
                    name for name, asked in scenario.outcomes.items() if _asks_for(r, asked, assessment.given)
                ],
                "role": r.role,
                "within": [[duration(days), chance] for days, chance in r.within],
                "because": list(r.because),
            }
            for r in assessment.responses
            if r.move != "any"
        ],
        "reasons": [told_reason(reason, assessment) for reason in bystanders_first(assessment)],
        "foremost": [reason_id(reason) for reason in foremost(assessment)],
        "glossary": glossary(assessment.reasons, taken=bool(assessment.asks)),
        "judgements": [_judgement(assessment, j) for j in assessment.judgements],
        "rungs": [
            {"level": rung.level, "label": phrase(rung.about, rung.level, 60), "share": rung.share}
            for rung in assessment.rungs
        ],
        "steps": [
            {
                "source": step.source,
                "target": step.target,
                "owner": step.owner,
                "ownerLabel": label(step.owner),
                "move": step.move,
                "label": phrase(step.about, step.move, 80),
                "perYear": step.per_year,
                "expected": step.expected,
            }
            for step in assessment.steps
        ],
        "tolls": [
            {"outcome": t.outcome, "says": clean(t.about, 200), "reported": t.reported, "because": [t.fact]}
            for t in assessment.tolls
        ],
    }


def _answer(assessment: Assessment) -> list[Sentence]:
    """Answer the question in a few sentences: what is expected, who acts, and why."""
    asked = answers(assessment)
    if asked:
        return asked
    first = [outcome_line(outcome) for outcome in headlines(assessment, 1)]
    why = [because(reason, assessment, brief=True) for reason in foremost(assessment)[:2]]
    since = who_acts_from(assessment)
    clock = [say(f"Who acts is counted from {since}.")] if since else []
    return [*first, *clock, *who_acts(assessment), *why]


def _ask(answer: AskAnswer, told: Sentence) -> Plain:
    """Tell the answer to one question: its paragraph, the moves asked about, what each reason is worth."""
    return {
        "name": answer.name,
        "says": clean(answer.says, 300),
        "paragraph": sentence(told),
        "moves": [
            {
                "move": move.move,
                "label": phrase(move.about, label(move.move.partition(".")[2])),
                "modelled": move.modelled,
                "chance": move.chance.value,
                "habit": move.habit,
            }
            for move in answer.moves
        ],
        "reasons": [
            {
                "label": called(reason.about, reason.name.partition(".")[2], 120),
                "without": [list(pair) for pair in reason.chances],
                "because": list(reason.because),
            }
            for reason in answer.reasons
        ],
    }


def _asks_for(response: ResponseTimes, asked: Outcome, given: str) -> bool:
    """Say whether an outcome asks for nothing but whether a move is made, from when who acts is counted."""
    move = f"{response.owner}.{response.move}"
    return asked.fires == (move,) and asked.within is None and written(asked.given) == given


def _outcome(assessment: Assessment, scenario: Scenario, place: int) -> Plain:
    outcome = assessment.outcomes[place]
    return {
        "name": outcome.name,
        "label": phrase(outcome.about, outcome.name),
        "kind": outcome.kind,
        "unit": outcome.estimate.unit,
        "value": outcome.estimate.value,
        "low": outcome.estimate.low,
        "high": outcome.estimate.high,
        "error": outcome.estimate.error,
        "withheld": clean(outcome.estimate.withheld, 300),
        "given": onset(outcome.given, assessment.held),
        "mark": mark_of(assessment, outcome.given),
        "asked": asked_as(scenario, outcome.name),
        "formula": outcome.formula,
        "headline": outcome.headline,
        "because": list(outcome.because),
        "curve": [[days, value] for days, value in outcome.curve],
    }


def _judgement(assessment: Assessment, j: JudgementResult) -> Plain:
    return {
        "name": j.name,
        "says": clean(j.says, 300),
        "holds": j.holds,
        "verdict": j.verdict,
        "number": j.number.value,
        "threshold": j.threshold,
        "because": [part for part in j.claim.split(", ") if part],
        "mark": mark_of(assessment, judged_from(assessment, j)),
        "formula": j.formula,
        "unit": j.number.unit,
        "byHabit": j.number_by_habit,
        "needsArgument": j.needs_the_argument,
        "robustness": j.robustness,
    }


def reason_id(reason: Reason) -> str:
    """Return a name for a reason that stays the same when numbers change."""
    return f"{reason.owner}.{reason.move}" + (f"@{reason.voter}" if reason.voter else "")


def told_reason(reason: Reason, assessment: Assessment | None = None) -> Plain:
    """Return a reason: its sentences, its terms, and what stands in the way."""
    body = body_of(reason, assessment.reasons) if assessment is not None else None
    carried = carried_by(reason, assessment.asks if assessment is not None else ())
    stops = [
        [obstacle(text) if text not in ("", "vote") else ("votes against it" if text else "nothing"), share]
        for text, share in (shares(reason) if reason.blocked else [])
    ]
    return {
        "id": reason_id(reason),
        "owner": reason.owner,
        "ownerLabel": label(reason.owner),
        "move": reason.move,
        "label": move_phrase(reason),
        "voter": party(reason.voter) if reason.voter else "",
        "given": onset(reason.given, assessment.held if assessment is not None else ()),
        "chance": reason.probability,
        "logOdds": reason.log_odds,
        "possible": reason.possible,
        "lines": [sentence(line) for line in lines(reason, assessment, body)],
        "terms": [
            {"label": text, "value": value, "because": list(cites)}
            for text, value, cites in terms(reason, carrying=carried)
        ],
        "stops": stops,
    }


def sentence(parts: Sentence) -> list[list[str]]:
    """Return a sentence as (text, kind) pairs."""
    return [[part.text, part.kind] for part in parts]


def told_levers(levers: Sequence[Lever], scenario: Scenario) -> list[Plain]:
    """Return levers in plain words, each with what stands behind it."""
    values = values_of(scenario)
    return [
        {
            "name": lever.parameter,
            "label": label(lever.parameter),
            "says": values.called(lever.parameter),
            "about": clean(scenario.parameters[lever.parameter].about, 800),
            "prior": str(scenario.parameters[lever.parameter].prior),
            "because": list(scenario.parameters[lever.parameter].because),
            "standing": standing_of_parameter(scenario, lever.parameter).name,
            "influence": lever.influence,
            "scale": list(lever.scale),
            "values": list(lever.values),
            "texts": list(lever.texts),
            "shown": [values.told(lever.parameter, value) for value in lever.values],
            "slopes": dict(lever.slopes),
        }
        for lever in levers
    ]


def told_citations(scenario: Scenario) -> dict[str, Plain]:
    """Return every fact, claim, source and parameter by the name it is cited by."""
    found: dict[str, Plain] = {}
    for name, source in scenario.sources.items():
        details = [source.author, source.publisher, source.date or "", source.kind]
        entry = {
            "kind": "source",
            "label": clean(source.title, 300),
            "says": clean("; ".join(part for part in details if part), 300),
            "url": source.url if source.url.startswith(("https://", "http://")) else "",
        }
        found[name] = entry
        for key, claim in source.claims.items():
            told = {"kind": claim.kind, "label": key, "says": clean(claim.says, 800), "source": name}
            found[f"{name}#{key}"] = told
            found.setdefault(key, told)
    values = values_of(scenario)
    for name, parameter in scenario.parameters.items():
        found[name] = {
            "kind": "parameter",
            "label": values.called(name),
            "says": clean(parameter.about.partition(": ")[2] or parameter.about.partition(". ")[2], 600),
            "value": values.told(name),
            "because": list(parameter.because),
        }
    for name, fact in scenario.facts.items():
        found[name] = {
            "kind": "fact",
            "label": label(name),
            "says": clean(fact.says, 600),
            "value": "" if fact.value is None else str(fact.value),
            "date": fact.date or "",
            "confidence": fact.confidence or "",
            "source": fact.source,
        }
    return found


def told_turning(found: TurningPoints, scenario: Scenario) -> Plain:
    """Return what would turn a target, each assumption by its words and its values rounded."""
    values = values_of(scenario)
    there = {point.parameter: point.there for point in found.points}
    there |= {short.parameter: short.there for short in found.unmoved}
    named = {*there, *found.shut, *found.unsolved, *(name for name, _, _ in found.by_itself)}
    words = {name: values.called(name) for name in named if name in scenario.parameters}
    return {
        "found": found,
        "words": words | {name: called_measure(scenario, name) for name in named - words.keys()},
        "now": {name: values.told(name) for name in there},
        "there": {name: values.told(name, value) for name, value in there.items()},
        "measures": {name: called_measure(scenario, name) for name, _, _ in found.measures},
    }


def told_ways(found: Ways, scenario: Scenario) -> Plain:
    """Return sets of changes that would turn a target, each change by its words."""
    ways = [*found.smallest, *([found.nearest] if found.nearest is not None else [])]
    changes = {change for way in ways for change in way.changes}
    return {"ways": found, "said": {change: called_change(scenario, change) for change in sorted(changes)}}


def nothing_to_slide(page: dict[str, Any]) -> str:
    """Say why no assumption gets a slider."""
    if page["believed"]:
        return "No parameter with a prior moves what is asked to first order, so there is nothing to slide."
    return "No parameter has a prior, so there is nothing to slide. Write prior: under parameters."
