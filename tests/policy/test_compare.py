"""Differences between scenarios are divided among their inputs, and the parts add up."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.errors import QueryError
from bystander.policy.compare import compare, shapley
from bystander.policy.inputs import differing_inputs, hybrid
from bystander.report.words.sentences import cause
from bystander.scenario import read_text
from policy.border import TEXT, base, border


@pytest.fixture(scope="module")
def other():
    change = Change(measures=(("envoy", ""), ("hotline", ""), ("ban", "")), start={"front": "tense"})
    return change.apply(border())


def test_inputs_are_found_and_exchanged(other):
    inputs = differing_inputs(border(), other)
    assert {(i.name, i.kind) for i in inputs} == {
        ("flare", "parameter"),
        ("will", "parameter"),
        ("start of front", "start"),
        ("patron.obstruct", "move"),
    }
    assert next(i for i in inputs if i.name == "flare").in_b == "3 per year"
    assert hybrid(border(), other, inputs) == other
    assert hybrid(border(), other, []) == border()


def test_parts_add_up_and_say_what_matters(other):
    found = compare(border(), other, base=base())
    assert found.method == "shapley"
    assert found.solves == 16
    assert {a.outcome for a in found.outcomes} == set(border().outcomes)
    fresh = solve_case(other)
    for a in found.outcomes:
        assert a.after == pytest.approx(fresh.value(a.outcome), rel=1e-6)
        assert sum(p.part for p in a.parts) == pytest.approx(a.change, abs=1e-9)
        assert a.residual == pytest.approx(0.0, abs=1e-9)
        sizes = [abs(p.part) for p in a.parts]
        assert sizes == sorted(sizes, reverse=True)
    settlement = next(a for a in found.outcomes if a.outcome == "settlement")
    assert settlement.parts[0].group == "will"


def test_the_other_way_round_parts_change_sign(other):
    there = compare(border(), other, outcomes=["dead"], base=base())
    back = compare(other, border(), outcomes=["dead"])
    parts = {p.group: p.part for p in there.outcomes[0].parts}
    for p in back.outcomes[0].parts:
        assert p.part == pytest.approx(-parts[p.group], rel=1e-5, abs=1e-7)


def test_groups_are_kept_together(other):
    found = compare(border(), other, groups={"talks": ["will", "patron.obstruct"]}, base=base())
    assert found.solves == 8
    groups = {p.group for p in found.outcomes[0].parts}
    assert groups == {"talks", "flare", "start of front"}


def test_a_path_adds_up_to_its_residual():
    other = Change(sets={"will": 1.0, "flare": "7 per year", "loss": "30 per year"}).apply(border())
    path = compare(border(), other, method="path", base=base())
    exact = compare(border(), other, method="shapley", base=base())
    for a, b in zip(path.outcomes, exact.outcomes, strict=True):
        assert abs(a.residual) < 1e-5 * max(1.0, abs(a.change))
        assert sum(p.part for p in a.parts) + a.residual == pytest.approx(a.change, abs=1e-12)
        one = {p.group: p.part for p in a.parts}
        two = {p.group: p.part for p in b.parts}
        for name, part in one.items():
            assert part == pytest.approx(two[name], abs=0.05 * abs(a.change) + 1e-3)


def test_many_parameters_are_walked_and_many_inputs_lumped(monkeypatch):
    from bystander.policy import compare as room

    monkeypatch.setattr(room, "MOST_GROUPS", 2)
    parameters = Change(sets={"will": 1.0, "flare": "7 per year", "loss": "30 per year"}).apply(border())
    assert compare(border(), parameters, outcomes=["dead"], base=base()).method == "path"
    mixed = Change(sets={"will": 1.0, "flare": "7 per year"}, start={"front": "tense"}).apply(border())
    found = compare(border(), mixed, outcomes=["dead"], base=base())
    assert found.solves == 4
    assert {p.group for p in found.outcomes[0].parts} == {"start of front", "the other 2 inputs"}


def test_entries_and_structure_are_exchanged_too():
    text = TEXT.replace("worth: -2 * loss", "worth: -3 * loss").replace("every: 3 weeks", "every: 2 weeks")
    other = read_text(text, "other.yaml")
    found = compare(border(), other, outcomes=["dead"], base=base())
    assert {p.group for p in found.outcomes[0].parts} == {"actors.west", "hazards.calm"}
    assert found.outcomes[0].residual == pytest.approx(0.0, abs=1e-9)
    wider = TEXT.replace("levels: [home, sent]", "levels: [home, near, sent]")
    found = compare(border(), read_text(wider, "wider.yaml"), outcomes=["dead"], base=base())
    assert {p.group for p in found.outcomes[0].parts} == {"structure", "council"}
    assert found.outcomes[0].change == pytest.approx(0.0, abs=1e-6)
    assert all(p.part == pytest.approx(0.0, abs=1e-6) for p in found.outcomes[0].parts)


PEACE = """
  neighbour:
    acts: weekly
    discount: 50% per year
    interests:
      calm_border: {about: Peace next door, when: front == quiet, worth: 1 per year}
    actions:
      reassure:
        about: Reassure both sides
        when: front == war
        then: {front: quiet, request: none, force: home}
        worth: 6
