"""What a game will cost, reckoned from its situations before its arrays are made.

Options and targets are counted by stepping once through the situations, which takes a small part of the time
of compiling. Memory and time are proportional to them; the constants were measured on games of three actors
with 256 to 131,072 situations (docs/decisions/0603-estimates.md) and hold within a factor of three.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bystander.game.arrays import Int64
from bystander.game.reach import CHUNK, Stepper, too_large
from bystander.game.rules import Rules

_SWEEPS = 200
_SECONDS_PER_TARGET_AND_ACTOR = 1.5e-9
_ALL_SECONDS, _MORE_SECONDS = 5.0, 1.0
"""A run takes five times the sweeps, for questions, reasons, derivatives and starts, and a second more."""
_ALL_MEMORY, _MORE_MEMORY = 6.0, 110e6
"""A run holds six times the game and its values at its peak, besides the program."""
SHARE = 0.8
"""Of the machine's memory that a run may be expected to take."""


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a game.

    Attributes
    ----------
    situations, moves, actors, options, targets
        Counts.
    memory
        Bytes that a run takes at its peak, within a factor of three.
    seconds
        Time of a run on one core of an ordinary machine, likewise; it begins with compiled kernels.
    """

    situations: int
    moves: int
    actors: int
    options: int
    targets: int
    memory: int
    seconds: float


def size_of_situations(stepper: Stepper, codes: Int64) -> Size:
    """Count the options and targets of situations that are known, and reckon what a run will cost."""
    rules = stepper.rules
    options = targets = 0
    for begin in range(0, len(codes), CHUNK):
        here = codes[begin : begin + CHUNK]
        held = stepper.step(here, stepper.levels(here)).held
        options += int(np.count_nonzero(held))
        targets += int((held @ stepper.count).sum())
    actors, situations = len(rules.actors), len(codes)
    per_situation = len(rules.variables) + 8 * 4 + 4 * (1 + len(rules.interests)) + 8 * actors * 12
    memory = situations * per_situation + options * (4 + 2 * 8) + targets * 4
    memory += stepper.layout.kinds.rows * 8 * (2 + stepper.layout.branches + 2 * actors)
    seconds = _SWEEPS * _SECONDS_PER_TARGET_AND_ACTOR * max(targets, situations) * max(actors, 1)
    return Size(
        situations,
        len(rules.moves),
        actors,
        options,
        targets,
        round(_MORE_MEMORY + _ALL_MEMORY * memory),
        _MORE_SECONDS + _ALL_SECONDS * seconds,
    )


def refuse_what_does_not_fit(rules: Rules, size: Size) -> None:
    """Refuse a game that would take more memory than this machine can give.

    Raises
    ------
    ScenarioError
        Naming the variables that cause it.
    """
    most = machine_memory()
    if size.memory > SHARE * most:
        needed = f"{size.memory / 1e9:,.1f} GB of memory, and this machine has {most / 1e9:,.1f} GB"
        raise too_large(rules, f"{size.situations:,} situations, which would take about {needed}")


def machine_memory() -> float:
    """Return the bytes this process may use: the machine's, or what it is held to; infinite if unknown."""
    found = [math.inf]
    with suppress(ImportError, OSError, ValueError, AttributeError):
        found.append(float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            found.append(float(Path(place).read_text()))
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            found.append(float(soft))
    return min(number for number in found if number > 0)
