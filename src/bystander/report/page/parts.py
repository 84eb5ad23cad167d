"""What each part of the page says, as plain values that a template only sets.

An opponent of a remedy is whoever owns an enabled move that the scenario tags as obstruction. Its reasons are
those of its interests that speak of what the move would undo: their conditions and the move's own share a
variable.

Eight parts in the order of an assessment, an opening that can be read in two minutes, and appendices. A value
here is a string, a sentence, a link or a list of those: the templates decide nothing, and escape everything.

Rows of the part that says why: each reason with its terms, what stands in the way, and both as files.

Each term and each obstacle has a bar beside it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from bystander.assessment.result import AskAnswer, Assessment, CarryingReason, OutcomeResult, Reason
from bystander.assessment.tables import as_csv, tables
from bystander.report.page import rows
from bystander.report.page.rows import (
    Cell,
    EventRow,
    HangRow,
    JudgementRow,
    Link,
    MeasureRow,
    OutcomeRow,
    ResponseRow,
    Trail,
    cell,
    slug,
)
from bystander.report.words.asks import act_by, answers, beyond, called_among, set_in
from bystander.report.words.confidence import (
    Confidence,
    computed_within,
    confidence,
    in_force,
    not_known,
    ranges_over,
    shares_of,
)
from bystander.report.words.decomposition import Support, carried_by, glossary, supports, terms, weightiest
from bystander.report.words.numbers import (
    YARDSTICK,
    ahead,
    clean,
    date,
    duration,
    in_short,
    label,
    phrase,
    power,
    running,
    short_percent,
    signed,
)
from bystander.report.words.reasons import (
    HEADINGS,
    because,
    body_of,
    bystanders_first,
    clock,
    each_obstacle,
    foremost,
    group_of,
    lines,
    obstacle,
    within_a_month,
)
from bystander.report.words.sentences import (
    ANY,
    Sentence,
    change,
    climbers,
    counted_from,
    focus,
    headlines,
    month,
    move_phrase,
    number_of,
    outcome_line,
    party,
    remedies,
    subject,
    verdict,
    who_acts,
    who_acts_from,
    whose,
)
from bystander.scenario.expressions.syntax import variables_of
from bystander.scenario.motives import opposing_moves
from bystander.scenario.schema import Scenario
from bystander.units import in_rank

SUPPORTS, OBSTACLES, REASONS = 2, 8, 6
LONGEST = 0.1
"""A bar of a reason taken away is never longer than the table for less than this chance."""


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term of a decomposition; ``length`` is its share, in percent, of the longest, ``side`` its sign."""

    text: str
    value: str
    cites: tuple[Link, ...]
    side: str
    length: int


@dataclass(frozen=True, slots=True)
class ReasonBlock:
    """Why one owner acts or stands by: sentences, what they rest on, the terms and their citations.

    ``clock`` is the time over which the chance is told; ``obstacles`` is what stops an institution, with its
    share of the time and a bar's length in percent.
    """

    anchor: str
    owner: str
    move: str
    lines: tuple[Sentence, ...]
    supports: tuple[Support, ...]
    chance: Cell
    clock: str
    terms: tuple[TermRow, ...]
    total: str
    voter: str
    obstacles: tuple[tuple[str, str, int], ...]


def reasons(
    assessment: Assessment, scenario: Scenario | None, trail: Trail
) -> tuple[tuple[str, tuple[ReasonBlock, ...], tuple[ReasonBlock, ...]], ...]:
    """Set reasons in their groups, an institution's with the vote that follows it: foremost, and rest."""
    involved = climbers(assessment)
    first = {(r.owner, r.move) for r in foremost(assessment)}
    found: dict[str, tuple[list[ReasonBlock], list[ReasonBlock]]] = {}
    for row in bystanders_first(assessment):
        body = body_of(row, assessment.reasons)
        block = reason(assessment, scenario, row, trail)
        told = found.setdefault(group_of(body or row, assessment, involved), ([], []))
        blocks = told[(row.owner, row.move) not in first]
        if body is None:
            blocks.append(block)
            continue
        whole = blocks.pop()
        blocks.append(
            replace(
                whole,
                lines=(*whole.lines, *block.lines),
                supports=block.supports,
                terms=block.terms,
                total=block.total,
                voter=block.voter,
            )
        )
    return tuple((HEADINGS[group], tuple(few), tuple(rest)) for group, (few, rest) in found.items())


