"""Why each owner acts or stands by: a few lines, the largest terms, and what the weightiest rests on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bystander.assessment.result import Assessment, Reason
from bystander.report.terminal.setting import FAINT, HEADING, grid, heading, text
from bystander.report.words.asks import details
from bystander.report.words.decomposition import glossary, terms
from bystander.report.words.grounds import supports, weightiest
from bystander.report.words.likelihood import likelihood
from bystander.report.words.names import clean, label
from bystander.report.words.numbers import percent, signed
from bystander.report.words.precedence import (
    HEADINGS,
    STANDS_BY,
    Expecting,
    body_of,
    bystanders_first,
    group_of,
)
from bystander.report.words.reasons import lines
from bystander.report.words.sentences import climbers
from bystander.scenario.schema import Scenario

TERMS, MOST, GROUNDS = 4, 12, 2


def reasons(assessment: Assessment, console: Console, scenario: Scenario | None = None) -> None:
    """Print why each bystander stands by, then why others act."""
    if not assessment.reasons:
        return
    heading(console, 4, "Why the bystanders stand by")
    for line in details(assessment):
        console.print(text(line))
        console.print()
    ordered = bystanders_first(assessment)
    shown = ordered[:MOST]
    involved, last = climbers(assessment), STANDS_BY
    for k, reason in enumerate(shown):
        now = last if reason.voter else group_of(reason, assessment, involved)
        if not reason.voter and (k or now != last):
            console.print()
        if now != last:
            console.print(Text(HEADINGS[now], style=HEADING))
        last = now
        one_reason(reason, console, assessment, scenario, body_of(reason, shown))
    explain_terms(shown, console)
    if len(ordered) > MOST:
        console.print(Text(f"\nand {len(ordered) - MOST} more, in the report", style=FAINT))


def answer(found: Sequence[Reason], console: Console, scenario: Scenario, expected: Expecting = None) -> None:
    """Print the reasons that were asked for, one after the other, and what their terms mean.

    With what is expected, a move's chance is the one that an assessment gives; else that at an opportunity.
    """
    for k, reason in enumerate(found):
        if k:
            console.print()
        one_reason(reason, console, expected, scenario, body_of(reason, found))
    explain_terms(found, console)


def one_reason(
    reason: Reason,
    console: Console,
    assessment: Expecting = None,
    scenario: Scenario | None = None,
    body: Reason | None = None,
) -> None:
    """Print one reason: its lines, its largest terms, which add up to what is shown, and its grounds."""
    for line in lines(reason, assessment, body):
        console.print(text(line))
    if not reason.bars:
        return
    parts = terms(reason, TERMS)
    rows = grid([("", "left"), ("", "right"), ("", "left")], head=False)
    for term, value, cites in parts:
        rows.add_row(f"  {term}", Text(signed(value, 2)), Text(cited(cites), style=FAINT))
    who = label(reason.voter or reason.owner)
    kind = f"log-odds that {who} votes yes" if reason.voter else "log-odds of acting rather than waiting"
    chance = f"chance of it: {likelihood(reason.probability)} ({percent(reason.probability)})"
    rows.add_row(
        Text(f"  = {kind}"), Text(signed(reason.log_odds, 2), style="bold"), Text(chance, style=FAINT)
    )
    console.print(rows)
    if scenario is not None:
        grounds(reason, console, scenario)


def grounds(reason: Reason, console: Console, scenario: Scenario) -> None:
    """Print what the weightiest term about the case rests on."""
    bar = weightiest(reason)
    if bar is None:
        return
    for support in supports(scenario, reason, bar)[:GROUNDS]:
        source = f" ({support.source})" if support.source else ""
        console.print(Text(f"  {support.name}: {support.says}{source}", style=FAINT))


def cited(names: Sequence[str]) -> str:
    """List what a term cites, the first three by name."""
    few = ", ".join(clean(label(n.rpartition("#")[2]), 24) for n in names[:3])
    return f"{few}, \u2026" if len(names) > 3 else few


def explain_terms(told: Sequence[Reason], console: Console) -> None:
    """Print what the terms mean whose names do not say it."""
    meanings = glossary(told)
    if meanings:
        console.print()
    for meaning in meanings:
        console.print(Text(meaning, style=FAINT))
