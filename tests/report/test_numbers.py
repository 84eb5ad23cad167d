import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.assessment.result import Estimate
from bystander.report.words.numbers import (
    YARDSTICK,
    ahead,
    amount,
    date,
    duration,
    likelihood,
    on_average,
    percent,
    power,
    quantity,
    round_together,
    short_percent,
    signed,
    size_in_words,
    spread,
    working_time,
)
from bystander.scenario.schema.fields import Until, day_of
from bystander.units import MONTH, parse_duration


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "remote"),
        (0.044, "remote"),
        (0.045, "very unlikely"),
        (0.05, "very unlikely"),
        (0.194, "very unlikely"),
        (0.199, "unlikely"),
        (0.2, "unlikely"),
        (0.444, "unlikely"),
        (0.449, "roughly even"),
        (0.45, "roughly even"),
        (0.544, "roughly even"),
        (0.549, "likely"),
        (0.55, "likely"),
        (0.794, "likely"),
        (0.799, "very likely"),
        (0.8, "very likely"),
        (0.944, "very likely"),
        (0.949, "almost certain"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_words_follow_the_yardstick_of_icd_203(probability, word):
    assert likelihood(probability) == word


def test_the_yardstick_has_no_gap():
    assert YARDSTICK[0].low == 0
    assert YARDSTICK[-1].high == 1
    assert all(a.high == b.low for a, b in itertools.pairwise(YARDSTICK))


@pytest.mark.parametrize("wrong", [-0.1, 1.1])
def test_what_is_no_probability_has_no_word(wrong):
    with pytest.raises(ValueError, match="not a probability"):
        likelihood(wrong)


def test_what_is_withheld_is_said_to_be_not_known():
    assert likelihood(math.nan) == percent(math.nan) == amount(math.nan) == "not known"
    assert quantity(math.inf, "days") == "may never come"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "under 1%"),
        (0.004, "under 1%"),
        (0.006, "1%"),
        (0.07, "7%"),
        (0.985, "99%"),
        (0.996, "over 99%"),
        (1, "over 99%"),
    ],
)
def test_percents_never_claim_certainty(value, text):
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.42, "0.42"),
        (5.971, "6"),
        (6.44, "6.4"),
        (46.5, "46"),
        (71, "71"),
        (99.7, "100"),
        (118_400, "118,000"),
        (1_400_000, "1.4 million"),
        (-3.2, "\u22123.2"),
        (0.0004, "0.0004"),
        (-0.00096, "\u22120.001"),
        (1e-4, "0.0001"),
        (3.2e-6, "0.000003"),
        (3.2e-11, "3e-11"),
        (math.inf, "infinite"),
    ],
)
def test_amounts_are_as_fine_as_they_can_be_meant(value, text):
    assert amount(value) == text


def test_small_errors_are_powers_of_ten():
    assert power(3.1e-11) == "3e-11"
    assert power(9.9e-5) == "1e-4"
    assert power(0) == "0"


def test_spans_and_dates_are_words():
    assert [duration(d) for d in (1, 7, 30, 90, 365.25, 730.5, 45)] == [
        "a day",
        "a week",
        "a month",
        "three months",
        "a year",
        "2 years",
        "45 days",
    ]
    for months, said in ((1, "a month"), (2, "2 months"), (3, "three months"), (6, "half a year")):
        assert duration(parse_duration(f"{months} months")) == said
    assert duration(parse_duration("11 months")) == "11 months"
    assert duration(parse_duration("1 year")) == "a year"
    assert duration(61.0) == "61 days"
    assert date("2022-10-15") == "15 October 2022"
    assert date("2022-10") == "October 2022"
    assert date("soon") == "soon"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (26, "26 s"),
        (119, "119 s"),
        (120, "2 minutes"),
        (440, "7.3 minutes"),
        (8536, "2.4 hours"),
        (200_000, "2.3 days"),
    ],
)
def test_the_time_a_machine_takes_is_in_the_unit_one_would_say(seconds, said):
    assert working_time(seconds) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1, "count", "1 time"),
        (1.004, "days", "1 day"),
        (1, "people", "1 person"),
        (1, "people per day", "1 person per day"),
        (0, "days", "0 days"),
        (1.5, "count", "1.5 times"),
    ],
)
def test_one_is_told_as_one(value, unit, said):
    assert quantity(value, unit) == said


def test_a_size_is_told_in_words_that_agree_with_their_numbers():
    assert size_in_words(1, 1, 1) == "1 situation, 1 move, 1 actor"
    assert size_in_words(22_032, 0, 8) == "22,032 situations, 0 moves, 8 actors"


@pytest.mark.parametrize(
    ("times", "said"),
    [(0.0, "0 times"), (0.059, "once in 17 such crises"), (0.5, "0.5 times"), (1.0, "1 time")],
)
def test_what_is_rare_is_told_by_how_many_crises_it_takes(times, said):
    assert on_average(times) == f"on average {said}"


def test_a_horizon_that_is_a_date_is_told_as_one():
    assert ahead(305.0, day_of(Until(305.0, "1976-11-18"))) == "ahead until 18 November 1976"
    assert ahead(4 * MONTH, day_of(4 * MONTH)) == "4 months ahead"


def test_quantities_carry_their_unit():
    assert quantity(0.07, "probability") == "7%"
    assert quantity(71, "people") == "71 people"
    assert quantity(2, "count") == "2 times"


def test_ranges():
    assert spread(Estimate(0.5)) == ""
    assert spread(Estimate(0.5, 0, 0.41, 0.72)) == "41\u201372%"
    assert spread(Estimate(0.5, 0, 0.001, 0.02)) == "<1%\u20132%"
    assert spread(Estimate(5, 0, 3, 11, "people")) == "3\u201311"


def test_signs():
    assert signed(1.23, 2) == "+1.23"
    assert signed(-1.0) == "\u22121.0"
    assert signed(-0.001, 2) == "0.00"


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12))
def test_what_is_rounded_together_adds_up(values):
    rounded = round_together(values, step=0.01)
    assert sum(rounded) == pytest.approx(math.floor(sum(values) / 0.01 + 0.5) * 0.01, abs=1e-9)
    assert all(abs(a - b) < 0.0101 for a, b in zip(values, rounded, strict=True))


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_chance_never_shows_smaller(a, b):
    low, high = sorted((a, b))
    order = ["<1%", *(f"{k}%" for k in range(1, 100)), ">99%"]
    assert order.index(short_percent(low)) <= order.index(short_percent(high))
