"""Forecasts in closed form, cut at their day, decided by the observation they asked for."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bystander.equilibrium.announced import solve_announced
from bystander.errors import InputError, QueryError, ScenarioError
from bystander.evidence.checking import known_by
from bystander.evidence.reading import parse_record
from bystander.evidence.record import day_number
from bystander.evidence.starting import standing_on
from bystander.evidence.weighing import SharedDraws, weigh_explanation
from bystander.forecast.deciding import decide, resolve, score_ledger
from bystander.forecast.ledger import add_to_ledger, read_ledger
from bystander.forecast.making import baselines_of, learn_values, make_forecast, read_as_of, resting_on_later
from bystander.forecast.questions import read_questions
from bystander.game.compile import compile_game
from bystander.process.announced import DatedProcess
from bystander.process.chain import FirstTime
from bystander.scenario import read_text
from bystander.scenario.read import speaking_on

SCENARIO = """
bystander: 1
title: A border
as_of: 2020-01-01
horizon: 1 year
settings:
  shocks: private
variables: {front: {levels: [quiet, clash], start: quiet}}
hazards:
  starts: {when: front == quiet, rate: 6 per year, then: {front: clash}}
  ends: {when: front == clash, every: 10 days, then: {front: quiet}}
outcomes: {clash: {ever: front == clash}}
"""
RECORD = """
record: 1
title: Clashes
classes: {clash: [nature.starts], calm: [nature.ends]}
coverage: [{of: clash, from: 2019-01-01, until: 2021-12-31}]
observations:
  one: {on: 2019-03-01, move: clash}
  two: {on: 2019-08-01, move: clash}
  three: {on: 2020-05-01, move: clash}
  seen: {on: 2020-06-01, level: {front: [quiet]}}
"""
PRIOR = 'parameters: {flare: {value: 6 per year, prior: "lognormal(median=6 per year, spread=4)"}}\n'
QUESTIONS = """
forecast: 1
title: The border
scenario: border.yaml
record: record.yaml
as_of: 2019-12-31
learn: false
questions:
  again: {asks: "Another clash by the end of March?", fires: clash, by: 2020-03-31, author: 60%}
  twice: {asks: "Two by the end of June?", fires: clash, times: 2, by: 2020-06-30}
  year: {asks: "One by the end of the year?", fires: clash, by: 2020-12-31}
  quiet: {asks: "Quiet on 1 June?", at: {front: quiet}, on: 2020-06-01}
  later: {asks: "One by 2023?", fires: clash, by: 2023-01-01}
