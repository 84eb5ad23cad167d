"""The verbs of the record, end to end on a small crisis: terminal, JSON, files."""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from bystander.app.tasks import do
from bystander.cases.cases import solve_case
from bystander.cli.evidence import in_one_unit
from bystander.cli.main import run_command
from bystander.errors import ScenarioError
from bystander.evidence.coordinates import coordinates_of
from bystander.evidence.learning import fit
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record, read_record, shipped_records
from bystander.evidence.record import Cited, Record
from bystander.evidence.starting import standing_on, what_moved
from bystander.evidence.tables import parse_table
from bystander.evidence.taught import as_priors, write_fit
from bystander.evidence.writing import record_as_csv, record_as_yaml
from bystander.game.compile import compile_game
from bystander.progress import silent
from bystander.report.words.numbers import date
from bystander.scenario import read_data, read_scenario, read_text, vary
from bystander.scenario.read import speaking_on
from bystander.units import RATE, YEAR, parse_quantity

SCENARIO = """bystander: 1
title: A border
as_of: 2022-10-15
horizon: 1 year
record: shots.csv
variables:
  front: {levels: [quiet, clash], start: quiet}
  mood: {levels: [calm, angry], start: {calm: 0.5, angry: 0.5}}
parameters:
  flare: {value: 3 per year, prior: "lognormal(median=3 per year, spread=1.6)"}
  anger: {value: 1 per year, prior: "lognormal(median=1 per year, spread=1.5)"}
hazards:
  incident: {when: front == quiet, rate: flare if mood == calm else 4 * flare, then: {front: clash}}
  dies_down: {when: front == clash, every: 5 days, then: {front: quiet}}
  sours: {when: mood == calm, rate: anger, then: {mood: angry}}
  mends: {when: mood == angry, every: 1 year, then: {mood: calm}}
outcomes:
  shots: {about: Shots, headline: true, ever: front == clash, within: 30 days}
rivals:
  hot: {about: Twice as many, set: {flare: 6 per year}}
"""
RECORD = """kind,name,on,until,what,is,says
coverage,,2022-01-01,2022-10-01,nature.incident,,
move,march,2022-03-11,,nature.incident,,Fire at a post
move,june,2022-06-14,,nature.incident,,A guard dies
move,july,2022-07-08,,nature.incident,,Fire near a pass
"""


