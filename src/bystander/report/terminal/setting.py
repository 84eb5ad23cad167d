"""How things are set on a terminal.

Colour is used for three things only: headings, the words of likelihood, and what fails. Without colour, in a
file or a log, nothing is lost: every colour repeats something the text says. Lines are never wider than the
console; long names wrap, numbers do not.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bystander.report.words.sentences import Sentence

HEADING = "bold"
WORD = "cyan"
FAILS = "yellow"
FAINT = "dim"


def text(sentence: Sentence | str) -> Text:
    """Set a sentence, its likelihoods coloured."""
    if isinstance(sentence, str):
        return Text(sentence)
    out = Text()
    for part in sentence:
        out.append(part.text, style=WORD if part.kind == "chance" else "")
    return out


def heading(console: Console, number: int, title: str) -> None:
    """Print a part's heading."""
    console.print()
    console.print(Text(f"{number}. {title}", style=HEADING))


def grid(columns: Iterable[tuple[str, str]], *, head: bool = True) -> Table:
    """Make a table without lines; each column is (heading, ``left`` or ``right``).

    The first takes the room that is left.
    """
    made = Table(
        box=None, show_header=head, header_style=FAINT, padding=(0, 2, 0, 0), pad_edge=False, expand=False
    )
    for k, (title, side) in enumerate(columns):
        made.add_column(
            title,
            justify="right" if side == "right" else "left",
            no_wrap=k > 0 and side == "right",
            overflow="fold",
        )
    return made


def weight(probability: float) -> str:
    """Make the likely stand out and the remote recede."""
    return "bold" if probability >= 0.55 else FAINT if probability < 0.05 else ""
