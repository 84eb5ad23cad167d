"""Every check is tripped by a scenario, and tells where."""

from contextlib import nullcontext

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import find_problems, load_document, read_document, read_scenario, read_text
from bystander.scenario.checks import CHECKS, COMPILING, SEVERITIES
from reference.base_scenario import BASE, broken

ATTACK = "[{chance: 70%, front: war}, {chance: rest, front: tense}]"
STEP_IN = "        rule: majority\n"

TRIPS: dict[str, list[str]] = {
    "yaml": ["a: [", "", "- a list", "a: 1\n---\nb: 2\n", "? [a]\n: b\n", "\x01", "a: \ud800"],
    "yaml-alias": ["a: &x {b: 1}\nc: *x\n", "bystander: &n 1\n"],
    "yaml-tag": ["a: !!python/object:os.system {}\n", "a: !thing 1\n"],
    "too-large": ["a: " + "x" * 20_001, "a: [" + "1, " * 60_001 + "1]"],
    "too-deep": ["a: " + "[" * 60 + "]" * 60, "[" * 20_000],
    "duplicate-name": [
        broken(("  war: front == war\n", "  war: front == war\n  war: front == tense\n")),
        broken(("[none, made]", "[none, none]")),
    ],
    "unsafe-path": ["use: [/etc/passwd]", "use: [../secret]", "use: ['./../secret']", "use: ['a\\b']"],
    "unknown-use": ["use: [institutions/cstoo]", "use: [nowhere]"],
    "fragment": ["fragment: A part\nbystander: 1\n"],
    "file-kind": ["record: 1\ntitle: Seen\n", "forecast: 1\ntitle: Asked\nrecord: seen.yaml\n"],
    "unknown-key": [BASE + "acotrs: {}\n", broken(("acts: every 1 week", "act: every 1 week"))],
    "missing-key": [
        broken(("title: A small crisis\n", "")),
        broken(("rate: flare, ", "")),
        broken(("every: 3 weeks", "every: 3 weeks, rate: 1 per day")),
        broken((ATTACK, "[{front: war}]")),
    ],
    "wrong-type": [
        broken(("title: A small crisis", "title: [a]")),
        broken(("ordered: true", "ordered: perhaps")),
        broken(("levels: [none, made]", "levels: none")),
        broken(("then: {front: tense}", "then: war")),
        broken(("horizon: 1 year", "horizon: [1]")),
        broken(("title: A small crisis", "title: A small crisis\nsettings: {shocks: loud}")),
        broken(("  war: front == war", "  war: {a: b}")),
        broken(("variables:\n", "variables: 3\nrecord:\n")),
        broken(("bystander: 1", "bystander: 2")),
        BASE + "asks: {why: is there anybody}\n",
        broken(("parameters:\n", "parameters:\n  near: {value: 0, scale: 1 to 0}\n")),
    ],
    "bad-name": [
        broken(("levels: [none, made]", "levels: [none, made, 2nd]")),
        broken(("levels: [none, made]", "levels: [none, made, 1e5]")),
        broken(("  calm: {", "  Calm: {")),
        broken(("as_of: 2022-10-15", "as_of: October")),
        broken(("move: east.attack", "move: attack")),
    ],
    "reserved-word": [
        broken(("  loss: {value", "  every: {value")),
        broken(("levels: [none, made]", "levels: [none, made, every]")),
    ],
    "bad-quantity": [
        broken(("value: 6 per year", "value: .nan")),
        broken(("value: 6 per year", "value: many per year")),
        broken(("value: 6 per year", "value: 1e999 per year")),
        broken(("value: 6 per year", "value: .inf")),
    ],
    "unknown-unit": [
        broken(("value: 6 per year", "value: 6 per yaer")),
        broken(("acts: every 1 week", "acts: every 1 wek")),
    ],
    "wrong-unit": [
        broken(("acts: every 1 week", "acts: 3")),
        broken(("worth: -loss", "worth: -14")),
        broken(("worth: -1\n", "worth: -1 per year\n")),
        broken(("worth: -1\n", "worth: -1\n        habit: once in 3 people\n")),
        broken((STEP_IN, STEP_IN + "        habit: {west: 3 weeks}\n")),
        broken(("horizon: 1 year", "horizon: 1 per year")),
        broken(("  war: front == war", "  war: 3")),
        broken(("horizon: 1 year", "horizon: -1 year")),
        broken(("every: 3 weeks", "every: 3")),
    ],
    "not-a-probability": [broken(("quiet: 90%", "quiet: 190%"))],
    "bad-chance": [broken((ATTACK, "[{chance: rest, front: war}, {chance: 70%, front: tense}]"))],
    "bad-rule": [
        broken((STEP_IN, "        rule: acclamation\n")),
        broken((STEP_IN, "        rule: {quorum: some}\n")),
        broken((STEP_IN, "        rule: {weighted: {quota: 1}}\n")),
    ],
    "bad-prior": [
        broken(("lognormal(median=20, spread=1.5)", "lognormal(median=20)")),
        broken(("lognormal(median=20, spread=1.5)", "cauchy(low=1, high=2)")),
        broken(("lognormal(median=20, spread=1.5)", "uniform(low=3, high=2)")),
        broken(("lognormal(median=20, spread=1.5)", "normal(mean=3 people, sd=1)")),
        broken(("lognormal(median=20, spread=1.5)", "lognormal(median=20, spread=0.5)")),
        broken(('"lognormal(median=20, spread=1.5)"', "{median: 1}")),
    ],
    "not-one-question": [
        broken(("{ever: war}", "{about: nothing}")),
        broken(("{ever: war}", "{ever: war, at: war}")),
    ],
    "bad-expression": [
        broken(("  war: front == war", "  war: front = war")),
        broken(("  war: front == war", "  war: __import__('os').system('true')")),
        broken(("  war: front == war", "  war: (front == war")),
    ],
    "expression-too-long": [
        broken(("  war: front == war", "  war: " + "front == war or " * 400 + "front == war"))
    ],
    "unknown-name": [
        broken(("worth: -loss", "worth: -lost")),
        broken(("  war: front == war", "  war: frnt == war")),
    ],
    "unknown-level": [
        broken(("when: front == tense", "when: front == tens")),
        broken(("then: {front: tense}", "then: {front: tens}")),
        broken(("start: none", "start: nothing")),
        broken(("{set: {loss: 1 per year}}", "{start: {front: wax}}")),
    ],
    "ambiguous-name": [
        broken(
            (
                "request: {levels: [none, made], start: none}",
                "quiet: {levels: [quiet, tense, war], start: war}",
            ),
            ("never: front == quiet and request == made", "never: front == quiet"),
        )
    ],
    "unlike-variables": [broken(("never: front == quiet and request == made", "never: front == request"))],
    "unordered": [broken(("never: front == quiet and request == made", "never: request < made"))],
    "cyclic-condition": [broken(("  war: front == war", "  war: not peace\n  peace: not war"))],
    "name-clash": [
        broken(
            ("  war: front == war", "  war: front == war\n  flare_size: front == quiet"),
            ("  flare:", "  flare_size: 3\n  flare:"),
        ),
        broken(("  council:", "  east:")),
        broken(("  west:\n    acts", "  nature:\n    acts")),
    ],
    "unknown-variable": [
        broken(("then: {front: tense}", "then: {frnt: tense}")),
        broken(("{set: {loss: 1 per year}}", "{start: {frnt: war}}")),
    ],
    "unstated-habit": [BASE, broken(("title: A small", "settings: {shocks: control}\ntitle: A small"))],
    "unknown-actor": [broken(("impacts: {west: -1}", "impacts: {wst: -1}"))],
    "unknown-move": [
        broken(("move: east.attack", "move: east.atack")),
        broken(("{ever: war}", "{fires: council.stepin}")),
        broken(("{ever: war}", "{on_moves: {nobody.acts: 3 people}}")),
        broken(("{set: {flare: flare / 2}}", "{disable: nature.insident}")),
    ],
    "unknown-party": [
        BASE + "asks: {why: why does north not step_in}\n",
        BASE + "asks: {why: {party: council, moves: [step_in], matters: [peace]}}\n",
    ],
    "unmodelled-move": [BASE + "asks: {why: why does east not send_flowers}\n"],
    "unknown-given": [broken(("given: war", "given: wat"))],
    "not-an-actor": [
        broken(("members: [east, west]", "members: [east, wset]")),
        broken(("members: [east, west]", "members: [east, east]")),
        broken(("members: [east, west]", "members: []")),
    ],
    "not-a-member": [
        broken(("recuse: [east]", "recuse: [north]")),
        broken((STEP_IN, STEP_IN + "        habit: {north: 10%}\n")),
        broken((STEP_IN, "        rule: {leader: north}\n")),
        broken((STEP_IN, "        rule: {weighted: {weights: {north: 1}, quota: 1}}\n")),
    ],
    "impossible-rule": [
        broken((STEP_IN, "        rule: {quorum: 3}\n")),
        broken((STEP_IN, "        rule: {weighted: {weights: {east: 1}, quota: 2}}\n")),
        broken((STEP_IN, "        rule: {quorum: 0}\n")),
    ],
    "never-acts": [broken(("acts: every 1 week", "acts: never"))],
    "changing-character": [
        broken(("discount: 30% per year", "discount: 30% per year if war else 1 per year")),
    ],
    "date-past": [
        broken(("hazards:\n", f"calendar: {{vote: {{date: {day}, then: {{front: war}}}}}}\nhazards:\n"))
        for day in ("2022-10-15", "2021-03")
    ],
    "start-by-situation": [
        broken(
            (
                "conditions:\n",
                "starts: {s: [{chance: 1 if war else 0, front: war}, {chance: rest}]}\nconditions:\n",
            )
        ),
        broken(("conditions:\n", "starts: {s: {front: war if request == made else quiet}}\nconditions:\n")),
    ],
    "chances-sum": [
        broken(("tense: 10%", "tense: 0%")),
        broken((ATTACK, "[{chance: 70%, front: war}, {chance: 20%, front: tense}]")),
        broken((ATTACK, "[{chance: 0.9, front: war}]")),
        broken((ATTACK, "[{chance: 1.7, front: war}, {chance: rest, front: tense}]")),
    ],
    "unlike-amounts": [
        broken(("war: 5 people per day}", "war: 5 people per day, front == tense: 3 dollars per day}")),
        broken(("war: 5 people per day", "war: 5 people")),
    ],
    "impossible-date": [
        broken(("as_of: 2022-10-15", "as_of: 2022-10-32")),
        broken(("until: 2022-09-17", "until: 2022-09-12")),
    ],
    "unlike-report": [
        broken((", value: 40 people", "")),
        broken(("value: 40 people", "value: 40 dollars")),
    ],
    "unknown-parameter": [broken(("{flare: flare / 2}", "{flar: 3 per year}"))],
    "unfit-setting": [
        broken(("{flare: flare / 2}", "{flare: 3}")),
        broken(("{flare: flare / 2}", "{flare: 3 per year if war else 1 per year}")),
    ],
    "contradiction": [broken(("{set: {loss: 1 per year}}", "{enable: east.attack, disable: east.attack}"))],
    "date-after-onset": [
        broken(
            ("war_ever: {ever: war}", "war_ever: {ever: war, given: front == tense, within: until 2023-02}")
        ),
        BASE + "asks: {why: {party: east, moves: [attack], within: until 2023-02}}\n",
    ],
    "horizon-after-onset": [
        broken(
            ("horizon: 1 year", "horizon: until 2023-02"),
            ("war_ever: {ever: war}", "war_ever: {ever: war, given: front == tense}"),
        ),
        BASE.replace("horizon: 1 year", "horizon: until 2023-02")
        + "asks: {why: {party: east, moves: [attack]}}\n",
    ],
    "nothing-asked": [broken(("P(war_ever) > 50%", "1 > 50%"))],
    "wrong-question": [
        broken(("P(war_ever) > 50%", "P(dead) > 50%")),
        broken(("P(war_ever) > 50%", "E(war_ever) > 50%")),
        broken(("P(war_ever) > 50%", "E(dead) > 5 dollars")),
        broken(
            ("holds: P(war_ever) > 50%", "holds: P(war_ever | front == tense) > 50%, within: until 2023-02")
        ),
        broken(("holds: P(war_ever) > 50%", "holds: P(war_ever) > 50%, given: war, within: until 2023-02")),
        broken(
            ("war_ever: {ever: war}", "war_ever: {ever: war, within: until 2023-02}"),
            ("P(war_ever)", "P(war_ever | front == tense)"),
        ),
        broken(
            ("war_ever: {ever: war}", "war_ever: {ever: war, given: front == tense}"),
            ("holds: P(war_ever) > 50%", "holds: P(war_ever) > 50%, within: until 2023-02"),
        ),
    ],
    "unknown-reason": [
        broken(("-loss, because: [toll]", "-loss, because: [tol]")),
        broken(("source: report#C01", "source: report#C02")),
        broken(("source: report#C01", "source: reprt")),
        broken(("claim: C01", "claim: C99")),
        broken(("reported: toll", "reported: tolls")),
        broken(
            (
                "sources:\n",
                "sources:\n  other: {title: Another, claims: {C01: {kind: fact, says: It did not}}}\n",
            )
        ),
    ],
    "prior-excludes-value": [broken(("lognormal(median=20, spread=1.5)", "uniform(low=1, high=2)"))],
    "prior-of-another-value": [
        broken(("lognormal(median=20, spread=1.5)", "lognormal(median=1, spread=1.5)")),
        broken(("lognormal(median=20, spread=1.5)", "normal(mean=90, sd=5)")),
        broken(("lognormal(median=20, spread=1.5)", "gamma(mean=2, shape=9)")),
        broken(("parameters:\n", 'parameters:\n  near: {value: 1, prior: "normal(mean=0, sd=0.2)"}\n')),
    ],
    "value-off-scale": [
        broken(("parameters:\n", "parameters:\n  near: {value: -3, scale: 0 to 1}\n")),
        broken(
            (
                "parameters:\n",
                'parameters:\n  near: {value: 1.5, scale: -1 to 1, prior: "normal(mean=0, sd=1)"}\n',
            )
        ),
    ],
    "unused-fact": [broken(("facts:\n", "facts:\n  other: {says: This too, source: report}\n"))],
    "unplaced-claim": [broken(("C01: {kind", "C02: {kind: fact, says: That too}, C01: {kind"))],
    "unused-name": [broken(("parameters:\n", "parameters:\n  spare: 3\n"))],
    "free-number": [
        broken(("[C01]", "[]")),
        broken(("6 per year, because: [C01]", "(2 * 40 people / fact.toll) per year")),
    ],
    "unknown-fact": [broken(("value: 6 per year", "value: fact.tol / 1 year"))],
    "fact-without-number": [
        broken(
            ("value: 6 per year", "value: fact.bare per year"),
            ("facts:\n", "facts:\n  bare: {says: Some, source: report}\n"),
        )
    ],
    "not-fixed": [
        broken(("value: 6 per year", "value: loss / 3")),
        broken(("value: 40 people", "value: 40 people / (2 if front == war else 1)")),
    ],
    "number-not-used": [BASE],
    "fact-not-in-force": [
        broken(
            ("value: 40 people", "date: 2023, value: 40 people"), ("5 people per day", "fact.toll per day")
        ),
        broken(
            ("value: 40 people", "until: 2020, value: 40 people"), ("5 people per day", "fact.toll per day")
        ),
    ],
    "hindsight": [broken(("value: 40 people", "date: 2022-11, value: 40 people"))],
    "not-in-force": [broken(("value: 40 people", "value: {2022-11-01: 40 people, 2023-02: 50 people}"))],
    "unknown-table": [
        broken(("worth: -loss", "worth: -loss * table.weight")),
        broken(
            ("worth: -loss", "worth: -loss * table.weight"),
            ("given: war", "given: war\ntables: {weight: {west: 2}}"),
        ),
    ],
    "old-word": [broken(("discount: 30% per year", "patience: 30% per year"))],
    "silence-without-habit": [broken((STEP_IN, "        rule: silence\n"))],
    "clause-not-in-force": [
        broken(
            (
                "given: war",
                "given: war\nclauses: {a4: {says: All for one, source: report, until: 2020, reading: yes}}",
            )
        )
    ],
    "stages": [broken(("every: 3 weeks", "takes: 3 weeks"))],
    "rate-not-chance": [
        broken(("rate: flare", "rate: 30% per year")),
        broken(("proposed: every 1 week", "proposed: 5% a week")),
    ],
    "tests-nothing": [
        broken(("value: 6 per year, because: [C01]", "value: 6 per year, learnt: [toll]")),
        broken(
            ("value: 6 per year, because: [C01]", "value: 6 per year, learnt: [battle]"),
            ("source: report, move", "source: report, claim: C01, move"),
        ),
    ],
}
WITH_FILES: dict[str, dict[str, str]] = {
    "unreadable-file": {"scenario.yaml": "\udcff"},
    "left-out": {
        "scenario.yaml": "use: [./a]\n" + BASE,
        "a.yaml": "fragment: A\nhazards: {calm: {impacts: {north: -1}}}\n",
    },
    "cyclic-use": {"scenario.yaml": "use: [./a]\n", "a.yaml": "use: [./b]\n", "b.yaml": "use: [./a]\n"},
    "conflict": {
        "scenario.yaml": "use: [./a, ./b]\n" + BASE,
        "a.yaml": "fragment: A\nsources: {a: {title: One}}\n",
        "b.yaml": "fragment: B\nsources: {a: {title: Two}}\n",
    },
    "unknown-hole": {
        "scenario.yaml": "use: [{./a: {hoel: east}}]\n" + BASE,
        "a.yaml": "fragment: A\nholes: {hole: {type: actor, default: east}}\n",
    },
    "missing-hole": {
        "scenario.yaml": "use: [./a]\n" + BASE,
        "a.yaml": "fragment: A\nholes: {hole: {type: actor}}\n",
    },
    "hole-type": {
        "scenario.yaml": "use: [{./a: {hole: nobody}}]\n" + BASE,
        "a.yaml": "fragment: A\nholes: {hole: {type: actor}}\n",
    },
}


