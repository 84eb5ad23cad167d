"""Parameters at which something is exactly 0: what is left out of the game has no slope, and that is said."""

from pathlib import Path

import pytest

from bystander.cases.cases import solve_case
from bystander.cli.main import run_command
from bystander.game.checks import find_problems, shut_at_zero
from bystander.game.compile import compile_game
from bystander.policy.sensitivity import local_sensitivities, target_gradient
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


EDGES = """
bystander: 1
title: Chances at their ends
as_of: 2024-01-01
horizon: 1 year
settings: {shocks: control}
variables: {v: {levels: [a, b, c], start: a}, w: {levels: [off, on], start: off}}
parameters: {rate: 2 per year, turn: 40%, vote: 30%, begin: 20%}
starts: {s: [{chance: begin, v: b}, {chance: rest, v: a}]}
CALENDAR
hazards:
  x: {when: v == a, rate: rate, then: [{chance: turn, v: b}, {chance: rest, v: a}]}
  y: {when: v == b, rate: 3 * rate + 1 per year, then: [{chance: turn, v: a}, {chance: rest, v: c}]}
  z: {when: w == on, every: 1 month, then: {v: a}}
  on: {when: v == c, every: 1 year, then: {w: on}}
outcomes: {ever: {ever: v == b}, at: {at: v == c}, times: {counts: nature.x}, held: {ever: w == on}}
"""
VOTE = "calendar: {election: {date: 2024-05-01, then: [{chance: vote, w: on}, {chance: rest, v: b}]}}"


@pytest.mark.parametrize("calendar", ["", VOTE])
@pytest.mark.parametrize(
    ("name", "at"),
    [("rate", 0.0), *((name, end) for name in ("turn", "vote", "begin") for end in (0.0, 1.0, 0.4))],
)
def test_a_slope_that_is_told_is_that_of_differences(calendar, name, at) -> None:
    """Also where a part of what a parameter does is left out: of a chance at 1, what the rest leads to."""
    scenario = vary(read_text(EDGES.replace("CALENDAR", calendar)), sets={name: at})
    case, step = solve_case(scenario), (-1e-5 if at == 1.0 else 1e-5)
    near, far = (solve_case(vary(scenario, sets={name: at + k * step})) for k in (1, 2))
    told = {s.outcome: s.derivative for s in local_sensitivities(case) if s.parameter == name}
    shut = shut_at_zero(case.game)
    used = calendar or name != "vote"
    assert (name in shut) == bool(used and at in (0.0, 1.0))
    assert bool(told) == bool(used and name not in shut) or not used
    for outcome, slope in told.items():
        now = case.value(outcome)
        difference = (4.0 * near.value(outcome) - 3.0 * now - far.value(outcome)) / (2.0 * step)
        assert slope == pytest.approx(difference, rel=1e-3, abs=1e-4), outcome


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
