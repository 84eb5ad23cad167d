"""Where claims stand, what rests on nothing, and what nothing rests on."""

from bystander.scenario import coverage, place_claims, read_text
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


def test_the_coverage_lists_what_nothing_supports() -> None:
    scenario = read_text(TWO_CLAIMS.replace("value: 6 per year, because: [C01]", "value: 6 per year"))
    found = coverage(scenario)
    assert found.unplaced_claims == (("report", "C02"),)
    assert found.unused_facts == ()
    assert any("'flare'" in line for line in found.free)
    assert not any("'loss'" in line for line in found.free)


def test_support_passes_through_parameters_but_not_in_circles() -> None:
    text = broken(("{value: 6 per year, because: [C01]}", "{value: 6 per year, because: [loss]}"))
    assert not any("'flare'" in line for line in coverage(read_text(text)).free)
    text = broken(
        ("{value: 6 per year, because: [C01]}", "{value: 6 per year, because: [loss]}"),
        ('spread=1.5)", because: [toll]}', 'spread=1.5)", because: [flare]}'),
    )
    lines = coverage(read_text(text)).free
    assert any("'flare'" in line for line in lines)
    assert any("'loss'" in line for line in lines)


def test_zero_and_one_are_logic_not_measurements() -> None:
    lines = coverage(read_text(BASE)).free
    assert [line for line in lines if "in the actor" not in line] == []
    assert len(lines) == 2
    told = read_text(BASE.replace("acts: every", "because: [toll]\n    acts: every"))
    assert coverage(told).free == ()