def reason(assessment: Assessment, scenario: Scenario | None, row: Reason, trail: Trail) -> ReasonBlock:
    """Set one reason; its terms add up as shown."""
    made, bar = within_a_month(assessment, row)[1], weightiest(row)
    return ReasonBlock(
        f"reason-{slug(row.owner)}-{slug(row.move)}" + (f"-{slug(row.voter)}" if row.voter else ""),
        clean(label(row.owner), 60),
        move_phrase(row),
        tuple(lines(row, assessment, body_of(row, assessment.reasons))),
        () if scenario is None or bar is None else tuple(supports(scenario, row, bar)[:SUPPORTS]),
        cell(row.probability if made is None else made),
        clock(row, assessment),
        term_rows(row, trail, assessment.asks),
        signed(row.log_odds, 2),
        clean(party(row.voter), 60) if row.voter else "",
        obstacle_rows(row),
    )


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A reason taken away: the chance of the move without it, and a bar's length in percent."""

    what: str
    chance: Cell
    length: int
    cites: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TakenAway:
    """What becomes of a party's first move, within a time, when each of its reasons is taken away.

    ``them`` is the word for the party: "it", or "them" of several.
    """

    party: str
    them: str
    move: str
    chance: Cell
    within: str
    habit: Cell | None
    habit_length: int
    rows: tuple[TakenRow, ...]


def taken_away(assessment: Assessment, trail: Trail) -> tuple[TakenAway, ...]:
    """Set, for each question asked, the chance of the move asked about without each reason."""
    out = []
    without_any = [
        r.chances[0][1] for answer in assessment.asks for r in (*answer.reasons[:REASONS], *answer.joint[:1])
    ]
    longest = max(LONGEST, *without_any) if without_any else LONGEST
    for answer in assessment.asks:
        move = next((m for m in answer.moves if m.modelled), None)
        if move is None or not (answer.reasons or answer.joint):
            continue
        out.append(
            TakenAway(
                clean(label(answer.party), 60),
                number_of(answer.party).them,
                act_by(move, answer),
                cell(move.chance.value),
                duration(answer.days),
                None if move.habit is None else cell(move.habit),
                0 if move.habit is None else min(100, round(100 * move.habit / longest)),
                tuple(_taken_rows(answer, longest, trail)),
            )
        )
    return tuple(out)


def _taken_rows(answer: AskAnswer, longest: float, trail: Trail) -> Iterator[TakenRow]:
    """Set each reason in a row, and those that count only together in one."""
    sets: list[tuple[str, tuple[CarryingReason, ...]]] = [
        ("".join(called_among(r, answer)), (r,)) for r in answer.reasons[:REASONS]
    ]
    if answer.joint:
        called = [called_among(r, answer) for r in answer.joint]
        back = f"holds {number_of(answer.party).them} back"
        side = back if answer.joint[0].holds_back else "carries it"
        if answer.reasons:
            together = f"All that {side}, with {'; '.join(set_in(words) + whose for words, whose in called)}"
        else:
            together = f"{'; '.join(map(''.join, called))}: together"
        sets.append((together, answer.joint))
    for what, some in sets:
        without = some[0].chances[0][1]
        cites = dict.fromkeys(each for r in some for each in r.because)
        length = round(100 * without / longest)
        yield TakenRow(what + beyond(some[0].jump), cell(without), length, trail.links_of(tuple(cites)))


def save_as(assessment: Assessment) -> dict[str, str]:
    """Give every table of the assessment as an address that a browser saves, by its name."""
    return {name: csv_address(as_csv(rows)) for name, rows in tables(assessment).items()}


