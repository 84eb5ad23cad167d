"""What matters: derivatives against re-solving, global indices against a known function."""

import importlib.util

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.cases.changes import Change
from bystander.cases.store import Store
from bystander.errors import MissingExtraError, QueryError
from bystander.policy import sensitivity
from bystander.policy.robustness import deciders, draw_parameters, judge_over_draws, wilson
from bystander.policy.sensitivity import (
    global_sensitivities,
    judgement_gradients,
    local_sensitivities,
    outcome_gradients,
    target_gradient,
)
from bystander.policy.sweep import sweep
from bystander.policy.targets import judgement_target, outcome_target
from bystander.scenario.read import read_text
from policy.border import TEXT, base, border

needs_salib = pytest.mark.skipif(importlib.util.find_spec("SALib") is None, reason="SALib is not installed")


def shifted(parameter, factor):
    value = border().parameters[parameter].value.value
    return solve_case(Change(sets={parameter: value * factor}).apply(border()), near=base(), tolerance=1e-12)


@pytest.mark.parametrize("parameter", ["flare", "will", "sharpness", "cost_of_force", "deaths"])
def test_derivatives_agree_with_solving_again(parameter):
    up, down = shifted(parameter, 1.001), shifted(parameter, 0.999)
    width = 0.002 * border().parameters[parameter].value.value
    slopes = outcome_gradients(base())
    for outcome, gradient in slopes.items():
        numeric = (up.value(outcome) - down.value(outcome)) / width
        assert gradient[parameter] == pytest.approx(numeric, rel=1e-4, abs=1e-6 * (1 + base().value(outcome)))
    margins = judgement_gradients(base())
    for name, gradient in margins.items():
        numeric = (up.verdicts[name].margin - down.verdicts[name].margin) / width
        assert gradient[parameter] == pytest.approx(numeric, rel=1e-4, abs=1e-6)
    for target in (judgement_target(border(), "stands_by"), outcome_target(border(), "dead", 40.0)):
        numeric = (target.of(up)[1] - target.of(down)[1]) / width
        assert target_gradient(base(), target)[parameter] == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_local_sensitivities_are_ordered_and_signed():
    rows = [r for r in local_sensitivities(base()) if r.outcome == "dead"]
    assert [r.parameter for r in rows][:2] == ["deaths", "flare"]
    by_name = {r.parameter: r for r in rows}
    assert by_name["deaths"].elasticity == pytest.approx(base().value("dead"))
    assert by_name["loss"].elasticity < 0.0
    assert by_name["rally"].standing == "free"
    assert by_name["loss"].standing == "argued"
    # A lognormal prior's standard deviation is log(spread) of the log.
    assert by_name["flare"].swing == pytest.approx(by_name["flare"].elasticity * np.log(1.4), rel=1e-6)


@pytest.mark.parametrize("low", [-4.0, -0.5, 0.0, 0.5, 4.0])
def test_an_elasticity_has_the_sign_of_the_effect_whatever_that_of_the_parameter(low):
    """What a cost is called, 3 or -3, changes neither which way its rise leads nor how far."""
    written = 'cost_of_force: {value: 3, prior: "normal(mean=3, sd=1)"}'
    text = TEXT.replace(written, f"cost_of_force: {{value: {low}}}")
    rows = {r.outcome: r for r in local_sensitivities(solve_case(read_text(text)), None, ["cost_of_force"])}
    assert rows
    for row in rows.values():
        assert row.elasticity == pytest.approx(row.derivative * (abs(low) or 1.0))


@needs_salib
def test_pawn_ranks_what_matters():
    found = global_sensitivities(border(), outcomes=["dead"], draws=120, base=base(), store=Store(None))
    index = {r.parameter: r.pawn for r in found.parameters}
    assert found.draws == 120
    assert min(index["deaths"], index["flare"], index["loss"]) > max(index["cost_of_force"], index["rally"])
    rows = {r.parameter: r for r in found.parameters}
    assert rows["deaths"].low < rows["deaths"].high
    assert rows["loss"].low > rows["loss"].high
    assert 0.0 < found.dummy < 1.0


