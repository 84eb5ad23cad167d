"""Motives: what moves a party, and a scenario without some of it."""

import pytest

from bystander.errors import QueryError
from bystander.scenario import Scenario, read_scenario, read_text
from bystander.scenario.expressions import to_text
from bystander.scenario.motives import all_motives, motives_of, without
from reference.base_scenario import BASE

SUMS = """
bystander: 1
title: Sums
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, war], start: quiet}}
parameters: {gain: {value: 2, about: "Glory: it lasts"}, cost: 1, pay: 3 per year}
actors:
  one:
    acts: weekly
    patience: 10% per year
    interests: {calm: {about: Calm, when: front == quiet, worth: pay}}
    actions:
      march:
        {when: front == quiet, then: {front: war}, worth: -(cost - gain * 2) + 1.5, impacts: {two: -gain}}
  two:
    acts: weekly
    patience: 10% per year
    actions:
      leave: {when: front == war, then: {front: quiet}, worth: -cost, impacts: {one: gain / 2}}
institutions:
  club:
    members: [one, two]
    decisions:
      stop:
        {when: front == war, request: front == war, then: {front: quiet}, rule: consensus, proposed: weekly,
         worth: {one: gain - cost, two: -cost}}
"""


@pytest.fixture(scope="module")
def sums() -> Scenario:
    return read_text(SUMS.replace("weekly", "every 1 week"), "sums.yaml")


def worths(scenario: Scenario) -> tuple[str, ...]:
    one, two, club = scenario.actors["one"], scenario.actors["two"], scenario.institutions["club"]
    march, leave, stop = one.actions["march"], two.actions["leave"], club.decisions["stop"]
    found = (march.worth, march.impacts["two"], leave.worth, leave.impacts["one"], *stop.worth.values())
    return tuple(to_text(expr) for expr in found)


def test_terms_on_one_parameter_are_one_motive_wherever_they_stand(sums: Scenario) -> None:
    found = {motive.name: motive.kind for motive in motives_of(sums, "one")}
    weights = ("one.cost", "one.gain", "one.march")
    assert found == {"one.calm": "interest"} | dict.fromkeys(weights, "weight")
    assert {m.name for m in motives_of(sums, "two")} == {"two.gain", "two.cost"}
    assert [m.name for m in motives_of(sums, "club")] == [
        "club.gain",
        "club.cost",
        "club.request",
        "one.calm",
    ]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (("one.gain",), ("-cost + 1.5", "-gain", "-cost", "0", "-cost", "-cost")),
        (("one.cost",), ("gain * 2 + 1.5", "-gain", "-cost", "gain / 2", "gain", "-cost")),
        (("one.march",), ("-cost + gain * 2", "-gain", "-cost", "gain / 2", "gain - cost", "-cost")),
        (("two.gain", "two.cost"), ("-(cost - gain * 2) + 1.5", "0", "0", "gain / 2", "gain - cost", "0")),
        (("club.cost",), ("-(cost - gain * 2) + 1.5", "-gain", "-cost", "gain / 2", "gain", "0")),
    ],
)
def test_taking_a_motive_away_leaves_the_others_as_written(
    sums: Scenario, gone: tuple[str, ...], left: tuple[str, ...]
) -> None:
    assert worths(without(sums, gone)) == left


def test_an_interest_and_a_request_are_motives_too(sums: Scenario) -> None:
    changed = without(sums, ["one.calm", "club.request"])
    assert to_text(changed.actors["one"].interests["calm"].worth) == "never"
    assert changed.institutions["club"].decisions["stop"].request is None
    assert without(sums, []) is sums


def test_everything_that_moves_a_body_is_what_moves_its_members(sums: Scenario) -> None:
    every = all_motives(sums, "club")
    assert "club.request" not in every
    assert set(worths(without(sums, every))) == {"0"}


@pytest.mark.parametrize("name", ["nobody.gain", "one.glory", "one"])
def test_an_unknown_motive_is_refused_by_name(sums: Scenario, name: str) -> None:
    with pytest.raises(QueryError, match=name.partition(".")[0]):
        without(sums, [name])


def test_a_question_may_be_written_as_one() -> None:
    text = BASE + "asks: {why: 'Why does east not attack, council.step_in or send_flowers?'}\n"
    ask = read_text(text, "scenario.yaml").asks["why"]
    assert (ask.party, ask.full_moves) == ("east", ("east.attack", "council.step_in", "east.send_flowers"))
    assert read_scenario("templates/border").asks["patron"].party == "patron"
