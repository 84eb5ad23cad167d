"""Every door: exit codes, streams, refusals without tracebacks."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bystander.cli.main import make_app, run_command
from bystander.cli.options import FOUNDING_CASE, first_asked
from bystander.cli.terminal import answers
from bystander.cli.verbs import VERBS
from bystander.errors import QueryError
from bystander.scenario import read_scenario

COMMAND = [sys.executable, "-m", "bystander"]
BROKEN = """bystander: 1
title: Broken
as_of: 2024-01-01
horizon: 1 yeer
variables: {front: {levels: [a, b], start: a, stort: b}}
"""


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    return path


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_explains_itself_with_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"bystander {verb}" in shown
    assert "Examples" in shown


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_list_of_verbs_is_what_the_command_line_would_list(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_width", width)  # COLUMNS counts only where it is set from the beginning
    with answers.capture() as listed:
        make_app().help_print([])
    assert max(map(len, listed.get().splitlines())) == width
    for arguments in ([], ["--help"], ["-h"]):
        with answers.capture() as shown:
            assert run_command(arguments) == 0
        assert shown.get() == listed.get()


def test_words_between_colons_or_in_brackets_stay_words() -> None:
    with answers.capture() as shown:
        answers.print("at :fire: and [bold]:warning:[/]")
    assert shown.get() == "at :fire: and [bold]:warning:[/]\n"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import bystander

    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out.strip() == bystander.__version__


@pytest.mark.parametrize("arguments", [["bogus"], ["check"], ["run", "--bogus"], ["run", "--seed", "soon"]])
def test_a_wrong_command_line_is_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(arguments) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out


COUNTED = """bystander: 1
title: Battles
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, battle], start: quiet}}
hazards:
  breaks_out: {when: front == quiet, rate: 4 per year, then: {front: battle}}
  ends: {when: front == battle, rate: 20 per year, then: {front: quiet}}
