"""Rows of the page's tables, and the trail of each number to its parameter, its fact and its source.

A citation is written in a scenario as a claim (``C37``, ``fp-2022#C37``), a fact, a parameter or a
source. The page lists all of these in its third appendix, each with an anchor; a citation becomes a
link to it; the page's script shows the text of the target as a tip. What cannot be resolved stays plain
text, so that nothing is hidden.

A line in a row shows how an outcome comes about over the horizon (`spark`). Days run from left to right. A
chance runs from nothing at the bottom to certain at the top, so that rows can be compared; an amount up to
its own largest. The band is the range where there is one. What is drawn consists of numbers alone, in colours
of the page's style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bystander.assessment.result import Assessment, JudgementResult, OutcomeResult, ResponseTimes
from bystander.report.figures.outcomes import thin
from bystander.report.words.account import asked_as, judged_as
from bystander.report.words.decomposition import values_of
from bystander.report.words.expressions import onset
from bystander.report.words.numbers import (
    YARDSTICK,
    amount,
    clean,
    date,
    in_short,
    label,
    likelihood,
    parameter,
    phrase,
    power,
    quantity,
    short_percent,
    signed,
    spread,
)
from bystander.report.words.reasons import JUMPED, by_itself, hindered
from bystander.report.words.sentences import (
    change,
    focus,
    hangs_on,
    judged_from,
    mark_of,
    move_phrase,
    ranked_measures,
    step_phrase,
)
from bystander.scenario.claims import expressions_of, standing_of_parameter
from bystander.scenario.expressions import facts_in
from bystander.scenario.expressions.syntax import parameters_of
from bystander.scenario.schema import Scenario
from bystander.units import CHANCES


@dataclass(frozen=True, slots=True)
class Link:
    """A citation: where it leads (an anchor of the page, or ""), what it says, and what it is."""

    anchor: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class TrailRow:
    """A row of the appendix: a parameter, a fact or a claim."""

    anchor: str
    name: str
    says: str
    value: str = ""
    extra: str = ""
    cites: tuple[Link, ...] = ()
    standing: str = ""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """A document with its claims; ``url`` is empty unless it is a plain web address."""

    anchor: str
    name: str
    title: str
    details: str
    url: str
    claims: tuple[TrailRow, ...]


def slug(text: str) -> str:
    """Make a string safe in an id."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", clean(text, 120)).strip("-") or "x"


def web(url: str) -> str:
    """Keep an address only if it is an ordinary web address."""
    plain = clean(url, 2000)
    return plain if re.match(r"https?://[A-Za-z0-9]", plain) else ""


class Trail:
    """Citations of one scenario, resolved."""

    def __init__(self, scenario: Scenario | None) -> None:
        self.scenario = scenario
        self.links: dict[str, Link] = {}
        if scenario is None:
            return
        for source_name, source in scenario.sources.items():
            where = slug(source_name)
            for claim_name in source.claims:
                link = Link(f"claim-{where}-{slug(claim_name)}", clean(claim_name, 40), "claim")
                self.links[f"{source_name}#{claim_name}"] = link
                self.links.setdefault(claim_name, link)
            self.links.setdefault(source_name, Link(f"source-{where}", clean(source_name, 60), "source"))
        values = values_of(scenario)
        for name in scenario.parameters:
            standing = standing_of_parameter(scenario, name).name
            shown = clean(f"{values.called(name)}: {values.told(name)}, {standing}", 120)
            self.links[name] = Link(f"parameter-{slug(name)}", shown, "parameter")
        for name in scenario.facts:
            self.links[name] = Link(f"fact-{slug(name)}", clean(label(name), 60), "fact")

    def links_of(self, names: Iterable[str]) -> tuple[Link, ...]:
        """Resolve citations, each once."""
        return tuple(self.links.get(n) or Link("", clean(n, 80), "unknown") for n in dict.fromkeys(names))

    def parameters(self) -> tuple[TrailRow, ...]:
        """List the scenario's parameters."""
        if self.scenario is None:
            return ()
        return tuple(
            TrailRow(
                f"parameter-{slug(name)}",
                clean(label(name), 80),
                phrase(p.about, "", 400) if p.about else "",
                clean(f"{p.value} = {p.value.formula}" if p.value.formula else str(p.value), 160),
                "" if p.prior is None else clean(str(p.prior), 120),
                self.links_of((*facts_in(p.value), *p.learnt, *p.because)),
                str(standing_of_parameter(self.scenario, name)),
            )
            for name, p in self.scenario.parameters.items()
        )

    def facts(self) -> tuple[TrailRow, ...]:
        """List the scenario's facts."""
        if self.scenario is None:
            return ()
        return tuple(
            TrailRow(
                f"fact-{slug(name)}",
                clean(label(name), 80),
                clean(f.says, 600),
                "" if f.value is None else clean(str(f.value), 60),
                ", ".join(
                    filter(
                        None, [f"{f.confidence} confidence" if f.confidence else "", clean(f.date or "", 20)]
                    )
                ),
                self.links_of([f.source]),
            )
            for name, f in self.scenario.facts.items()
        )

    def sources(self) -> tuple[SourceEntry, ...]:
        """List the sources with their claims."""
        if self.scenario is None:
            return ()
        return tuple(
            SourceEntry(
                f"source-{slug(name)}",
                clean(name, 60),
                clean(s.title, 300),
                clean("; ".join(filter(None, [s.author, s.publisher, s.date or "", s.kind, s.locator])), 400),
                web(s.url),
                tuple(
                    TrailRow(
                        f"claim-{slug(name)}-{slug(key)}",
                        clean(key, 40),
                        clean(claim.says, 800),
                        "",
                        claim.kind,
                    )
                    for key, claim in s.claims.items()
                ),
            )
            for name, s in self.scenario.sources.items()
        )


