"""Turning points lie where they say, and what nothing reaches is said."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.cases import jobs
from bystander.cases.cases import solve_case
from bystander.cases.changes import Change, in_its_unit
from bystander.cases.store import Store
from bystander.errors import NotConvergedError, QueryError
from bystander.policy import targets
from bystander.policy.inverse import find_changes
from bystander.policy.targets import (
    close_in,
    from_scale,
    judgement_target,
    move_target,
    outcome_target,
    scaled,
    slope_of_scale,
    to_scale,
)
from bystander.policy.turning import turning_points
from bystander.scenario.read import read_text
from bystander.units import parse_quantity
from policy.border import base, border


@pytest.fixture(scope="module")
def dead():
    return turning_points(border(), outcome_target(border(), "dead", 40.0), base=base(), store=Store(None))


def test_at_a_turning_point_the_outcome_is_at_its_threshold(dead):
    assert dead.number == pytest.approx(base().value("dead"))
    assert len(dead.points) >= 3
    for point in dead.points:
        case = solve_case(Change(sets={point.parameter: point.there}).apply(border()), near=base())
        assert case.value("dead") == pytest.approx(40.0, rel=5e-3)


def test_points_are_ordered_by_plausibility(dead):
    chances = [point.beyond for point in dead.points]
    assert chances == sorted(chances, reverse=True)
    for point in dead.points:
        prior = border().parameters[point.parameter].prior
        below = float(prior.cdf(np.array(point.there)))
        assert point.beyond == pytest.approx(below if point.there < point.now else 1 - below, rel=1e-6)


def test_what_was_looked_at_is_accounted_for(dead):
    searched = [p.parameter for p in dead.points] + [p.parameter for p in dead.unmoved]
    assert sorted([*searched, *dead.powerless, *dead.unsearched]) == sorted(border().parameters)
    assert dead.powerless == ()
    assert {name for name, _, turns in dead.measures if turns} == set()


def test_what_does_not_turn_it_tells_how_near_it_brings_it():
    found = turning_points(
        border(), outcome_target(border(), "dead", 1e6), limit=2, measures=False, base=base()
    )
    assert len(found.unmoved) == 2
    gaps = [1e6 - short.number for short in found.unmoved]
    assert gaps == sorted(gaps)
    for short in found.unmoved:
        assert short.number >= found.number
        case = solve_case(Change(sets={short.parameter: short.there_text}).apply(border()), near=base())
        assert case.value("dead") == pytest.approx(short.number, rel=0.01)


def test_the_limit_leaves_the_least_promising_unsearched():
    found = turning_points(
        border(), outcome_target(border(), "dead", 40.0), limit=2, measures=False, base=base()
    )
    assert len(found.unsearched) == 5
    assert found.measures == ()


def test_a_judgement_flips_by_parameter_and_by_measure():
    found = turning_points(border(), judgement_target(border(), "stands_by"), base=base(), store=Store(None))
    (point,) = found.points
    assert point.parameter == "cost_of_force"
    assert found.threshold == pytest.approx(0.2)
    assert [name for name, _, turns in found.measures if turns] == ["support"]
    assert "deaths" in found.powerless


def test_nothing_reaches_it_is_said():
    scenario, target = move_target(border(), "patron.obstruct", 0.97)
    found = turning_points(scenario, target, base=base(), store=Store(None))
    assert found.points == ()
    assert not any(turns for *_, turns in found.measures)
    assert found.unmoved
    assert found.unsearched == found.unsolved == ()


SETTLED = """bystander: 1
title: A measure that leaves nothing to ask
as_of: 2024-01-01
horizon: 1 year
given: hot
variables: {front: {levels: [quiet, hot, peace], start: {quiet: 50%, hot: 50%}}}
conditions: {hot: front == hot}
actors:
  x: {acts: weekly, discount: 50% per year, actions: {talk: {when: hot, then: {front: peace}, worth: -1}}}
hazards:
  war: {when: front == quiet, rate: 2 per year, then: {front: hot}}
  end: {when: hot, every: 1 month, then: {front: peace}}
