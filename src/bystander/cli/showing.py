"""How doors set their own tables: plain columns, numbers in the words of the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, isfinite, isinf, log10
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from bystander.cli.terminal import answers
from bystander.report.words.numbers import (
    amount,
    in_short,
    label,
    phrase,
    plain,
    round_together,
    signed,
    with_unit,
)
from bystander.units import CHANCES, MINUS, in_rank

if TYPE_CHECKING:
    from bystander.policy.what_if import Moved
    from bystander.scenario import Scenario

GAP, NARROWEST, READABLE = 3, 16, 36
"""Width between two columns, the least a text is folded to, and the width it has before heads unfold."""


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    numbers: Sequence[int] = (),
    keep: int = 0,
) -> None:
    """Print a table.

    Parameters
    ----------
    numbers
        Columns set to the right, whose heads may fold but not their cells.
    keep
        Where the columns have no room for whole words, some stand in a further table, with the first so many.
    """
    rows = list(rows)
    if not rows:
        return
    for places in _side_by_side(columns, rows, keep):
        right = [k for k, place in enumerate(places) if place in numbers]
        _one_table(
            [columns[k] for k in places], [[row[k] for k in places] for row in rows], title=title, right=right
        )
        title = ""


def _side_by_side(columns: Sequence[str], rows: Sequence[Sequence[str]], keep: int) -> list[list[int]]:
    """Choose which columns share a table: all, or as many as have room for their longest words."""
    first = list(range(keep))
    words = [_widths("\n".join((head, *(row[k] for row in rows))))[0] for k, head in enumerate(columns)]
    tables = [list(first)] if keep else [list(range(len(columns)))]
    for place in range(keep, len(columns) if keep else 0):
        asked = sum(max(words[k], READABLE // 2 if k == keep - 1 else 0) + GAP for k in (*tables[-1], place))
        if asked > answers.width and tables[-1] != first:
            tables.append(list(first))
        tables[-1].append(place)
    return tables


def _one_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str, right: Sequence[int]
) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    widths = fitted(columns, rows, right, answers.width - GAP * len(columns) + 1)
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(
            column, justify="right" if place in right else "left", overflow="fold", width=max(1, width)
        )
    for row in rows:
        table.add_row(*(Text(cell, no_wrap=place in right) for place, cell in enumerate(row)))
    if title:  # a title of the table itself would fold at the width of the table
        answers.print(Text(f"\n{title}", style="bold"))
    answers.print(table)


def fitted(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int], room: int
) -> list[int]:
    """Share the room out among columns: numbers whole first, then whole words, then texts, then heads."""
    heads = [_widths(column) for column in columns]
    cells = [_widths("\n".join(column)) for column in zip(*rows, strict=True)]
    natural = [max(head[1], cell[1]) for head, cell in zip(heads, cells, strict=True)]
    if sum(natural) <= room:
        return natural
    kinds = [place in numbers for place in range(len(columns))]
    both = list(zip(heads, cells, kinds, strict=True))
    stages = [
        [cell[1] if number else min(cell[1], NARROWEST) for _, cell, number in both],
        [max(head[0], cell[1] if number else cell[0]) for head, cell, number in both],
        [cell[1] if number else min(cell[1], READABLE) for _, cell, number in both],
        natural,
    ]
    widths = [max(1, least) for least in stages[0]]
    for goals in stages[1:]:
        while (left := room - sum(widths)) > 0:
            short = [place for place, goal in enumerate(goals) if widths[place] < goal]
            for place in short[:left]:
                widths[place] += 1
            if not short:
                break
    return widths


def _widths(text: str) -> tuple[int, int]:
    """Return the width of the longest word of a text, and of its longest line."""
    longest = max(map(cell_len, text.split()), default=0)
    return longest, max(map(cell_len, text.split("\n")), default=0)


def show_jumps(jumps: Iterable[float]) -> None:
    """Say what the mark † means, where any change includes a jump between equilibria, in worth."""
    if any(jumps):
        from bystander.report.words.reasons import JUMPED

        answers.print(f"† {JUMPED}")


def show_by_itself(told: Iterable[tuple[str, str, float, float, str]]) -> None:
    """Show what followed scenarios answer by themselves, where that is another equilibrium.

    Parameters
    ----------
    told
        What was changed, the outcome, its number as followed and by itself, and their unit.
    """
    rows = [
        [what, outcome, in_short(followed, unit), in_short(alone, unit)]
        for what, outcome, followed, alone, unit in told
    ]
    rows = [row for row in rows if row[2] != row[3]]
    if not rows:
        return
    show_table(("", "", "followed", "by itself"), rows, title="More than one equilibrium", numbers=(2, 3))
    answers.print(
        "Followed: from the equilibrium without the change, as above. By itself: as `run` solves it with "
        "the change. The game has several equilibria then, and nothing here says which is played."
    )


def show_closeness(numbers: Iterable[tuple[str, Moved]]) -> None:
    """Say how closely named changes are computed, which are too small for that, and which are not known."""
    from bystander.report.words.confidence import for_each_reason, within

    told = list(numbers)
    close = within(e.error for _, e in told if e.unit in CHANCES and not e.withheld)
    if close:
        answers.print(close)
    within_error = list(dict.fromkeys(name for name, e in told if e.too_close))
    if within_error:
        answers.print(f"Too close to say, less than its error bound: {'; '.join(within_error)}.")
    for said in for_each_reason((name, e.withheld) for name, e in told):
        answers.print(f"Not known. {said}")


def difference(number: float, unit: str) -> str:
    """Write a difference: percentage points or an amount, with its sign; a dash where it is not known."""
    if number != number:
        return "–"
    if unit in CHANCES:
        return f"{signed(100 * number)} pp"
    return f"{'−' if number < 0 else '+'}{amount(abs(number))}"


ROUNDING = 1e-6
"""Share of an amount below which a difference is of rounding."""

POWERS = 1e-3, 1e15
"""Below and from here on `amount` writes powers of ten, which no rounding makes add up."""


def adding_up(parts: Sequence[float], unit: str, scale: float = 0.0) -> list[str]:
    """Write differences and their sum, rounded together so that what is shown adds up to what is shown.

    ``scale`` is the size of what differs: a difference that is nothing beside it is none.
    """
    total = sum(parts)
    if total != total:
        return [difference(part, unit) for part in (*parts, total)]
    if isinf(total):
        return ["–"] * (len(parts) + 1)
    if unit in CHANCES:
        rounded = round_together([100 * part for part in parts], 100 * total, 0.1)
        return [f"{signed(part)} pp" for part in (*rounded, sum(rounded))]
    largest = max(map(abs, (*parts, total)), default=0.0)
    if largest <= ROUNDING * scale:
        return [difference(0.0, unit)] * (len(parts) + 1)
    if not POWERS[0] <= largest < POWERS[1]:
        return [difference(part, unit) for part in (*parts, total)]
    digits = (1 if largest < 100.0 else 2) - floor(log10(largest))  # as fine as `amount` tells what differs
    rounded = [round(part, digits) for part in round_together(parts, total, 10.0**-digits)]
    texts = [f"{part:+,.{max(digits, 0)}f}".replace("-", MINUS) for part in rounded]
    whole = round(sum(rounded), digits)
    return [*texts, f"{whole:+,.{max(digits, 0)}f}".replace("-", MINUS)]


def apart(number: float, threshold: float, unit: str) -> tuple[str, str]:
    """Write a number and its threshold with as many decimals as tell them apart, a few more at most."""
    said, wanted = in_short(number, unit), in_short(threshold, unit)
    for more in (1, 2, 3):
        if said != wanted or number == threshold or not isfinite(number):
            break
        if unit in CHANCES:
            decimals = min(more, 2)
            said, wanted = f"{100 * number:.{decimals}f}%", f"{100 * threshold:.{decimals}f}%"
        else:
            said, wanted = (
                f"{MINUS if value < 0.0 else ''}{plain(abs(value), 2 + more)}" if value else "0"
                for value in (number, threshold)
            )
    return said, wanted


def in_unit(said: str, unit: str) -> str:
    """Add its unit to an amount that is written; what is infinite has none."""
    if unit in (*CHANCES, "") or not any(letter.isdigit() for letter in said):
        return said
    return with_unit(said, unit)


def show_now(read: Scenario, levels: dict[str, dict[str, float]], apart: float) -> None:
    """Show where a record leaves each variable; those with the same words are told apart by their names."""
    from bystander.cases.changes import has_namesake
    from bystander.evidence.starting import what_is_lost

    rows = []
    for name, chances in levels.items():
        shown = sorted(chances.items(), key=lambda each: -in_rank(each[1]))[:3]
        known = read.variables.get(name)
        called = phrase(known.about if known else "", name, 60)
        called += f" ({label(name)})" if has_namesake(read, name) else ""
        rows.append([called, ", ".join(f"{level} {100 * chance:.0f}%" for level, chance in shown)])
    show_table(("", "where the record leaves it"), rows)
    if lost := what_is_lost(apart):
        answers.print(lost)
