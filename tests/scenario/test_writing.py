"""Reading undoes writing; a scenario can be built in Python; its hash is about what it says."""

import pickle

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bystander.errors import ScenarioError
from bystander.scenario import (
    Scenario,
    json_schema,
    load_text,
    read_data,
    read_scenario,
    read_text,
    scenario_hash,
    write_scenario,
)
from bystander.scenario import schema as schema_parts
from bystander.scenario.expressions import parameters_of
from bystander.scenario.nodes import data_of, node_of
from bystander.scenario.reading import parse_yaml
from bystander.scenario.schema import Actor, Hazard, Interest, Outcome, Parameter, Variable
from bystander.scenario.schema.fields import plain
from bystander.scenario.writing import write_nodes
from reference.base_scenario import BASE, broken

CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
DATA = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.text(CHARACTERS, max_size=12),
        st.sampled_from(["no", "1.0", "- x", "a: b", "a #b", "{", "-"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(CHARACTERS, max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(CHARACTERS, max_size=6), DATA, min_size=1, max_size=4))
def test_any_tree_is_read_back_as_written(data: dict) -> None:
    assert data_of(parse_yaml(write_nodes(node_of(data)), "x")) == data


@pytest.mark.parametrize(
    "text", [BASE, broken(("[quiet, tense, war]", "{quiet: No shots, tense: Some, war: 'Many: too'}"))]
)
def test_a_scenario_is_read_back_as_written(text: str) -> None:
    scenario = read_text(text)
    assert read_text(write_scenario(scenario)) == scenario
    assert read_data(scenario.to_dict()) == scenario


def test_a_document_is_read_back_as_written() -> None:
    document = load_text(BASE)
    assert data_of(load_text(write_nodes(document.root)).root) == data_of(document.root)


def test_the_library_toy_is_read_back_and_pickled() -> None:
    scenario = read_scenario("toys/standoff")
    assert read_text(write_scenario(scenario)) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert scenario.name == "toys/standoff"


def test_the_hash_ignores_the_order_of_entries_and_nothing_else() -> None:
    scenario = read_text(BASE)
    data = scenario.to_dict()
    turned = {
        key: dict(reversed(v.items())) if isinstance(v, dict) else v for key, v in reversed(data.items())
    }
    assert list(turned) != list(data)
    assert scenario_hash(read_data(turned)) == scenario_hash(scenario)
    assert scenario_hash(read_text(BASE.replace("70%", "71%"))) != scenario_hash(scenario)
    assert scenario_hash(read_text(BASE + "# a remark\n")) == scenario_hash(scenario)


def small(**changes) -> Scenario:
    parts = {
        "bystander": 1,
        "title": "Built in Python",
        "as_of": "2022-10-15",
        "horizon": "1 year",
        "variables": {"front": Variable(levels=["quiet", "war"], start="quiet")},
        "parameters": {"pain": Parameter(value="4 per year")},
        "actors": {
            "east": Actor(
                patience="1 per year",  # type: ignore[call-arg]
                interests={"pain": Interest(when="front == war", worth="-pain")},
            )
        },
        "hazards": {"flare": Hazard(rate="2 per year", then={"front": "war"}, impacts={"east": -1})},
        "outcomes": {"war": Outcome(ever="front == war")},
    }
    return Scenario(**(parts | changes))


def test_a_scenario_is_built_from_its_parts() -> None:
    built = small()
    assert built == read_text(write_scenario(built))
    assert parameters_of(built.actors["east"].interests["pain"].worth) == ("pain",)


def test_building_complains_as_reading_does() -> None:
    with pytest.raises(ScenarioError, match="No variable is called 'frnt'"):
        small(outcomes={"war": Outcome(ever="frnt == war")})
    with pytest.raises(ScenarioError, match="'colour' is not a key"):
        small(colour="red")
    with pytest.raises(ScenarioError, match="not a level of 'front'"):
        read_data(small().to_dict() | {"hazards": {"flare": {"rate": "1 per day", "then": {"front": "wax"}}}})


def test_parts_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        small().title = "Another"


def test_the_json_schema_accepts_what_is_valid_and_refuses_unknown_keys() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    scenario = read_text(BASE)
    jsonschema.validate(plain(data_of(load_text(BASE).root)), schema)
    jsonschema.validate(scenario.to_dict(), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**scenario.to_dict(), "acotrs": {}}, schema)


def test_every_field_has_a_description() -> None:
    for name in schema_parts.__all__:
        part = getattr(schema_parts, name)
        assert part.__doc__
        assert not [field for field, info in part.model_fields.items() if not info.description], name


def test_a_scenario_says_where_its_entries_come_from(tmp_path) -> None:
    (tmp_path / "talks.yaml").write_text(
        "fragment: Talks\nparameters: {calm: {value: 2 per year, because: [C01]}}\n"
    )
    (tmp_path / "scenario.yaml").write_text(
        "use: [./talks]\n" + BASE.replace("rate: flare", "rate: flare + calm")
    )
    scenario = read_scenario(tmp_path)
    text = write_scenario(scenario, provenance=True)
    remarks = [line for line in text.splitlines() if "# from" in line]
    assert len(remarks) == 1
    assert remarks[0].strip().startswith("calm:")
    assert remarks[0].endswith("talks")
    assert read_text(text) == scenario
    assert "# from" not in write_scenario(scenario)
