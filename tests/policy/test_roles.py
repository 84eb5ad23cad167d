"""Who plays the same part under another name is compared as one."""

import pytest

from bystander.policy.compare import compare
from bystander.policy.inputs import recast
from bystander.scenario import Scenario, read_scenario, read_text

CALL = """
bystander: 1
title: A call to {body}
as_of: 2024-01-01
horizon: 90 days
given: called
settings: {{shocks: control}}
use:
  - institutions/{body}: {{leader: {leader}, other: {other}, post: help, live: office == threatened}}
  - mechanisms/asking: {{post: help, member: {host}, threatened: office == threatened, openness: "0.3"}}
sources: {{{body}-desk: {{title: Desk note, kind: assumption}}}}
facts: {{trouble: {{says: Trouble of {leader}, source: {body}-desk}}}}
variables: {{office: {{levels: [threatened, safe], start: threatened}}}}
conditions: {{called: help == asked}}
actors:
  {host}:
    acts: daily
    discount: 60% per year
    interests: {{danger: {{when: office == threatened, worth: -2 per month}}}}
  {leader}: {{acts: never, discount: 40% per year}}
  {other}: {{acts: never, discount: 40% per year}}
hazards:
  made_safe: {{when: office == threatened and help == deployed, every: 3 days, then: {{office: safe}}}}
outcomes:
  safe: {{ever: office == safe}}
  {asked}: {{about: Troops of {body}, fires: [{body}.send_troops], given: called}}
"""


@pytest.fixture(scope="module")
def one() -> Scenario:
    names = {"body": "ecowas", "leader": "nigeria", "other": "ghana", "host": "banjul", "asked": "troops"}
    return read_text(CALL.format(**names))


@pytest.fixture(scope="module")
def two() -> Scenario:
    names = {"body": "au", "leader": "algeria", "other": "chad", "host": "niamey", "asked": "soldiers"}
    return read_text(CALL.format(**names))


def test_whoever_fills_the_same_hole_has_the_same_name(one, two) -> None:
    found = recast(two, one)
    who = {("nigeria", "algeria"), ("ghana", "chad"), ("banjul", "niamey"), ("ecowas", "au")}
    assert who <= set(found.parts)
    assert ("troops", "soldiers") in found.parts
    assert found.scenario.outcomes.keys() == one.outcomes.keys()
    assert "ecowas_clause" in found.scenario.parameters
    assert (found.scenario.title, found.scenario.facts["trouble"].says) == (two.title, "Trouble of algeria")


def test_a_scenario_in_its_own_names_is_itself(one) -> None:
    found = recast(one, one)
    assert found.parts == ()
    assert found.scenario is one


def test_bodies_of_other_names_do_not_differ_by_their_names(one, two) -> None:
    found = compare(one, two)
    assert {name for name, *_ in found.inputs} == {"institutions.ecowas", "outcomes.troops"}, "their words"
    assert [o.outcome for o in found.outcomes] == ["safe", "troops"]
    assert found.only_a == found.only_b == ()
    assert all(o.change == pytest.approx(0.0, abs=1e-6) for o in found.outcomes)
    assert ("ecowas", "au") in found.alike


@pytest.mark.parametrize(
    "cites",
    ["because: [chad]", "because: [chad, algeria]", "value: fact.chad", "because: chad"],
    ids=["a fact", "a fact beside a parameter", "its number", "in short"],
)
def test_a_fact_called_like_somebody_stays_itself(one, cites: str) -> None:
    names = {"body": "au", "leader": "algeria", "other": "chad", "host": "niamey", "asked": "soldiers"}
    text = CALL.format(**names).replace(
        "facts: {",
        "facts: {chad: {says: Chad waits, source: au-desk, value: 2}, "
        "algeria: {says: So it is, source: au-desk}, ",
    )
    told = cites if "value" in cites else f"value: 2, {cites}"
    found = recast(read_text(f"{text}parameters: {{patience: {{{told}}}}}\n"), one)
    assert ("ghana", "chad") in found.parts
    assert {"chad", "algeria"} <= found.scenario.facts.keys()
    assert "ghana" in found.scenario.actors


HAPPENED = "events: {{a_call: {{date: 2024-01-02, says: {host} calls, source: {body}-desk, {what}}}}}\n"


@pytest.mark.parametrize(
    "what", ["move: {host}.request_help", "move: {body}.send_troops", "then: {{help: asked}}"]
)
def test_what_happened_is_told_of_whoever_plays_the_part(one, what: str) -> None:
    names = {"body": "au", "leader": "algeria", "other": "chad", "host": "niamey", "asked": "soldiers"}
    event = HAPPENED.format(what=what.format(**names), **names)
    told = recast(read_text(CALL.format(**names) + event), one).scenario.events["a_call"]
    assert told.says == "niamey calls"
    assert told.move in (None, "banjul.request_help", "ecowas.send_troops")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("accumulates: {{{post} == asked: 1 day per day}}", "help == asked"),
        ("on_moves: {{{host}.request_help: 1}}", "banjul.request_help"),
        ("counts: [{host}.request_help]", "banjul.request_help"),
        ("ever: {post} == asked", "help == asked"),
    ],
)
def test_names_are_made_alike_in_what_stands_before_a_colon_too(one, asked: str, told: str) -> None:
    names = {"body": "au", "leader": "algeria", "other": "chad", "host": "niamey", "asked": "soldiers"}
    text = CALL.replace("help", "aid").replace("request_aid", "request_help").format(**names)
    text += f"  more: {{{asked.format(post='aid', **names)}}}\n"
    outcome = recast(read_text(text), one).scenario.outcomes["more"]
    assert told in str(outcome.model_dump(mode="json", exclude_defaults=True))


@pytest.mark.parametrize(
    ("first", "second"),
    [("armenia-2022", "kazakhstan-2022"), ("kyrgyz-uzbek-delimitation", "armenia-2020")],
)
def test_shipped_crises_can_be_put_in_each_others_names(first: str, second: str) -> None:
    here, there = read_scenario(f"crises/{first}"), read_scenario(f"crises/{second}")
    found = recast(there, here)
    assert found.parts
    assert found.scenario.events.keys() == there.events.keys()
