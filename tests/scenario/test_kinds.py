"""A file put where one of another kind is meant is told once what it is, whichever verb reads it."""

import pytest

from bystander.errors import ScenarioError
from bystander.evidence.reading import read_record
from bystander.forecast.questions import read_questions
from bystander.scenario import read_scenario, read_text

FILES = {
    "a scenario": "bystander: 1\ntitle: A border\nrecord: seen.yaml\nhorizon: 1 year\n",
    "a record": "record: 1\ntitle: Seen\nfrom: 2022-01-00\nclasses: {}\nobservations: {}\n",
    "a file of questions": "forecast: 1\ntitle: Asked\nscenario: s.yaml\nrecord: r.yaml\nas_of: 2022-01-01\n",
}
READERS = {
    "a scenario": read_scenario,
    "a record": read_record,
    "a file of questions": read_questions,
}


def problems_of(read, path):
    with pytest.raises(ScenarioError) as caught:
        read(str(path))
    return caught.value.problems


@pytest.mark.parametrize("meant", READERS)
@pytest.mark.parametrize("given", FILES)
def test_a_file_of_another_kind_is_told_as_what_it_is(given, meant, tmp_path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(FILES[given], encoding="utf-8")
    found = {problem.message: problem.fix for problem in problems_of(READERS[meant], path)}
    if given == meant:
        assert not any(message.startswith("This file is") for message in found)
    else:
        assert list(found) == [f"This file is {given}, not {meant}."]
        assert "'bystander " in found[f"This file is {given}, not {meant}."]


@pytest.mark.parametrize(
    ("key", "fix"),
    [("use: [mechanisms/asking]", "What may stand here: "), ("questoins: {}", "Did you mean 'questions'?")],
)
def test_what_is_wrong_with_questions_is_said_of_the_questions(key, fix, tmp_path) -> None:
    path = tmp_path / "asked.yaml"
    path.write_text(f"forecast: 1\ntitle: Asked\nscenario: s.yaml\n{key}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_questions(path)
    problems = {problem.message: problem.fix for problem in caught.value.problems}
    name = key.partition(":")[0]
    assert problems[f"'{name}' is not a key of the file of questions."].startswith(fix)
    assert "The file of questions has no 'record'." in problems
    assert not any("the scenario" in message.lower() for message in problems)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("{about: The north calls, ever: a == on}", "The north calls"),
        ("{about: The north calls, ever: a == on, within: 30 days}", "The north calls within 30 days"),
        ("{about: The north calls, ever: a == on, within: 90 days}", "The north calls within 90 days"),
        ("{about: The north calls, at: a == on, within: 2 weeks}", "The north calls, after 2 weeks"),
        (
            "{about: Days of calls, accumulates: {a == on: 1 day per day}, within: 10 days}",
            "Days of calls within 10 days",
        ),
        (
            "{about: The north calls within a month, ever: a == on, within: 30 days}",
            "The north calls within a month",
        ),
        (
            "{about: Calls in the month after it begins, ever: a == on, within: 30 days}",
            "Calls in the month after it begins",
        ),
        (
            "{about: It goes on three days after it began, at: a == on, within: 3 days}",
            "It goes on three days after it began",
        ),
        ("{ever: a == on, within: 3 days}", ""),
    ],
)
def test_a_time_of_its_own_is_told_with_what_is_asked(asked: str, told: str) -> None:
    text = f"""
bystander: 1
title: Calls
as_of: 2024-01-01
horizon: 1 year
variables: {{a: {{levels: ["off", "on"], start: "off"}}}}
hazards: {{rings: {{when: a == off, rate: 1 per year, then: {{a: "on"}}}}}}
outcomes: {{call: {asked}}}
"""
    assert read_text(text).outcomes["call"].told == told
