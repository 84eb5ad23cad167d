import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.errors import Mark, ScenarioError
from bystander.scenario.expressions import evaluate, parse_expression
from bystander.scenario.priors import parse_prior
from bystander.seeds import key, stream
from bystander.units import (
    DURATION,
    MONEY,
    PEOPLE,
    PLAIN,
    RATE,
    Dimension,
    Quantity,
    format_duration,
    format_quantity,
    format_rate,
    format_whole,
    parse_duration,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("3 weeks", 21, DURATION),
        ("1 year", 365.25, DURATION),
        ("12 months", 365.25, DURATION),
        ("12 hours", 0.5, DURATION),
        ("2.0 per year", 2 / 365.25, RATE),
        ("every 2 weeks", 1 / 14, RATE),
        ("1 per 3 weeks", 1 / 21, RATE),
        ("3 people per 2 days", 1.5, PEOPLE / DURATION),
        ("1 year and 6 months", 1.5 * 365.25, DURATION),
        ("every 1 year and 6 months", 1 / (1.5 * 365.25), RATE),
        ("Every month", 12 / 365.25, RATE),
        ("Twice a year", 2 / 365.25, RATE),
        ("Two weeks", 14, DURATION),
        ("50% per year", 0.5 / 365.25, RATE),
        ("-14 per year", -14 / 365.25, RATE),
        ("70%", 0.7, PLAIN),
        ("10 people per day", 10, PEOPLE / DURATION),
        ("136_000 people", 136_000, PEOPLE),
        ("1,234 people", 1234, PEOPLE),
        ("1,234,567.5 people", 1_234_567.5, PEOPLE),
        ("-1,000 dollars", -1000, MONEY),
        ("1\u202f234\u202f567 people", 1_234_567, PEOPLE),
        ("12\u00a0000 people per 1,000 days", 12, PEOPLE / DURATION),
        ("every 1,000 days", 0.001, RATE),
        ("136 thousand people", 136_000, PEOPLE),
        ("2 million dollars", 2e6, MONEY),
        ("1e-3", 1e-3, PLAIN),
        ("every month", 12 / 365.25, RATE),
        ("weekly", 1 / 7, RATE),
        ("daily", 1, RATE),
        ("twice a year", 2 / 365.25, RATE),
        ("three times a month", 36 / 365.25, RATE),
        ("12 times per year", 12 / 365.25, RATE),
        ("once in 10 years", 0.1 / 365.25, RATE),
        ("once every 2 weeks", 1 / 14, RATE),
        ("once in a decade", 0.1 / 365.25, RATE),
        ("once per week", 1 / 7, RATE),
        ("6 a year", 6 / 365.25, RATE),
        ("10 people a day", 10, PEOPLE / DURATION),
        (".5 years", 365.25 / 2, DURATION),
        ("half a year", 365.25 / 2, DURATION),
        ("1 year 6 months", 365.25 * 1.5, DURATION),
        ("every 1 week 3 days", 0.1, RATE),
        ("two weeks", 14, DURATION),
        ("a month", 365.25 / 12, DURATION),
        ("a fortnight", 14, DURATION),
        ("every quarter", 4 / 365.25, RATE),
        ("quarterly", 4 / 365.25, RATE),
        ("annually", 1 / 365.25, RATE),
        ("fortnightly", 1 / 14, RATE),
        ("each week", 1 / 7, RATE),
        ("each 3 weeks", 1 / 21, RATE),
        ("every other week", 1 / 14, RATE),
        ("every second month", 6 / 365.25, RATE),
        ("twice weekly", 2 / 7, RATE),
        ("three times yearly", 3 / 365.25, RATE),
        ("once a fortnight", 1 / 14, RATE),
        ("5% per annum", 0.05 / 365.25, RATE),
        ("5.% per annum", 0.05 / 365.25, RATE),
        ("every 2. weeks", 1 / 14, RATE),
        ("1.e3 people", 1000, PEOPLE),
        ("2 Weeks", 14, DURATION),
        ("HALF A YEAR", 365.25 / 2, DURATION),
        ("EVERY month", 12 / 365.25, RATE),
        ("Every Other Week", 1 / 14, RATE),
        ("Twice a Year", 2 / 365.25, RATE),
        ("2 PER YEAR", 2 / 365.25, RATE),
        ("two per year", 2 / 365.25, RATE),
        ("three a week", 3 / 7, RATE),
        ("once a century", 0.01 / 365.25, RATE),
        ("two centuries", 200 * 365.25, DURATION),
        ("50 percent per year", 0.5 / 365.25, RATE),
        ("\u22122 per year", -2 / 365.25, RATE),
        (5, 5, PLAIN),
    ],
)
def test_quantities_are_read_in_days_people_and_dollars(text, value, dimension):
    found = parse_quantity(text)
    assert found.value == pytest.approx(value, rel=1e-15)
    assert found.dimension == dimension


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("3 weks", "Did you mean 'week"),
        ("nan", "not a quantity"),
        ("inf days", "not a quantity"),
        ("5 per", "ends after 'per'"),
        ("every 0 days", "no rate"),
        ("1 per 0 weeks", "no rate"),
        ("1 year and", "not a quantity"),
        ("1e999 days", "not a finite number"),
        ("1e-400 per year", "too small to be told from 0"),
        ("-0.5e-999", "too small to be told from 0"),
        ("twice", "not a quantity"),
        ("once in 0 years", "not a quantity"),
        ("1 year 6", "not a quantity"),
        ("every", "not a quantity"),
        ("a " * 90, "not a quantity"),
        ("__import__('os')", "not a quantity"),
        ("1" * 300, "not a quantity"),
    ],
)
def test_what_is_not_a_quantity_is_refused_with_a_fix(text, says):
    with pytest.raises(ScenarioError, match=says):
        parse_quantity(text)


