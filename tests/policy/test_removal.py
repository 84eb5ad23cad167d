"""Claims taken out: what is bound to one goes, what changes most is told, the page of the case says so."""

import re
from pathlib import Path

import pytest

from bystander.cases.cases import solve_case
from bystander.errors import QueryError
from bystander.policy.what_if import ClaimRemoval, measure_removals, without_claim
from bystander.report.words.numbers import in_short
from bystander.scenario import read_scenario, read_text
from reference.base_scenario import broken

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "source-and-claims.md"
ASKED = [f"C{n}" for n in (*range(13, 28), 34, *range(52, 59))]
TEXT = broken(
    ("C01: {kind", "C02: {kind: fact, says: b}, C03: {kind: fact, says: c}, C01: {kind"),
    ("worth: -loss, because: [toll]", "worth: -loss, because: [C02]"),
    ("every: 3 weeks, then: {front: quiet, request: none}, because: [toll]",
     "every: 3 weeks, then: {front: quiet, request: none}, because: [C03]"),
)  # fmt: skip


def row(removal: ClaimRemoval) -> str:
    """Write a removal as the page does."""
    if removal.none:
        return f"| {removal.claim} | nothing | |"
    before, after = in_short(removal.before, removal.unit), in_short(removal.after, removal.unit)
    return f"| {removal.claim} | {removal.about} | {before} to {after} |"


def test_what_is_bound_to_a_claim_goes_and_the_largest_change_is_told() -> None:
    scenario = read_text(TEXT)
    (removal,) = measure_removals(scenario, ["C02"])
    assert removal.taken == (("interest", "east.pain"),)
    bare = solve_case(read_text(TEXT.replace("worth: -loss,", "worth: 0 * loss,")))
    whole = solve_case(scenario)
    assert removal.before == pytest.approx(whole.value(removal.outcome), rel=1e-6)
    assert removal.after == pytest.approx(bare.value(removal.outcome), rel=1e-6)
    assert removal.size > 0.0


def test_a_claim_that_only_chance_rests_on_changes_nothing() -> None:
    (removal,) = measure_removals(read_text(TEXT), ["report#C03"])
    assert (removal.taken, removal.none, removal.failure) == ((), True, "")


def test_a_fact_takes_what_is_reckoned_from_it_and_worths_and_impacts_with_it() -> None:
    scenario = read_text(TEXT)
    (removal,) = measure_removals(scenario, ["C01"])
    assert ("parameter", "loss") in removal.taken
    assert ("action", "east.attack") in removal.taken
    bare = without_claim(scenario, removal.taken)
    assert bare.parameters["loss"].value.value == 0.0
    assert str(bare.actors["east"].actions["attack"].impacts["west"]) == str(
        bare.institutions["council"].decisions["step_in"].worth["west"]
    )


def test_an_unknown_claim_is_refused() -> None:
    with pytest.raises(QueryError, match="No source has the claim 'C99'"):
        measure_removals(read_text(TEXT), ["C99"])


def test_every_claim_asked_about_changes_a_headline_or_is_listed_as_changing_nothing() -> None:
    rows = re.findall(r"^\| (C\d\d) \| (.+?) \| (.*?) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [claim for claim, *_ in rows] == ASKED
    outcomes = {o.about for o in read_scenario("crises/ferghana-2022").outcomes.values() if o.headline}
    for _, what, by in rows:
        assert (what == "nothing" and not by) or (what in outcomes and " to " in by)


def test_the_page_states_what_comes_out() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for removal in measure_removals(read_scenario("crises/ferghana-2022"), ["C16", "C17", "C54"]):
        assert row(removal) in text
