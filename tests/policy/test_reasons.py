"""Reasons asked in the scenario's own words."""

import numpy as np
import pytest

from bystander.equilibrium.explain import whole
from bystander.errors import QueryError
from bystander.game.questions import mask
from bystander.policy.reasons import explain, explain_moves, find_moves, occupancy_by_day
from bystander.process.outcomes import make_clocks
from policy.border import base


@pytest.fixture(scope="module")
def equilibrium():
    return base().equilibrium


def test_every_reason_adds_up(equilibrium):
    reasons = explain_moves(equilibrium)
    assert {r.owner for r in reasons} == {"council", "west", "patron"}  # east cannot act while war goes on
    for r in reasons:
        if r.bars:
            assert sum(bar.log_odds for bar in r.bars) == pytest.approx(r.log_odds, abs=1e-8)
        if r.blocked:
            assert sum(share for _, share in r.blocked) + r.probability == pytest.approx(1.0, abs=1e-12)


def test_a_decision_says_what_blocks_it_and_how_each_member_votes(equilibrium):
    reasons = explain(equilibrium, "council.step_in")
    assert [r.voter for r in reasons] == ["", "west", "patron"]  # east is recused
    shares = dict(reasons[0].blocked)
    assert set(shares) == {"no request", "an answer that stands", "vote: patron", "vote: west"}
    assert shares["vote: patron"] > shares["vote: west"]
    cost = [bar for bar in reasons[2].bars if bar.now]
    assert [bar.log_odds for bar in cost] == [pytest.approx(-3.0)]
    assert cost[0].because == ("toll",)


def test_the_answers_that_stand_are_told_by_their_levels(equilibrium):
    game = equilibrium.game
    reason = explain(equilibrium, "council.step_in")[0]
    days = whole(occupancy_by_day(make_clocks(equilibrium), game.scenario.given))
    decisions = game.scenario.institutions["council"].decisions
    own = {name for one in decisions.values() for branch in one.then for name in branch.changes}
    may = mask(game, decisions["step_in"].when)
    rows = [tuple(row) for row in game.situations.levels.tolist()]
    open_ = {row for row, k in zip(rows, may, strict=True) if k}
    expected: dict[str, float] = {}
    for row, spent in zip(rows, days / days.sum(), strict=True):
        for f, name in enumerate(game.situations.names):
            levels = game.scenario.variables[name].level_names
            otherwise = {(*row[:f], x, *row[f + 1 :]) for x in range(len(levels))}
            if row not in open_ and name in own and otherwise & open_:
                expected[levels[row[f]]] = expected.get(levels[row[f]], 0.0) + float(spent)
                break
    expected = {level: share for level, share in expected.items() if share}
    assert expected
    assert dict(reason.standing) == pytest.approx(expected, abs=1e-12)
    assert sum(expected.values()) == pytest.approx(dict(reason.blocked)["an answer that stands"], abs=1e-12)


def test_time_is_counted_only_while_the_condition_holds(equilibrium):
    clocks = make_clocks(equilibrium)
    days = whole(occupancy_by_day(clocks, "war"))
    assert not days[~mask(equilibrium.game, "war")].any()
    everything = whole(occupancy_by_day(clocks, None))
    assert everything.sum() == pytest.approx(clocks.horizon)
    assert np.all(whole(occupancy_by_day(clocks, "front != quiet")) <= clocks.horizon)


def test_without_a_condition_the_clock_starts_with_the_scenario(equilibrium):
    (reason,) = explain(equilibrium, "east.attack", given="")
    assert reason.given == ""
    assert 0.0 < reason.possible < 1.0


def test_impossible_questions_say_so(equilibrium):
    with pytest.raises(QueryError, match=r"has no move 'surrender'\. It has: attack, settle"):
        find_moves(equilibrium, "east", "surrender")
    with pytest.raises(QueryError, match="Nobody called 'mars'"):
        find_moves(equilibrium, "mars", "attack")
    with pytest.raises(QueryError, match="never possible while war"):
        explain(equilibrium, "east.attack", given="war")
    with pytest.raises(QueryError, match=r"It is possible while [^:]+: ask about that, --given '.+'\."):
        explain(equilibrium, "east.attack", given="war")
    with pytest.raises(QueryError, match="never comes to hold"):
        explain(equilibrium, "east.attack", given="talks == settled and front == war")
    assert find_moves(equilibrium, "east", "attack") == ["east.attack"]
