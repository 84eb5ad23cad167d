"""Rows of the page's tables: numbers written as they are shown, each with its trail."""

from __future__ import annotations

from dataclasses import dataclass

from bystander.assessment.result import Assessment, JudgementResult, OutcomeResult, ResponseTimes
from bystander.report.page.trail import Link, Trail, slug
from bystander.report.words.expressions import condition
from bystander.report.words.hindrances import JUMPED, hindered
from bystander.report.words.likelihood import YARDSTICK, likelihood
from bystander.report.words.names import clean, label, phrase
from bystander.report.words.numbers import (
    amount,
    date,
    in_short,
    parameter,
    power,
    quantity,
    short_percent,
    spread,
)
from bystander.report.words.sentences import (
    change,
    move_phrase,
    ranked_measures,
)
from bystander.scenario.expressions.syntax import parameters_of
from bystander.scenario.schema import Scenario
from bystander.units import CHANCES


@dataclass(frozen=True, slots=True)
class Cell:
    """A probability in a table.

    What it shows and the step of the yardstick it is shaded with, 0 to 6; ``sort`` orders the column.
    """

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
class JudgementRow:
    """A conclusion of the source and whether it comes out."""

    says: str
    claims: tuple[Link, ...]
    verdict: str
    formula: str
    number: str
    threshold: str
    clock: str
    robustness: str
    deciding: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TollRow:
    """An expected amount beside a reported one."""

    what: str
    expected: str
    spread: str
    reported: str
    cites: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure with its effect on each outcome."""

    what: str
    claims: tuple[Link, ...]
    cost: str
    effects: tuple[tuple[str, str, str, float], ...]
    notes: tuple[str, ...] = ()


def shade(probability: float) -> int:
    """Step of the yardstick, 0 to 6."""
    return next((k for k, b in enumerate(YARDSTICK) if probability < b.high), len(YARDSTICK) - 1)


def cell(probability: float) -> Cell:
    """Set a probability in a table."""
    return Cell(short_percent(probability), shade(probability), probability, likelihood(probability))


def clock(assessment: Assessment, given: str) -> str:
    """Say where a clock starts."""
    return f"from the onset of: {condition(given)}" if given else f"from {date(assessment.as_of)}"


def outcome(
    assessment: Assessment, scenario: Scenario | None, trail: Trail, result: OutcomeResult
) -> OutcomeRow:
    """Set one outcome with the trail to what it rests on."""
    e = result.estimate
    chance = result.kind == "probability"
    names = list(parameters_in(scenario, result.name))
    slopes = sorted(
        (s for s in assessment.sensitivities if s.outcome == result.name), key=lambda s: -abs(s.elasticity)
    )
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
    expressions = [
        e
        for e in (asked.ever, asked.at, asked.share, asked.time_to, asked.long_run, asked.given)
        if e is not None
    ]
    expressions += [a.amount for a in asked.accumulates or ()] + list((asked.on_moves or {}).values())
    return tuple(dict.fromkeys(p for e in expressions for p in parameters_of(e)))


def response(row: ResponseTimes, spans: list[float], trail: Trail) -> ResponseRow:
    """Set one line of the who-acts table."""
    chances = dict(row.within)
    cells = tuple(cell(chances[s]) if s in chances else Cell("\u2013", 0, -1.0) for s in spans)
    return ResponseRow(
        clean(label(row.owner), 60), move_phrase(row), row.role, cells, trail.links_of(row.because)
    )


def tolls(assessment: Assessment, trail: Trail) -> list[TollRow]:
    """Set expected amounts beside reported ones."""
    abouts = {o.name: o.about for o in assessment.outcomes}
    return [
        TollRow(
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
                said = [in_short(v, unit) for v in (before, after)]
                direction = "same" if said[0] == said[1] else "down" if after < before else "up"
                effects.append((said[0], said[1], direction, after))
        claims = [c for c in m.claim.replace(",", " ").split() if c]
        out.append(
            MeasureRow(
                phrase(m.about, m.name),
                trail.links_of(claims),
                amount(m.cost),
                tuple(effects),
                (*(hindered(h) for h in m.hindered), *([JUMPED] if m.jump else [])),
            )
        )
    return out


def judgement(assessment: Assessment, row: JudgementResult, trail: Trail) -> JudgementRow:
    """Set one judgement."""
    unit = row.number.unit
    return JudgementRow(
        clean(row.says, 400),
        trail.links_of([c for c in row.claim.replace(",", " ").split() if c]),
        {"holds": "yes", "fails": "no"}.get(row.verdict, row.verdict),
        clean(row.formula, 300),
        cellwise(row.number.value, unit),
        (
            cellwise(row.threshold, unit)
            if unit != "probability" or 0 <= row.threshold <= 1
            else parameter(row.threshold)
        ),
        clock(assessment, row.given),
        "" if row.robustness is None else short_percent(row.robustness),
        trail.links_of(row.deciding),
    )


def cellwise(value: float, unit: str) -> str:
    """Write a value for a table."""
    return short_percent(value) if unit in (*CHANCES, "") else quantity(value, unit)
