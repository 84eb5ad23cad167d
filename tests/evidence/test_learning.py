"""Learning against closed forms: Gamma and Poisson, quadrature, and other ways to the same number."""

import errno
import math
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import integrate, special

from bystander.errors import FullError, QueryError
from bystander.evidence import learning
from bystander.evidence.coordinates import Journal, coordinates_of
from bystander.evidence.learning import fit
from bystander.evidence.likelihood import Likelihood, Pooled
from bystander.evidence.nuts import pareto_k
from bystander.evidence.reading import parse_record
from bystander.evidence.tables import parse_table
from bystander.evidence.taught import Taught, _verdict, directions, taught, verdict
from bystander.evidence.weighing import reweighed, sequential
from bystander.scenario import read_text
from evidence.chains import chain_scenario

# Lung transplant recipients (bos, R package msm): moves made, and months spent in each stage.
MOVES = {(1, 2): 103, (1, 5): 29, (2, 3): 77, (2, 5): 11, (3, 4): 52, (3, 5): 16, (4, 5): 41}
MONTHS = {1: 6604.766706999995, 2: 1050.644454, 3: 806.9277000000002, 4: 1279.261236}
FIVE = {(1, 2): 0.01, (1, 5): 0.002, (2, 3): 0.07, (2, 5): 0.01, (3, 4): 0.07, (3, 5): 0.02, (4, 5): 0.03}
STAGES = {1: "s1", 2: "s2", 3: "s3", 4: "s4", 5: "dead"}
PER_MONTH = sum(MOVES.values()) * math.log(365.25 / 12)


@pytest.fixture(scope="module")
def bos() -> Likelihood:
    """Exact histories with the same moves and the same time in every stage have the same likelihood."""
    lines = ["kind,subject,on,until,what,is"]
    for stage, months in MONTHS.items():
        own = [(move, count) for move, count in MOVES.items() if move[0] == stage]
        each = months / sum(count for _, count in own)
        for (a, b), count in own:
            for k in range(count):
                who = f"p{a}{b}{k}"
                lines += [
                    f"starts,{who},0 months,,stage,{STAGES[a]}",
                    f"coverage,{who},0 months,{each!r} months,*,",
                    f"move,{who},{each!r} months,,nature.go_{STAGES[a]}_{STAGES[b]},",
                ]
    rates = {(STAGES[a], STAGES[b]): f"{rate} per month" for (a, b), rate in FIVE.items()}
    priors = dict.fromkeys(rates, "gamma(mean=0.05, shape=1)")
    scenario = chain_scenario(list(STAGES.values()), rates, priors=priors)
    return Likelihood(scenario, parse_table("\n".join(lines)))


def test_recorded_value_of_msm(bos: Likelihood) -> None:
    """msm 1.8.2, tests/testthat/test_models.r: bos, exact times."""
    assert -2 * (bos.value({}) + PER_MONTH) == pytest.approx(3057.85781916437, rel=1e-12)


def test_evidence_in_closed_form(bos: Likelihood) -> None:
    """Gamma(1, rate 20) on each of seven rates: every method within a hundredth."""
    rate = 20.0
    wanted = 0.0
    for (a, _), count in MOVES.items():
        wanted += math.log(rate) + special.gammaln(1 + count) - (1 + count) * math.log(rate + MONTHS[a])
    assert wanted == pytest.approx(-1529.2357172056, rel=1e-12)
    found = fit(bos, coordinates_of(bos.scenario), draws=1500)
    assert found.laplace.log_evidence + PER_MONTH == pytest.approx(wanted, abs=0.01)
    assert found.draws.log_evidence + PER_MONTH == pytest.approx(wanted, abs=0.03)
    assert found.draws.error < 0.02
    assert found.draws.believed
    assert sequential(*found.draws.proposals[1:]).sum() == pytest.approx(found.draws.log_evidence, abs=1e-9)
    told = {each.name: each for each in taught(found)}
    days = 365.25 / 12
    assert told["q_s1_s2"].after[1] * days == pytest.approx(103.67 / (MONTHS[1] + rate), rel=0.02)
    assert "pins it down" in told["q_s1_s2"].verdict


