"""The process as files: rewards are what options pay, and what holds nowhere can still be asked about."""

import csv

import numpy as np
import pytest

from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.process.export import write_process
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario.read import read_text

AMOUNTS = """
bystander: 1
title: Amounts that come with moves
as_of: 2022-10-15
horizon: 10 days
variables:
  s: {levels: [a, b, c], start: a}
  t: {levels: [u, v], start: u}
hazards:
  one: {when: s == a, rate: 1 per day, then: {s: b}}
  two: {when: s == a, rate: 1 per day, then: {s: c}}
  three: {when: s == b, rate: 2 per day, then: {s: a}}
  four: {when: s == b, rate: 1 per day, then: {s: c}}
  five: {when: s == c, rate: 1 per day, then: {s: a}}
  six: {when: s == c, rate: 3 per day, then: {s: b}}
  seven: {when: "s in [a, b]", rate: 1 per day, then: {s: c}}
  turn: {when: t == u, rate: 1 per day, then: [{chance: 30%, t: v}, {chance: rest}]}
outcomes:
  toll: {on_moves: {nature.seven: 10 people, nature.turn: "2 people if s == b else 1 people"}}
  both: {accumulates: {s == b: 3 people per day}, on_moves: {nature.two: 4 people}}
  turns: {counts: nature.turn}
  nowhere: {ever: "s == a and s == b"}
  init: {at: s == c}
  first: {before: {first: t == v, than: s == b}}
  late: {time_to: t == v}
  long: {long_run: s == b}
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    scenario = read_text(AMOUNTS)
    equilibrium = solve(compile_game(scenario))
    folder = tmp_path_factory.mktemp("process")
    write_process(scenario, equilibrium, folder)
    return scenario, equilibrium, folder


def table(folder):
    with (folder / "situations.csv").open() as file:
        return list(csv.DictReader(file))


def test_rewards_are_per_option_and_not_per_move(written):
    _, _, folder = written
    rows = table(folder)
    for name, expect in {
        "toll": lambda r: (
            (10.0 if r["s"] in "ab" else 0.0) + (r["t"] == "u") * (2.0 if r["s"] == "b" else 1.0)
        ),
        "both": lambda r: 3.0 * (r["s"] == "b") + 4.0 * (r["s"] == "a"),
        "turns": lambda r: float(r["t"] == "u"),
    }.items():
        lines = (folder / f"rewards_{name}.srew").read_text().splitlines()[1:]
        found = {int(line.split()[0]): float(line.split()[1]) for line in lines}
        for number, row in enumerate(rows):
            assert found.get(number, 0.0) == pytest.approx(expect(row))


def test_labels_are_all_there_and_numbers_stay(written):
    _, equilibrium, folder = written
    text = (folder / "process.drn").read_text()
    size = equilibrium.game.size
    assert f"@nr_states\n{size + 1}\n" in text
    assert f"state {size} !0 [0, 0, 0] nowhere\n" in text
    labels = (folder / "process.lab").read_text().splitlines()[0]
    for name in ("nowhere", "init_", "first", "first_than", "late", "long"):
        assert f'"{name}"' in labels


def in_storms_words(folder):
    """PRISM's explicit files with the headers that Storm's own explicit files have."""
    rows = (folder / "process.tra").read_text().splitlines()[1:]
    (folder / "process.storm").write_text("\n".join(["ctmc", *rows, ""]))
    head, *rows = (folder / "process.lab").read_text().splitlines()
    names = dict(part.split("=") for part in head.split())
    names = {number: name.strip('"') for number, name in names.items()}
    marked = [row.split(": ") for row in rows]
    lines = [f"{s} {' '.join(names[number] for number in held.split())}" for s, held in marked]
    declared = ["#DECLARATION", " ".join(names.values()), "#END"]
    (folder / "labels.storm").write_text("\n".join([*declared, *lines, ""]))
    rows = (folder / "rewards_toll.srew").read_text().splitlines()[1:]
    (folder / "rewards_toll.storm").write_text("\n".join([*rows, ""]))
    return str(folder / "process.storm"), str(folder / "labels.storm")


def test_storm_reads_both_forms_back_to_the_same_answers(written):
    stormpy = pytest.importorskip("stormpy", reason="stormpy, the peer to agree with, is not installed")
    scenario, equilibrium, folder = written
    ours = {
        r.name: r.estimate.value
        for r in answer_all(make_clocks(equilibrium), [Request(n, o) for n, o in scenario.outcomes.items()])
    }
    models = {
        "drn": stormpy.build_model_from_drn(str(folder / "process.drn")),
        "prism": stormpy.build_model_from_explicit(
            *in_storms_words(folder), state_rewards=str(folder / "rewards_toll.storm")
        ),
    }
    start = int(np.flatnonzero(equilibrium.game.situations.start)[0])

    def ask(model, formula):
        checked = stormpy.model_checking(model, stormpy.parse_properties(formula)[0])
        return checked.get_value_vector()[start]

    for form, model in models.items():
        assert ask(model, 'P=? [ F<=10 "nowhere" ]') == 0.0
        assert ask(model, 'P=? [ true U[10,10] "init_" ]') == pytest.approx(ours["init"], abs=1e-6)
        assert ask(model, 'P=? [ !"first_than" U "first" ]') == pytest.approx(ours["first"], abs=1e-6)
        assert ask(model, 'T=? [ F "late" ]') == pytest.approx(ours["late"], rel=1e-5)
        assert ask(model, 'LRA=? [ "long" ]') == pytest.approx(ours["long"], abs=1e-6)
        for name in ("toll", "both", "turns") if form == "drn" else ("toll",):
            reward = f'R{{"{name}"}}' if form == "drn" else "R"
            assert ask(model, f"{reward}=? [ C<=10 ]") == pytest.approx(ours[name], rel=1e-6)
