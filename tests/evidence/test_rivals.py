"""Rivals: Bayes factors, where they come from, power, and the first line."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from bystander.errors import QueryError
from bystander.evidence.coordinates import coordinates_of
from bystander.evidence.learning import fit
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record
from bystander.evidence.rivals import ARGUMENT, _telling, compare_rivals
from bystander.evidence.weighing import HABIT
from bystander.scenario import read_data, read_text
from evidence.chains import chain_scenario

RATES = {("off", "on"): "0.1 per day", ("on", "off"): "1 per day"}
COVERED = (
    "record: 1\ntitle: t\nfrom: 0 days\ncoverage: [{of: nature.go_off_on, from: 0 days, until: %s days}]\n"
)


def scenario(prior: str | None = None):
    base = chain_scenario(("off", "on"), RATES, start="off", priors={("off", "on"): prior} if prior else None)
    data = base.to_dict()
    data["rivals"] = {"hotter": {"about": "Twice as often", "set": {"q_off_on": "0.2 per day"}}}
    return read_data(data)


def record(moves: int, days: int):
    lines = "".join(
        f"  m{k}: {{on: {days * (k + 1) / (moves + 1)!r} days, move: nature.go_off_on}}\n"
        for k in range(moves)
    )
    return parse_record(COVERED % days + f"observations:\n{lines}", "t.yaml")


def test_a_factor_between_points_is_the_ratio_of_likelihoods() -> None:
    seen = record(9, 60)
    found = compare_rivals(((scenario(), seen),), learn=(), power_records=0)
    logs = [
        Likelihood(chain_scenario(("off", "on"), {**RATES, ("off", "on"): rate}, start="off"), seen).value({})
        for rate in ("0.1 per day", "0.2 per day")
    ]
    value, error = found.factor("hotter", ARGUMENT)
    assert value == pytest.approx((logs[1] - logs[0]) / math.log(10), rel=1e-9)
    assert error == 0.0
    total = found.factor(found.explanations[0].name, found.explanations[1].name)[0]
    assert sum(
        origin.part for origin in found.origins(*(each.name for each in found.explanations[:2]))
    ) == pytest.approx(total, rel=1e-9)
    assert sum(each.odds for each in found.explanations) == pytest.approx(1.0)


@pytest.mark.parametrize(("habit", "compared"), [("5%", True), (None, False)])
def test_plain_habit_is_a_rival_wherever_habits_are_in_force(habit: str | None, compared: bool) -> None:
    """Whether or not the file says so: a file with a habit is under control."""
    data = scenario().to_dict()
    act = {"then": {}, "worth": 1} | ({"habit": habit} if habit else {})
    data["actors"] = {"one": {"acts": "1 per day", "discount": "1 per year", "actions": {"act": act}}}
    data.pop("settings", None)
    found = compare_rivals(((read_data(data), record(1, 8)),), learn=(), power_records=0)
    assert (HABIT in {each.name for each in found.explanations}) == compared


def test_a_record_that_cannot_tell_says_so_first() -> None:
    found = compare_rivals(((scenario(), record(1, 8)),), learn=(), power_records=8)
    assert not found.tells
    assert found.headline.startswith("This record cannot tell")
    assert all(each.clearly < 0.6 for each in found.power)


def test_one_explanation_under_two_names_is_said_to_be_one() -> None:
    data = scenario().to_dict()
    data["rivals"] |= {
        "twin": {"about": "The argument again", "set": {"q_off_on": "q_off_on"}},
        "hotter_too": {"about": "Twice as often again", "set": {"q_off_on": "2 * q_off_on"}},
        "shut": {"about": "Never", "disable": ["nature.go_off_on"]},
        "closed": {"about": "Never again", "disable": ["nature.go_off_on"]},
    }
    found = compare_rivals(((read_data(data), record(9, 60)),), learn=(), power_records=8)
    assert {frozenset(group) for group in found.alike} == {
        frozenset({ARGUMENT, "twin"}),
        frozenset({"hotter", "hotter_too"}),
    }, "what cannot have happened is told apart by what cannot happen"
    assert found.factor("hotter", "hotter_too") == pytest.approx((0.0, 0.0), abs=1e-12)
    wins = {each.name: each.wins for each in found.power}
    assert wins["hotter"] > 0.0, "nobody loses to another name of his own"
    assert wins["shut"] == wins["closed"]


def test_a_long_record_tells_and_has_power() -> None:
    found = compare_rivals(((scenario(), record(60, 400)),), learn=(), power_records=8)
    assert found.explanations[0].name == "hotter"
    assert found.tells
    assert "speaks for 'hotter'" in found.headline
    assert min(each.wins for each in found.power) >= 0.75
    best = found.telling[0] if found.telling else None
    assert best is None or 0.0 <= best.bits <= 1.0


def test_what_cannot_tell_is_not_said_to() -> None:
    one, two = (SimpleNamespace(name=n, odds=0.5, weighed=SimpleNamespace(ahead={})) for n in "ab")
    for each, sure, alike, apart in ((one, 0.0, 0.3, 0.1), (two, 0.0, 0.3, 0.9)):
        each.weighed.ahead = {("x.never", 30.0): sure, ("x.alike", 30.0): alike, ("x.tells", 30.0): apart}
    assert [told.move for told in _telling([one, two])] == ["x.tells"]


def test_averaging_over_a_prior_costs_what_the_prior_is_wide() -> None:
    seen = record(9, 60)
    found = compare_rivals(((scenario("lognormal(median=0.1, spread=2)"), seen),), draws=300, power_records=0)
    argument = next(each for each in found.explanations if each.name == ARGUMENT)
    alone = fit(
        Likelihood(scenario("lognormal(median=0.1, spread=2)"), seen),
        coordinates_of(scenario("lognormal(median=0.1, spread=2)")),
        method="importance",
        draws=300,
    )
    assert argument.log_evidence == pytest.approx(alone.log_evidence)
    assert len(argument.weighed.by_width) == 2
    assert sum(
        origin.part for origin in found.origins(*(each.name for each in found.explanations[:2]))
    ) == pytest.approx(found.factor(found.explanations[0].name, found.explanations[1].name)[0], abs=1e-6)


def test_leaving_out_one_crisis() -> None:
    told = scenario("lognormal(median=0.1, spread=2)")
    seen = {name: replace(record(moves, 60), title=name) for name, moves in (("a", 5), ("b", 6), ("c", 7))}
    found = compare_rivals(tuple((told, each) for each in seen.values()), draws=400, power_records=0)
    argument, hotter = found.of(ARGUMENT), found.of("hotter")
    assert [name for name, _ in argument.left_out] == ["a", "b", "c"]
    grid = np.exp(math.log(0.1) + math.log(2.0) * np.linspace(-6.0, 6.0, 161))
    prior = np.exp(-0.5 * np.linspace(-6.0, 6.0, 161) ** 2)
    logs = {
        name: np.array([Likelihood(told, each).value({"q_off_on": r}) for r in grid])
        for name, each in seen.items()
    }
    for name, score in argument.left_out:
        rest = sum(log for other, log in logs.items() if other != name)
        exact = math.log((prior * np.exp(rest + logs[name])).sum() / (prior * np.exp(rest)).sum())
        assert score == pytest.approx(exact, abs=0.05)
        alone = Likelihood(scenario(), seen[name]).value({"q_off_on": 0.2})
        assert dict(hotter.left_out)[name] == pytest.approx(alone, abs=1e-9)


def test_the_error_of_a_factor_is_how_far_seeds_scatter() -> None:
    prior = {("off", "on"): "lognormal(median=0.1, spread=2)"}
    data = chain_scenario(("off", "on"), RATES, start="off", priors=prior).to_dict()
    data["rivals"] = {"calmer": {"about": "Off sooner", "set": {"q_on_off": "2 per day"}}}
    told, seen = read_data(data), record(12, 60)
    z = np.linspace(-6.0, 6.0, 161)
    logs = [
        Likelihood(told, seen).value({"q_off_on": float(rate), "q_on_off": off})
        for off in (1.0, 2.0)
        for rate in 0.1 * 2.0**z
    ]
    both = (np.exp(np.reshape(logs, (2, -1))) * np.exp(-0.5 * z**2)).sum(axis=1)
    exact = math.log10(both[0] / both[1])
    found = [
        compare_rivals(((told, seen),), draws=24, power_records=0, seed=seed).factor(ARGUMENT, "calmer")
        for seed in range(40)
    ]
    values, errors = np.array(found).T
    scatter = float(np.std(values - exact))
    assert 0.6 * errors.mean() < scatter < 1.6 * errors.mean()
    assert abs(values.mean() - exact) < 4 * scatter / math.sqrt(40)


def test_a_comparison_that_was_stopped_ends_with_the_same_bits(tmp_path) -> None:
    crises = ((scenario("lognormal(median=0.1 per day, spread=2)"), record(4, 20)),)
    names = ("one", "one.the-argument", "one.hotter")

    def compare():
        return compare_rivals(crises, rivals=["hotter"], power_records=0, journal=tmp_path / "one")

    whole = compare()
    kept = {name: (tmp_path / name).read_text() for name in names}
    for name, text in kept.items():
        lines = text.splitlines(keepends=True)
        (tmp_path / name).write_text("".join(lines[: len(lines) // 2]) + lines[-1][:20])
    again = compare()
    assert again.factor("hotter", ARGUMENT) == whole.factor("hotter", ARGUMENT)
    assert {name: (tmp_path / name).read_text() for name in names} == kept
    with pytest.raises(QueryError, match="another fit"):
        compare_rivals(
            ((scenario("lognormal(median=0.1 per day, spread=3)"), record(4, 20)),), journal=tmp_path / "one"
        )


FORBIDDEN = """bystander: 1
title: A border
as_of: 2024-06-30
horizon: 1 year
variables: {front: {levels: [quiet, clash, battle], start: quiet}}
parameters:
  pace: {value: 4 per year, prior: "lognormal(median=4, spread=1.5)"}
  heat: {value: 3 per year, prior: "lognormal(median=3, spread=1.5)"}
