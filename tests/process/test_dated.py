"""Outcomes of scenarios with a calendar, by the ordinary path: closed forms, an ODE of one number, names."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from bystander.assessment.assess import assess
from bystander.cases.cases import solve_case
from bystander.errors import QueryError
from bystander.policy.what_if import what_if
from bystander.process.chain import make_chain
from bystander.scenario import read_scenario, read_text
from reference.known_dates import STEPS

REGIONS = Path(__file__).parents[1] / "scenario" / "regions"
OUTCOMES = """\
outcomes:
  ever: {ever: x == down}
  early: {ever: x == down, within: 30 days}
  at: {at: x == down}
  fires: {fires: nature.fall}
  counts: {counts: nature.fall}
  share: {share: x == up}
  toll: {accumulates: {x == up: 1000 people per day}}
  first: {time_to: x == down}
  settled: {long_run: x == down}
  after: {ever: x == up, given: x == down}
judgements:
  falls: {says: It falls, holds: P(ever) > 90%}
  soon: {says: It falls soon, holds: "P(ever, within 10 days) > 90%"}
"""
HAZARD = STEPS + OUTCOMES
WATCHER = """\
actors:
  watcher: {discount: 0.01 per day, interests: {loss: {when: x == down, worth: -1 per day}}}
"""
CHOICE = """\
bystander: 1
title: Being there when the prize is given
as_of: 2022-01-01
horizon: 50 days
settings: {shocks: control}
parameters: {prize: {value: 3, prior: "lognormal(median=3, spread=2)"}}
variables: {x: {levels: [outside, inside], start: outside}}
calendar:
  day: {date: 2022-01-31, when: x == inside, impacts: {player: prize}}
actors:
  player:
    discount: 0.02 per day
    acts: every 10 days
    actions: {enter: {when: x == outside, then: {x: inside}}}
outcomes:
  before: {ever: x == inside, within: 20 days}
  whole: {fires: player.enter}
"""


@pytest.mark.parametrize("watched", [True, False])
def test_a_hazard_that_changes_on_known_dates_is_answered_in_closed_form(watched):
    """Whether or not anybody minds."""
    found = assess(read_text(HAZARD if watched else HAZARD.replace(WATCHER, "")), starts=2)
    spans = ((20.0, 0.02), (40.0, 0.1), (40.0, 0.05))
    left, up = 1.0, 0.0
    for length, rate in spans:
        up += left * (1.0 - np.exp(-rate * length)) / rate
        left *= np.exp(-rate * length)
    expected = dict.fromkeys(("ever", "at", "fires", "counts"), 1.0 - left)
    expected |= {"early": 1.0 - np.exp(-0.4 - 1.0), "share": up / 100.0, "toll": 1000.0 * up}
    got = {outcome.name: outcome.estimate for outcome in found.outcomes}
    for name, value in expected.items():
        assert got[name].value == pytest.approx(value, rel=1e-9), name
        assert got[name].error <= 1e-6 * max(1.0, value)
    after_two = np.exp(-0.4 - 4.0)
    first = (1.0 - np.exp(-0.4)) / 0.02 + np.exp(-0.4) * (1.0 - np.exp(-4.0)) / 0.1 + after_two / 0.05
    assert got["first"].value == pytest.approx(first, rel=1e-9)
    assert (got["settled"].value, got["after"].value) == pytest.approx((1.0, 0.0), abs=1e-12)
    assert [judgement.holds for judgement in found.judgements] == [True, False]
    assert found.unanswered == ()
    curve = dict(next(outcome.curve for outcome in found.outcomes if outcome.name == "ever"))
    for day, chance in curve.items():
        hazard = 0.02 * min(day, 20.0) + 0.1 * np.clip(day - 20.0, 0.0, 40.0) + 0.05 * max(day - 60.0, 0.0)
        assert chance == pytest.approx(1.0 - np.exp(-hazard), abs=1e-9)


def enter_by_hand(prize, until, beta):
    """Follow V(out) back from the prize, then the chance to be in forward, each an equation of one number."""
    rho, pace, day = 0.02, 0.1, 30.0

    def gain(t, value):
        return prize * np.exp(-rho * (day - t)) - value

    def worth(t, y):
        return rho * y - pace * np.log(0.5 + 0.5 * np.exp(beta * gain(t, y))) / beta

    back = solve_ivp(worth, (day, 0.0), [0.0], rtol=1e-11, atol=1e-13, dense_output=True)

    def rate(t):
        if t >= day:
            return pace / 2.0
        up = np.exp(beta * gain(t, back.sol(t)[0]))
        return pace * up / (1.0 + up)

    left = 1.0
    for begin, end in ((0.0, min(day, until)), (day, until)):
        if end > begin:
            run = solve_ivp(lambda t, y: -rate(t) * y, (begin, end), [left], rtol=1e-10, atol=1e-13)
            left = float(run.y[0, -1])
    return 1.0 - left


def test_who_enters_before_a_prize_agrees_with_equations_of_one_number():
    scenario = read_text(CHOICE)
    case = solve_case(scenario)
    beta = float(case.game.numbers.rationality[0])
    changed = what_if(scenario, sets={"prize": "5"}, base=case)
    for outcome, until in (("before", 20.0), ("whole", 50.0)):
        assert case.value(outcome) == pytest.approx(enter_by_hand(3.0, until, beta), abs=1e-7)
        (after,) = (d.after for d in changed.outcomes if d.outcome == outcome)
        assert after == pytest.approx(enter_by_hand(5.0, until, beta), abs=1e-7)
    assert case.value("before") > 1.0 - np.exp(-0.05 * 20.0) + 0.05
    assert case.worths["player"] > 0.0


def test_one_process_for_all_times_is_refused_by_name():
    case = solve_case(read_text(CHOICE), outcomes=())
    with pytest.raises(QueryError, match=r"known dates lie ahead \(day\)"):
        make_chain(case.equilibrium)


LOSE = """\
  lose: {when: x == down, then: {x: lost},
    rate: 0.01 per day if before one else 0.2 per day if before two else 0.04 per day}
