"""Many figures drawn at once, in a second process while this one goes on writing specifications.

The converter holds the interpreter while it draws, so threads gain nothing; a process of its own does,
and its start (half a second) is hidden too. What is drawn is the same byte for byte. If the process
cannot be started or dies, the figures it did not deliver are drawn here: the worst that can happen is
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
from typing import IO

from bystander.report.figures.figure import Figure

WORTH_IT = 2


def draft(figures: Iterable[Figure]) -> Iterator[tuple[Figure, str]]:
    """Draw figures bare, for setting into a page, and yield each with its SVG, in order."""
    process = start()
    if process is None or process.stdin is None or process.stdout is None:
        for figure in figures:
            yield figure, figure.bare()
        return
    waiting: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=feed, args=(process.stdin, waiting), daemon=True).start()
    asked = []
    for figure in figures:
        asked.append(figure)
        waiting.put(json.dumps(figure.bare_spec()))
    waiting.put(None)
    try:
        for figure in asked:
            drawn = answer(process.stdout)
            yield figure, figure.bare() if drawn is None else figure.dressed_down(drawn)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def start() -> subprocess.Popen[str] | None:
    """Start the process, where there is a second core for it."""
    if (os.cpu_count() or 1) < WORTH_IT or not sys.executable:
        return None
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "bystander.report.figures.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
    except OSError:
        return None


def feed(pipe: IO[str], waiting: SimpleQueue[str | None]) -> None:
    """Pass specifications on as they come; a process that has died ends it."""
    try:
        while (line := waiting.get()) is not None:
            pipe.write(line + "\n")
            pipe.flush()
        pipe.close()
    except (OSError, ValueError):
        return


def answer(pipe: IO[str]) -> str | None:
    """Read one SVG, or nothing if there is none to come."""
    try:
        line = pipe.readline()
        drawn = json.loads(line) if line else None
    except (OSError, ValueError):
        return None
    return drawn if isinstance(drawn, str) else None
