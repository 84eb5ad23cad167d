"""Assessments kept whole, and work of which a part would say what is false of the whole."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bystander.assessment.assess import QUICK, assess
from bystander.assessment.kept import assess_or_recall
from bystander.assessment.result import DRAWS, FIRST_ORDER
from bystander.cases import jobs
from bystander.cases.cases import solve_case
from bystander.cases.engines import DIED
from bystander.cases.store import Store
from bystander.errors import BystanderError, NotConvergedError
from bystander.policy.effects import measure_effects
from bystander.policy.surface import find_levers, response_surface
from bystander.policy.targets import outcome_target
from bystander.policy.turning import turning_points
from bystander.report.terminal import show_assessment
from bystander.report.words.asks import answers, details
from bystander.report.words.confidence import not_known
from bystander.report.words.sentences import plain
from bystander.scenario import Scenario, read_scenario, read_text
from bystander.scenario.document import library_root


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("templates/border")


def ended_at(turn: int, ended: str = "") -> Callable[..., str]:
    """Return what runs tasks until it is called for the n-th time, and ends after one; else interrupted."""
    run, calls = jobs.run_tasks, iter(range(turn + 1))

    def stand_in(task: Any, shared: Any, payloads: Any, keep: Any, **given: Any) -> str:
        if not payloads or next(calls, turn) < turn:
            return run(task, shared, payloads, keep, **given)
        key, payload = next(iter(payloads.items()))
        keep(key, task(shared, payload))
        if not ended:
            raise KeyboardInterrupt
        return ended

    return stand_in


ENDED = pytest.mark.parametrize(("ended", "error"), [("", KeyboardInterrupt), (DIED, BystanderError)])


@ENDED
def test_an_assessment_that_ended_early_is_neither_told_nor_kept(
    ended: str,
    error: type[BaseException],
    scenario: Scenario,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bystander.assessment.assess.DRAWS", 24)
    whole, turn = assess(scenario, starts=0, store=Store(None)), 0
    while True:
        store = Store(tmp_path / str(turn))
        with monkeypatch.context() as patched:
            patched.setattr(jobs, "run_tasks", ended_at(turn, ended))
            try:
                assess_or_recall(scenario, store=store, starts=0)
                break
            except error:
                turn += 1
        later = assess_or_recall(scenario, store=store, starts=0)
        assert (later.asks, later.measures, later.ranges) == (whole.asks, whole.measures, whole.ranges)
    assert turn >= 3, "draws, reasons and measures are tried one after the other"


@ENDED
@pytest.mark.parametrize(
    "work",
    [
        lambda _, store: measure_effects(read_scenario("templates/call")),
        lambda s, store: turning_points(s, outcome_target(s, "battle", 0.1), store=store),
        lambda s, store: response_surface(solve_case(s), find_levers(solve_case(s)), store=store, workers=1),
    ],
    ids=["effects", "flip", "live"],
)
def test_where_a_part_says_nothing_of_the_whole_the_end_goes_on(
    work: Callable[[Scenario, Store], object],
    ended: str,
    error: type[BaseException],
    scenario: Scenario,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", str(tmp_path))
    monkeypatch.setattr(jobs, "run_tasks", ended_at(0, ended))
    with pytest.raises(error):
        work(scenario, Store(None))


def test_what_could_not_be_solved_is_told_as_that(
    scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NotConvergedError("it did not settle")

    monkeypatch.setattr(jobs, "reach_equilibrium", fail)
    found = assess_or_recall(scenario, store=Store(tmp_path), starts=0, draws=30)
    told = " ".join(plain(line) for line in (*answers(found), *details(found)))
    assert "Nothing that is modelled moves" not in told
    assert "could not be solved without \u201cTroops abroad\u201d" in told
    assert found.asks[0].unsolved[-1] == "anything at stake"
    said = " ".join(not_known(found))
    assert "What \u201cOpen media halve the rally\u201d does: it did not settle" in said
    assert "Ranges: only 0 of 30 draws from the priors could be solved" in said


TEXT = (library_root() / "templates" / "border.yaml").read_text()
BATTLE = "  battle: {about: A battle, ever: front == battle}\n"


@pytest.mark.parametrize(
    ("text", "name", "asked"),
    [
        (TEXT.replace(BATTLE, "").replace("\nasks:", f"{BATTLE}\nasks:"), "border", {}),
        (TEXT, "elsewhere", {}),
        (TEXT, "border", {"seed": 1, "draws": 24}),
        (TEXT, "border", {"seed": 1}),
    ],
    ids=["order of entries", "name", "seed of draws", "seed"],
)
def test_nothing_is_recalled_of_what_would_be_told_otherwise(
    text: str, name: str, asked: dict[str, int], tmp_path: Path
) -> None:
    assert text.count(BATTLE) == 1
    files = {}
    for stem, said in (("border", TEXT), ("other/" + name, text)):
        files[stem] = tmp_path / f"{stem}.yaml"
        files[stem].parent.mkdir(exist_ok=True)
        files[stem].write_text(said)
    first, second = (read_scenario(file) for file in files.values())
    assess_or_recall(first, store=Store(tmp_path / "kept"), starts=0, draws=24)
    told = [
        assess_or_recall(second, store=store, starts=0, **asked)
        for store in (Store(tmp_path / "kept"), Store(None))
    ]
    warm, cold = (replace(each, solve=replace(each.solve, seconds=0.0)) for each in told)
    assert warm.name == name
    assert warm == cold


def test_fewer_draws_asked_for_once_are_not_shown_instead_of_more(scenario: Scenario, tmp_path: Path) -> None:
    for draws, shown in ((24, 24), (0, 200)):
        found = assess_or_recall(scenario, store=Store(tmp_path), starts=0, draws=draws)
        assert (found.ranges.how, found.ranges.draws) == (DRAWS, shown)


@pytest.mark.parametrize(("values", "how"), [(QUICK, DRAWS), (10, FIRST_ORDER)])
def test_draws_are_solved_where_that_is_quick(
    values: int, how: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bystander.assessment.assess.QUICK", values)
    found = assess(scenario, starts=0, measures=False)
    assert (found.ranges.how, found.ranges.draws, found.ranges.failed) == (how, 200, 0)


def test_what_is_recalled_is_told_as_it_was_the_first_time(tmp_path: Path) -> None:
    """A horizon that is a date was one of so many days once it had been kept."""
    text = (library_root() / "templates" / "border.yaml").read_text(encoding="utf-8")
    dated = read_text(re.sub(r"^horizon: .*", "horizon: until 2024-11-18", text, flags=re.MULTILINE))
    told = []
    for _ in range(2):
        shown = StringIO()
        show_assessment(assess_or_recall(dated, store=Store(tmp_path), starts=0), Console(file=shown), dated)
        told.append(shown.getvalue())
    assert "looking ahead until 18 November 2024" in told[0]
    assert told[0] == told[1]
