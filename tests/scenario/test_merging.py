"""Library < scenario; uses side by side; holes; chains and cycles; paths that may not leave."""

from pathlib import Path

import pytest

from bystander.errors import ScenarioError
from bystander.scenario import expand, load_document
from bystander.scenario.nodes import data_of
from bystander.scenario.writing import write_nodes


def merged(folder: Path, **files: str) -> dict:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return data_of(expand(load_document(folder / "scenario.yaml")).root)


def refused(folder: Path, **files: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        merged(folder, **files)
    assert all(problem.mark.line for problem in caught.value.problems)
    return str(caught.value)


def test_a_scenario_overrides_what_it_uses_at_any_depth(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a]\nparameters: {x: {value: 2}}\n",
        a="fragment: A\nparameters: {x: {value: 1, about: first}, y: {value: 3}}\n",
    )
    assert data == {"parameters": {"x": {"value": "2", "about": "first"}, "y": {"value": "3"}}}


def test_a_fragment_overrides_the_fragments_it_is_built_on(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a]\n",
        a="fragment: A\nuse: [./b]\nparameters: {x: {value: 1}}\n",
        b="fragment: B\nparameters: {x: {value: 9, about: kept}}\n",
    )
    assert data == {"parameters": {"x": {"value": "1", "about": "kept"}}}


def test_interests_from_several_uses_accumulate(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a, ./b]\nactors: {east: {patience: 1 per year}}\n",
        a="fragment: A\nactors: {east: {interests: {first: {worth: 1 per year, because: [f]}}}}\n",
        b="fragment: B\nactors: {east: {interests: {second: {worth: 2 per year}}}}\n",
    )
    assert set(data["actors"]["east"]["interests"]) == {"first", "second"}


def test_reasons_and_impossibilities_add_up(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a, ./b]\nnever: x == a\n",
        a="fragment: A\nnever: [x == b]\nparameters: {p: {value: 1, because: [f]}}\n",
        b="fragment: B\nnever: x == c\nparameters: {p: {value: 1, because: [g]}}\n",
    )
    assert data == {
        "never": ["x == b", "x == c", "x == a"],
        "parameters": {"p": {"value": "1", "because": ["f", "g"]}},
    }


def test_an_effect_or_start_is_overridden_as_one_value(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a]\nvariables: {x: {start: {b: 1}}}\nhazards: {h: {then: {x: b}}}\n",
        a="fragment: A\nvariables: {x: {start: {a: 0.5, b: 0.5}}}\nhazards: {h: {then: {x: a, y: c}}}\n",
    )
    assert data["variables"]["x"]["start"] == {"b": "1"}
    assert data["hazards"]["h"]["then"] == {"x": "b"}


def test_a_thing_may_be_named_like_a_key(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a]\nvariables: {start: {about: new}}\n"
        "actors: {rule: {interests: {then: {about: x}}}}\n",
        a="fragment: A\nvariables: {start: {levels: [a]}}\n"
        "actors: {rule: {interests: {then: {worth: 1 per year}}}}\n",
    )
    assert data["variables"]["start"] == {"levels": ["a"], "about": "new"}
    assert data["actors"]["rule"]["interests"]["then"] == {"worth": "1 per year", "about": "x"}


def test_a_rate_replaces_a_duration_and_a_question_another(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a]\nhazards: {h: {rate: 3 per year}}\noutcomes: {o: {at: x == a}}\n",
        a="fragment: A\nhazards: {h: {every: 3 weeks, about: kept}}\noutcomes: {o: {ever: x == a}}\n",
    )
    assert data == {
        "hazards": {"h": {"about": "kept", "rate": "3 per year"}},
        "outcomes": {"o": {"at": "x == a"}},
    }


def test_side_by_side_values_conflict_unless_the_scenario_settles_it(tmp_path) -> None:
    files = {
        "a": "fragment: A\nparameters: {x: {value: 1}}\n",
        "b": "fragment: B\nparameters: {x: {value: 2}}\n",
    }
    message = refused(tmp_path, scenario="use: [./a, ./b]\n", **files)
    assert "'1'" in message
    assert "'2'" in message
    assert "a.yaml:2" in message
    assert "b.yaml:2" in message
    data = merged(tmp_path, scenario="use: [./a, ./b]\nparameters: {x: {value: 3}}\n", **files)
    assert data == {"parameters": {"x": {"value": "3"}}}


