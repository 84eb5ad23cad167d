"""What the compiler refuses, where it points, and what it warns of."""

import copy
import itertools

import pytest

from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError, ScenarioError
from bystander.game import compile as compiling
from bystander.game.checks import find_problems
from bystander.game.compile import compile_game, estimate_size
from bystander.scenario import read_text
from reference.scenarios import read

TEXT = """\
bystander: 1
title: Border
as_of: 2022-10-15
horizon: 1 year
variables:
  front: {levels: [quiet, clash, war], start: quiet}
  talks: {levels: [none, open], start: none}
never: front == war and talks == open
parameters: {zero: 0}
actors:
  east:
    acts: every 2 weeks
    patience: 50% per year
    interests:
      loss: {when: front == war, worth: -4 per year}
    actions:
      attack: {when: front == clash and talks == none, then: {front: war}}
      talk: {when: talks == none and front != war, then: {talks: open}}
      walk: {when: talks == open, then: {talks: none}}
hazards:
  flare: {when: front == quiet, rate: 3 per year, then: {front: clash}}
  tire: {when: front == war, every: 3 weeks, then: {front: quiet}}
"""


def refused(old, new):
    assert old in TEXT
    with pytest.raises(ScenarioError) as caught:
        compile_game(read_text(TEXT.replace(old, new), "border.yaml"))
    return caught.value.problems


def test_the_scenario_itself_is_accepted():
    game = compile_game(read_text(TEXT))
    assert game.size == 5
    assert find_problems(game) == ()


@pytest.mark.parametrize(
    ("old", "new", "check", "line", "says"),
    [
        (
            "talks == none and front != war",
            "talks == none",
            "impossible-situation",
            18,
            "leads from (front war, talks none)",
        ),
        (
            "when: talks == open",
            "when: talks == open and talks == none",
            "never-holds",
            19,
            "can never happen",
        ),
        (
            "rate: 3 per year",
            "rate: 3 per year if talks == none else -1 per year",
            "number-range",
            21,
            "rate -0.00",
        ),
        ("rate: 3 per year", "rate: 3 per year / zero", "number-range", 21, "rate inf"),
        ("worth: -4 per year", "worth: -4 per year / zero", "not-finite", 15, "beyond"),
        ("then: {front: war}", "then: {front: war}, worth: 1 / zero", "not-finite", 17, "worth of inf"),
        (
            "then: {front: war}",
            "then: [{chance: 0.9 if talks == open else 0.8, front: war}, {chance: 0.1, front: quiet}]",
            "chances-sum",
            17,
            "sum to 0.9",
        ),
        (
            "then: {front: war}",
            "then: [{chance: 1.5 if talks == none else 0, front: war}, {chance: rest, front: quiet}]",
            "not-a-probability",
            17,
            "chance 1.5",
        ),
        ("then: {talks: open}", "then: {talks: open}, habit: 1 + zero", "bad-habit", 18, "habit of 1 per"),
        ("then: {talks: open}", "then: {talks: open}, habit: zero", "bad-habit", 18, "would never be done"),
        ("then: {talks: open}", "then: {talks: open}, habit: 60 per year", "bad-habit", 18, "habit of 2.299"),
        (
            "then: {front: war}}\n      talk: {",
            "then: {front: war}, habit: 60%}\n      talk: {habit: every (30 days + zero * 1 day), ",
            "bad-habit",
            17,
            "add up to 1.067 per opportunity",
        ),
        ("50% per year", "zero * 1 per year", "number-range", 13, "discount rate 0"),
    ],
)
def test_what_means_nothing_is_refused_where_it_stands(old, new, check, line, says):
    problems = refused(old, new)
    assert [problem.check for problem in problems] == [check]
    assert problems[0].mark.line == line
    assert problems[0].mark.file.endswith("border.yaml")
    assert says in problems[0].message
    assert problems[0].fix


def test_an_impossible_start_is_refused():
    text = TEXT.replace("start: quiet", "start: war").replace("start: none", "start: {none: 0.5, open: 0.5}")
    with pytest.raises(ScenarioError, match=r"start \(front war, talks open\) is impossible") as caught:
        compile_game(read_text(text, "border.yaml"))
    assert caught.value.problems[0].mark.line == 8