"""
RATE, END = 6 / 365.25, 1 / 10


@pytest.fixture
def asked(tmp_path: Path):
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    return read_questions(path)


@pytest.fixture
def made(asked):
    return make_forecast(asked, read_text(SCENARIO), parse_record(RECORD))


def start() -> float:
    """Chance of quiet on the day, since the last clash: no start was listed, so none happened."""
    days = day_number("2020-01-01") - day_number("2019-08-01") - 0.5
    clash = math.exp(-END * days)
    weight = quiet_and_silent(days)
    return weight / (weight + clash)


def quiet_and_silent(days: float) -> float:
    """From clash: chance of being quiet with no start so far."""
    return END / (END - RATE) * (math.exp(-RATE * days) - math.exp(-END * days))


def silent(days: float) -> float:
    """Chance of no start in so many days from where the record leaves off."""
    quiet = start()
    return quiet * math.exp(-RATE * days) + (1 - quiet) * (math.exp(-END * days) + quiet_and_silent(days))


def test_probabilities_in_closed_form(made) -> None:
    said = {answer.question.name: answer.probability for answer in made.answers}
    assert said["again"] == pytest.approx(1 - silent(31 + 29 + 31), rel=1e-7)
    assert said["year"] == pytest.approx(1 - silent(366), rel=1e-7)
    assert 0 < said["twice"] < said["year"]
    share = END / (END + RATE)
    days = day_number("2020-06-01") + 0.5 - day_number("2020-01-01")
    assert said["quiet"] == pytest.approx(
        share + (start() - share) * math.exp(-(RATE + END) * days), rel=1e-7
    )


def dated(date: str, then: str, as_of: str = "2020-01-01"):
    text = SCENARIO.replace("as_of: 2020-01-01", f"as_of: {as_of}")
    return read_text(text + f"calendar: {{vote: {{date: {date}, then: {then}}}}}\n")


@pytest.mark.parametrize("as_of", ["2019-12-31", "2020-01-01", "2021-05-01"])
@pytest.mark.parametrize(
    ("date", "then"),
    [("2019-12-31", "{front: quiet}"), ("2020-04-01", "{}"), ("2025-01-01", "{front: clash}")],
)
def test_dates_past_idle_or_far_off_change_nothing(asked, made, date: str, then: str, as_of: str) -> None:
    found = make_forecast(asked, dated(date, then, as_of), parse_record(RECORD))
    for one, two in zip(found.answers, made.answers, strict=True):
        assert one.probability == pytest.approx(two.probability, abs=1e-11), one.question.name


def test_a_known_date_ahead_has_its_effect_on_its_day(asked, made) -> None:
    found = make_forecast(asked, dated("2020-06-01", "{front: quiet}"), parse_record(RECORD))
    said = {answer.question.name: answer.probability for answer in found.answers}
    before = {answer.question.name: answer.probability for answer in made.answers}
    share = END / (END + RATE)
    assert said["again"] == pytest.approx(before["again"], rel=1e-9)
    assert said["quiet"] == pytest.approx(
        share + (1 - share) * math.exp(-(RATE + END) * 0.5), rel=1e-9
    )  # half a day after it
    days, rest = 31 + 29 + 31 + 30 + 31, 366 - (31 + 29 + 31 + 30 + 31)
    assert said["year"] == pytest.approx(1 - silent(days) * math.exp(-RATE * rest), rel=1e-7)
    assert said["twice"] > before["twice"]


WAITING = SCENARIO.replace(
    "hazards:",
    """
calendar:
  summit: {date: 2020-03-01, then: {front: quiet}, impacts: {north: -3 if front == clash else 0}}
actors:
  north:
    acts: every 2 weeks
    discount: 50% per year
    interests: {losses: {when: front == clash, worth: -4 per year}}
    actions: {strike: {when: front == quiet, then: {front: clash}, habit: 20%, worth: 0.5}}
