"""The drawings of the last report of a scenario, kept so that the next one draws only what has changed.

One entry of the store for each scenario name, written over each time: what is kept does not grow. A drawing
is found by a hash of everything it depends on: its specification, the converter and the typeface.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from bystander.report.figures.figure import DIALECT, FONTS

if TYPE_CHECKING:
    from bystander.cases.store import Store


class Drawings:
    """Drawings of the figures of one scenario.

    Parameters
    ----------
    store
        Where they are kept.
    scenario
        Name of the scenario: one set of drawings each.
    world
        Hash of what the scenario says; see `complete`.
    """

    def __init__(self, store: Store, scenario: str, world: str) -> None:
        self.store, self.world = store, world
        self.place = hashlib.sha256(f"drawings\0{scenario}".encode()).hexdigest()
        self.last: dict[str, Any] = store.get(self.place, _read) or {}
        self.now: dict[str, str] = {}

    @property
    def complete(self) -> bool:
        """Whether the last report was of this very scenario, so that nothing new need be expected."""
        return self.last.get("world") == self.world

    def find(self, spec: str) -> str | None:
        """Return the drawing of a specification, None if there is none."""
        found: str | None = self.last.get("drawn", {}).get(_key(spec))
        return found

    def keep(self, spec: str, svg: str) -> None:
        """Keep a drawing for the next time."""
        self.now[_key(spec)] = svg

    def save(self) -> None:
        """Replace the last set by this one."""
        whole = {"world": self.world, "drawn": self.now}
        if whole != self.last:
            self.store.put(self.place, whole)


def _read(kept: Any) -> dict[str, Any]:
    """Make a set of drawings of what was kept, or raise where it is something else."""
    return {"world": str(kept["world"]), "drawn": {str(key): str(svg) for key, svg in kept["drawn"].items()}}


def _key(spec: str) -> str:
    return hashlib.sha256(f"{_tools()}\0{spec}".encode()).hexdigest()


@cache
def _tools() -> str:
    """Everything else that decides what a drawing looks like."""
    try:
        converter = version("vl-convert-python")
    except PackageNotFoundError:
        converter = "unknown"
    digest = hashlib.sha256(f"{converter} {DIALECT}".encode())
    for face in sorted(FONTS.glob("*.ttf")):
        digest.update(face.read_bytes())
    return digest.hexdigest()
