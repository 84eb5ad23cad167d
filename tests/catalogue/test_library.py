"""Every file of the library parses, follows the schema, names a toy that exists, reads without warnings."""

import jsonschema
import pytest

from bystander.errors import ScenarioError
from bystander.game.compile import compile_game
from bystander.library import KINDS, entries, entry, read_entry
from bystander.scenario import (
    find_problems,
    json_schema,
    load_document,
    place_claims,
    read_scenario,
    read_text,
    write_scenario,
)
from bystander.scenario.document import library_paths
from bystander.scenario.expressions import parameters_of
from bystander.scenario.fragments import holes_of, is_fragment
from bystander.scenario.nodes import data_of, entries_of
from bystander.scenario.schema.fields import plain

MEMBERS, RULE = "members: [usa, ussr, elected]", "rule: {quorum: 3, veto: [usa, ussr]}"
PATHS = library_paths()
FRAGMENTS = [path for path in PATHS if is_fragment(load_document(path).root)]
SCENARIOS = [path for path in PATHS if path not in FRAGMENTS]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@pytest.mark.parametrize("body", ["au", "ecowas", "gcc", "nato", "oas"])
def test_a_body_lists_every_fact_of_the_case_that_moves_it(body) -> None:
    text = f"""
bystander: 1
title: A call
as_of: 2020-01-01
horizon: 1 year
use: [{{institutions/{body}: {{leader: a, other: b, post: help, live: "true"}}}}]
actors: {{a: {{acts: never, discount: 50% per year}}, b: {{acts: never, discount: 50% per year}}}}
outcomes: {{troops: {{ever: help == deployed}}}}
"""
    decisions = read_text(text).institutions[body].decisions.values()
    moving = {name for d in decisions for worth in d.worth.values() for name in parameters_of(worth)}
    listed = {fact.name for fact in read_entry(f"institutions/{body}").sheet}
    assert listed == {name for name in moving if not name.endswith("_weight")}


def test_a_mechanism_lists_the_numbers_that_it_and_what_it_uses_bring() -> None:
    brought = {number.name: number for number in read_entry("mechanisms/escalation-ladder").numbers}
    assert brought["watched_less"].value
    assert brought["watched_less"].about.startswith("How often a cease-fire breaks under observers")
    for line in entries("mechanisms"):
        fragment, own = read_entry(line.path), load_document(line.path).root.get("parameters")
        listed = [fact.name for fact in (*fragment.sheet, *fragment.numbers)]
        assert len(listed) == len(set(listed))
        assert {key.text for key, _ in entries_of(own)} <= set(listed)


def test_the_council_by_few_members_is_written_as_its_file_advises() -> None:
    advised = [
        f'"{part}"' in read_entry("institutions/un-security-council").about for part in (MEMBERS, RULE)
    ]
    assert all(advised)
    text = f"""
bystander: 1
title: Few before the Council
as_of: 1981-08-23
horizon: 90 days
variables: {{matter: {{levels: [open, adopted], start: open}}}}
actors:
  usa: {{acts: never, discount: 30% per year}}
  ussr: {{acts: never, discount: 30% per year}}
  elected: {{acts: never, discount: 30% per year}}
institutions:
  council:
    {MEMBERS}
    decisions:
      adopt:
        when: matter == open
        {RULE}
        proposed: 1 per month
        then: {{matter: adopted}}
        habit: {{all: 80%}}
        worth: {{usa: -1}}
outcomes: {{adopted: {{ever: matter == adopted}}}}
"""
    decision = read_text(text).institutions["council"].decisions["adopt"]
    assert compile_game(read_text(text)).moves[0].owner == "council"
    assert set(decision.worth) == {"usa"}


READ = {
    "mechanisms/mediation": ({"heavy_fighting": "mechanisms/case-facts"}, ()),
    "mechanisms/escalation-ladder": (
        dict.fromkeys(("heavy_fighting", "intensity"), "mechanisms/case-facts"),
        ("mechanisms/cease-fire",),
    ),
    "mechanisms/betrayals": (
        dict.fromkeys(("exit_rate", "exit_forgotten", "exit_pressure"), "mechanisms/alliance-exit"),
        (),
    ),
    "mechanisms/offering": ({}, ("mechanisms/answer-weights", "mechanisms/answer-record")),
}


