"""A scenario on another day has what is in force that day, and keeps what was set."""

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import apply_measures, read_text, vary
from bystander.scenario.read import over_by, speaking_on

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


ASKED = """
bystander: 1
title: Until a date
as_of: 2022-06-01
sources: {pact: {title: The pact}}
clauses: {help: {says: Help, source: pact, reading: "yes"}}
horizon: 1 year
variables: {front: {levels: [quiet, war], start: quiet}}
actors:
  east:
    acts: weekly
    discount: 50% per year
    actions: {attack: {when: front == quiet, then: {front: war}}}
outcomes:
  war: {ever: front == war}
  by_july: {ever: front == war, within: until 2022-07-01}
asks:
  why: {party: east, moves: [attack], matters: [war, by_july]}
  soon: {party: east, moves: [attack], within: until 2022-08-01}
judgements:
  of_war: {says: War, holds: P(war) > 10%}
  of_july: {says: Soon, holds: P(war) > 10% and P(by_july) > 1%}
  dated: {says: By September, holds: P(war) > 1%, within: until 2022-09-01}
"""


@pytest.mark.parametrize(
    ("day", "outcomes", "asks", "judgements", "over"),
    [
        ("2022-06-30", ["war", "by_july"], ["why", "soon"], ["of_war", "of_july", "dated"], []),
        ("2022-07-01", ["war"], ["why", "soon"], ["of_war", "dated"], ["by_july", "of_july"]),
        ("2022-08-15", ["war"], ["why"], ["of_war", "dated"], ["by_july", "soon", "of_july"]),
        ("2022-09-01", ["war"], ["why"], ["of_war"], ["by_july", "soon", "dated", "of_july"]),
    ],
)
def test_what_is_asked_until_a_date_that_is_over_is_left_out_and_told(day, outcomes, asks, judgements, over):
    scenario = read_text(ASKED)
    moved = speaking_on(scenario, day)
    assert (list(moved.outcomes), list(moved.asks), list(moved.judgements)) == (outcomes, asks, judgements)
    assert moved.asks["why"].matters == tuple(outcomes)
    told = over_by(scenario, day)
    assert [problem.message.split("'")[1] for problem in told] == over
    assert all(problem.severity == "warning" and f"is over on {day}" in problem.message for problem in told)


def test_where_all_that_is_asked_is_over_that_is_refused():
    scenario = read_text(ASKED.replace("  war: {ever: front == war}\n", "").split("asks:")[0])
    with pytest.raises(ScenarioError, match="'until 2022-07-01' is over on 2022-07-02"):
        speaking_on(scenario, "2022-07-02")
