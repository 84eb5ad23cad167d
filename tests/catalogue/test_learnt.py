"""Numbers that the library calls learnt are what its own table teaches, reckoned anew."""

import csv
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from bystander.scenario import read_scenario
from bystander.scenario.document import find_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def answering():
    spec = importlib.util.spec_from_file_location("answering", ROOT / "docs/answering.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def taught(answering):
    table = find_study("studies/requests-for-help").path.with_suffix(".csv")
    return answering.teach(answering.read_rows(table))


@pytest.fixture(scope="module")
def parameters():
    return read_scenario("toys/answering").parameters


def test_weights_and_their_spreads_are_those_of_the_table(answering, taught, parameters):
    for name, weight, spread in zip(answering.MOTIVES, taught.weights, taught.spreads, strict=True):
        own = parameters[f"{name}_weight"]
        low, high = own.prior.ppf([0.15865525393145707, 0.8413447460685429])
        assert own.value.value == pytest.approx(weight, abs=0.005001), name
        assert (high - low) / 2 == pytest.approx(spread, abs=0.005001), name


def test_habits_are_those_of_the_table(answering, taught, parameters):
    for asked, rates in zip(("unasked", "asked"), taught.rates, strict=True):
        for name, rate in zip(answering.ANSWERS, rates, strict=True):
            own = parameters[f"{name}_{asked}"]
            assert own.value.value == pytest.approx(rate, abs=0.000051), (name, asked)
            assert own.prior.ppf([0.5]) == pytest.approx(rate, abs=0.000051), (name, asked)


OWN = [
    ("Kazakhstan", "2022-01", "2022-02"),
    ("Kyrgyzstan", "2021-04", "2022-12"),
    ("Armenia", "2020-09", "2020-12"),
    ("Armenia", "2021-11", "2022-12"),
]
"""Whom the library's crises and their records are about, and when."""


@pytest.mark.parametrize(("state", "begin", "end"), OWN)
def test_the_librarys_own_crises_taught_nothing(answering, state, begin, end):
    table = find_study("studies/requests-for-help").path.with_suffix(".csv")
    rows = [row for row in answering.read_rows(table) if row["threatened_state"] == state]
    assert [row["case_id"] for row in rows if begin <= row["start_date"] <= end] == []


def test_the_texts_that_cite_the_table_say_how_many_crises_it_holds(answering):
    table = find_study("studies/requests-for-help").path.with_suffix(".csv")
    with table.open(encoding="utf-8", newline="") as lines:
        rounds = Counter(row["round"] for row in csv.DictReader(lines))
    taught = Counter(row["round"] for row in answering.read_rows(table))
    own = rounds - taught
    scenario = read_scenario("toys/asking")
    source = scenario.sources["requests-for-help"]
    assert f": {rounds.total()} crises " in source.title
    assert (
        f"{rounds['1']} rows of round 1 and {rounds['2']} of round 2; the {own.total()} of " in source.locator
    )
    assert set(own) == {"1"}
    assert f"Of the {taught['1']} crises of the first round" in scenario.facts["requests_made"].says
    answered = read_scenario("toys/answering").facts["requests_answered"].says
    assert answered.startswith(f"{taught.total()} crises ")
