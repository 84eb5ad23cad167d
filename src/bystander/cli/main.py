"""The list of verbs, and what every verb has in common: errors without tracebacks, exit codes, interruption.

Verbs are import paths, loaded when used, so that ``bystander --help`` needs nothing but this module. Exit
codes: 0 done; 1 another refusal; 2 something in the input is wrong; 3 no answer within tolerance; 4 an
optional library is missing; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from cyclopts import App, CycloptsError

from bystander.errors import BystanderError
from bystander.provenance import own_version

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of the command line: the function behind it, one line of help, and the group it is listed in."""

    name: str
    path: str
    help: str
    group: str


ASK, CHANGE, WRITE, DO = "Ask", "Change and compare", "Write and browse", "Take away"

VERBS = (
    Verb("run", "bystander.cli.run:run", "Solve a scenario, answer its questions, write a report.", ASK),
    Verb("explain", "bystander.cli.explain:explain", "Why someone makes a move, or stands by.", ASK),
    Verb(
        "claims",
        "bystander.cli.claims:claims",
        "The source's claims: place in the model, and what comes out.",
        ASK,
    ),
    Verb(
        "what-if", "bystander.cli.change:what_if", "Solve again with changes; outcomes side by side.", CHANGE
    ),
    Verb(
        "measures",
        "bystander.cli.change:measures",
        "Every measure and package: effects, cost, the efficient set.",
        CHANGE,
    ),
    Verb(
        "compare",
        "bystander.cli.change:compare",
        "Two scenarios: which outcomes differ, and because of what.",
        CHANGE,
    ),
    Verb("sensitivity", "bystander.cli.change:sensitivity", "Which parameters matter most.", CHANGE),
    Verb("sweep", "bystander.cli.change:sweep", "Outcomes over a range of one or two parameters.", CHANGE),
    Verb("new", "bystander.cli.write:new", "Start a scenario from a template.", WRITE),
    Verb(
        "check",
        "bystander.cli.write:check",
        "Find what is wrong with a scenario, and how large it is.",
        WRITE,
    ),
    Verb("expand", "bystander.cli.write:expand", "A scenario with everything it uses written out.", WRITE),
    Verb(
        "list",
        "bystander.cli.browse:list_catalogue",
        "The catalogue: crises, mechanisms, institutions, actors.",
        WRITE,
    ),
    Verb("show", "bystander.cli.browse:show", "One entry of the catalogue.", WRITE),
    Verb("schema", "bystander.cli.write:schema", "The JSON Schema of scenario files, for editors.", WRITE),
    Verb("report", "bystander.cli.run:report", "Only the report: one HTML file that opens offline.", DO),
    Verb("export", "bystander.cli.take:export", "Results, the process, or figures, as files.", DO),
    Verb("simulate", "bystander.cli.take:simulate", "Whole histories, sampled with a seed.", DO),
)


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
        help_format="plaintext",
        result_action="return_int_as_exit_code_else_zero",
    )
    for verb in VERBS:
        app.command(verb.path, name=verb.name, help=verb.help, group=verb.group)
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
