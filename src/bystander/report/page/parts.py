"""What each part of the page says, as plain values that a template only sets.

Eight parts in the order of an assessment, an opening that can be read in two minutes, and appendices. A value
here is a string, a sentence, a link or a list of those: the templates decide nothing, and escape everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bystander.assessment.result import Assessment
from bystander.report.figures.figure import Figure
from bystander.report.page import reason_rows, rows
from bystander.report.page.reason_rows import ReasonBlock
from bystander.report.page.rows import JudgementRow, MeasureRow, OutcomeRow, ResponseRow, TollRow
from bystander.report.page.trail import Trail
from bystander.report.words.asks import answers
from bystander.report.words.bounds import computed_within, not_known
from bystander.report.words.confidence import Confidence, confidence, in_force
from bystander.report.words.decomposition import glossary
from bystander.report.words.expressions import condition
from bystander.report.words.likelihood import YARDSTICK
from bystander.report.words.names import clean, phrase
from bystander.report.words.numbers import date, duration, power
from bystander.report.words.precedence import foremost
from bystander.report.words.reasons import because
from bystander.report.words.sentences import (
    ANY,
    Sentence,
    change,
    headlines,
    month,
    outcome_line,
    remedies,
    verdict,
    who_acts,
)
from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page's templates set."""

    title: str
    question: str
    about: str
    as_of: str
    horizon: str
    given: str
    answer: tuple[Sentence, ...]
    actors: tuple[Sentence, ...]
    why: tuple[Sentence, ...]
    remedy: tuple[Sentence, ...]
    verdict: Sentence
    confidence: Confidence
    ranged: bool
    outcomes: tuple[OutcomeRow, ...]
    amounts: tuple[OutcomeRow, ...]
    spans: tuple[str, ...]
    responses: tuple[ResponseRow, ...]
    reasons: tuple[tuple[str, tuple[ReasonBlock, ...]], ...]
    glossary: tuple[str, ...]
    reason_tables: tuple[tuple[str, str], ...]
    tolls: tuple[TollRow, ...]
    measures: tuple[MeasureRow, ...]
    measured: tuple[str, ...]
    judgements: tuple[JudgementRow, ...]
    checks: tuple[tuple[str, str], ...]
    yardstick: tuple[tuple[str, str], ...] = ()
    within: str = ""
    not_known: tuple[str, ...] = ()


def arrange(
    assessment: Assessment, scenario: Scenario | None, trail: Trail, drawn: Mapping[str, Figure]
) -> Page:
    """Arrange an assessment into the parts of the page."""
    made = [r for r in assessment.responses if r.move != ANY]
    spans = sorted({days for r in made for days, _ in r.within})
    measured = [o for o in assessment.outcomes if any(change(m, o) for m in assessment.measures)][:6]
    return Page(
        title=clean(assessment.title, 200),
        question=clean(assessment.question, 400),
        about=clean(scenario.about, 1200) if scenario is not None else "",
        as_of=date(assessment.as_of),
        horizon=duration(assessment.horizon_days),
        given=condition(assessment.given),
        answer=(*answers(assessment), *(outcome_line(o) for o in headlines(assessment, 4))),
        actors=tuple(who_acts(assessment)),
        why=tuple(because(r, assessment, brief=True) for r in foremost(assessment)),
        remedy=tuple(remedies(assessment, 2)),
        verdict=verdict(assessment),
        confidence=confidence(assessment),
        within=computed_within(assessment),
        not_known=tuple(clean(said, 400) for said in not_known(assessment)),
        ranged=any(o.estimate.low is not None for o in assessment.outcomes),
        outcomes=tuple(
            rows.outcome(assessment, scenario, trail, o)
            for o in assessment.outcomes
            if o.kind == "probability"
        ),
        amounts=tuple(
            rows.outcome(assessment, scenario, trail, o)
            for o in assessment.outcomes
            if o.kind != "probability"
        ),
        spans=tuple(duration(s) for s in spans),
        responses=tuple(
            rows.response(r, spans, trail)
            for r in sorted(made, key=lambda r: (r.role == "institution", -month(r)[1], r.owner))
        ),
        reasons=reason_rows.reasons(assessment, scenario, trail, drawn),
        glossary=tuple(glossary(assessment.reasons)),
        reason_tables=reason_rows.reason_tables(assessment),
        tolls=tuple(rows.tolls(assessment, trail)),
        measures=tuple(rows.measure_rows(assessment, measured, trail)),
        measured=tuple(phrase(o.about, o.name, 60) for o in measured),
        judgements=tuple(rows.judgement(assessment, j, trail) for j in assessment.judgements),
        checks=tuple(checks(assessment)),
        yardstick=tuple((b.word, f"{b.low * 100:.0f}\u2013{b.high * 100:.0f}%") for b in YARDSTICK),
    )


def checks(assessment: Assessment) -> list[tuple[str, str]]:
    """List what the machine reports of itself."""
    s = assessment.solve
    found = "not searched" if not s.starts else f"{s.equilibria_found} in {s.starts} starts"
    found += f"; at least {s.missing} more must exist" if s.missing else ""
    passed = ", ".join(f"{kind} at t = {low:.4f}" for kind, low, _ in s.landmarks)
    return [
        ("Situations", f"{s.situations:,}"),
        ("Moves", f"{s.moves:,}"),
        ("Actors", f"{s.actors:,}"),
        ("Largest violation of the value equations", power(s.residual)),
        ("Most any actor could gain by behaving otherwise", power(s.regret)),
        ("How this equilibrium was reached", clean(s.selection, 80)),
        ("Jumps on the way", f"{s.jumps:,}"),
        ("Folds and branch points on the way", passed or "none"),
        ("Equilibria found", found),
        ("What moves choices besides reasons", clean(in_force(s.shocks), 120)),
        ("Scenario", clean(assessment.scenario_hash, 64) or "\u2013"),
        ("Version and seed", f"{clean(assessment.version, 40) or chr(0x2013)}, {assessment.seed}"),
    ]