"""
MOON = """
  moon: {levels: [dark, full], start: dark}
conditions:"""


def test_what_only_one_of_them_has_is_broken_down_by_whose_it_is():
    more = read_text(TEXT.replace("\nactors:\n", f"\nactors:{PEACE}", 1), "more.yaml")
    found = compare(border(), more, outcomes=["dead"], base=base()).outcomes[0]
    parts = {p.group: p for p in found.parts}
    assert found.change < -1.0
    assert sum(p.part for p in found.parts) == pytest.approx(found.change, abs=1e-9)
    told = {name: (a, b) for name, a, b in parts["neighbour"].inputs}
    assert told["neighbour.reassure"] == ("absent", "Reassure both sides")
    assert parts["neighbour"].part == pytest.approx(found.change, rel=1e-3)
    assert cause(parts["neighbour"]) == (
        "Neighbour",
        "nothing of the kind",
        "Reassure both sides; Peace next door",
    )


WIDER = TEXT.replace("\nconditions:", MOON, 1).replace("rate: flare", "rate: 2 * flare")
GATE = "\n  gate: {levels: [shut, open], start: open}\nconditions:"


@pytest.mark.parametrize(
    ("changes", "groups", "told"),
    [
        ({"front": "tense"}, {"start of front"}, ("Start of front", "quiet", "tense")),
        (
            {"front": "tense", "force": "sent"},
            {"starts"},
            ("Where it starts", "Front: quiet; Force: home", "Front: tense; Force: sent"),
        ),
    ],
)
def test_where_it_starts_is_a_cause_of_its_own_whatever_is_built_otherwise(changes, groups, told):
    far = Change(start=changes).apply(read_text(WIDER, "wider.yaml"))
    inputs = differing_inputs(border(), far)
    assert hybrid(border(), far, inputs).variables == far.variables
    kept = hybrid(border(), far, [i for i in inputs if i.kind != "start"])
    assert {n: kept.variables[n].start for n in changes} == {n: border().variables[n].start for n in changes}
    found = compare(border(), far, outcomes=["dead"], base=base()).outcomes[0]
    parts = {p.group: p for p in found.parts}
    assert groups <= parts.keys()
    assert sum(p.part for p in found.parts) == pytest.approx(found.change, abs=1e-9)
    moved = solve_case(Change(start=changes).apply(border()), outcomes=["dead"]).value("dead")
    assert parts[min(groups)].part == pytest.approx(moved - base().value("dead"), rel=0.8)
    assert cause(parts[min(groups)]) == told


def test_a_start_that_the_other_rules_out_is_left_to_what_is_built_otherwise():
    near = read_text(TEXT.replace("\nconditions:", GATE, 1), "open.yaml")
    text = WIDER.replace("\nconditions:", GATE.replace("start: open", "start: shut"), 1)
    far = read_text(f"{text}\nnever: [gate == open]\n", "shut.yaml")
    assert "start of gate" in {i.name for i in differing_inputs(near, far)}
    found = compare(near, far, outcomes=["dead"]).outcomes[0]
    assert not {"starts", "start of front"} & {p.group for p in found.parts}
    assert sum(p.part for p in found.parts) == pytest.approx(found.change, abs=1e-9)


def test_what_may_never_come_is_not_divided_and_nothing_complains():
    text = TEXT.replace("\nconditions:", MOON, 1)
    text = text.replace("\noutcomes:\n", "\noutcomes:\n  full_moon: {time_to: moon == full}\n", 1)
    other = read_text(text.replace("flare: {value: 6 per", "flare: {value: 5 per"), "other.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = compare(read_text(text, "moon.yaml"), other, outcomes=["full_moon", "dead"])
    never, dead = found.outcomes
    assert math.isinf(never.before)
    assert never.parts == ()
    assert sum(p.part for p in dead.parts) == pytest.approx(dead.change, abs=1e-9)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("", "calendar: {vote: {date: 2022-12-01, when: front == quiet, then: {front: war}}}\n"),
        (
            "calendar: {vote: {date: 2022-12-01, when: front == quiet, then: {front: war}}}\n",
            "calendar: {vote: {date: 2023-03-01, when: front == quiet, then: {front: war}}}\n",
        ),
        ("calendar: {vote: {date: 2022-12-01, when: front == quiet, then: {front: war}}}\n", ""),
    ],
)
def test_known_dates_are_an_input_like_any(a, b):
    text = """
