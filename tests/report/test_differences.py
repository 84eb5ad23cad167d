"""What a change does is told in one sentence, and its effects in the order of their size."""

from dataclasses import dataclass, replace

import pytest

from bystander.cases.changes import STRUCTURE
from bystander.policy.compare import TOGETHER, DifferencePart
from bystander.report.words.sentences import (
    cause,
    change,
    course,
    focus,
    headline,
    largest_first,
    plain,
    remedies,
)
from reference.assessments import ferghana


@dataclass(frozen=True)
class Two:
    outcome: str
    before: float
    after: float
    unit: str = "probability"
    about: str = ""


def test_the_largest_change_is_told_first():
    changed = [Two("calm", 0.5, 0.52), Two("dead", 100.0, 50.0, "people"), Two("war", 0.6, 0.1)]
    assert [one.outcome for one in largest_first(changed)] == ["war", "dead", "calm"]
    said = plain(headline(changed))
    war = "The chance of \u201cWar\u201d falls from likely (60%) to very unlikely (10%)"
    assert said == f"{war}; 2 other outcomes move too."


def test_amounts_are_told_as_amounts_and_nothing_is_said_to_be_nothing():
    said = plain(headline([Two("dead", 40.0, 80.0, "people", "People killed."), Two("calm", 0.5, 0.501)]))
    assert said == "\u201cPeople killed\u201d rises from 40 to 80 people."
    assert (
        plain(headline([Two("calm", 0.5, 0.501)]))
        == "Nothing that is asked changes by as much as half a point."
    )
    assert plain(headline([])).startswith("Nothing")


def test_what_is_printed_alike_stays():
    assert plain(headline([Two("calm", 0.656, 0.664)])) == (
        "The chance of \u201cCalm\u201d stays at likely (66%)."
    )
    seen = plain(headline([Two("calm", 0.656, 0.664), Two("war", 0.502, 0.508)]))
    assert seen == "The chance of \u201cWar\u201d rises from 50% to 51% (roughly even)."
    assert plain(course(1e-3, 2e-3, "probability")) == "at remote (under 1%)"
    assert plain(course(2.0001, 2.0002, "per day")) == "at 731 per year"


def test_a_measure_that_moves_nothing_printed_is_said_to_leave_it():
    told = ferghana()
    goal = focus(told)
    found = [m for m in told.measures if change(m, goal)]
    low = replace(found[0], effects=((goal.name, 0.001, 0.002),))
    high = replace(found[0], name="high", about="High", effects=((goal.name, 0.002, 0.9),))
    left = plain(remedies(replace(told, measures=(low,)), 2)[0])
    assert "leaves the chance of" in left
    assert left.endswith("at remote (under 1%).")
    said = [plain(line) for line in remedies(replace(told, measures=(low, high)), 2)]
    assert len(said) == 1
    assert said[0].startswith("The measure \u201cHigh\u201d raises the chance of \u201c")


@pytest.mark.parametrize(
    ("about", "said"), [("", "What is built otherwise"), (TOGETHER, "What the parties make only together")]
)
def test_what_no_party_makes_alone_is_told_for_what_it_is(about: str, said: str) -> None:
    assert cause(DifferencePart(STRUCTURE, 0.9, (), about)) == (said, "", "")
