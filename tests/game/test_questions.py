"""Questions by name, on the small game of the reference folder."""

import numpy as np
import pytest

from bystander.errors import QueryError
from bystander.game import questions
from bystander.game.compile import compile_game
from bystander.game.questions import (
    describe_situation,
    mask,
    move_mask,
    option_mask,
    option_moves,
    option_situations,
)
from bystander.scenario.expressions import parse_expression
from reference.scenarios import read

DATA = {
    "bystander": 1,
    "title": "Small",
    "as_of": "2022-10-15",
    "horizon": "1 year",
    "variables": {
        "front": {"levels": ["quiet", "clash", "war"], "ordered": True, "start": "quiet"},
        "csto": {"levels": ["idle", "deployed"], "start": "idle"},
    },
    "conditions": {"hot": "front > quiet"},
    "parameters": {"k": 2},
    "actors": {
        "east": {
            "acts": "6 per year",
            "patience": "1 per year",
            "actions": {"attack": {"then": {"front": "war"}}},
        }
    },
    "hazards": {
        "flare": {"when": "front == quiet", "rate": "1 per year", "then": {"front": "clash"}},
        "tire": {"when": "front == war", "rate": "1 per year", "then": {"front": "quiet"}},
    },
    "institutions": {
        "csto": {
            "members": ["east"],
            "decisions": {
                "deploy": {
                    "when": "hot",
                    "rule": "consensus",
                    "proposed": "1 per year",
                    "then": {"csto": "deployed"},
                }
            },
        }
    },
}


@pytest.fixture(scope="module")
def game():
    return compile_game(read(DATA))


@pytest.mark.parametrize(
    ("condition", "levels"),
    [
        ("hot and csto == idle", {"front": ("clash", "war"), "csto": ("idle",)}),
        ("front in [quiet, war]", {"front": ("quiet", "war"), "csto": ("idle", "deployed")}),
        ("k > 1", {"front": ("quiet", "clash", "war"), "csto": ("idle", "deployed")}),
        ("false", {"front": (), "csto": ()}),
    ],
)
def test_masks_hold_exactly_where_the_condition_does(game, condition, levels):
    found = mask(game, condition)
    for s in range(game.size):
        here = describe_situation(game, s)
        assert found[s] == all(here[name] in allowed for name, allowed in levels.items())
    assert np.array_equal(mask(game, parse_expression(condition)), found)


@pytest.mark.parametrize("most", [0, 10_000])
@pytest.mark.parametrize(
    ("condition", "names", "holds"),
    [
        ("hot and csto == idle", {"csto"}, lambda here: here["front"] != "quiet"),
        ("hot and csto == idle", {"front"}, lambda here: here["csto"] == "idle"),
        ("hot and csto == deployed", {"east"}, lambda _: False),
        ("front == clash and k > 1", {"front", "csto"}, lambda _: True),
        ("front == clash and k < 1", {"front", "csto"}, lambda _: False),
    ],
)
def test_a_condition_is_asked_about_with_other_levels_of_some_variables(
    monkeypatch, game, condition, names, holds, most
):
    monkeypatch.setattr(questions, "MOST", most)
    found = questions.mask_otherwise(game, condition, names)
    plain_too = mask(game, condition)
    expected = [bool(holds(describe_situation(game, s))) or bool(plain_too[s]) for s in range(game.size)]
    assert found.tolist() == expected


def test_what_no_situation_has_is_looked_at_too_and_together_unless_there_is_too_much(monkeypatch):
    data = DATA | {
        "hazards": {"flare": DATA["hazards"]["flare"]},
        "actors": {"east": {**DATA["actors"]["east"]}},
    }
    data["institutions"] = {
        "csto": {
            "members": ["east"],
            "decisions": {
                "deploy": {
                    "when": "front == clash and csto == idle",
                    "rule": "consensus",
                    "proposed": "1 per year",
                    "then": {"csto": "deployed", "front": "quiet"},
                }
            },
        }
    }
    data["never"] = ["front == clash and csto == deployed"]
    data["hazards"] = {"flare": {**DATA["hazards"]["flare"], "when": "front == quiet and csto == idle"}}
    game = compile_game(read(data))
    away = [s for s in range(game.size) if describe_situation(game, s)["csto"] == "deployed"]
    assert away
    when = "front == clash and csto == idle"
    assert questions.mask_otherwise(game, when, {"front", "csto"})[away].all()
    monkeypatch.setattr(questions, "MOST", 0)
    assert not questions.mask_otherwise(game, when, {"front", "csto"})[away].any()


def test_what_cannot_be_asked_is_refused(game):
    for condition, says in (
        ("frnt == war", "Did you mean 'front'"),
        ("k", "a condition"),
        ("hot and", "the end"),
    ):
        with pytest.raises(QueryError, match=says):
            mask(game, condition)


def test_moves_are_named_one_by_one_or_by_owner(game):
    names = [move.name for move in game.moves]
    assert names == ["nature.flare", "nature.tire", "csto.deploy", "east.attack"]
    assert move_mask(game, ["csto.deploy", "east.attack"]).tolist() == [False, False, True, True]
    assert move_mask(game, "nature").tolist() == [True, True, False, False]
    with pytest.raises(QueryError, match=r"Did you mean 'east.attack'"):
        move_mask(game, "east.atack")


def test_options_know_their_move_and_situation(game):
    deploy = option_mask(game, "csto.deploy")
    assert np.array_equal(deploy, option_moves(game) == 2)
    assert np.array_equal(np.unique(option_situations(game)[deploy]), np.flatnonzero(mask(game, "hot")))
    starts = game.structure.option_start[option_situations(game)]
    assert np.all(starts <= np.arange(len(deploy)))


def test_situations_are_described_by_their_levels(game):
    described = [describe_situation(game, s) for s in range(game.size)]
    assert len({tuple(levels.items()) for levels in described}) == game.size
    for levels, row in zip(described, game.situations.levels, strict=True):
        named = zip(levels.items(), game.situations.names, game.situations.level_names, row, strict=True)
        assert all((name, level) == (known, names[k]) for (name, level), known, names, k in named)
    with pytest.raises(QueryError, match="numbered 0 to"):
        describe_situation(game, game.size)