def csv_address(text: str) -> str:
    """Give a table as an address that a browser saves without script."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode("utf-8", "replace")).decode()


def term_rows(row: Reason, trail: Trail, asks: tuple[AskAnswer, ...]) -> tuple[TermRow, ...]:
    """Set the terms of a decomposition with a bar each."""
    found = terms(row, carrying=carried_by(row, asks))
    longest = max((abs(value) for _, value, _ in found), default=1.0) or 1.0
    return tuple(
        TermRow(
            text,
            signed(value, 2),
            trail.links_of(cites),
            "towards" if value >= 0 else "against",
            round(100 * abs(value) / longest),
        )
        for text, value, cites in found
    )


def obstacle_rows(row: Reason) -> tuple[tuple[str, str, int], ...]:
    """Set what stops an institution, what stops it most first, and how often nothing does.

    Rounded as the sentence beside it is, so that both show the same.
    """
    if not row.blocked:
        return ()
    *parts, (_, rest) = each_obstacle(row)
    told = [*((obstacle(text), value) for text, value in parts[:OBSTACLES]), ("none: it would pass", rest)]
    return tuple((text, short_percent(value / 100), round(value)) for text, value in told)


FELT = 0.01


@dataclass(frozen=True, slots=True)
class Opponent:
    """Someone who opposes a remedy.

    ``chance`` is that the move is made ``within`` a time of the onset, None where that was not asked; ``why``
    are the interests behind it. ``provoked`` are (measure, what counts the move, before, after) where a
    measure makes it likelier.
    """

    who: str
    move: str
    chance: Cell | None
    within: str
    why: tuple[str, ...]
    cites: tuple[Link, ...]
    provoked: tuple[tuple[str, str, str, str], ...]


def opponents(assessment: Assessment, scenario: Scenario | None, trail: Trail) -> tuple[Opponent, ...]:
    """Name those who obstruct, the likeliest first."""
    if scenario is None or not assessment.measures:
        return ()
    within = {(r.owner, r.move): max(r.within, default=None) for r in assessment.responses}
    moves = scenario.moves()
    found = []
    for name in opposing_moves(scenario):
        owner, _, short = name.partition(".")
        move, made = moves[name], within.get((owner, short))
        speaks = set(variables_of(move.when)) if move.when is not None else set()
        minds = [
            i
            for i in (scenario.actors[owner].interests.values() if owner in scenario.actors else ())
            if i.when is not None and speaks & set(variables_of(i.when))
        ]
        found.append(
            Opponent(
                subject(owner),
                running(phrase(move.about, label(short))),
                None if made is None else cell(made[1]),
                "" if made is None else duration(made[0]),
                tuple(clean(phrase(i.about, "", 120)) for i in minds),
                trail.links_of(dict.fromkeys((*move.because, *(c for i in minds for c in i.because)))),
                _provoked(assessment, scenario, name),
            )
        )
    return tuple(sorted(found, key=lambda o: -in_rank(o.chance.sort if o.chance else 0.0)))


def _provoked(assessment: Assessment, scenario: Scenario, name: str) -> tuple[tuple[str, str, str, str], ...]:
    """Find the measures that make an outcome likelier which counts a move."""
    counts = [
        o
        for o in assessment.outcomes
        if o.name in scenario.outcomes and name in (scenario.outcomes[o.name].fires or ())
    ]
    found = []
    for o in counts:
        for m in assessment.measures:
            pair = change(m, o)
            if pair is not None and pair[1] - pair[0] >= FELT:
                before, after = (in_short(v, o.estimate.unit) for v in pair)
                found.append(
                    (pair[0] - pair[1], phrase(m.about, m.name, 90), phrase(o.about, o.name), before, after)
                )
    return tuple((m, o, a, b) for _, m, o, a, b in sorted(found)[:2])


OUTCOMES, RESPONSES, MEASURES, AMOUNTS, JUDGEMENTS, EVENTS, HANGS = 15, 12, 6, 8, 13, 10, 8
"""How many rows of each table a reader meets; the rest is folded: the whole is within ten screens."""
MEASURED = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """Rows of a table: those a reader meets, and those that are folded."""

    first: tuple[T, ...]
    rest: tuple[T, ...] = ()


def shown(rows_: Iterable[T], most: int, foremost_: Callable[[T], bool] | None = None) -> Shown[T]:
    """Fold a table: the foremost rows stay, as many as there is room for."""
    given = list(rows_)
    lead = [r for r in given if foremost_ is None or foremost_(r)][:most]
    rest = [r for r in given if not any(r is k for k in lead)]
    return Shown(tuple(given)) if len(lead) + len(rest) <= most else Shown(tuple(lead), tuple(rest))


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page's templates set."""

    title: str
    question: str
    about: str
    as_of: str
    horizon: str
    ahead: str
    given: str
    answer: tuple[Sentence, ...]
    actors: tuple[Sentence, ...]
    why: tuple[Sentence, ...]
    remedy: tuple[Sentence, ...]
    opposed: tuple[Opponent, ...]
    verdict: Sentence
    confidence: Confidence
    ranged: bool
    banded: bool
    outcomes: Shown[OutcomeRow]
    amounts: Shown[OutcomeRow]
    tolled: bool
    spans: tuple[str, ...]
    responses: Shown[ResponseRow]
    steps: tuple[tuple[str, str, str], ...]
    taken: tuple[TakenAway, ...]
    reasons: tuple[tuple[str, tuple[ReasonBlock, ...], tuple[ReasonBlock, ...]], ...]
    glossary: tuple[str, ...]
    measures: Shown[MeasureRow]
    measured: tuple[str, ...]
    judgements: Shown[JudgementRow]
    whose: str
    record: Shown[EventRow]
    hangs: tuple[HangRow, ...]
    hanging: str
    checks: tuple[tuple[str, str], ...]
    save: dict[str, str]
    yardstick: tuple[tuple[str, str], ...] = ()
    within: str = ""
    ranges: str = ""
    clocks: tuple[str, ...] = ()
    shares: str = ""
    not_known: tuple[str, ...] = ()