WIDTH, HEIGHT, EDGE = 120, 26, 3
MOST = 24


def spark(outcome: OutcomeResult) -> str:
    """Draw the course of an outcome; nothing where it has none."""
    if len(outcome.curve) < 2 or outcome.curve[-1][0] <= 0:
        return ""
    span = outcome.curve[-1][0]
    tops = [v for _, v in outcome.curve] + [high for _, _, high in outcome.band]
    top = 1.0 if outcome.kind in CHANCES else max(tops) or 1.0

    def at(day: float, value: float) -> str:
        x = EDGE + (WIDTH - 2 * EDGE) * day / span
        y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * min(max(value / top, 0.0), 1.0)
        return f"{x:.1f},{y:.1f}"

    line = thin(outcome.curve, MOST)
    band = thin(outcome.band, MOST)
    around = [at(d, high) for d, _, high in band] + [at(d, low) for d, low, _ in reversed(band)]
    x, y = at(*line[-1]).split(",")
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' aria-hidden="true" focusable="false"><path class="ground" d="M0,{HEIGHT - EDGE}H{WIDTH}"/>'
        + (f'<polygon class="band" points="{" ".join(around)}"/>' if around else "")
        + f'<polyline points="{" ".join(at(*point) for point in line)}"/>'
        f'<circle cx="{x}" cy="{y}" r="2.6"/></svg>'
    )


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
    spread: str
    spark: str
    clock: str
    formula: str
    error: str
    cites: tuple[Link, ...]
    parameters: tuple[Link, ...]
    reported: str
    reports: tuple[Link, ...]


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
class MeasureRow:
    """A measure with its effect on each outcome."""

    what: str
    claims: tuple[Link, ...]
    cost: str
    effects: tuple[tuple[str, str, str, float], ...]
    notes: tuple[str, ...] = ()
    efficient: bool | None = None


@dataclass(frozen=True, slots=True)
class HangRow:
    """A number that the answer hangs on: what it would gain, and a bar's length in percent."""

    what: Link
    effect: str
    side: str
    length: int


@dataclass(frozen=True, slots=True)
class EventRow:
    """A dated event of the record."""

    date: str
    says: str
    cites: tuple[Link, ...]


def shade(probability: float) -> int:
    """Step of the yardstick, 0 to 6."""
    return next((k for k, b in enumerate(YARDSTICK) if probability < b.high), len(YARDSTICK) - 1)


def cell(probability: float) -> Cell:
    """Set a probability in a table."""
    return Cell(short_percent(probability), shade(probability), probability, likelihood(probability))


