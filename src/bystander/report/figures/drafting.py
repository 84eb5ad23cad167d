"""Many figures drawn at once, in processes of their own while this one goes on writing specifications.

The converter holds the interpreter while it draws, so threads gain nothing; processes do. Whoever knows
that figures will be wanted calls `get_ready` first: the helpers start (half a second) while other work goes
on, and end with this process if nothing is ever asked of them. What is drawn is the same byte for byte. If a
process cannot be started or dies, the figures it did not deliver are drawn here: the worst that can happen is
that it takes longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Thread

from bystander.report.figures.figure import Figure

MOST = 2


_ready: list[Helper] = []


def get_ready() -> None:
    """Start helpers for the next `draft`."""
    if not _ready:
        _ready.extend(start())


def draft(figures: Iterable[Figure]) -> Iterator[tuple[Figure, str]]:
    """Draw figures bare, for setting into a page, and yield each with its SVG, in order."""
    helpers = [*_ready] or start()
    _ready.clear()
    try:
        asked = []
        for k, figure in enumerate(figures):
            asked.append(figure)
            if helpers:
                helpers[k % len(helpers)].ask(figure)
        for helper in helpers:
            helper.ask(None)
        for k, figure in enumerate(asked):
            drawn = helpers[k % len(helpers)].answer() if helpers else None
            yield figure, figure.bare() if drawn is None else figure.dressed_down(drawn)
    finally:
        for helper in helpers:
            helper.stop()


def start() -> list[Helper]:
    """Start helpers, where there is more than one core."""
    cores = os.cpu_count() or 1
    if cores < 2 or not sys.executable:
        return []
    try:
        return [Helper() for _ in range(min(cores, MOST))]
    except OSError:
        return []


class Helper:
    """A process that draws, with a thread that feeds it and a thread that reads it, so that neither waits."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bystander.report.figures.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.asked: SimpleQueue[str | None] = SimpleQueue()
        self.drawn: SimpleQueue[str | None] = SimpleQueue()
        self.threads = [Thread(target=work, daemon=True) for work in (self._feed, self._read)]
        for thread in self.threads:
            thread.start()

    def ask(self, figure: Figure | None) -> None:
        """Ask for a figure; None ends the asking."""
        self.asked.put(None if figure is None else json.dumps(figure.bare_spec()))

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
