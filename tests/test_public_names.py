"""Functions called from Python: what is of another kind than wanted is refused, naming what makes one."""

import pickle
from pathlib import Path

import pytest

import bystander
from bystander.equilibrium.solve import solve
from reference.base_scenario import BASE


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    path = tmp_path_factory.mktemp("named") / "base.yaml"
    path.write_text(BASE)
    assert bystander.read_scenario(str(path)) == bystander.read_scenario(Path(path))
    return bystander.read_scenario(path)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: bystander.assess("crises/x"), "wants a Scenario, not 'crises/x': bystander.read_scenario"),
        (lambda s: bystander.solve(s), "wants a Game, not a Scenario: bystander.compile_game"),
        (lambda s: bystander.make_chain(s), "wants an Equilibrium, not a Scenario: bystander.solve"),
        (lambda s: bystander.find_levers(s), "wants a Case, not a Scenario: bystander.solve_case"),
        (lambda s: bystander.turning_points(s, "war"), "wants a Target, not 'war': bystander.read_wish"),
        (lambda s: bystander.compare(s, None), r"compare\(b=...\) wants a Scenario, not None"),
        (lambda s: bystander.solve_case(s, near=s), "wants a Case, not a Scenario"),
        (lambda s: bystander.write_report(s, s, "a.html"), "wants an Assessment, not a Scenario"),
        (lambda _: bystander.read_data(5), "wants a Mapping, not 5"),
        (lambda _: bystander.read_scenario(None), "wants a str or Path, not None"),
        (lambda _: bystander.read_scenario(["a"]), "wants a str or Path, not a list"),
        (lambda _: bystander.assess("x" * 100), "wants a Scenario, not a str"),
        (lambda _: bystander.assess(), "missing 1 required positional argument"),  # type: ignore[call-arg]
    ],
)
def test_another_kind_than_wanted_is_refused(scenario, call, said) -> None:
    with pytest.raises(TypeError, match=said):
        call(scenario)


def test_every_function_knows_what_it_wants_first() -> None:
    for name in set(bystander.__all__) - {"__version__"}:
        with pytest.raises(TypeError, match=f"{name}\\(.*wants|missing"):
            getattr(bystander, name)(object())


def test_a_public_function_is_found_again_and_works(scenario) -> None:
    assert pickle.loads(pickle.dumps(bystander.solve)) is bystander.solve
    assert bystander.solve.__wrapped__ is solve
    assert bystander.solve(bystander.compile_game(scenario)).game.scenario == scenario
    assert bystander.solve_case(scenario, near=None).outcomes
