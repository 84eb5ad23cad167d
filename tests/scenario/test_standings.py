"""What numbers stand on."""

import pytest

from bystander.scenario import find_problems, read_text, write_scenario
from bystander.scenario.claims import standings, unused_numbers
from reference.base_scenario import broken

FLARE = "value: 6 per year, because: [C01]"
HARM = "facts:\n  wounded: {says: Some were hurt, source: report#C01, value: 80 people}\n"


def told(flare: str, name: str = "flare") -> str:
    scenario = read_text(broken((FLARE, flare), ("facts:\n", HARM)))
    assert read_text(write_scenario(scenario)) == scenario
    return next(str(one.standing) for one in standings(scenario) if one.name == name)


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        ("value: (fact.toll / fact.wounded) per year", "measured from toll, wounded"),
        ("value: (1 - fact.toll / fact.wounded) / 1 year", "measured from toll, wounded"),
        ("value: (2 * fact.toll / fact.wounded) per year", "free: nothing is cited for it"),
        ("value: (2 * fact.toll / fact.wounded) per year, because: [C01]", "argued with C01"),
        ("value: 6 per year, because: [toll, C01]", "argued with toll, C01"),
        ("value: 6 per year, learnt: [battle]", "learnt from battle"),
        ("value: 6 per year, learnt: record", "learnt from record"),
        ("value: 6 per year, because: [loss]", "argued with loss"),
        ("value: 6 per year", "free: nothing is cited for it"),
    ],
)
def test_a_parameter_stands_on_what_its_value_is_made_of(value: str, standing: str) -> None:
    assert told(value) == standing


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("6 per year", "Derive it from facts"),
        ("(2 * fact.toll / fact.wounded) per year", "Make facts of its other"),
    ],
)
def test_what_is_derived_from_facts_is_not_told_to_be(value: str, advice: str) -> None:
    (fix,) = (
        found.fix
        for found in find_problems(read_text(broken((FLARE, f"value: {value}"), ("facts:\n", HARM))))
        if found.check == "free-number" and "'flare'" in found.message
    )
    assert fix.startswith(advice)


def test_a_part_stands_on_the_weakest_of_its_numbers() -> None:
    change = "worth: -loss * fact.toll / fact.wounded, because: [toll]"
    scenario = read_text(broken(("worth: -loss, because: [toll]", change), ("facts:\n", HARM)))
    (pain,) = (one for one in standings(scenario) if one.name == "east.pain")
    assert pain.number == "fact.toll, fact.wounded"
    assert pain.standing.name == "argued"


def test_a_number_of_a_fact_is_the_number_written_out() -> None:
    derived = read_text(broken((FLARE, "value: (fact.toll / 8 people) per year")))
    assert derived.parameters["flare"].value.value == pytest.approx(5 / 365.25, rel=1e-15)
    assert derived.parameters["flare"].value.formula == "(fact.toll / 8 people) per year"


def test_a_citation_is_not_a_use() -> None:
    assert list(unused_numbers(read_text(broken()))) == [("loss", ("toll",))]
    used = broken(("20 per year, prior", "(fact.toll / 2 people) per year, prior"))
    assert list(unused_numbers(read_text(used))) == []
