"""What every verb has in common: errors without tracebacks, exit codes, interruption, streams that give out.

The interrupt key raises `KeyboardInterrupt` where Python is running, and whatever can end early with what it
has does so (`bystander.cases.jobs`). That a part was shown must not go unsaid, so the interruption is
remembered here and decides the exit code. Compiled code cannot be interrupted; it holds no lock, though, so a
thread that waits for the key ends the program when the rest of it has not answered within `PATIENCE`; nor are
threads waited for that still reckon. A request to end (SIGTERM) and a terminal that is gone (SIGHUP) are
answered as the key is. Nothing is lost by that: files and kept answers are written whole or not at all. Nor
can an exception leave a callback of a library (the compiler of kernels has many): Python tells what was lost
there, and the key is answered again. A second press ends it at once.

Verbs are import paths, loaded when used, and so is everything else: the interrupt key is answered before
anything is imported, and the list of verbs is drawn from their own table, without the library that reads
command lines, whose import alone takes as long as seven bare interpreters. Exit codes: 0 done, also where
whoever read the answer had enough of it; 1 another refusal, such as a full disk; 2 something in the input is
wrong; 3 no answer within tolerance; 4 an optional library is missing; 130 interrupted (143 asked to end, 129
its terminal gone), also where the part that was finished is shown.
"""

from __future__ import annotations

import _thread
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Container, Sequence
from contextlib import suppress
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from bystander.origins import leave_out_the_current_folder

if TYPE_CHECKING:
    from cyclopts import App, CycloptsError

ENDED_BY = 128
"""What shells add to the number of a signal."""
INTERRUPTED = ENDED_BY + signal.SIGINT
PATIENCE, AGAIN = 1.5, 0.05
ENDED = b"Interrupted; what was finished is kept.\n"


def ends_asked_for() -> dict[int, Any]:
    """Return the signals that ask a program to end, each with what answers it in a fresh interpreter."""
    ends: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hangup := getattr(signal, "SIGHUP", None):
        ends[hangup] = signal.SIG_DFL
    return ends


class Interruption:
    """The interrupt key and the signals like it from now on: whether one came, and what happens then."""

    def __init__(self) -> None:
        self.pressed = threading.Event()
        self.noticed = threading.Event()
        self.number = int(signal.SIGINT)
        self.since = 0.0

    @property
    def code(self) -> int:
        """The exit code of a program that was ended so."""
        return ENDED_BY + self.number

    def listen(self) -> None:
        """Take over what asks to end, unless this process was started to ignore it, as in the background."""
        if threading.current_thread() is not threading.main_thread():
            return
        taken = {number for number, usual in ends_asked_for().items() if signal.getsignal(number) == usual}
        if not taken:
            return
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in taken:
            signal.signal(number, self._notice)
        sys.unraisablehook = self._not_raised
        threading.Thread(target=self._watch, args=(reading, os.getpid(), taken), daemon=True).start()

    def end(self) -> None:
        """Let the key change nothing any more: all is said, and a press now would deny it."""
        for number in ends_asked_for():
            if signal.getsignal(number) == self._notice:
                signal.signal(number, signal.SIG_IGN)

    def _notice(self, number: int, frame: FrameType | None) -> Any:
        """Answer the key, in the main thread, between two instructions of Python.

        A further signal of another kind, or soon after, is the same wish: some senders tell a process and
        then its group.
        """
        del frame
        if self.noticed.is_set():
            if number == signal.SIGINT or time.monotonic() - self.since > PATIENCE:
                self.end_at_once()
            return
        self.came(number)
        self.noticed.set()
        raise KeyboardInterrupt

    def came(self, number: int) -> None:
        """Remember by what the program was asked to end, the first time."""
        if not self.pressed.is_set():
            self.number, self.since = number, time.monotonic()
            self.pressed.set()

    def _not_raised(self, what: sys.UnraisableHookArgs) -> None:
        """Answer the key once more where its exception came inside a callback, which cannot pass it on."""
        if not (self.noticed.is_set() and issubclass(what.exc_type, KeyboardInterrupt)):
            sys.__unraisablehook__(what)
            return
        self.noticed.clear()
        again = threading.Timer(AGAIN, _thread.interrupt_main, (self.number,))
        again.daemon = True
        with suppress(RuntimeError):  # the program is ending
            again.start()

    def _watch(self, reading: int, process: int, taken: Container[int]) -> None:
        """Wait for the key, then for its answer; end the program if none comes."""
        while (pressed := os.read(reading, 1)) and os.getpid() == process:
            if pressed[0] in taken:
                self.came(pressed[0])
                if not self.noticed.wait(PATIENCE):
                    self.end_at_once()

    def end_at_once(self) -> None:
        """End the program without looking back."""
        say_ended()
        os._exit(self.code)


