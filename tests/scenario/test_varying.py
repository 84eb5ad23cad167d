"""Changed copies: what changes, what does not, and what contradicts."""

import pytest

from bystander.cases.changes import Change
from bystander.errors import QueryError
from bystander.scenario import apply_measures, read_scenario, read_text, vary, write_scenario
from bystander.scenario.expressions import parse_expression
from bystander.units import YEAR
from reference.base_scenario import BASE

MORE = """\
measures:
  hotline: {set: {flare: flare / 2}, intensities: {full: {set: {flare: flare / 4}}}}
  patrols: {set: {flare: flare / 5}}
  treaty: {set: {flare: 1 per year}}
  truce: {set: {flare: 2 per year}}
  lock: {disable: east.attack, start: {front: quiet}}
  unlock: {enable: east.attack, start: {front: war}}
"""


@pytest.fixture(scope="module")
def scenario():
    return read_text(BASE.replace("measures:\n  hotline: {set: {flare: flare / 2}}\n", MORE))


def test_text_is_read_with_its_unit_and_numbers_in_days(scenario) -> None:
    assert vary(scenario, sets={"flare": "3 per year"}).parameters["flare"].value.value == pytest.approx(
        3 / YEAR
    )
    assert vary(scenario, sets={"flare": 0.01}).parameters["flare"].value.value == 0.01
    tripled = vary(scenario, sets={"flare": parse_expression("flare * 3")})
    assert tripled.parameters["flare"].value.value == pytest.approx(18 / YEAR)


def test_a_number_keeps_the_unit_in_which_it_is_asked_for(scenario) -> None:
    for text in ("20 per year", "every 3 weeks", "once in 5 years"):
        assert str(vary(scenario, sets={"flare": text}).parameters["flare"].value) == text


def test_a_coded_number_stays_on_its_scale_and_is_written_back_with_it() -> None:
    coded = read_text(BASE.replace("parameters:\n", "parameters:\n  near: {value: 1, scale: 0 to 1}\n"))
    assert vary(coded, sets={"near": "0.5"}).parameters["near"].value.value == 0.5
    with pytest.raises(QueryError, match="'near' is coded from 0 to 1, not -3"):
        vary(coded, sets={"near": "-3"})
    assert read_text(write_scenario(coded)).parameters["near"].scale == (0.0, 1.0)


def test_the_original_is_untouched_and_unmentioned_things_stay(scenario) -> None:
    changed = vary(scenario, sets={"flare": 0.01}, disable=["east.attack", "council.step_in", "nature.calm"])
    assert scenario.parameters["flare"].value.value == pytest.approx(6 / YEAR)
    assert {n for n, move in changed.moves().items() if not move.enabled} == {
        "east.attack",
        "council.step_in",
        "nature.calm",
    }
    assert changed.outcomes == scenario.outcomes
    assert vary(
        changed, sets={"flare": scenario.parameters["flare"].value.value}, enable=changed.moves()
    ) == (vary(scenario, sets={"flare": scenario.parameters["flare"].value.value}))


@pytest.mark.parametrize("both", [("east.attack",), ("nature.calm", "east.attack"), ("nature.calm",) * 2])
def test_what_is_both_enabled_and_disabled_is_refused(scenario, both) -> None:
    with pytest.raises(QueryError, match=f"'{both[0]}' is both enabled and disabled"):
        vary(scenario, enable=both, disable=both)
    with pytest.raises(QueryError, match="both enabled and disabled"):
        Change(enable=both, disable=("council.step_in", *both)).apply(scenario)


def test_a_start_is_a_level_or_a_distribution(scenario) -> None:
    assert vary(scenario, start={"front": "war"}).variables["front"].start == {"war": 1.0}
    start = {"war": 0.25, "quiet": 0.75}
    assert vary(scenario, start={"front": start}).variables["front"].start == start


def test_a_varied_scenario_is_written_and_read_back(scenario) -> None:
    from bystander.scenario import write_scenario

    changed = vary(scenario, sets={"flare": 0.0123456789, "loss": "1/3 * loss"}, start={"front": "war"})
    assert read_text(write_scenario(changed)) == changed


def test_measures_that_build_on_a_parameter_combine_in_any_order(scenario) -> None:
    both = apply_measures(scenario, ["hotline", "patrols"]).parameters["flare"].value.value
    assert both == pytest.approx(0.6 / YEAR)
    assert both == pytest.approx(
        apply_measures(scenario, ["patrols", "hotline"]).parameters["flare"].value.value
    )
    on_treaty = apply_measures(scenario, ["hotline", "treaty"]).parameters["flare"].value.value
    assert on_treaty == pytest.approx(0.5 / YEAR)


def test_measures_come_in_degrees(scenario) -> None:
    assert apply_measures(scenario, "hotline", "full").parameters["flare"].value.value == pytest.approx(
        1.5 / YEAR
    )
    two = apply_measures(scenario, ["hotline", "patrols"], {"hotline": "full"})
    assert two.parameters["flare"].value.value == pytest.approx(0.3 / YEAR)
    with pytest.raises(QueryError, match="degree"):
        apply_measures(scenario, "hotline", "fll")


@pytest.mark.parametrize("names", [["treaty", "truce"], ["lock", "unlock"]])
def test_contradictions_are_refused(scenario, names) -> None:
    with pytest.raises(QueryError):
        apply_measures(scenario, names)


def test_rivals_are_applied_like_measures(scenario) -> None:
    assert apply_measures(scenario, ["cheap_war"]).parameters["loss"].value.value == pytest.approx(1 / YEAR)
    with pytest.raises(QueryError, match="cheap_war"):
        apply_measures(scenario, ["chep_war"])


def test_the_door_applies_variants_and_changes(tmp_path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(BASE)
    read = read_scenario(path, variant=["cheap_war"], sets={"flare": "1 per year"}, disable=["east.attack"])
    assert read.parameters["loss"].value.value == pytest.approx(1 / YEAR)
    assert read.parameters["flare"].value.value == pytest.approx(1 / YEAR)
    assert not read.moves()["east.attack"].enabled


@pytest.mark.parametrize(
    ("names", "flare"),
    [
        (["hotline"], 3),
        (["hotline", "hotline"], 3),
        (["hotline", "patrols"], 0.6),
        (["more", "hotline"], 4),
        (["hotline", "more"], 4),
        (["more", "hotline", "more", "hotline"], 4),
    ],
)
def test_measures_are_taken_once_and_in_the_order_of_the_file(names, flare) -> None:
    listed = MORE + "  more: {set: {flare: flare + 1 per year}}\n"
    text = BASE.replace("measures:\n  hotline: {set: {flare: flare / 2}}\n", listed)
    taken = apply_measures(read_text(text), names)
    assert taken.parameters["flare"].value.value == pytest.approx(flare / YEAR)
