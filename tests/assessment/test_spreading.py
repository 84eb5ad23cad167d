"""Further equilibria: found, said as a search, asked for every outcome, kept."""

import dataclasses

import pytest

from bystander.assessment.assess import assess
from bystander.assessment.result import Estimate, OutcomeResult
from bystander.assessment.spreading import Further, look_further, ranged
from bystander.cases.cases import answer_case
from bystander.cases.store import Store
from bystander.equilibrium.multiplicity import search
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.scenario import read_scenario

FEAR = read_scenario("toys/three-equilibria")


@pytest.fixture(scope="module")
def assessment():
    return assess(FEAR, starts=9, measures=False)


def test_ranges_run_over_every_equilibrium_found(assessment):
    found = search(compile_game(FEAR), starts=9)
    assert len(found.equilibria) == 3
    assert (assessment.solve.starts, assessment.solve.equilibria_found) == (9, 3)
    every = [answer_case(FEAR, e, judgements=()).outcomes for e in found.equilibria]
    spread = 0.0
    for result in assessment.outcomes:
        values = [outcomes[result.name].estimate.value for outcomes in every]
        assert result.estimate.low == pytest.approx(min(values), abs=1e-6)
        assert result.estimate.high == pytest.approx(max(values), abs=1e-6)
        assert result.estimate.low <= result.estimate.value <= result.estimate.high
        spread = max(spread, result.estimate.high - result.estimate.low)
    assert spread > 0.1


def test_bands_hold_the_curve_and_end_at_the_range(assessment):
    curved = [result for result in assessment.outcomes if len(result.curve) > 1]
    assert curved
    for result in curved:
        assert [t for t, _, _ in result.band] == [t for t, _ in result.curve]
        assert all(low <= y <= high for (_, y), (_, low, high) in zip(result.curve, result.band, strict=True))
        assert result.band[-1][1:] == pytest.approx((result.estimate.low, result.estimate.high), abs=1e-9)


def test_no_search_is_no_range():
    found = assess(FEAR, starts=0, measures=False)
    assert (found.solve.starts, found.solve.equilibria_found) == (0, 1)
    assert all(result.estimate.low is None and not result.band for result in found.outcomes)


def test_what_was_found_is_kept_and_read_back_the_same(tmp_path, monkeypatch):
    equilibrium = solve(compile_game(FEAR))
    asked = {"starts": 9, "seed": 3}
    first = look_further(FEAR, equilibrium, **asked, store=Store(tmp_path))
    monkeypatch.setattr("bystander.assessment.spreading.search", None)
    assert look_further(FEAR, equilibrium, **asked, store=Store(tmp_path)) == first
    assert first.starts == 9
    assert first.others
    with pytest.raises(TypeError):
        look_further(FEAR, equilibrium, starts=9, seed=4, store=Store(tmp_path))


def test_curves_at_other_times_give_a_range_without_a_band():
    result = OutcomeResult("x", "", "probability", Estimate(0.2), curve=((0.0, 0.0), (1.0, 0.2)))
    further = Further(4, ({"x": (0.5, ((0.0, 0.0), (2.0, 0.5)))},))
    given = ranged(result, further)
    assert (given.estimate.low, given.estimate.high, given.band) == (0.2, 0.5, ())
    assert ranged(result, Further(4)) == result
    assert dataclasses.replace(given, estimate=result.estimate) == result
