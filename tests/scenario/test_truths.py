"""True and false are never numbers: refused wherever a scenario wants a number, with the place."""

import re

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import read_text
from reference.base_scenario import BASE

FULL = BASE.replace(
    "{flare: flare / 2}}", "{flare: flare / 2}, cost: 2, intensities: {low: {set: {flare: 3 per year}}}}"
)
FULL = FULL.replace("rule: majority", "rule: {weighted: {weights: {west: 2}, quota: 1}}")
FULL = FULL.replace("    acts: every 1 week\n", "    acts: every 1 week\n    rationality: 1.5\n")
FULL = FULL.replace("war_ever: {ever: war}", "war_ever: {ever: war, within: 90 days}")
FULL = FULL.replace(
    "because: [toll]}\njudgements", "on_moves: {east.attack: 3 people}, because: [toll]}\njudgements"
)
FULL += "settings: {limit: 5000}\n"
NUMBER = re.compile(
    r"(?<=[ :])-?(?:every )?\d[\d.]*%?(?: (?:people|weeks?|days|year))?(?: per (?:year|day))?(?=[,}\n])"
)
PLACES = list(NUMBER.finditer(FULL))


def test_the_scenario_is_sound_and_the_places_are_many():
    read_text(FULL)
    assert len(PLACES) > 25


@pytest.mark.parametrize("truth", ["true", "false"])
@pytest.mark.parametrize("place", PLACES, ids=lambda m: f"{FULL.count(chr(10), 0, m.start()) + 1}-{m[0]}")
def test_true_is_not_a_number(place, truth):
    with pytest.raises(ScenarioError) as caught:
        read_text(FULL[: place.start()] + truth + FULL[place.end() :])
    line = FULL.count("\n", 0, place.start()) + 1
    assert line in {problem.mark.line for problem in caught.value.problems}
