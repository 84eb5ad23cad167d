"""What is said once for many: dates, lists, tables, answers, stars."""

from contextlib import nullcontext

import pytest

from bystander.errors import ScenarioError
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario, read_text, write_scenario
from bystander.scenario.dating import first_day, in_force, latest
from bystander.scenario.expressions import evaluate
from reference.base_scenario import BASE, broken

GROUPS = ("given: war", "given: war\ngroups: {sides: [east, west]}\ntables: {weight: {east: 3, all: 0.5}}")


def test_the_value_in_force_is_that_of_the_latest_date_not_after_the_day() -> None:
    text = broken(
        ("value: 40 people", "value: {2020-01-01: 30 people, 2022-10-15: 40 people, 2022-10-16: 50 people}")
    )
    assert read_text(text) == read_text(BASE)
    assert latest(first_day("2020-03-01"), ["2020-01", "2020-02", "2020-04"]) == "2020-02"
    assert in_force(first_day("2012-12-18"), "2006-06", "2012-12-19")
    assert not in_force(first_day("2012-12-19"), "2006-06", "2012-12-19")
    with pytest.raises(ScenarioError, match="not a date"):
        first_day("2022-02-30")


def test_members_are_those_in_force() -> None:
    text = broken(
        ("members: [east, west]", "members: {east: {from: 1992-05}, west: {}, north: {until: 2012-12-19}}")
    )
    assert read_text(text).institutions["council"].members == ("east", "west")


def test_lists_are_written_out_and_ones_own_entry_comes_first() -> None:
    scenario = read_text(
        broken(GROUPS, ("impacts: {west: -1}", "impacts: {all: -1, sides: -2 * table.weight, west: -7}"))
    )
    impacts = {
        name: str(expr.value if hasattr(expr, "value") else expr)
        for name, expr in scenario.actors["east"].actions["attack"].impacts.items()
    }
    assert list(impacts) == ["west", "east"]
    again = read_text(write_scenario(scenario))
    assert again == scenario
    plain = read_text(broken(("impacts: {west: -1}", "impacts: {west: -7, east: -2 * 3}")))
    assert scenario == plain


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (("impacts: {west: -1}", "impacts: {others: -1}"), ("impacts: {west: -1}", "impacts: {west: -1}")),
        (("members: [east, west]", "members: [sides]"), ("members: [east, west]", "members: [east, west]")),
        (("worth: {west: -1}", "worth: {members: -1}"), ("worth: {west: -1}", "worth: {east: -1, west: -1}")),
        (("recuse: [east]", "recuse: sides"), ("recuse: [east]", "recuse: [east, west]")),
        (("{ever: war}", "{fires: east.*}"), ("{ever: war}", "{fires: [east.attack]}")),
        (("{ever: war}", "{fires: '*.a*'}"), ("{ever: war}", "{fires: [east.attack, west.ask]}")),
        (
            ("rule: majority", "rule: {weighted: {weights: {all: 2, east: 3}, quota: 4}}"),
            ("rule: majority", "rule: {weighted: {weights: {east: 3, west: 2}, quota: 4}}"),
        ),
    ],
)
def test_what_is_said_in_short_means_what_it_means_at_length(short, long) -> None:
    assert read_text(broken(GROUPS, short)) == read_text(broken(long))


def test_what_is_said_of_a_group_is_said_of_each_of_its_members() -> None:
    interest = "{when: not war, worth: table.weight per year, about: $actor at peace}"
    shared = f"actors:\n  sides:\n    interests: {{calm: {interest}}}\n"
    scenario = read_text(broken(GROUPS, ("actors:\n", shared)))
    assert scenario.actors["east"].interests["calm"].about == "east at peace"
    assert set(scenario.actors["east"].interests) == {"calm", "pain"}
    assert list(scenario.actors) == ["east", "west"]
    worths = [scenario.actors[name].interests["calm"].worth for name in ("east", "west")]
    assert [w.value * 365.25 for w in worths] == pytest.approx([3, 0.5])


WAYS = """
bystander: 1
title: T
as_of: 2024-01-01
horizon: 1 year
groups: {sides: [p, q]}
tables: {t: {p: 2, q: 3, r: 5}}
variables: {v: {levels: [a, b], start: a}}
actors:
  r: {discount: 1 per year}
  %s
institutions:
  body: {members: sides, decisions: {act: {rule: majority, proposed: weekly, then: {v: b}, impacts: %s}}}
outcomes: {o: {ever: v == b}}
"""
GO = "{discount: 1 per year, acts: weekly, actions: {go: {when: v == a, then: {v: b}, impacts: %s%s}}}"
EACH = "p: {0}\n  q: {0}"


