"""Laws of behaviour and process, on random scenarios, from plain data to answers."""

import copy
import itertools
import re
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bystander.cases.cases import Case, answer_case
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError, QueryError
from bystander.game.compile import compile_game
from bystander.process.chain import make_chain
from bystander.scenario import null
from reference import oracle
from reference.decomposition import decompose
from reference.scenarios import read, scenarios, shuffled

FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
SMALL = {"variables": (2, 2), "levels": (2, 3), "actors": (1, 2)}
ASKED = {
    "ever": {"ever": "hot"},
    "later": {"at": "v0 == a", "within": "3 months"},
    "share": {"share": "hot"},
    "fires": {"fires": "nature.hazard0"},
    "counts": {"counts": ["nature.hazard0"]},
    "toll": {"accumulates": {"hot": "5 people per day"}, "on_moves": {"nature.hazard0": "3 people"}},
    "long": {"long_run": "v1 == b"},
    "first": {"before": {"first": "v1 == b", "than": "v0 == b"}},
    "wait": {"time_to": "v1 == b"},
    "once": {"ever": "v0 == b", "given": "hot", "within": "2 months"},
}


def solved(data) -> Case:
    """Solve, and answer what has an answer.

    The onset of what never comes has none, nor what happens only after times beyond double precision.
    """
    scenario = read({**data, "outcomes": ASKED} if "outcomes" not in data else data)
    equilibrium = solve(compile_game(scenario), tolerance=1e-11).require_converged()
    case = answer_case(scenario, equilibrium, outcomes=[])
    outcomes = {}
    for name in scenario.outcomes:
        with suppress(QueryError, NotConvergedError):
            found = answer_case(scenario, equilibrium, outcomes=[name]).outcomes[name]
            outcomes |= {} if found.estimate.withheld else {name: found}
    return replace(case, outcomes=outcomes)


def table(case: Case, names=None, actors=None) -> dict:
    """Values and rates of moves, keyed by the levels of the named variables and so free of any order."""
    game = case.game
    names = names or list(game.situations.names)
    actors = actors or list(game.actors)
    columns = [game.situations.names.index(name) for name in names]
    order = [game.actors.index(name) for name in actors]
    found = {}
    for s, row in enumerate(game.situations.levels):
        key = tuple(game.situations.level_names[c][row[c]] for c in columns)
        found[key, "values"] = case.equilibrium.values[s, order].tolist()
        for option in range(game.structure.option_start[s], game.structure.option_start[s + 1]):
            move = game.moves[game.structure.kind_move[game.structure.option_kind[option]]].name
            found[key, move] = [case.equilibrium.option_rate[option]]
    return found


def assert_same(one: dict, other: dict, scale=1.0, shift=0.0) -> None:
    assert one.keys() == other.keys()
    for key, values in one.items():
        if key[1] == "values":
            values = np.array(values) * scale + shift
        np.testing.assert_allclose(other[key], values, rtol=1e-6, atol=1e-7, err_msg=str(key))


def assert_same_outcomes(one: Case, other: Case, time=1.0) -> None:
    assert one.outcomes.keys() == other.outcomes.keys()
    for name, result in one.outcomes.items():
        factor = time if result.kind == "time" else 1.0
        assert other.value(name) == pytest.approx(result.estimate.value * factor, rel=1e-6, abs=1e-9), name


@given(scenarios(**SMALL))
@FEW
def test_the_oracle_agrees(data):
    case = solved(data)
    world = oracle.world_of({**copy.deepcopy(data), "outcomes": ASKED})
    places = [world.rows.index(key) for key, what in table(case) if what == "values"]
    violation, behaviour = oracle.violation(world, *_spread(case, world, places))
    assert np.abs(violation[places]).max() < 1e-9
    process = oracle.Process(world, behaviour)
    for name in case.outcomes:
        expected = process.answer(ASKED[name])
        error = case.outcomes[name].estimate.error
        assert case.value(name) == pytest.approx(expected, rel=1e-7, abs=1e-9 + error), name


def _spread(case, world, places):
    values = np.zeros((len(world.rows), len(world.actors)))
    values[places] = case.equilibrium.values
    return (values,)


