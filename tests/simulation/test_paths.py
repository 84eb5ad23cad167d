"""Sampled histories against exact answers, within Monte Carlo error, with fixed streams."""

import numpy as np
import pytest
from scipy.linalg import expm

import bystander.simulation.paths as module
from bystander.errors import QueryError
from bystander.process.chain import make_chain
from bystander.seeds import stream
from bystander.simulation.paths import simulate_paths
from reference.processes import accumulated, process, random_process, reach

COUNT = 20_000
TIME = 3.0
SIGMAS = 4.5


@pytest.fixture(scope="module", params=[0, 1])
def pair(request):
    chain = make_chain(random_process(request.param))
    return chain, simulate_paths(chain, COUNT, TIME, stream(7, "test", request.param))


def within_error(frequency, probability) -> bool:
    return abs(frequency - probability) <= SIGMAS * np.sqrt(probability * (1 - probability) / COUNT) + 1e-12


def test_where_the_process_is(pair) -> None:
    chain, paths = pair
    for time in (0.0, 0.7, TIME):
        exact = chain.start @ expm(dense_of(chain) * time)
        found = np.bincount(paths.at(time), minlength=chain.size) / COUNT
        assert all(within_error(f, p) for f, p in zip(found, exact, strict=True))


def dense_of(chain):
    q = np.zeros((chain.size, chain.size))
    q[np.repeat(np.arange(chain.size), np.diff(chain.indptr)), chain.indices] = chain.rates
    q[np.diag_indices(chain.size)] = -chain.exit
    return q


def test_first_times(pair) -> None:
    chain, paths = pair
    target = np.arange(chain.size) == 4
    options = chain.option_move == 1
    for time in (0.5, TIME):
        entered = (paths.first_times(target) <= time).mean()
        assert within_error(entered, reach(chain, target, np.array([time])).value[0])
        fired = (paths.first_times(options=options) <= time).mean()
        assert within_error(fired, reach(chain, None, np.array([time]), options=options).value[0])


def test_amounts_and_firings(pair) -> None:
    chain, paths = pair
    target = np.arange(chain.size) % 2 == 0
    days = paths.days_in(target)
    mean = accumulated(chain, target * 1.0, None, np.array([TIME])).value[0]
    assert abs(days.mean() - mean) <= SIGMAS * days.std() / np.sqrt(COUNT)
    options = chain.option_move == 2
    per_path = np.add.reduceat(np.append(options[paths.options], False).astype(float), paths.start[:-1])
    per_path[np.diff(paths.start) == 0] = 0.0
    exact = accumulated(chain, None, options * 1.0, np.array([TIME])).value[0]
    assert abs(per_path.mean() - exact) <= SIGMAS * per_path.std() / np.sqrt(COUNT)


def test_histories_hang_together(pair) -> None:
    chain, paths = pair
    structure = chain.game.structure
    assert len(paths) == COUNT
    assert (paths.times <= TIME).all()
    for path in range(50):
        part = slice(paths.start[path], paths.start[path + 1])
        assert (np.diff(paths.times[part]) > 0).all()
        here = paths.first[path]
        for option, after in zip(paths.options[part], paths.situations[part], strict=True):
            assert structure.option_start[here] <= option < structure.option_start[here + 1]
            assert after in structure.targets[structure.target_start[here] : structure.target_start[here + 1]]
            here = after


def test_the_same_stream_gives_the_same_paths_however_much_room_there_is(monkeypatch) -> None:
    chain = make_chain(random_process(2))
    one = simulate_paths(chain, 100, TIME, stream(1, "room"))
    two = simulate_paths(chain, 100, TIME, stream(1, "room"))
    np.testing.assert_array_equal(one.times, two.times)
    monkeypatch.setattr(module, "FIRINGS", 400)
    assert len(simulate_paths(chain, 100, TIME, stream(1, "room"))) == 100


def test_a_process_that_stops_stops() -> None:
    paths = simulate_paths(make_chain(process([[(0, 5.0, [(1.0, 1)])], []])), 50, 100.0, stream(0, "stop"))
    assert (np.diff(paths.start) == 1).all()
    assert (paths.at(100.0) == 1).all()


def test_bad_questions_are_refused() -> None:
    chain = make_chain(random_process(0))
    with pytest.raises(QueryError, match="at least 1"):
        simulate_paths(chain, 0, 1.0, stream(0, "x"))
    with pytest.raises(QueryError, match="Times"):
        simulate_paths(chain, 1, np.nan, stream(0, "x"))
