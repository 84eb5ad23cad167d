"""Judgements and claims: what comes out, and how robustly."""

import pytest

from bystander.assessment.claims import weigh_claims
from bystander.assessment.judging import judgement_results, robust_judgements
from bystander.cases.cases import Case, solve_case
from bystander.scenario import read_scenario


@pytest.fixture(scope="module")
def case() -> Case:
    return solve_case(read_scenario("templates/border"))


def test_the_number_is_the_side_that_asks_the_process(case: Case) -> None:
    (result,) = judgement_results(case)
    assert result.number.value == pytest.approx(case.value("alliance_deploys"), abs=1e-12)
    assert result.threshold == pytest.approx(0.1)
    assert result.holds == (result.number.value < result.threshold)
    assert result.robustness is None


def test_robustness_is_a_share_of_draws_and_the_same_for_the_same_seed(case: Case) -> None:
    first = robust_judgements(case, draws=8, seed=1)
    assert 0.0 <= (first[0].robustness or 0.0) <= 1.0
    assert first == robust_judgements(case, draws=8, seed=1)


def test_claims_are_placed_before_anything_is_solved() -> None:
    claims = weigh_claims(read_scenario("crises/ferghana-2022"))
    assert all(claim.places and claim.holds is None for claim in claims)
