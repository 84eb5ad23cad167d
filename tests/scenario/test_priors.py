"""Priors: quantiles and densities against scipy, units, and moments."""

import numpy as np
import pytest
from scipy import integrate, stats

from bystander.errors import Mark, ScenarioError
from bystander.scenario import read_text, write_scenario
from bystander.scenario.priors import parse_prior
from bystander.units import YEAR, parse_quantity

CASES = {
    "lognormal(median=2, spread=1.6)": stats.lognorm(s=np.log(1.6), scale=2),
    "normal(mean=2, sd=0.5)": stats.norm(2, 0.5),
    "uniform(low=1, high=4)": stats.uniform(1, 3),
    "beta(mean=0.3, n=10)": stats.beta(3, 7),
}


@pytest.mark.parametrize("text", CASES)
def test_quantiles_and_densities_agree_with_scipy(text: str) -> None:
    prior = parse_prior(text, parse_quantity("2"), Mark())
    u = np.linspace(0.01, 0.99, 33)
    x = CASES[text].ppf(u)
    np.testing.assert_allclose(prior.ppf(u), x, rtol=1e-12)
    np.testing.assert_allclose(prior.log_density(x), CASES[text].logpdf(x), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(prior.cdf(x), u, atol=1e-12)
    assert prior.median == pytest.approx(CASES[text].median())
    assert str(prior) == text


@pytest.mark.parametrize("text", CASES)
def test_densities_integrate_to_one_and_vanish_outside_the_support(text: str) -> None:
    prior = parse_prior(text, parse_quantity("2"), Mark())
    total, _ = integrate.quad(lambda x: float(prior.density(x)), -2, 60, limit=400, points=[0, 1, 2, 4])
    assert total == pytest.approx(1, abs=1e-6)
    low, high = prior.support
    outside = np.array([low - 1, high + 1])
    np.testing.assert_array_equal(prior.density(outside[np.isfinite(outside)]), 0)


def test_bare_numbers_are_in_the_unit_of_the_value() -> None:
    per_year = parse_quantity("2.0 per year")
    bare = parse_prior("lognormal(median=3, spread=2)", per_year, Mark())
    assert bare == parse_prior("lognormal(median=3 per year, spread=2)", per_year, Mark())
    assert bare.first == pytest.approx(3 / YEAR)
    assert str(bare) == "lognormal(median=3 per year, spread=2)"
    percent = parse_prior("uniform(low=0.2, high=60%)", parse_quantity("50% per year"), Mark())
    assert (percent.first * YEAR, percent.second * YEAR) == (pytest.approx(0.2), pytest.approx(0.6))


def test_a_waiting_time_needs_its_unit() -> None:
    every = parse_quantity("every 3 weeks")
    with pytest.raises(ScenarioError, match="needs a unit"):
        parse_prior("lognormal(median=3, spread=2)", every, Mark())
    assert parse_prior("lognormal(median=every 3 weeks, spread=2)", every, Mark()).first == every.value


def test_draws_have_the_right_mean() -> None:
    prior = parse_prior("beta(mean=0.3, n=10)", parse_quantity("30%"), Mark())
    u = (np.arange(20_000) + 0.5) / 20_000
    assert prior.ppf(u).mean() == pytest.approx(0.3, abs=1e-4)


def test_the_word_value_stands_for_the_parameters_own() -> None:
    rate = parse_quantity("2 per year")
    prior = parse_prior("lognormal(median=value, spread=1.6)", rate, Mark())
    assert prior == parse_prior("lognormal(median=2 per year, spread=1.6)", rate, Mark())
    assert str(prior) == "lognormal(median=2 per year, spread=1.6)"
    assert prior.written == "lognormal(median=value, spread=1.6)"
    assert parse_prior("uniform(low=0.1, high=value)", parse_quantity("0.5"), Mark()).second == 0.5


@pytest.mark.parametrize(
    "text", ["beta(mean=0.3, n=value)", "lognormal(median=1, spread=value)", "normal(mean=values, sd=1)"]
)
def test_the_word_value_is_no_spread_and_nothing_else(text: str) -> None:
    with pytest.raises(ScenarioError):
        parse_prior(text, parse_quantity("0.3"), Mark())


def test_a_prior_follows_what_its_value_is_derived_from() -> None:
    text = (
        "bystander: 1\ntitle: x\nas_of: 2022-01-01\nhorizon: 1 year\n"
        "sources: {s: {title: t, kind: news, date: 2021-01-01}}\n"
        "facts:\n  dead: {says: c, source: s, value: 105 people}\n"
        "  days: {says: d, source: s, value: 3 days}\n"
        "parameters:\n  intensity:\n    value: fact.dead / fact.days / (35 people per day)\n"
        "    prior: lognormal(median=value, spread=1.3)\n"
        "variables: {f: {levels: [a, b], start: a}}\n"
        "hazards: {h: {when: f == a, rate: intensity * 1 per year, then: {f: b}}}\n"
        "outcomes: {o: {ever: f == b}}\n"
    )
    for said in (text, write_scenario(read_text(text))):
        prior = read_text(said).parameters["intensity"].prior
        assert prior is not None
        assert prior.first == pytest.approx(1.0)
    less = read_text(text.replace("105 people", "35 people")).parameters["intensity"]
    assert less.prior is not None
    assert less.prior.first == less.value.value == pytest.approx(1 / 3)
