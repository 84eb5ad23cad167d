"""Assessments kept whole, and work of which a part would say what is false of the whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bystander.assessment.assess import QUICK, assess
from bystander.assessment.kept import assess_or_recall
from bystander.assessment.result import DRAWS, FIRST_ORDER
from bystander.cases import jobs
from bystander.cases.cases import solve_case
from bystander.cases.store import Store
from bystander.policy.effects import measure_effects
from bystander.policy.surface import find_levers, response_surface
from bystander.policy.targets import outcome_target
from bystander.policy.turning import turning_points
from bystander.scenario import Scenario, read_scenario


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("templates/border")


def interrupted_at(turn: int) -> Callable[..., str]:
    """Return what runs tasks until it is called for the n-th time, and then is interrupted after one."""
    run, calls = jobs.run_tasks, iter(range(turn + 1))

    def stand_in(task: Any, shared: Any, payloads: Any, keep: Any, **given: Any) -> str:
        if not payloads or next(calls, turn) < turn:
            return run(task, shared, payloads, keep, **given)
        key, payload = next(iter(payloads.items()))
        keep(key, task(shared, payload))
        raise KeyboardInterrupt

    return stand_in


def test_an_interrupted_assessment_is_neither_told_nor_kept(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, turn = assess(scenario, starts=0, store=Store(None)), 0
    while True:
        store = Store(tmp_path / str(turn))
        with monkeypatch.context() as patched:
            patched.setattr(jobs, "run_tasks", interrupted_at(turn))
            try:
                assess_or_recall(scenario, store=store, starts=0)
                break
            except KeyboardInterrupt:
                turn += 1
        later = assess_or_recall(scenario, store=store, starts=0)
        assert (later.asks, later.measures, later.ranges) == (whole.asks, whole.measures, whole.ranges)
    assert turn >= 3, "draws, reasons and measures are tried one after the other"


@pytest.mark.parametrize(
    "work",
    [
        lambda _, store: measure_effects(read_scenario("templates/call")),
        lambda s, store: turning_points(s, outcome_target(s, "battle", 0.1), store=store),
        lambda s, store: response_surface(solve_case(s), find_levers(solve_case(s)), store=store, workers=1),
    ],
    ids=["effects", "flip", "live"],
)
def test_where_a_part_says_nothing_of_the_whole_the_interruption_goes_on(
    work: Callable[[Scenario, Store], object], scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "run_tasks", interrupted_at(0))
    with pytest.raises(KeyboardInterrupt):
        work(scenario, Store(None))


@pytest.mark.parametrize(("values", "how"), [(QUICK, DRAWS), (10, FIRST_ORDER)])
def test_draws_are_solved_where_that_is_quick(
    values: int, how: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bystander.assessment.assess.QUICK", values)
    found = assess(scenario, starts=0, measures=False)
    assert (found.ranges.how, found.ranges.draws, found.ranges.failed) == (how, 200, 0)
