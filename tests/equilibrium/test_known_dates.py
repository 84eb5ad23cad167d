"""Explanations on days before known dates: terms add up to the log-odds, and to the values, on every day."""

import numpy as np
import pytest

from bystander.cases.cases import solve_case
from bystander.equilibrium.decompose import decompose_days
from bystander.equilibrium.explain import WhyQuestion, explain_all
from bystander.equilibrium.multiplicity import search
from bystander.policy.reasons import explain_moves
from bystander.scenario import read_text
from reference.known_dates import ULTIMATUM


@pytest.fixture(scope="module")
def equilibrium():
    return solve_case(read_text(ULTIMATUM), outcomes=(), judgements=()).equilibrium


def test_totals_add_up_to_the_values_on_every_day(equilibrium):
    announced = equilibrium.announced
    days = [0.0, 3.3, 29.999, 30.0, 47.0, 60.0, 500.0]
    found = decompose_days(announced, range(2), days)
    assert sorted(found) == days
    for day, each in found.items():
        values = announced.values_at(day)
        for actor, (terms, totals) in each.parts.items():
            assert len(terms) == totals.shape[1]
            np.testing.assert_allclose(totals.sum(axis=1), values[:, actor], rtol=0, atol=1e-9)


@pytest.mark.parametrize("on", [None, 0.0, 29.0, 30.0, 59.0, 60.0, 89.0])
def test_bars_add_up_to_the_log_odds_on_every_day(equilibrium, on):
    found = explain_moves(equilibrium, given="", on=on, skip=True)
    assert {reason.move for reason in found if reason.bars} >= {"talk"}
    for reason in found:
        if reason.bars:
            assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-9)
            assert reason.bars[0].group == "habit"


def test_a_date_is_a_term_until_it_has_passed(equilibrium):
    def weight(on):
        (reason,) = explain_moves(equilibrium, ["south.talk"], given="", on=on)
        return {bar.name: bar.log_odds for bar in reason.bars}.get("calendar.ultimatum", 0.0)

    early, late = weight(0.0), weight(29.0)
    assert 0.0 < early < late
    assert weight(30.0) == 0.0


def test_log_odds_are_those_of_the_behaviour_of_the_day(equilibrium):
    game = equilibrium.game
    start = game.situations.start
    choice, _ = equilibrium.announced.behaviour_at(0.0)
    move = [each.name for each in game.moves].index("south.talk")
    shape = game.structure
    place = np.repeat(np.arange(game.size), np.diff(shape.option_start))
    here = (shape.kind_move[shape.option_kind] == move) & (start[place] > 0.0)
    (reason,) = explain_all(equilibrium, [WhyQuestion("south.talk", start)])
    assert reason.probability == pytest.approx(float(choice[here][0]), abs=1e-12)
    assert reason.log_odds == pytest.approx(float(np.log(choice[here] / (1.0 - choice[here]))[0]), abs=1e-10)


def test_each_further_equilibrium_after_the_last_date_is_followed_back(equilibrium):
    found = search(equilibrium.game, starts=2, base=equilibrium)
    plain = search(equilibrium.lasting.game, starts=2, base=equilibrium.lasting)
    assert len(found.equilibria) == len(plain.equilibria)
    for each, after in zip(found.equilibria, plain.equilibria, strict=True):
        assert each.announced is not None
        np.testing.assert_array_equal(each.lasting.values, after.values)