def test_durations_need_their_units():
    assert parse_duration("2 weeks") == 14
    with pytest.raises(ScenarioError, match="a plain number, and a duration is needed"):
        parse_duration("3")


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1, "1 day"),
        (21, "3 weeks"),
        (30, "30 days"),
        (365.25, "1 year"),
        (0.25, "6 hours"),
        (1 / 1440, "1 minute"),
        (0.02, "28.8 minutes"),
        (730.5, "2 years"),
    ],
)
def test_durations_are_written_as_people_say_them(days, text):
    assert format_duration(days) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (152.0, "152 days"),
        (365.25, "1 year"),
        (14.0, "2 weeks"),
        (1 / 24, "1 hour"),
        (1 / 1440, "1 minute"),
        (0.02, "0.02 days"),
        (100.5, "100.5 days"),
        (364884.75, "999 years"),
    ],
)
def test_durations_are_told_as_whole_numbers(days: float, text: str) -> None:
    assert format_whole(days) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(2 / 365.25, "2 per year"), (0.5 / 365.25, "0.5 per year"), (3, "3 per day")]
)
def test_rates_are_written_as_people_say_them(rate, text):
    assert format_rate(rate) == text


@given(
    st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6),
    st.builds(Dimension, st.integers(-1, 1), st.integers(0, 1), st.integers(0, 1)),
)
@settings(max_examples=200, deadline=None)
def test_written_quantities_are_read_back(value, dimension):
    found = parse_quantity(format_quantity(value, dimension))
    assert found.dimension == dimension
    assert found.value == pytest.approx(value, rel=1e-3)


def test_streams_depend_on_seed_and_every_name_and_nothing_else():
    first = stream(1, "ensemble", 17).random(4)
    assert (stream(1, "ensemble", 17).random(4) == first).all()
    for other in (stream(2, "ensemble", 17), stream(1, "ensemble", 18), stream(1, "ensemble17")):
        assert not (other.random(4) == first).any()
    assert key("a", "b") != key("ab")


@pytest.mark.parametrize(
    "text",
    [
        *("1,5 years", "12,34 people", "0,250", "1,23", "1,2345", "1,234,56", "1234,567", "1,234_567"),
        *("1.234,5 people", "1 234 people", "1'234 people", "1’234 people", "1,234\u00a0567"),
    ],
)
def test_a_separator_that_may_mean_two_things_is_refused(text: str) -> None:
    for read in (parse_quantity, parse_expression):
        with pytest.raises(ScenarioError, match=r"decimals with a point|no meaning"):
            read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234 people + 1 person", 1235), ("2 * (1,234 people)", 2468), ("max((1,234), 5)", 1234)],
)
def test_thousands_in_expressions(text: str, value: float) -> None:
    assert evaluate(parse_expression(text), {}, {}) == value


@pytest.mark.parametrize(
    "text", ["min(1,234, 5)", "max(1,234 people, toll)", "level in [1,234]", "level in (1,234)"]
)
def test_a_comma_in_a_list_is_refused_where_it_may_be_of_a_number(text: str) -> None:
    with pytest.raises(ScenarioError, match="may be one number here, or several"):
        parse_expression(text)


@pytest.mark.parametrize(
    "text", ["lognormal(median=1,234 people, spread=2)", "lognormal(spread=2,median=1,234)"]
)
def test_thousands_in_priors(text: str) -> None:
    prior = parse_prior(text, Quantity(1000.0, PEOPLE, "1000 people"), Mark())
    assert (prior.first, prior.second) == (1234.0, 2.0)
