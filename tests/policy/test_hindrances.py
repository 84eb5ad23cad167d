"""A wider mandate that does nothing: what stands in the way instead."""

from dataclasses import asdict
from functools import cache

import pytest

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.cases.store import Store, of_form
from bystander.policy.measures import try_measures
from bystander.policy.reasons import hindrances, openings
from bystander.policy.what_if import what_if
from bystander.scenario import read_text
from policy.border import TEXT, base, border

NARROW = (
    TEXT.replace("  will: {value", "  wide: {value: 0}\n  will: {value", 1)
    .replace(
        "      step_in:\n        when: front == war and force == home",
        "      step_in:\n        when: front == war and force == home and wide > 0.5",
    )
    .replace("worth: -0.5, because: [toll]}", "worth: -9, because: [toll], tags: [request]}")
    .replace("measures:\n", "measures:\n  mandate: {set: {wide: 1}, cost: 1}\n", 1)
)


@cache
def narrow():
    return solve_case(read_text(NARROW, "narrow.yaml"))


def widened():
    return solve_case(Change(measures=(("mandate", ""),)).apply(narrow().scenario), near=narrow())


def test_the_mandate_gives_way_to_the_request():
    (found,) = hindrances(narrow(), widened())
    assert found.decision == "council.step_in"
    assert found.before == ("no mandate", pytest.approx(1.0))
    assert found.after[0] == "no request"
    assert found.after[1] > 0.9
    assert 0.0 < found.adopted < 1.0
    assert found.against in ("west", "patron")
    ((move, chance),) = found.asks
    assert move == "west.ask"
    assert 0.0 < chance < 0.01
    assert of_form(type(found))(asdict(found)) == found


def test_only_what_opens_a_way_is_looked_at():
    assert hindrances(narrow(), narrow()) == ()
    assert hindrances(base(), solve_case(Change(measures=(("hotline", ""),)).apply(border()))) == ()
    ((measure, hindrance),) = openings(narrow(), "council.step_in")
    assert measure == "mandate"
    assert hindrance.after[0] == "no request"
    assert openings(base(), "council.step_in") == ()


def test_an_idle_measure_says_why(tmp_path):
    def tried():
        return try_measures(
            narrow().scenario,
            only=["mandate", "hotline"],
            aims={"dead": "less"},
            base=narrow(),
            store=Store(tmp_path),
        )

    first, again = tried(), tried()
    mandate, hotline = first.packages
    ((found,), (fresh,)) = mandate.hindered, hindrances(narrow(), widened())
    assert (found.decision, found.after[0], found.against) == (fresh.decision, fresh.after[0], fresh.against)
    assert found.adopted == pytest.approx(fresh.adopted, rel=1e-6)
    assert hotline.hindered == ()
    assert again.packages[0].hindered == mandate.hindered


def test_what_if_says_so_too():
    found = what_if(narrow().scenario, measures=[("mandate", "")], base=narrow())
    assert [h.decision for h in found.hindered] == ["council.step_in"]
