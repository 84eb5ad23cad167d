"""The solver against a slow twin, the routes to a solution, and what it says when it does not get there."""

import numpy as np
import pytest

from bystander.equilibrium import tracing
from bystander.equilibrium.certificate import certify
from bystander.equilibrium.result import Status
from bystander.equilibrium.solve import solve
from bystander.errors import NotConvergedError
from bystander.game.compile import compile_game
from bystander.scenario import read_text
from reference import small_games
from reference.small_games import random_game
from reference.stress_games import stepping_in

RALLY = """\
bystander: 1
title: A border and a leader
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, clash, battle], start: quiet}}
actors:
  north:
    acts: every 2 weeks
    discount: 50% per year
    interests:
      rally: {when: front == clash, worth: 1.5 per year}
      losses: {when: front == battle, worth: -12 per year}
    actions:
      escalate: {when: front == clash, then: {front: battle}, habit: 30%, worth: -1}
hazards:
  incident: {when: front == quiet, rate: 4 per year, then: {front: clash}}
  calm: {when: front != quiet, every: 5 days, then: {front: quiet}}
"""


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
@pytest.mark.parametrize("seed", range(6))
def test_the_slow_twin_finds_the_same(seed, shocks):
    game = random_game(seed, shocks=shocks)
    found = solve(game, tolerance=1e-12).require_converged()
    values, choice, rate, gap = small_games.solve(game, values=np.array(found.values))
    assert gap < 1e-11
    np.testing.assert_allclose(found.values, values, atol=1e-9)
    np.testing.assert_allclose(found.choice, choice, atol=1e-9)
    np.testing.assert_allclose(found.option_rate, rate, atol=1e-9)


def test_traced_direct_and_warm_solutions_agree_where_there_is_one():
    game = random_game(2)
    traced = solve(game)
    direct = solve(game, trace=False)
    warm = solve(game, warm=traced)
    assert (traced.selection.how, direct.selection.how, warm.selection.how) == (
        "traced",
        "direct",
        "continued",
    )
    np.testing.assert_allclose(direct.values, traced.values, atol=1e-7)
    np.testing.assert_allclose(warm.values, traced.values, atol=1e-7)
    assert warm.iterations < direct.iterations


def test_the_same_question_has_the_same_answer_to_the_bit():
    one, other = solve(random_game(4)), solve(random_game(4))
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.choice, other.choice)


def test_too_few_sweeps_are_a_status_and_never_a_number():
    found = solve(random_game(1), limit=3)
    assert found.status is Status.ITERATION_LIMIT
    with pytest.raises(NotConvergedError, match="after 3 sweeps"):
        found.require_converged()


def test_saying_no_stops_the_work_and_keeps_what_there_is():
    seen = []

    def stop_at_five(stage, sweeps, change):
        seen.append(change)
        return len(seen) < 5

    found = solve(random_game(1), trace=False, progress=stop_at_five)
    assert found.status is Status.INTERRUPTED
    assert len(seen) == 5
    assert np.isfinite(found.values).all()


def test_results_cannot_be_written_to():
    found = solve(random_game(3))
    for array in (found.values, found.choice, found.option_rate):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_the_certificate_is_the_one_of_the_values():
    found = solve(random_game(5))
    assert found.certificate == certify(found.game, found.values)
    assert found.certificate.residual <= 1e-9


@pytest.mark.parametrize("cost", [15, 20, 30])
@pytest.mark.parametrize("size", [0, tracing.FOLLOWED_SIZE])
def test_newton_goes_on_where_sweeps_are_repelled(size, cost, monkeypatch):
    """Two who would each rather the other stepped in, in so many seasons that sweeps carry the solve.

    Without following the branch, how many steps repelled sweeps and Newton's method take in turn is a matter
    of rounding, and so is which of them came last; where they end is not.
    """
    monkeypatch.setattr(tracing, "FOLLOWED_SIZE", size)
    small, large = solve(stepping_in((cost, cost))), solve(stepping_in((cost, cost), seasons=120))
    assert large.require_converged().method.endswith(tracing.FOLLOWED) or not size
    steps = small.choice[small.choice < 1.0]
    assert np.abs(large.choice[large.choice < 1.0] - steps[0]).max() < 1e-9
    assert large.certificate.log_odds < (1e-12 if size else 1e-9)


def test_a_warm_solve_goes_on_by_newton_where_sweeps_are_repelled():
    base = solve(stepping_in((20, 20), seasons=120)).require_converged()
    found = solve(stepping_in((20.001, 20.001), seasons=120), warm=base).require_converged()
    assert found.method == "Newton's method"
    assert found.iterations <= 400
    np.testing.assert_allclose(found.choice, base.choice, atol=1e-3)


@pytest.mark.parametrize("rate", ["1e-8", "1e-9", "1e-12", "1e-300"])
def test_a_discount_too_small_is_solved_or_refused_by_name_and_place(rate):
    text = RALLY.replace("50% per year", f"{rate} per year")
    found = solve(compile_game(read_text(text, "rally.yaml")))
    if found.status is not Status.CONVERGED:
        with pytest.raises(NotConvergedError, match=r"rally.yaml:\d+:\d+: 'north' discounts"):
            found.require_converged()
