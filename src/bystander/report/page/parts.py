"""What each part of the page says, as plain values that a template only sets.

Eight parts in the order of an assessment, an opening that can be read in two minutes, and appendices. A value here is a string, a
sentence, a link or a list of those: the templates decide nothing, and escape everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bystander.assessment.result import Assessment, JudgementResult, OutcomeResult, Reason, Response
from bystander.report.page.trail import Link, Trail, slug
from bystander.report.words.confidence import Confidence, confidence
from bystander.report.words.likelihood import YARDSTICK, likelihood
from bystander.report.words.names import clean, label, phrase
from bystander.report.words.numbers import amount, duration, parameter, percent, power, quantity, short_percent, signed, spread
from bystander.report.words.sentences import (
    ANY,
    Sentence,
    because,
    change,
    headlines,
    month,
    move_phrase,
    outcome_line,
    ranked_measures,
    remedies,
    stands_by,
    verdict,
    who_acts,
)
from bystander.scenario.expressions.syntax import parameters_of
from bystander.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Cell:
    """A probability in a table: what it shows and the step of the yardstick it is shaded with, 0 to 6; ``sort`` orders the column."""

    shown: str
    step: int
    sort: float
    word: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A key judgement or an amount."""

    anchor: str
    what: str
    cell: Cell | None
    shown: str
    word: str
    spread: str
    clock: str
    formula: str
    error: str
    cites: tuple[Link, ...]
    parameters: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A line of the who-acts table."""

    owner: str
    move: str
    role: str
    cells: tuple[Cell, ...]
    cites: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ReasonBlock:
    """Why one owner acts or stands by: the sentence, the terms and their citations."""

    anchor: str
    owner: str
    move: str
    sentence: Sentence
    chance: Cell
    terms: tuple[tuple[str, str, tuple[Link, ...]], ...]
    total: str
    figures: tuple[str, ...]
    stands_by: bool


@dataclass(frozen=True, slots=True)
class JudgementRow:
    """A conclusion of the source and whether it comes out."""

    says: str
    claims: tuple[Link, ...]
    holds: bool
    formula: str
    number: str
    threshold: str
    clock: str
    robustness: str
    deciding: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure with its effect on each outcome."""

    what: str
    claims: tuple[Link, ...]
    cost: str
    effects: tuple[tuple[str, str, str, float], ...]


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
    outcomes: tuple[OutcomeRow, ...]
    amounts: tuple[OutcomeRow, ...]
    spans: tuple[str, ...]
    responses: tuple[ResponseRow, ...]
    reasons: tuple[ReasonBlock, ...]
    tolls: tuple[tuple[str, str, str, str, tuple[Link, ...]], ...]
    measures: tuple[MeasureRow, ...]
    measured: tuple[str, ...]
    judgements: tuple[JudgementRow, ...]
    checks: tuple[tuple[str, str], ...]
    yardstick: tuple[tuple[str, str], ...] = field(default=())


def shade(probability: float) -> int:
    """Step of the yardstick, 0 to 6."""
    return next((k for k, b in enumerate(YARDSTICK) if probability < b.high), len(YARDSTICK) - 1)


def cell(probability: float) -> Cell:
    """Set a probability in a table."""
    return Cell(short_percent(probability), shade(probability), probability, likelihood(probability))


