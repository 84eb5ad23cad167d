"""Motives: what moves a party, and a scenario without some of it."""

import numpy as np
import pytest

from bystander.equilibrium.decompose import all_terms_of
from bystander.equilibrium.response import responder
from bystander.errors import QueryError, ScenarioError
from bystander.game.compile import compile_game, with_parameters
from bystander.scenario import Scenario, read_scenario, read_text, vary
from bystander.scenario.expressions import to_text
from bystander.scenario.motives import all_motives, motives_of, without
from bystander.scenario.writing import write_scenario
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


@pytest.mark.parametrize(
    ("worth", "about"),
    [
        ("-2", "What it takes to march"),
        ("1.5", "What it brings by itself to march"),
        ("-(2)", "What it takes to march"),
        ("-2 if front == quiet else 0", "What it takes to march"),
        ("3 * (1 if front == quiet else 0)", "What it brings by itself to march"),
        ("0 - 3", "What it takes to march"),
    ],
)
def test_a_worth_without_a_name_is_called_by_its_sign(worth: str, about: str) -> None:
    written = SUMS.replace("weekly", "every 1 week").replace("-(cost - gain * 2) + 1.5", worth)
    found = {motive.name: motive.about for motive in motives_of(read_text(written), "one")}
    assert found["one.march"] == about


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


FACTS = ("clause", "strength", "ties", "war", "loyal", "near", "family", "coup", "alone", "modest", "kin")


def answering(**facts: str) -> Scenario:
    holes = {**dict.fromkeys((*FACTS, "precedent", "others"), "0"), **facts}
    filled = ", ".join(f'{hole}: "{value}"' for hole, value in holes.items())
    return read_text(
        f"""
bystander: 1
title: A call
as_of: 2022-10-15
horizon: 1 year
use: [mechanisms/answering: {{body: treaty, leader: patron, post: help, live: "true", {filled}}}]
variables: {{help: {{start: asked}}}}
parameters: {{lean: -1}}
actors: {{patron: {{acts: never, discount: 50% per year}}}}
institutions: {{treaty: {{members: [patron]}}}}
""",
        "call.yaml",
    )


@pytest.mark.parametrize(
    ("fact", "above", "below"),
    [
        ("clause", "A step that a treaty text covers", "A step that no treaty text covers"),
        ("strength", "A stronger opponent", "A weaker opponent"),
        ("loyal", "The loyalty of the government in trouble", "A government in trouble that is not loyal"),
        ("kin", "", "A regime unlike its own in danger"),
        *((fact, "", "") for fact in ("ties", "war", "near", "family", "coup", "alone", "modest", "others")),
    ],
)
@pytest.mark.parametrize("party", ["patron", "treaty"])
def test_a_weight_is_called_by_the_sign_of_its_fact(party: str, fact: str, above: str, below: str) -> None:
    plain = answering().parameters[f"{fact}_weight"].about
    for value, said in (("1", above), ("0 - 1", below), ("lean", below), ("-lean / 2", above), ("0", "")):
        scenario = answering(**{fact: value})
        found = {m.name: m.about for m in motives_of(scenario, party, "treaty.send_troops")}
        assert found[f"{party}.{fact}_weight"] == (said or plain), value


@pytest.mark.parametrize(
    ("armed", "asked", "said"),
    [
        ("1", "treaty.send_troops", "A step that a treaty text covers"),
        ("1", "treaty.mediate", "A step that no treaty text covers"),
        ("1", "", "What the treaty text covers: per step from no to ambiguous to yes"),
        ("-1", "", "A step that no treaty text covers"),
        ("0", "treaty.send_troops", "A step that no treaty text covers"),
        (
            "1 if help == asked else -1",
            "treaty.send_troops",
            "What the treaty text covers: per step from no to",
        ),
        ("1 if help == asked else 0", "treaty.send_troops", "A step that a treaty text covers"),
    ],
)
def test_the_move_asked_about_decides_where_moves_differ(armed: str, asked: str, said: str) -> None:
    found = motives_of(answering(clause="-1", armed=armed), "patron", asked)
    assert next(m for m in found if m.name == "patron.clause_weight").about.startswith(said)


@pytest.mark.parametrize("term", ["w * f", "-w * f", "-2 * max(0, w) * f", "3 - w / 2 * f", "-(w * f - 1)"])
@pytest.mark.parametrize("weight", ["2", "-2"])
@pytest.mark.parametrize(("fact", "said"), [("3", "Up"), ("-3", "Down"), ("0", "Either")])
def test_neither_the_weight_nor_the_minus_before_it_turns_the_words(
    term: str, weight: str, fact: str, said: str
) -> None:
    words = f"{{value: {weight}, about: Either, as_reason: {{above: Up, below: Down}}}}"
    text = SUMS.replace("weekly", "every 1 week").replace("-(cost - gain * 2) + 1.5", f'"{term}"')
    scenario = read_text(text.replace("cost: 1,", f"cost: 1, f: {fact}, w: {words},"), "s.yaml")
    about = next(m for m in motives_of(scenario, "one") if m.name == "one.w").about
    dead = "max" in term and weight == "-2"
    assert about == ("Either" if dead else said)


@pytest.mark.parametrize(
    ("pay", "said"), [("3 per year", "Gain"), ("-3 per year", "Loss"), ("0 per year", "It")]
)
def test_an_interest_is_called_by_the_sign_of_its_worth_as_a_reason_and_as_a_term(
    pay: str, said: str
) -> None:
    text = SUMS.replace("weekly", "every 1 week").replace("pay: 3 per year", f"pay: {pay}")
    words = "about: It, as_reason: {above: Gain, below: Loss}"
    scenario = read_text(text.replace("about: Calm", words), "s.yaml")
    assert motives_of(scenario, "one")[0].about == said
    for read, shown in ((scenario, said), (vary(scenario, sets={"pay": "-1 per year"}), "Loss")):
        game = compile_game(read)
        terms, _ = all_terms_of(responder(game)(np.zeros((game.size, 2)), 1.0), 0)
        assert terms[0].about == shown
    moved = with_parameters(compile_game(scenario), {"pay": -0.01})
    assert all_terms_of(responder(moved)(np.zeros((moved.size, 2)), 1.0), 0)[0][0].about == "Loss"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{}", "'as_reason' has words for neither sign"),
        ('{above: " "}', "'as_reason' has words for neither sign"),
        ("{up: Loyal}", "'up' is not a key of"),
        ("Loyal", "as_reason"),
        ("{above: [Loyal]}", "above"),
    ],
)
def test_words_for_signs_are_checked_at_the_door(words: str, message: str) -> None:
    text = SUMS.replace("weekly", "every 1 week").replace(
        "cost: 1,", f"cost: {{value: 1, as_reason: {words}}},"
    )
    with pytest.raises(ScenarioError, match=message) as refused:
        read_text(text, "s.yaml")
    assert refused.value.problems[0].mark.line == 7


def test_words_for_signs_are_written_back() -> None:
    scenario = answering(loyal="1")
    again = read_text(write_scenario(scenario), "again.yaml")
    words = again.parameters["loyal_weight"].as_reason
    assert words is not None
    assert words == scenario.parameters["loyal_weight"].as_reason
