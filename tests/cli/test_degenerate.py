"""Every verb on scenarios that lack something: it answers what can be answered and names what cannot."""

import json
from pathlib import Path

import numpy as np
import pytest

from bystander.cli.find import _show_ways, show_turning_points
from bystander.cli.main import run_command
from bystander.cli.run import _show_spread
from bystander.cli.terminal import answers
from bystander.numerics.bounds import Bounded
from bystander.policy.inverse import Way, Ways
from bystander.policy.turning import TurningPoints
from bystander.process.totals import Bracket, TotalSpread
from bystander.scenario import read_scenario
from reference.degenerate import SCENARIOS

VERBS = {
    "run": ("run", "CASE", "--no-report"),
    "json": ("run", "CASE", "--no-report", "--json"),
    "check": ("check", "CASE"),
    "claims": ("claims", "CASE"),
    "draws": ("claims", "CASE", "--draws", "4"),
    "claims removed": ("claims", "CASE", "--remove", "all"),
    "explain": ("explain", "north.escalate", "-s", "CASE"),
    "explain flip": ("explain", "north.escalate", "--flip", "-s", "CASE"),
    "start": ("what-if", "CASE", "--start", "front=battle"),
    "without": ("what-if", "CASE", "--disable", "nature.incident"),
    "measures": ("measures", "CASE"),
    "find": ("find", "battle", "--at-most", "1%", "-s", "CASE"),
    "find parameters": ("find", "battle", "--at-most", "1%", "--parameters", "-s", "CASE"),
    "flip": ("flip", "battle", "-s", "CASE"),
    "sensitivity": ("sensitivity", "CASE"),
    "over priors": ("sensitivity", "CASE", "--draws", "4"),
    "sweep": ("sweep", "pace", "0 per year", "6 per year", "-s", "CASE", "--points", "3"),
    "compare": ("compare", "CASE", "OTHER"),
    "expand": ("expand", "CASE"),
    "process": ("export", "CASE", "-o", "OUT", "--what", "process"),
    "results": ("export", "CASE", "-o", "OUT", "--what", "results"),
    "simulate": ("simulate", "CASE", "-n", "3", "-o", "OUT.csv"),
    "totals": ("totals", "CASE"),
}