def arrange(assessment: Assessment, scenario: Scenario | None, trail: Trail) -> Page:
    """Arrange an assessment into the parts of the page."""
    made = [r for r in assessment.responses if r.move != ANY]
    spans = sorted({days for r in made for days, _ in r.within})
    measured = weighed(assessment)
    asked = {m.move for answer in assessment.asks for m in answer.moves}
    told = {o.name: rows.outcome(assessment, scenario, trail, o) for o in assessment.outcomes}
    kinds = {o.name: o.kind == "probability" for o in assessment.outcomes}
    lead = {told[o.name].anchor for o in assessment.outcomes if o.headline}
    goal = focus(assessment)
    return Page(
        title=clean(assessment.title, 200),
        question=clean(assessment.question, 400),
        about=clean(scenario.about, 1200) if scenario is not None else "",
        as_of=date(assessment.as_of),
        horizon=duration(assessment.horizon_days),
        ahead=ahead(assessment.horizon_days, assessment.until),
        given=who_acts_from(assessment),
        answer=tuple(answers(assessment) or [outcome_line(o) for o in headlines(assessment, 4)]),
        actors=tuple(who_acts(assessment)),
        why=tuple(because(r, assessment, brief=True) for r in foremost(assessment) if not assessment.asks),
        remedy=tuple(remedies(assessment, 2)),
        opposed=opponents(assessment, scenario, trail),
        verdict=verdict(assessment),
        confidence=confidence(assessment),
        within=computed_within(assessment),
        ranges=ranges_over(assessment),
        clocks=tuple(counted_from(assessment)),
        shares=shares_of(assessment),
        not_known=tuple(clean(said, 400) for said in not_known(assessment)),
        ranged=any(o.estimate.low is not None for o in assessment.outcomes),
        banded=any(o.band for o in assessment.outcomes),
        outcomes=shown((r for n, r in told.items() if kinds[n]), OUTCOMES, lambda r: r.anchor in lead),
        amounts=shown((r for n, r in told.items() if not kinds[n]), AMOUNTS, lambda r: r.anchor in lead),
        tolled=any(row.reported for row in told.values()),
        spans=tuple(duration(s) for s in spans),
        responses=shown(
            (
                rows.response(r, spans, trail)
                for r in sorted(
                    made, key=lambda r: (f"{r.owner}.{r.move}" not in asked, -month(r)[1], r.owner, r.move)
                )
            ),
            RESPONSES,
        ),
        steps=tuple(rows.steps(assessment)),
        taken=taken_away(assessment, trail),
        reasons=reasons(assessment, scenario, trail),
        glossary=tuple(glossary(assessment.reasons, taken=bool(assessment.asks))),
        measures=shown(rows.measure_rows(assessment, measured, trail), MEASURES),
        measured=tuple(phrase(o.about, o.name, 60) for o in measured),
        judgements=shown((rows.judgement(assessment, j, trail) for j in assessment.judgements), JUDGEMENTS),
        whose=whose(assessment),
        record=shown(rows.events(scenario, trail)[::-1], EVENTS),
        hangs=tuple(rows.hangs(assessment, trail)[:HANGS]),
        hanging="" if goal is None else phrase(goal.about, goal.name, 90),
        checks=tuple(checks(assessment)),
        save=save_as(assessment),
        yardstick=tuple((b.word, f"{b.low * 100:.0f}\u2013{b.high * 100:.0f}%") for b in YARDSTICK),
    )


def weighed(assessment: Assessment) -> list[OutcomeResult]:
    """Choose the outcomes beside each measure: the focus, then headlines that some measure moves most."""
    goal = focus(assessment)

    def most(outcome: OutcomeResult) -> float:
        pairs = [pair for m in assessment.measures if (pair := change(m, outcome))]
        return max((abs(b - a) / max(abs(a), abs(b), 1e-9) for a, b in pairs), default=0.0)

    moved = [o for o in assessment.outcomes if any(change(m, o) for m in assessment.measures)]
    others = [o for o in moved if o is not goal and o.headline]
    return [o for o in moved if o is goal] + sorted(others, key=lambda o: (-in_rank(most(o)), o.name))[
        : MEASURED - 1
    ]


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
