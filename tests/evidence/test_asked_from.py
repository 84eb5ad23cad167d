"""A scenario without a record, asked on another day: known dates that have passed have had their effect."""

import pytest

from bystander import solve_case
from bystander.evidence.starting import asked_from
from bystander.game.compile import compile_game
from bystander.scenario import apply_measures, read_text

TEXT = """
bystander: 1
title: Before a vote
as_of: 2022-10-15
horizon: 1 year
calendar:
  vote: {date: 2023-03-19, when: front == war, then: [{chance: p, front: peace}, {chance: rest, front: war}]}
  summit: {date: 2022-12, then: {talks: held}}
  founding: {date: 1991-12-21, then: {front: war}}
variables:
  front: {levels: [peace, war], start: {war: 0.8, peace: 0.2}}
  talks: {levels: [none, held], start: none}
parameters: {p: 30%, pace: {2022-01-01: 6 per year, 2023-01-01: 9 per year}}
actors:
  north:
    acts: weekly
    discount: 10% per year
    interests: {quiet: {when: front == peace and talks == held, worth: 1 per year}}
    actions: {strike: {when: front == peace and before vote, then: {front: war}, habit: once in 2 years}}
  south: {acts: weekly, discount: 10% per year}
institutions:
  body:
    members: {north: {}, south: {until: 2023-01-01}}
    decisions: {stop: {when: front == war, rule: majority, proposed: pace, then: {front: peace}}}
outcomes: {war_then: {at: front == war, within: 10 days}}
measures: {firm: {set: {pace: 20 per year}}}
"""


def shares(scenario, variable):
    game = compile_game(scenario)
    column = game.situations.names.index(variable)
    names = game.situations.level_names[column]
    return {
        name: pytest.approx(float(game.situations.start[game.situations.levels[:, column] == k].sum()))
        for k, name in enumerate(names)
    }


@pytest.mark.parametrize(
    ("day", "war", "held", "passed", "ahead"),
    [
        ("2022-10-15", 0.8, 0.0, "", 2),
        ("2022-11-30", 0.8, 0.0, "The start is that of 2022-10-15; of the days since nothing is known", 2),
        ("2022-12-01", 0.8, 1.0, "summit (2022-12) has passed", 1),
        ("2023-03-18", 0.8, 1.0, "summit (2022-12) has passed", 1),
        ("2023-03-19", 0.56, 1.0, "vote (2023-03-19) and summit (2022-12) have passed", 0),
        ("2023-06-01", 0.56, 1.0, "vote (2023-03-19) and summit (2022-12) have passed", 0),
        ("2022-01-01", 0.8, 0.0, "The start is that of 2022-10-15.", 2),
        ("1991-12-20", 0.8, 0.0, "founding (1991-12-21) is ahead again", 3),
    ],
)
def test_a_known_date_that_has_passed_has_had_its_effect(day, war, held, passed, ahead):
    text = TEXT if day > "1992" else TEXT.replace("2022-01-01: 6", "1990-01-01: 6")
    moved, said = asked_from(read_text(text), day)
    assert said.startswith(passed)
    assert bool(said) is bool(passed)
    assert shares(moved, "front") == {"peace": 1.0 - war, "war": war}
    assert shares(moved, "talks") == {"none": 1.0 - held, "held": held}
    assert shares(moved, "vote")["past" if day >= "2023-03-19" else "ahead"] == pytest.approx(1.0)
    assert len(compile_game(moved).dates) == ahead


@pytest.mark.parametrize("when", ["front == war and talks == held", "talks == held"])
def test_what_is_asked_then_is_what_a_file_of_that_day_answers(when):
    asked, _ = asked_from(
        read_text(TEXT.replace("when: front == war, then: [", f"when: {when}, then: [")), "2023-03-19"
    )
    chance = 0.56 if "front" in when else 0.7
    own = TEXT.replace("as_of: 2022-10-15", "as_of: 2023-03-19").replace("start: none", "start: held")
    own = own.replace("{war: 0.8, peace: 0.2}", f"{{war: {chance}, peace: {1 - chance:g}}}")
    assert asked.institutions["body"].members == ("north",)
    for name in ([], ["firm"]):
        cases = [solve_case(apply_measures(each, name)) for each in (asked, read_text(own))]
        assert cases[0].value("war_then") == pytest.approx(cases[1].value("war_then"), abs=1e-9)


def test_a_date_that_ties_variables_together_leaves_them_tied():
    text = TEXT.replace("[{chance: p, front: peace}, {chance: rest, front: war}]", "{talks: none}")
    moved, _ = asked_from(read_text(text), "2023-03-19")
    game = compile_game(moved)
    held = {tuple(row) for row in game.situations.levels[game.situations.start > 0.0][:, :2].tolist()}
    assert held == {(0, 1), (1, 0)}
    assert asked_from(read_text(text), "2023-03-18")[0].starts == {}
