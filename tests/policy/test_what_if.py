"""What a change does, and the two parts it is made of."""

import numpy as np
import pytest

from bystander.cases.cases import game_of, only_parameters_differ, solve_case
from bystander.cases.changes import Change
from bystander.equilibrium.continuation import carry
from bystander.errors import QueryError
from bystander.policy.what_if import carried_choice, what_if
from bystander.scenario import null
from bystander.scenario.read import read_text
from policy.border import base, border


def test_outcomes_are_those_of_a_fresh_solve():
    found = what_if(border(), sets={"will": "2"}, base=base())
    fresh = solve_case(Change(sets={"will": "2"}).apply(border()))
    for d in found.outcomes:
        assert d.before == pytest.approx(base().value(d.outcome), abs=1e-12)
        assert d.after == pytest.approx(fresh.value(d.outcome), rel=1e-6)
        assert d.direct + d.adapted == pytest.approx(d.change, abs=1e-10)
    assert found.changes == ("will: 0.5 \u2192 2",)
    assert found.selection == "continued"


def test_a_parameter_of_payoffs_acts_through_behaviour_only():
    found = what_if(border(), sets={"rally": "8 per year"}, base=base())
    for d in found.outcomes:
        assert d.direct == pytest.approx(0.0, abs=1e-6)
    assert any(abs(d.adapted) > 1e-3 for d in found.outcomes)


def test_a_parameter_of_amounts_acts_directly_only():
    found = what_if(border(), sets={"deaths": "10 people per day"}, base=base())
    dead = next(d for d in found.outcomes if d.outcome == "dead")
    assert dead.direct == pytest.approx(dead.before, rel=1e-9)
    assert dead.adapted == pytest.approx(0.0, abs=1e-6)


def test_disabling_a_move_and_who_is_blamed():
    found = what_if(border(), disable=["patron.obstruct"], by_owner=True, base=base())
    settlement = next(d for d in found.outcomes if d.outcome == "settlement")
    assert settlement.change > 0.0
    assert {owner for owner, _ in settlement.by_owner} == {
        "east",
        "west",
        "council",
    }  # the patron has no move left
    assert found.opposed[0].actor == "patron"
    assert found.opposed[0].change < 0.0
    assert all(w.change < 0.0 for w in found.opposed)


def test_holding_one_of_one_changed_owner_gives_the_direct_effect():
    """Where only one owner adapts, its part is the whole adaptation."""
    found = what_if(border(), sets={"cost_of_force": 1.0}, by_owner=True, base=base())
    for d in found.outcomes:
        assert dict(d.by_owner)["council"] != 0.0 or d.outcome == "settlement"


def test_starting_elsewhere_changes_no_behaviour():
    found = what_if(border(), start={"front": "war"}, base=base())
    war = next(d for d in found.outcomes if d.outcome == "war_ever")
    assert war.after == pytest.approx(1.0)
    assert all(abs(d.adapted) < 1e-6 for d in found.outcomes)
    assert all(abs(m.after - m.before) < 1e-6 for m in found.moves)


def test_judgements_can_flip():
    found = what_if(border(), measures=[("support", "")], base=base())
    flipped = {v.judgement: (v.before, v.after) for v in found.judgements}
    assert flipped == {"war_likely": ("holds", "holds"), "stands_by": ("holds", "fails")}


def test_nothing_changed_is_said():
    with pytest.raises(QueryError, match="Nothing would change"):
        what_if(border(), sets={"will": 0.5}, base=base())
    with pytest.raises(QueryError, match="no parameter called 'wil'"):
        what_if(border(), sets={"wil": 1.0}, base=base())


def test_the_null_is_shown_beside_a_scenario_in_which_nothing_is_at_stake():
    idle = null(border())
    found = what_if(idle, null=True, base=solve_case(idle))
    assert found.changes == ("nothing at stake for anyone",)
    assert all(d.after == pytest.approx(d.before, abs=1e-9) for d in found.outcomes)
    assert {d.outcome for d in found.outcomes} == set(idle.outcomes)


def test_values_and_choices_are_carried_by_situation():
    changed = Change(disable=("nature.offer",)).apply(border())
    game = game_of(changed, base())
    assert game.size < base().game.size
    values = carry(base().equilibrium, game)
    place = np.searchsorted(base().game.situations.codes, game.situations.codes)
    np.testing.assert_array_equal(values, base().equilibrium.values[place])
    back, comparable = carried_choice(base().equilibrium, base().game)
    assert comparable
    np.testing.assert_array_equal(back, base().equilibrium.choice)
    carried, comparable = carried_choice(base().equilibrium, game)
    assert comparable
    assert len(carried) == len(game.structure.option_kind)
    assert (carried > 0.0).all()


def test_tables_are_exchanged_where_only_parameters_differ():
    changed = Change(sets={"will": 2.0}).apply(border())
    assert only_parameters_differ(changed, border())
    assert game_of(changed, base()).structure is base().game.structure
    assert not only_parameters_differ(Change(start={"front": "war"}).apply(border()), border())


ISLANDS = """
bystander: 1
title: A start that nothing leads to
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: private}
variables:
  front: {levels: [quiet, clash, battle], start: quiet}
  flag: {levels: [down, up], start: down}
actors:
  north:
    acts: every 2 weeks
    patience: 50% per year
    interests: {losses: {when: front == battle, worth: -12 per year}}
    actions:
      escalate: {when: front == clash, then: {front: battle}, worth: -1}
      withdraw: {when: front == battle, then: {front: quiet}, worth: -1}
      raise_flag: {when: flag == down and front != quiet, then: {flag: up}, worth: 1}
outcomes:
  battle: {share: front == battle}
  withdrawn: {fires: north.withdraw}
"""


@pytest.mark.parametrize("start", ["clash", "battle"])
def test_situations_never_reached_are_solved_and_not_taken_for_inaction(start):
    """Nothing leads out of quiet, so that all behaviour elsewhere is off the path of the base."""
    scenario = read_text(ISLANDS)
    found = what_if(scenario, start={"front": start})
    fresh = solve_case(Change(start={"front": start}).apply(scenario))
    for d in found.outcomes:
        assert d.after == pytest.approx(fresh.value(d.outcome), rel=1e-8)
        assert d.adapted == pytest.approx(0.0, abs=1e-7)
    for move in found.moves:
        assert move.before == pytest.approx(move.after, abs=1e-7)
        assert move.before > 0.01