@pytest.mark.parametrize("takes", ["", ", takes: 2 weeks", ", takes: 2 weeks, once: true"])
@pytest.mark.parametrize("said", ["sides: {0}", EACH], ids=["of a group", "of each"])
@pytest.mark.parametrize(
    ("impacts", "on"),
    [
        ("{others: -1}", {"r": -1, "q": -1}),
        ("{others: -table.t}", {"r": -5, "q": -3}),
        ("{sides: -table.t, r: 2 * table.t}", {"p": -2, "q": -3, "r": 10}),
        ("{$actor: 7, all: table.t}", {"p": 7, "q": 3, "r": 5}),
    ],
)
def test_what_falls_on_others_is_theirs_whoever_it_is_said_of_and_however_long_it_takes(
    impacts, on, said, takes
) -> None:
    scenario = read_text(WAYS % (said.format(GO % (impacts, takes)), "{members: table.t}"))
    move = scenario.hazards["p_go_takes_effect"] if takes else scenario.actors["p"].actions["go"]
    assert {name: float(evaluate(expr, {}, {})) for name, expr in move.impacts.items()} == on


def test_removing_a_member_breaks_no_used_file(tmp_path) -> None:
    (tmp_path / "club.yaml").write_text(
        "fragment: Club\ninstitutions: {council: {members: [east, west, north], decisions: {step_in: {"
        "recuse: [north], worth: {north: -2}, impacts: {north: 1}}}}}\n"
    )
    (tmp_path / "scenario.yaml").write_text("use: [./club]\n" + BASE)
    scenario = read_scenario(tmp_path)
    assert scenario.institutions["council"].members == ("east", "west")
    assert "north" not in scenario.institutions["council"].decisions["step_in"].worth
    ended = BASE.replace("members: [east, west]", "members: {north: {until: 2020}}")
    (tmp_path / "scenario.yaml").write_text("use: [./club]\n" + ended)
    assert read_scenario(tmp_path).institutions["council"].members == ("east", "west")


ANSWERS = """    answers:
      help:
        when: front != quiet
        grades:
          words: {worth: -0.1}
          troops: {worth: -3, when: request == made, then: {front: quiet, request: none}}
        ends: {when: front == quiet, every: 2 weeks}
"""


SHARED = """\
bystander: 1
fragment: What two crises share
facts:
  early: {says: Known before, source: report, date: 2021}
  late: {says: Known after, source: report, date: 2022-11-01}
parameters:
  shared: {value: 1, because: [early, late, C01]}
actors: {east: {interests: {more: {worth: 1 per year, because: late}}}}
"""


@pytest.mark.parametrize(
    ("day", "known"), [("2022-10-15", False), ("2022-11-01", True), ("2023-01-01", True)]
)
def test_a_used_file_cites_what_was_known_on_the_day(tmp_path, day, known) -> None:
    (tmp_path / "shared.yaml").write_text(SHARED)
    text = "use: [./shared]\n" + BASE.replace("as_of: 2022-10-15", f"as_of: {day}")
    (tmp_path / "scenario.yaml").write_text(text)
    scenario = read_scenario(tmp_path)
    late = ("late",) if known else ()
    assert scenario.parameters["shared"].because == ("early", *late, "C01")
    assert scenario.actors["east"].interests["more"].because == late
    assert "late" in scenario.facts
    (tmp_path / "scenario.yaml").write_text(text.replace("because: [C01]", "because: [C01, late]"))
    with nullcontext() if known else pytest.raises(ScenarioError, match=r"'late' is of 2022-11-01"):
        read_scenario(tmp_path)


def test_graded_answers_are_a_variable_a_move_for_each_and_an_end() -> None:
    scenario = read_text(broken(("  west:\n", "  west:\n" + ANSWERS)))
    assert scenario.variables["west_help"].level_names == ("none", "words", "troops")
    troops = scenario.actors["west"].actions["help_troops"]
    written = read_text(write_scenario(scenario))
    assert written == scenario
    assert troops.then[0].changes == {"front": "quiet", "request": "none", "west_help": "troops"}
    from bystander.game.compile import compile_game
    from bystander.scenario.expressions import to_text

    assert to_text(troops.when) == "west_help < troops and front != quiet and request == made"
    assert to_text(scenario.hazards["west_help_ends"].when) == "west_help != none and front == quiet"
    assert compile_game(scenario).size > compile_game(read_text(BASE)).size


