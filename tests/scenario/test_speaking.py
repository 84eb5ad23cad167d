"""A scenario on another day has what is in force that day, and keeps what was set."""

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import apply_measures, read_text, vary
from bystander.scenario.speaking import speaking_on

DATED = """
bystander: 1
title: On another day
as_of: 2022-06-01
horizon: until 2023-06-01
sources: {pact: {title: The pact}}
clauses:
  help:
    {says: Help, source: pact, from: 2022-07-01, reading: {"yes": front == war, ambiguous: front == quiet}}
variables:
  front: {levels: [quiet, war], start: {2022-01-01: quiet, 2022-09-01: war}}
parameters:
  pace:
    value: {2022-01-01: 2 per year, 2022-09-01: 5 per year}
    about: {2022-01-01: Before, 2022-09-01: After}
  other: {value: 3 per year}
actors:
  east:
    acts: {2022-01-01: weekly, 2022-09-01: daily}
    discount: 50% per year
    actions:
      attack: {when: front == quiet, then: {front: war}, habit: once a year, worth: 2 * clause.help}
      wait: {when: front == quiet, then: {front: quiet}, habit: once a year}
  west: {acts: weekly, discount: 50% per year}
institutions:
  body:
    members: {east: {}, west: {until: 2022-09-01}}
    decisions: {act: {when: front == war, then: {front: quiet}, rule: majority, proposed: weekly}}
hazards: {flare: {when: front == quiet, rate: pace + other, then: {front: war}}}
outcomes: {war: {ever: front == war}}
measures: {faster: {set: {pace: 9 per year}}}
"""


def told(scenario):
    pace = scenario.parameters["pace"]
    return (
        str(pace.value),
        pace.about,
        scenario.institutions["body"].members,
        scenario.variables["front"].start,
        scenario.actors["east"].actions["attack"].worth,
        scenario.horizon.day,
    )


@pytest.mark.parametrize("day", ["2022-02-01", "2022-06-01", "2022-08-01", "2022-09-01", "2023-01-01"])
def test_what_is_in_force_on_the_day_is_what_a_file_of_that_day_says(day):
    moved = speaking_on(read_text(DATED), day)
    alone = read_text(DATED.replace("as_of: 2022-06-01", f"as_of: {day}"))
    assert told(moved) == told(alone)
    assert moved == alone
    assert speaking_on(moved, "2022-06-01") == read_text(DATED)


def test_what_was_set_stays_as_it_was_set():
    scenario = vary(
        read_text(DATED), sets={"other": "7 per year"}, disable=["east.wait"], start={"front": "quiet"}
    )
    moved = speaking_on(apply_measures(scenario, "faster"), "2022-10-01")
    assert str(moved.parameters["pace"].value) == "9 per year"
    assert moved.parameters["pace"].about == "After"
    assert str(moved.parameters["other"].value) == "7 per year"
    assert not moved.actors["east"].actions["wait"].enabled
    assert (
        moved.actors["east"].acts
        == read_text(DATED.replace("2022-06-01\n", "2022-10-01\n")).actors["east"].acts
    )
    assert moved.institutions["body"].members == ("east",)


def test_a_day_before_the_first_value_is_refused():
    with pytest.raises(ScenarioError, match="othing is given here for 2021-12-31"):
        speaking_on(read_text(DATED), "2021-12-31")
