"""The benchmarks: every registered cell runs, and peers that need nothing installed find the same numbers."""

import json
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from benchmarks import baselines, strangers
from benchmarks.__main__ import arguments, chosen_families, main
from benchmarks.cells import US, compared, measure, measure_apart
from benchmarks.families import entry_game, random_crisis
from benchmarks.peers import PEERS, asked
from benchmarks.peers.plain import solve_plainly
from benchmarks.phases import ANY, FILES, PHASES, nudge, phases_of
from benchmarks.register import FAMILIES
from benchmarks.shelf import Shelf
from benchmarks.table import tables, written
from benchmarks.timing import timed
from rich.console import Console
from scipy.stats import nbinom

from bystander.equilibrium.solve import solve
from bystander.scenario import read_scenario

TINY = FAMILIES["tiny"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What cells of one run share; our answers are on it."""
    folder = tmp_path_factory.mktemp("run")
    for phase in PEERS:
        measure("tiny", phase, US, folder)
    return folder


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_family_has_phases(name: str) -> None:
    phases = phases_of(FAMILIES[name])
    assert {"cold", "trace", "warm", "transient", "long-run"} <= set(phases)
    assert (set(FILES) <= set(phases)) == ("run" in phases) == bool(FAMILIES[name].file)
    assert set(PEERS) <= set(ANY)


def test_the_manual_names_every_phase_and_who_is_asked_in_it() -> None:
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "measure-speed.md").read_text(encoding="utf-8")
    table = page.partition("| phase | question | peers |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    phases = {phase: peers for names, _, peers in rows for phase in names.split(", ")}
    assert set(phases) == set(PHASES)
    assert {phase for phase, peers in phases.items() if peers} - {"kernels"} == set(PEERS)


@pytest.mark.parametrize("phase", sorted(set(ANY) - {"kernels"}))
def test_every_phase_runs(phase: str, folder: Path) -> None:
    row = measure("tiny", phase, US, folder)
    assert row["seconds"] > 0.0
    assert row["processor"] > 0.0
    assert row["peak MiB"] > 10.0


def test_inner_loops_are_held_against_the_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.kernels.triad", lambda threads: 1e10 * threads)
    monkeypatch.setattr("benchmarks.kernels.LEAST", 1e-4)
    row = measure("tiny", "kernels", US, folder)
    wanted = {"sweep", "acceleration", "jump", "triangle, 8 at once", "adjoint, 8 at once"}
    assert {loop["kernel"] for loop in row["kernels"]} >= wanted
    for loop in row["kernels"]:
        assert loop["share"] == pytest.approx(loop["least MiB"] * 2**20 / loop["seconds"] / 2e10)
    assert len(tables(TINY, [row])) == 1


@pytest.mark.parametrize(
    ("phase", "who"), [(phase, who) for phase in PEERS for who in PEERS[phase] if who in ("numpy", "scipy")]
)
def test_peers_find_the_same_numbers(phase: str, who: str, folder: Path) -> None:
    row = asked(who, phase, Shelf(folder, TINY))
    assert row["seconds"] > 0.0
    assert row["differs by"] < 1e-7


def test_a_peer_that_is_not_installed_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "benchmarks.peers.storm", raising=False)
    monkeypatch.setitem(sys.modules, "stormpy", None)
    row = asked("storm", "eventual", Shelf(folder, TINY))
    assert row == {"skipped": "stormpy is not installed (`make .venv/peers.stamp` installs it)"}


def test_a_model_too_large_for_a_peer_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.sparse.DIRECT", 10)
    assert "fill in" in asked("scipy", "waiting", Shelf(folder, TINY))["skipped"]


def test_the_runner_measures_shows_and_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "rows.json"
    assert main(["--family", "tiny", "--phase", "eventual", "--json", str(kept)]) == 0
    found = json.loads(kept.read_text())
    assert [row["by"] for row in found["rows"]] == [US, *PEERS["eventual"]]
    assert found["machine"]["versions"]["numpy"]
    shown = capsys.readouterr().out
    assert "eventual" in shown
    scipy = next(row for row in found["rows"] if row["by"] == "scipy")
    assert f"{written(scipy['times as long'])}x" in shown


def test_what_fails_or_takes_too_long_is_a_row(tmp_path: Path) -> None:
    assert "ScenarioError" in measure_apart("tiny", "read", US, tmp_path, 60.0)["failed"]
    assert measure_apart("tiny", "cold", US, tmp_path, 0.01)["skipped"] == "given up after 0 s"


def test_rows_without_times_are_not_compared() -> None:
    ours = {"seconds": 2.0, "processor": 3.0}
    assert compared({"skipped": "too large"}, ours) == {"skipped": "too large"}
    assert compared({"seconds": 4.0, "processor": 3.0}, ours)["times as long"] == 2.0
    assert "times as long" not in compared({"seconds": 4.0, "processor": 3.0}, {"failed": "no"})


def test_reasons_are_shown_as_written() -> None:
    row = {"family": "tiny", "phase": "cold", "by": "numpy", "failed": "[red]broken[/red]"}
    shown = StringIO()
    console = Console(width=100, file=shown)
    for table in tables(TINY, [row]):
        console.print(table)
    assert "[red]broken[/red]" in shown.getvalue()


def test_large_families_only_when_asked_for() -> None:
    def names(*words: str) -> set[str]:
        return {family.name for family in chosen_families(arguments(list(words)))}

    assert "crisis-1e6" not in names()
    assert "crisis-1e6" in names("--large")
    assert "crisis-65k" not in names("--quick")
    assert names("--family", "crisis-1e6") == {"crisis-1e6"}


def test_the_least_time_counts() -> None:
    calls = []
    row, last = timed(lambda: calls.append(1) or len(calls))
    assert row["repeats"] == last == 5
    assert row["seconds"] <= row["median"]


@pytest.mark.parametrize("decisions", [0, 3])
def test_plain_iteration_finds_the_same_values(decisions: int) -> None:
    crisis = random_crisis([4] * 3, 4, 3, 6, decisions=decisions, guards=0)
    for game in (entry_game(2, 2), crisis):
        theirs = solve_plainly(game, 1e-11)
        assert not theirs.extrapolated
        ours = solve(game, trace=False, tolerance=1e-11).require_converged()
        np.testing.assert_allclose(theirs.values, ours.values, atol=1e-7)


def test_entry_game_in_plain_numpy_has_the_published_sum() -> None:
    values = solve_plainly(entry_game(2, 2), 1e-12).values
    assert values.sum() == pytest.approx(360.942094, abs=5e-6)


def test_a_nudge_changes_worths_only() -> None:
    game = TINY.make()
    changed = nudge(game)
    np.testing.assert_allclose(changed.flow(), 1.001 * game.flow(), rtol=1e-12)
    assert changed.structure is game.structure


def test_baselines_on_questions_and_on_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mean of 1 over twelve months leaves Gamma(12.5, 12), of .5 Gamma(6.5, 12)."""
    asked, counted = tmp_path / "questions.csv", tmp_path / "counts.csv"
    head = "id12,comparison,reference_value_at_freeze,resolved_to"
    asked.write_text(f"{head}\na,more,1,1\nb,more,0.5,0\nc,less,9,1\n", encoding="utf-8")
    months = [f"{2001 + n // 12}-{n % 12 + 1:02},X,{2 if n < 12 else 3}" for n in range(13)]
    counted.write_text("\n".join(["month,name,fatalities_sb", *months]) + "\n", encoding="utf-8")
    baselines.main([str(asked), str(counted)])
    said = capsys.readouterr().out
    one = 1 - nbinom.cdf(1, 12.5, 12 / 13)
    other = 1 - nbinom.cdf(0, 6.5, 12 / 13)
    assert f"base rate      Brier {((1 - one) ** 2 + other**2) / 2:.4f}" in said
    assert "climatology    Brier 0.2500" in said
    assert "conflictology  CRPS 1.000, 1 country-months" in said
    drawn = nbinom.ppf((np.arange(200) + 0.5) / 200, 24.5, 12 / 13)
    crps = np.abs(drawn - 3).mean() - np.abs(drawn[:, None] - drawn).mean() / 2
    assert f"base rate      CRPS {crps:.3f}" in said


def test_crises_of_strangers_can_still_be_read_and_asked() -> None:
    asked = strangers.questions()
    assert sum(len(truths) for truths in asked.values()) == 30
    for name, truths in asked.items():
        assert truths.keys() <= read_scenario(strangers.FOLDER / f"{name}.yaml").outcomes.keys()
