"""What is wished for is read from a text, or refused with what there is."""

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.store import Store
from bystander.errors import BystanderError, QueryError
from bystander.policy.inverse import find_changes
from bystander.policy.targets import read_wish
from bystander.policy.turning import turning_points
from bystander.scenario import read_text
from bystander.scenario.schema import Outcome
from policy.border import base, border


def number(text, **threshold):
    scenario, target = read_wish(border(), text, **threshold)
    case = solve_case(scenario, near=base(), outcomes=target.outcomes, judgements=target.judgements)
    return target.of(case)


def test_outcomes_moves_judgements_and_conditions():
    assert number("settlement", at_least="20%")[0] == pytest.approx(base().value("settlement"), rel=1e-6)
    assert number("stands_by")[0] == pytest.approx(base().verdicts["stands_by"].number, rel=1e-6)
    assert number("P(steps_in | war)")[0] == pytest.approx(base().value("steps_in"), rel=1e-6)
    assert number("council.step_in")[0] == pytest.approx(base().value("steps_in"), rel=1e-6)
    assert number("front == war")[0] == pytest.approx(base().value("war_ever"), rel=1e-6)
    assert number("P(war_ever, within 1 day)")[0] < 0.5 * base().value("war_ever")
    _, gap = number("P(settlement) < 90% and E(dead) > 1")
    assert gap > 0.0


def test_the_side_wished_for():
    _, more = read_wish(border(), "settlement", at_least="20%")
    _, less = read_wish(border(), "dead", at_most="30 people")
    _, other = read_wish(border(), "settlement")
    assert (more.wish, more.threshold) == ("more", pytest.approx(0.2))
    assert (less.wish, less.threshold) == ("less", 30.0)
    assert (other.wish, other.threshold) == ("", 0.5)
    assert less.direction(1.0) == less.direction(-1.0) == -1.0
    assert other.direction(-1.0) == 1.0


@pytest.mark.parametrize(
    ("text", "threshold", "says"),
    [
        ("setlement", {}, "Did you mean 'settlement'"),
        ("xyz", {}, "Outcomes and judgements: war_ever"),
        ("east.fly", {}, r"'east' has: east\.attack, east\.settle"),
        ("dead", {}, r"needs a threshold: --at-least or --at-most"),
        ("settlement", {"at_least": "3 people"}, "a plain number is needed"),
        ("settlement", {"at_least": "soon"}, "'soon' is not a quantity"),
        ("settlement", {"at_least": "150%"}, "only thresholds between 0 and 1"),
        ("settlement", {"at_least": "10%", "at_most": "20%"}, "not both"),
        ("stands_by", {"at_least": "10%"}, "is a judgement"),
        ("P(settlement) > 10%", {"at_least": "10%"}, "compares already"),
    ],
)
def test_what_cannot_be_wished_for_is_refused(text, threshold, says):
    with pytest.raises(QueryError, match=says):
        read_wish(border(), text, **threshold)


TOTALS = border().model_copy(
    update={"outcomes": {**border().outcomes, "attacks": Outcome(counts=("east.attack",))}}
)


@pytest.mark.parametrize(
    ("text", "given", "threshold"),
    [
        ("attacks", "1 count", 1.0),
        ("attacks", "3 times", 3.0),
        ("attacks", "1 time", 1.0),
        ("attacks", " 2  count ", 2.0),
        ("attacks", "0.5", 0.5),
        ("dead", "30 people", 30.0),
    ],
)
def test_an_amount_is_read_as_it_is_shown(text, given, threshold):
    assert read_wish(TOTALS, text, at_most=given)[1].threshold == threshold


@pytest.mark.parametrize(
    ("text", "given"), [("attacks", "times"), ("dead", "3 count"), ("settlement", "1 time")]
)
def test_only_a_count_is_counted(text, given):
    with pytest.raises(QueryError, match="not a"):
        read_wish(TOTALS, text, at_most=given)


def test_what_is_no_wish_is_refused_where_it_goes_wrong():
    for text in ("P(settlement) + 1", "P(peace) > 1%", "front == peace", "P(settlement"):
        with pytest.raises(BystanderError):
            read_wish(border(), text)


def test_what_is_so_already_needs_nothing():
    scenario, target = read_wish(border(), "settlement", at_most="99%")
    found = find_changes(scenario, target, base=base(), store=Store(None))
    assert found.already
    assert found.reached is False
    assert found.solves == 0
    assert found.nearest.changes == ()


def test_nothing_reaches_it_says_how_near_it_comes():
    scenario, target = read_wish(border(), "settlement", at_least="99%")
    found = find_changes(scenario, target, up_to=2, base=base(), store=Store(None))
    assert not found.reached
    assert found.unit == "probability"
    assert 0.5 < found.nearest.number < 0.99
    turned = turning_points(scenario, target, limit=2, base=base(), store=Store(None))
    name, reached = turned.nearest_measure
    assert name == "envoy (strong)"
    assert turned.number < reached < 0.99


def test_an_interrupted_search_says_so():
    def interrupt(step, share):
        if step == "Looking for a way" and share > 0.0:
            raise KeyboardInterrupt

    scenario, target = read_wish(border(), "settlement", at_least="99%")
    found = find_changes(scenario, target, base=base(), store=Store(None), progress=interrupt)
    assert found.ended == "interrupted"
    assert not found.reached
    assert found.nearest is None or len(found.nearest.changes) == 1


TWO_MEASURES = """bystander: 1
title: T
as_of: 2022-10-15
horizon: 1 year
settings:
  shocks: private
variables: {front: {levels: [quiet, clash], start: quiet}}
parameters: {q: {value: 1}}
hazards:
  flare: {when: front == quiet, then: {front: clash}, rate: 6 per year}
  calm: {when: front == clash, then: {front: quiet}, rate: 6 per year}
actors:
  a:
    acts: 6 per year
    patience: 50% per year
    actions: {hit: {when: front == quiet, then: {front: clash}, worth: -q}}
outcomes: {fight: {ever: front == clash}}
measures: {m1: {set: {q: 1.5 * q}, cost: 1}, m2: {set: {q: 2 * q}, cost: 1}}
"""


def test_a_search_ends_where_no_larger_set_is_possible():
    ways = find_changes(*read_wish(read_text(TWO_MEASURES), "fight", at_most="10%"), store=Store(None))
    assert not ways.smallest
    assert ways.nearest is not None
    assert ways.solves == 3