HOLES = {
    ("{type: number, scale: 0 to 1}", "99"): "value-off-scale",
    ("{type: number, scale: 0 to 1}", "-0.5"): "value-off-scale",
    ("{type: number, scale: 0 to 1, default: 2}", ""): "value-off-scale",
    ("{type: number, scale: 0 to 1}", "1"): "",
    ("{type: number, scale: 0 to 1}", "1 - 3"): "",
    ("{type: number, scale: 1 to 0}", "1"): "hole-type",
    ("{type: number, scale: [0, 1]}", "1"): "hole-type",
    ("{type: rate, scale: 0 to 1}", "1"): "hole-type",
    ("{type: number, scale: -1 to 1}", "clause.pact"): "",
}


@pytest.mark.parametrize(("hole", "given"), HOLES)
def test_a_hole_keeps_to_its_scale(hole: str, given: str, tmp_path) -> None:
    filled = f"{{near: {given}}}" if given else "{}"
    clauses = 'clauses: {pact: {says: Help, source: report, reading: "yes"}}\n'
    (tmp_path / "scenario.yaml").write_text(f"use: [{{./a: {filled}}}]\n" + clauses + BASE)
    used = f'fragment: A\nholes: {{near: {hole}}}\nparameters: {{near_twice: {{value: "2 * $near"}}}}\n'
    (tmp_path / "a.yaml").write_text(used)
    wrong = HOLES[hole, given]
    with pytest.raises(ScenarioError) if wrong else nullcontext() as refused:
        read_document(load_document(tmp_path))
    assert [p.check for p in (refused.value.problems if refused else ())] == [wrong] * bool(wrong)


