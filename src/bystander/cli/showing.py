"""How doors set their own tables: plain columns, numbers in the words of the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from bystander.cli.terminal import answers
from bystander.report.words.numbers import amount, short_percent, signed

CHANCES = ("probability", "share")


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", numbers: Sequence[int] = ()
) -> None:
    """Print a table; ``numbers`` are the columns set to the right."""
    rows = list(rows)
    if not rows:
        return
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, title=title or None, title_justify="left", title_style="bold"
    )
    for place, column in enumerate(columns):
        right = place in numbers
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    answers.print(table)


def value(number: float, unit: str) -> str:
    """Write a value for a table cell: a percentage or an amount."""
    return short_percent(number) if unit in CHANCES else amount(number)


def difference(number: float, unit: str) -> str:
    """Write a difference: percentage points or an amount, with its sign."""
    if unit in CHANCES:
        return f"{signed(100 * number)} pp"
    return f"{'−' if number < 0 else '+'}{amount(abs(number))}"
