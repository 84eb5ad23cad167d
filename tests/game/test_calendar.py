"""Known dates: what conditions see of them, which situations they lead to, how far away they are."""

import numpy as np
import pytest

from bystander.errors import ScenarioError
from bystander.game.compile import compile_game
from bystander.scenario import read_text, write_scenario

TEXT = """
bystander: 1
title: Before a vote
as_of: 2022-10-15
horizon: until 2023-10-15
calendar:
  vote:
    date: 2023-03-19
    when: front == war
    then: [{chance: p, front: peace}, {chance: rest, front: war}]
    impacts: {north: 2}
  summit: {date: 2022-12, then: {front: peace}}
  founding: {date: 1991-12-21}
variables: {front: {levels: [peace, war, truce], start: war}}
parameters: {p: 30%}
actors:
  north:
    acts: weekly
    discount: 10% per year
    interests: {quiet: {when: front == peace, worth: 1 per year}}
    actions:
      strike: {when: front == peace and before vote and after founding, then: {front: war}}
outcomes: {war_then: {at: front == war, within: until 2023-01-15}}
"""


def test_dates_are_days_from_the_start_and_what_is_past_has_happened() -> None:
    scenario = read_text(TEXT)
    assert scenario.horizon == 365
    assert scenario.outcomes["war_then"].within == 92
    assert scenario.variables["vote"].start == {"ahead": 1.0}
    assert scenario.variables["founding"].start == {"past": 1.0}
    assert "summit" not in scenario.variables
    assert read_text(write_scenario(scenario)) == scenario
    assert [(d.name, d.day) for d in compile_game(scenario).dates] == [
        ("calendar.summit", 47),
        ("calendar.vote", 155),
    ]


def test_a_jump_is_the_effect_where_it_applies_and_only_time_passing_elsewhere() -> None:
    game = compile_game(read_text(TEXT))
    names = game.situations.names
    places = {tuple(row): s for s, row in enumerate(game.situations.levels.tolist())}
    assert names == ("front", "vote", "founding")
    summit, vote = game.dates
    war, peace = places[1, 0, 1], places[0, 0, 1]
    assert summit.targets[war].tolist() == [peace]
    led = dict(zip(vote.targets[war].tolist(), vote.chances[war].tolist(), strict=True))
    assert led[places[0, 1, 1]] == pytest.approx(0.3)
    assert led[places[1, 1, 1]] == pytest.approx(0.7)
    assert vote.impact[war].tolist() == [2.0]
    assert vote.impact[peace].tolist() == [0.0]
    where = vote.targets[peace][vote.chances[peace] > 0]
    assert set(where.tolist()) == {places[0, 1, 1]}
    for jump in game.dates:
        np.testing.assert_allclose(jump.chances.sum(axis=1), 1.0)


def test_dates_that_are_spoken_of_come_in_their_order() -> None:
    dates = "".join(f"  d{k}: {{date: 2023-01-{k + 1:02}}}\n" for k in range(20))
    seen = " and ".join(f"before d{k}" for k in range(20))
    text = TEXT.replace("calendar:\n", f"calendar:\n{dates}").replace("before vote", seen)
    assert len(compile_game(read_text(text)).situations.codes) <= 2 * 21 * 3


def test_a_parameter_moves_the_jump() -> None:
    from bystander.game.compile import with_parameters

    game = with_parameters(compile_game(read_text(TEXT)), {"p": 0.8})
    assert game.dates[1].chances.max(where=game.dates[1].chances < 1, initial=0) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("2023-03-19", "2023-02-30", "impossible-date"),
        ("front: peace}, {", "front: pease}, {", "unknown-level"),
        ("impacts: {north", "impacts: {south", "unknown-actor"),
        ("until 2023-10-15", "until 2022-10-15", "wrong-unit"),
        ("until 2023-10-15", "until autumn", "impossible-date"),
        ("{front: {levels", "{vote: {levels: [a, b], start: a}, front: {levels", "unknown-level"),
        ("before vote", "before voting", "unknown-name"),
    ],
)
def test_what_cannot_be_on_the_calendar_is_refused_where_it_stands(old, new, check) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_text(TEXT.replace(old, new, 1))
    assert check in {problem.check for problem in caught.value.problems}, str(caught.value)
    assert all(problem.mark.line for problem in caught.value.problems)