bystander: 1
title: A vote ahead
as_of: 2022-10-15
horizon: 200 days
variables: {front: {levels: [quiet, war], start: quiet}}
hazards:
  breaks_out: {when: front == quiet, rate: 1 per year, then: {front: war}}
  ends: {when: front == war, every: 1 month, then: {front: quiet}}
outcomes: {days: {accumulates: {front == war: 1 day per day}}}
"""
    one, two = read_text(text + a), read_text(text + b)
    (found,) = compare(one, two).outcomes
    assert found.before == pytest.approx(solve_case(one).value("days"), rel=1e-6)
    assert found.after == pytest.approx(solve_case(two).value("days"), rel=1e-6)
    assert abs(found.after - found.before) > 0.1


def test_equal_scenarios_do_not_differ():
    found = compare(border(), border(), base=base())
    assert found.inputs == ()
    assert all(a.change == 0.0 and a.parts == () for a in found.outcomes)


def test_questions_without_an_answer():
    with pytest.raises(QueryError, match="not an outcome of both"):
        compare(border(), border(), outcomes=["peace"])
    other = Change(sets={"will": 1.0}).apply(border())
    with pytest.raises(QueryError, match="do not differ in 'loss'"):
        compare(border(), other, groups={"x": ["loss"]}, base=base())


@given(st.integers(1, 4), st.integers(0, 10_000))
def test_shapley_values_by_listing_orders(count, seed):
    rng = np.random.default_rng(seed)
    coalitions = [frozenset(c) for k in range(count + 1) for c in itertools.combinations(range(count), k)]
    worth = {c: rng.normal(size=2) for c in coalitions}
    parts = shapley(worth, count)
    expected = np.zeros((count, 2))
    orders = list(itertools.permutations(range(count)))
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            expected[player] += (worth[before | {player}] - worth[before]) / len(orders)
    np.testing.assert_allclose(parts, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("{accumulates: {war: 1 person per day}}", "{accumulates: {war: 1 million dollars per day}}", False),
        ("{accumulates: {war: 1 person per day}}", "{accumulates: {war: 1 day per day}}", False),
        ("{accumulates: {war: 1 person per day}}", "{on_moves: {nature.flare: 3 people}}", True),
        ("{counts: nature.flare}", "{ever: war}", False),
    ],
)
def test_people_and_money_are_not_compared_though_they_have_one_name(one, other, alike):
    text = (
        "bystander: 1\ntitle: T\nas_of: 2024-01-01\nhorizon: 1 year\nconditions: {war: front == war}\n"
        "variables: {front: {levels: [calm, war], start: calm}}\n"
        "hazards: {flare: {when: not war, rate: 1 per year, then: {front: war}}}\n"
        "outcomes: {common: {at: war}, toll: %s}\n"
    )
    a, b = (read_text(text % each) for each in (one, other))
    assert [each.outcome for each in compare(a, b).outcomes] == (["common", "toll"] if alike else ["common"])
    if not alike:
        with pytest.raises(QueryError, match="'toll' asks for different things in the two scenarios"):
            compare(a, b, outcomes=["toll"])
    some = compare(a, b, outcomes=["common", "common"])
    assert [each.outcome for each in some.outcomes] == ["common"]
    assert some.only_a == some.only_b == (), "both ask for what is not compared"
