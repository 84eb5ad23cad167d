"""Many first times in one pass against one at a time; what is cut off is within its bound."""

import numpy as np
import pytest

from bystander.process import clocks as clocks_module
from bystander.process.chain import FirstTime, make_chain
from bystander.process.clocks import Clock, Clocks, chances
from reference.processes import process, random_process, reach

TIMES = np.array([0.0, 0.5, 4.0, 30.0])


@pytest.mark.parametrize("seed", range(4))
def test_one_pass_or_many(seed: int) -> None:
    chain = make_chain(random_process(seed, size=12, moves=5, spread=1.5))
    rng = np.random.default_rng(seed)
    clocks = Clocks(chain, 30.0)
    elsewhere = Clock("elsewhere", rng.dirichlet(np.ones(12)), 0.0)
    clocks._known["elsewhere"] = elsewhere
    moves = [np.arange(5) == m for m in range(5)] + [np.arange(5) > 2]
    sets = [rng.random(12) < 0.3 for _ in range(3)]
    questions = [
        *(FirstTime(moves=m) for m in moves),
        *(FirstTime(target=t) for t in sets),
        FirstTime(target=sets[0], avoid=sets[1]),
        FirstTime(target=sets[2], moves=moves[1], avoid=sets[0]),
    ]
    for clock in (clocks.at(None), elsewhere):
        found = chances(clocks, [clock] * len(questions), questions, [TIMES] * len(questions))
        for question, chance in zip(questions, found, strict=True):
            options = None if question.moves is None else chain.options_of(question.moves)
            alone = reach(
                chain, question.target, TIMES, options=options, avoid=question.avoid, start=clock.start
            )
            assert np.abs(chance.value - alone.value).max() <= chance.error + alone.error


def test_clocks_and_times_may_differ_by_question() -> None:
    chain = make_chain(random_process(3))
    clocks = Clocks(chain, 5.0)
    target = np.arange(7) == 3
    times = [np.array([1.0]), np.array([2.0, 5.0])]
    one, two = chances(clocks, [clocks.at(None)] * 2, [FirstTime(target=target)] * 2, times)
    np.testing.assert_allclose(one.value, reach(chain, target, times[0]).value, atol=1e-9)
    np.testing.assert_allclose(two.value, reach(chain, target, times[1]).value, atol=1e-9)


def test_what_is_hardly_ever_visited_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks_module, "SMALL", 0)
    rare = 1e-13
    chain = make_chain(
        process(
            [
                [(0, 1.0, [(1.0, 1)]), (1, rare, [(1.0, 2)])],
                [(0, 1.0, [(1.0, 0)])],
                [(0, 1.0, [(1.0, 3)])],
                [(2, 1.0, [(1.0, 2)])],
            ],
            moves=3,
        )
    )
    clocks = Clocks(chain, 10.0)
    keep, lost = clocks.likely([clocks.at(None)], 10.0)
    assert keep.tolist() == [True, True, False, False]
    assert 1e-13 < lost < 1e-10
    never, often = chances(
        clocks,
        [clocks.at(None)] * 2,
        [FirstTime(moves=np.arange(3) == 2), FirstTime(moves=np.arange(3) == 0)],
        [np.array([10.0])] * 2,
    )
    assert never.value[0] == 0.0
    assert never.error >= reach(chain, None, np.array([10.0]), options=chain.option_move == 2).value[0]
    assert often.value[0] == pytest.approx(1 - np.exp(-10.0), abs=1e-9)


@pytest.mark.parametrize(("most", "passes"), [(0.1, 1), (1.0, 3)])
def test_clocks_are_followed_only_while_something_may_be_cut(
    monkeypatch: pytest.MonkeyPatch, most: float, passes: int
) -> None:
    """What one clock needs, all need: beyond that share no other is followed to be told so."""
    monkeypatch.setattr(clocks_module, "SMALL", 0)
    monkeypatch.setattr(clocks_module, "MOST", most)
    chain = make_chain(random_process(2, size=12))
    clocks, rng = Clocks(chain, 3.0), np.random.default_rng(2)
    starts = [clocks.at(None), *(Clock(f"elsewhere {n}", rng.dirichlet(np.ones(12))) for n in range(2))]
    clocks._known.update({clock.given: clock for clock in starts})
    keep, lost = clocks.likely(starts, 3.0)
    assert keep.all()
    assert lost == 0.0
    assert len(clocks._entries) == passes
    question, times = FirstTime(target=np.arange(12) == 3), np.array([3.0])
    for clock, found in zip(starts, chances(clocks, starts, [question] * 3, [times] * 3), strict=True):
        alone = reach(chain, question.target, times, start=clock.start)
        assert np.abs(found.value - alone.value).max() <= found.error + alone.error


def test_nothing_asked() -> None:
    assert chances(Clocks(make_chain(random_process(0)), 1.0), [], [], []) == []