def test_several_problems_are_reported_together():
    text = TEXT.replace("worth: -4 per year", "worth: -4 per year / zero").replace(
        "50% per year", "zero * 1 per year"
    )
    with pytest.raises(ScenarioError) as caught:
        compile_game(read_text(text, "border.yaml"))
    assert {problem.check for problem in caught.value.problems} == {"not-finite", "number-range"}


def test_moves_and_levels_never_reached_are_warned_of():
    game = compile_game(read_text(TEXT.replace("3 per year", "3 per year * zero"), "border.yaml"))
    found = {(p.check, p.severity, p.mark.line) for p in find_problems(game)}
    assert found == {
        ("never-possible", "warning", 17),
        ("never-possible", "warning", 21),
        ("never-possible", "warning", 22),
        ("never-reached", "warning", 6),
        ("idle-interest", "warning", 15),
    }


def problems_with(act, more=""):
    text = TEXT.replace("      walk: {", f"      {act}\n      walk: {{") + more
    return find_problems(compile_game(read_text(text, "border.yaml")))


@pytest.mark.parametrize(
    ("then", "worth", "warned"),
    [
        ("{}", "0.5 + zero", True),
        ("{talks: open}", "0.5", False),
        ("{front: clash}", "0.5", True),
        ("{}", "0", False),
        ("{}", "-0.5", False),
        ("[{chance: 10%, talks: open}, {chance: rest}]", "0.5", False),
    ],
)
def test_an_act_that_pays_and_changes_nothing_is_named(then, worth, warned):
    found = problems_with(f"cheer: {{when: talks == none and front == clash, then: {then}, worth: {worth}}}")
    assert [(p.check, p.severity, p.mark.line) for p in found] == [
        ("pays-for-nothing", "warning", 19)
    ] * warned
    assert all("'east.cheer' pays 'east' 0.5 each time" in p.message for p in found)


@pytest.mark.parametrize(
    ("then", "warned"),
    [
        ("[{chance: zero, talks: open}, {chance: rest}]", True),
        ("{front: clash}", True),
        ("[{chance: 1%, talks: open}, {chance: rest}]", False),
        ("{}", False),
        ("[{chance: 50%}, {chance: rest}]", False),
    ],
)
def test_an_act_that_is_to_change_something_and_changes_nothing_is_named(then, warned):
    found = problems_with(f"press: {{when: talks == none and front == clash, then: {then}}}")
    assert [(p.check, p.severity, p.mark.line) for p in found] == [
        ("changes-nothing", "warning", 19)
    ] * warned


@pytest.mark.parametrize(
    ("then", "asked", "instead"),
    [
        ("[{chance: 10%, front: war}, {chance: rest}]", "fires: [east.press]", ": ever: front == war"),
        ("[{chance: 10%, front: war}, {chance: rest, front: clash}]", "counts: [east.press]", "ever: front"),
        ("[{chance: 10%, front: quiet}, {chance: rest}]", "fires: [east.press]", "what it leads to."),
        ("[{chance: 10%, front: war}, {chance: rest}]", "ever: front == war", ""),
        ("[{chance: 1 + zero, front: war}, {chance: rest}]", "fires: [east.press]", ""),
        ("{front: war}", "fires: [east.press]", ""),
    ],
)
def test_an_outcome_that_counts_attempts_is_remarked_on(then, asked, instead):
    act = f"press: {{when: front == clash and talks == none, then: {then}}}"
    found = problems_with(act, f"outcomes: {{made: {{{asked}}}}}\n")
    assert [(p.check, p.severity) for p in found] == [("attempts-count", "info")] * bool(instead)
    assert all(instead in p.fix for p in found)


def test_levels_that_come_with_the_library_are_no_task_of_the_author():
    use = "use:\n  - mechanisms/answering: {body: pact, leader: east, post: help, live: front == war}\n"
    text = TEXT + use + "institutions: {pact: {members: [east]}}\n"
    found = find_problems(compile_game(read_text(text, "border.yaml")))
    assert [(p.check, p.severity, p.fix) for p in found] == [("never-reached", "info", "")]
    assert "'asked'" in found[0].message