outcomes: {battles: {counts: [nature.breaks_out]}}
"""


def test_a_threshold_of_what_is_counted_may_be_written_as_it_is_shown(tmp_path, capsys) -> None:
    case = tmp_path / "battles.yaml"
    case.write_text(COUNTED, encoding="utf-8")
    shown = set()
    for amount in ("2", "2 times", "2 count"):
        assert run_command(["totals", str(case), "--outcome", "battles", "--more-than", amount]) == 0
        shown.add(capsys.readouterr().out)
    (said,) = shown
    assert "2 times" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--more-than 5", "name it, --outcome"),
        ("--outcome displaced --more-than lots", "--more-than lots is no amount: write --more-than 200."),
        ("--outcome displaced --more-than=-5", "is no amount"),
        ("--outcome displaced --more-than 5_weeks", "is no amount"),
        ("--outcome displaced --more-than 5weeks", "is not counted in what --more-than 5weeks is"),
    ],
)
def test_a_threshold_that_is_none_is_refused_before_anything_is_solved(options, said, monkeypatch, capsys):
    monkeypatch.setattr("bystander.cases.cases.reach_equilibrium", None)
    assert run_command(["totals", FOUNDING_CASE, *options.split()]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "said", "fix"),
    [
        ("compare one.yaml", "bystander compare needs B: A scenario file", "compare --help"),
        ("sweep one.yaml", "bystander sweep needs PARAMETER: Name of a parameter", "sweep --help"),
        ("new", "bystander new needs NAME: Name of the file", "new --help"),
        ("run --seed", "bystander run --seed needs a value: Seed of every", "run --help"),
        ("compare --a one.yaml two.yaml", "no place for 'two.yaml'", "Name it, too: --b two.yaml"),
        ("run one.yaml two.yaml", "no place for 'two.yaml'", "run --help"),
    ],
)
def test_what_a_verb_lacks_is_said_in_its_own_words(arguments, said, fix, capsys) -> None:
    assert run_command(arguments.split()) == 2
    shown = capsys.readouterr().err
    assert said in shown.partition("fix: ")[0]
    assert fix in shown.partition("fix: ")[2]


def test_a_scenario_beside_a_named_record_is_followed_in_it(tmp_path, capsys) -> None:
    assert run_command(["new", str(tmp_path / "own")]) == 0
    record = tmp_path / "seen.yaml"
    record.write_text(
        "record: 1\ntitle: Seen\nstart: {front: nowhere}\nfrom: 2024-01-01\nuntil: 2024-02-01\n"
    )
    capsys.readouterr()
    assert run_command(["record", str(tmp_path / "own.yaml"), "--record", str(record)]) == 2
    assert "front" in capsys.readouterr().err, "read, and followed in the scenario that was named"


@pytest.mark.parametrize("verb", ["find", "flip", "explain"])
def test_a_verb_that_asks_needs_no_word_at_all(verb: str, monkeypatch, capsys) -> None:
    def found(scenario, *_):
        raise QueryError(f"asked of {scenario}")

    monkeypatch.setattr("bystander.cli.find.load_today", found)
    assert run_command([verb]) == 2
    assert f"asked of {FOUNDING_CASE}" in capsys.readouterr().err


SHOWN = """bystander: 1
title: Shown
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, war], start: quiet}}
conditions: {fighting: front == war}
hazards: {flare: {when: front == quiet, rate: 1 per year, then: {front: war}}}
outcomes:
  whole: {ever: front == war}
  soon: {ever: front == war, within: 1 week}
  again: {fires: [nature.flare], given: fighting, within: 30 days}
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mechanisms/asking", "may_ask condition the member has somebody to ask (true if not filled)"),
        ("mechanisms/answering", "watching, deployed (any name: the variable comes with it)"),
        ("mechanisms/cease-fire", "incursion, held (declared by the scenario, or by another file)"),
        ("mechanisms/asking", "openness number strength of civil society and media, 0 to 1 may_ask"),
        ("institutions/un-security-council", "matter open, adopted"),
        ("institutions/oas", "post none, answered, mediating, asked, replied, brokering, watching, deployed"),
        ("institutions/oas", "oas.hold_exercises Hold exercises on the host's side"),
        ("mechanisms/asking", "member.request_help Ask for help"),
        ("mechanisms/rally-and-blame", "nature.{leader}_rallies The elite and the public rally"),
        ("institutions/osce", "osce.words Call for calm osce.mediate Take the matter up and mediate"),
        ("SHOWN", "whole ever front == war soon"),
        ("SHOWN", "soon ever front == war, within a week"),
        ("SHOWN", "again fires nature.flare, given fighting, within a month"),
    ],
)
def test_what_is_shown_says_what_may_be_left_out_and_what_is_asked(name, said, tmp_path, capsys) -> None:
    path = tmp_path / "shown.yaml"
    path.write_text(SHOWN, encoding="utf-8")
    assert run_command(["show", str(path) if name == "SHOWN" else name]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


def test_what_is_explained_where_nobody_is_named() -> None:
    read = read_scenario("templates/border")
    assert first_asked(read) == "alliance.deploy"
    with pytest.raises(QueryError, match=r"Name whose moves are to be explained: .*alliance, north, south"):
        first_asked(read.model_copy(update={"asks": {}}))


@pytest.mark.parametrize("verb", ["check", "run", "expand", "claims"])
def test_a_broken_scenario_is_code_2_with_its_places(verb: str, broken: Path) -> None:
    done = run(verb, str(broken))
    assert done.returncode == 2
    assert f"{broken}:4:" in done.stderr
    assert f"{broken}:5:" in done.stderr
    assert "Traceback" not in done.stderr


def test_problems_for_machines(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", str(broken), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {problem["line"] for problem in problems} == {4, 5}
    assert all(problem["message"] and problem["fix"] and problem["check"] for problem in problems)


def test_all_remarks_are_shown_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    case = "crises/kazakhstan-2022"
    assert run_command(["check", case, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["problems"]
    assert len(found) > 30
    assert run_command(["check", case, "--remarks"]) == 0
    shown = capsys.readouterr().err
    assert [problem["message"] in shown for problem in found] == [True] * len(found)


def test_an_unknown_scenario_is_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", "crises/atlantis-1999"]) == 2
    assert "atlantis-1999" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--set", "rally"],
        ["--set", "rally=soon"],
        ["--set", "raly=1 per year"],
        ["--start", "front=war"],
        ["--disable", "north.escalat"],
        ["--measure", "monitor"],
        ["--set", "rally=1 per year", "--set", "rally=2 per year"],
    ],
)
def test_a_change_that_does_not_fit_is_code_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["check", "templates/border", *options]) == 2
    assert "error" in capsys.readouterr().err


def test_a_new_scenario_can_be_checked_and_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "mine"]) == 0
    assert run_command(["check", "mine.yaml"]) == 0
    (tmp_path / "mine.yaml").write_text("kept", encoding="utf-8")
    assert run_command(["new", "mine"]) == 2
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "kept"
    capsys.readouterr()
    for name in ("a" * 300, "mine.yaml/inside"):
        assert run_command(["new", name]) == 2
        assert "cannot be written: " in capsys.readouterr().err
    assert run_command(["new", "mine", "--force"]) == 0
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") != "kept"