def test_one_common_death_rate(bos: Likelihood) -> None:
    """A rival with four rates instead of seven: its evidence, and the Bayes factor, in closed form."""
    rate, deaths = 20.0, sum(count for (_, b), count in MOVES.items() if b == 5)

    def integral(count: int, months: float) -> float:
        return math.log(rate) + special.gammaln(1 + count) - (1 + count) * math.log(rate + months)

    onward = sum(integral(count, MONTHS[a]) for (a, b), count in MOVES.items() if b != 5)
    wanted = onward + integral(deaths, sum(MONTHS.values()))
    assert wanted == pytest.approx(-1558.9913071220, rel=1e-12)
    assert sum(integral(count, MONTHS[a]) for (a, _), count in MOVES.items()) - wanted == pytest.approx(
        29.7555899163, rel=1e-11
    )
    prior = 'prior: "gamma(mean=0.05, shape=1)"'
    lines = ["bystander: 1\ntitle: bos\nas_of: 2020-01-01\nhorizon: 1 year\nvariables:"]
    begin = ", ".join(f"{stage}: 0.2" for stage in STAGES.values())
    lines.append(f"  stage: {{levels: [{', '.join(STAGES.values())}], start: {{{begin}}}}}\nparameters:")
    lines.append(f"  death: {{value: 0.01 per month, {prior.replace('0.05', '0.05 per month')}}}")
    lines += [
        f"  q{a}: {{value: 0.05 per month, {prior.replace('0.05', '0.05 per month')}}}" for a in (1, 2, 3)
    ]
    lines.append("hazards:")
    for a, b in MOVES:
        told = "death" if b == 5 else f"q{a}"
        lines.append(
            f"  go_{STAGES[a]}_{STAGES[b]}: {{when: stage == {STAGES[a]}, rate: {told}, "
            f"then: {{stage: {STAGES[b]}}}}}"
        )
    scenario = read_text("\n".join(lines) + "\n")
    found = fit(Likelihood(scenario, bos.record), coordinates_of(scenario), draws=1500)
    assert found.laplace.log_evidence + PER_MONTH == pytest.approx(wanted, abs=0.01)
    assert found.draws.log_evidence + PER_MONTH == pytest.approx(wanted, abs=0.03)


def test_maximum_likelihood(bos: Likelihood) -> None:
    """Moves over time at risk; -2 log L at the maximum 3025.4731645717 (closed form)."""
    found = fit(bos, coordinates_of(bos.scenario), flat=True)
    assert -2 * (found.laplace.log_likelihood + PER_MONTH) == pytest.approx(3025.4731645717, rel=1e-10)
    assert found.mode()["q_s1_s2"] * 365.25 / 12 == pytest.approx(103 / MONTHS[1], rel=1e-6)


TWO = {("off", "on"): "0.3 per day", ("on", "off"): "0.7 per day"}
PANEL = """record: 1
title: A panel
from: 0 days
observations:
  a: {on: 2 days, level: {stage: on}}
  b: {on: 3 days, level: {stage: on}}
  c: {on: 6 days, level: {stage: off}}
  d: {on: 9 days, level: {stage: on}}
"""


def panel(prior: str = "lognormal(median=0.3, spread=2)", also: str | None = None) -> Likelihood:
    priors = {("off", "on"): prior} | ({("on", "off"): also} if also else {})
    return Likelihood(chain_scenario(("off", "on"), TWO, start="off", priors=priors), parse_record(PANEL))


@pytest.mark.parametrize(
    "prior",
    [
        "lognormal(median=0.3, spread=2)",
        "normal(mean=0.5, sd=0.07)",
        "uniform(low=0.05, high=2)",
        "gamma(mean=0.5, shape=2)",
    ],
)
def test_evidence_against_quadrature_in_one_dimension(prior: str) -> None:
    like = panel(prior)
    body = like.scenario.parameters["q_off_on"].prior
    low, high = (float(body.ppf(np.array(u))) for u in (1e-10, 1 - 1e-10))

    def weighed(rate: float) -> float:
        return math.exp(like.value({"q_off_on": rate})) * float(body.density(np.array(rate)))

    wanted = math.log(integrate.quad(weighed, low, high, epsrel=1e-8, limit=200)[0])
    found = fit(like, coordinates_of(like.scenario), draws=1000)
    assert found.draws.log_evidence == pytest.approx(wanted, abs=max(4 * found.draws.error, 0.005))
    assert abs(found.laplace.log_evidence - wanted) < 0.1


@pytest.mark.parametrize("prior", ["lognormal(median=0.3, spread=2)", "uniform(low=0.05, high=2)"])
def test_draws_of_one_parameter_through_a_spline(prior: str, monkeypatch: pytest.MonkeyPatch) -> None:
    like = panel(prior)
    few = fit(like, coordinates_of(like.scenario), draws=400)
    monkeypatch.setattr(learning, "KNOTS", 400)
    every = fit(like, coordinates_of(like.scenario), draws=400)
    assert few.evaluations < 100 < 400 < every.evaluations
    assert few.log_evidence == pytest.approx(every.log_evidence, abs=1e-4)
    assert few.values()["q_off_on"].mean() == pytest.approx(every.values()["q_off_on"].mean(), rel=1e-3)