hazards:""",
)


def test_people_who_wait_for_a_date_are_foretold_as_they_are_assessed(asked) -> None:
    scenario = read_text(WAITING.replace("outcomes: {", "outcomes: {strike: {fires: north.strike}, "))
    record = parse_record(RECORD.replace("calm:", "strike: [north.strike], calm:"))
    day = replace(asked.questions[0], name="strike", of="strike", end=day_number("2020-05-01"))
    wanted = replace(asked, questions=(day, asked.questions[3]))
    found = make_forecast(wanted, scenario, record)
    standing = standing_on(scenario, record, "2019-12-31")
    game = compile_game(speaking_on(standing.scenario, "2020-01-01"))
    process = DatedProcess(solve_announced(game), 122.0)
    strike = FirstTime(moves=np.array([move.name == "north.strike" for move in game.moves]))
    (struck,) = process.first_times([strike], process.start, np.array([121.0]))
    assert standing.apart < 1e-9
    assert found.answers[0].probability == pytest.approx(float(struck.value[0]), abs=1e-6)


def test_words_that_a_dated_scenario_lacks_are_refused_by_name(asked) -> None:
    record = parse_record(RECORD.replace("calm: [nature.ends]", "calm: [nature.rains]"))
    wanted = replace(asked, questions=(replace(asked.questions[0], of="calm"),))
    for scenario in (read_text(SCENARIO), dated("2020-06-01", "{front: quiet}")):
        with pytest.raises(QueryError, match="no words for 'again'"):
            make_forecast(wanted, scenario, record)


def test_only_what_was_known_is_used(asked, made) -> None:
    assert (made.cut, made.resting_on_later) == (2, 0)
    shorter = parse_record(RECORD.replace("  three: {on: 2020-05-01, move: clash}\n", ""))
    assert make_forecast(asked, read_text(SCENARIO), shorter).answers == made.answers
    late = "facts: {toll: {says: Ten died, source: s, value: 10 people, date: 2020-02}}\n"
    late += "sources: {s: {title: S, kind: analysis}}\n"
    late += "parameters: {deaths: {value: 10 people, because: [toll]}}\n"
    with pytest.raises(InputError, match="toll"):
        make_forecast(
            asked, read_text(SCENARIO.replace("2020-01-01", "2020-03-01") + late), parse_record(RECORD)
        )


def test_baselines_only_count(made) -> None:
    (again,) = (answer for answer in made.answers if answer.question.name == "again")
    assert again.baselines["base rate"] == pytest.approx(1 - (365 / (365 + 91)) ** 2.5)
    assert again.baselines["conflictology"] == pytest.approx((2 + 0.5) / 5)
    assert again.baselines["no change"] == pytest.approx(0.05)


def test_the_record_decides_and_scores(made, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    add_to_ledger(path, "forecast", [(made.identity, made.entry())])
    with pytest.raises(QueryError, match="there already"):
        add_to_ledger(path, "forecast", [(made.identity, made.entry())])
    with pytest.raises(QueryError, match="decided yet"):
        score_ledger(read_ledger(path))
    found = {r.question: r for r in resolve(read_ledger(path), parse_record(RECORD))}
    assert {name: r.happened for name, r in found.items()} == {
        "again": False, "twice": False, "year": True, "quiet": True, "later": True,
    }  # fmt: skip
    kept = [(r.identity, r.entry()) for r in found.values()]
    ledger = add_to_ledger(path, "resolution", kept)
    assert resolve(ledger, parse_record(RECORD)) == ()
    scores = score_ledger(ledger)
    by_hand = [(a.probability - found[a.question.name].happened) ** 2 for a in made.answers]
    assert scores.ours[0].mean == pytest.approx(sum(by_hand) / 5)
    assert {s.forecaster: s.brier.count for s in scores.baselines}["base rate"] == 3
    assert sum(row.count for row in scores.calibration) == 5


def test_what_is_not_covered_stays_open(made) -> None:
    question = next(q for q in made.entry()["questions"] if q["name"] == "again")
    gone = replace(parse_record(RECORD), windows=(), observations=())
    assert decide("f", question, gone).happened is None
    gappy = parse_record(RECORD.replace("until: 2021-12-31", "until: 2020-02-15"))
    open_ = decide("f", question, replace(gappy, observations=()))
    assert (open_.happened, "2020-02-16" in open_.why) == (None, True)


def test_who_has_not_watched_long_enough_counts_for_nothing(made) -> None:
    asked = made.answers[0].question
    whole = parse_record(RECORD)
    assert "base rate" in baselines_of(asked, whole)
    length = asked.end - asked.begin
    for share, known in ((0.4, False), (0.6, True)):
        window = replace(whole.windows[0], end=whole.windows[0].begin + share * length)
        assert ("base rate" in baselines_of(asked, replace(whole, windows=(window,)))) == known


def test_numbers_stated_as_of_the_day_take_the_place_of_those_learnt_later(tmp_path: Path) -> None:
    late = "facts: {toll: {says: Ten died, source: s, value: 10 people, date: 2020-02}}\n"
    late += "sources: {s: {title: S, kind: analysis}}\n"
    late += "parameters: {deaths: {value: 10 people, learnt: [toll]}}\n"
    path, questions = tmp_path / "border.yaml", tmp_path / "questions.yaml"
    path.write_text(SCENARIO + late, encoding="utf-8")
    stated = "parameters: {deaths: {value: 3 people, learnt: []}}\nquestions:"
    questions.write_text(QUESTIONS.replace("questions:", stated), encoding="utf-8")
    known = replace(parse_record(RECORD), observations=())
    with pytest.raises(QueryError, match="toll"):
        resting_on_later(read_as_of(str(path), "2019-12-31"), known, "2019-12-31")
    scenario = read_as_of(str(path), "2019-12-31", read_questions(questions).parameters)
    assert scenario.parameters["deaths"].value.value == 3.0
    assert resting_on_later(scenario, known, "2019-12-31") == 0


def test_a_scenario_as_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "border.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    assert read_as_of(str(path), "2019-06-30").as_of == "2019-06-30"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fires: clash, by: 2020-03-31", "by: 2020-03-31", "'again' is decided by nothing"),
        ("fires: clash", "fires: clash, at: {front: quiet}", "'again' asks two things, fires: and at:"),
        ("fires: clash", "fires: nature.flare", "Name a class of the record"),
        ("by: 2020-03-31", "on: 2020-03-31", "'again' has no day"),
        ("by: 2020-03-31", "by: 2019-12-31", "not after as_of"),
        ("by: 2020-03-31", "by: 2020-02-31", "2020-02-31"),
        ("author: 60%", "author: 160%", "author"),
        ("times: 2", "times: 0", "times"),
        ("forecast: 1", "forecast: 2", "form 1"),
        ("by: 2020-03-31", "by: 2020-03-31, on: 2020-04-01", "'again' has no use for on:"),
        ("on: 2020-06-01", "on: 2020-06-01, by: 2020-07-01", "'quiet' has no use for by:"),
        ("on: 2020-06-01", "on: 2020-06-01, times: 3", "'quiet' has no use for times:"),
    ],
)
def test_questions_that_decide_nothing(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"questions\.yaml:\d+") as refused:
        read_questions(path)
    assert says in str(refused.value)


@pytest.mark.parametrize(("as_of", "refused"), [("2018-12-30", True), ("2018-12-31", False)])
@pytest.mark.parametrize(
    "use",
    [
        lambda asked, record: make_forecast(asked, read_text(SCENARIO), record),
        lambda asked, record: learn_values(
            asked, read_text(SCENARIO.replace("6 per year", "flare") + PRIOR), record
        ),
        lambda asked, record: standing_on(read_text(SCENARIO), record, asked.as_of),
        lambda asked, record: known_by(record, asked.as_of),
    ],
    ids=["forecast", "learn", "start", "cut"],
)
def test_a_record_says_nothing_of_days_before_it_begins(
    tmp_path: Path, as_of: str, refused: bool, use: Any
) -> None:
    """Followed from a later day back to an earlier one it would make everything that comes impossible."""
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    asked = read_questions(path, as_of)
    record = parse_record(RECORD.replace("title: Clashes", "title: Clashes\nfrom: 2019-01-01"))
    if refused:
        with pytest.raises(ScenarioError, match="begins on 2019-01-01, and says nothing of 2018-12-30"):
            use(asked, record)
    else:
        assert use(asked, record) is not None


def test_on_the_day_before_a_record_begins_its_start_is_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    record = parse_record(RECORD.replace("title: Clashes", "title: Clashes\nfrom: 2019-01-01"))
    made = make_forecast(read_questions(path, "2018-12-31"), read_text(SCENARIO), record)
    said = {answer.question.name: answer.probability for answer in made.answers}
    days = day_number("2020-04-01") - day_number("2019-01-01")
    assert said["again"] == pytest.approx(1 - math.exp(-RATE * days), rel=1e-7)


def test_a_class_that_the_record_does_not_have(asked) -> None:
    with pytest.raises(ScenarioError, match="no class 'clash'"):
        make_forecast(
            asked, read_text(SCENARIO), parse_record("record: 1\ntitle: None\nclasses: {calm: [nature.ends]}")
        )


def test_numbers_are_learnt_from_what_was_known(asked) -> None:
    """One rate with a wide prior: two clashes in a year, of which three were still to come."""
    told = SCENARIO.replace("6 per year", "flare") + PRIOR
    learnt = learn_values(asked, read_text(told), parse_record(RECORD))
    assert 1.0 < learnt["flare"] * 365.25 < 4.0
    later = parse_record(RECORD.replace("2020-05-01", "2021-05-01"))
    assert learn_values(asked, read_text(told), later) == learnt
    assert learn_values(asked, read_text(SCENARIO), later) == {}


@pytest.mark.parametrize(
    ("lines", "times", "happened", "when"),
    [
        ("a: {between: [2021-12-10, 2022-01-20], move: clash}", 1, None, ""),
        ("a: {between: [2022-03-01, 2022-04-15], move: clash}", 1, None, ""),
        ("a: {between: [2022-03-01, 2022-03-15], move: clash}", 1, True, "between 2022-03-01 and 2022-03-15"),
        ("a: {on: 2022-02, move: clash}", 1, True, "in 2022-02"),
        ("a: {from: 2022-02-01, until: 2022-02-28, of: clash, count: 2..5}", 3, None, ""),
        (
            "a: {from: 2022-02-01, until: 2022-02-28, of: clash, count: 2..5}",
            2,
            True,
            "between 2022-02-01 and 2022-02-28",
        ),
        ("a: {from: 2022-02-01, until: 2022-02-28, of: clash, count: 2..5}", 6, False, ""),
        ("a: {from: 2021-12-01, until: 2022-04-28, of: clash, count: 4}", 4, None, ""),
        ("a: {on: 2022-02-01, move: clash, perhaps: true}", 1, None, ""),
        ("a: {from: 2022-02-01, until: 2022-02-05, of: clash, toll: 50, each: 10}", 2, None, ""),
        ("a: {on: 2021-12-31, move: clash}", 1, False, ""),
        ("a: {on: 2022-03-31, move: clash}", 1, True, "on 2022-03-31"),
        ("a: {on: 2022-04-01, move: clash}", 1, False, ""),
    ],
)
def test_what_the_record_leaves_open_is_not_decided(
    lines: str, times: int, happened: bool | None, when: str
) -> None:
    """What decided it is dated no more precisely than the record has it."""
    record = parse_record(RECORD[: RECORD.index("  one:")].replace("2021-12-31", "2023-01-01") + f"  {lines}")
    asked = {
        "name": "q", "of": "clash", "yes_from": times, "levels": {},
        "begin": day_number("2022-01-01"), "end": day_number("2022-04-01"),
    }  # fmt: skip
    found = decide("f", asked, record)
    assert found.happened is happened
    assert ("completely" in found.why) is (happened is False)
    assert found.why == f"clash {when}" or not happened


@pytest.mark.parametrize(
    ("classes", "covered", "seen", "happened"),
    [
        ("shots: north.fire", "shots", "shots", True),
        ("shots: north.fire", "shots", "north.fire", True),
        ("shots: [north.*]", "shots", "north.fire", True),
        ("shots: [north.*]", "shots", "south.fire", False),
        ("shots: north.fire", "shots", "none", False),
        ("shots: north.fire", '"*"', "none", False),
        ("shots: north.fire", "north", "none", False),
        ("shots: north.fire", "north.fire", "none", False),
        ("shots: {moves: north.fire, into: front == clash}", '"*"', "none", False),
        ("shots: {moves: north.fire, into: front == clash}", "shots", "north.fire", False),
        ("{shots: north.fire, all: {moves: '*', into: front == clash}}", "all", "none", None),
        ("shots: [north.*]", "north.fire", "none", None),
        ("shots: north.fire", "south", "none", None),
    ],
)
def test_a_class_is_covered_and_seen_under_every_name_that_is_surely_it(
    classes: str, covered: str, seen: str, happened: bool | None
) -> None:
    listed = "{}" if seen == "none" else f"{{a: {{on: 2022-02-01, move: {seen}}}}}"
    record = parse_record(
        f"record: 1\ntitle: Shots\nfrom: 2022-01-01\nuntil: 2022-12-31\n"
        f"classes: {classes if classes.startswith('{') else '{' + classes + '}'}\n"
        f"coverage: [{{of: {covered}, from: 2022-01-01, until: 2022-12-31}}]\nobservations: {listed}\n"
    )
    asked = {
        "name": "q", "of": "shots", "yes_from": 1, "levels": {},
        "begin": day_number("2022-01-01"), "end": day_number("2022-04-01"),
    }  # fmt: skip
    assert decide("f", asked, record).happened is happened


@pytest.mark.parametrize(
    ("lines", "happened", "why"),
    [
        (["on: 2022-05-31, level: {front: quiet}"], None, "nothing was read"),
        (["on: 2022-06-02, level: {front: quiet}"], None, "nothing was read"),
        (["on: 2022-05-31, level: {front: quiet}", "on: 2022-06-01, level: {front: clash}"], False, "l1"),
        (["on: 2022-06-01, level: {front: clash}", "on: 2022-06-01, level: {front: quiet}"], True, "l1"),
        (['on: "2022-06-01 23:00", level: {front: quiet}'], True, "l0"),
        (["on: 2022-06-01, level: {front: [quiet, clash]}"], None, "which level"),
        (["on: 2022-06-01, level: {front: quiet}, error: 20%"], None, "may be wrong"),
        (["on: 2022-06-01, level: {help: sent}"], None, "nothing was read"),
    ],
)
def test_a_reading_of_the_day_decides(lines: list[str], happened: bool | None, why: str) -> None:
    told = "".join(f"  l{place}: {{{line}}}\n" for place, line in enumerate(lines))
    record = parse_record(f"record: 1\ntitle: t\nobservations:\n{told}")
    middle = day_number("2022-06-01") + 0.5
    asked = {
        "name": "q", "of": "", "yes_from": 1, "levels": {"front": ["quiet"]}, "begin": middle, "end": middle
    }  # fmt: skip
    found = decide("f", asked, record)
    assert found.happened is happened
    assert why in found.why


@pytest.mark.parametrize(
    ("lines", "happened", "why"),
    [
        (["level: {front: clash}"], False, "l0 on 2022-06-01"),
        (["level: {talks: open}"], None, "nothing was read of front on 2022-06-01"),
        (["level: {front: quiet}"], None, "nothing was read of talks on 2022-06-01"),
        (["level: {talks: none}", "level: {front: quiet}"], False, "l0 on 2022-06-01"),
        (["level: {front: quiet, talks: open}"], True, "l0 on 2022-06-01"),
        (["level: {talks: open}", "level: {front: quiet}"], True, "l1 on 2022-06-01, l0 on 2022-06-01"),
        (["move: clash", "level: {front: quiet}", "level: {talks: open}"], True, "l1 on 2022-06-01, l2 on"),
        (["level: {front: quiet}", "level: {talks: [none, open]}"], None, "l1 does not say which level"),
        (["level: {front: clash}, error: 5%", "level: {talks: open}"], None, "l0 may be wrong"),
    ],
)
def test_each_variable_asked_about_is_decided_by_its_own_reading(
    lines: list[str], happened: bool | None, why: str
) -> None:
    told = "".join(f"  l{place}: {{on: 2022-06-01, {line}}}\n" for place, line in enumerate(lines))
    record = parse_record(f"record: 1\ntitle: t\nclasses: {{clash: [nature.starts]}}\nobservations:\n{told}")
    middle = day_number("2022-06-01") + 0.5
    levels = {"front": ["quiet"], "talks": ["open"]}
    asked = {"name": "q", "of": "", "yes_from": 1, "levels": levels, "begin": middle, "end": middle}
    found = decide("f", asked, record)
    assert found.happened is happened
    assert why in found.why


def test_another_day_to_ask_on_moves_what_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS, encoding="utf-8")
    later = read_questions(path, "2020-01-31")
    assert {q.begin for q in later.questions if q.of} == {day_number("2020-02-01")}
    assert later.as_of == "2020-01-31"
    alike = tmp_path / "alike.yaml"
    alike.write_text(QUESTIONS.replace("as_of: 2019-12-31", "as_of: 2020-01-31"), encoding="utf-8")
    assert later.questions == read_questions(alike).questions
    for day, says in {"2020-06-30": "not after as_of", "2020-02": "not a day", "soon": "not a date"}.items():
        with pytest.raises(ScenarioError, match=says):
            read_questions(path, day)


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("{flaer: {value: 12 per year}}", "no parameter 'flaer'. Fix: Did you mean 'flare'"),
        ("{unheard: {value: 12 per year}}", "no parameter 'unheard'"),
        ("[flare]", "is a mapping of names"),
        ("flare", "is a mapping of names"),
    ],
)
def test_stating_what_is_no_parameter_is_refused_in_its_line(tmp_path: Path, stated: str, says: str) -> None:
    text = SCENARIO.replace("rate: 6 per year", "rate: flare") + PRIOR
    (tmp_path / "border.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "questions.yaml"
    path.write_text(QUESTIONS.replace("learn: false", f"parameters: {stated}"), encoding="utf-8")

    def read() -> None:
        asked = read_questions(path)
        read_as_of(str(tmp_path / "border.yaml"), asked.as_of, asked.parameters)

    with pytest.raises(ScenarioError, match=says) as refused:
        read()
    assert refused.value.problems[0].mark.line == 7


def test_a_record_of_several_subjects_is_refused(asked) -> None:
    several = RECORD.replace("move: clash}", "move: clash, subject: a}")
    several = several.replace("level: {front: [quiet]}}", "level: {front: [quiet]}, subject: b}")
    with pytest.raises(QueryError, match="follows 2 subjects: a, b"):
        make_forecast(asked, read_text(SCENARIO), parse_record(several))


def test_a_record_of_one_subject_is_its_history(asked, made) -> None:
    one = RECORD.replace("move: clash}", "move: clash, subject: a}")
    one = one.replace("level: {front: [quiet]}}", "level: {front: [quiet]}, subject: a}")
    for scenario in (read_text(SCENARIO), dated("2025-01-01", "{front: clash}")):
        found = make_forecast(asked, scenario, parse_record(one))
        for answer, wanted in zip(found.answers, made.answers, strict=True):
            assert answer.probability == pytest.approx(wanted.probability, abs=1e-11)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("by: 2023-01-01", "by: 9999-12-31", "over a thousand years on"),
        ("on: 2020-06-01", "on: 4020-06-01", "over a thousand years on"),
        ("times: 2", "times: true", "not true or false"),
        ("times: 2", "times: 1/0", "whole number"),
        ("author: 60%", "author: true", "not true or false"),
        ("author: 60%", "author: 1/0%", "Write a number"),
        ("front: quiet}", "front: []}", "nothing is listed"),
    ],
)
def test_a_question_that_means_nothing_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = tmp_path / "questions.yaml"
    assert QUESTIONS.count(old) == 1
    path.write_text(QUESTIONS.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=says) as caught:
        read_questions(path)
    (problem,) = caught.value.problems
    assert problem.mark.line == QUESTIONS[: QUESTIONS.index(old)].count("\n") + 1
    assert problem.fix


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("json", [[], ["--json"]])
@pytest.mark.parametrize("verb", ["forecast", "resolve"])
def test_what_is_entered_is_told_though_the_answer_cannot_be_written(
    tmp_path: Path, made, verb: str, json: list[str]
) -> None:
    """A ledger is only added to: what is in it stays, and a second try is refused as there already."""
    for name, text in (("border", SCENARIO), ("record", RECORD), ("questions", QUESTIONS)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    words = {"forecast": ["questions.yaml", "--ledger", "ledger.jsonl"], "resolve": ["ledger.jsonl"]}[verb]
    if verb == "resolve":
        add_to_ledger(tmp_path / "ledger.jsonl", "forecast", [("sound", made.entry())])
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bystander", verb, *words, *json],
            stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, timeout=200, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    told, ledger = done.stderr.decode(), read_ledger(tmp_path / "ledger.jsonl")
    assert (
        f"Entered in ledger.jsonl: {ledger.entries[-1].identity if verb == 'forecast' else '5 resolutions'}"
        in told
    )
    assert f"head {ledger.head[:16]}" in told
    assert "the output cannot be written" in told


def test_a_question_without_words_is_refused_in_its_line(asked) -> None:
    wanted = replace(asked, questions=(replace(asked.questions[3], levels={"front": ("war",)}),))
    for scenario in (read_text(SCENARIO), dated("2020-06-01", "{front: quiet}")):
        with pytest.raises(QueryError, match="no words for 'quiet'") as refused:
            make_forecast(wanted, scenario, parse_record(RECORD))
        assert refused.value.problems[0].mark.line == 12


def question_of(entry: dict[str, Any], **changed: object) -> dict[str, Any]:
    return {**entry, "questions": [{**entry["questions"][0], **changed}]}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: {},
        lambda entry: {**entry, "questions": "abc"},
        lambda entry: {**entry, "questions": [{"name": "again"}]},
        lambda entry: {**entry, "record": 5},
        lambda entry: {key: value for key, value in entry.items() if key != "hindcast"},
        lambda entry: question_of(entry, probability="x"),
        lambda entry: question_of(entry, probability=2),
        lambda entry: question_of(entry, baselines={"base rate": None}),
        lambda entry: question_of(entry, begin="soon"),
        lambda entry: question_of(entry, of=None),
        lambda entry: question_of(entry, levels=["quiet"]),
    ],
)
def test_whole_lines_that_say_something_else_are_refused(made, tmp_path: Path, spoil) -> None:
    path = tmp_path / "ledger.jsonl"
    add_to_ledger(path, "forecast", [("sound", made.entry())])
    ledger = add_to_ledger(path, "forecast", [("odd", spoil(made.entry()))])
    for ask in (lambda: resolve(ledger, parse_record(RECORD)), lambda: score_ledger(ledger)):
        with pytest.raises(InputError, match="not what a forecast says") as refused:
            ask()
        assert refused.value.problems[0].mark.line == 2


def test_a_decision_says_yes_or_no(made, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    add_to_ledger(path, "forecast", [("sound", made.entry())])
    ledger = add_to_ledger(path, "resolution", [("sound/again", {"happened": "perhaps"})])
    with pytest.raises(InputError, match="not what a resolution says"):
        score_ledger(ledger)


def test_what_would_tell_rivals_apart_goes_through_known_dates(asked) -> None:
    record = parse_record(RECORD.replace("calm:", "strike: [north.strike], calm:"))
    known, _ = known_by(record, "2019-12-31")
    scenario = speaking_on(read_text(WAITING), "2019-12-31")
    shared = SharedDraws(((scenario, known),), None, None, np.zeros((0, 0)), 1, 0)
    weighed = weigh_explanation(shared, "the argument")
    day = replace(asked.questions[0], name="strike", of="strike", end=day_number("2020-01-01") + 182.0)
    found = make_forecast(replace(asked, questions=(day,)), scenario, record)
    assert weighed.ahead["north.strike", 182.0] == pytest.approx(found.answers[0].probability, abs=1e-6)


@pytest.mark.parametrize("here", [False, True])
def test_files_that_questions_name_are_found_beside_them_from_anywhere(here, tmp_path, monkeypatch):
    folder = tmp_path / "asked"
    folder.mkdir()
    for name, text in (("border", SCENARIO), ("record", RECORD), ("questions", QUESTIONS)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    if here:
        (tmp_path / "record.yaml").write_text(RECORD, encoding="utf-8")
    asked = read_questions("asked/questions.yaml")
    assert Path(asked.scenario) == Path("asked/border.yaml")
    assert Path(asked.record) == Path("record.yaml" if here else "asked/record.yaml"), (
        "what is named here is meant"
    )
    assert read_as_of(asked.scenario, asked.as_of).title == "A border"
