"""What is asked of Ferghana 2022: the West, and those who oppose it."""

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.store import Store
from bystander.policy.measures import try_measures
from bystander.policy.opposition import as_good, take_back, without_owners
from bystander.scenario import read_scenario
from bystander.scenario.motives import opposing_moves

AIMS = ["dead_in_a_year", "settlement"]


@pytest.fixture(scope="module")
def case():
    return solve_case(read_scenario("crises/ferghana-2022"), judgements=())


def test_opposition_takes_back_part_of_what_mediation_promises(case):
    assert opposing_moves(case.scenario) == ["russia.obstruct", "china.obstruct"]
    found = take_back(case.scenario, [("western_mediation", "high_level_visit")], outcomes=AIMS, base=case)
    for name, better in (("dead_in_a_year", -1.0), ("settlement", 1.0)):
        row = found.outcome(name)
        assert better * row.promised > better * row.kept > 0.0
        assert row.promised == pytest.approx(row.kept + row.taken_back, rel=1e-12)
    assert found.jump == 0.0


def test_something_does_as_well_as_a_mission_without_the_west(case):
    mission = try_measures(case.scenario, only=["western_mediation=mission"], base=case, store=Store(None))
    spared = without_owners(case.scenario, ["west"])
    assert not any(m.enabled for name, m in spared.moves().items() if name.startswith("west."))
    only = ["joint_commission", "posts_pulled_back", "relief"]
    found = try_measures(spared, only=only, base=solve_case(spared, near=case), store=Store(None))
    names = {p.name for p in as_good(found, mission.packages[0])}
    assert "relief" not in names