def arrange(assessment: Assessment, scenario: Scenario | None, trail: Trail, drawn: dict[str, object]) -> Page:
    """Arrange an assessment into the parts of the page."""
    made = [r for r in assessment.responses if r.move != ANY]
    spans = sorted({days for r in made for days, _ in r.within})
    measured = [o for o in assessment.outcomes if any(change(m, o) for m in assessment.measures)][:6]
    chosen = sorted(assessment.reasons, key=lambda r: r.log_odds)
    return Page(
        title=clean(assessment.title, 200),
        question=clean(assessment.question, 400),
        about=clean(scenario.about, 1200) if scenario is not None else "",
        as_of=clean(assessment.as_of, 40),
        horizon=duration(assessment.horizon_days),
        given=condition(assessment, assessment.given),
        answer=tuple(outcome_line(o) for o in headlines(assessment, 4)),
        actors=tuple(who_acts(assessment)),
        why=tuple(because(r) for r in chosen if stands_by(r))[:4],
        remedy=tuple(remedies(assessment, 2)),
        verdict=verdict(assessment),
        confidence=confidence(assessment),
        outcomes=tuple(outcome(assessment, scenario, trail, o) for o in assessment.outcomes if o.kind == "probability"),
        amounts=tuple(outcome(assessment, scenario, trail, o) for o in assessment.outcomes if o.kind != "probability"),
        spans=tuple(duration(s) for s in spans),
        responses=tuple(response(r, spans, trail) for r in sorted(made, key=lambda r: (r.role == "institution", -month(r)[1], r.owner))),
        reasons=tuple(reason(r, trail, drawn) for r in assessment.reasons),
        tolls=tuple(tolls(assessment, trail)),
        measures=tuple(measure_rows(assessment, measured, trail)),
        measured=tuple(phrase(o.about, o.name, 60) for o in measured),
        judgements=tuple(judgement(assessment, j, trail) for j in assessment.judgements),
        checks=tuple(checks(assessment)),
        yardstick=tuple((b.word, f"{b.low * 100:.0f}\u2013{b.high * 100:.0f}%") for b in YARDSTICK),
    )


def condition(assessment: Assessment, given: str) -> str:
    """Say the condition at whose onset a clock starts."""
    return clean(label(given).lower() if given.isidentifier() else given, 200)


def clock(assessment: Assessment, given: str) -> str:
    """Say where a clock starts."""
    return f"from the onset of: {condition(assessment, given)}" if given else f"from {clean(assessment.as_of, 40)}"


def outcome(assessment: Assessment, scenario: Scenario | None, trail: Trail, result: OutcomeResult) -> OutcomeRow:
    """Set one outcome with the trail to what it rests on."""
    e = result.estimate
    chance = result.kind == "probability"
    names = list(parameters_in(scenario, result.name))
    slopes = sorted((s for s in assessment.sensitivities if s.outcome == result.name), key=lambda s: -abs(s.elasticity))
    names += [s.parameter for s in slopes[:5]]
    return OutcomeRow(
        f"outcome-{slug(result.name)}",
        phrase(result.about, result.name),
        cell(e.value) if chance else None,
        quantity(e.value, e.unit),
        likelihood(e.value) if chance else "",
        spread(e),
        clock(assessment, result.given),
        clean(result.formula, 400),
        power(e.error),
        trail.links_of(result.because),
        trail.links_of(names),
    )


def parameters_in(scenario: Scenario | None, name: str) -> tuple[str, ...]:
    """Parameters that an outcome's own expressions name."""
    if scenario is None or name not in scenario.outcomes:
        return ()
    asked = scenario.outcomes[name]
    expressions = [e for e in (asked.ever, asked.at, asked.share, asked.time_to, asked.long_run, asked.given) if e is not None]
    expressions += [a.amount for a in asked.accumulates or ()] + list((asked.on_moves or {}).values())
    return tuple(dict.fromkeys(p for e in expressions for p in parameters_of(e)))


def response(row: Response, spans: list[float], trail: Trail) -> ResponseRow:
    """Set one line of the who-acts table."""
    chances = dict(row.within)
    cells = tuple(cell(chances[s]) if s in chances else Cell("\u2013", 0, -1.0) for s in spans)
    return ResponseRow(clean(label(row.owner), 60), move_phrase(row), row.role, cells, trail.links_of(row.because))


