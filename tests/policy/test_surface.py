"""A response surface passes through what was solved, and says how far off it is elsewhere."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.cases.store import Store
from bystander.errors import QueryError
from bystander.policy.surface import (
    STEPS,
    _likelihood,
    find_levers,
    kernel,
    krige,
    lever_of,
    plain_surface,
    response_surface,
)
from bystander.scenario import read_scenario, vary


@pytest.fixture(scope="module")
def case():
    return solve_case(read_scenario("templates/border"))


def test_kriging_passes_through_its_points_and_finds_a_smooth_function_between():
    random = np.random.default_rng(1)
    x = random.uniform(-1, 1, (120, 3))
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2]
    shape, trend, weights = krige(x, y)
    at = lambda z: trend[0] + z @ trend[1:] + kernel(z, x, shape) @ weights  # noqa: E731
    assert np.abs(at(x) - y).max() < 1e-3
    z = random.uniform(-0.9, 0.9, (50, 3))
    assert np.abs(at(z) - (np.sin(z[:, 0]) + z[:, 1] * z[:, 2])).max() < 0.01


def test_the_nugget_of_an_answer_with_noise_is_its_variance_and_of_a_smooth_one_is_small():
    random = np.random.default_rng(2)
    x = random.uniform(-1, 1, (160, 2))
    smooth = np.sin(2.0 * x[:, 0]) + x[:, 0] * x[:, 1]
    noise = 0.02
    shapes = [krige(x, smooth + size * random.standard_normal(len(x)))[0] for size in (0.0, noise)]
    assert shapes[0][-1] < 1e-6
    shape, trend, weights = krige(x, smooth + noise * random.standard_normal(len(x)))
    told = trend[0] + x @ trend[1:] + kernel(x, x, shape) @ weights
    assert np.sqrt(np.mean((told - smooth) ** 2)) < noise / 2
    assert shapes[1][-1] > 10.0 * shapes[0][-1]


def test_the_likelihood_of_a_shape_has_the_slopes_of_its_differences():
    random = np.random.default_rng(3)
    x = random.uniform(-1, 1, (40, 2))
    trend = np.hstack((np.ones((40, 1)), x))
    y = np.sin(x[:, 0]) + np.abs(x[:, 1])
    logs = np.log([0.8, 1.5, 0.4, 2.0, 3e-4])
    _, slopes = _likelihood(logs, x, trend, y)
    for place in range(len(logs)):
        step = 1e-5 * np.eye(len(logs))[place]
        rise = _likelihood(logs + step, x, trend, y)[0] - _likelihood(logs - step, x, trend, y)[0]
        assert slopes[place] == pytest.approx(rise / 2e-5, rel=1e-5, abs=1e-6)


def test_levers_are_ranked_by_what_a_standard_deviation_does_and_centred_on_today(case):
    levers = find_levers(case)
    assert [lever.influence for lever in levers] == sorted(
        (lever.influence for lever in levers), reverse=True
    )
    for lever in levers:
        assert len(lever.values) == 2 * STEPS + 1
        assert lever.values[lever.middle] == case.scenario.parameters[lever.parameter].value.value
        assert lever.texts[lever.middle] == case.scenario.parameters[lever.parameter].value.text
        assert list(lever.scale) == sorted(lever.scale)
        for value, text in zip(lever.values, lever.texts, strict=True):
            said = vary(case.scenario, sets={lever.parameter: text}).parameters[lever.parameter].value.value
            assert said == pytest.approx(value, rel=6e-3, abs=1e-12)


def test_the_stated_error_is_that_of_fresh_points(case):
    levers = find_levers(case)
    surface = response_surface(case, levers, most=64, store=Store(None), workers=1)
    assert surface.worst_chance < 0.01
    name = next(n for n, c in zip(surface.outcomes, surface.chance, strict=True) if c)
    random = np.random.default_rng(5)
    for _ in range(8):
        steps = random.integers(0, 2 * STEPS + 1, len(levers))
        changed = vary(
            case.scenario,
            sets={lever.parameter: lever.values[k] for lever, k in zip(levers, steps, strict=True)},
        )
        place = [
            2.0 * (lever.scale[k] - lever.scale[0]) / (lever.scale[-1] - lever.scale[0]) - 1.0
            for lever, k in zip(levers, steps, strict=True)
        ]
        exact = solve_case(changed, near=case, judgements=()).value(name)
        assert surface.at(place)[name] == pytest.approx(exact, abs=0.01)
    told = plain_surface(surface)
    assert told["count"] == len(surface.points)
    assert len(told["errors"]) == len(told["outcomes"])


def test_nothing_to_move_is_said(case):
    with pytest.raises(QueryError, match="lever"):
        response_surface(case, ())
    parameter = next(iter(case.scenario.parameters))
    if case.scenario.parameters[parameter].prior is not None:
        assert lever_of(case, parameter).influence == 0.0


WITHHELD = """bystander: 1
title: Some answers are not known
as_of: 2024-01-01
horizon: 1 year
variables: {s: {levels: [a, b, c], start: a}}
parameters: {r: {value: 1 per year, prior: "lognormal(median=1 per year, spread=2)"}, no: {value: 0 per year}}
hazards:
  go: {when: s == a, rate: r, then: {s: b}}
  hardly: {when: s == a, rate: no, then: {s: c}}
outcomes:
  end: {ever: s == b, headline: true}
  withheld: {ever: s == b, given: s == c, headline: true}
  infinite: {time_to: s == c, headline: true}
"""


def test_headlines_without_a_number_take_no_lever_away(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text(WITHHELD, encoding="utf-8")
    case = solve_case(read_scenario(path))
    levers = find_levers(case)
    assert [lever.parameter for lever in levers] == ["r"]
    found = response_surface(case, levers, most=40, workers=1)
    assert found.outcomes == ("end",)
    assert found.failed == 0