@pytest.mark.parametrize("name", ["", " ", ".yaml", "..", "folder/"])
def test_a_file_without_a_name_is_not_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", name]) == 2
    assert "is no name of a file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("typed", ["brder", "border", "templates/brder", "bordr"])
def test_a_template_is_found_by_what_it_is_nearly_called(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "mine", "--template", typed]) == 2
    assert "Did you mean templates/border" in capsys.readouterr().err


WRITING = {
    "run": ("run", "templates/border"),
    "report": ("report", "templates/border"),
    "brief": ("report", "templates/border", "--brief"),
    "live": ("report", "templates/border", "--live"),
    "export": ("export", "templates/border"),
    "simulate": ("simulate", "templates/border"),
    "record": ("record", "kyrgyz-tajik-border"),
    "fit": ("fit", "--record", "kyrgyz-tajik-border"),
    "priors": ("fit", "--record", "kyrgyz-tajik-border", "--priors"),
    "journal": ("fit", "--record", "kyrgyz-tajik-border", "--journal"),
    "forecast": ("forecast", "--ledger"),
    "resolve": ("resolve", "--record", "record.yaml", "--ledger"),
    "events": ("events", "--rules", "rules.yaml"),
    "store": ("events", "events.csv", "--store"),
    "serve": ("serve", "--folder"),
}


def no_work(*_: object, **__: object) -> None:
    raise AssertionError("something was read or solved before the place was looked at")


FOLDERS = ("export", "serve")
KEPT = ("journal", "forecast", "resolve", "store")


def writing(what: str, place: str) -> list[str]:
    """Return the command line of a verb that writes to a place."""
    words = list(WRITING[what])
    named = words[-1].startswith("--") and what not in ("brief", "live")
    return [*words, *(() if named else ("-o",)), place]


