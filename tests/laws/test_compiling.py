"""Laws of meaning: what may not matter does not matter."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bystander.game.compile import compile_game
from bystander.game.questions import mask
from reference.scenarios import read, scenarios, shuffled
from reference.slow_compile import Plain, as_plain, differences

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(data, order=None) -> Plain:
    """Compile and write situations with variables in the given order; extra ones are dropped."""
    game = compile_game(read(data))
    found = as_plain(game)
    if order is None:
        return found
    columns = [game.situations.names.index(name) for name in order]

    def key(situation):
        return tuple(situation[c] for c in columns)

    for options in found.options.values():
        for option in options.values():
            option.branches = [(chance, key(target)) for chance, target in option.branches]
    return Plain(
        {key(s): dict(sorted(options.items())) for s, options in found.options.items()},
        {(key(s), actor): worth for (s, actor), worth in found.flow.items()},
        {(key(s), actor): pace for (s, actor), pace in found.pace.items()},
        {key(s): chance for s, chance in found.start.items()},
    )


@given(scenarios(), st.randoms(use_true_random=False))
@FEW
def test_order_does_not_matter(data, random):
    order = list(data["variables"])
    assert differences(plain(data, order), plain(shuffled(data, random), order)) == []


@given(scenarios())
@FEW
def test_an_unreachable_addition_changes_nothing(data):
    order = list(data["variables"])
    more = copy.deepcopy(data)
    more["variables"]["extra"] = {"levels": ["no", "yes"], "start": "no"}
    more["variables"][order[0]]["levels"].append("elsewhere")
    more["hazards"]["unheard_of"] = {
        "when": "extra == yes",
        "rate": "1 per day",
        "then": {order[0]: "elsewhere"},
    }
    for actor in more["actors"].values():
        actor["interests"]["dream"] = {"when": "extra == yes", "worth": "5 per year"}
    assert differences(plain(data, order), plain(more, order)) == []


@given(scenarios())
@FEW
def test_names_do_not_matter(data):
    """Level names, that is; conditions are written again with the new ones."""
    order = list(data["variables"])
    levels = {"a": "alpha", "b": "beta", "c": "gamma"}

    def renamed(value):
        if isinstance(value, dict):
            return {levels.get(k, k): renamed(v) for k, v in value.items()}
        if isinstance(value, list):
            return [renamed(v) for v in value]
        if isinstance(value, str):
            return " ".join(levels.get(w, w) for w in _spaced(value).split())
        return value

    found, other = plain(data, order), plain(renamed(data), order)
    back = {new: old for old, new in levels.items()}
    assert {tuple(back[level] for level in s) for s in other.options} == set(found.options)
    totals = [
        sorted(o.rate for options in p.options.values() for o in options.values()) for p in (found, other)
    ]
    assert totals[0] == pytest.approx(totals[1])


def _spaced(text):
    for symbol in "[](),":
        text = text.replace(symbol, f" {symbol} ")
    return text


@given(scenarios())
@FEW
def test_a_condition_and_its_negation_part_the_situations(data):
    game = compile_game(read(data))
    for hazard in data["hazards"].values():
        text = hazard.get("when", "hot")
        held = mask(game, text)
        assert not (held & mask(game, f"not ({text})")).any()
        assert (held | mask(game, f"not ({text})")).all()


def test_units_of_time_do_not_matter():
    def data(rate, worth, every):
        return {
            "bystander": 1,
            "title": "Units",
            "as_of": "2022-10-15",
            "horizon": "1 year",
            "variables": {"front": {"levels": ["quiet", "war"], "start": "quiet"}},
            "parameters": {"rate": rate},
            "actors": {
                "east": {
                    "acts": every,
                    "patience": "12% per year",
                    "interests": {"loss": {"when": "front == war", "worth": worth}},
                    "actions": {"attack": {"then": {"front": "war"}}},
                }
            },
            "hazards": {"peace": {"when": "front == war", "rate": "rate", "then": {"front": "quiet"}}},
        }

    one = plain(data("24 per year", "-6 per year", "every 2 weeks"))
    assert differences(one, plain(data("2 per month", "-0.5 per month", "every 14 days"))) == []
