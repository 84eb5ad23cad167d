"""One number for one question, whoever is asked."""

import json

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