@pytest.mark.parametrize("draws", [2, 15, 89, 90, 100, 104, 135, 149, 150, 400])
def test_pawn_of_any_number_of_draws(draws):
    """Slices counted by floating steps were one too many for 90 to 104 and for 135 to 149 draws."""
    middle = (np.arange(draws) + 0.5) / draws
    alone, other = sensitivity._pawn(np.column_stack([middle, np.full(draws, 0.5)]), middle)
    slices = max(2, min(10, draws // 15))
    distances = [max(k, slices - 1 - k) / slices for k in range(slices)]
    assert alone == pytest.approx(np.median(distances), abs=slices / draws)
    assert other == 0.0, "one slice holds them all"
    assert 0.0 < sensitivity.dummy_index(draws, 0) <= 1.0


@needs_salib
def test_sobol_indices_of_a_product():
    """An outcome proportional to one parameter owes it all its variance if nothing else varies."""
    found = global_sensitivities(
        border(),
        outcomes=["dead"],
        method="sobol",
        parameters=["deaths"],
        draws=256,
        base=base(),
        store=Store(None),
    )
    (row,) = found.parameters
    assert row.first == pytest.approx(1.0, abs=0.25)
    assert row.total == pytest.approx(1.0, abs=0.25)
    assert found.interactions == ()


@pytest.mark.parametrize("method", ["pawn", "sobol"])
def test_what_the_library_warns_of_goes_no_further(method, recwarn):
    random = np.random.default_rng(0)
    problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0.0, 1.0]] * 2}
    for draws in (2, 3, 12, 48):
        uniform = random.random((draws, 2))
        if method == "sobol":
            uniform = sensitivity.saltelli(problem, draws, 0)
        for y in (uniform[:, 0], np.full(len(uniform), 0.5), np.where(uniform[:, 1] < 0.5, 0.0, 1e-308)):
            sensitivity.analyse(problem, uniform, {"y": y}, np.ones(len(y), bool), method, 0)
    assert [str(each.message) for each in recwarn] == []


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="pip install"):
        sensitivity.require_salib()


def test_draws_are_a_latin_hypercube_and_seeded():
    worlds = draw_parameters(border(), 20, seed=3)
    assert worlds == draw_parameters(border(), 20, seed=3)
    assert worlds != draw_parameters(border(), 20, seed=4)
    prior = border().parameters["flare"].prior
    slices = np.floor(20 * prior.cdf(np.array([w["flare"] for w in worlds])))
    assert sorted(slices.astype(int)) == list(range(20))


def test_robustness_counts_draws():
    found = judge_over_draws(border(), draws=40, base=base(), store=Store(None), outcomes=None)
    by_name = {j.judgement: j for j in found.judgements}
    likely = by_name["war_likely"]
    assert likely.draws == 40
    assert 0.0 < likely.low < likely.share < likely.high < 1.0
    assert {d.parameter for d in likely.deciding} <= {"loss", "flare", "sharpness"}
    dead = next(o for o in found.outcomes if o.outcome == "dead")
    assert dead.low < dead.median < dead.high
    assert dead.low < dead.mean < dead.high
    assert found.failed == 0


def test_deciders_find_the_parameter_that_decides():
    rng = np.random.default_rng(0)
    worlds = [{"a": x, "b": y} for x, y in rng.random((80, 2))]
    found = deciders(worlds, [w["a"] < 0.6 for w in worlds], ["a", "b"])
    assert [(d.parameter, d.direction) for d in found] == [("a", "high")]
    assert deciders(worlds, [True] * 80, ["a", "b"]) == ()


def test_wilson_interval():
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # Brown, Cai & DasGupta (2001), 8 of 10
    assert wilson(0, 10)[0] == 0.0
    assert wilson(0, 0) == (0.0, 1.0)


def test_sweeps_agree_with_single_solves():
    found = sweep(
        border(), {"loss": ("5 per year", "35 per year"), "will": (0.5, 1.0, 2.0)}, points=3, base=base()
    )
    assert found.shape == (3, 3)
    assert found.labels[0] == ("5 per year", "20 per year", "35 per year")
    grid = found.grid("dead")
    assert grid[1, 0] == pytest.approx(base().value("dead"), rel=1e-6)
    fresh = solve_case(Change(sets={"loss": "35 per year", "will": 2.0}).apply(border()))
    assert grid[2, 2] == pytest.approx(fresh.value("dead"), rel=1e-6)
    assert (np.diff(grid, axis=0) < 0).all()


def test_sweeps_refuse_what_is_not_a_range():
    with pytest.raises(QueryError, match="one or two parameters"):
        sweep(border(), {}, base=base())
    with pytest.raises(QueryError, match="two ends"):
        sweep(border(), {"loss": ["5 per year"]}, base=base())