hazards:
  incident: {when: front == quiet, rate: pace, then: {front: clash}}
  flare: {when: front == clash, rate: heat, then: {front: battle}}
  calm: {when: front != quiet, every: 30 days, then: {front: quiet}}
outcomes: {battle: {ever: front == battle}}
rivals:
  no_fire: {disable: nature.flare}
  no_heat: {set: {heat: 0 per year}}
  cooler: {set: {heat: 1 per year}}
"""
SEEN = """record: 1
title: t
classes: {clash: [nature.incident], battle: {moves: "*", into: front == battle}}
from: 2024-01-01
until: 2024-06-30
coverage: [{of: clash, from: 2024-01-01, until: 2024-06-30}]
observations:
  a: {on: 2024-03-10, move: clash}
  OBSERVED
"""


@pytest.mark.parametrize(
    ("line", "impossible"),
    [
        ("b: {on: 2024-03-20, move: nature.flare}", True),
        ("b: {on: 2024-03-20, move: battle}", True),
        ("b: {on: 2024-03, move: battle}", True),
        ("b: {on: 2024-03-20, level: {front: battle}}", True),
        ("b: {from: 2024-03-11, until: 2024-03-20, of: battle, count: 1..2}", True),
        ("b: {from: 2024-03-11, until: 2024-03-20, of: battle, count: 0..2}", False),
        ("b: {on: 2024-03-20, level: {front: battle}, error: 10%}", False),
        ("b: {on: 2024-03-20, move: battle, perhaps: true}", False),
        ("b: {on: 2024-03-20, move: patron.send}", False),
    ],
)
@pytest.mark.parametrize("learn", [(), ("pace",)])
def test_an_explanation_that_forbids_what_happened_has_no_chance(
    line: str, impossible: bool, learn: tuple[str, ...]
) -> None:
    crises = ((read_text(FORBIDDEN), parse_record(SEEN.replace("OBSERVED", line))),)
    names = ("no_fire", "no_heat", "cooler")
    found = compare_rivals(crises, rivals=names, learn=learn, draws=6, power_records=1)
    logs = {each.name: each.log_evidence for each in found.explanations}
    assert math.isfinite(logs["the argument"])
    assert math.isfinite(logs["cooler"])
    assert logs["no_fire"] == pytest.approx(logs["no_heat"], abs=1e-9)
    assert (logs["no_fire"] == -math.inf) is impossible
    assert ("b cannot happen under 'no fire'" in found.headline) is impossible
    if impossible:
        assert [origin.name for origin in found.origins("the argument", "no_fire")] == ["b"]
    assert sum(each.odds for each in found.explanations) == pytest.approx(1.0)