class Stepped:
    """A likelihood with a step, as where an equilibrium ends; ``told`` says whether a jump is reported."""

    def __init__(self, told: bool) -> None:
        self.like, self.told, self.jumps = panel(), told, 0

    def weigh(self, values, *, slopes):
        found = self.like.weigh(values, slopes=slopes)
        beyond = values["q_off_on"] > 0.55
        self.jumps += beyond
        return replace(found, logs=found.logs - 2.0 * beyond)

    def anchor(self, values):
        self.like.anchor(values)

    def central(self):
        return self.like.central()

    def folds(self):
        return self.jumps if self.told else 0


@pytest.mark.parametrize("told", [True, False])
def test_a_step_is_not_smoothed_over(told: bool) -> None:
    stepped = Stepped(told)
    found = fit(stepped, coordinates_of(stepped.like.scenario), method="importance", draws=400)
    assert found.evaluations > 400
    _, _, table = found.draws.proposals
    points = found.draws.proposals[0]
    for z, terms in zip(points[::40], table[::40], strict=True):
        values = found.coordinates.values(z)
        np.testing.assert_allclose(terms, stepped.weigh(values, slopes=False).logs, atol=1e-9)


def test_evidence_against_quadrature_in_two_dimensions() -> None:
    like = panel(also="lognormal(median=0.7, spread=2)")
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    coordinates = coordinates_of(like.scenario)
    table = [
        [
            like.value(coordinates.values(np.array([x, y]))) + math.log(a * b / (2 * math.pi))
            for y, b in zip(nodes, weights, strict=True)
        ]
        for x, a in zip(nodes, weights, strict=True)
    ]
    wanted = float(np.logaddexp.reduce(np.array(table).ravel()))
    by_importance = fit(like, coordinates, draws=1500)
    assert by_importance.draws.log_evidence == pytest.approx(wanted, abs=4 * by_importance.draws.error)
    points, importances, _ = by_importance.draws.proposals
    wide, error = reweighed(points, importances, 0.5)
    narrow = [
        [
            like.value(coordinates.values(np.array([x, y]) / 2)) + math.log(a * b / (2 * math.pi))
            for y, b in zip(nodes, weights, strict=True)
        ]
        for x, a in zip(nodes, weights, strict=True)
    ]
    assert wide == pytest.approx(float(np.logaddexp.reduce(np.array(narrow).ravel())), abs=4 * error)
    by_nuts = fit(like, coordinates, method="nuts", draws=300)
    assert by_nuts.draws.log_evidence == pytest.approx(wanted, abs=max(5 * by_nuts.draws.error, 0.05))
    means = [found.sample().mean(axis=0) for found in (by_importance, by_nuts)]
    assert np.abs(means[0] - means[1]).max() < 0.25


