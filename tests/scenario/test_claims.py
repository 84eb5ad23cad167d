"""Where claims stand, what rests on nothing, and what nothing rests on."""

from bystander.scenario import Scenario, place_claims, read_text
from bystander.scenario.claims import standings, unplaced_claims, unused_facts
from reference.base_scenario import BASE, broken

TWO_CLAIMS = broken(
    (
        "C01: {kind: fact, says: It happened}",
        "C01: {kind: fact, says: It happened}, C02: {kind: event, says: That too}",
    )
)


def test_a_claim_is_placed_where_it_is_named_directly_or_through_a_fact() -> None:
    placements = {p.claim: p for p in place_claims(read_text(TWO_CLAIMS))}
    places = placements["C01"].places
    assert ("fact", "toll") in places
    assert ("judgement", "war_likely") in places
    assert ("parameter", "flare") in places
    assert ("interest", "east.pain") in places
    assert ("decision", "council.step_in") in places
    assert ("outcome", "dead") in places
    assert placements["C02"].places == ()


def free_numbers(scenario: Scenario) -> list[str]:
    return [str(one) for one in standings(scenario) if one.standing.name == "free"]


def test_the_numbers_and_claims_that_nothing_supports_are_listed() -> None:
    scenario = read_text(TWO_CLAIMS.replace("value: 6 per year, because: [C01]", "value: 6 per year"))
    assert list(unplaced_claims(scenario)) == [("report", "C02")]
    assert not list(unused_facts(scenario))
    free = free_numbers(scenario)
    assert any("'flare'" in line for line in free)
    assert not any("'loss'" in line for line in free)


def test_support_passes_through_parameters_but_not_in_circles() -> None:
    text = broken(("{value: 6 per year, because: [C01]}", "{value: 6 per year, because: [loss]}"))
    assert not any("'flare'" in line for line in free_numbers(read_text(text)))
    text = broken(
        ("{value: 6 per year, because: [C01]}", "{value: 6 per year, because: [loss]}"),
        ('spread=1.5)", because: [toll]}', 'spread=1.5)", because: [flare]}'),
    )
    lines = free_numbers(read_text(text))
    assert any("'flare'" in line for line in lines)
    assert any("'loss'" in line for line in lines)


def test_zero_and_one_are_logic_not_measurements() -> None:
    lines = free_numbers(read_text(BASE))
    assert [line for line in lines if "in the actor" not in line] == []
    assert len(lines) == 2
    told = read_text(BASE.replace("acts: every", "because: [toll]\n    acts: every"))
    assert not free_numbers(told)
