"""Learning from a table: closed form, quadrature, recovery."""

import json
from pathlib import Path

import numpy as np
import pytest

from bystander.cases.templates import read_table
from bystander.evidence import pooled_table
from bystander.evidence.pooled_table import PooledFit, PooledLikelihood, fit_table
from cases.asking import COVER, HEAD, TEMPLATE, chance, drawn, write

TRUTH = (2.0, 1.5, 2.0)


def per_day(theta: tuple[float, float, float]) -> np.ndarray:
    return np.array([theta[0] / 365.25, theta[1], theta[2]])


def test_the_likelihood_in_closed_form(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, HEAD + "A,X,yes,0,troops\nB,X,no,1,none\nC,Y,ambiguous,1,words\n"))
    answer = PooledLikelihood(table).at(per_day(TRUTH))
    p = [chance(TRUTH, 1, 0), chance(TRUTH, 0, 1), chance(TRUTH, 0.5, 1)]
    by_hand = np.log([p[0], 1 - p[1], 1 - p[2], p[0]])
    assert sorted(np.log([t.probability for t in answer.terms])) == pytest.approx(sorted(by_hand), rel=1e-9)
    assert [t.observation.name for t in answer.terms if t.observation.row == "B"] == ["helped"]


def test_the_gradient_against_differences(tmp_path: Path) -> None:
    likelihood = PooledLikelihood(drawn(tmp_path, 12, TRUTH))
    point = per_day(TRUTH)
    gradient = likelihood.at(point).gradient
    for i in range(3):
        step = np.eye(3)[i] * 1e-5 * point[i]
        up, down = (likelihood.at(point + s, slopes=False).log_likelihood for s in (step, -step))
        assert (up - down) / (2 * step[i]) == pytest.approx(gradient[i], rel=1e-5)


def test_the_mode_and_evidence_against_quadrature(tmp_path: Path) -> None:
    """One number free, the others held: the posterior on a grid of z."""
    table = drawn(tmp_path, 40, TRUTH)
    likelihood = PooledLikelihood(table, only=["helped"], fixed={"clause_gain": 1.5, "war_cost": 2.0})
    fit = fit_table(likelihood)
    z = np.linspace(-5, 5, 2001)
    rate = 2.0 * 2.0**z
    log = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    for row in table.rows:
        p = [chance((r, 1.5, 2.0), COVER[row.cells["clause"]], float(row.cells["at_war"])) for r in rate]
        with np.errstate(divide="ignore"):
            log += np.log(p if row.cells["answer"] == "troops" else 1 - np.array(p))
    weights = np.exp(log - log.max())
    assert fit.z[0] == pytest.approx(z[np.argmax(log)], abs=0.006)
    assert fit.log_evidence == pytest.approx(log.max() + np.log(weights.sum() * (z[1] - z[0])), abs=0.1)
    mean = weights @ z / weights.sum()
    assert fit.deviation[0] == pytest.approx(np.sqrt(weights @ (z - mean) ** 2 / weights.sum()), rel=0.05)
    assert fit.settled


def test_what_made_the_table_is_recovered(tmp_path: Path) -> None:
    fit = fit_table(PooledLikelihood(drawn(tmp_path, 400, TRUTH), only=["helped"]))
    assert fit.settled
    for name, truth in zip(fit.names, per_day(TRUTH), strict=True):
        i = fit.names.index(name)
        prior_z = np.log2(truth * 365.25 / 2) if name == "readiness" else np.log(truth) / np.log(3.0)
        assert abs(fit.z[i] - prior_z) < 3 * fit.deviation[i]
    assert fit.learnt.min() > 0.3


@pytest.mark.parametrize("count", [1, 3, 8, 20, 60])
def test_a_search_that_found_the_mode_is_settled_however_few_rows_there_are(
    tmp_path: Path, count: int
) -> None:
    """Near is a share of the posterior's deviations, not of a log likelihood that grows with the rows."""
    assert fit_table(PooledLikelihood(drawn(tmp_path, count, TRUTH))).settled


def test_a_search_that_was_stopped_is_not_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooled_table, "ROUGHLY", (0, 0.03))
    monkeypatch.setattr(pooled_table, "CLOSELY", (0, 2e-3))
    assert not fit_table(PooledLikelihood(drawn(tmp_path, 20, TRUTH))).settled