outcomes: {talk: {fires: x.talk, given: hot}}
measures: {settle: {start: {front: peace}}, calm: {start: {front: quiet}}}
"""


@pytest.mark.parametrize("threshold", [0.2, 0.5])
def test_a_measure_that_leaves_nothing_to_ask_neither_turns_it_nor_comes_near(threshold):
    scenario = read_text(SETTLED)
    found = turning_points(scenario, outcome_target(scenario, "talk", threshold), store=Store(None))
    assert [(name, turns) for name, _, turns in found.measures] == [("calm", False)]


def test_what_could_not_be_solved_is_not_said_to_be_in_vain(monkeypatch):
    target, case = outcome_target(border(), "dead", 1e6), base()

    def fail(*_):
        raise NotConvergedError("it did not settle")

    monkeypatch.setattr("bystander.cases.cases.reach", fail)
    found = turning_points(border(), target, base=case, store=Store(None))
    assert (found.points, found.unmoved, found.measures) == ((), (), ())
    assert {*found.unsolved, *found.powerless, *found.unsearched} >= {
        *border().parameters,
        *border().measures,
    }


def test_impossible_targets_are_refused():
    with pytest.raises(QueryError, match="no outcome 'peace'"):
        outcome_target(border(), "peace", 0.5)
    with pytest.raises(QueryError, match="only thresholds between 0 and 1"):
        outcome_target(border(), "settlement", 1.5)
    with pytest.raises(QueryError, match="no judgement"):
        judgement_target(border(), "peace")
    with pytest.raises(QueryError, match=r"no move 'east\.fly'"):
        move_target(border(), "east.fly")
    with pytest.raises(QueryError, match="no parameter 'luck'"):
        turning_points(border(), outcome_target(border(), "dead", 40.0), parameters=["luck"], base=base())


@pytest.mark.parametrize("name", ["loss", "will", "cost_of_force"])
def test_the_scale_of_a_prior_is_undone(name):
    parameter = border().parameters[name]
    for z in (-2.0, 0.0, 1.3):
        value = from_scale(parameter, parameter.value.value, z)
        assert to_scale(parameter, value) == pytest.approx(z, abs=1e-6)
    assert to_scale(parameter, 1e9) == pytest.approx(targets.FARTHEST)


def test_closing_in_finds_a_crossing():
    root = close_in(lambda z: math.exp(z) - 5.0, 0.0, -4.0, 3.0, math.exp(3.0) - 5.0)
    assert root == pytest.approx(math.log(5.0), abs=targets.PRECISION)


def test_values_are_written_in_the_unit_of_the_parameter():
    assert (
        in_its_unit(border().parameters["loss"], 0.5 * border().parameters["loss"].value.value)
        == "10 per year"
    )
    assert in_its_unit(border().parameters["deaths"], 2.5) == "2.5 people per day"
    assert in_its_unit(border().parameters["will"], 0.25) == "0.25"
    every = border().parameters["flare"].model_copy(update={"value": parse_quantity("every 2 weeks")})
    assert in_its_unit(every, 1 / 14) == "every 2 weeks"
    assert in_its_unit(every, 1 / 21) == "every 3 weeks"
    assert in_its_unit(every, 0.0) == "0 per year"


def test_the_smallest_set_of_changes():
    found = find_changes(
        border(), outcome_target(border(), "settlement", 0.5), base=base(), store=Store(None)
    )
    assert found.reached
    assert [way.changes for way in found.smallest] == [("envoy (strong)",)]
    pair = find_changes(border(), outcome_target(border(), "settlement", 0.6), base=base(), store=Store(None))
    assert pair.smallest
    assert all(len(way.changes) == 2 and way.number >= 0.6 for way in pair.smallest)
    none = find_changes(
        border(), outcome_target(border(), "settlement", 0.99), base=base(), store=Store(None)
    )
    assert not none.reached
    assert none.nearest.number < 0.99


def test_sets_that_were_not_reached_or_not_solved_are_counted_as_that(monkeypatch):
    def one(task, shared, payloads, keep, **_):
        key, payload = next(iter(payloads.items()))
        keep(key, task(shared, payload))
        return jobs.INTERRUPTED

    def fail(*_):
        raise NotConvergedError("it did not settle")

    target = outcome_target(border(), "dead", 1.0)
    for name, stand_in in (("run_tasks", one), ("reach_equilibrium", fail)):
        with monkeypatch.context() as patched:
            patched.setattr(jobs, name, stand_in)
            found = find_changes(border(), target, base=base(), store=Store(None))
        assert not found.smallest
        if stand_in is one:
            assert (found.solves, found.unsolved, found.ended) == (1, 0, jobs.INTERRUPTED)
        else:
            assert found.solves == found.unsolved > 1
            assert found.nearest is None


def test_parameters_may_be_part_of_the_way():
    found = find_changes(
        border(), outcome_target(border(), "dead", 40.0), parameters=True, base=base(), store=Store(None)
    )
    assert found.reached
    assert any(" at " in change for way in found.smallest for change in way.changes)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_scale_of_amounts_keeps_their_order(one, other):
    assert (scaled(one, "amount") < scaled(other, "amount")) == (one < other)


@given(st.floats(-1e4, 1e4).filter(lambda x: abs(x) > 1e-3))
def test_the_slope_of_the_scale_is_its_derivative(value):
    step = 1e-6 * abs(value)
    slope = (scaled(value + step, "amount") - scaled(value - step, "amount")) / (2 * step)
    assert slope_of_scale(value, "amount") == pytest.approx(slope, rel=1e-5)


SHUT = """bystander: 1
title: Something is exactly nought
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, clash], start: quiet}}
parameters: {little: {value: %s, prior: 'uniform(low=%s, high=%s)'}}
hazards: {incident: {when: front == quiet, rate: %s, then: [{chance: %s, front: clash}, {chance: rest}]}}
outcomes: {clash: {ever: front == clash}}
"""
AT_NOUGHT = {
    "a rate": ("0 per year", "0 per year", "4 per year", "little", "50%"),
    "a chance": ("0%", "0", "1", "2 per year", "little"),
}


@pytest.mark.parametrize("shut", AT_NOUGHT)
def test_where_no_slope_tells_it_is_solved(shut):
    """1 - exp(-little / 2) and 1 - exp(-2 little) within the year: without a slope it turns."""
    scenario = read_text(SHUT % AT_NOUGHT[shut])
    target = outcome_target(scenario, "clash", 0.5)
    found = turning_points(scenario, target, store=Store(None))
    (point,) = found.points
    scale = 2.0 / 365.25 if shut == "a rate" else 0.5
    assert point.there == pytest.approx(scale * math.log(2.0), rel=2e-3)
    assert (found.shut, found.unmoved, found.powerless) == ((), (), ())
    (way,) = find_changes(scenario, target, parameters=True, store=Store(None)).smallest
    assert way.number == pytest.approx(1.0 - math.exp(-1.8))
