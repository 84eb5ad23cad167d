"""How doors set their own tables: plain columns, numbers in the words of the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, log10

from rich import box
from rich.table import Table
from rich.text import Text

from bystander.cli.terminal import answers
from bystander.report.words.numbers import MINUS, amount, in_short, round_together, signed
from bystander.report.words.reasons import JUMPED as JUMP
from bystander.units import CHANCES

JUMPED = f"† {JUMP}"


def spaced(name: str) -> str:
    """Write an identifier as words, as they are."""
    return name.replace("_", " ")


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


def difference(number: float, unit: str) -> str:
    """Write a difference: percentage points or an amount, with its sign; a dash where it is not known."""
    if number != number:
        return "–"
    if unit in CHANCES:
        return f"{signed(100 * number)} pp"
    return f"{'−' if number < 0 else '+'}{amount(abs(number))}"


def adding_up(parts: Sequence[float], unit: str) -> list[str]:
    """Write differences and their sum, rounded together so that what is shown adds up to what is shown."""
    total = sum(parts)
    if total != total:
        return [difference(part, unit) for part in (*parts, total)]
    if unit in CHANCES:
        rounded = round_together([100 * part for part in parts], 100 * total, 0.1)
        return [f"{signed(part)} pp" for part in (*rounded, sum(rounded))]
    largest = max(map(abs, (*parts, total)), default=0.0)
    if not 0.0 < largest < float("inf"):
        return [difference(part, unit) for part in (*parts, total)]
    digits = 1 - floor(log10(largest))
    rounded = [round(part, digits) for part in round_together(parts, total, 10.0**-digits)]
    texts = [f"{part:+,.{max(digits, 0)}f}".replace("-", MINUS) for part in rounded]
    whole = round(sum(rounded), digits)
    return [*texts, f"{whole:+,.{max(digits, 0)}f}".replace("-", MINUS)]


def apart(number: float, threshold: float, unit: str) -> tuple[str, str]:
    """Write a number and its threshold, chances with as many decimals as tell them apart, two at most."""
    said, wanted = in_short(number, unit), in_short(threshold, unit)
    if unit in CHANCES:
        for decimals in (1, 2):
            if said != wanted or number == threshold:
                break
            said, wanted = f"{100 * number:.{decimals}f}%", f"{100 * threshold:.{decimals}f}%"
    return said, wanted
