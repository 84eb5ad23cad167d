"""Histories with known dates ahead agree with the exact answers, and tell the dates."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.game.questions import mask
from bystander.process.outcomes import make_clocks
from bystander.scenario import read_text
from bystander.simulation.paths import histories, simulate
from reference.known_dates import ULTIMATUM

PATHS = 40_000


@pytest.fixture(scope="module")
def sampled():
    case = solve_case(read_text(ULTIMATUM))
    course = make_clocks(case.equilibrium).course
    return case, course, simulate(course, PATHS, case.scenario.horizon, 3)


@pytest.mark.parametrize("level", ["quiet", "talks", "war"])
def test_situations_on_every_day_agree_with_the_exact_answers(sampled, level):
    case, course, paths = sampled
    inside = mask(case.game, f"front == {level}")
    for day in (10.0, 29.9, 30.1, 55.0, 90.0):
        exact = 0.0
        for passed in course.follow(course.start[0], day, 16):
            exact = float(passed.after[inside].sum())
        seen = float(inside[paths.at(day)].mean())
        assert seen == pytest.approx(exact, abs=4.5 * np.sqrt(max(exact * (1 - exact), 1e-4) / PATHS))


def test_first_times_and_days_agree_with_the_exact_answers(sampled):
    case, _, paths = sampled
    war = mask(case.game, "front == war")
    fires = case.game.structure.kind_move[case.game.structure.option_kind]
    struck = fires == [move.name for move in case.game.moves].index("north.strike")
    for name, seen in (
        ("war", np.isfinite(paths.first_times(war))),
        ("strikes", np.isfinite(paths.first_times(options=struck))),
        ("days_of_war", paths.days_in(war)),
    ):
        error = seen.std() / np.sqrt(PATHS)
        assert seen.mean() == pytest.approx(case.value(name), abs=4.5 * error)


def test_dates_are_rows_of_the_table_on_their_days(sampled):
    _, course, paths = sampled
    table = histories(course, paths)
    for name, day in (("ultimatum", 30.0), ("vote", 60.0)):
        rows = (table["owner"] == "calendar") & (table["move"] == name)
        assert rows.sum() == PATHS
        assert set(table["day"][rows]) == {day}
        assert name != "ultimatum" or set(table[name][rows]) == {"past"}
    for path in range(50):
        assert (np.diff(table["day"][table["path"] == path]) >= 0.0).all()
    again = simulate(course, 200, 90.0, 3)
    assert np.array_equal(again.times, simulate(course, 200, 90.0, 3).times)
