"""Changes: what is asked for twice is done once, what cannot be done together is refused."""

import pytest

from bystander.cases.changes import Change
from bystander.errors import QueryError
from bystander.policy.measures import try_measures
from bystander.policy.opposition import substitutes
from bystander.policy.what_if import what_if
from bystander.scenario import Scenario, read_text
from reference.base_scenario import BASE

DEGREES = "{cost: 1, intensities: {low: {set: {flare: flare / 2}}, high: {set: {flare: flare / 3}}}}"
LOW, HIGH, TALKS = ("patrols", "low"), ("patrols", "high"), ("talks", "")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    more = f"measures:\n  patrols: {DEGREES}\n  talks: {{set: {{flare: flare / 5}}}}\n"
    more += "  idle: {disable: east.attack}\n"
    return read_text(BASE.replace("measures:\n  hotline: {set: {flare: flare / 2}}\n", more))


@pytest.mark.parametrize(
    ("taken", "once"),
    [((HIGH, HIGH), (HIGH,)), ((TALKS, HIGH, TALKS), (TALKS, HIGH)), ((TALKS,) * 3, (TALKS,))],
)
def test_a_measure_asked_for_twice_is_taken_and_told_once(scenario, taken, once) -> None:
    assert Change(measures=taken).apply(scenario) == Change(measures=once).apply(scenario)
    assert Change(measures=taken).words(scenario) == Change(measures=once).words(scenario)


@pytest.mark.parametrize("taken", [(LOW, HIGH), (HIGH, TALKS, LOW), (HIGH, ("patrols", ""))])
@pytest.mark.parametrize(
    "ask",
    [
        lambda scenario, taken: Change(measures=taken).apply(scenario),
        lambda scenario, taken: what_if(scenario, measures=taken),
        lambda scenario, taken: substitutes(scenario, taken, aims={"war_ever": "less"}),
    ],
    ids=["apply", "what_if", "substitutes"],
)
def test_a_measure_is_taken_in_one_degree_at_a_time(scenario, ask, taken) -> None:
    with pytest.raises(QueryError, match="one degree at a time, not as 'patrols"):
        ask(scenario, taken)


def test_no_package_holds_two_degrees_of_a_measure_and_none_is_listed_twice(scenario) -> None:
    only = ["patrols=low", "patrols=high", "talks", "talks"]
    found = try_measures(scenario, only=only, up_to=2, aims={"war_ever": "less"})
    low, high, talks = "patrols (low)", "patrols (high)", "talks"
    expected = [(low,), (high,), (talks,), (low, talks), (high, talks)]
    assert sorted(package.measures for package in found.packages) == sorted(expected)
