"""Figures drawn by another process while this one goes on writing specifications, and kept for the next time.

The converter holds the interpreter while it draws, so a thread gains nothing; a process does. Whoever knows
that figures will be wanted calls `get_ready` first: the helper starts (a third of a second) while other work
goes on, and ends with this process if nothing is ever asked of it. What is drawn is the same byte for byte.
It is started by its file, isolated, with the path of this process less the current folder
(`bystander.origins`): nothing that lies beside a scenario is ever imported.
If the process cannot be started or dies, the figures it did not deliver are drawn here: the worst that can
happen is that it takes longer.

The drawings of the last report of a scenario are kept (`Drawings`), so that the next one draws only what
has changed: one entry of the store for each scenario name, written over each time. A drawing is found by a
hash of everything it depends on: its specification, the converter and the typeface.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from bystander.origins import safe_path
from bystander.report.figures.figure import DIALECT, FONTS, Figure

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


WORKER = Path(__file__).with_name("worker.py")
_ready: list[Helper] = []


def get_ready() -> None:
    """Start the helper for the next `draft`."""
    if not _ready and (helper := start()):
        _ready.append(helper)


def draft(figures: Iterable[Figure], drawings: Drawings | None = None) -> Iterator[tuple[Figure, str]]:
    """Draw figures bare, for setting into a page, and yield each with its SVG, in order.

    Parameters
    ----------
    drawings
        Those of the last time, looked into before drawing and brought up to date at the end.
    """
    helper = _ready.pop() if _ready else None
    tried = helper is not None
    try:
        asked: list[tuple[Figure, str, str | None]] = []
        for figure in figures:
            spec = json.dumps(figure.bare_spec())
            known = drawings.find(spec) if drawings else None
            asked.append((figure, spec, known))
            if known is None:
                if not tried:
                    helper, tried = start(), True
                if helper:
                    helper.ask(spec)
        if helper:
            helper.ask(None)
        for figure, spec, known in asked:
            drawn = known if known is not None else helper.answer() if helper else None
            drawn = figure.drawn_here() if drawn is None else drawn
            if drawings:
                drawings.keep(spec, drawn)
            yield figure, figure.dressed_down(drawn)
        if drawings:
            drawings.save()
    finally:
        if helper:
            helper.stop()


def start() -> Helper | None:
    """Start a helper, where there is more than one core."""
    if (os.cpu_count() or 1) < 2 or not sys.executable:
        return None
    try:
        return Helper()
    except OSError:
        return None


class Helper:
    """A process that draws, with a thread that feeds it and a thread that reads it, so that neither waits."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(WORKER), json.dumps(safe_path())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            cwd=WORKER.parent,
        )
        self.asked: SimpleQueue[str | None] = SimpleQueue()
        self.drawn: SimpleQueue[str | None] = SimpleQueue()
        self.threads = [Thread(target=work, daemon=True) for work in (self._feed, self._read)]
        for thread in self.threads:
            thread.start()

    def ask(self, spec: str | None) -> None:
        """Ask for the drawing of a specification; None ends the asking."""
        self.asked.put(spec)

    def answer(self) -> str | None:
        """Return the next SVG, None for all that this process will not deliver."""
        found = self.drawn.get()
        if found is None:
            self.drawn.put(None)
        return found

    def stop(self) -> None:
        """End the process and its threads."""
        self.asked.put(None)
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()

    def _feed(self) -> None:
        assert self.process.stdin is not None
        try:
            with self.process.stdin as pipe:
                while (line := self.asked.get()) is not None:
                    pipe.write(line + "\n")
                    pipe.flush()
        except (OSError, ValueError):
            return

    def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            with self.process.stdout as pipe:
                for line in pipe:
                    drawn = json.loads(line)
                    self.drawn.put(drawn if isinstance(drawn, str) else None)
        except (OSError, ValueError):
            pass
        finally:
            self.drawn.put(None)
