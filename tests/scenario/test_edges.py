"""Scenarios at the edges of each rule of the language: answered, or refused by what says where and why."""

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import read_text
from reference.base_scenario import broken

MEMBERS = "members: [east, west]"
TOLL = "toll: {says: Some died,"
HORIZON = "horizon: 1 year"
LAW = "given: war\nclauses: {a: {says: All, source: report, from: 2020, until: 2019, reading: yes}}"
SIDES = "groups: {sides: {west: {from: 2012-01-02, until: 2012-01-02}}}\nactors:\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        (MEMBERS, "members: {east: {from: 2012-02, until: 2010}, west: }", 45, "2010, and only from 2012-02"),
        (TOLL, f"{TOLL} from: 2020-01-01, until: 2019,", 9, "until 2019, and only from 2020-01-01"),
        ("given: war", LAW, 6, "until 2019, and only from 2020"),
        ("actors:\n", SIDES, 22, "until 2012-01-02, and only from 2012-01-02"),
        ("until: 2022-09-17", "until: 2022-09-10", 12, "ends on 2022-09-10, before it begins on 2022-09-14"),
        (HORIZON, "horizon: until 2022-01-01", 4, "'until 2022-01-01' is not after 2022-10-15"),
        (HORIZON, "horizon: until 2022-10-15", 4, "not after 2022-10-15"),
    ],
)  # fmt: skip
def test_what_no_rule_can_mean_is_refused_where_it_stands(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ScenarioError, match=says) as found:
        read_text(broken((old, new)))
    assert [problem.mark.line for problem in found.value.problems] == [line]


@pytest.mark.parametrize(
    ("term", "there"),
    [
        ("{until: 2022}", True),
        ("{until: 2022-10}", True),
        ("{until: 2022-10-15}", False),
        ("{from: 2022, until: 2022}", True),
        ("{from: 2023}", False),
    ],
)
def test_a_year_ends_with_its_last_day(term: str, there: bool) -> None:
    scenario = read_text(broken((MEMBERS, f"members: {{east: , west: {term}}}")))
    council = scenario.institutions["council"]
    assert (council.members == ("east", "west")) is there
    assert ("west" in council.decisions["step_in"].worth) is there
