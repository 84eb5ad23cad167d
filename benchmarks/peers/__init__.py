"""Other ways to the same answers, timed beside ours: who is asked in which phase.

A peer is given the shelf of a run, does the phase's work on the model found there, and returns its times and
what it found. Peers that are not installed, and those for which a model is too large or of the wrong kind,
say so by raising `LeftOutError`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from benchmarks.shelf import Shelf
from benchmarks.timing import Row
from bystander.game.arrays import Float


class LeftOutError(Exception):
    """Why a peer is not asked."""


Peer = Callable[[Shelf], tuple[Row, Float | None]]

PEERS: dict[str, tuple[str, ...]] = {
    "cold": ("numpy",),
    "transient": ("storm", "scipy"),
    "reward": ("storm", "scipy"),
    "eventual": ("storm", "storm gmm++", "scipy"),
    "waiting": ("storm", "storm gmm++", "scipy"),
    "long-run": ("storm", "storm gmm++", "scipy", "quantecon"),
    "lone": ("quantecon",),
}
"""Who is asked beside us in each phase."""

_ROOMS = {
    "numpy": "benchmarks.peers.plain",
    "scipy": "benchmarks.peers.sparse",
    "storm": "benchmarks.peers.storm",
    "storm gmm++": "benchmarks.peers.storm",
    "quantecon": "benchmarks.peers.decisions",
}


def asked(name: str, phase: str, shelf: Shelf) -> Row:
    """Return a peer's row in a phase: times and the distance from our answer, or why there are none."""
    try:
        room = import_module(_ROOMS[name])
        row, found = room.peers(name)[phase](shelf)
    except ModuleNotFoundError as missing:
        return {"skipped": f"{missing.name} is not installed (`make .venv/peers.stamp` installs it)"}
    except LeftOutError as reason:
        return {"skipped": str(reason)}
    return row if found is None else row | {"differs by": shelf.differs(phase, found)}
