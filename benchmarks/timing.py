"""How things are timed: the least of several repeats, in wall and processor seconds, and peak memory.

Other work on the machine can only add to a time, so the least of the repeats is what is reported. Processor
seconds are those of this process and its children, over all their threads.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Row = dict[str, Any]

REPEATS = 5
BUDGET = 6.0
"""Seconds after which nothing is repeated any more."""
LONGEST = 20.0
"""What takes longer than this the first time is not done a second time: compiling is little of it."""


def processor() -> float:
    """Return the processor seconds used so far."""
    usage = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in usage)


def peak() -> float:
    """Return the most memory held so far by this process, or by one of its children, in MiB."""
    sizes = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(sizes) / (2.0**20 if sys.platform == "darwin" else 2.0**10)


def timed(task: Callable[[], T]) -> tuple[Row, T]:
    """Return the times of a task, and its last result. What the first call compiles is never in the least."""
    walls: list[float] = []
    works: list[float] = []
    while len(walls) < REPEATS and sum(walls) < (LONGEST if len(walls) == 1 else BUDGET):
        wall, work = time.perf_counter(), processor()
        result = task()
        walls.append(time.perf_counter() - wall)
        works.append(processor() - work)
    row = {
        "seconds": min(walls),
        "median": statistics.median(walls),
        "processor": min(works),
        "repeats": len(walls),
        "peak MiB": peak(),
    }
    return row, result
