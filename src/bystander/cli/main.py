"""What every verb has in common: errors without tracebacks, exit codes, interruption.

Verbs are import paths, loaded when used, so that ``bystander --help`` needs nothing but this module. Exit
codes: 0 done; 1 another refusal; 2 something in the input is wrong; 3 no answer within tolerance; 4 an
optional library is missing; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from bystander.cli.verbs import VERBS
from bystander.errors import BystanderError
from bystander.provenance import own_version

INTERRUPTED = 130


def make_app() -> App:
    """Build the command-line application."""
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
    )
    for verb in VERBS:
        examples = "\n".join(("Examples:", *(f"    {example}" for example in verb.examples)))
        app.command(verb.path, name=verb.name, help=verb.help, group=verb.group, help_epilogue=examples)
    app.register_install_completion_command(help="Install shell completion.")
    return app


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; refusals go to standard error, without a traceback."""
    try:
        return int(make_app()(list(arguments), exit_on_error=False) or 0)
    except CycloptsError:
        return 2
    except BystanderError as error:
        from bystander.cli.terminal import show_refusal

        show_refusal(error)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; what was finished is kept.\n")
        return INTERRUPTED


def main() -> None:
    """Enter from the shell."""
    try:
        code = run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code)
