"""Effects that depend on the situation, waits in stages, moves that happen once, joint starts."""

import math

import pytest

from bystander import solve_case
from bystander.errors import ScenarioError
from bystander.game.compile import compile_game, with_parameters
from bystander.scenario import find_problems, read_text, vary, write_scenario

HEAD = "bystander: 1\ntitle: t\nas_of: 2022-10-15\nhorizon: 30 days\n"
FUNDS = (
    HEAD
    + """
variables:
  funds: {levels: 0 to 4, start: 2}
  rain: {levels: [dry, wet], start: dry}
  front: {levels: [quiet, clash, battle], start: quiet}
parameters: {need: 2}
hazards:
  spend: {when: funds >= need, rate: 2 per day, then: {funds: funds - 3}}
  earn: {rate: 1 per day, then: {funds: funds + 1 if rain == dry else 4}}
  flare:
    when: front == quiet
    rate: weekly
    then: [{chance: 1/3, front: clash if rain == wet else battle}, {chance: rest, rain: wet}]
"""
)


def leads(game, move: str, **levels: str) -> set[tuple[str, ...]]:
    names = game.situations.names
    rows = [
        tuple(game.situations.level_names[f][k] for f, k in enumerate(row))
        for row in game.situations.levels.tolist()
    ]
    (place,) = (
        s for s, row in enumerate(rows) if all(row[names.index(n)] == level for n, level in levels.items())
    )
    structure = game.structure
    entry = structure.target_start[place]
    for option in range(structure.option_start[place], structure.option_start[place + 1]):
        j = structure.kind_move[structure.option_kind[option]]
        if game.moves[j].name == move:
            return {rows[t] for t in structure.targets[entry : entry + structure.move_branches[j]].tolist()}
        entry += structure.move_branches[j]
    return set()