def test_a_table_that_says_nothing_teaches_nothing(tmp_path: Path) -> None:
    """War never varies: its cost keeps its prior."""
    fit = fit_table(PooledLikelihood(read_table(write(tmp_path, HEAD + "A,X,yes,0,troops\n"))))
    war = fit.names.index("war_cost")
    assert (fit.z[war], fit.deviation[war], fit.learnt[war]) == pytest.approx((0.0, 1.0, 0.0))


def test_an_empty_answer_is_not_observed(tmp_path: Path) -> None:
    likelihood = PooledLikelihood(read_table(write(tmp_path, HEAD + "A,X,yes,0,\nB,X,yes,1,none\n")))
    assert [term.observation.row for term in likelihood.at(per_day(TRUTH)).terms] == ["B"]


def test_what_is_not_known_before_is_hidden(tmp_path: Path) -> None:
    """The war is hidden from who foretells whether help comes, and known to who foretells its kind."""
    template = TEMPLATE.replace("yes: [troops],", "yes: [troops], before: [at_war],").replace(
        ', only: {at_war: ["0"]}', ""
    )
    table = read_table(write(tmp_path, HEAD + "A,X,yes,1,troops\n", template))
    found = {t.observation.name: t.yes for t in PooledLikelihood(table).at(per_day(TRUTH)).terms}
    assert found["helped"] == pytest.approx(chance(TRUTH, 1, 0), rel=1e-9)
    assert found["kind"] == pytest.approx(chance(TRUTH, 1, 1), rel=1e-9)


def test_a_fit_near_another_ends_where_a_fit_from_the_prior_does(tmp_path: Path) -> None:
    table = drawn(tmp_path, 60, TRUTH)
    likelihood = PooledLikelihood(table, only=["helped"])
    whole = fit_table(likelihood)
    keep = {row.name: row.cells["organisation"] != "org1" for row in table.rows}
    warm = fit_table(likelihood.of_rows(keep), near=whole)
    cold = fit_table(PooledLikelihood(table.only(keep), only=["helped"]))
    assert warm.z == pytest.approx(cold.z, abs=0.005)
    assert warm.evaluations < cold.evaluations
    assert PooledFit.of_plain(json.loads(json.dumps(warm.to_plain()))).values() == warm.values()


def test_parts_of_a_table_share_what_was_found_at_its_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = drawn(tmp_path, 12, TRUTH)
    likelihood = PooledLikelihood(table)
    there = dict(zip(likelihood.names, per_day(TRUTH), strict=True))
    likelihood.anchor(there)
    whole = likelihood.at(there)
    keep = {row.name: row.cells["organisation"] != "org1" for row in table.rows}
    afresh = PooledLikelihood(table.only(keep)).at(there)
    monkeypatch.setattr(pooled_table, "reach", None)
    part = likelihood.of_rows(keep).at(there)
    assert len(part.terms) == len(afresh.terms) < len(whole.terms)
    assert part.log_likelihood == pytest.approx(afresh.log_likelihood, rel=1e-9)
    assert part.gradient == pytest.approx(afresh.gradient, rel=1e-7)
    with pytest.raises(TypeError):
        likelihood.at({**there, "war_cost": 0.5})


def test_where_learning_begins_does_not_say_where_it_ends(tmp_path: Path) -> None:
    table = drawn(tmp_path, 40, TRUTH)
    far = {"readiness": 0.05, "war_cost": 0.3}
    here, there = fit_table(PooledLikelihood(table)), fit_table(PooledLikelihood(table), begin=far)
    assert there.z == pytest.approx(here.z, abs=0.01)
    assert fit_table(PooledLikelihood(table), begin=here.values()).evaluations < here.evaluations


def test_what_is_held_is_foretold_as_if_it_had_been_held_from_the_start(tmp_path: Path) -> None:
    table = drawn(tmp_path, 12, TRUTH)
    likelihood = PooledLikelihood(table)
    likelihood.anchor(dict(zip(likelihood.names, per_day(TRUTH), strict=True)))
    held, afresh = likelihood.holding({"war_cost": 0.0}), PooledLikelihood(table, fixed={"war_cost": 0.0})
    assert held.names == afresh.names == ("readiness", "clause_gain")
    one, two = (each.at({"readiness": 0.01, "clause_gain": 1.0}) for each in (held, afresh))
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-9)
    assert one.gradient == pytest.approx(two.gradient, rel=1e-7)
    assert likelihood.at(per_day(TRUTH)).log_likelihood != pytest.approx(one.log_likelihood, rel=1e-3)