def test_a_fit_that_was_stopped_ends_with_the_same_bits(tmp_path) -> None:
    whole = fit(panel(), coordinates_of(panel().scenario), draws=60, journal=Journal(tmp_path / "one", "q"))
    text = (tmp_path / "one").read_text()
    lines = text.splitlines(keepends=True)
    (tmp_path / "two").write_text("".join(lines[: len(lines) // 2]) + lines[-1][:20])
    again = fit(panel(), coordinates_of(panel().scenario), draws=60, journal=Journal(tmp_path / "two", "q"))
    assert again.evaluations < whole.evaluations
    assert again.draws.points.tobytes() == whole.draws.points.tobytes()
    assert again.draws.terms.tobytes() == whole.draws.terms.tobytes()
    assert again.laplace.hessian.tobytes() == whole.laplace.hessian.tobytes()
    with pytest.raises(QueryError, match="another fit"):
        Journal(tmp_path / "one", "another question")


HEAD = '{"question": "q"}\n'
KEPT = '{"at": "terms0000000000000000", "found": [[1.0], [2.0]]}\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", HEAD),
        ('{"questi', HEAD),
        (HEAD, HEAD),
        (HEAD + KEPT, HEAD + KEPT),
        (HEAD + KEPT + KEPT[:20], HEAD + KEPT),
    ],
)
def test_what_was_torn_is_cut_off_a_journal_and_nothing_else(tmp_path, before: str, after: str) -> None:
    (tmp_path / "j").write_text(before)
    journal = Journal(tmp_path / "j", "q")
    assert (tmp_path / "j").read_text() == after
    assert (journal.get(np.zeros(1), "terms") is not None) is (KEPT in before)


@pytest.mark.parametrize(
    "text", ["my notes", "my notes\n", '{"question": "other"}\n{"at"', '{"questions": 1}']
)
def test_what_is_no_journal_of_this_fit_is_left_as_it_is(tmp_path, text: str) -> None:
    (tmp_path / "j").write_text(text)
    with pytest.raises(QueryError, match="another fit"):
        Journal(tmp_path / "j", "q")
    assert (tmp_path / "j").read_text() == text


def test_a_journal_on_a_full_disk_is_told_as_every_full_disk_is(tmp_path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(FullError, match="No space left"):
        Journal(tmp_path / "j", "q")


def test_what_a_record_does_not_move_is_said() -> None:
    rates = {("off", "on"): "1 per day", ("on", "off"): "1 per day", ("off", "lost"): "0.01 per day"}
    priors = dict.fromkeys(rates, "lognormal(median=1, spread=3)") | {
        ("off", "lost"): "lognormal(median=0.01, spread=1.05)"
    }
    scenario = chain_scenario(("off", "on", "lost"), rates, start="off", priors=priors)
    lines = "\n".join(
        f"  r{k}: {{on: {60 * k} days, level: {{stage: {'on' if k % 2 else 'off'}}}}}" for k in range(1, 13)
    )
    record = parse_record(f"record: 1\ntitle: t\nfrom: 0 days\nobservations:\n{lines}\n")
    found = fit(Likelihood(scenario, record), coordinates_of(scenario), method="laplace")
    said = [each.says for each in directions(found)]
    assert any("what they are to each other" in text for text in said)
    lost = next(each for each in taught(found) if each.name == "q_off_lost")
    assert "next to nothing" in lost.verdict
    lost_on = sum("next to nothing" in each.verdict for each in taught(found))
    assert f"next to nothing about {lost_on} of" in verdict(found), (
        "the count is that of the table, moved or not"
    )


@pytest.mark.parametrize(
    ("learnt", "shift", "told"),
    [
        (0.0, 0.0, "the record says next to nothing about it"),
        (0.0, 0.8, "the record moves it up, and hardly narrows it"),
        (0.1, 0.1, "the record narrows it a little"),
        (0.1, -1.0, "the record narrows it a little, and moves it down"),
        (0.4, 0.0, "the record narrows it"),
        (0.7, 0.4, "the record pins it down, and moves it up"),
    ],
)
def test_what_moved_a_number_far_is_not_said_to_teach_little(monkeypatch, learnt, shift, told) -> None:
    assert _verdict(learnt, shift) == told
    each = Taught("pace", (1.0, 2.0, 3.0), (1.0, 2.0, 3.0), learnt, shift, told)
    monkeypatch.setattr("bystander.evidence.taught.taught", lambda fit: (each,))
    laplace = SimpleNamespace(flat_directions=0)
    whole = verdict(SimpleNamespace(laplace=laplace, folds=0, failed=0, evaluations=1, draws=None))
    assert ("teaches most about pace" in whole) == (learnt >= 0.25 or abs(shift) >= 0.5)
    assert ("next to nothing about 1 of 1" in whole) == ("next to nothing" in told)


def test_pooling_is_a_product() -> None:
    one, two = panel(), panel()
    both = Pooled((one, two))
    value = both.weigh({"q_off_on": 0.4}, slopes=True)
    single = one.weigh({"q_off_on": 0.4}, slopes=True)
    assert value.log_likelihood == pytest.approx(2 * single.log_likelihood)
    assert value.gradient["q_off_on"] == pytest.approx(2 * single.gradient["q_off_on"])


def test_pareto_shape_of_known_tails() -> None:
    random = np.random.default_rng(0)
    heavy = np.log(random.pareto(1 / 1.2, 20_000) + 1)
    light = np.log(random.pareto(1 / 0.3, 20_000) + 1)
    assert pareto_k(heavy) == pytest.approx(1.2, abs=0.2)
    assert pareto_k(light) == pytest.approx(0.3, abs=0.15)
    assert pareto_k(np.zeros(10)) == math.inf


def test_nothing_to_learn_is_said() -> None:
    scenario = chain_scenario(("off", "on"), TWO, start="off")
    with pytest.raises(QueryError, match="has no prior"):
        coordinates_of(scenario, ["q_off_on"])
    with pytest.raises(QueryError, match="nothing to learn"):
        fit(Likelihood(scenario, parse_record(PANEL)), coordinates_of(scenario))


def test_simulation_based_calibration() -> None:
    """Ranks of the truth among posterior draws are uniform: 36 records, and 200 at night."""
    from evidence.calibration import calibrate

    records = 200 if os.environ.get("BYSTANDER_NIGHT") else 36
    ranks, draws = calibrate(records, seed=3)
    expected = np.full(6, records / 6)
    counts = np.histogram(ranks / (draws + 1), bins=6, range=(0, 1))[0]
    assert ((counts - expected) ** 2 / expected).sum() < 20.5  # chi-squared, 5 degrees, one in a thousand