@pytest.mark.parametrize("ending", ["new/", "new/deeper/", "new/.", "there.svg/"])
@pytest.mark.parametrize("what", [what for what in WRITING if what not in FOLDERS])
def test_the_name_of_a_folder_is_no_place_for_a_file(
    what: str,
    ending: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bystander.scenario.document.load_document", no_work)
    assert run_command(writing(what, ending)) == 2
    refused = " ".join(capsys.readouterr().err.replace("│", "").split())
    assert "it names a folder; add the name of a file" in refused
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["pipe", "folder", "/dev/full", "/dev/null"])
@pytest.mark.parametrize("what", KEPT)
def test_what_is_added_to_is_a_plain_file(
    what: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bystander.scenario.document.load_document", no_work)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    assert run_command(writing(what, place)) == 2
    assert "cannot be written" in " ".join(capsys.readouterr().err.replace("│", "").split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pipe"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("record", "kyrgyz-tajik-border", "-o", "course.txt"), ".svg or .png or .csv"),
        (("fit", "-o", "draws"), "ends in .nc"),
        (("events", "-o", "out.txt"), ".csv or .yaml"),
        (("events", "events.csv", "-o", "out.yaml"), "A record needs rules"),
        (("events", "events.csv", "--rules", "rules.yaml"), "name it with -o"),
        (("events", "events.csv", "--rules", "none.yaml", "-o", "out.yaml"), "none.yaml"),
        (("score", "none.jsonl"), "is not there"),
        (("resolve", "none.jsonl"), "is not there"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_read(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bystander.evidence.events.read_events", no_work)
    monkeypatch.setattr("bystander.evidence.learning.fit", no_work)
    assert run_command(words) == 2
    assert says in " ".join(capsys.readouterr().err.replace("│", "").split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["a_file/report.html", "x" * 300 + ".csv", "a_file/deeper/histories.csv"])
@pytest.mark.parametrize("what", WRITING)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    what: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_file").write_text("")
    monkeypatch.setattr("bystander.scenario.document.load_document", no_work)
    assert run_command(writing(what, str(tmp_path / place))) == 2
    refused = "".join(capsys.readouterr().err.replace("│", "").split())
    assert "cannotbewritten" in refused or "Nothingcanbewritteninto" in refused
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_file"]


@pytest.mark.parametrize(
    ("words", "in_the_way"),
    [
        (("run", "templates/border"), "reports"),
        (("report", "templates/border"), "reports"),
        (("report", "templates/border", "--brief"), "reports"),
        (("report", "templates/border", "--live"), "reports"),
        (("export", "templates/border"), "border"),
        (("simulate", "templates/border"), "border_histories.csv"),
    ],
)
def test_nor_is_any_work_done_for_the_place_that_is_taken_where_none_is_named(
    words: tuple[str, ...],
    in_the_way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bystander.game.compile.compile_game", no_work)
    monkeypatch.setattr("bystander.assessment.kept.assess_or_recall", no_work)
    if words[0] == "simulate":
        Path(in_the_way).mkdir()
    else:
        Path(in_the_way).write_text("")
    assert run_command(words) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_histories_go_into_a_table_and_nothing_else(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run_command(["simulate", "no/such/crisis", "-o", str(tmp_path / "histories.xlsx")]) == 2
    assert ".csv or .parquet" in " ".join(capsys.readouterr().err.replace("│", "").split())


def test_no_colour_where_there_is_no_terminal() -> None:
    assert "\x1b" not in run("list").stdout + run("check", "nowhere").stderr


def test_a_closed_pipe_is_quiet() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{shlex.join(COMMAND)} list | head -1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_interruption_is_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("bystander.scenario.read_scenario", interrupted)
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        assert run_command(["check", "templates/border"]) == 130
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "cited", "idle"),
    [
        ("templates/call", ("requests-for-help", "ecowas-texts"), ("ucdp-25", "kg-uz-2022", "csto-words")),
        ("templates/border", (), ("ucdp-25", "kg-uz-2022")),
        ("crises/ferghana-2022", ("ucdp-25", "csto-treaty"), ()),
    ],
)
def test_what_is_shown_lists_the_sources_that_it_cites(name, cited, idle, capsys) -> None:
    assert run_command(["show", name]) == 0
    told = capsys.readouterr().out.split()
    assert set(cited) <= set(told)
    assert not set(idle) & set(told)


def test_the_catalogue_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["list", "templates", "--json"]) == 0
    assert "templates/border" in {entry["path"] for entry in json.loads(capsys.readouterr().out)}
    assert run_command(["list", "nothing"]) == 2


def test_the_schema_accepts_the_template(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["horizon"]


def test_a_fragment_is_shown_by_the_last_part_of_its_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["show", "belarus", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == "actors/belarus"


@pytest.mark.parametrize("call", [["show"], ["run"], ["check"], ["new", "my", "--template"]])
@pytest.mark.parametrize("study", ["requests-for-help", "after-ferghana-2022"])
def test_a_study_in_the_place_of_a_scenario_is_told_as_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: list[str],
    study: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command([*call, f"studies/{study}"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"'studies/{study}' is a study, no scenario" in told
    assert f"{study}.yaml" in told


@pytest.mark.parametrize(
    "words",
    [
        "run case.yaml -o case.yaml",
        "run case.yaml --output=./case.yaml",
        "run -s case.yaml -o link.yaml",
        "run --scenario=case.yaml -o case.yaml",
        "run . -o scenario.yaml",
        "run case -o case.yaml",
        "report case.yaml --brief -o case.yaml",
        "run case.yaml --record record.csv -o record.csv",
        "record case.yaml record.csv -o record.csv",
        "fit case.yaml record.csv --priors case.yaml",
        "fit case.yaml record.csv --priors record.csv",
    ],
)
def test_nothing_is_written_over_what_is_read(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("case.yaml", "scenario.yaml", "record.csv"):
        Path(name).write_text(BROKEN, encoding="utf-8")
    Path("link.yaml").symlink_to("case.yaml")
    assert run_command(shlex.split(words)) == 2
    assert "it is what is read" in " ".join(capsys.readouterr().err.split())
    assert all(file.read_text(encoding="utf-8") == BROKEN for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", ["run case.yaml -o new.html", "run case.yaml -o other.html", "run case.yaml -o"]
)
def test_other_places_are_not_taken_for_what_is_read(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("case.yaml", "other.html"):
        Path(name).write_text(BROKEN, encoding="utf-8")
    assert run_command(shlex.split(words)) == 2
    assert "it is what is read" not in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "name", "begins"),
    [
        ("simulate CASE -n 2 -o", "x.CSV", b"path,day,"),
        ("report CASE --brief -o", "x.PDF", b"%PDF"),
        ("record read.Csv -s CASE -o", "x.Csv", b"day,"),
    ],
)
def test_capitals_of_an_ending_make_no_other_kind_of_file(
    words: str, name: str, begins: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"record,,{row}\n" for row in ("start,front=quiet", "from,2024-01-01", "until,2024-06-01"))
    (tmp_path / "read.Csv").write_text(f"kind,on,what,is\n{rows}")
    assert run_command([*words.replace("CASE", "templates/border").split(), name]) == 0
    assert (tmp_path / name).read_bytes().startswith(begins)