@pytest.fixture
def border(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "border.yaml").write_text(SCENARIO)
    (tmp_path / "shots.csv").write_text(RECORD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BYSTANDER_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_record_tells_and_draws(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["record", "shots.csv", "--scenario", "border.yaml", "-o", "course.svg"]) == 0
    told = capsys.readouterr().out
    assert "Silence counts for nature.incident" in told
    assert "Least expected first" in told
    assert (border / "course_mood.svg").read_text().startswith("<svg")
    assert (
        run_command(["record", "shots.csv", "--scenario", "border.yaml", "-o", "course.csv", "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert sum(term["log"] for term in found["terms"]) == pytest.approx(found["log_likelihood"])
    assert sum(found["now"]["mood"].values()) == pytest.approx(1.0)
    assert found["now"]["mood"]["angry"] < 0.5  # three months of silence, with everything listed


def test_no_coverage_goes_unsaid(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Classes that are covered alike stand in one line; however many there are, each is named."""
    names = [f"kind_{k}" for k in range(20)]
    rows = [f"class,{name},,,nature.incident,," for name in names]
    rows += [f"coverage,,2022-01-01,2022-07-31,{name},," for name in names]
    rows += [
        "coverage,,2022-02-01,2022-07-31,nature.incident,30%,",
        "coverage,,2022-02-01,2022-07-31,martian,,",
    ]
    header, *rest = RECORD.strip().splitlines()
    (border / "many.csv").write_text("\n".join([header, *rows, *rest]) + "\n")
    assert run_command(["record", "many.csv", "--scenario", "border.yaml"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for name in names:
        assert name.replace("_", " ") in told
    assert told.count("Silence counts for") == 3  # one that the record had, alike ones, and a share of them
    assert "no move is one of martian" in told


def test_fit_and_rivals(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["border.yaml", "--record", "shots.csv"]
    assert (
        run_command(["fit", *words, "--draws", "100", "--priors", "learnt.yaml", "-o", "d.nc", "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert {each["name"] for each in found["parameters"]} == {"flare", "anger"}
    assert "learnt: record" in (border / "learnt.yaml").read_text()
    assert (border / "d.nc").stat().st_size > 1000
    assert run_command(["rivals", *words, "--learn", "anger", "--draws", "30", "--power", "2"]) == 0
    told = capsys.readouterr().out
    assert told.split("\n")[0].startswith(("This record cannot tell", "The record speaks for"))
    assert "Where the difference" in told


@pytest.mark.parametrize("draws", ["1", "5"])
def test_a_few_draws_claim_nothing(border: Path, capsys: pytest.CaptureFixture[str], draws: str) -> None:
    assert run_command(["fit", "border.yaml", "--record", "shots.csv", "--draws", draws, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "too few to say what the record teaches" in found["verdict"]
    assert {each["verdict"] for each in found["parameters"]} == {"too few draws to say"}
    assert "next to nothing" not in found["verdict"]


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (["fit", "--draws", "0"], "Without draws nothing is learnt"),
        (["fit", "--draws", "99", "--priors", "p.yaml"], "99 draws are too few to learn priors from"),
        (["fit", "--most", "0"], "At most 0 numbers to learn are none"),
        (["rivals", "--draws", "0", "--power", "0"], "Explanations are weighed at draws"),
    ],
)
def test_nothing_is_not_learnt_from(
    border: Path, capsys: pytest.CaptureFixture[str], verb: list[str], said: str
) -> None:
    assert run_command([verb[0], "border.yaml", "--record", "shots.csv", *verb[1:]]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["--set", "flare=5 per year"], ["--record", "other.csv"], ["there"]])
def test_only_runs_of_which_the_same_is_asked_are_compared(
    asked: list[str], border: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = border / "there"
    there.mkdir()
    for name in ("border.yaml", "shots.csv"):
        shutil.copy(border / name, there / name)
    shutil.copy(border / "shots.csv", border / "other.csv")
    words = ["run", "border.yaml", "--no-report", "--starts", "0", "--as-of"]
    assert run_command([*words, "2022-03-01"]) == 0
    if asked == ["there"]:
        monkeypatch.chdir(there)
        asked = []
    assert run_command([*words, "2022-07-09", *asked]) == 0
    assert "Since last time" not in capsys.readouterr().out


def test_a_number_named_twice_is_learnt_once(border: Path) -> None:
    scenario = read_scenario("border.yaml")
    name = coordinates_of(scenario).names[0]
    assert coordinates_of(scenario, [name, name]) == coordinates_of(scenario, [name])


def test_run_starts_where_the_record_leaves_off(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "border.yaml", "--no-report", "--starts", "0", "--record", "shots.csv"]
    assert run_command([*words, "--as-of", "2022-03-01"]) == 0
    assert "Starts where the record leaves off on 1 March 2022." in capsys.readouterr().out
    assert run_command([*words, "--as-of", "2022-07-09"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Since last time (1 March 2022)" in told
    assert "Observed since: 11 March 2022 Fire at a post" in told
    assert "Fire near a pass" in told
    assert "Because:" in told
    assert run_command([*words, "--as-of", "2022-03-01"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Back from last time, a later day (9 July 2022)" in told
    assert "since" not in told.lower()


def test_draws_are_read_by_arviz(border: Path) -> None:
    scenario = read_scenario("border.yaml")
    found = fit(Likelihood(scenario, read_record("shots.csv")), coordinates_of(scenario), draws=100)
    path = write_fit(found, border / "draws.nc")
    xarray = pytest.importorskip("xarray")
    with xarray.open_datatree(path, engine="h5netcdf") as tree:
        assert set(tree.children) >= {"posterior", "prior", "log_likelihood", "sample_stats", "observed_data"}
        assert tree["posterior"]["flare"].shape == (1, 100)
        assert np.allclose(tree["log_likelihood"]["record"].sum("term"), tree["sample_stats"]["lp"])
    carried = as_priors(found, scenario, "shots")
    again = read_text(SCENARIO.split("parameters:")[0] + carried + "hazards:" + SCENARIO.split("hazards:")[1])
    middle = float(np.median(found.values()["flare"]))
    assert again.parameters["flare"].prior.median == pytest.approx(middle, rel=1e-3)


def test_where_a_record_leaves_a_scenario(border: Path) -> None:
    scenario, record = read_scenario("border.yaml"), read_record("shots.csv")
    before, after = (standing_on(scenario, record, day) for day in ("2022-03-01", "2022-07-08"))
    assert after.scenario.as_of == "2022-07-08"
    assert after.levels["front"]["clash"] > 0.5 > before.levels["front"]["clash"]
    assert before.later == 3
    assert 0.0 <= after.apart < 0.2
    assert any("front is clash" in text for text in what_moved(before.levels, after.levels))


@pytest.mark.parametrize(
    ("lines", "as_of", "day"),
    [
        ("observations: {a: {on: 2022-03-11, move: nature.incident}}", "", "2022-03-11"),
        ("observations: {a: {on: '2022-03-11 23:00', move: nature.incident}}", "", "2022-03-11"),
        ("from: 2022-01-01\nuntil: 2022-03-11\nobservations: {}", "", "2022-03-11"),
        ("observations: {a: {on: 1939-03-11, move: nature.incident}}", "", "1939-03-11"),
        ("observations: {a: {on: 2022-03-11, move: nature.incident}}", "2022-03-20", "2022-03-20"),
        ("observations: {a: {on: 2022-03-11, move: nature.incident}}", "2022-03-01", "2022-03-01"),
        ("observations: {a: {on: 3 days, move: nature.incident}}", "", "2022-10-15"),
    ],
)
def test_a_scenario_speaks_from_the_day_the_record_leaves_off(
    border: Path, lines: str, as_of: str, day: str
) -> None:
    scenario = read_scenario(border / "border.yaml")
    record = parse_record(f"record: 1\ntitle: t\nstart: {{mood: calm}}\n{lines}\n")
    today = standing_on(scenario, record, as_of)
    assert today.scenario.as_of == day
    if as_of == "2022-03-01":  # nothing was known by then: no time has passed
        assert today.levels["mood"]["calm"] == today.levels["front"]["quiet"] == 1.0


def test_subjects_leave_off_in_many_places(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "kind,subject,on,what,is\nlevel,p,3 days,front,quiet\nlevel,q,4 days,front,clash\n"
    (border / "shots.csv").write_text(rows)
    assert run_command(["run", "border.yaml", "--no-report"]) == 2
    assert "follows 2 subjects" in " ".join(capsys.readouterr().err.split())
    assert run_command(["record", "--scenario", "border.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (len(found["terms"]), found["now"]) == (2, {})


WAR = "calendar: {vote: {date: 2022-12-01, then: {mood: angry}}}\noutcomes:"
LEVEL = "kind,on,what,is\nlevel,"


@pytest.mark.parametrize(
    ("rows", "scenario", "why"),
    [
        (
            "kind,subject,on,what,is\nlevel,p,3 days,front,quiet\nlevel,q,4 days,front,clash\n",
            "",
            "2 subjects",
        ),
        (f"{LEVEL}2022-03-01,river,dry\n", "", "has no words for anything"),
        (f"{LEVEL}2022-12-02,front,clash\n", WAR, "weighed up to the first known date"),
        (
            f"{LEVEL}2022-10-01,front,quiet\nlevel,2022-12-02,front,clash\n",
            "horizon: until 2022-12-01",
            "over",
        ),
    ],
)
def test_check_refuses_the_record_that_no_verb_can_follow(
    border: Path, capsys: pytest.CaptureFixture[str], rows: str, scenario: str, why: str
) -> None:
    (border / "shots.csv").write_text(rows)
    head = scenario.split(":")[0] if scenario.startswith("horizon") else "outcomes"
    text = SCENARIO.replace("horizon: 1 year" if head == "horizon" else "outcomes:", scenario or "outcomes:")
    (border / "border.yaml").write_text(text)
    told = []
    for words in (["check", "border.yaml"], ["run", "border.yaml", "--no-report"], ["what-if", "--null"]):
        asked = [*words, *(["-s", "border.yaml"] if words[0] == "what-if" else [])]
        assert run_command(asked) == 2
        told.append(" ".join(capsys.readouterr().err.split()))
    assert why in told[0]
    assert told[0] in told[1]
    assert told[0] in told[2]


@pytest.mark.parametrize(
    "verb",
    [
        ["run", "--no-report"],
        ["record", "shots.csv"],
        ["rivals", "--power", "0"],
        ["fit"],
        ["what-if", "--null"],
        ["check"],
    ],
)
@pytest.mark.parametrize("day", ["2022-10-15", "2022-12-31"])
def test_every_verb_says_the_same_of_a_record_that_goes_past_a_known_date(
    border: Path, capsys: pytest.CaptureFixture[str], verb: list[str], day: str
) -> None:
    """A date ahead is where it ends; one past for the scenario too is not followed, and that is said."""
    (border / "shots.csv").write_text(f"{LEVEL}2022-10-01,front,quiet\nlevel,2022-12-02,front,quiet\n")
    text = SCENARIO.replace("outcomes:", WAR).replace("2022-10-15", day)
    (border / "border.yaml").write_text(text)
    ahead = day < "2022-12-01"
    later = ["--as-of", "2022-12-31"] if ahead and verb[0] in ("record", "rivals", "fit") else []
    code = run_command([*verb, *(["-s"] if verb[0] == "what-if" else []), "border.yaml", *later])
    told = " ".join(capsys.readouterr().err.split())
    assert "border.yaml:17:12" in told
    if ahead and not later:
        assert code == 2
        for part in (
            "is followed to 2022-12-02, past 'vote' of 2022-12-01",
            "--as-of 2022-11-30",
            "as_of: 2022-12-02",
        ):
            assert part in told
    else:
        assert code == 0, told
        assert "goes past 'vote' of 2022-12-01, and what that does is not followed" in told


def test_after_the_end_of_a_record_time_goes_on_unseen(border: Path) -> None:
    scenario = read_scenario(border / "border.yaml")
    seen = "from: 2022-01-01\nobservations: {a: {on: 2022-03-11, level: {front: clash}}}\n"
    ended, open_ended = (
        parse_record(f"record: 1\ntitle: t\n{head}{seen}") for head in ("until: 2022-03-11\n", "")
    )
    for day, clash in (("2022-03-11", 1.0), ("2022-03-12", 0.8), ("2022-06-11", 0.1)):
        today = standing_on(scenario, ended, day)
        assert today.levels == standing_on(scenario, open_ended, day).levels
        assert today.levels["front"]["clash"] == pytest.approx(clash, abs=0.1)


def test_what_moved_since_last_time_has_a_name(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (border / "border.yaml").write_text(SCENARIO.replace("about: Shots, ", ""))
    for day in ("2022-03-01", "2022-07-09"):
        assert run_command(["run", "border.yaml", "--no-report", "--starts", "0", "--as-of", day]) == 0
    assert "Since last time (1 March 2022): Shots: " in " ".join(capsys.readouterr().out.split())


def test_a_condition_without_words_is_told_from_a_move_without(border: Path) -> None:
    classes = "classes: {war: {moves: '*', into: front == war}, shots: [north.shoot]}\n"
    record = parse_record(
        f"record: 1\ntitle: t\n{classes}observations:\n  a: {{on: 2022-03-11, move: war}}\n"
        "  b: {on: 2022-03-12, move: shots}\n  c: {on: 2022-03-13, move: nature.incident}\n"
    )
    likelihood = Likelihood(read_scenario(border / "border.yaml"), record)
    likelihood.value({})
    lacking = dict(likelihood.lacking)
    assert "a condition of war means nothing here: 'war' is not a level" in lacking["a"]
    assert lacking["b"] == "no move is one of shots"


def test_shipped_records_are_sound() -> None:
    from bystander.evidence.checking import record_problems

    for name in shipped_records():
        record = read_record(name)
        assert not [p for p in record_problems(record) if p.severity == "error"]
        assert all(each.sources and each.says for each in record.observations)


def test_a_shipped_record_is_possible_under_its_crisis(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "record",
        "almaty-2022",
        "--scenario",
        "crises/kazakhstan-2022",
        "--as-of",
        "2022-01-31",
        "--json",
    ]
    assert run_command(words) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert -30.0 < found["log_likelihood"] < 0.0
    assert not found["set_aside"]
    assert found["now"]["kazakh_street"]["calm"] > 0.9
    assert "with hindsight" in told.err


def test_the_verbs_use_the_record_that_a_scenario_names(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["record", "--scenario", "border.yaml", "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert run_command(["record", "shots.csv", "--scenario", "border.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == own
    assert run_command(["rivals", "border.yaml", "--learn", "anger", "--power", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["explanations"]
    assert run_command(["fit", "border.yaml", "--learn", "anger", "--method", "laplace", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]
    assert run_command(["check", "border.yaml"]) == 0
    assert read_data(read_scenario("border.yaml").to_dict()).record == "shots.csv"


def test_numbers_of_one_parameter_are_told_in_one_unit(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = read_scenario("border.yaml")
    rates = {name: p for name, p in scenario.parameters.items() if p.dimension == RATE}
    name = next(iter(rates))
    for middle, unit in ((10 / YEAR, "per year"), (2 * 12 / YEAR, "per month"), (3.0, "per day")):
        wide = (middle / 30, middle, 30 * middle)
        told = in_one_unit(scenario, name, wide, wide)
        assert told.endswith(unit)
        assert told.count("per") == 1
        size = parse_quantity(f"1 {unit}").value
        read = [float(each) * size for each in told.removesuffix(unit).split(",")]
        assert read == pytest.approx(wide, rel=6e-3)
        assert in_one_unit(scenario, name, (50 * middle,), wide).endswith(unit)


def test_check_reads_the_record_that_a_scenario_names(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (border / "shots.csv").write_text(
        RECORD + "move,august,2022-08-01,,nobody.moves,,\nmoove,x,2022-08-01,,a,,\n"
    )
    assert run_command(["check", "border.yaml"]) == 2
    assert "shots.csv:7" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["../shots.csv", "/etc/passwd.csv", "sub/../../shots.csv", "link.csv", "..\\shots.csv"]
)
def test_a_record_lies_beside_its_scenario(
    border: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    inner = border / "inner"
    inner.mkdir()
    (inner / "link.csv").symlink_to(border / "shots.csv")
    (inner / "border.yaml").write_text(SCENARIO.replace("shots.csv", json.dumps(name)))
    assert run_command(["record", "--scenario", "inner/border.yaml"]) == 2
    told = capsys.readouterr()
    assert "leads out of the scenario's folder" in told.err
    assert "Traceback" not in told.err


def test_a_record_that_is_no_file_is_refused_at_once(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(border / "pipe.csv")
    (border / "border.yaml").write_text(SCENARIO.replace("shots.csv", "pipe.csv"))
    assert run_command(["record", "--scenario", "border.yaml"]) == 2
    assert "'pipe.csv' is no plain file" in capsys.readouterr().err


def test_without_a_record_the_verbs_say_how_to_name_one(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (border / "border.yaml").write_text(SCENARIO.replace("record: shots.csv\n", ""))
    assert run_command(["rivals", "border.yaml"]) == 2
    assert "names no record" in capsys.readouterr().err


ONCE = """
bystander: 1
title: A summer
as_of: 2023-07-01
horizon: until 2023-12-31
given: quiet
variables:
  front: {levels: [quiet, clash], start: quiet}
  note: {levels: [none, sent], start: none}
  fleet: {levels: [home, there], start: home}
conditions: {quiet: front == quiet}
hazards:
  protest: {when: note == none, every: 1 month, then: {note: sent}, once: true}
  sails: {when: fleet == home, takes: 3 months in 3 stages, then: {fleet: there}}
  incident: {when: front == quiet and note == sent, every: 2 months, then: {front: clash}}
outcomes:
  clash: {ever: front == clash}
  by_autumn: {ever: front == clash, within: until 2023-09-23}
  within_a_month: {ever: front == clash, within: 30 days}
judgements: {soon: {says: Soon, holds: P(clash) > 1%, within: until 2023-10-01}}
"""
SUMMER = "record: 1\ntitle: s\nfrom: 2023-07-01\nuntil: {until}\nobservations: {seen}\n"


def summer(until: str, seen: str = "{a: {on: 2023-07-20, level: {front: quiet}}}") -> Record:
    return parse_record(SUMMER.format(until=until, seen=seen))


def test_variables_that_hang_together_start_together() -> None:
    today = standing_on(read_text(ONCE), summer("2023-08-01"))
    assert today.apart < 0.002
    game = compile_game(today.scenario)
    here = {name: game.situations.levels[:, k] for k, name in enumerate(game.situations.names)}
    done = next(name for name in here if name.endswith("_done"))
    start = game.situations.start
    assert start[here["note"] != here[done]].sum() == 0.0
    for name, chances in today.levels.items():
        for level, chance in enumerate(chances.values()):
            assert start[here[name] == level].sum() == pytest.approx(chance, abs=0.002)
    moved = compile_game(vary(today.scenario, start={"front": "clash"}))
    assert (moved.situations.levels[moved.situations.start > 0, 0] == 1).all()


@pytest.mark.parametrize(
    ("until", "horizon", "autumn", "judged"),
    [("2023-07-31", 153.0, 54.0, 62.0), ("2023-08-31", 122.0, 23.0, 31.0)],
)
def test_a_time_until_a_date_ends_on_it_from_whatever_day(
    until: str, horizon: float, autumn: float, judged: float
) -> None:
    scenario = standing_on(read_text(ONCE), summer(until)).scenario
    assert scenario.horizon == horizon
    assert scenario.outcomes["by_autumn"].within == autumn
    assert scenario.outcomes["within_a_month"].within == 30.0
    assert scenario.judgements["soon"].within == judged
    assert pickle.loads(pickle.dumps(scenario)).horizon == horizon
    left = speaking_on(scenario, "2023-10-01")
    assert (list(left.outcomes), list(left.judgements)) == (["clash", "within_a_month"], [])
    with pytest.raises(ScenarioError, match="'until 2023-12-31' is over on 2023-12-31"):
        speaking_on(scenario, "2023-12-31")


def test_what_is_asked_of_what_is_over_is_not_known_and_the_rest_is_told(
    border: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patrol = """
actors:
  patrol:
    acts: every 1 week
    discount: 50% per year
    actions: {calm: {when: front == clash, then: {note: sent}, worth: 1}}
asks: {why: {says: "Why not?", party: patrol, moves: [calm], matters: [clash]}}
"""
    (border / "summer.yaml").write_text(ONCE + patrol)
    (border / "summer-record.yaml").write_text(
        SUMMER.format(until="2023-08-01", seen="{a: {on: 2023-08-01, level: {front: clash}}}")
    )
    assert run_command(["run", "summer.yaml", "--record", "summer-record.yaml", "--no-report"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "\u2018quiet\u2019 never comes" in said or "'quiet' never comes to hold within 152 days" in said
    assert "error:" not in said
    assert "By autumn" in said
    assert "Starts where the record leaves off on 1 August 2023." in said


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        (["run", "--no-report", "--json"], "outcomes.0.estimate.value"),
        (["what-if", "--set", "anger=2 per year", "--json"], "outcomes.0.before"),
        (["sweep", "flare", "1 per year", "3 per year", "--points", "2", "--json", "-s"], "outcomes.0.1.1"),
        (["find", "shots", "--at-most", "1%", "--parameters", "--json", "-s"], "number"),
    ],
)
def test_every_question_is_asked_where_the_record_leaves_off(
    border: Path, capsys: pytest.CaptureFixture[str], verb: list[str], told: str
) -> None:
    (border / "border.yaml").write_text(SCENARIO.replace("calm: 0.5, angry: 0.5", "calm: 0.9, angry: 0.1"))
    assert run_command([*verb, "border.yaml"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    for part in told.split("."):
        found = found[int(part) if part.isdigit() else part]
    today = standing_on(read_scenario("border.yaml"), read_record("shots.csv")).scenario
    assert found == pytest.approx(solve_case(today).value("shots"), rel=1e-6)
    assert found != pytest.approx(solve_case(read_scenario("border.yaml")).value("shots"), rel=1e-2)
    if verb[0] != "run":
        assert f"As of {date(today.as_of)}, where the scenario's record leaves off." in said.err


def test_the_app_stands_where_the_record_leaves_off(border: Path) -> None:
    asked = {"source": str(border / "border.yaml"), "stamp": "1"}
    today = standing_on(read_scenario("border.yaml"), read_record("shots.csv")).scenario
    page = json.loads(do("open", asked, silent))
    told = {outcome["name"]: outcome["value"] for outcome in page["outcomes"]}
    assert told["shots"] == pytest.approx(solve_case(today).value("shots"), rel=1e-6)
    assert page["asOf"] == date(today.as_of)
    on = json.loads(do("day", {**asked, "day": today.as_of}, silent))
    assert {outcome["name"]: outcome["value"] for outcome in on["outcomes"]} == told


def test_a_day_is_heard_without_a_record_too(border: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (border / "plain.yaml").write_text(
        SCENARIO.replace("record: shots.csv\n", "")
        .replace("value: 3 per", "value: {2020-01-01: 3 per")
        .replace(
            'per year, prior: "lognormal(median=3',
            'per year, 2023-06-01: 9 per year}, prior: "lognormal(median=3',
        )
    )
    found = []
    for day in ([], ["--as-of", "2023-07-01"]):
        assert run_command(["run", "plain.yaml", "--no-report", "--json", *day]) == 0
        found.append(json.loads(capsys.readouterr().out)["outcomes"][0]["estimate"]["value"])
    assert found[1] > 1.5 * found[0]
    assert run_command(["run", "plain.yaml", "--no-report", "--as-of", "2023-07"]) == 2
    assert "--as-of" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["report", "-o", "r.html"], ["report", "--brief", "-o", "b.html"]])
def test_a_report_says_where_the_record_leaves_off(border: Path, verb: list[str]) -> None:
    assert run_command([*verb, "border.yaml"]) == 0
    day = standing_on(read_scenario("border.yaml"), read_record("shots.csv")).scenario.as_of
    assert day != "2022-10-15"
    assert date(day) in (border / verb[-1]).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("from: 2023-07-26\nuntil: 2023-08-05", ("2023-07-26", "2023-08-05")),
        ("from: 2023-07-26\nuntil: 2023-07", ("2023-07-26", "2023-07-31")),
        ("from: 2023-07-26\nuntil: 2023-07-26", ("2023-07-26",)),
    ],
)
def test_a_time_ends_on_its_last_day(lines: str, said: tuple[str, ...]) -> None:
    record = parse_record(f"record: 1\ntitle: t\n{lines}\nobservations: {{}}\n")
    assert record.lasting(*record.span(record.subjects[0])) == said


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("on: 2022-03-11", "11 March 2022"),
        ("on: 2022-03", "March 2022"),
        ("on: 2022", "2022"),
        ("on: '2022-03-11 06:30'", "11 March 2022, 06:30"),
        ("between: [2022-03-11, 2022-04-01]", "11 March 2022"),
        ("on: 3 days", "3 days"),
    ],
)
def test_a_date_is_told_no_finer_than_it_is_known(on: str, said: str) -> None:
    line = f"observations: {{a: {{{on}, move: nature.incident}}}}"
    record = parse_record(f"record: 1\ntitle: t\n{line}\n")
    assert date(record.told_of(record.observations[0])) == said


def test_a_source_of_a_record_says_what_one_of_a_scenario_says() -> None:
    keys = "title: A, kind: news, date: 2022, author: B, publisher: C, url: 'https://e.org', locator: p. 1"
    record = parse_record(f"record: 1\ntitle: t\nsources: {{s: {{{keys}}}}}\nobservations: {{}}\n")
    assert record.sources["s"].publisher == "C"
    assert parse_record(record_as_yaml(record)).sources == record.sources


KEYS = {
    "title": "A report, in two parts",
    "url": "https://e.org/a",
    "date": "2022-03",
    "says": "Said; twice",
    "kind": "news",
    "author": "B; C",
    "publisher": '"D"',
    "locator": "p. 1",
}


@pytest.mark.parametrize("keys", [["title"], ["title", "author"], ["title", "kind", "date"], list(KEYS)])
def test_a_source_is_the_same_in_yaml_and_in_csv(keys: list[str]) -> None:
    told = {key: KEYS[key] for key in keys}
    lines = "observations: {a: {on: 2022-03-11, move: nature.incident, source: s}}\n"
    record = parse_record(f"record: 1\ntitle: t\nsources: {json.dumps({'s': told})}\n{lines}")
    assert record.sources == {"s": Cited(**told)}
    table = record_as_csv(record)
    header = table.splitlines()[0].split(",")
    assert [c for c in ("author", "publisher", "locator", "type") if c in header] == [
        c for c in ("author", "publisher", "locator", "type") if c.replace("type", "kind") in keys
    ]
    again = parse_table(table)
    assert again.sources == record.sources
    assert parse_record(record_as_yaml(again)).sources == record.sources


def test_who_wrote_something_is_said_of_sources_alone() -> None:
    with pytest.raises(ScenarioError, match="the column author means nothing in a row of kind move"):
        parse_table("kind,on,what,author\nmove,2022-03-11,nature.incident,B\n")