# What cannot be asked at all: exit code 2, and words that name what is missing. Everything else is answered.
NO_PRIOR = "No parameter has a prior"
NO_MEASURES = "has no measures"
NOTHING_MOVES = "There is nothing to choose from"
NOBODY = "called 'north'"
NO_SUCH_MOVE = "There is no move called 'nature.incident'"
NO_SUCH_PARAMETER = "There is no parameter called 'pace'"
NO_SUCH_OUTCOME = "There is no outcome, judgement or move 'battle'"
NEVER = "'done' never comes to hold"
ENDLESS = "The process could move some"
UNASKABLE = {
    "no_parameters": {"find": NOTHING_MOVES, "find parameters": NOTHING_MOVES},
    "no_actors": {"explain": NOBODY, "explain flip": NOBODY},
    "stays": {"explain": NOBODY, "explain flip": NOBODY},
    "no_options": {"explain": NOBODY, "explain flip": NOBODY},
    "no_hazards": {"without": NO_SUCH_MOVE},
    "no_moves": {
        "explain": NOBODY, "explain flip": NOBODY, "without": NO_SUCH_MOVE,
        "find": NOTHING_MOVES, "find parameters": NOTHING_MOVES,
    },
    "no_outcomes": {
        "find": NO_SUCH_OUTCOME, "find parameters": NO_SUCH_OUTCOME, "flip": NO_SUCH_OUTCOME,
        "compare": "share no outcome",
    },
    "no_headline": {"find": NOTHING_MOVES, "find parameters": NOTHING_MOVES},
    "never_given": {
        "explain": NEVER, "explain flip": NEVER, "find": NOTHING_MOVES, "find parameters": NOTHING_MOVES,
    },
    "for_ever": {},
    "frozen": {"without": NO_SUCH_MOVE, "sweep": NO_SUCH_PARAMETER},
    "prevented": {"explain": NOBODY, "explain flip": NOBODY},
    "beyond_precision": {
        "explain": NOBODY, "explain flip": NOBODY, "find": NOTHING_MOVES, "find parameters": ENDLESS,
        "flip": ENDLESS, "simulate": "more than 2000000 firings",
    },
    "rate_nought": {"explain": NOBODY, "explain flip": NOBODY},
}  # fmt: skip
WITH_PRIORS = {"for_ever", "frozen", "prevented"}
WITH_MEASURES = {"for_ever", "prevented"}
SAID = {
    ("no_parameters", "sensitivity"): "no parameters",
    ("no_parameters", "flip"): "no parameters that could turn it",
    ("no_parameters", "explain flip"): "no parameters that could turn it",
    ("no_moves", "run"): "too close to say",
    ("never_given", "run"): "Not known. After; Who acts; Then: 'done' never comes to hold",
    ("for_ever", "run"): "may never come",
    ("prevented", "measures"): "No war <1%",
    ("prevented", "without"): "Not known. Sent: 'fight' never comes to hold",
    ("frozen", "run"): "At peace holds",
    (
        "beyond_precision",
        "run",
    ): "Not known. Battle; Calms; Where time is spent, and why: The process could move",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_verb_answers_what_can_be_answered_and_names_what_cannot(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("COLUMNS", "200")
    case, other = tmp_path / f"{name}.yaml", tmp_path / "other.yaml"
    case.write_text(SCENARIOS[name], encoding="utf-8")
    other.write_text(SCENARIOS["for_ever"], encoding="utf-8")
    names = {"CASE": case, "OTHER": other, "OUT.csv": tmp_path / "out.csv", "OUT": tmp_path / "out"}
    unaskable = dict(UNASKABLE[name])
    if name not in WITH_PRIORS:
        unaskable |= {"draws": NO_PRIOR, "over priors": NO_PRIOR}
    if name not in WITH_MEASURES:
        unaskable["measures"] = NO_MEASURES
    if name not in {"for_ever", "prevented", "rate_nought"}:
        unaskable["sweep"] = NO_SUCH_PARAMETER
    for verb, words in VERBS.items():
        code = run_command([str(names.get(word, word)) for word in words])
        captured = capsys.readouterr()
        out, err = " ".join(captured.out.split()), " ".join(captured.err.split())
        if verb.startswith("find") and "nothing to choose from" in err:
            continue
        assert code == (2 if verb in unaskable else 0), f"{verb}: {err}"
        assert unaskable.get(verb, "") in err, verb
        assert SAID.get((name, verb), "") in out, verb
        if verb == "json":
            answers = json.loads(captured.out)
            for outcome in answers["outcomes"]:
                assert (outcome["estimate"]["value"] is None) == bool(outcome["estimate"]["withheld"])


@pytest.mark.parametrize(
    ("count", "tried", "measures"),
    [
        (1, "Nothing does it: only one change was tried.", "The one measure does not; the nearest"),
        (
            2,
            "Nothing does it: none of 2 sets of up to 3 changes tried.",
            "None of 2 measures does; the nearest",
        ),
    ],
)
def test_one_is_not_counted_as_several(count, tried, measures, capsys, monkeypatch) -> None:
    monkeypatch.setattr(answers, "_width", 140)
    border = read_scenario("templates/border")
    nearest = Way((), 0.0, 0.3, False)
    found = Ways("battle", 0.1, 0.5, (), nearest, (0, 0), count, unit="probability")
    _show_ways(found, border, 3, parameters=True)
    assert tried in capsys.readouterr().out
    reached = (("open_media", 0.3, False),) * count
    show_turning_points(TurningPoints("battle", 0.1, 0.5, (), reached, unit="probability"), border)
    assert measures in capsys.readouterr().out


def test_no_more_changes_are_told_than_there_are_measures(capsys, monkeypatch) -> None:
    monkeypatch.setattr(answers, "_width", 140)
    found = Ways("battle", 0.1, 0.5, (), Way((), 0.0, 0.3, False), (2, 2), 3, unit="probability")
    read = read_scenario("templates/border")
    measure = read.measures["open_media"]
    some = read.model_copy(update={"measures": {"one": measure, "two": measure}})
    _show_ways(found, some, 3, parameters=False)
    assert "none of 3 sets of up to 2 changes tried" in capsys.readouterr().out


def test_a_bound_that_is_nought_is_told_as_one(capsys) -> None:
    bracket = Bracket(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.2, 1.0]))
    _show_spread(
        TotalSpread("n", "Shots", "", 7.0, "count", Bounded(1.5, 0.0), Bounded(0.25, 0.0), bracket), ()
    )
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"0 times 0%", "1 time 0% to 20%", "2 times over 99%"} <= {*rows}


