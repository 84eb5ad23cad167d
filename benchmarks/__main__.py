"""Time registered games and phases, one process a cell so that memory is its own.

python -m benchmarks                      everything (half an hour)
python -m benchmarks --quick              the small families (minutes)
python -m benchmarks --family crisis-65k --phase cold --phase numpy
python -m benchmarks -o results.json      where the rows are kept
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.phases import phases_of
from benchmarks.register import FAMILIES

PATIENCE = 1800.0


def cell(family: str, phase: str) -> dict[str, Any]:
    """Measure one cell in this process."""
    row = phases_of(FAMILIES[family])[phase](FAMILIES[family])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return {"family": family, "phase": phase, **row, "peak MiB": peak}


def cell_apart(family: str, phase: str) -> dict[str, Any]:
    """Measure one cell in a process of its own."""
    words = [sys.executable, "-m", "benchmarks", "--cell", family, phase]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return {"family": family, "phase": phase, "failed": f"took over {PATIENCE:.0f} s"}
    if done.returncode != 0:
        return {"family": family, "phase": phase, "failed": done.stderr.strip().splitlines()[-1:]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def machine() -> dict[str, Any]:
    """Say what the numbers were measured on."""
    return {"processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}


def written(value: Any) -> str:
    """Write a cell's number short."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(rows: list[dict[str, Any]]) -> Table:
    """Lay rows out for the terminal."""
    out = Table("family", "phase", "seconds", "peak MiB", "also", title="Benchmarks")
    shown = {"family", "phase", "seconds", "peak MiB"}
    for row in rows:
        rest = ", ".join(f"{name} {written(value)}" for name, value in row.items() if name not in shown)
        seconds, peak = written(row.get("seconds", "-")), written(row.get("peak MiB", "-"))
        out.add_row(row["family"], row["phase"], seconds, peak, rest)
    return out


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small families only")
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES))
    parser.add_argument("--phase", action="append")
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks/results.json"))
    parser.add_argument("--cell", nargs=2, metavar=("FAMILY", "PHASE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run the chosen cells one after the other; keep what was measured even when interrupted."""
    chosen = arguments()
    if chosen.cell:
        sys.stdout.write(json.dumps(cell(*chosen.cell)) + "\n")
        return 0
    console = Console()
    families = [f for f in FAMILIES.values() if f.name in (chosen.family or FAMILIES)]
    families = [f for f in families if f.quick or not chosen.quick]
    rows: list[dict[str, Any]] = []
    try:
        for family in families:
            for phase in phases_of(family):
                if phase in (chosen.phase or phases_of(family)):
                    console.log(f"{family.name}: {phase}")
                    rows.append(cell_apart(family.name, phase))
    except KeyboardInterrupt:
        console.log("interrupted; what was measured is kept")
    chosen.output.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1), encoding="utf-8")
    console.print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
