"""Habit: closed forms, the law of the null, and habits read from files."""

import copy
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.scenario import null, read_text, write_scenario
from reference import oracle
from reference.scenarios import read, scenarios

ONE = """\
bystander: 1
title: One act
as_of: 2022-10-15
horizon: 1 year
settings: {{shocks: control}}
variables: {{x: {{levels: [a], start: a}}}}
parameters: {{h: 0.2}}
actors:
  one:
    acts: every 2 weeks
    discount: 50% per year
    rationality: {rationality}
    actions: {{act: {{then: {{}}, worth: {worth}, habit: {habit}}}, idle: {{then: {{}}, habit: {other}}}}}
"""


def one_act(worth=0.0, habit="h", other="10%", rationality=1.0):
    """Solve one actor that may act for an instant's worth, and nothing else ever happens."""
    text = ONE.format(worth=worth, habit=habit, other=other, rationality=rationality)
    return solve(compile_game(read_text(text)), tolerance=1e-13).require_converged()


@pytest.mark.parametrize("rationality", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("worth", [-30.0, -1.0, 0.0, 2.5])
def test_one_act_has_a_closed_form(worth, rationality):
    """P = h e^bw / (1 - h + h e^bw), and opportunities are worth log(1 - h + h e^bw) / b each."""
    found = one_act(worth, rationality=rationality)
    total = 0.8 + 0.2 * math.exp(rationality * worth)
    assert found.choice[0] == pytest.approx(0.2 * math.exp(rationality * worth) / total, rel=1e-12)
    pace, discount = 1 / 14, 0.5 / 365.25
    assert found.values[0, 0] == pytest.approx(pace * math.log(total) / rationality / discount, rel=1e-9)


def test_without_reasons_options_are_worth_nothing_and_precision_does_not_matter():
    for rationality in (0.0, 1.0, 100.0):
        found = one_act(rationality=rationality)
        assert found.choice.tolist() == pytest.approx([0.2, 0.1], rel=1e-14)
        assert np.abs(found.values).max() < 1e-12
    assert one_act(5.0, rationality=0.0).choice.tolist() == pytest.approx([0.2, 0.1], rel=1e-14)


@pytest.mark.parametrize(
    ("habit", "chance"),
    [("once in 10 years", 14 / 3652.5), ("2 per year", 28 / 365.25), ("5%", 0.05), ("h / 4", 0.05)],
)
def test_a_habit_is_a_rate_or_a_chance(habit, chance):
    assert one_act(habit=habit).choice[0] == pytest.approx(chance, rel=1e-14)


def test_a_rate_is_a_rate_whatever_the_pace():
    game = one_act(habit="once in 10 years").game
    often = compile_game(
        read_text(
            ONE.format(worth=0, habit="once in 10 years", other="h", rationality=1).replace(
                "every 2 weeks", "every 3 days"
            )
        )
    )
    assert solve(often).option_rate[0] == pytest.approx(solve(game).option_rate[0], rel=1e-14)


def test_unstated_habits_share_with_waiting_what_is_left():
    text = ONE.format(worth=0, habit="40%", other="h", rationality=1)
    assert solve(compile_game(read_text(text.replace(", habit: h", "")))).choice.tolist() == pytest.approx(
        [0.4, 0.3]
    )
    neither = text.replace(", habit: h", "").replace(", habit: 40%", "")
    assert solve(compile_game(read_text(neither))).choice.tolist() == pytest.approx([1 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("act", "vote", "stated", "convention"),
    [
        ("", "", "", "private"),
        (", habit: 1%", "", "", "control"),
        ("", ", habit: {all: 30%}", "", "control"),
        ("", "", "settings: {{shocks: control}}", "control"),
        (", habit: 1%", "", "settings: {{shocks: noise}}", "noise"),
        (", enabled: false, habit: 1%", "", "", "control"),
    ],
)
def test_a_scenario_without_any_habit_has_nothing_to_depart_from(act, vote, stated, convention):
    text = ONE.replace("settings: {{shocks: control}}\n", stated and stated + "\n").replace(
        ", habit: {habit}", act
    )
    text = text.replace(", habit: {other}", "").format(worth=-35, rationality=1)
    council = "institutions: {council: {members: [one], decisions: {agree: {rule: consensus, "
    scenario = read_text(text + council + f"proposed: every 1 day, then: {{}}{vote}}}}}}}}}\n")
    assert scenario.shocks == compile_game(scenario).shocks == convention
    assert read_text(write_scenario(scenario)) == scenario
    assert null(scenario).shocks == convention


def test_a_frozen_conflict_without_habits_stays_frozen():
    """P(attack) = e^-35 to within e^-70: refusing it costs nothing."""
    text = ONE.replace("settings: {{shocks: control}}\n", "").replace(
        ", idle: {{then: {{}}, habit: {other}}}", ""
    )
    found = solve(
        compile_game(read_text(text.replace(", habit: {habit}", "").format(worth=-35, rationality=1)))
    )
    assert found.choice[0] == pytest.approx(math.exp(-35), rel=1e-9)


def test_a_vote_has_a_closed_form():
    """y = h e^x / (1 - h + h e^x); the vote of one who decides alone is worth log(1 - h + h e^x) to it."""
    text = (
        ONE.format(worth=0, habit="1%", other="1%", rationality=1)
        + """\
institutions:
  council:
    members: [one]
    decisions:
      agree: {rule: consensus, proposed: every 1 day, then: {}, worth: {one: 1.5}, habit: {all: 30%}}
"""
    )
    found = solve(compile_game(read_text(text)), tolerance=1e-13).require_converged()
    total = 0.7 + 0.3 * math.exp(1.5)
    assert found.choice[0] == pytest.approx(0.3 * math.exp(1.5) / total, rel=1e-12)
    assert found.values[0, 0] == pytest.approx(math.log(total) * 365.25 / 0.5, rel=1e-9)


def test_habits_are_written_back():
    text = ONE.format(worth=0, habit="once in 10 years", other="h if x == a else 5%", rationality=1)
    scenario = read_text(text)
    assert read_text(write_scenario(scenario)) == scenario


@given(scenarios())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_with_nothing_at_stake_each_move_fires_at_exactly_its_habit(data):
    data = {**copy.deepcopy(data), "settings": {"shocks": "control"}}
    found = solve(compile_game(null(read(data)))).require_converged()
    assert np.abs(found.values).max(initial=0.0) < 1e-12
    world = oracle.world_of(data)
    game, row = found.game, {levels: s for s, levels in enumerate(world.rows)}
    names = game.situations.level_names
    flows = oracle.null_rates(world)
    for s in range(game.size):
        place = row[tuple(names[f][k] for f, k in enumerate(game.situations.levels[s]))]
        for o in range(game.structure.option_start[s], game.structure.option_start[s + 1]):
            move = game.moves[game.structure.kind_move[game.structure.option_kind[o]]].name
            assert found.option_rate[o] == pytest.approx(flows[move][place], rel=1e-12), move
