"""What a term rests on is told in the words of the scenario, conclusions of the source never among it."""

import pytest

from bystander.assessment.result import Bar, Reason
from bystander.report.words.decomposition import first_sentence, support, supports, weightiest
from bystander.scenario import read_scenario


@pytest.fixture(scope="module")
def scenario():
    return read_scenario("crises/ferghana-2022")


ACT = Reason(
    "sco",
    "mediate",
    "Take up the conflict",
    "heavy_fighting",
    0.02,
    -3.3,
    (
        Bar("sco.mediate", "Take up the conflict", "own worth", -3.5, ("sco_rules", "C13", "C15"), now=True),
        Bar("china.roads_and_loans", "Heavy fighting near its roads and loans", "interest", 0.2, ("C14",)),
        Bar("shocks of votes", "", "shocks", -4.0),
    ),
    voter="china",
)


def test_grounds_are_told_of_the_weightiest_term_about_the_case():
    assert weightiest(ACT) is ACT.bars[0]
    assert weightiest(Reason("a", "b", "", "", 0.5, 0.0, ())) is None


@pytest.mark.parametrize(("log_odds", "told"), [(0.003, False), (-0.09, False), (0.1, True), (-2.0, True)])
def test_what_hardly_weighs_is_no_ground(log_odds, told):
    bar = Bar("china.roads_and_loans", "Heavy fighting near its roads", "interest", log_odds)
    habit = Bar("habit", "", "habit", -4.0)
    assert weightiest(Reason("china", "mediate", "", "", 0.02, -4.0, (habit, bar))) is (bar if told else None)


def test_a_worth_rests_on_its_parameter_and_what_that_rests_on(scenario):
    found = supports(scenario, ACT, ACT.bars[0])
    assert found[0].name == "A precedent that could be turned on itself (its weight)"
    assert found[0].says == "1"
    assert [s.name for s in found].index("C15") > 0
    assert "C13" not in [s.name for s in found]


def test_a_cost_is_told_by_what_takes_away_and_a_gain_by_what_adds(scenario):
    offer = Reason("csto", "send_troops", "", "", 0.5, 0.0, (), voter="russia")
    cost = Bar("csto.send_troops", "", "own worth", -1.0, now=True)
    gain = Bar("csto.send_troops", "", "own worth", 1.0, now=True)
    assert supports(scenario, offer, cost)[0].name == "Its own war elsewhere (its weight)"
    assert supports(scenario, offer, gain)[0].name == "What the treaty text covers (its weight)"


def test_a_free_number_is_called_free(scenario):
    told = support(scenario, "war_cost")
    assert told is not None
    assert told.source.startswith("free")


def test_what_is_unknown_supports_nothing(scenario):
    assert support(scenario, "nowhere#C99") is None
    assert (
        supports(scenario, Reason("x", "y", "", "", 0.5, 0.0, ()), Bar("x.y", "", "own worth", 1.0, now=True))
        == []
    )


def test_the_first_sentence_is_kept():
    assert first_sentence("Cost of a day. Spread: wide.") == "Cost of a day"
    assert first_sentence("Cost of a day.") == "Cost of a day"
