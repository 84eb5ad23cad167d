"""Why each owner acts or stands by, with its largest terms."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bystander.assessment.result import Assessment, Reason
from bystander.report.terminal.setting import FAINT, grid, heading, text
from bystander.report.words.decomposition import terms
from bystander.report.words.names import label
from bystander.report.words.numbers import signed
from bystander.report.words.reasons import because, bystanders_first

TERMS, MOST = 4, 10


def reasons(assessment: Assessment, console: Console) -> None:
    """Print why each bystander stands by, then why others act."""
    if not assessment.reasons:
        return
    heading(console, 4, "Why the bystanders stand by")
    ordered = bystanders_first(assessment)
    for k, reason in enumerate(ordered[:MOST]):
        if k:
            console.print()
        one_reason(reason, console, assessment)
    if len(ordered) > MOST:
        console.print(Text(f"\nand {len(ordered) - MOST} more, in the report", style=FAINT))


def one_reason(reason: Reason, console: Console, assessment: Assessment | None = None) -> None:
    """Print one reason: a sentence and its largest terms, which add up to what is shown."""
    console.print(text(because(reason, assessment)))
    if not reason.bars:
        return
    parts = terms(reason, TERMS)
    rows = grid([("", "left"), ("", "right")], head=False)
    who = label(reason.voter or reason.owner)
    kind = f"log-odds that {who} votes yes" if reason.voter else "log-odds of acting rather than waiting"
    for term, value, _ in parts:
        rows.add_row(f"  {term}", Text(signed(value, 2)))
    rows.add_row(Text(f"  = {kind}"), Text(signed(reason.log_odds, 2), style="bold"))
    console.print(rows)