def reason(row: Reason, trail: Trail, drawn: dict[str, object]) -> ReasonBlock:
    """Set one reason; the terms are those of the figure, so that they add up as shown."""
    from bystander.report.figures.waterfalls import terms

    stem = f"{row.owner[:30]}_{row.move[:30]}"
    names = (f"blocked_{stem}", f"why_{stem}" + (f"_{row.voter[:30]}" if row.voter else ""))
    return ReasonBlock(
        f"reason-{slug(row.owner)}-{slug(row.move)}",
        clean(label(row.owner), 60),
        move_phrase(row),
        because(row),
        cell(row.probability),
        tuple((text, signed(value, 2), trail.links_of(cites)) for text, value, cites in terms(row)),
        signed(row.log_odds, 2),
        tuple(n for n in names if n in drawn),
        stands_by(row),
    )


def tolls(assessment: Assessment, trail: Trail) -> list[tuple[str, str, str, str, tuple[Link, ...]]]:
    """Set expected amounts beside reported ones."""
    abouts = {o.name: o.about for o in assessment.outcomes}
    return [
        (
            phrase(abouts.get(t.outcome, ""), t.outcome, 120),
            quantity(t.expected.value, t.expected.unit),
            spread(t.expected) or "\u2013",
            quantity(t.reported, t.expected.unit),
            trail.links_of([t.fact, t.source]),
        )
        for t in assessment.tolls
    ]


def measure_rows(assessment: Assessment, measured: list[OutcomeResult], trail: Trail) -> list[MeasureRow]:
    """Set every measure, the strongest first."""
    ordered = [m for m, _, _ in ranked_measures(assessment)]
    ordered += [m for m in assessment.measures if m not in ordered]
    out = []
    for m in ordered:
        effects = []
        for o in measured:
            pair = change(m, o)
            if pair is None:
                effects.append(("\u2013", "", "same", 0.0))
            else:
                unit, (before, after) = o.estimate.unit, pair
                shown = [short_percent(v) if unit in ("probability", "share") else amount(v) for v in (before, after)]
                direction = "same" if shown[0] == shown[1] else "down" if after < before else "up"
                effects.append((shown[0], shown[1], direction, after))
        claims = [c for c in m.claim.replace(",", " ").split() if c]
        out.append(MeasureRow(phrase(m.about, m.name), trail.links_of(claims), amount(m.cost), tuple(effects)))
    return out


def judgement(assessment: Assessment, row: JudgementResult, trail: Trail) -> JudgementRow:
    """Set one judgement."""
    unit = row.number.unit
    return JudgementRow(
        clean(row.says, 400),
        trail.links_of([c for c in row.claim.replace(",", " ").split() if c]),
        row.holds,
        clean(row.formula, 300),
        quantity(row.number.value, unit),
        quantity(row.threshold, unit) if unit != "probability" or 0 <= row.threshold <= 1 else parameter(row.threshold),
        clock(assessment, row.given),
        "" if row.robustness is None else percent(row.robustness),
        trail.links_of(row.deciding),
    )


def checks(assessment: Assessment) -> list[tuple[str, str]]:
    """List what the machine reports of itself."""
    s = assessment.solve
    found = "not searched" if not s.starts else f"{s.equilibria_found} in {s.starts} starts"
    return [
        ("Situations", f"{s.situations:,}"),
        ("Moves", f"{s.moves:,}"),
        ("Actors", f"{s.actors:,}"),
        ("Largest violation of the value equations", power(s.residual)),
        ("Most any actor could gain by behaving otherwise", power(s.regret)),
        ("How this equilibrium was reached", clean(s.selection, 80)),
        ("Jumps on the way", f"{s.jumps:,}"),
        ("Equilibria found", found),
        ("Private reasons", "worth something to whoever has them" if s.shocks == "private" else "move choices, worth nothing"),
        ("Scenario", clean(assessment.scenario_hash, 64) or "\u2013"),
        ("Version and seed", f"{clean(assessment.version, 40) or chr(0x2013)}, {assessment.seed}"),
    ]
