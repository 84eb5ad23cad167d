"""Answers while behaviour changes from day to day: a closed form, and the stationary answers where nothing
does."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.equilibrium.announced import solve_announced
from bystander.equilibrium.solve import solve
from bystander.game.arrays import DateJump
from bystander.game.questions import Question
from bystander.numerics.rows import WIDTHS
from bystander.process.announced import DatedProcess
from bystander.process.chain import FirstTime, make_chain
from reference.processes import accumulated, reach
from reference.small_games import random_game


def asked(found, sort, until, **body):
    course = DatedProcess(found, until, tolerance=1e-8)
    found = course.answer(Question(sort, "amount", "", **body), course.start, np.array([until]))
    return found.value[0], found.error


def dated(game, *days):
    rng = np.random.default_rng(8)
    dates = []
    for day in days:
        targets = rng.integers(0, game.size, (game.size, 2)).astype(np.int32)
        worth = 2.0 * rng.normal(size=(game.size, len(game.actors)))
        dates.append(
            DateJump(f"calendar.d{day:g}", day, targets, rng.dirichlet(np.ones(2), game.size), worth)
        )
    return replace(game, dates=tuple(dates))


def test_dates_on_which_nothing_happens_leave_answers_as_they_are():
    game = random_game(41)
    base = solve(game, tolerance=1e-12)
    here = np.arange(game.size, dtype=np.int32)[:, None]
    nothing = np.zeros((game.size, len(game.actors)))
    days = [DateJump("calendar.d", d, here, np.ones((game.size, 1)), nothing) for d in (10.0, 31.0)]
    found = solve_announced(replace(game, dates=tuple(days)), after=base)
    chain, target = make_chain(base), np.arange(game.size) % 5 == 2
    reward = np.linspace(0.0, 1.0, game.size)
    for until in (5.0, 20.0, 60.0):
        assert asked(found, "ever", until, target=target)[0] == pytest.approx(
            float(reach(chain, target, [until]).value[0]), abs=1e-9
        )
        assert asked(found, "accumulates", until, flow=reward)[0] == pytest.approx(
            float(accumulated(chain, reward, None, [until]).value[0]), rel=1e-8
        )


def test_agrees_with_many_small_matrix_exponentials():
    """Dense generators of the middle of a thousand pieces, extrapolated once."""
    game = dated(random_game(42, levels=(2, 3), actors=2), 15.0)
    found = solve_announced(game, tolerance=1e-11)
    target = np.arange(game.size) == 3
    flow = np.where(target, 1.0, 0.2)

    def by_hand(pieces):
        reached, held = np.where(target, 1.0, 0.0), np.zeros(game.size)
        for span, (begin, end) in enumerate([(15.0, 40.0), (0.0, 15.0)]):
            if span:
                jump = np.zeros((game.size, game.size))
                for b in range(2):
                    np.add.at(
                        jump, (np.arange(game.size), game.dates[0].targets[:, b]), game.dates[0].chances[:, b]
                    )
                reached, held = np.where(target, 1.0, jump @ reached), jump @ held
            length = (end - begin) / pieces
            for part in reversed(range(pieces)):
                rate = found.behaviour_at(begin + (part + 0.5) * length)[1]
                chain = make_chain(replace(found.after, option_rate=rate))
                q = np.zeros((game.size + 1, game.size + 1))
                g = chain.generator
                for s in range(game.size):
                    q[s, g.indices[g.indptr[s] : g.indptr[s + 1]]] = g.rates[g.indptr[s] : g.indptr[s + 1]]
                    q[s, s] -= g.exit[s]
                q[:-1, -1] = flow
                held = (expm(q * length) @ np.append(held, 1.0))[:-1]
                q[:-1, -1] = 0.0
                q[:-1][target] = 0.0
                reached = (expm(q * length) @ np.append(reached, 0.0))[:-1]
        return np.array([game.situations.start @ reached, game.situations.start @ held])

    coarse, fine = by_hand(40), by_hand(80)
    expected = fine + (fine - coarse) / 3.0
    reached, wrong = asked(found, "ever", 40.0, target=target)
    held, error = asked(found, "accumulates", 40.0, flow=flow)
    assert [reached, held] == pytest.approx(expected, abs=2e-7)
    assert max(wrong, error) <= 2e-7
    assert abs(coarse - expected).max() > 1e-6


def test_questions_side_by_side_are_answered_as_one_by_one():
    """Eleven questions, of every form, from an onset on any day: two rows of columns."""
    game = dated(random_game(43, levels=(2, 3, 3)), 9.0, 20.0)
    course = DatedProcess(solve_announced(game), 40.0)
    moves, times = np.arange(len(game.moves)), np.array([3.0, 25.0])
    sets = [np.arange(game.size) % 7 == k for k in range(3)]
    questions = [
        *(FirstTime(moves=moves == m) for m in range(min(len(moves), 6))),
        *(FirstTime(target=each) for each in sets),
        FirstTime(target=sets[0], avoid=sets[1]),
        FirstTime(target=sets[2], moves=moves % 2 == 0, avoid=sets[0]),
    ]
    assert len(questions) > WIDTHS[-1]
    for beginning in (course.start, np.arange(game.size) % 5 == 4):
        together = course.first_times(questions, beginning, times)
        for question, found in zip(questions, together, strict=True):
            (alone,) = course.first_times([question], beginning, times)
            np.testing.assert_allclose(found.value, alone.value, rtol=0, atol=1e-12)
            assert found.error == pytest.approx(alone.error, rel=1e-3, abs=1e-12)
            assert 0.0 <= found.value[0] <= found.value[1] <= 1.0 + 1e-9
