"""One number for one question, whoever is asked."""

import json
import re
from pathlib import Path

import pytest

from bystander.assessment.assess import assess
from bystander.cli.main import run_command
from bystander.report.words.numbers import percent
from bystander.report.words.sentences import month
from bystander.scenario import read_scenario

CASE = "templates/border"


def test_explain_gives_the_chance_that_run_gives(capsys: pytest.CaptureFixture[str]) -> None:
    found = assess(read_scenario(CASE), measures=False)
    decided = next(r for r in found.responses if r.role == "institution" and r.move != "any")
    assert run_command(["explain", decided.owner, decided.move, "-s", CASE]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"({percent(month(decided)[1])}) within a month" in said
    assert run_command(["explain", decided.owner, decided.move, "-s", CASE, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["responses"]
    assert [pair[1] for pair in told["within"]] == pytest.approx([c for _, c in decided.within], abs=1e-6)


ALIKE = """bystander: 1
title: Somebody should
as_of: 2024-01-01
horizon: 1 year
variables: {trouble: {levels: [on, off], start: on}}
actors:
ACTORS
outcomes: {over: {ever: trouble == off, within: 1 month}}
"""
ONE = """  NAME:
    acts: weekly
    patience: 50% per year
    interests: {harm: {when: trouble == on, worth: HARM per year}}
    actions: {help: {when: trouble == on, then: {trouble: off}, worth: COST}}
"""
OF_ROUNDING = re.compile(r"(solved to|more than|within|residual) [0-9.e-]+|[0-9]+ sweeps")


@pytest.mark.parametrize("names", [("a", "b"), ("c", "b", "a")])
@pytest.mark.parametrize("verb", [("run", "CASE", "--no-report"), ("explain", "ask", "-s", "CASE")])
def test_rounding_orders_nothing(
    names: tuple[str, ...],
    verb: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Actors who are alike stand in one order, whichever is ahead in the fourteenth digit."""
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    told = set()
    for moved in range(4):
        actors = ""
        for place, name in enumerate(names):
            nudge = 1.0 + 3e-13 * ((moved * (place + 1)) % 3 - 1)
            own = ONE.replace("NAME", name)
            actors += own.replace("HARM", repr(-10.0 * nudge)).replace("COST", repr(-2.0 * nudge))
        case = tmp_path / "alike.yaml"
        case.write_text(ALIKE.replace("ACTORS\n", actors), encoding="utf-8")
        words = [{"CASE": str(case), "ask": f"{names[0]}.help"}.get(word, word) for word in verb]
        assert run_command(words) == 0
        told.add(OF_ROUNDING.sub("", capsys.readouterr().out))
    assert len(told) == 1
