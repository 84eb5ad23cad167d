"""First times against dense matrix exponentials; the bound stated is kept."""

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.errors import BoundError, QueryError
from bystander.process.chain import make_chain
from bystander.process.passage import as_times, onset
from reference.processes import (
    absorbed,
    dense,
    options_in_order,
    process,
    random_process,
    reach,
    reach_from_everywhere,
)

TIMES = np.array([0.0, 0.05, 1.0, 4.0, 60.0])


@pytest.fixture(params=range(4))
def case(request):
    equilibrium = random_process(request.param, spread=1.5)
    target = np.arange(7) == 3 + request.param % 2
    return equilibrium, make_chain(equilibrium), target


def test_reaching_a_set(case) -> None:
    equilibrium, chain, target = case
    q = absorbed(dense(equilibrium), target)
    found = reach(chain, target, TIMES)
    true = [(chain.start @ expm(q * t))[target].sum() for t in TIMES]
    assert np.abs(found.value - true).max() <= found.error + 1e-13
    assert found.error < 1e-9
    for t in TIMES:
        everywhere = reach_from_everywhere(chain, target, t)
        assert np.abs(everywhere.value - expm(q * t)[:, target].sum(axis=1)).max() <= everywhere.error + 1e-13
        assert everywhere.error < 1e-9


def test_reaching_while_avoiding(case) -> None:
    equilibrium, chain, target = case
    avoid = np.arange(7) == 1
    q = absorbed(dense(equilibrium), target | avoid)
    found = reach(chain, target, TIMES, avoid=avoid)
    true = [(chain.start @ expm(q * t))[target].sum() for t in TIMES]
    assert np.abs(found.value - true).max() <= found.error + 1e-13


def test_firing_counts_even_if_nothing_changes(case) -> None:
    equilibrium, chain, _ = case
    chosen = chain.option_move == 2
    kill = {o for _, o, move, *_ in options_in_order(equilibrium) if move == 2}
    q = dense(equilibrium, kill=kill)
    begin = np.append(chain.start, 0.0)
    found = reach(chain, None, TIMES, options=chosen)
    true = [(begin @ expm(q * t))[-1] for t in TIMES]
    assert np.abs(found.value - true).max() <= found.error + 1e-13


def test_onset_is_the_law_of_the_first_situation(case) -> None:
    equilibrium, chain, _ = case
    condition = np.arange(7) >= 4
    q = absorbed(dense(equilibrium), condition)
    entered = np.where(condition, chain.start @ expm(q * 2.0), 0.0)
    found = onset(chain, condition, 2.0)
    assert found.probability.value == pytest.approx(entered.sum(), abs=found.probability.error + 1e-13)
    assert (
        np.abs(found.distribution.value - entered / entered.sum()).max() <= found.distribution.error + 1e-13
    )
    assert found.distribution.value[~condition].sum() == 0.0


def test_onset_that_never_comes_is_refused() -> None:
    chain = make_chain(process([[(0, 1.0, [(1.0, 1)])], [], []]))
    with pytest.raises(QueryError, match="never comes to hold"):
        onset(chain, np.array([False, False, True]), 10.0)
    with pytest.raises(QueryError, match=r"never comes to hold within 1 minute of the start"):
        onset(chain, np.array([False, False, True]), 1.0 / 1440.0)


def test_stiff_rates_and_long_times_stay_within_their_bound() -> None:
    fast, slow = 20.0, 0.001
    chain = make_chain(
        process([[(0, fast, [(1.0, 1)])], [(0, fast, [(1.0, 0)]), (1, slow, [(1.0, 2)])], []], moves=2)
    )
    target = np.array([False, False, True])
    found = reach(chain, target, np.array([500.0]))
    q = np.array([[-fast, fast, 0], [fast, -fast - slow, slow], [0, 0, 0]])
    assert abs(found.value[0] - expm(q * 500.0)[0, 2]) <= found.error
    assert found.error < 1e-9


def test_small_probabilities_keep_their_digits() -> None:
    chain = make_chain(process([[(0, 1e-12, [(1.0, 1)])], []]))
    found = reach(chain, np.array([False, True]), np.array([1.0]))
    assert found.value[0] == pytest.approx(1e-12, rel=1e-9)


def test_a_bound_not_met_is_an_error() -> None:
    chain = make_chain(random_process(0))
    found = reach(chain, np.arange(7) == 3, np.array([5.0]))
    assert found.require(1e-9) is found
    with pytest.raises(BoundError, match="known only to within"):
        found.require(1e-30)


@pytest.mark.parametrize("times", [[-1.0], [np.nan], [np.inf], []])
def test_times_that_are_none_are_refused(times) -> None:
    with pytest.raises(QueryError, match="Times"):
        as_times(times)