@pytest.mark.parametrize(
    ("sides", "known"),
    [("[north, south]", True), ("{north: {}, south: {until: 2030-01-01}}", True), ("[south]", False)],
)
def test_a_member_of_a_group_fills_a_hole_as_any_actor_does(sides, known, tmp_path) -> None:
    (tmp_path / "a.yaml").write_text(
        "fragment: A\nabout: A\nholes: {who: {type: actor, about: Who}}\n"
        "actors: {$who: {interests: {calm: {about: Calm, worth: 1 per year}}}}\n"
    )
    (tmp_path / "scenario.yaml").write_text(
        "bystander: 1\ntitle: T\nas_of: 2020-01-01\nhorizon: 1 year\nuse: [{./a: {who: north}}]\n"
        f"groups: {{sides: {sides}}}\nactors: {{sides: {{acts: weekly, discount: 1 per year}},"
        " south: {about: The south}}\nvariables: {front: {levels: [calm, war], start: calm}}\n"
        "hazards: {war: {rate: 1 per year, then: {front: war}}}\noutcomes: {war: {ever: front == war}}\n"
    )
    if known:
        assert read_scenario(tmp_path / "scenario.yaml").actors["north"].interests["calm"].about == "Calm"
    else:
        with pytest.raises(ScenarioError, match="'north' fills a hole of type actor") as refused:
            read_scenario(tmp_path / "scenario.yaml")
        (problem,) = refused.value.problems
        assert problem.fix == "Add it under actors (Who); there is: south.", (
            "what other holes name is not there either"
        )


@pytest.mark.parametrize(
    ("levels", "lacking"),
    [
        ("[none, answered, mediating, watching, deployed]", "asked"),
        ("[none, asked, mediating, watching, deployed]", "answered"),
        ("[none, asked, answered, watching, deployed]", "mediating"),
    ],
)
def test_a_level_that_the_library_needs_is_to_be_added_where_it_can_be(levels, lacking) -> None:
    text = BASE.replace(
        "variables:",
        f'use: [{{mechanisms/patron-alone: {{power: west, post: help, front: front2, live: "true", '
        f'leverage: "0.5", kept: ceasefire}}}}]\nvariables:\n  help: {{levels: {levels}, start: none}}\n'
        "  front2: {levels: [quiet, fighting, incursion, ceasefire], start: quiet}",
        1,
    )
    with pytest.raises(ScenarioError) as refused:
        compile_game(read_text(text))
    told = [problem for problem in refused.value.problems if f"'{lacking}'" in problem.message]
    assert told
    for problem in told:
        assert problem.mark.file.startswith("library/")
        assert problem.fix.startswith("Add it to the levels of 'help', or fill the hole with a variable")


def test_what_would_grow_too_large_is_refused_before_it_does() -> None:
    names = ", ".join(f"a{n}" for n in range(900))
    move = "{rate: weekly, then: {front: war}, impacts: {all: 1}}"
    moves = ", ".join(f"h{n}: {move}" for n in range(900))
    actors = ", ".join(f"a{n}: {{discount: 1 per year}}" for n in range(900))
    text = f"as_of: 2020-01-01\ngroups: {{g: [{names}]}}\nactors: {{{actors}}}\nhazards: {{{moves}}}\n"
    with pytest.raises(ScenarioError, match="more than 200,000 entries"):
        read_text("bystander: 1\n" + text)


FOUNDED = """
bystander: 1
fragment: A body of later years
facts:
  seats: {says: It has seats, source: report, value: {2024-01-01: 9, 2025: 10}}
parameters:
  covers: {value: {2023-05-01: 1}, about: Whether its text covers the case}
"""


@pytest.mark.parametrize(
    ("said", "problem", "fix"),
    [
        ("covers: {value: 0}", "", ""),
        (
            "flare_up: {value: 1}",
            "Nothing is given here for 2022-10-15",
            "Give 'covers' a value in the scenario itself",
        ),
        ("covers: {value: 0 + fact.seats}", "The fact 'seats' has no number", "Give it a 'value'"),
    ],
)
def test_what_a_used_file_says_from_a_later_day_on_is_for_the_scenario_to_say(
    tmp_path, said, problem, fix
) -> None:
    (tmp_path / "body.yaml").write_text(FOUNDED)
    text = broken(("\nfacts:", "\nuse: [./body]\nfacts:"), ("\nparameters:\n", f"\nparameters:\n  {said}\n"))
    (tmp_path / "crisis.yaml").write_text(text)
    if not problem:
        read = read_scenario(tmp_path / "crisis.yaml")
        assert read.facts["seats"].value is None
        assert read.parameters["covers"].value.value == 0
        return
    with pytest.raises(ScenarioError) as refused:
        read_scenario(tmp_path / "crisis.yaml")
    (only,) = refused.value.problems
    assert problem in str(only)
    assert fix in str(only)
