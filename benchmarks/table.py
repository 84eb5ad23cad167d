"""Rows of measurements as tables for the terminal: one a family, and one of its inner loops."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from benchmarks.cells import US
from benchmarks.register import Family
from benchmarks.timing import Row

COLUMNS = ("phase", "seconds", "CPU s", "MiB", "times", "work", "differs", "also")


def tables(family: Family, rows: list[Row]) -> list[Table]:
    """Lay out what was measured of one family; peers stand below our row of the same phase."""
    out = _table(f"{family.name}: {family.about}", *COLUMNS)
    inner = []
    for row in rows:
        name, style = (row["phase"], "") if row["by"] == US else (f"  {row['by']}", "dim")
        if "seconds" in row:
            cells = [written(row.get(key)) for key in ("seconds", "processor", "peak MiB")]
            ratios = [_ratio(row.get(key)) for key in ("times as long", "times the work")]
            out.add_row(name, *cells, *ratios, written(row.get("differs by")), facts(row), style=style)
        elif "kernels" in row:
            inner.append(_loops(family, row))
        else:
            reason = Text(row.get("skipped") or row["failed"], "yellow" if "skipped" in row else "red")
            out.add_row(name, *[""] * (len(COLUMNS) - 2), reason)
    return [*([out] if out.row_count else []), *inner]


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{written(value)}x"


def _loops(family: Family, row: Row) -> Table:
    title = f"{family.name}: inner loops ({facts(row)})"
    out = _table(
        title, "loop", "threads", "seconds", "ns a situation", "least MiB", "share of the memory's pace"
    )
    for loop in row["kernels"]:
        share = f"{100.0 * loop['share']:.0f}%"
        numbers = (loop["threads"], loop["seconds"], loop["nanoseconds a situation"], loop["least MiB"])
        out.add_row(loop["kernel"], *[written(number) for number in numbers], share)
    return out


def _table(title: str, *columns: str) -> Table:
    out = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        left = column in ("phase", "loop", "also")
        out.add_column(column, justify="left" if left else "right", no_wrap=column != "also")
    return out


def facts(row: Row) -> str:
    """Write what else was seen."""
    return ", ".join(f"{name} {written(value)}" for name, value in row.get("facts", {}).items())


def written(value: Any) -> str:
    """Write a number short."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, int) or abs(value) >= 1000.0:
        return f"{value:,.0f}"
    return f"{value:.3g}"
