"""The founding case: magnitudes tied to facts, judgements that come out, and why."""

from math import log

import pytest

from bystander.equilibrium.explain import WhyQuestion, explain_all
from bystander.game.questions import mask
from bystander.scenario import read_scenario
from catalogue.crises import ask, central, solved

BATTLE_EFFECTS = ("tajik_rallies", "tajik_blamed", "kyrgyz_rallies", "kyrgyz_blamed")


def test_it_is_rich_enough_to_be_interesting_and_small_enough_to_answer_at_once() -> None:
    game = solved("ferghana-2022").game
    assert 5_000 <= game.size <= 200_000
    assert {"kyrgyzstan", "tajikistan", "russia", "china", "west"} <= set(game.actors)
    assert {"csto", "sco", "osce"} <= set(game.institutions)


def test_it_asks_the_measures_that_were_asked_for() -> None:
    scenario = read_scenario("crises/ferghana-2022")
    assert len(scenario.measures) >= 12
    assert set(scenario.measures["western_mediation"].intensities) == {"mission", "high_level_visit"}


def test_clashes_are_frequent_and_battles_rarer() -> None:
    case = central("ferghana-2022")
    recorded = case.scenario.facts["clashes_2022"].value
    assert recorded is not None
    assert case.value("clashes") == pytest.approx(recorded.value * 365.25, rel=0.35)
    assert case.value("battles") < case.value("clashes") / 2


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [
        ("kyrgyz_dead", "kyrgyz_toll"),
        ("tajik_dead", "tajik_toll"),
        ("kyrgyz_wounded", "kyrgyz_wounded_count"),
        ("displaced", "kyrgyz_displaced"),
    ],
)
def test_what_a_battle_costs_is_of_the_size_of_what_was_reported(outcome: str, fact: str) -> None:
    case = central("ferghana-2022")
    value = case.scenario.facts[fact].value
    assert value is not None
    assert value.value / 4 < case.value(outcome) < value.value * 4


def test_the_effects_of_a_battle_are_opposite() -> None:
    rises, falls, theirs_rises, theirs_falls = (central("ferghana-2022").value(o) for o in BATTLE_EFFECTS)
    assert rises > falls
    assert theirs_falls > theirs_rises


def test_it_is_civil_society_that_makes_them_opposite() -> None:
    """Exchange the two countries' civil societies, and their leaders exchange their fates."""
    scenario = read_scenario("crises/ferghana-2022")
    kyrgyz, tajik = (str(scenario.parameters[f"{who}_openness"].value) for who in ("kyrgyz", "tajik"))
    exchanged = {"kyrgyz_openness": tajik, "tajik_openness": kyrgyz}
    rises, falls, theirs_rises, theirs_falls = ask("ferghana-2022", *BATTLE_EFFECTS, sets=exchanged)
    assert falls > rises
    assert theirs_rises > theirs_falls


def test_the_same_rule_serves_both_leaders() -> None:
    hazards = read_scenario("crises/ferghana-2022").hazards
    names = [name.removeprefix("tajikistan_") for name in hazards if name.startswith("tajikistan_")]
    assert {"rallies", "is_blamed"} <= set(names)
    assert all(f"kyrgyzstan_{name}" in hazards for name in names)


def test_china_keeps_the_shanghai_organisation_out() -> None:
    found = solved("ferghana-2022")
    weights = mask(found.game, "heavy_fighting and help == none").astype(float)
    members = ("china", "russia", "kazakhstan")
    votes = explain_all(found, [WhyQuestion("sco.mediate", weights, member) for member in members])
    assert all(vote.log_odds < log(0.9 / 0.1) for vote in votes[1:])
    assert min(votes, key=lambda vote: vote.log_odds).voter == "china"


def test_a_mediator_of_rank_is_there_more_often_and_is_obstructed() -> None:
    settled, mediates = ask("ferghana-2022", "settlement", "west_mediates")
    more, there = ask("ferghana-2022", "settlement", "west_mediates", sets={"western_will": "4"})
    assert there > mediates
    assert more > settled
    assert central("ferghana-2022").value("patrons_obstruct") > 0.5
