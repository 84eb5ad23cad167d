"""What hardly moves, and votes and exits that hardly ever happen: answers keep their relative accuracy."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.policy.sensitivity import outcome_gradients
from bystander.scenario.read import read_text

YEAR = 365.25

HAZARD = """
bystander: 1
title: Something that hardly ever happens
as_of: 2024-01-01
horizon: 1 year
variables:
  front: {{levels: [quiet, war], start: quiet}}
  weather: {{levels: [wet, dry], start: wet}}
hazards:
  spark: {{when: front == quiet, rate: {rate}, then: {{front: war}}}}
  {weather}
outcomes:
  peace: {{share: front == quiet}}
  days: {{accumulates: {{front == quiet: 1 day per day}}}}
  war: {{ever: front == war}}
  sparked: {{fires: nature.spark}}
  then: {{at: front == quiet}}
  sparks: {{counts: nature.spark}}
  wait: {{time_to: front == war}}
"""
WEATHER = """dry: {when: weather == wet, rate: 100 per year, then: {weather: dry}}
  rain: {when: weather == dry, rate: 50 per year, then: {weather: wet}}"""


@pytest.mark.parametrize("weather", ["", WEATHER], ids=["alone", "beside what moves fast"])
@pytest.mark.parametrize("power", [0, -3, -9, -12, -13, -14, -16, -30, -100, -290])
def test_a_lone_hazard_against_the_exponential(power, weather):
    rate = 10.0**power
    case = solve_case(read_text(HAZARD.format(rate=f"{rate:.17g} per year", weather=weather)))
    happens = -np.expm1(-rate)
    share = happens / rate if power > -9 else 1.0 - rate / 2
    for name, true in {
        "peace": share, "days": share * YEAR, "war": happens, "sparked": happens,
        "then": 1.0 - happens, "sparks": happens, "wait": YEAR / rate,
    }.items():  # fmt: skip
        found = case.outcomes[name].estimate
        assert found.value == pytest.approx(true, rel=1e-10), name
        assert found.error <= 1e-9 * max(true, 1.0), name


@pytest.mark.parametrize("power", [-3, -9, -12, -16, -30, -60])
def test_what_takes_several_moves_keeps_its_digits(power):
    """With q moves expected by the horizon k of them take q^k / k!, and a day spent after them less still."""
    q = 10.0**power
    spark = "front == quiet, rate: {rate}, then: {{front: war}}"
    second = "front == war, rate: {rate}, then: {{front: truce}}"
    told = "truces: {{counts: nature.truce}}\n  over: {{share: front == truce}}\n  wait: {{time_to"
    text = HAZARD.replace(spark, spark + "}}\n  truce: {{when: " + second).replace("wait: {{time_to", told)
    text = text.replace("[quiet, war]", "[quiet, war, truce]")
    case = solve_case(read_text(text.format(rate=f"{q:.17g} per year", weather="")))
    for name, first_order in {"truces": q**2 / 2, "over": q**2 / 6}.items():
        assert case.value(name) == pytest.approx(first_order, rel=2 * q + 1e-8, abs=0.0), name


VOTE = """
bystander: 1
title: A vote as unlikely as an action
as_of: 2022-10-15
horizon: 1000 years
settings: {{shocks: private}}
variables: {{s: {{levels: [a, b], start: a}}}}
actors:
{actors}
institutions:
  i:
    members: [{members}]
    decisions:
      d: {{when: s == a, rule: {rule}, proposed: 12 per year, then: {{s: b}}, worth: {{{worths}}}}}
outcomes:
  n: {{counts: i.d}}
  t: {{time_to: s == b}}
"""


@pytest.mark.parametrize("weather", ["", WEATHER], ids=["alone", "beside what moves fast"])
@pytest.mark.parametrize("power", [0, -3, -9, -12, -13, -14, -16, -30, -100])
def test_derivatives_keep_their_accuracy_too(power, weather):
    """Of what is collected they are of the second jump: with one jump followed they were 0."""
    rate = 10.0**power
    text = HAZARD.format(rate="pace", weather=weather)
    scenario = read_text(f"{text}parameters: {{pace: {{value: {rate:.17g} per year}}}}\n")
    found = outcome_gradients(solve_case(scenario), ["peace", "war"])
    slope = (
        (np.exp(-rate) * (1.0 + rate) - 1.0) / rate**2 if power == 0 else -0.5 + rate / 3.0 - rate**2 / 8.0
    )
    assert found["peace"]["pace"] / YEAR == pytest.approx(slope, rel=1e-7)
    assert found["war"]["pace"] / YEAR == pytest.approx(np.exp(-rate), rel=1e-7)


@pytest.mark.parametrize(
    ("rule", "needed", "ways"),
    [("{leader: x0}", 1, 1.0), ("consensus", 3, 1.0), ("majority", 2, 3.0), ("{quorum: 1}", 1, 3.0)],
)
@pytest.mark.parametrize("worth", [-12.0, -37.0, -120.0])
def test_an_unlikely_vote_is_not_one_minus_a_likely_one(rule, needed, ways, worth):
    names = ["x0", "x1", "x2"]
    text = VOTE.format(
        actors="\n".join(f"  {n}: {{acts: never, patience: 50% per year}}" for n in names),
        members=", ".join(names),
        rule=rule,
        worths=", ".join(f"{n}: {worth}" for n in names),
    )
    case = solve_case(read_text(text))
    adopted, close = ways * np.exp(worth * needed), 5e-3 if worth > -20.0 else 1e-9
    years = 1.0 / (12.0 * adopted)
    count, wait = case.outcomes["n"].estimate, case.outcomes["t"].estimate
    assert wait.value == pytest.approx(years * YEAR, rel=close)
    assert count.value == pytest.approx(-np.expm1(-1000.0 / years), rel=close)
    assert np.isfinite(wait.value)
    assert count.value > 0.0
    assert wait.error < 1e-9 * wait.value


def test_a_slow_exit_between_fast_situations_is_found_to_the_last_digit():
    text = """
bystander: 1
title: Slow exits
as_of: 2022-10-15
horizon: 1 year
variables: {s: {levels: [a, b, c, d], start: a}}
hazards:
  h0: {when: s == a, rate: 1 per day, then: {s: b}}
  h1: {when: s == b, rate: 2 per day, then: {s: a}}
  h2: {when: s == b, rate: 1e-14 per day, then: {s: c}}
  h3: {when: s == c, rate: 3 per day, then: {s: d}}
  h4: {when: s == d, rate: 1 per day, then: {s: c}}
  h5: {when: s == c, rate: 2e-14 per day, then: {s: b}}
outcomes:
  lr: {long_run: s == a}
  t: {time_to: s == d}
  bef: {before: {first: s == d, than: s == b}}
"""
    case = solve_case(read_text(text))
    found = {name: result.estimate for name, result in case.outcomes.items()}
    assert found["lr"].value == pytest.approx(0.4, rel=1e-14)
    assert found["t"].value == pytest.approx(3e14, rel=1e-13)
    assert found["t"].error < 1e-9 * found["t"].value
    assert found["bef"].value == 0.0
