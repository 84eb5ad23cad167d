"""Values before known dates: closed forms, a general-purpose integrator, and laws."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from bystander.equilibrium import announced
from bystander.equilibrium.announced import _Backwards, jumped, solve_announced
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.arrays import DateJump
from bystander.game.compile import compile_game
from bystander.scenario import read_text
from reference import small_games
from reference.known_dates import STEPS
from reference.small_games import random_game


def still(game, day, impact=0.0):
    """A date on which nothing happens but an impact."""
    here = np.arange(game.size, dtype=np.int32)[:, None]
    worth = np.full((game.size, len(game.actors)), impact)
    return DateJump("calendar.day", day, here, np.ones((game.size, 1)), worth)


def random_date(game, day, seed):
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, game.size, (game.size, 2)).astype(np.int32)
    chances = rng.dirichlet(np.ones(2), game.size)
    return DateJump(
        f"calendar.d{seed}", day, targets, chances, rng.normal(size=(game.size, len(game.actors)))
    )


def test_rates_that_change_on_known_dates_have_a_closed_form():
    """V(up) before a change: integrate exp(-rho t) times the chance to have fallen, span by span."""
    game = compile_game(read_text(STEPS))
    found = solve_announced(game, tolerance=1e-10)
    rho, rates, ends = 0.01, (0.02, 0.1, 0.05), (20.0, 60.0)
    fallen = -1.0 / rho
    value = fallen * rates[2] / (rho + rates[2])
    expected = [value]
    for rate, begin, end in ((rates[1], 20.0, 60.0), (rates[0], 0.0, 20.0)):
        decay = np.exp(-(rho + rate) * (end - begin))
        value = fallen * rate / (rho + rate) * (1.0 - decay) + decay * value
        expected.append(value)
    assert tuple(known.day for known in game.dates) == ends
    start = int(np.argmax(game.situations.start))
    assert found.values_at(0.0)[start, 0] == pytest.approx(expected[2], rel=1e-10)
    first = game.dates[0]
    past = first.targets[start, int(np.argmax(first.chances[start]))]
    assert found.values_at(20.0)[past, 0] == pytest.approx(expected[1], rel=1e-10)


@pytest.mark.parametrize("shocks", ["control", "private", "noise"])
def test_agrees_with_a_general_integrator(shocks):
    """The slow twin's equations, followed back by SciPy."""
    game = random_game(31, shocks=shocks)
    game = replace(game, dates=(random_date(game, 20.0, 1), random_date(game, 55.0, 2)))
    found = solve_announced(game, tolerance=1e-9)
    rho = game.numbers.discount
    place = np.repeat(np.arange(game.size), np.diff(game.structure.option_start))

    def slope(_, flat):
        values = flat.reshape(found.after.values.shape)
        new, _, rate = small_games.sweep(game, values)
        leaving = np.bincount(place, rate, game.size)[:, None]
        return ((new - values) * (rho + leaving)).ravel()

    values = found.after.values
    for known, length in ((game.dates[1], 35.0), (game.dates[0], 20.0)):
        begin = jumped(known, values).ravel()
        run = solve_ivp(slope, (0.0, length), begin, method="DOP853", rtol=1e-11, atol=1e-12)
        values = run.y[:, -1].reshape(values.shape)
    np.testing.assert_allclose(found.values_at(0.0), values, rtol=0, atol=1e-8)
    assert found.error < 1e-9


@pytest.mark.parametrize("days", [(3.0,), (1.0, 2.0, 50.0), tuple(range(1, 21))])
def test_dates_on_which_nothing_happens_change_nothing(days):
    game = random_game(32)
    base = solve(game, tolerance=1e-12)
    dates = tuple(still(game, float(day)) for day in days)
    found = solve_announced(replace(game, dates=dates), tolerance=1e-10, after=base)
    for day in (0.0, 0.7, days[-1] + 5.0):
        np.testing.assert_allclose(found.values_at(day), base.values, rtol=0, atol=2e-10)
        np.testing.assert_allclose(found.behaviour_at(day)[1], base.option_rate, rtol=0, atol=1e-10)


def test_without_dates_the_answer_is_the_stationary_one_bit_for_bit():
    game = random_game(33)
    found, base = solve_announced(game), solve(game)
    np.testing.assert_array_equal(found.values_at(0.0), base.values)
    np.testing.assert_array_equal(found.behaviour_at(3.0)[1], base.option_rate)
    assert (found.error, found.steps) == (0.0, 0)


def test_worth_at_a_date_is_discounted_until_then():
    """What everyone gets whatever it does moves values by exp(-rho t), and no choice."""
    game = random_game(34)
    base = solve(game, tolerance=1e-12)
    found = solve_announced(replace(game, dates=(still(game, 30.0, impact=2.0),)), tolerance=1e-9, after=base)
    gain = 2.0 * np.exp(-game.numbers.discount * 30.0)
    np.testing.assert_allclose(found.values_at(0.0) - base.values, np.tile(gain, (game.size, 1)), atol=1e-8)
    np.testing.assert_allclose(found.behaviour_at(12.0)[0], base.choice, atol=1e-8)


def test_half_a_step_errs_far_less():
    """The error of a span in steps of equal length falls with their eighth power, or nearly."""
    game = random_game(35)
    back = _Backwards(game)
    begin = jumped(random_date(game, 1.0, 5), solve(game, tolerance=1e-12).values)

    def after(steps):
        values = begin
        for _ in range(steps):
            values = back.step(values, 10.0 / steps)
        return values

    exact = after(64)
    errors = [np.abs(after(steps) - exact).max() for steps in (2, 4, 8)]
    assert errors[2] > 1e-12
    assert np.log2(np.divide(errors[:-1], errors[1:])).min() > 7.0


def test_between_ends_of_steps_values_are_as_exact_as_there():
    """The polynomial of half a step against a step of its own to every day asked for."""
    game = random_game(35)
    found = solve_announced(replace(game, dates=(random_date(game, 12.0, 5),)))
    back, (span,) = _Backwards(game), found.spans
    for after in range(1, len(span.days)):
        length = span.days[after] - span.days[after - 1]
        for share in (0.1, 0.5, 0.7, 0.95):
            exact = back.step(span.values[after], share * length)
            values = found.values_at(float(span.days[after] - share * length))
            np.testing.assert_allclose(values, exact, rtol=0, atol=1e-8)


def test_polynomials_that_do_not_fit_are_made_again(monkeypatch):
    game = random_game(35)
    dated = replace(game, dates=(random_date(game, 12.0, 5),))
    days = [0.3, 11.9, 6.0, 0.3, 11.9]
    kept = [solve_announced(dated).values_at(day) for day in days]
    monkeypatch.setattr(announced, "KEPT", 1)
    found = solve_announced(dated)
    for day, values in zip(days, kept, strict=True):
        np.testing.assert_array_equal(found.values_at(day), values)
    assert len(found._between) == 1


def test_days_before_the_start_are_refused():
    with pytest.raises(QueryError, match="from day 0 on"):
        solve_announced(random_game(36)).values_at(-1.0)