def test_effects_in_conflict_are_shown_and_both_may_be_meant(tmp_path) -> None:
    files = {
        name: f"fragment: {name}\nhazards: {{stop: {{when: true, every: 1 day, then: {{{name}: on}}}}}}\n"
        for name in ("a", "b")
    }
    message = refused(tmp_path, scenario="use: [./a, ./b]\n", **files)
    assert "'hazards.stop.then' is 'b: on' here and 'a: on'" in message
    assert "leave one of the two out" in message


def test_one_file_used_by_two_routes_does_not_conflict_with_itself(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [./a, ./b]\n",
        a="fragment: A\nuse: [./c]\n",
        b="fragment: B\nuse: [./c]\n",
        c="fragment: C\nvariables: {x: {levels: [a, b], start: a}}\n",
    )
    assert data == {"variables": {"x": {"levels": ["a", "b"], "start": "a"}}}


def test_a_whole_scenario_may_be_used_and_changed(tmp_path) -> None:
    data = merged(
        tmp_path, scenario="use: [./a]\ntitle: New\n", a="bystander: 1\ntitle: Old\nhorizon: 1 year\n"
    )
    assert data == {"bystander": "1", "title": "New", "horizon": "1 year"}
    assert "no holes" in refused(tmp_path, scenario="use: [{./a: {x: 1}}]\n", a="title: Old\n")


FRAGMENT = """\
fragment: A
holes:
  leader: {type: actor}
  where: {type: variable, default: front, about: "the front: calm, war"}
  tense: {type: levels, default: [clash, fighting]}
  gain: {type: worth, default: 1 per year + bonus}
  trouble: {type: condition}
parameters: {"${leader}_gain": {value: 3, about: "costs $$5, for $leader"}}
actors:
  $leader:
    interests: {rally: {when: "$where in $tense and $trouble", worth: 2 * $gain}, pride: {when: $trouble}}
"""


def test_holes_are_filled_in_texts_and_names(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use:\n- ./a: {leader: east, trouble: x == a or x == b}\n"
        "actors: {east: {}}\nvariables: {front: {}}\n",
        a=FRAGMENT,
    )
    assert data["parameters"] == {"east_gain": {"value": "3", "about": "costs $5, for east"}}
    assert data["actors"]["east"]["interests"] == {
        "rally": {
            "when": "front in [clash, fighting] and (x == a or x == b)",
            "worth": "2 * (1 per year + bonus)",
        },
        "pride": {"when": "x == a or x == b"},
    }


def test_a_hole_alone_keeps_the_place_of_its_filling(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text(FRAGMENT)
    (tmp_path / "scenario.yaml").write_text(
        "use:\n- ./a: {leader: east, trouble: x == a}\nactors: {east: {}}\nvariables: {front: {}}\n"
    )
    root = expand(load_document(tmp_path)).root
    node = root.get("actors").get("east").get("interests").get("pride").get("when")
    assert (node.mark.file, node.mark.line) == (str(tmp_path / "scenario.yaml"), 2)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("{trouble: x == a}", "needs its hole 'leader'"),
        ("{leader: east, trouble: x == a, laeder: y}", "Did you mean 'leader'"),
        ("{leader: [east], trouble: x == a}", "takes one actor"),
        ("{leader: The East, trouble: x == a}", "takes a name"),
        ("{leader: east, trouble: x == a, tense: clash}", "takes a list"),
        ("{leader: west, trouble: x == a}", "no actor has that name"),
        ("{leader: east, trouble: x == a, where: frnt}", "no variable has that name"),
        (
            "{leader: east, trouble: x == a, where: frnt}",
            "Add it under variables (the front: calm, war); there is",
        ),
    ],
)
def test_fillings_that_do_not_fit_are_refused_where_they_are_written(use, message, tmp_path) -> None:
    said = refused(
        tmp_path,
        scenario=f"actors: {{east: {{}}}}\nvariables: {{front: {{}}}}\nuse:\n- ./a: {use}\n",
        a=FRAGMENT,
    )
    assert message in said
    assert "scenario.yaml:4" in said


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("holes: {x: {type: thing}}\n", "no known type"),
        ("holes: {X: {type: actor}}\n", "cannot be the name of a hole"),
        ("holes: {x: {type: actor, colour: red}}\n", "A hole has no 'colour'"),
        ("holes: [x]\n", "mapping of names"),
        ("holes: {x: {type: name, default: a}}\nparameters: {$y: {value: 1}}\n", "not a declared hole"),
        ("holes: {x: {type: name, default: a}}\nparameters: {$x_gain: {value: 1}}\n", "${x}_gain"),
        (
            "holes: {x: {type: name, default: a}}\nparameters: {$x: {value: 1}, a: {value: 2}}\n",
            "both named 'a'",
        ),
    ],
)
def test_fragments_that_are_badly_written_are_refused(body, message, tmp_path) -> None:
    assert message in refused(tmp_path, scenario="use: [./a]\n", a=f"fragment: A\n{body}")