@pytest.mark.parametrize(
    ("threatened", "found"),
    [
        ("front == war and talks == open", {("never-possible", "info", ""), ("never-reached", "info", "")}),
        ("front == war", {("never-reached", "info", "")}),
    ],
)
def test_what_the_library_has_or_needs_and_never_comes_is_no_task_of_the_author(threatened, found):
    levels = "[none, asked, answered, mediating, watching, deployed]"
    text = TEXT.replace("never:", f"  help: {{levels: {levels}, start: none}}\nnever:")
    text += (
        f"use: [mechanisms/asking: {{post: help, member: east, threatened: {threatened}, openness: zero}}]\n"
    )
    problems = find_problems(compile_game(read_text(text, "border.yaml")))
    assert {(p.check, p.severity, p.fix) for p in problems} == found


def test_a_decision_that_pays_a_voter_and_changes_nothing_is_named():
    pact = (
        "institutions:\n  pact:\n    members: [east]\n    decisions:\n"
        "      words: {rule: consensus, proposed: every 1 week, then: {}, worth: {east: 1}}\n"
    )
    (problem,) = find_problems(compile_game(read_text(TEXT + pact, "border.yaml")))
    assert (problem.check, problem.mark.line) == ("pays-for-nothing", 27)


@pytest.mark.parametrize(
    ("patience", "worth", "warned"),
    [
        ("50% per year", "-4 per year", False),
        ("1e-5 per year", "-4 per year", False),
        ("1e-7 per year", "-4 per year", True),
        ("1e-300 per year", "-4 per year", True),
        ("50% per year", "-1e7 per year", True),
        ("1e-5 per year", "-1e-3 per year", False),
        ("1e-7 per year", "-1e-3 per year", True),
    ],
)
def test_values_that_may_be_too_large_to_be_solved_are_warned_of(patience, worth, warned):
    text = TEXT.replace("50% per year", patience).replace("-4 per year", worth)
    found = find_problems(compile_game(read_text(text, "border.yaml")))
    place = ("values-too-large", "warning", "border.yaml", 11)
    assert [(p.check, p.severity, p.mark.file, p.mark.line) for p in found] == [place] * warned


@pytest.mark.parametrize("shocks", ["private", "noise"])
@pytest.mark.parametrize("rationality", ["1", "0", "1e-3", "1e-7", "1e-9", "1e-12"])
def test_values_that_private_reasons_make_too_large_are_warned_of_and_refused_alike(shocks, rationality):
    text = TEXT.replace("patience:", f"rationality: {rationality}\n    patience:", 1)
    game = compile_game(read_text(f"{text}settings: {{shocks: {shocks}}}\n", "border.yaml"))
    found = find_problems(game)
    warned = shocks == "private" and 0 < float(rationality) < 1e-5
    assert [p.check for p in found] == ["values-too-large"] * warned
    solved = solve(game)
    if solved.status is not Status.CONVERGED:
        with pytest.raises(NotConvergedError, match="more rationality"):
            solved.require_converged()


def test_a_guard_that_a_parameter_may_open_is_only_warned_of():
    text = TEXT.replace("when: talks == open", "when: talks == open and zero > 1")
    checks = [problem.check for problem in find_problems(compile_game(read_text(text)))]
    assert checks == ["never-possible"]


def many(variables, levels):
    names = [f"v{i}" for i in range(variables)]
    steps = [f"l{i}" for i in range(levels)]
    hazards = {
        f"{name}_{step}": {"rate": "1 per year", "then": {name: step}} for name in names for step in steps
    }
    return {
        "bystander": 1,
        "title": "Large",
        "as_of": "2022-10-15",
        "horizon": "1 year",
        "variables": {name: {"levels": steps, "start": "l0"} for name in names},
        "hazards": hazards,
    }


