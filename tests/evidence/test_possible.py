"""What no behaviour could have brought about is told before anything is solved, with its line."""

import math

import pytest

from bystander.cli.main import run_command
from bystander.errors import ScenarioError
from bystander.evidence.checking import record_problems
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record
from bystander.evidence.starting import impossible, standing_on
from bystander.scenario import read_text

SCENARIO = """bystander: 1
title: A border
as_of: 2022-10-15
horizon: 1 year
variables:
  front: {levels: [quiet, clash, ruin], start: quiet}
  pact: {levels: [none, signed], start: none}
hazards:
  incident: {when: front == quiet, rate: 3 per year, then: {front: clash}}
  dies_down: {when: front == clash, every: 5 days, then: {front: quiet}}
  ruins: {when: front == clash and pact == none, every: 1 year, then: {front: ruin}}
  revives: {when: front == ruin and pact == signed, every: 1 year, then: {front: quiet}}
  signs: {when: front == quiet, every: 1 year, then: {pact: signed}}
  off: {when: front == quiet, rate: 0 per year, then: {front: clash}}
outcomes: {shots: {ever: front == clash}}
"""
ROWS = """kind,name,on,what,is
level,o,2022-01-01,front,quiet
level,a,2022-03-11,front,ruin
level,b,2022-03-12,front,quiet
"""
HEAD = "record: 1\ntitle: t\nfrom: 2022-01-01\n"


CLASH, RUIN = "on: 2022-03-11, level: {front: clash}", "on: 2022-03-11, level: {front: ruin}"
QUIET = "on: 2022-03-12, level: {front: quiet}"


@pytest.mark.parametrize(
    ("lines", "wrong", "why"),
    [
        ([CLASH, QUIET], "", ""),
        ([RUIN, QUIET], "b", "nothing leads to front quiet by then"),
        ([RUIN, f"{QUIET}, error: 1%"], "", ""),
        (["on: 2022-03-11, move: nature.off"], "a", "has moves of nature.off, and none is ever made"),
        (["on: 2022-03-11, level: {pact: signed}", "on: 2022-03-12, move: nature.signs"], "", ""),
        ([RUIN, "on: 2022-04, move: nature.incident"], "b", "by then allows nature.incident"),
        ([RUIN, "from: 2022-04, until: 2022-05, of: nature.incident, count: 2"], "b", "no situation"),
        ([CLASH, "from: 2022-03-12, until: 2022-05, of: nature.incident, count: 2"], "", ""),
    ],
)
def test_an_observation_that_cannot_be_is_told_with_its_line(lines: list[str], wrong: str, why: str) -> None:
    scenario = read_text(SCENARIO)
    text = (
        HEAD
        + "observations:\n"
        + "".join(f"  {n}: {{{line}}}\n" for n, line in zip("ab", lines, strict=False))
    )
    record = parse_record(text)
    likelihood = Likelihood(scenario, record)
    found = list(impossible(likelihood))
    assert [problem.mark.line for problem in found] == ([5 + "ab".index(wrong)] if wrong else [])
    assert math.isfinite(likelihood.value({})) is not bool(wrong)
    if wrong:
        assert f"'{wrong}' of 2022-0" in found[0].message
        assert why in found[0].message
        with pytest.raises(ScenarioError, match="cannot be"):
            standing_on(scenario, record)


def test_a_class_that_is_listed_completely_does_not_fire_unseen() -> None:
    level = "observations:\n  a: {on: 2022-03-11, level: {front: clash}}\n"
    covered = "coverage:\n  - {from: 2022-01-01, until: 2022-04-01, of: nature.incident}\n"
    found = [
        list(impossible(Likelihood(read_text(SCENARIO), parse_record(HEAD + more + level))))
        for more in ("", covered)
    ]
    assert [len(each) for each in found] == [0, 1]


@pytest.mark.parametrize("named", [True, False])
def test_check_tells_of_the_record_named_or_of_the_own(named, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(ROWS)
    (tmp_path / "x.yaml").write_text(
        SCENARIO if named else SCENARIO.replace("horizon", "record: x.csv\nhorizon")
    )
    assert run_command(["check", "x.yaml", *(["--record", "x.csv"] if named else [])]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "x.csv:4" in told
    assert "cannot be" in told
    assert "Check the line and its date" in told


@pytest.mark.parametrize(
    ("date", "then", "told"),
    [
        ("2022-03-01", "{pact: signed}", True),
        ("2021-12-01", "{pact: signed}", False),
        ("2022-03-12", "{pact: signed}", False),
        ("2022-03-01", "", False),
        ("2022-12-01", "{pact: signed}", False),
    ],
)
def test_a_record_that_goes_past_a_known_date_is_warned_of(date: str, then: str, told: bool) -> None:
    known = f"calendar: {{vote: {{date: {date}{', then: ' + then if then else ''}}}}}\noutcomes"
    record = parse_record(HEAD + "observations:\n  a: {on: 2022-03-11, level: {front: clash}}\n")
    found = [p.check for p in record_problems(record, read_text(SCENARIO.replace("outcomes", known)))]
    assert ("date-not-followed" in found) is told
