"""The same process in Storm: probabilities by a deadline, long-run shares, expected times and rewards.

Needs the optional library stormpy (a model checker for Markov processes); skipped where it is not installed.
"""

import numpy as np
import pytest

from bystander.process.chain import make_chain
from bystander.process.export import drn
from bystander.process.passage import before, expected_time_from_everywhere, long_run
from reference.processes import accumulated_from_everywhere, random_process, reach_from_everywhere

stormpy = pytest.importorskip("stormpy", reason="stormpy, the peer to agree with, is not installed")

CLOSE = 1e-6


@pytest.fixture(scope="module", params=[0, 1, 2])
def pair(request, tmp_path_factory):
    """A process of 400 situations here, and as Storm reads it from its own format."""
    rng = np.random.default_rng(request.param)
    chain = make_chain(random_process(request.param, size=400, moves=6, spread=1.0))
    labels = {"target": rng.random(400) < 0.03, "other": rng.random(400) < 0.05}
    rewards = {"deaths": rng.random(400) * (rng.random(400) < 0.4)}
    path = tmp_path_factory.mktemp("storm") / "process.drn"
    path.write_text("".join(drn(chain, labels, rewards)))
    return chain, labels, rewards, stormpy.build_model_from_drn(str(path))


def ask(model, formula: str) -> np.ndarray:
    environment = stormpy.environments.sound()
    environment.solver().native().precision = stormpy.Rational("1/10000000000")
    result = stormpy.model_checking(model, stormpy.parse_properties(formula)[0], environment=environment)
    return np.array(result.get_value_vector())


def test_sizes(pair) -> None:
    chain, _, _, model = pair
    assert model.nr_states == chain.size
    assert model.nr_transitions >= len(chain.rates)


@pytest.mark.parametrize("time", [0.5, 4.0])
def test_reaching_by_a_deadline(pair, time: float) -> None:
    chain, labels, _, model = pair
    ours = reach_from_everywhere(chain, labels["target"], time)
    assert np.abs(ours.value - ask(model, f'P=? [ F<={time} "target" ]')).max() < CLOSE
    avoiding = reach_from_everywhere(chain, labels["target"], time, avoid=labels["other"])
    theirs = ask(model, f'P=? [ !"other" U<={time} "target" ]')
    overlap = labels["other"] & ~labels["target"]
    assert np.abs(avoiding.value - theirs)[~overlap].max() < CLOSE


def test_long_run_shares(pair) -> None:
    chain, labels, _, model = pair
    theirs = ask(model, 'LRA=? [ "target" ]')
    for s in (0, 17, 200):
        share = long_run(chain, start=np.eye(chain.size)[s]).share
        assert abs(share.value[labels["target"]].sum() - theirs[s]) < CLOSE


def test_expected_rewards_by_a_deadline(pair) -> None:
    chain, _, rewards, model = pair
    ours = accumulated_from_everywhere(chain, rewards["deaths"], 3.0)
    assert np.abs(ours.value - ask(model, 'R{"deaths"}=? [ C<=3.0 ]')).max() < CLOSE


def test_expected_times(pair) -> None:
    chain, labels, _, model = pair
    ours = expected_time_from_everywhere(chain, labels["target"]).value
    theirs = ask(model, 'T=? [ F "target" ]')
    np.testing.assert_array_equal(np.isinf(ours), np.isinf(theirs))
    finite = np.isfinite(ours)
    assert np.abs(ours - theirs)[finite].max() < CLOSE


def test_who_comes_first(pair) -> None:
    chain, labels, _, model = pair
    theirs = ask(model, 'P=? [ !"other" U "target" ]')
    for s in np.flatnonzero(~labels["other"])[[0, 5, 99]]:
        start = np.eye(chain.size)[s]
        ours = before(chain, labels["target"], labels["other"], start=start)
        assert abs(ours.value - theirs[s]) < CLOSE
