"""Parameters at which something is exactly 0: what is left out of the game has no slope, and that is said."""

from pathlib import Path

import pytest

from bystander.cases.cases import solve_case
from bystander.cli.main import run_command
from bystander.game.checks import find_problems, shut_at_zero
from bystander.game.compile import compile_game
from bystander.policy.sensitivity import target_gradient
from bystander.policy.targets import outcome_target
from bystander.scenario import read_text, vary
from reference.base_scenario import broken

SPARK = ("flare: {value: 6 per year,", "spark: {value: 0 per year}\n  flare: {value: 6 per year,")
SHARE = ("flare: {value: 6 per year,", "share: {value: 0}\n  flare: {value: 6 per year,")
SPARKS = "hazards:\n  sparks: {when: front == quiet, rate: spark, then: {front: war}}\n"
BRANCHES = "[{chance: 70%, front: war}, {chance: rest, front: tense}]"


@pytest.mark.parametrize(
    ("changes", "value", "shut"),
    [
        ((SPARK, ("hazards:\n", SPARKS)), None, {"spark": ("nature.sparks",)}),
        ((SPARK, ("hazards:\n", SPARKS)), "1 per year", {}),
        ((SPARK, ("rate: flare", "rate: flare + spark")), None, {}),
        (
            (SPARK, ("rate: flare", "rate: flare * spark / (1 per year)")),
            None,
            {"spark": ("nature.incident",)},
        ),
        ((SPARK, ("acts: every 2 weeks", "acts: spark")), None, {"spark": ("west.ask",)}),
        (
            (SPARK, ("acts: every 2 weeks", "acts: spark if war else 2 per year")),
            None,
            {"spark": ("west.ask",)},
        ),
        ((SHARE, ("chance: 70%", "chance: share")), None, {"share": ("east.attack",)}),
        ((SHARE, ("chance: 70%", "chance: 1 - share")), None, {"share": ("east.attack",)}),
        ((SHARE, ("chance: 70%", "chance: share")), "50%", {}),
    ],
)
def test_parameters_that_make_something_exactly_0_are_known(changes, value, shut) -> None:
    scenario = read_text(broken(*changes))
    if value is not None:
        scenario = vary(scenario, sets={next(iter(set(scenario.parameters) - {"loss", "flare"})): value})
    assert shut_at_zero(compile_game(scenario)) == shut


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ((SPARK, ("hazards:\n", SPARKS)), "spark"),
        ((SHARE, (BRANCHES, "[{chance: share, front: war}, {chance: rest, front: tense}]")), "share"),
    ],
)
def test_derivatives_are_silent_of_them_and_differences_are_not(changes, name) -> None:
    scenario = read_text(broken(*changes))
    target = outcome_target(scenario, "dead", 10.0)
    cases = [solve_case(vary(scenario, sets={name: at})) for at in (0.0, 1e-6)]
    assert target_gradient(cases[0], target).get(name, 0.0) == 0.0
    assert (
        cases[1].outcomes["dead"].estimate.value - cases[0].outcomes["dead"].estimate.value
    ) / 1e-6 > 100.0


def test_who_asks_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = broken(SPARK, ("hazards:\n", SPARKS))
    (told,) = (p for p in find_problems(compile_game(read_text(text))) if p.check == "never-possible")
    assert "'spark' makes its rate exactly 0" in told.message
    (tmp_path / "zero.yaml").write_text(text, encoding="utf-8")
    for verb, says in (
        (["run", "--no-report"], "little more or less of \u201cspark\u201d"),
        (["flip", "war_ever", "-s"], "Where Spark is, a rate or chance is exactly 0"),
    ):
        assert run_command([*verb, str(tmp_path / "zero.yaml")]) == 0
        assert says in " ".join(capsys.readouterr().out.split())
