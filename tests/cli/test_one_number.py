"""One number for one question, whoever is asked."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bystander.app.tasks import answer_variant
from bystander.assessment.assess import assess
from bystander.cli.main import run_command
from bystander.progress import silent
from bystander.report.words.numbers import percent
from bystander.report.words.sentences import month
from bystander.scenario import read_scenario
from reference.drivers import DRIVERS

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
OF_ROUNDING = re.compile(r"(solved to|more than|within|residual) [0-9.e-]+|[0-9]+ sweeps?")


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


DOORS = {
    "what-if": (("what-if", "CASE", "--set", "cost=0.75"), lambda told: told["by_itself"]),
    "measures": (("measures", "CASE"), lambda told: told["packages"][0]["by_itself"]),
    "sweep": (("sweep", "cost", "0.5", "0.75", "CASE", "--points", "2"), lambda told: told["by_itself"][-1]),
    "compare": (("compare", "CASE", "DEARER"), lambda told: told["by_itself"]),
    "run": (("run", "CASE", "--no-report"), lambda told: told["measures"][0]["by_itself"]),
    "flip": (("flip", "hard", "CASE"), lambda told: [(w[:2]) for w in told["by_itself"] if w[0] == "dearer"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the games lie, and what is solved of them is kept: most doors ask the same thing first."""
    return tmp_path_factory.mktemp("drivers")


@pytest.fixture
def drivers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("BYSTANDER_CACHE", str(folder / "kept"))
    places = {"CASE": folder / "chicken.yaml", "DEARER": folder / "dearer.yaml"}
    places["CASE"].write_text(DRIVERS, encoding="utf-8")
    places["DEARER"].write_text(DRIVERS.replace("value: 0.5", "value: 0.75"), encoding="utf-8")
    return {word: str(path) for word, path in places.items()}


def _asked(words: tuple[str, ...], places: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run_command([places.get(word, word) for word in words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("door", DOORS)
def test_where_another_equilibrium_answers_both_doors_say_so(door: str, drivers, capsys) -> None:
    changed = ("run", "CASE", "--no-report", "--set", "cost=0.75", "--starts", "0")
    alone = json.loads(_asked((*changed, "--json"), drivers, capsys))
    words, find = DOORS[door]
    told = dict(find(json.loads(_asked((*words, "--json"), drivers, capsys))))
    by_itself = {o["name"]: o["estimate"]["value"] for o in alone["outcomes"]}
    followed = dict(alone["followed"])
    assert followed["hard"] < by_itself["hard"] - 0.2
    if door == "flip":
        assert told["dearer"] == pytest.approx(followed["hard"], abs=1e-4)
    else:
        assert told == pytest.approx(by_itself, abs=1e-4)
    said = " ".join(_asked(words, drivers, capsys).split())
    assert percent(by_itself["hard"]) in said, "the other answer stands beside its own"
    assert percent(followed["hard"]) in " ".join(_asked(changed, drivers, capsys).split())


def test_where_another_equilibrium_answers_the_page_says_so(drivers) -> None:
    dearer: dict[str, Any] = {"sets": {"cost": "0.75"}, "measures": []}
    told = answer_variant({"source": drivers["CASE"], "variant": dearer}, silent)
    alone = assess(read_scenario(drivers["DEARER"]), starts=0)
    by_itself = {o.name: o.estimate.value for o in alone.outcomes}
    assert told["byItself"] == pytest.approx(by_itself, abs=1e-4)
    assert told["outcomes"]["hard"] < by_itself["hard"] - 0.2
    held = {"source": drivers["CASE"], "variant": {"sets": {}, "measures": ["held"]}}
    assert answer_variant(held, silent)["byItself"] == {}


def test_where_there_is_one_answer_no_other_is_told(drivers, capsys) -> None:
    held = json.loads(_asked(("measures", "CASE", "--json"), drivers, capsys))["packages"][1]
    assert held["by_itself"] == []
    words = ("run", "CASE", "--no-report", "--measure", "held", "--json")
    assert json.loads(_asked(words, drivers, capsys))["followed"] == []
