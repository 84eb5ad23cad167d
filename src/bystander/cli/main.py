"""What every verb has in common: errors without tracebacks, exit codes, interruption, streams that give out.

Verbs are import paths, loaded when used, and so is everything else: the interrupt key is answered before
anything is imported. Exit codes: 0 done, also where whoever read the output had enough of it; 1 another
refusal, such as a full disk; 2 something in the input is wrong; 3 no answer within tolerance; 4 an optional
library is missing; 130 interrupted, also where the part that was finished is shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from bystander.cli.interrupting import INTERRUPTED, Interruption
from bystander.origins import leave_out_the_current_folder

if TYPE_CHECKING:
    from cyclopts import App

PARTIAL = "Interrupted: what is shown rests on the part that was finished.\n"


def make_app() -> App:
    """Build the command-line application."""
    from cyclopts import App

    from bystander.cli.terminal import answers, asides
    from bystander.cli.verbs import VERBS
    from bystander.provenance import own_version

    app = App(
        name="bystander",
        help=(
            "Bystander: crises between states as games, solved and explained.\n\n"
            "Who escalates, who steps in, who stands by, why, and what would change it? `bystander run` "
            "answers for the built-in crisis, Ferghana 2022; `bystander run my_crisis.yaml` for yours."
        ),
        version=own_version,
        suppress_keyboard_interrupt=False,
        help_format="plaintext",
        result_action="return_int_as_exit_code_else_zero",
        console=answers,
        error_console=asides,
    )
    for verb in VERBS:
        examples = "\n".join(("Examples:", *(f"    {example}" for example in verb.examples)))
        app.command(verb.path, name=verb.name, help=verb.help, group=verb.group, help_epilogue=examples)
    app.register_install_completion_command(help="Install shell completion.")
    return app


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; refusals go to standard error, without a traceback."""
    try:
        from cyclopts import CycloptsError

        from bystander.errors import BystanderError

        try:
            return int(make_app()(list(arguments), exit_on_error=False) or 0)
        except CycloptsError:
            return 2
        except BystanderError as error:
            from bystander.cli.terminal import show_refusal

            show_refusal(error)
            return error.exit_code
        except MemoryError:
            sys.stderr.write("error: there is not enough memory for this.\n")
            return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; what was finished is kept.\n")
        return INTERRUPTED


def main() -> None:
    """Enter from the shell."""
    interruption = Interruption()
    try:
        interruption.listen()
        leave_out_the_current_folder()
        code = _run_to_the_end(sys.argv[1:], interruption)
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _run_to_the_end(arguments: Sequence[str], interruption: Interruption) -> int:
    """Run one command line and see its output off."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = run_command(arguments)
        if interruption.pressed.is_set() and code != INTERRUPTED:
            sys.stderr.write(PARTIAL)
            code = INTERRUPTED
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0
        _leave_unwritten()
    except OSError as error:
        code = 1
        with suppress(OSError):
            sys.stderr.write(f"error: the output cannot be written: {error.strerror or error}.\n")
        _leave_unwritten()
    return code


def _leave_unwritten() -> None:
    """Let what is still to be written go nowhere, so that ending does not complain once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