def test_effects_reckon_with_numbers_and_choose_by_the_situation() -> None:
    scenario = read_text(FUNDS)
    assert read_text(write_scenario(scenario)) == scenario
    game = compile_game(scenario)
    assert leads(game, "nature.spend", funds="4", rain="dry", front="quiet") == {("1", "dry", "quiet")}
    assert leads(game, "nature.spend", funds="2", rain="dry", front="quiet") == {("0", "dry", "quiet")}
    assert leads(game, "nature.spend", funds="1", rain="dry", front="quiet") == set()
    assert leads(game, "nature.earn", funds="4", rain="dry", front="quiet") == {("4", "dry", "quiet")}
    assert leads(game, "nature.earn", funds="1", rain="wet", front="quiet") == {("4", "wet", "quiet")}
    assert leads(game, "nature.flare", funds="2", rain="dry", front="quiet") == {
        ("2", "dry", "battle"),
        ("2", "wet", "quiet"),
    }
    assert leads(game, "nature.flare", funds="2", rain="wet", front="quiet") == {
        ("2", "wet", "clash"),
        ("2", "wet", "quiet"),
    }
    fewer = with_parameters(game, {"need": 3.5})
    assert leads(fewer, "nature.spend", funds="2", rain="dry", front="quiet") == set()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("funds - 3", "funds - 0.5", "no level of it"),
        ("funds - 3", "funds - front", "compared with a level"),
        ("clash if rain == wet else battle", "clash if rain == wet else 7", "one of its levels"),
        ("clash if rain == wet else battle", "front + 1", "one of its levels"),
        ("levels: 0 to 4", "levels: 0 to four", "list of names"),
    ],
)
def test_what_leads_nowhere_is_refused_where_it_stands(old: str, new: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as caught:
        compile_game(read_text(FUNDS.replace(old, new)))
    assert caught.value.problems[0].mark.line


def probability(text: str) -> float:
    (answer,) = solve_case(read_text(text)).outcomes.values()
    return answer.estimate.value


def erlang(stages: int, mean: float, by: float) -> float:
    x = stages * by / mean
    return 1 - math.exp(-x) * sum(x**k / math.factorial(k) for k in range(stages))


WAIT = (
    HEAD
    + """
variables: {truce: {levels: [holds, over], start: holds}}
hazards: {end: {when: truce == holds, takes: 3 weeks, then: {truce: over}}}
outcomes: {ended: {ever: truce == over}}
"""
)


def test_a_wait_has_the_distribution_that_it_says() -> None:
    for takes, stages in (("3 weeks", 4), ("3 weeks in 1 stage", 1), ("21 days in 9 stages", 9)):
        text = WAIT.replace("takes: 3 weeks", f"takes: {takes}")
        assert probability(text) == pytest.approx(erlang(stages, 21, 30), abs=1e-9)
        scenario = read_text(text)
        assert read_text(write_scenario(scenario)) == scenario
    told = [p for p in find_problems(read_text(WAIT)) if p.check == "stages"]
    assert "in 4 stages" in told[0].message


def test_a_wait_begins_anew_when_its_condition_fails() -> None:
    text = WAIT.replace("levels: [holds, over]", "levels: [holds, broken, over]").replace(
        "hazards: {", "hazards: {shot: {when: truce == holds, rate: weekly, then: {truce: broken}}, "
    )
    game = compile_game(read_text(text))
    wait = game.situations.names.index("nature_end_wait")
    truce = game.situations.names.index("truce")
    levels = game.situations.levels
    assert set(levels[levels[:, truce] > 0, wait].tolist()) == {0}
    assert set(levels[:, wait].tolist()) == {0, 1, 2, 3}


def test_what_is_begun_takes_its_time_and_happens_once() -> None:
    text = (
        HEAD
        + """
variables: {front: {levels: [quiet, war], start: quiet}}
hazards:
  march: {when: front == quiet, rate: 1000 per day, takes: 10 days in 2 stages, then: {front: war}}
""".replace("rate: 1000 per day, ", "")
        + "outcomes: {war: {ever: front == war}}\n"
    )
    assert probability(text) == pytest.approx(erlang(2, 10, 30), abs=1e-9)
    once = (
        HEAD
        + """
variables: {n: {levels: 0 to 5, start: 0}}
hazards: {step: {rate: 1 per day, once: true, then: {n: n + 1}}}
outcomes: {twice: {ever: n == 2}}
"""
    )
    game = compile_game(read_text(once))
    assert game.size == 2
    action = (
        HEAD
        + """
variables: {front: {levels: [quiet, war], start: quiet}}
actors:
  north:
    acts: daily
    discount: 10% per year
    actions:
      march: {when: front == quiet, takes: 1 week, then: {front: war}, worth: -1, impacts: {north: 3}}
"""
    )
    scenario = read_text(action)
    assert set(scenario.hazards) == {"north_march_goes_on", "north_march_takes_effect"}
    assert "north" in scenario.hazards["north_march_takes_effect"].impacts
    assert compile_game(scenario).size == 6


def test_several_variables_start_together() -> None:
    text = (
        HEAD
        + """
variables:
  front: {levels: [quiet, war], start: quiet}
  ally: {levels: [idle, sent, home], start: {idle: 1/4, home: 3/4}}
starts:
  news: [{chance: p, front: war, ally: sent}, {chance: rest, front: quiet}]
parameters: {p: 20%}
hazards: {on: {when: ally == sent, rate: weekly, then: {front: war}}}
"""
    )
    scenario = read_text(text)
    game = compile_game(scenario)
    found = {
        tuple(row): w for row, w in zip(game.situations.levels.tolist(), game.situations.start, strict=True)
    }
    assert found == pytest.approx({(0, 0): 0.2, (0, 2): 0.6, (1, 1): 0.2})
    assert with_parameters(game, {"p": 0.5}).situations.start.tolist() == pytest.approx([0.125, 0.375, 0.5])
    varied = compile_game(vary(scenario, start={"front": "war"}))
    assert set(varied.situations.levels[varied.situations.start > 0][:, 0].tolist()) == {1}
    with pytest.raises(ScenarioError, match=r"add up to 1\.1, not 1"):
        compile_game(read_text(text.replace("chance: rest", "chance: 90%")))