@pytest.mark.parametrize("size", [(9, 10), (30, 2), (40, 5)])
def test_what_is_too_large_is_refused_with_the_variables_responsible(size):
    data = many(*size)
    data["settings"] = {"limit": 20_000}
    for ask in (compile_game, estimate_size):
        with pytest.raises(
            ScenarioError, match=r"variables that multiply it most: v\d+ \(\d+ levels\)"
        ) as caught:
            ask(read(data))
        assert caught.value.problems[0].check == "too-large"


def test_the_limit_may_be_given_by_the_caller():
    data = many(3, 4)
    assert compile_game(read(data)).size == 64
    with pytest.raises(ScenarioError, match="more than 63 situations"):
        compile_game(read(data), limit=63)
    assert compile_game(read(data), limit=64).size == 64


def test_where_levels_combine_to_vastly_more_than_the_limit_a_tenth_of_it_is_explored():
    data = many(30, 2)
    data["settings"] = {"limit": 200_000}
    with pytest.raises(ScenarioError, match="more than 20,000 situations among 1,073,741,824 combinations"):
        compile_game(read(data))


def test_few_situations_among_vastly_many_combinations_are_compiled():
    data = many(52, 2)
    names = list(data["variables"])
    data["hazards"] = {
        f"{name}_on": {"when": f"{before} == l1", "rate": "1 per year", "then": {name: "l1", before: "l0"}}
        for before, name in itertools.pairwise(names)
    }
    data["variables"][names[0]]["start"] = "l1"
    assert compile_game(read(data)).size == 52


def test_too_many_starting_situations_are_refused_before_they_are_made():
    data = many(40, 2)
    for variable in data["variables"].values():
        variable["start"] = {"l0": 0.5, "l1": 0.5}
    with pytest.raises(ScenarioError, match="starting situations"):
        compile_game(read(data))


def test_numbers_over_too_many_variables_at_once_are_refused():
    data = copy.deepcopy(many(9, 8))
    everything = " + ".join(f"(1 per year if v{i} == l0 else 0)" for i in range(9))
    data["hazards"]["v0_l1"]["rate"] = everything
    with pytest.raises(ScenarioError, match="depend on too many variables at once: 134,217,728") as caught:
        compile_game(read(data))
    assert caught.value.problems[0].check == "too-many-contexts"


def test_a_guard_over_many_variables_is_looked_up_situation_by_situation():
    data = many(5, 8)
    data["hazards"] = {
        name: hazard for name, hazard in data["hazards"].items() if name[0] == "v" and name[1] < "3"
    }
    wide = " or ".join(f"v{i} == l1" for i in range(5))
    data["hazards"]["v3_l1"] = {"when": f"not ({wide})", "rate": "1 per year", "then": {"v3": "l1"}}
    assert compile_game(read(data)).size == 2 * 8**3


def test_a_file_cannot_raise_the_limit_it_is_held_to(monkeypatch):
    data = many(3, 4) | {"settings": {"limit": 50_000_000}}
    monkeypatch.setenv("BYSTANDER_LIMIT", "63")
    for ask in (compile_game, estimate_size):
        with pytest.raises(ScenarioError, match="more than 63 situations"):
            ask(read(data))
    monkeypatch.setenv("BYSTANDER_LIMIT", "64")
    assert compile_game(read(data)).size == 64


def test_what_does_not_fit_the_machine_is_refused_before_it_is_made(monkeypatch):
    data = many(3, 4)
    needed = estimate_size(read(data)).memory
    monkeypatch.setattr(compiling, "machine_memory", lambda: needed / compiling.SHARE + 1)
    monkeypatch.setattr(compiling, "LARGE", 1)
    assert compile_game(read(data)).size == estimate_size(read(data)).situations == 64
    monkeypatch.setattr(compiling, "machine_memory", lambda: needed / compiling.SHARE - 1)
    for ask in (compile_game, estimate_size):
        with pytest.raises(ScenarioError, match=r"would take about .* GB of memory, and this machine has"):
            ask(read(data))
    assert compiling.machine_memory() > 0


def test_the_memory_of_this_machine_is_known():
    assert 1e8 < compiling.machine_memory() < 1e15