@given(scenarios(**SMALL), st.randoms(use_true_random=False))
@FEW
def test_order_does_not_matter(data, random):
    one, other = solved(data), solved(shuffled(data, random))
    names, actors = list(data["variables"]), list(data["actors"])
    assert_same(table(one, names, actors), table(other, names, actors))
    assert_same_outcomes(one, other)


@given(scenarios(**SMALL))
@FEW
def test_names_do_not_matter(data):
    renamed = _renamed(
        {**data, "outcomes": ASKED},
        {"a": "red", "b": "blue", "c": "aqua", "v0": "zeta", "v1": "alpha", "actor0": "you", "actor1": "me"},
    )
    assert_same_outcomes(solved(data), solved(renamed))


def _renamed(value, names):
    if isinstance(value, dict):
        return {_renamed(k, names): _renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_renamed(v, names) for v in value]
    return re.sub(r"\b\w+\b", lambda m: names.get(m[0], m[0]), value) if isinstance(value, str) else value


@given(scenarios(**SMALL), st.integers(-20, 20))
@FEW
def test_a_constant_flow_changes_values_by_a_constant_and_nothing_else(data, gift):
    richer = copy.deepcopy(data)
    for actor in richer["actors"].values():
        actor["interests"]["gift"] = {"worth": f"{gift} per year"}
    one, other = solved(data), solved(richer)
    shift = gift / 365.25 / one.game.numbers.discount
    assert_same(table(one), table(other), shift=shift)
    assert_same_outcomes(one, other)


@given(scenarios(**SMALL), st.sampled_from([0.25, 3.0]))
@FEW
def test_worths_times_c_and_rationality_over_c(data, c):
    scaled = copy.deepcopy(data)
    for actor in scaled["actors"].values():
        actor["rationality"] = f"({actor['rationality']}) / {c}"
        for interest in actor["interests"].values():
            interest["worth"] = f"({interest['worth']}) * {c}"
    decisions = [d for i in scaled.get("institutions", {}).values() for d in i["decisions"].values()]
    actions = [a for actor in scaled["actors"].values() for a in actor["actions"].values()]
    for action in actions:
        action["worth"] = f"({action['worth']}) * {c}"
    for decision in decisions:
        decision["worth"] = {m: f"({worth}) * {c}" for m, worth in decision.get("worth", {}).items()}
    for move in [*decisions, *actions, *scaled["hazards"].values()]:
        move["impacts"] = {m: f"({worth}) * {c}" for m, worth in move.get("impacts", {}).items()}
    one, other = solved(data), solved(scaled)
    assert_same(table(one), table(other), scale=c)
    assert_same_outcomes(one, other)


@given(scenarios(**SMALL))
@FEW
def test_a_slower_clock_for_everything_changes_nothing_but_times(data):
    slow = _slowed({**data, "outcomes": ASKED}, 7)
    one, other = solved(data), solved(slow)
    fast = {key: [v if key[1] == "values" else v / 7 for v in values] for key, values in table(one).items()}
    assert_same(fast, table(other))
    assert_same_outcomes(one, other, time=7.0)


def _slowed(value, factor):
    def longer(match):
        number, people, per, word = match.groups()
        percent = "%" if "%" in number else ""
        size = float(number.rstrip("%"))
        return f"{size / factor if per else size * factor:.17g}{percent}{people or ''} {per or ''}{word}"

    if isinstance(value, dict):
        return {k: _slowed(v, factor) for k, v in value.items()}
    if isinstance(value, list):
        return [_slowed(v, factor) for v in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"(\d+(?:\.\d+)?%?)( people)? (per )?((?:day|week|month|year)s?)", longer, value)


@given(scenarios(**SMALL))
@FEW
def test_rationality_of_zero_does_what_habit_says(data):
    """As if nothing were at stake; uniformly, where habits do not count."""
    blind = copy.deepcopy(data)
    for actor in blind["actors"].values():
        actor["rationality"] = 0
    case = solved(blind)
    structure, choice = case.game.structure, case.equilibrium.choice
    if blind["settings"]["shocks"] == "control":
        indifferent = solve(compile_game(null(read(data)))).require_converged()
        np.testing.assert_allclose(choice, indifferent.choice, rtol=1e-12)
        return
    kinds = structure.kind_move[structure.option_kind]
    for s in range(case.game.size):
        here = np.arange(structure.option_start[s], structure.option_start[s + 1])
        for actor in range(len(case.game.actors)):
            own = here[(structure.move_type[kinds[here]] == 2) & (structure.move_owner[kinds[here]] == actor)]
            np.testing.assert_allclose(choice[own], 1 / (1 + len(own)), rtol=1e-12)