def test_a_fragment_used_twice_with_other_holes_gives_two_of_everything(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [{./a: {who: east}}, {./a: {who: west}}]\n",
        a="fragment: A\nholes: {who: name}\nparameters: {gain_$who: {value: 1}}\n",
    )
    assert set(data["parameters"]) == {"gain_east", "gain_west"}


def test_holes_are_passed_on_to_fragments_underneath(tmp_path) -> None:
    data = merged(
        tmp_path,
        scenario="use: [{./a: {who: east}}]\n",
        a="fragment: A\nholes: {who: name}\nuse: [{./b: {whom: $who}}]\n",
        b="fragment: B\nholes: {whom: name}\nparameters: {of_$whom: {value: 1}}\n",
    )
    assert data == {"parameters": {"of_east": {"value": "1"}}}


def test_a_circle_of_uses_is_shown_as_a_chain(tmp_path) -> None:
    said = refused(
        tmp_path,
        scenario="use: [./a]\n",
        a="fragment: A\nuse: [./b]\n",
        b="fragment: B\nuse: [./a]\n",
    )
    assert "scenario.yaml -> " in said
    assert said.count("a.yaml") >= 2


def test_uses_that_multiply_are_stopped(tmp_path) -> None:
    hole = "fragment: F\nholes: {n: {type: name, default: x}}\n"
    files = {
        f"f{i}": f"{hole}use: [{{./f{i + 1}: {{n: a$n}}}}, {{./f{i + 1}: {{n: b$n}}}}]\n" for i in range(30)
    }
    said = refused(tmp_path, scenario="use: [./f0]\n", f30=hole, **files)
    assert "more than 400 files" in said


@pytest.mark.parametrize(
    "path",
    [
        "/etc/hostname",
        "../outside",
        "./../outside",
        "./a/../../outside",
        "~/x",
        "./.hidden",
        "a//b",
        "file:///etc",
    ],
)
def test_a_use_cannot_leave_the_folder(path, tmp_path) -> None:
    (tmp_path / "outside.yaml").write_text("fragment: O\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    said = refused(inside, scenario=f"use: ['{path}']\n")
    assert "does not name a file that a scenario may use" in said


def test_a_link_cannot_lead_out_of_the_folder(tmp_path) -> None:
    (tmp_path / "outside.yaml").write_text("fragment: O\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    assert "does not name a file" in refused(inside, scenario="use: [./link]\n")


def test_links_in_a_circle_are_no_file(tmp_path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "b.yaml")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    refused(tmp_path, scenario="use: [./a]\n")


def test_an_expansion_says_where_each_entry_comes_from(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text("fragment: A\nparameters: {x: {value: 1}, y: {value: 2}}\n")
    (tmp_path / "scenario.yaml").write_text("use: [./a]\nparameters: {x: {value: 3}, z: {value: 4}}\n")
    root = expand(load_document(tmp_path)).root
    text = write_nodes(root, own=root.mark.file)
    lines = {line.split(":")[0].strip(): line for line in text.splitlines()}
    assert "# from" in lines["y"]
    assert "a" in lines["y"].partition("# from")[2]
    assert "# from" not in lines["z"]
    assert "# from" not in lines["x"]
