"""Time registered families and phases, beside peers on the same model: ``python -m benchmarks``.

python -m benchmarks                      everything but the million (twenty minutes)
python -m benchmarks --large              the million too (as long again, 4 GiB)
python -m benchmarks --quick              the small families (minutes)
python -m benchmarks --family crisis-65k --phase eventual --phase long-run
python -m benchmarks --json results.json  where the rows are kept
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.cells import US, compared, measure, measure_apart
from benchmarks.peers import PEERS
from benchmarks.phases import PHASES, phases_of
from benchmarks.register import FAMILIES, Family
from benchmarks.table import tables
from benchmarks.timing import Row

PACKAGES = ("bystander", "numpy", "scipy", "numba", "stormpy", "quantecon")
KEPT = Path(__file__).parent / "results.json"


def machine() -> dict[str, Any]:
    """Say what the numbers were measured on."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    assert __doc__ is not None
    head, _, examples = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=head,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="small families only")
    parser.add_argument("--large", action="store_true", help="the families of a million situations too")
    parser.add_argument("--family", action="append", choices=list(FAMILIES), help="this family (repeatable)")
    parser.add_argument("--phase", action="append", choices=list(PHASES), help="this phase (repeatable)")
    parser.add_argument("--no-peers", action="store_true", help="this package alone")
    parser.add_argument("--json", type=Path, default=KEPT, help="where the rows are kept (%(default)s)")
    parser.add_argument(
        "--patience", type=float, default=600.0, help="seconds after which a cell is given up"
    )
    parser.add_argument("--list", action="store_true", help="say what families and phases there are")
    parser.add_argument("--cell", nargs=4, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def chosen_families(chosen: argparse.Namespace) -> list[Family]:
    """Return the families that were asked for."""
    if chosen.family:
        return [FAMILIES[name] for name in FAMILIES if name in chosen.family]
    return [f for f in FAMILIES.values() if f.quick or not (chosen.quick or (f.large and not chosen.large))]


def run(chosen: argparse.Namespace, console: Console, rows: list[Row]) -> None:
    """Measure the chosen cells one after the other into ``rows``, a table after each family."""
    for family in chosen_families(chosen):
        first = len(rows)
        phases = [phase for phase in phases_of(family) if phase in (chosen.phase or PHASES)]
        with tempfile.TemporaryDirectory(prefix="bystander-bench-") as folder:
            for phase in phases:
                ours: Row = {}
                for who in (US, *(() if chosen.no_peers else PEERS.get(phase, ()))):
                    with console.status(f"{family.name}: {phase}, {who}"):
                        row = measure_apart(family.name, phase, who, Path(folder), chosen.patience)
                    ours = row if who == US else ours
                    rows.append(row if who == US else compared(row, ours))
        for table in tables(family, rows[first:]):
            console.print(table)


def main(words: list[str] | None = None) -> int:
    """Run the chosen cells; keep what was measured even when interrupted. 1 if a cell failed."""
    chosen = arguments(words)
    if chosen.cell:
        family, phase, who, folder = chosen.cell
        sys.stdout.write(json.dumps(measure(family, phase, who, Path(folder))) + "\n")
        return 0
    console = Console(width=None if sys.stdout.isatty() else 150, highlight=False)
    if chosen.list:
        for family in FAMILIES.values():
            console.print(f"{family.name:<14} {family.about}\n{'':14} [dim]{' '.join(phases_of(family))}")
        return 0
    about, rows = machine(), []
    try:
        run(chosen, console, rows)
    except KeyboardInterrupt:
        console.print("Interrupted; what was measured is kept.")
    chosen.json.write_text(json.dumps({"machine": about, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    console.print(f"[dim]{chosen.json}")
    return 1 if any("failed" in row for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