WITH_ASSUMPTIONS = (
    "parameters: {loss: {value: -12 per year, prior: 'normal(mean=-12 per year, sd=3 per year)'}}\n"
)
UNKNOWN = SCENARIOS["never_given"].replace("-12 per year", "loss") + WITH_ASSUMPTIONS
UNKNOWN += "measures: {calm: {disable: nature.incident}}\n"
ASKED_OF_UNKNOWN = {
    ("flip", "after", "-s", "CASE"): (2, NEVER),
    ("flip", "then", "-s", "CASE"): (2, NEVER),
    ("flip", "battle", "-s", "CASE"): (0, "18% now"),
    ("find", "after", "-s", "CASE"): (2, NEVER),
    ("find", "after", "--at-least", "50%", "--parameters", "-s", "CASE"): (2, NEVER),
    ("sensitivity", "CASE"): (0, f"Not known. After: {NEVER}"),
    ("sensitivity", "CASE", "--draws", "4"): (0, f"Not known. After: {NEVER}"),
    ("sensitivity", "CASE", "--outcome", "after"): (2, NEVER),
    ("sweep", "loss", "-14 per year", "-10 per year", "-s", "CASE"): (0, f"After, at 9 of 9 points: {NEVER}"),
    ("run", "CASE", "--no-report"): (0, f"Not known. After; Who acts; Then: {NEVER}"),
    ("measures", "CASE"): (0, f"Not known. Calm, After: {NEVER}"),
}


def told(
    words: tuple[str, ...], text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Run a command line about a case; return its code and all that it said, in one line."""
    case = folder / "case.yaml"
    case.write_text(text, encoding="utf-8")
    code = run_command([str(case) if word == "CASE" else word for word in words])
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


@pytest.mark.parametrize("words", ASKED_OF_UNKNOWN, ids=" ".join)
def test_what_is_not_known_is_neither_nought_nor_refused_for_another_reason(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    monkeypatch.setattr(answers, "_width", 200)
    code, says = ASKED_OF_UNKNOWN[words]
    got, said = told(words, UNKNOWN, tmp_path, capsys)
    assert got == code
    assert says in said
    assert said.count(NEVER) <= 1


MAY_NOT_COME = SCENARIOS["for_ever"].replace("slow: {set", "sure: {disable: nature.settle}, slow: {set")
MAY_NOT_COME = MAY_NOT_COME.replace("front != quiet", '"front in [clash, battle]"')
ASKED_OF_INFINITE = {
    ("flip", "wait", "--at-most", "300 days", "-s", "CASE"): (0, "wait: infinite now"),
    ("find", "wait", "--at-most", "1000 years", "--parameters", "-s", "CASE"): (0, "Sure"),
    ("sensitivity", "CASE"): (0, "Not known. wait: The expected time is infinite"),
    ("find", "wait", "--at-most", "5%", "-s", "CASE"): (2, "Give it with its unit: 30 days."),
}


@pytest.mark.parametrize("words", ASKED_OF_INFINITE, ids=" ".join)
def test_what_may_never_come_is_asked_about_all_the_same(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    code, says = ASKED_OF_INFINITE[words]
    got, said = told(words, MAY_NOT_COME, tmp_path, capsys)
    assert got == code
    assert says.casefold() in said.casefold()


@pytest.mark.parametrize(("name", "says"), [("no_moves", "Nobody"), ("no_hazards", "explained: north.")])
def test_whom_to_ask_about_is_named_where_the_scenario_asks_about_nobody(
    name, says, tmp_path, capsys
) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(SCENARIOS[name], encoding="utf-8")
    assert run_command(["explain", "-s", str(case)]) == 2
    assert says in " ".join(capsys.readouterr().err.split())


SHUT = SCENARIOS["rate_nought"].replace("{battle:", "{clashes: {counts: nature.incident}, battle:")
TOLD_OF_SHUT = {
    ("what-if", "CASE", "--set", "pace=4 per year"): ("Wait infinite 91 – – –", "2 other outcomes move"),
    ("sensitivity", "CASE"): ("a rate or chance of nature.incident is exactly 0, where there is no slope",),
    ("flip", "battle", "-s", "CASE"): ("a rate or chance is exactly 0",),
}


@pytest.mark.parametrize("words", TOLD_OF_SHUT, ids=" ".join)
def test_what_is_shut_at_nought_or_never_comes_is_not_said_to_stay(
    words, tmp_path, monkeypatch, capsys
) -> None:
    """From infinity to 91 days is a move, and a slope that nobody knows is not 0."""
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    monkeypatch.setattr(answers, "_width", 200)
    code, said = told(words, SHUT, tmp_path, capsys)
    assert code == 0
    for each in TOLD_OF_SHUT[words]:
        assert each in said
    assert "0.000" not in said
    assert "hardly" not in said