outcomes:
"""
RACE = STEPS.replace("levels: [up, down]", "levels: [up, down, lost]") + LOSE
WITHIN = {"week": 7.0, "forty": 40.0, "hundred": 100.0}


def test_what_begins_at_an_onset_is_followed_from_the_day_it_has():
    """Two hazards after one another, each with rates by the date: a double integral of one number each."""
    asked = (
        f"  {name}: {{ever: x == lost, given: x == down, within: {t:g} days}}\n" for name, t in WITHIN.items()
    )
    case = solve_case(read_text(RACE + "".join(asked)))
    edges = (0.0, 20.0, 60.0, 1e9)

    def total(rates, low, high):
        return sum(
            r * max(min(high, b) - max(low, a), 0.0) for r, (a, b) in zip(rates, pairwise(edges), strict=True)
        )

    fall, lose = (0.02, 0.1, 0.05), (0.01, 0.2, 0.04)

    def density(t):
        return fall[np.searchsorted(edges, t, side="right") - 1] * np.exp(-total(fall, 0.0, t))

    for name, within in WITHIN.items():
        points = [d - within for d in (20.0, 60.0) if d > within] + [20.0, 60.0]
        lost, _ = quad(
            lambda t, within=within: density(t) * -np.expm1(-total(lose, t, t + within)),
            0.0, 100.0, points=points, epsabs=1e-12, limit=500,
        )  # fmt: skip
        assert case.value(name) == pytest.approx(lost / -np.expm1(-total(fall, 0.0, 100.0)), abs=2e-6)
        assert case.outcomes[name].estimate.error <= 1e-5


@pytest.mark.parametrize("rare", [1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-6])
def test_onsets_between_dates_count_by_their_share(rare):
    """Most onsets are on a date; the rarer those between dates, the fewer pieces follow them, as exactly."""
    fall, lose, edges = rare * np.array([0.02, 0.1, 0.05]), (0.01, 0.2, 0.04), (0.0, 20.0, 60.0, 1e9)
    text = RACE.replace("rate: 0.02 per day if", f"rate: {fall[0]:.9f} per day if")
    text = text.replace("else 0.1 per day if", f"else {fall[1]:.9f} per day if")
    text = text.replace("else 0.05 per day", f"else {fall[2]:.9f} per day")
    lottery = "then: [{chance: 60%, x: down}, {chance: rest}]"
    text = text.replace("{date: 2022-01-21}", "{date: 2022-01-21, when: x == up, " + lottery + "}")
    asked = f"{text}  lost: {{ever: x == lost, given: x == down, within: 30 days}}\n"

    def total(rates, low, high):
        return sum(
            r * max(min(high, b) - max(low, a), 0.0) for r, (a, b) in zip(rates, pairwise(edges), strict=True)
        )

    def up(t):
        return (0.4 if t > 20.0 else 1.0) * np.exp(-total(fall, 0.0, t))

    def hit(t):
        return -np.expm1(-total(lose, t, t + 30.0))

    def between(weight):
        return quad(
            lambda t: fall[np.searchsorted(edges, t, side="right") - 1] * up(t) * weight(t),
            0.0, 100.0, points=[20.0, 30.0, 60.0], epsabs=1e-13, limit=500,
        )[0]  # fmt: skip

    sure = 0.6 * up(20.0)
    known = (sure * hit(20.0) + between(hit)) / (sure + between(lambda _: 1.0))
    estimate = solve_case(read_text(asked)).outcomes["lost"].estimate
    assert estimate.value == pytest.approx(known, abs=5e-6)
    assert abs(estimate.value - known) <= estimate.error + 1e-6


@pytest.mark.parametrize("name", ["horn", "kashmir"])
def test_a_crisis_with_dates_ahead_is_assessed(name):
    found = assess(read_scenario(REGIONS / f"{name}.yaml"))
    answered = [outcome for outcome in found.outcomes if not outcome.estimate.withheld]
    assert "war" in [outcome.name for outcome in answered]
    for outcome in answered:
        assert 0.0 < outcome.estimate.value < 365.0
        assert outcome.estimate.error < 1e-5 * max(1.0, outcome.estimate.value)
    assert len(answered) == len(found.outcomes)
    assert found.unanswered == ()
    assert found.reasons or name == "kashmir"
    for reason in found.reasons:
        if reason.bars:
            assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-9)


def test_dates_on_one_day_come_one_after_the_other():
    """Worth and lottery on the same day are those of dates a moment apart."""
    text = CHOICE.replace(
        "calendar:\n", "calendar:\n  lost: {date: 2022-01-31, when: x == inside, then: {x: outside}}\n"
    )
    one = solve_case(read_text(text))
    two = solve_case(
        read_text(CHOICE.replace("when: x == inside,", "when: x == inside, then: {x: outside},"))
    )
    assert [known.day for known in one.game.dates] == [30.0, 30.0]
    assert one.value("before") < solve_case(read_text(CHOICE)).value("before") - 0.01
    swapped = CHOICE.replace(
        "actors:", "  lost: {date: 2022-01-31, when: x == inside, then: {x: outside}}\nactors:", 1
    )
    for name in one.outcomes:
        assert solve_case(read_text(swapped)).value(name) == pytest.approx(two.value(name), abs=1e-7)
