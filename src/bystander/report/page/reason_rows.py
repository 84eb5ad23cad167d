"""Rows of the part that says why: each reason with its terms, what stands in the way, and both as files.

Reasons that no figure shows have a bar beside each term instead.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bystander.assessment.result import Assessment, Reason
from bystander.assessment.tables import as_csv, tables
from bystander.report.figures.figure import Figure
from bystander.report.figures.waterfalls import MOST
from bystander.report.page.rows import Cell, cell
from bystander.report.page.trail import Link, Trail, slug
from bystander.report.words.decomposition import terms
from bystander.report.words.grounds import Support, supports, weightiest
from bystander.report.words.names import clean, label
from bystander.report.words.numbers import short_percent, signed
from bystander.report.words.precedence import (
    HEADINGS,
    body_of,
    bystanders_first,
    group_of,
    within_a_month,
)
from bystander.report.words.reasons import lines, obstacle
from bystander.report.words.sentences import Sentence, climbers, move_phrase
from bystander.scenario.schema import Scenario

SUPPORTS = 2


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

    ``obstacles`` is what stops an institution, with its share of the time and a bar's length in percent; it
    is set where no figure shows it. ``figures`` are names with captions.
    """

    anchor: str
    owner: str
    move: str
    lines: tuple[Sentence, ...]
    supports: tuple[Support, ...]
    chance: Cell
    terms: tuple[TermRow, ...]
    total: str
    figures: tuple[tuple[str, str], ...]
    voter: str
    obstacles: tuple[tuple[str, str, int], ...]


def reasons(
    assessment: Assessment, scenario: Scenario | None, trail: Trail, drawn: Mapping[str, Figure]
) -> tuple[tuple[str, tuple[ReasonBlock, ...]], ...]:
    """Set reasons in their groups, an institution's together with the vote that follows it."""
    involved = climbers(assessment)
    found: dict[str, list[ReasonBlock]] = {}
    for row in bystanders_first(assessment):
        body = body_of(row, assessment.reasons)
        block = reason(assessment, scenario, row, trail, drawn)
        if body is None:
            found.setdefault(group_of(row, assessment, involved), []).append(block)
            continue
        blocks = found[group_of(body, assessment, involved)]
        whole = blocks.pop()
        blocks.append(
            replace(
                whole,
                lines=(*whole.lines, *block.lines),
                supports=block.supports,
                terms=block.terms,
                total=block.total,
                voter=block.voter,
                figures=(*whole.figures, *block.figures),
            )
        )
    return tuple((HEADINGS[group], tuple(blocks)) for group, blocks in found.items())


def reason(
    assessment: Assessment, scenario: Scenario | None, row: Reason, trail: Trail, drawn: Mapping[str, Figure]
) -> ReasonBlock:
    """Set one reason; the terms are those of the figure, so that they add up as shown."""
    stem, voter = f"{row.owner[:30]}_{row.move[:30]}", clean(label(row.voter), 60) if row.voter else ""
    names = [
        (f"blocked_{stem}", "What stops it, as a share of the time"),
        (f"why_{stem}", "What weighs how much"),
    ]
    if row.voter:
        names = [(f"why_{stem}_{row.voter[:30]}", f"What weighs how much with {voter}")]
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
        tuple(pair for pair in names if pair[0] in drawn),
        voter,
        () if names[0][0] in drawn else obstacle_rows(row),
    )


def reason_tables(assessment: Assessment) -> tuple[tuple[str, str], ...]:
    """Give all terms and all obstacles as addresses that a browser saves."""
    told = {"reasons": "all terms", "blocked": "all obstacles"}
    found = tables(assessment)
    return tuple((what, csv_address(as_csv(found[name]))) for name, what in told.items() if name in found)


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
    parts = sorted(row.blocked, key=lambda pair: (-pair[1], pair[0]))[:MOST]
    shares = [(obstacle(text), share) for text, share in parts]
    shares.append(("none: it would pass", row.probability))
    return tuple((text, short_percent(share), round(100 * share)) for text, share in shares)
