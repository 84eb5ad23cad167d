"""Standard output and standard error, the one for answers and the other for everything else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment
from rich.text import Text

from bystander.errors import BystanderError, InputError, Problem
from bystander.files import leave_unwritten
from bystander.harmless import for_terminal, shortened
from bystander.progress import Progress, silent

PATIENCE = 0.8
PROBLEMS_SHOWN = 30
LONG = 10.0
"""Seconds from which on it is said beforehand how long something takes."""


class HarmlessConsole(Console):
    """The one door to a terminal: whatever is printed here is freed of what would be obeyed there.

    Square brackets are text, not markup: names, titles and paths may hold them.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._width = self._width or None  # COLUMNS=0, where a width is not known, would show nothing

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render anything, whoever wrote its texts."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(for_terminal(text), style)

    def render_str(self, text: str, **options: Any) -> Text:
        """Render text, so that what is left out takes no room either."""
        return super().render_str(for_terminal(text), **options)

    def on_broken_pipe(self) -> None:
        """Leave it to the command line what to do when nobody reads any more."""
        raise BrokenPipeError


class Asides(HarmlessConsole):
    """Standard error: where nobody reads it any more, neither the answer nor the exit code changes."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, or let it go nowhere from now on."""
        try:
            super().print(*objects, **options)
        except OSError:
            leave_unwritten(sys.stderr)


answers = HarmlessConsole(highlight=False, emoji=False, markup=False)
asides = Asides(stderr=True, highlight=False, emoji=False, markup=False)


def write_out(text: str) -> None:
    """Write text for machines to standard output: UTF-8, whatever the terminal's encoding."""
    out = answers.file
    raw = getattr(out, "buffer", None)
    if raw is None:
        out.write(text)
        return
    out.flush()
    raw.write(text.encode("utf-8", "backslashreplace"))
    raw.flush()


def show_json(value: Any) -> None:
    """Write a value as JSON to standard output."""
    from bystander.assessment.tables import as_json

    write_out(as_json(value))


def show_refusal(error: BystanderError) -> None:
    """Write an error the way editors understand it: place, cause, fix."""
    if not isinstance(error, InputError):
        asides.print(Text.assemble(("error:", "bold red"), f" {shortened(str(error))}"), soft_wrap=True)
        return
    show_problems(error.problems)


def show_problems(problems: Sequence[Problem]) -> None:
    """Write problems, one after the other, with their fixes: so many of them, and all remarks."""
    graver = count()
    shown = [p for p in problems if p.severity == "info" or next(graver) < PROBLEMS_SHOWN]
    for problem in shown:
        place = f"{problem.mark}: " if problem.mark.line else ""
        where = (
            ""
            if problem.mark.line or problem.mark.file in ("input", "<scenario>")
            else f"{shortened(problem.mark.file)}: "
        )
        kind = problem.severity
        colour = "red" if kind == "error" else "yellow"
        message = f" {shortened(problem.message)}"
        said = Text.assemble((place + where, "bold"), (f"{kind}:", f"bold {colour}"), message)
        asides.print(said, soft_wrap=True)
        if problem.fix:
            asides.print(Text.assemble("    ", ("fix:", "dim"), f" {shortened(problem.fix)}"), soft_wrap=True)
    if left := len(problems) - len(shown):
        asides.print(f"… and {left} more.")


def tell_time(doing: str, seconds: float, more: str = "") -> None:
    """Say beforehand how long something takes, where that is long."""
    from bystander.report.words.numbers import working_time

    if seconds > LONG:
        asides.print(f"{doing} takes about {working_time(seconds)}{more}.")


Show = Callable[[RenderableType], None]


@contextmanager
def tracking(first_step: str, *, show: bool = True) -> Iterator[Progress]:
    """Show a progress line with time left on standard error, once work has taken `PATIENCE` seconds.

    Nothing is shown where standard error is not a terminal.
    """
    with tracking_answers(first_step, show=show) as (progress, _):
        yield progress


@contextmanager
def tracking_answers(first_step: str, *, show: bool = True) -> Iterator[tuple[Progress, Show | None]]:
    """Do what `tracking` does, and show above the line what is known already; both are gone at the end.

    What shows it is None where nothing is shown.
    """
    if not (show and asides.is_terminal):
        yield silent, None
        return
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    class ProgressLine(Bar):
        known: RenderableType | None = None

        def get_renderables(self) -> Iterable[RenderableType]:
            if self.known is not None:
                yield self.known
            yield from super().get_renderables()

        def tell(self, known: RenderableType) -> None:
            self.known = known

    line = ProgressLine(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=asides,
        transient=True,
    )
    task = line.add_task(_with_compiling(first_step), total=1.0)
    timer = threading.Timer(PATIENCE, line.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda step, done: line.update(task, description=escape(step), completed=done), line.tell
    finally:
        timer.cancel()
        timer.join()
        line.stop()


def _with_compiling(step: str) -> str:
    """Say so when kernels have yet to be compiled, which happens once."""
    from importlib.util import find_spec
    from os import environ
    from pathlib import Path

    spec = find_spec("bystander")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    if environ.get("NUMBA_CACHE_DIR"):
        places.append(Path(environ["NUMBA_CACHE_DIR"]))
    compiled = any(True for place in places for _ in place.rglob("*.nbi"))
    return step if compiled else f"{step} (compiling kernels, once)"
