"""What is wished for is read from a text, or refused with what there is."""

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.store import Store
from bystander.errors import BystanderError, QueryError, ScenarioError
from bystander.policy.inverse import find_changes
from bystander.policy.targets import read_wish
from bystander.policy.turning import turning_points
from bystander.scenario import read_text
from bystander.scenario.checks.names import questions_misasked
from bystander.scenario.expressions import parse_expression, resolve
from bystander.scenario.schema import Judgement, Outcome
from policy.border import base, border
from reference.base_scenario import BASE


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
        ("dead", {"at_most": "5%"}, "measured in people, and 5% is a share of nothing"),
        ("dead", {"at_most": "5 percent"}, "share of nothing"),
        ("E(dead)", {"at_least": "5%"}, "share of nothing"),
        ("dead", {"at_most": "1,5 people"}, "decimals with a point"),
        ("settlement", {"at_least": "10%", "at_most": "20%"}, "not both"),
        ("stands_by", {"at_least": "10%"}, "is a judgement"),
        ("P(settlement) > 10%", {"at_least": "10%"}, "compares already"),
    ],
)
def test_what_cannot_be_wished_for_is_refused(text, threshold, says):
    with pytest.raises(QueryError, match=says):
        read_wish(border(), text, **threshold)


def read_in(scenario, text):
    return resolve(parse_expression(text), scenario.scope(), asking=True)


DURATION = Outcome(time_to=read_in(border(), "front == war"))
TOTALS = border().model_copy(
    update={
        "outcomes": {**border().outcomes, "attacks": Outcome(counts=("east.attack",)), "duration": DURATION}
    }
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
        ("dead", "30", 30.0),
        ("dead", "1,234 people", 1234.0),
        ("settlement", "5%", 0.05),
        ("duration", "3 weeks", 21.0),
        ("duration", 21.0, 21.0),
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


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("attacks", "5%", "counts moves, and 5% is a share of nothing"),
        ("duration", "5%", "is a duration, and 5%"),
        ("duration", "5", "needs a unit: 5 days, say"),
    ],
)
def test_a_share_of_nothing_is_refused(text, given, says):
    with pytest.raises(QueryError, match=says):
        read_wish(TOTALS, text, at_least=given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("E(dead) < 5%", "measured in people, and 5%"),
        ("E(dead) < 5 days", "Unlike things are compared"),
        ("E(duration) < 5", "Unlike things are compared"),
        ("not E(attacks) >= 50%", "counts moves, and 50%"),
        ("P(settlement) > 5", "between 0 and 1, and is compared with 5"),
        ("P(settlement) < -5%", "between 0 and 1, and is compared with -5%"),
        ("E(dead) > -5%", "measured in people, and -5%"),
        ("P(settlement) > 10% and E(dead) > 5%", "share of nothing"),
        ("P(dead) < 5%", "asked for as E"),
    ],
)
def test_typed_comparisons_are_checked_as_those_of_a_file_are(text, says):
    with pytest.raises(ScenarioError, match=says):
        read_wish(TOTALS, text)
    judged = TOTALS.model_copy(
        update={"judgements": {"j": Judgement(says=text, holds=read_in(TOTALS, text))}}
    )
    assert any(says.split(",")[0] in finding.message for finding in questions_misasked(judged))


def test_a_date_does_not_end_a_clock_that_starts_on_no_known_day():
    until = read_text(BASE.replace("{ever: war}", "{ever: war, within: until 2023-02}"))
    read_wish(until, "war_ever")
    read_wish(until, "P(war_ever | front == tense, within 30 days)")
    for text in ("P(war_ever | front == tense)", "P(war_ever | front == tense) < 5%"):
        with pytest.raises(ScenarioError, match="until 2023-02 given 'front == tense'"):
            read_wish(until, text)


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


BARE = """\
bystander: 1
title: A border
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, battle], start: quiet}}
parameters: {often: PARAMETER}
hazards: {flare: {when: front == quiet, rate: often, then: {front: battle}}}
outcomes: {fought: {ever: front == battle}}
"""


@pytest.mark.parametrize(
    ("parameter", "allowed", "says"),
    [
        ("1 per year", False, "no measures. Write some under 'measures:'.$"),
        (
            "{value: 1 per year, prior: 'gamma(mean=1, shape=2)'}",
            False,
            "or allow parameters to move \\(--param",
        ),
        ("1 per year", True, "no parameter that moves it. Write some under 'measures:'.$"),
    ],
)
def test_where_nothing_can_be_chosen_it_is_said_what_could(parameter, allowed, says):
    scenario, target = read_wish(read_text(BARE.replace("PARAMETER", parameter)), "P(fought) < 5%")
    with pytest.raises(QueryError, match=says):
        find_changes(scenario, target, parameters=allowed, store=Store(None))