@pytest.mark.parametrize(
    ("scale", "given", "read"),
    [
        ("scale: -1 to 1", "clause.pact", {"yes": 2, "ambiguous": 0, "no": -2}),
        ("scale: -1 to 1", " clause.pact ", {"yes": 2, "ambiguous": 0, "no": -2}),
        ("scale: -1 to 1", "2 * clause.pact - 1", {"yes": 2, "ambiguous": 0, "no": -2}),
        ("scale: -1 to 1", "-clause.pact", {"yes": -2, "ambiguous": -1, "no": 0}),
        ("scale: 0 to 1", "clause.pact", {"yes": 2, "ambiguous": 1, "no": 0}),
        ("about: any", "clause.pact", {"yes": 2, "ambiguous": 1, "no": 0}),
    ],
)
def test_a_clause_by_itself_is_read_on_the_scale_of_the_hole(scale, given, read, tmp_path) -> None:
    twice = "parameters: {twice: {value: 2 * $near}}\n"
    (tmp_path / "a.yaml").write_text(f"fragment: A\nholes: {{near: {{type: number, {scale}}}}}\n{twice}")
    for reading, value in read.items():
        clauses = f'clauses: {{pact: {{says: Help, source: report, reading: "{reading}"}}}}\n'
        (tmp_path / "scenario.yaml").write_text(f"use: [{{./a: {{near: '{given}'}}}}]\n" + clauses + BASE)
        scenario = read_document(load_document(tmp_path))
        assert scenario.parameter_values()["twice"] == value, reading