def say_ended() -> None:
    """Say that it was interrupted, past all that may be in the midst of writing."""
    with suppress(OSError):
        os.write(2, ENDED)


PARTIAL = "Interrupted: what is shown rests on the part that was finished.\n"

ABOUT = (
    "Bystander: crises between states as games, solved and explained.\n\n"
    "Who escalates, who steps in, who stands by, why, and what would change it? `bystander run` "
    "answers for the built-in crisis, Ferghana 2022; `bystander run my_crisis.yaml` for yours."
)
COMPLETION = "Install shell completion."
FLAGS = {
    "--help (-h)": "Display this message and exit.",
    "--install-completion": COMPLETION,
    "--version": "Display application version.",
}
ASKING_FOR_VERBS = ((), ("--help",), ("-h",))
SCENARIO = re.compile(r"[^-].*\.ya?ml|[\w.~:/\\]*(?<=[A-Za-z_.])[/\\][A-Za-z][\w./\\-]*", re.IGNORECASE)
"""A word that can only be a scenario: no amount, expression or name of a move looks like it."""
LONGEST_PATH = 4096
OPTION = re.compile(r"--?[A-Za-z][\w-]*")
"""The name of an option, without a value."""


def show_verbs() -> None:
    """List the verbs by what they are for, as the library that reads command lines would."""
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    from bystander.cli.terminal import answers
    from bystander.cli.verbs import VERBS

    answers.print(Text.assemble(("Usage: bystander COMMAND", "bold"), f"\n\n{ABOUT}\n"))
    groups = {"Commands": FLAGS}
    for verb in sorted(VERBS, key=lambda verb: (verb.group, verb.name)):
        groups.setdefault(verb.group, {})[verb.name] = verb.help
    for group, lines in groups.items():
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="cyan", overflow="fold")
        for line in lines.items():
            table.add_row(*line)
        answers.print(Panel(table, title=Text(group), title_align="left"))


def make_app() -> App:
    """Build the command-line application."""
    from cyclopts import App, Parameter

    from bystander.cli.terminal import answers, asides
    from bystander.cli.verbs import VERBS
    from bystander.origins import own_version

    app = App(
        name="bystander",
        help=ABOUT,
        version=own_version,
        suppress_keyboard_interrupt=False,
        help_format="plaintext",
        result_action="return_int_as_exit_code_else_zero",
        console=answers,
        error_console=asides,
        default_parameter=Parameter(negative=""),
    )
    for verb in VERBS:
        examples = "\n".join(("Examples:", *(f"    {example}" for example in verb.examples)))
        app.command(verb.path, name=verb.name, help=verb.help, group=verb.group, help_epilogue=examples)
    app.register_install_completion_command(help=COMPLETION)
    return app


def _show_refused(error: CycloptsError) -> None:
    """Say what is wrong with a command line."""
    from cyclopts import CycloptsPanel
    from cyclopts.exceptions import ArgumentOrderError, MissingArgumentError, UnusedCliTokensError

    from bystander.cli.terminal import asides

    verb = " ".join(error.command_chain or ())
    fix = f"bystander {verb} --help says what it takes."
    if isinstance(error, UnusedCliTokensError):
        left = ", ".join(f"'{word}'" for word in error.unused_tokens or ())
        said = f"bystander {verb} has no place for {left}."
    elif isinstance(error, MissingArgumentError) and error.argument:
        lacking, option = error.argument, error.keyword
        wants = f"{option} needs a value" if option else f"needs {lacking.name.strip('-').upper()}"
        said = f"bystander {verb} {wants}: {str(lacking.parameter.help).rstrip('.')}."
    elif isinstance(error, ArgumentOrderError) and error.argument:
        said = f"bystander {verb} has no place for '{error.token}' beside what is named by an option."
        fix = f"Name it, too: {error.argument.name} {error.token}"
    else:
        asides.print(CycloptsPanel(error))
        return
    asides.print(f"error: {said}\n    fix: {fix}", soft_wrap=True)