@given(scenarios(**SMALL))
@FEW
def test_the_process_is_a_process(data):
    case = solved({**data, "outcomes": _partition(data)})
    chain = make_chain(case.equilibrium)
    sums = np.add.reduceat(np.append(chain.rates, 0.0), chain.indptr[:-1]) * (np.diff(chain.indptr) > 0)
    np.testing.assert_allclose(sums, chain.exit, rtol=1e-12, atol=1e-300)
    assert (chain.rates >= 0).all()
    for question in ("at", "share", "long_run"):
        parts = [case.outcomes[name] for name in case.outcomes if name.startswith(question)]
        if not parts:
            continue
        bound = 1e-9 + sum(part.estimate.error for part in parts)
        assert sum(part.estimate.value for part in parts) == pytest.approx(1, abs=bound)
        assert all(0 <= part.estimate.value <= 1 for part in parts)
        for points in zip(*(part.curve for part in parts), strict=True):
            assert sum(value for _, value in points) == pytest.approx(1, abs=bound)
    ever = [value for _, value in case.outcomes["ever"].curve]
    assert all(0 <= a <= b + 1e-12 <= 1 + 1e-9 for a, b in itertools.pairwise(ever))


def _partition(data):
    levels = data["variables"]["v0"]["levels"]
    asked = {f"{q}_{level}": {q: f"v0 == {level}"} for q in ("at", "share", "long_run") for level in levels}
    return {**asked, "ever": {"ever": "hot"}}


@given(scenarios(**SMALL))
@FEW
def test_an_unreachable_addition_changes_nothing(data):
    more = copy.deepcopy(data)
    more["variables"]["extra"] = {"levels": ["no", "yes"], "start": "no"}
    more["variables"]["v0"]["levels"].append("elsewhere")
    more["hazards"]["unheard_of"] = {"when": "extra == yes", "rate": "1 per day", "then": {"v0": "elsewhere"}}
    for actor in more["actors"].values():
        actor["interests"]["dream"] = {"when": "extra == yes", "worth": "5 per year"}
        actor["actions"]["awake"] = {"when": "extra == yes", "then": {"extra": "no"}, "worth": 3}
    one, other = solved(data), solved(more)
    assert_same(table(one), table(other, list(data["variables"])))
    assert_same_outcomes(one, other)


@given(scenarios(**SMALL))
@FEW
def test_values_are_the_sum_of_their_terms(data):
    case = solved(data)
    for actor in case.game.actors:
        found = decompose(case.equilibrium, actor)
        np.testing.assert_allclose(
            found.totals.sum(axis=1), case.equilibrium.values[:, case.game.actors.index(actor)], atol=1e-7
        )


@given(scenarios(**SMALL, institutions=False), st.sampled_from(["control", "private", "noise"]))
@FEW
def test_a_leader_who_decides_is_an_actor_who_acts(data, shocks):
    """The same move as an action of an actor with no other, and as a decision that it alone takes."""
    data = copy.deepcopy(data)
    data["settings"] = {"shocks": shocks}
    actor = data["actors"]["actor0"]
    move = {"when": "v0 == a", "then": {"v0": "b", "v1": "b"}, "worth": "k - 1"}
    move["impacts"] = dict.fromkeys(data["actors"], "0.4")
    alone, council = copy.deepcopy(data), copy.deepcopy(data)
    alone["actors"]["actor0"]["actions"] = {"go": move}
    council["actors"]["actor0"]["actions"] = {}
    decision = {**move, "rule": {"leader": "actor0"}, "proposed": actor["acts"]}
    decision["worth"] = {"actor0": move["worth"]}
    council["institutions"] = {"office": {"members": list(data["actors"]), "decisions": {"go": decision}}}
    one, other = solved(alone), solved(council)
    found = {(key, "office.go" if w == "actor0.go" else w): v for (key, w), v in table(one).items()}
    assert_same(found, table(other))
    assert_same_outcomes(one, other)