def problems_of(text: str) -> tuple:
    try:
        return find_problems(read_text(text, "scenario.yaml"))
    except ScenarioError as error:
        return error.problems


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in TRIPS.items() for t in texts])
def test_a_scenario_trips_the_check(name: str, text: str) -> None:
    problems = problems_of(text)
    found = [problem for problem in problems if problem.check == name]
    assert found, [str(problem) for problem in problems]
    assert all(problem.mark.file == "scenario.yaml" and problem.message for problem in problems)
    assert all(problem.mark.line > 0 for problem in found) or name == "too-large" or "\ud800" in text
    assert all(problem.check in CHECKS for problem in problems)


@pytest.mark.parametrize("name", WITH_FILES)
def test_several_files_trip_the_check(name: str, tmp_path) -> None:
    for file, text in WITH_FILES[name].items():
        (tmp_path / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    try:
        found = find_problems(read_document(load_document(tmp_path)))
        problem = next(p for p in found if p.check == name)
    except ScenarioError as error:
        problem = error.problems[0]
    assert problem.check == name, str(problem)
    assert problem.mark.line > 0
    assert problem.mark.file.startswith(str(tmp_path))


def test_every_check_is_tripped_by_some_scenario() -> None:
    compiling = {name for name, *_ in COMPILING}
    assert set(CHECKS) - compiling == {*TRIPS, *WITH_FILES}


def test_the_base_has_nothing_wrong() -> None:
    assert [str(p) for p in problems_of(BASE) if p.severity != "info"] == []


def test_checks_have_known_severities_and_say_what_they_find() -> None:
    assert all(check.severity in SEVERITIES and check.says.endswith(".") for check in CHECKS.values())


def test_all_problems_are_reported_together_in_the_order_of_the_file() -> None:
    text = broken(
        ("impacts: {west: -1}", "impacts: {wst: -1}"),
        ("members: [east, west]", "members: [east, wset]"),
        ("given: war", "given: wat"),
    )
    problems = problems_of(text)
    assert [problem.check for problem in problems[:3]] == ["unknown-given", "unknown-actor", "not-an-actor"]
    text = broken(
        ("acts: every 1 week", "acts: 3"), ("worth: -loss", "worth: -14"), ("rate: flare", "rate: flair")
    )
    assert [problem.check for problem in problems_of(text)] == ["wrong-unit", "wrong-unit", "unknown-name"]


def test_a_broken_definition_does_not_echo_through_all_who_mention_it() -> None:
    problems = problems_of(broken(("value: 20 per year", "value: twenty")))
    assert [problem.check for problem in problems] == ["bad-quantity"]
    problems = problems_of(broken(("[quiet, tense, war]", "7")))
    assert {problem.check for problem in problems} == {"wrong-type"}


def test_a_place_is_a_line_and_a_column() -> None:
    (problem,) = problems_of(broken(("  war: front == war", "  war: front == wat")))
    line = next(n for n, text in enumerate(BASE.splitlines(), 1) if text.startswith("  war:"))
    assert (problem.mark.line, problem.mark.column) == (line, len("  war: front == ") + 1)


def test_what_is_no_level_is_named() -> None:
    problems = problems_of(broken(("then: {front: tense}", "then: {front: war if front == tense else tens}")))
    assert "'tens' is none of them" in next(p.message for p in problems if p.check == "unknown-level")


def test_an_unknown_name_is_met_with_the_nearest_known() -> None:
    (problem,) = problems_of(BASE + "acotrs: {}\n")
    assert "'actors'" in problem.fix
    (problem,) = problems_of(broken(("-loss, because: [toll]", "-loss, because: [tol]")))
    assert "'toll'" in problem.fix


def test_a_missing_file_names_its_neighbours() -> None:
    with pytest.raises(ScenarioError, match="toys/standoff"):
        read_scenario("toys/standof")


def test_what_a_used_file_holds_in_store_is_a_remark(tmp_path) -> None:
    (tmp_path / "store.yaml").write_text(
        "fragment: Store\nfacts: {spare: {says: Not needed here, source: report}}\n"
    )
    (tmp_path / "scenario.yaml").write_text("use: [./store]\n" + BASE)
    unused = [p for p in find_problems(read_scenario(tmp_path)) if p.check == "unused-fact"]
    assert [(p.severity, p.mark.file) for p in unused] == [("info", str(tmp_path / "store.yaml"))]


CALL = """
bystander: 1
title: A call
as_of: 2024-01-01
horizon: 90 days
use:
  - institutions/ecowas: {leader: leader, other: neighbour, post: help, live: office == threatened}
sources: {desk: {title: Desk note, date: 2024-01-01}}
facts: {idle: {says: Nothing rests on this, source: desk}}
variables: {office: {levels: [threatened, safe], start: threatened}}
parameters: {own: {value: 1}}
actors:
  leader: {acts: never, discount: 40% per year}
  neighbour: {acts: never, discount: 40% per year}
hazards: {end: {when: office == threatened, rate: own per year, then: {office: safe}}}
outcomes: {ends: {ever: office == safe}}
"""


def test_nobody_is_told_to_edit_the_library():
    found = find_problems(read_text(CALL, "call.yaml"))
    remarks = [each for each in found if each.severity == "info" or each.check.endswith("unused")]
    library = [each for each in remarks if each.mark.file.startswith("library/")]
    own = [each for each in found if not each.mark.file.startswith("library/")]
    assert library
    assert {each.fix for each in library} <= {
        "",
        "Set it in the scenario itself, with because: [fact]; or leave it.",
    }
    assert not [each for each in library if "Nothing mentions" in each.message or "rests on" in each.message]
    assert any("Nothing rests on the fact 'idle'" in each.message and "remove it" in each.fix for each in own)
    assert any("'own': free" in each.message and each.fix.startswith("Derive it") for each in own)


@pytest.mark.parametrize(
    ("change", "told", "not_told"),
    [
        (
            (
                "variables:\n",
                "clauses: {pact: {zzz: 3, says: Help, source: report, reading: no}}\nvariables:\n",
            ),
            "says, source, from, until",
            "from_",
        ),
        (("  request: {", "  request: {shape: 3, "), ", while", "while_"),
    ],
)
def test_keys_are_told_as_they_are_written(change: tuple[str, str], told: str, not_told: str) -> None:
    (fix,) = [problem.fix for problem in problems_of(broken(change)) if problem.check == "unknown-key"]
    assert told in fix
    assert not_told not in fix


def test_an_outcome_in_a_judgement_is_told_how_it_is_written() -> None:
    (problem,) = problems_of(broken(("P(war_ever) > 50%", "war_ever > 50%")))
    assert (
        problem.fix
        == "It is an outcome: write 'P(war_ever)' for its chance, or 'E(war_ever)' for its amount."
    )


def test_holes_that_are_filled_alike_are_told_where_they_are_filled(tmp_path) -> None:
    (tmp_path / "scenario.yaml").write_text("use:\n  - ./a: {one: east, two: east, three: east}\n" + BASE)
    holes = "holes: {one: {type: actor}, two: {type: actor}, three: {type: actor}}\n"
    weights = "tables: {seats: {$one: 1, $two: 2, $three: 3}}\n"
    (tmp_path / "a.yaml").write_text("fragment: A\n" + holes + weights)
    with pytest.raises(ScenarioError) as refused:
        read_document(load_document(tmp_path))
    (problem,) = refused.value.problems
    assert problem.check == "duplicate-name"
    assert problem.message.startswith("The holes one, two, three are all filled with 'east'")
    assert (problem.mark.file.endswith("scenario.yaml"), problem.mark.line) == (True, 2)