@pytest.mark.parametrize("path", READ)
def test_a_fragment_lists_what_it_reads_of_others_and_what_it_brings(path) -> None:
    fragment = read_entry(path)
    assert ({read.name: read.place for read in fragment.reads}, fragment.brings) == READ[path]
    assert all(read.about and read.kind in ("condition", "parameter") for read in fragment.reads)


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("mechanisms/escalation-ladder", {"front"}),
        ("mechanisms/cease-fire", set()),
        ("mechanisms/answering", {"post"}),
        ("mechanisms/regional-body", {"post"}),
        ("institutions/nato", {"post"}),
        ("mechanisms/asking", set()),
        ("mechanisms/displacement", {"homes"}),
        ("mechanisms/rally-and-blame", {"standing"}),
        ("mechanisms/mediation", {"role"}),
    ],
)
def test_a_fragment_says_which_variables_come_with_it(path, declared) -> None:
    fragment = read_entry(path)
    assert fragment.declares == declared
    assert declared <= {hole.name for hole in fragment.holes if hole.type == "variable"}


@pytest.mark.parametrize("name", ["heavy_fighting", "tension", "intensity"])
def test_a_name_that_the_library_leaves_to_the_scenario_is_asked_for(name) -> None:
    uses = {
        "heavy_fighting": "mediation: {role: r, mediator: a, inviter: b, reluctant: c, need: war == on,"
        " will: 1}",
        "tension": 'diversion: {leader: a, trouble: "true", openness: 1}',
        "intensity": "interposition: {front: war, post: p, sender: a, strength: 1}",
    }
    text = f"""
bystander: 1
title: A name left out
as_of: 2020-01-01
horizon: 1 year
use: [{{mechanisms/{uses[name]}}}]
actors: {{a: {{discount: 50% per year}}, b: {{discount: 50% per year}}, c: {{discount: 50% per year}}}}
variables:
  p: {{levels: [none, deployed], start: none}}
  war: {{levels: ["off", "on"], start: "on"}}
"""
    with pytest.raises(ScenarioError) as caught:
        read_text(text)
    asked = [problem for problem in caught.value.problems if f"'{name}'" in problem.message]
    assert asked
    assert all("bystander show mechanisms/" in problem.fix for problem in asked)


def test_the_first_folder_is_the_kind() -> None:
    assert {entry.kind for entry in entries()} <= set(KINDS)
    assert {entry.path for entry in entries()} == set(PATHS)


@pytest.mark.parametrize("path", SCENARIOS)
def test_a_scenario_follows_the_schema(path: str) -> None:
    root = load_document(path).root
    errors = VALIDATOR.iter_errors(plain(data_of(root)))
    assert [f"{'.'.join(map(str, e.path))}: {e.message}" for e in errors] == []


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_says_what_it_is(path: str) -> None:
    fragment = read_entry(path)
    assert fragment.about
    assert all(hole.about for hole in holes_of(load_document(path).root))
    if path.startswith("mechanisms/"):
        assert fragment.references
        assert fragment.statement
        assert fragment.toy in SCENARIOS


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_is_refused_as_one_and_not_for_its_holes(path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(path)
    (problem,) = refused.value.problems
    assert problem.check == "fragment"
    assert "bystander show" in problem.fix


@pytest.mark.parametrize("path", SCENARIOS)
def test_a_scenario_reads_without_warnings_and_is_read_back_as_written(path: str) -> None:
    scenario = read_scenario(path)
    assert [str(p) for p in find_problems(scenario) if p.severity != "info"] == []
    assert read_text(write_scenario(scenario)) == scenario


def test_all_58_claims_of_the_founding_source_have_a_place() -> None:
    placed = [p for p in place_claims(read_scenario("crises/ferghana-2022")) if p.source == "fp-2022"]
    assert [p.claim for p in placed] == [f"C{number:02}" for number in range(1, 59)]
    assert [p.claim for p in placed if not p.places] == []


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("judgement", {"judgement"}),
        ("rival", {"rival"}),
        ("mechanism", {"interest", "hazard", "action", "decision"}),
        ("event", {"event"}),
        ("prospect", {"measure", "judgement", "outcome", "interest", "action"}),
    ],
)
def test_a_claim_of_a_kind_is_modelled_as_its_kind_asks(kind: str, places: set[str]) -> None:
    placed = [p for p in place_claims(read_scenario("crises/ferghana-2022")) if p.source == "fp-2022"]
    assert [p.claim for p in placed if p.kind == kind and not places & {what for what, _ in p.places}] == []


def test_the_last_part_of_a_path_will_do_where_one_file_has_it():
    assert read_scenario("kazakhstan-2022").title == read_scenario("crises/kazakhstan-2022").title
    assert entry("ferghana-2022").path == "crises/ferghana-2022"
    with pytest.raises(ScenarioError, match=r"institutions/csto"):
        read_scenario("csto")