def clock(assessment: Assessment, given: str) -> str:
    """Say where a clock starts."""
    return f"from {onset(given, assessment.held) or date(assessment.as_of)}"


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
    toll = next((t for t in assessment.tolls if t.outcome == result.name), None)
    return OutcomeRow(
        f"outcome-{slug(result.name)}",
        " ".join(filter(None, [phrase(result.about, result.name), mark_of(assessment, result.given)])),
        cell(e.value) if chance else None,
        quantity(e.value, e.unit),
        spread(e),
        spark(result),
        clock(assessment, result.given),
        asked_as(scenario, result.name) or clean(result.formula, 400),
        power(e.error),
        trail.links_of(result.because),
        trail.links_of(names),
        quantity(toll.reported, e.unit) if toll else "",
        trail.links_of([toll.fact, toll.source]) if toll else (),
    )


def parameters_in(scenario: Scenario | None, name: str) -> tuple[str, ...]:
    """Parameters that an outcome's own expressions name."""
    if scenario is None or name not in scenario.outcomes:
        return ()
    expressions = expressions_of(scenario.outcomes[name])
    return tuple(dict.fromkeys(p for e in expressions for p in parameters_of(e)))


def response(row: ResponseTimes, spans: list[float], trail: Trail) -> ResponseRow:
    """Set one line of the who-acts table."""
    chances = dict(row.within)
    cells = tuple(cell(chances[s]) if s in chances else Cell("\u2013", 0, -1.0) for s in spans)
    return ResponseRow(
        clean(label(row.owner), 60), move_phrase(row), row.role, cells, trail.links_of(row.because)
    )


def events(scenario: Scenario | None, trail: Trail) -> list[EventRow]:
    """List the dated record, the earliest first; events that lasted with both dates."""
    if scenario is None:
        return []
    ordered = sorted(scenario.events.items(), key=lambda item: (item[1].date, item[0]))
    return [
        EventRow(
            date(e.date) + (f" to {date(e.until)}" if e.until and e.until != e.date else ""),
            phrase(e.says, name, 200),
            trail.links_of(e.claim or [e.source]),
        )
        for name, e in ordered
    ]


def hangs(assessment: Assessment, trail: Trail) -> list[HangRow]:
    """Rank what moves the focus outcome most, at the margin."""
    goal, own = focus(assessment), hangs_on(assessment)
    return [
        HangRow(
            trail.links_of([s.parameter])[0],
            signed(100 * s.elasticity if goal and goal.kind in CHANCES else s.elasticity, 1),
            "towards" if s.elasticity > 0 else "against",
            round(100 * abs(s.elasticity / own[0].elasticity)),
        )
        for s in own
    ]


def steps(assessment: Assessment) -> list[tuple[str, str, str]]:
    """List the steps of the ladder, those up first: from and to, by whom, how often a year while there."""
    order = {rung.level: k for k, rung in enumerate(assessment.rungs)}
    made = [s for s in assessment.steps if {s.source, s.target} <= order.keys() and s.per_year > 0]
    made.sort(key=lambda s: (order[s.source] > order[s.target], -order[s.source], -s.per_year))
    return [
        (
            f"{label(s.source)} {'↓↑'[order[s.target] > order[s.source]]} {label(s.target).lower()}",
            step_phrase(s),
            amount(s.per_year),
        )
        for s in made
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
        out.append(
            MeasureRow(
                phrase(m.about, m.name),
                trail.links_of(m.claim.replace(",", " ").split()),
                amount(m.cost),
                tuple(effects),
                (
                    *(hindered(h) for h in m.hindered),
                    *([JUMPED] if m.jump else []),
                    *filter(None, [by_itself(m, measured)]),
                ),
                m.efficient,
            )
        )
    return out


def judgement(assessment: Assessment, row: JudgementResult, trail: Trail) -> JudgementRow:
    """Set one judgement."""
    unit = row.number.unit
    return JudgementRow(
        " ".join(filter(None, [clean(row.says, 400), mark_of(assessment, judged_from(assessment, row))])),
        trail.links_of(row.claim.replace(",", " ").split()),
        {"holds": "yes", "fails": "no"}.get(row.verdict, row.verdict),
        judged_as(assessment, row.formula),
        cellwise(row.number.value, unit),
        (
            cellwise(row.threshold, unit)
            if unit != "probability" or 0 <= row.threshold <= 1
            else parameter(row.threshold)
        ),
        clock(assessment, judged_from(assessment, row)),
        "" if row.robustness is None else short_percent(row.robustness),
        trail.links_of(row.deciding),
    )


def cellwise(value: float, unit: str) -> str:
    """Write a value for a table."""
    return short_percent(value) if unit in (*CHANCES, "") else quantity(value, unit)
