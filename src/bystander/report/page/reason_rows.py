"""Rows of the part that says why: each reason with its terms, what stands in the way, and both as files.

Each term and each obstacle has a bar beside it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from bystander.assessment.result import Assessment, Reason
from bystander.assessment.tables import as_csv, tables
from bystander.report.page.rows import Cell, Link, Trail, cell, slug
from bystander.report.words.decomposition import Support, supports, terms, weightiest
from bystander.report.words.numbers import clean, label, phrase, short_percent, signed
from bystander.report.words.reasons import (
    HEADINGS,
    body_of,
    bystanders_first,
    foremost,
    group_of,
    lines,
    obstacle,
    within_a_month,
)
from bystander.report.words.sentences import Sentence, climbers, lowered, move_phrase
from bystander.scenario.schema import Scenario

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

    ``obstacles`` is what stops an institution, with its share of the time and a bar's length in percent.
    """

    anchor: str
    owner: str
    move: str
    lines: tuple[Sentence, ...]
    supports: tuple[Support, ...]
    chance: Cell
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
        term_rows(row, trail),
        signed(row.log_odds, 2),
        clean(label(row.voter), 60) if row.voter else "",
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
    """What becomes of a party's first move when each of its reasons is taken away."""

    party: str
    move: str
    chance: Cell
    habit: Cell | None
    habit_length: int
    rows: tuple[TakenRow, ...]


def taken_away(assessment: Assessment, trail: Trail) -> tuple[TakenAway, ...]:
    """Set, for each question asked, the chance of the move asked about without each reason."""
    out = []
    without_any = [r.chances[0][1] for answer in assessment.asks for r in answer.reasons[:REASONS]]
    longest = max(LONGEST, *without_any) if without_any else LONGEST
    for answer in assessment.asks:
        move = next((m for m in answer.moves if m.modelled), None)
        if move is None or not answer.reasons:
            continue
        kept = [(r, r.chances[0][1]) for r in answer.reasons[:REASONS]]
        out.append(
            TakenAway(
                clean(label(answer.party), 60),
                lowered(phrase(move.about, label(move.move.partition(".")[2]))),
                cell(move.chance.value),
                None if move.habit is None else cell(move.habit),
                0 if move.habit is None else min(100, round(100 * move.habit / longest)),
                tuple(
                    TakenRow(
                        phrase(r.about.partition(":")[0].partition(". ")[0], r.name.partition(".")[2], 90),
                        cell(without),
                        round(100 * without / longest),
                        trail.links_of(r.because),
                    )
                    for r, without in kept
                ),
            )
        )
    return tuple(out)


def save_as(assessment: Assessment) -> dict[str, str]:
    """Give every table of the assessment as an address that a browser saves, by its name."""
    return {name: csv_address(as_csv(rows)) for name, rows in tables(assessment).items()}


def csv_address(text: str) -> str:
    """Give a table as an address that a browser saves without script."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode("utf-8", "replace")).decode()


def term_rows(row: Reason, trail: Trail) -> tuple[TermRow, ...]:
    """Set the terms of a decomposition with a bar each."""
    found = terms(row)
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
    """Set what stops an institution, what stops it most first, and how often nothing does."""
    if not row.blocked:
        return ()
    parts = sorted(row.blocked, key=lambda pair: (-pair[1], pair[0]))[:OBSTACLES]
    shares = [(obstacle(text), share) for text, share in parts]
    shares.append(("none: it would pass", row.probability))
    return tuple((text, short_percent(share), round(100 * share)) for text, share in shares)
