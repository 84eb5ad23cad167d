"""A cell is one phase of one family by us or by one peer, measured in a process of its own.

Its memory is then its own, and a peer that runs out of time or memory takes nothing else with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.peers import asked
from benchmarks.phases import PHASES
from benchmarks.register import FAMILIES
from benchmarks.shelf import Shelf
from benchmarks.timing import Row

US = "bystander"


def measure(family: str, phase: str, who: str, folder: Path) -> Row:
    """Measure a cell in this process."""
    shelf = Shelf(folder, FAMILIES[family])
    row = PHASES[phase](shelf) if who == US else asked(who, phase, shelf)
    return {"family": family, "phase": phase, "by": who, **row}


def measure_apart(family: str, phase: str, who: str, folder: Path, patience: float) -> Row:
    """Measure a cell in a process of its own, which is given up after ``patience`` seconds."""
    words = [sys.executable, "-m", "benchmarks", "--cell", family, phase, who, str(folder)]
    row: Row = {"family": family, "phase": phase, "by": who}
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        return row | {"skipped": f"given up after {patience:.0f} s"}
    if done.returncode != 0:
        last = (done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1]
        return row | {"failed": last}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compared(row: Row, ours: Row) -> Row:
    """Add to a peer's row how many times as long as ours it took."""
    if "seconds" not in row or "seconds" not in ours:
        return row
    return row | {
        "times as long": row["seconds"] / ours["seconds"],
        "times the work": row["processor"] / ours["processor"],
    }
