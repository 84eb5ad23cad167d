"""Histories given that something comes about: against those picked out of many, and against exact chances."""

import csv

import numpy as np
import pytest
from scipy import stats

from bystander.app.texts import text_of
from bystander.cases.cases import solve_case
from bystander.cli.main import run_command
from bystander.errors import QueryError
from bystander.process.chain import make_chain
from bystander.scenario import read_scenario
from bystander.seeds import stream
from bystander.simulation import given as module
from bystander.simulation.given import simulate_given
from bystander.simulation.paths import simulate_paths
from reference.degenerate import BATTLE, SCENARIOS
from reference.processes import process, random_process, reach

COUNT, TIME = 20_000, 3.0


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("kind", ["target", "options", "within"])
def test_they_are_those_picked_out_of_many(seed: int, kind: str) -> None:
    chain = make_chain(random_process(seed))
    target = np.arange(chain.size) == 4 if kind != "options" else None
    options = chain.option_move == 1 if kind == "options" else None
    days = 1.0 if kind == "within" else TIME
    given, chance = simulate_given(
        chain, COUNT, TIME, stream(seed, "given"), target=target, options=options, within=days
    )
    exact = reach(chain, target, np.array([days]), options=options).value[0]
    assert chance == pytest.approx(exact, rel=1e-8)
    assert (given.first_times(target, options) <= days).all()
    every = simulate_paths(chain, int(COUNT / chance), TIME, stream(seed, "all"))
    picked = every.first_times(target, options) <= days
    for told in (
        lambda paths: paths.first_times(target, options),
        lambda paths: paths.days_in(np.arange(chain.size) % 2 == 0),
        lambda paths: np.diff(paths.start).astype(float),
        lambda paths: paths.at(0.3).astype(float),
        lambda paths: paths.at(TIME).astype(float),
    ):
        assert stats.ks_2samp(told(given), told(every)[picked]).pvalue > 1e-4


def test_what_is_rarer_than_any_number_of_histories_is_sampled() -> None:
    """Three slow steps in a row: the last comes at the time of the largest of three uniforms."""
    rate = 1e-40
    chain = make_chain(process([[(0, rate, [(1.0, k + 1)])] for k in range(3)] + [[]]))
    paths, chance = simulate_given(chain, 5_000, 2.0, stream(0, "rare"), target=np.arange(4) == 3)
    assert chance == pytest.approx((2.0 * rate) ** 3 / 6.0, rel=1e-9)
    assert stats.kstest(paths.first_times(np.arange(4) == 3) / 2.0, stats.beta(3, 1).cdf).pvalue > 1e-4


def test_what_follows_is_free() -> None:
    """After the rare step the process goes on as ever: it comes back at its own rate."""
    chain = make_chain(process([[(0, 1e-9, [(1.0, 1)])], [(1, 1.0, [(1.0, 0)])]], moves=2))
    there = np.array([False, True])
    paths, _ = simulate_given(chain, 4_000, 50.0, stream(1, "free"), target=there, within=5.0)
    assert stats.kstest(paths.days_in(there), stats.expon.cdf).pvalue > 1e-4


def test_the_same_stream_gives_the_same_paths_however_much_room_there_is(monkeypatch) -> None:
    chain = make_chain(random_process(0))
    target = np.arange(chain.size) == 4
    one, _ = simulate_given(chain, 200, TIME, stream(1, "room"), target=target)
    again, _ = simulate_given(chain, 200, TIME, stream(1, "room"), target=target)
    assert np.array_equal(one.times, again.times)
    monkeypatch.setattr(module, "FIRINGS", int(np.diff(one.start).max()) * 4)
    few, _ = simulate_given(chain, 200, TIME, stream(1, "room"), target=target)
    assert len(few) == 200
    assert (few.first_times(target) <= TIME).all()


def test_what_cannot_be_sampled_is_refused(monkeypatch) -> None:
    chain = make_chain(process([[(0, 1.0, [(1.0, 1)])], [], []]))
    random = stream(0, "no")
    with pytest.raises(QueryError, match="cannot come about"):
        simulate_given(chain, 10, 1.0, random, target=np.arange(3) == 2)
    with pytest.raises(QueryError, match="at least 1"):
        simulate_given(chain, 0, 1.0, random, target=np.arange(3) == 1)
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(QueryError, match="Ask for a shorter time"):
        simulate_given(chain, 10, 50.0, random, target=np.arange(3) == 1)


ESCALATES = "  worsens: {when: front == clash, every: 2 months, then: {front: battle}}\n"
DATED = "calendar: {rain: {date: 2024-03-01, when: front == battle, then: {front: quiet}}}\n"


AS_EVENTS = {
    "by the horizon": "ever: front == battle",
    "longer than the horizon": "ever: front == battle, within: 2 years",
    "given what holds from the start": "ever: front == battle, given: front != battle",
}


@pytest.mark.parametrize("asked", AS_EVENTS)
def test_its_chance_is_that_of_the_outcome(asked, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    case = tmp_path / "case.yaml"
    outcomes = f"outcomes: {{battle: {{{AS_EVENTS[asked]}}}}}"
    case.write_text(SCENARIOS["no_actors"].replace(BATTLE, ESCALATES + outcomes), encoding="utf-8")
    out = tmp_path / "given.csv"
    assert run_command(["simulate", str(case), "-n", "30", "-o", str(out), "--outcome", "battle"]) == 0
    chance = solve_case(read_scenario(case)).value("battle")
    assert f"a share of {chance:.3g}" in capsys.readouterr().err
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert len({row["path"] for row in rows if row["front"] == "battle"}) == 30


@pytest.mark.parametrize("typed", ["battle", "Battle"])
def test_the_command_samples_them(typed, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    out = tmp_path / "given.csv"
    words = ["simulate", "templates/border", "-n", "30", "-o", str(out), "--outcome", typed]
    assert run_command(words) == 0
    said = capsys.readouterr().err
    chance = solve_case(read_scenario("templates/border"), outcomes=["battle"]).value("battle")
    assert f"a share of {chance:.3g}" in said
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert {row["path"] for row in rows} == {row["path"] for row in rows if row["front"] == "battle"}
    assert len({row["path"] for row in rows}) == 30


@pytest.mark.parametrize(
    ("outcome", "more", "said"),
    [
        ("batle", "", "There is no outcome called 'batle'. Did you mean battle?"),
        ("dead", "", "asks 'ever' or 'fires'"),
        ("alliance_deploys", "", "without 'given'"),
        ("battle", DATED, "known dates lie ahead"),
    ],
)
def test_an_outcome_that_is_no_event_is_refused(outcome, more, said, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("BYSTANDER_CACHE", "off")
    case = tmp_path / "case.yaml"
    case.write_text(text_of("templates/border")[0] + more, encoding="utf-8")
    out = tmp_path / "given.csv"
    assert run_command(["simulate", str(case), "-o", str(out), "--outcome", outcome]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