def with_scenario_named(arguments: Sequence[str], app: App) -> list[str]:
    """Return a command line in which the scenario of a verb that asks is named by ``-s``, wherever it stood.

    A word is the scenario if it ends like a scenario file, or is a path or a name of the catalogue with a
    slash, and is not the value of an option: which flags take none, the verb declares. Where several are, or
    one is named already, nothing is changed.
    """
    from bystander.cli.verbs import ASKING

    words = list(arguments)
    asks = words[:1] and (words[0] in ASKING or (words[0] == "record" and "--record" in words))
    if not asks or any(word.startswith(("-s", "--scenario")) for word in words):
        return words
    declared = app[words[0]].assemble_argument_collection()
    flags = {name for argument in declared if argument.token_count()[0] == 0 for name in argument.names}
    found = [
        place
        for place, (before, word) in enumerate(pairwise(words), 1)
        if len(word) <= LONGEST_PATH and SCENARIO.fullmatch(word)
        if before in flags or not OPTION.fullmatch(before)
    ]
    if len(found) == 1:
        name = words.pop(found[0])
        words += ["-s", name]
    return words


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; refusals go to standard error, without a traceback."""
    try:
        if tuple(arguments) in ASKING_FOR_VERBS:
            show_verbs()
            return 0
        from cyclopts import CycloptsError

        from bystander.errors import BystanderError

        try:
            from bystander.cli.options import spare_what_is_read

            app = make_app()
            spare_what_is_read(arguments)
            return int(app(with_scenario_named(arguments, app), exit_on_error=False, print_error=False) or 0)
        except CycloptsError as error:
            _show_refused(error)
            return 2
        except BystanderError as error:
            from bystander.cli.terminal import show_refusal

            show_refusal(error)
            return error.exit_code
        except MemoryError:
            _say("error: there is not enough memory for this.\n")
            return 1
    except KeyboardInterrupt:
        _say(ENDED.decode())
        return INTERRUPTED


def main() -> None:
    """Enter from the shell."""
    interruption = Interruption()
    try:
        open_closed_streams()
        interruption.listen()
        leave_out_the_current_folder()
        code = _run_to_the_end(sys.argv[1:], interruption)
        if not code:
            interruption.end()
    except KeyboardInterrupt:
        code = INTERRUPTED
        say_ended()
    if code == INTERRUPTED:
        _leave_threads(interruption.code)
    sys.exit(code)


def _leave_threads(code: int) -> NoReturn:
    """End without waiting for threads that still reckon: nobody wants what they find any more."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def open_closed_streams() -> None:
    """Let a standard stream that was closed lead nowhere, so that no file of ours takes its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            setattr(sys, name, open(handle, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _say(text: str) -> None:
    """Say something on standard error; where that leads nowhere any more, the exit code still tells."""
    from bystander.files import leave_unwritten

    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        leave_unwritten(sys.stderr)


def _run_to_the_end(arguments: Sequence[str], interruption: Interruption) -> int:
    """Run one command line and see its output off."""
    from bystander.files import leave_unwritten

    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = run_command(arguments)
        if interruption.pressed.is_set() and code != INTERRUPTED:
            _say(PARTIAL)
            code = INTERRUPTED
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0
        leave_unwritten(sys.stdout)
    except OSError as error:
        code = 1
        _say(f"error: the output cannot be written: {error.strerror or error}.\n")
        leave_unwritten(sys.stdout)
    except Exception:
        if not interruption.noticed.is_set():
            raise
        code = INTERRUPTED  # what was under way put another exception in the interrupt's place
        _say(ENDED.decode())
    return code
