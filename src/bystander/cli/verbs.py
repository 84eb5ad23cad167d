"""The verbs: for each the function behind it, a line of help, and examples that can be run."""

from __future__ import annotations

from dataclasses import dataclass

ASK, CHANGE, WRITE, TAKE = "Ask", "Change and compare", "Write and browse", "Take away"
RECORD = "What the record says"

ASKING = frozenset({"explain", "find", "flip", "sweep"})
"""Verbs whose words say what is asked; their scenario is whichever word is a file or a catalogue's name."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of the command line.

    Attributes
    ----------
    path
        ``module:function``, imported when the verb is used.
    group
        The heading it is listed under.
    """

    name: str
    path: str
    group: str
    help: str
    examples: tuple[str, ...]


VERBS = (
    Verb(
        "run",
        "bystander.cli.run:run",
        ASK,
        "Solve a scenario, answer its questions, write a report.",
        (
            "bystander run",
            "bystander run crises/kazakhstan-2022",
            "bystander run my_crisis.yaml -o my_crisis.html",
            "bystander run --set diversion_gain='10 per year' --json > answer.json",
            "bystander run --record kyrgyz-tajik-border --as-of 2022-09-20",
        ),
    ),
    Verb(
        "record",
        "bystander.cli.evidence:record",
        RECORD,
        "What was observed, how likely it was, and what it says of what nobody saw.",
        (
            "bystander record kyrgyz-tajik-border --as-of 2022-09-20",
            "bystander record my_record.csv --scenario my_crisis.yaml -o course.svg",
        ),
    ),
    Verb(
        "fit",
        "bystander.cli.evidence:fit",
        RECORD,
        "Learn numbers from a record: prior beside posterior.",
        (
            "bystander fit --record kyrgyz-tajik-border --learn incident_rate",
            "bystander fit my_crisis.yaml --record my_record.csv --draws 1000 -o draws.nc",
        ),
    ),
    Verb(
        "rivals",
        "bystander.cli.evidence:rivals",
        RECORD,
        "Which explanation the record favours, and whether it could tell.",
        (
            "bystander rivals crises/ferghana-2022 --record kyrgyz-tajik-border",
            "bystander rivals my_crisis.yaml --record my_record.csv --json",
        ),
    ),
    Verb(
        "events",
        "bystander.cli.evidence:events",
        RECORD,
        "Keep event files in one store; what a newer edition changed; a record by rules.",
        (
            "bystander events GEDEvent_v25_1.csv --store events.duckdb --edition 25.1",
            "bystander events --store events.duckdb --rules clashes.yaml -o clashes.csv",
        ),
    ),
    Verb(
        "cases",
        "bystander.cli.forecasts:cases",
        RECORD,
        "What a table of crises teaches about one argument, and how well it foretells crises left out.",
        (
            "bystander cases",
            "bystander cases --leave-out organisation",
            "bystander cases my_template.yaml --table my_crises.csv --json",
        ),
    ),
    Verb(
        "score",
        "bystander.cli.forecasts:score",
        RECORD,
        "Score forecasts, or the argument on crises it has not learnt from, beside rivals that only count.",
        (
            "bystander score cases.csv",
            "bystander score cases.csv --template my_template.yaml",
            "bystander score forecasts.jsonl",
        ),
    ),
    Verb(
        "forecast",
        "bystander.cli.forecasts:forecast",
        RECORD,
        "Answer questions about what will happen from what was known on a day.",
        (
            "bystander forecast",
            "bystander forecast my_questions.yaml --ledger forecasts.jsonl",
            "bystander forecast my_questions.yaml --as-of 2022-10-15",
        ),
    ),
    Verb(
        "resolve",
        "bystander.cli.forecasts:resolve",
        RECORD,
        "Decide the questions of a ledger from a record.",
        ("bystander resolve forecasts.jsonl", "bystander resolve forecasts.jsonl --record later.yaml"),
    ),
    Verb(
        "serve",
        "bystander.cli.run:serve",
        ASK,
        "Argue with it in a browser: move assumptions, compare, ask why.",
        (
            "bystander serve",
            "bystander serve my_crisis.yaml",
            "bystander serve crises/kazakhstan-2022 --no-browser --port 8000",
        ),
    ),
    Verb(
        "explain",
        "bystander.cli.find:explain",
        ASK,
        "Why someone makes a move, or stands by.",
        (
            "bystander explain",
            "bystander explain russia press_for_calm",
            "bystander explain csto.send_troops --given heavy_fighting",
            "bystander explain russia csto.send_troops",
            "bystander explain csto send_troops crises/kazakhstan-2022",
        ),
    ),
    Verb(
        "claims",
        "bystander.cli.claims:claims",
        ASK,
        "The source's claims: place in the model, and what comes out.",
        (
            "bystander claims",
            "bystander claims --draws 200",
            "bystander claims --remove C16 --remove C25",
            "bystander claims crises/kazakhstan-2022 --json",
        ),
    ),
    Verb(
        "what-if",
        "bystander.cli.change:what_if",
        CHANGE,
        "Solve again with changes; outcomes side by side.",
        (
            "bystander what-if --set diversion_gain='10 per year'",
            "bystander what-if --disable tajikistan.escalate",
            "bystander what-if crises/ferghana-2022 --start front=fighting",
        ),
    ),
    Verb(
        "measures",
        "bystander.cli.measures:measures",
        CHANGE,
        "Every measure, alone and in packages: effects, cost, the efficient set.",
        (
            "bystander measures",
            "bystander measures crises/ferghana-2022 --up-to 3",
            "bystander measures --only western_mediation=high_level_visit --opposition",
            "bystander measures --instead-of western_mediation=mission --without west --up-to 2",
        ),
    ),
    Verb(
        "find",
        "bystander.cli.find:find",
        CHANGE,
        "The smallest set of measures that makes something likely.",
        (
            "bystander find settlement --at-least 50%",
            "bystander find 'P(battle) < 20%' --up-to 2",
            "bystander find dead_in_a_year --at-most '20 people' --parameters",
        ),
    ),
    Verb(
        "flip",
        "bystander.cli.find:flip",
        CHANGE,
        "The nearest value of each parameter at which something turns.",
        (
            "bystander flip battle",
            "bystander flip csto_stays_out",
            "bystander flip russia.press_for_calm --at-most 30%",
        ),
    ),
    Verb(
        "compare",
        "bystander.cli.change:compare",
        CHANGE,
        "Two scenarios: which outcomes differ, and because of what.",
        ("bystander compare crises/ferghana-2022 crises/kazakhstan-2022",),
    ),
    Verb(
        "sensitivity",
        "bystander.cli.change:sensitivity",
        CHANGE,
        "Which parameters matter most.",
        ("bystander sensitivity", "bystander sensitivity crises/ferghana-2022 --draws 200"),
    ),
    Verb(
        "sweep",
        "bystander.cli.change:sweep",
        CHANGE,
        "Outcomes over a range of one or two parameters.",
        ("bystander sweep diversion_gain '0 per year' '60 per year' --points 9",),
    ),
    Verb(
        "new",
        "bystander.cli.catalogue:new",
        WRITE,
        "Start a scenario from a template.",
        ("bystander new my_crisis", "bystander new my_crisis --template toys/diversion"),
    ),
    Verb(
        "check",
        "bystander.cli.catalogue:check",
        WRITE,
        "Find what is wrong with a scenario, and how large it is.",
        ("bystander check my_crisis.yaml", "bystander check my_crisis.yaml --json"),
    ),
    Verb(
        "expand",
        "bystander.cli.catalogue:expand",
        WRITE,
        "A scenario with everything it uses written out.",
        ("bystander expand crises/ferghana-2022 > expanded.yaml",),
    ),
    Verb(
        "list",
        "bystander.cli.catalogue:list_catalogue",
        WRITE,
        "The catalogue: crises, mechanisms, institutions, actors.",
        ("bystander list", "bystander list mechanisms"),
    ),
    Verb(
        "show",
        "bystander.cli.catalogue:show",
        WRITE,
        "One entry of the catalogue.",
        ("bystander show mechanisms/diversion", "bystander show crises/ferghana-2022"),
    ),
    Verb(
        "schema",
        "bystander.cli.catalogue:schema",
        WRITE,
        "The JSON Schema of scenario files, for editors.",
        ("bystander schema > bystander.schema.json",),
    ),
    Verb(
        "report",
        "bystander.cli.run:report",
        TAKE,
        "Only the report, the two-page brief, or a file whose sliders answer offline.",
        (
            "bystander report crises/ferghana-2022 -o ferghana.html",
            "bystander report crises/ferghana-2022 --brief -o ferghana.pdf",
            "bystander report crises/ferghana-2022 --live -o ferghana.live.html",
        ),
    ),
    Verb(
        "export",
        "bystander.cli.run:export",
        TAKE,
        "Results, the process, or figures, as files.",
        (
            "bystander export crises/ferghana-2022 -o ferghana",
            "bystander export crises/ferghana-2022 -o ferghana --what process",
        ),
    ),
    Verb(
        "totals",
        "bystander.cli.run:totals",
        ASK,
        "How amounts and counts are spread by chance.",
        ("bystander totals --outcome clashes", "bystander totals my_crisis.yaml --json"),
    ),
    Verb(
        "simulate",
        "bystander.cli.run:simulate",
        TAKE,
        "Whole histories, sampled with a seed.",
        (
            "bystander simulate -n 1000 --seed 1 -o histories.csv",
            "bystander simulate templates/border --outcome battle",
        ),
    ),
)
