"""Answers known in closed form, through the public path: text, compile, solve, ask."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from bystander.cases.cases import solve_case
from bystander.equilibrium.solve import solve
from bystander.game.compile import compile_game
from bystander.game.questions import mask, read_question
from bystander.process.chain import make_chain
from bystander.scenario import read_scenario, read_text
from reference import oracle
from reference.processes import accumulated

HEAD = "bystander: 1\ntitle: Known\nas_of: 2022-10-15\nhorizon: {}\n"


def values(text: str) -> dict[str, float]:
    case = solve_case(read_text(text))
    return {name: result.estimate.value for name, result in case.outcomes.items()}


def test_two_situations() -> None:
    a, b, time = 3.0, 5.0, 0.4
    found = values(
        HEAD.format("146.1 days")
        + """\
variables: {front: {levels: [quiet, war], start: quiet}}
hazards:
  flare: {when: front == quiet, rate: 3 per year, then: {front: war}}
  peace: {when: front == war, rate: 5 per year, then: {front: quiet}}
outcomes:
  ever: {ever: front == war}
  at: {at: front == war}
  share: {share: front == war}
  fires: {fires: nature.peace}
  long: {long_run: front == war}
  flares: {counts: nature.flare}
  wait: {time_to: front == war}
"""
    )
    gone = math.exp(-(a + b) * time)
    share = a / (a + b) * (1 - (1 - gone) / ((a + b) * time))
    assert found["ever"] == pytest.approx(1 - math.exp(-a * time), rel=1e-10)
    assert found["at"] == pytest.approx(a / (a + b) * (1 - gone), rel=1e-10)
    assert found["share"] == pytest.approx(share, rel=1e-10)
    assert found["fires"] == pytest.approx(
        1 - (b * math.exp(-a * time) - a * math.exp(-b * time)) / (b - a), rel=1e-10
    )
    assert found["long"] == pytest.approx(a / (a + b), rel=1e-10)
    assert found["flares"] == pytest.approx(a * time * (1 - share), rel=1e-10)
    assert found["wait"] == pytest.approx(365.25 / a, rel=1e-10)


def test_what_a_bystander_expects_of_two_situations() -> None:
    """Discounting is an exponential clock: V = E of the flow until a time of rate rho."""
    text = (
        HEAD.format("1 year")
        + """\
variables: {front: {levels: [quiet, war], start: quiet}}
actors:
  bystander:
    patience: 50% per year
    interests: {pain: {when: front == war, worth: -4 per year}}
hazards:
  flare: {when: front == quiet, rate: 3 per year, then: {front: war}, impacts: {bystander: -0.7}}
  peace: {when: front == war, rate: 5 per year, then: {front: quiet}}
"""
    )
    a, b, rho = 3.0, 5.0, 0.5
    equilibrium = solve(compile_game(read_text(text)), tolerance=1e-12)
    quiet = (-4 * a - 0.7 * a * (rho + b)) / (rho * (rho + a + b))
    war = (-4 * (rho + a) - 0.7 * a * b) / (rho * (rho + a + b))
    np.testing.assert_allclose(equilibrium.values[:, 0], [quiet, war], rtol=1e-9)


@pytest.mark.parametrize(("arrivals", "services", "room"), [(2.0, 3.0, 6), (5.0, 2.0, 9), (1.0, 1.0, 4)])
def test_a_queue_with_room_for_k(arrivals: float, services: float, room: int) -> None:
    levels = list(range(room + 1))
    steps = "".join(
        f"  up{n}: {{when: crowd == {n}, rate: {arrivals} per day, then: {{crowd: {n + 1}}}}}\n"
        f"  down{n}: {{when: crowd == {n + 1}, rate: {services} per day, then: {{crowd: {n}}}}}\n"
        for n in levels[:-1]
    )
    asked = "".join(f"  long{n}: {{long_run: crowd == {n}}}\n" for n in levels)
    found = values(
        HEAD.format("1 year")
        + f"variables: {{crowd: {{levels: {levels}, ordered: true, start: 0}}}}\nhazards:\n{steps}"
        + f"outcomes:\n{asked}  full: {{time_to: crowd == {room}}}\n"
    )
    weights = np.array([(arrivals / services) ** n for n in levels])
    np.testing.assert_allclose([found[f"long{n}"] for n in levels], weights / weights.sum(), rtol=1e-9)
    climbs = [sum((services / arrivals) ** j for j in range(n + 1)) / arrivals for n in levels[:-1]]
    assert found["full"] == pytest.approx(sum(climbs), rel=1e-9)


def test_stages_make_an_erlang_waiting_time() -> None:
    count, rate, days = 12, 0.2, 50.0
    levels = [f"s{n}" for n in range(count + 1)]
    steps = "".join(
        f"  go{n}: {{when: stage == s{n}, rate: {rate} per day, then: {{stage: s{n + 1}}}}}\n"
        for n in range(count)
    )
    found = values(
        HEAD.format(f"{days} days")
        + f"variables: {{stage: {{levels: [{', '.join(levels)}], start: s0}}}}\nhazards:\n{steps}"
        + f"outcomes:\n  done: {{ever: stage == s{count}}}\n  wait: {{time_to: stage == s{count}}}\n"
    )
    x = rate * days
    tail = sum(x**k / math.factorial(k) for k in range(count))
    assert found["done"] == pytest.approx(1 - math.exp(-x) * tail, rel=1e-9)
    assert found["wait"] == pytest.approx(count / rate, rel=1e-12)


def test_the_reward_chain_at_other_times() -> None:
    """State rewards 2, 5, 11 and transition rewards 3, 7 of PRISM's chain: expected by any time t."""
    scenario = read_scenario("papers/prism-rewards")
    equilibrium = solve(compile_game(scenario))
    chain = make_chain(equilibrium)
    q = np.diag([5.0, 7.0, 11.0], 1) - np.diag([5.0, 7.0, 11.0, 0.0])
    reward = np.array([2 + 5 * 3, 5 + 7 * 7, 11.0, 0.0])
    body = scenario.outcomes["reward_by_ten"]
    question = read_question(equilibrium.game, body)
    for time in (0.01, 0.3, 3.0, 40.0):
        block = np.zeros((5, 5))
        block[:4, :4], block[:4, 4] = q * time, reward * time
        found = accumulated(chain, question.flow, question.per_firing, np.array([time])).value[0]
        assert found == pytest.approx(expm(block)[0, 4], rel=1e-9)


@pytest.mark.parametrize(("firms", "demand"), [(1, 4), (2, 3), (3, 2)])
def test_the_entry_game_of_other_sizes(firms: int, demand: int) -> None:
    text = entry_game(firms, demand)
    equilibrium = solve(compile_game(read_text(text)), tolerance=1e-11).require_converged()
    world = oracle.world_of(text)
    assert equilibrium.values.shape == (2**firms * demand, firms)
    np.testing.assert_allclose(equilibrium.values, oracle.solve(world).values, rtol=1e-9)


def test_the_entry_game_is_the_published_one() -> None:
    equilibrium = solve(compile_game(read_text(entry_game(2, 2))), tolerance=1e-10)
    assert equilibrium.values.sum() == pytest.approx(360.942094, abs=1e-6)
    assert equilibrium.values.min() == pytest.approx(22.433432, abs=1e-6)
    assert mask(equilibrium.game, "demand == 1").sum() == 4


def entry_game(firms: int, demand: int) -> str:
    """Blevins' entry game with any number of firms and levels of demand."""
    names = [f"firm{n}" for n in range(firms)]
    active = " + ".join(f"(1 if {name} == active else 0)" for name in names)
    lines = [HEAD.format("1 year") + "settings: {shocks: private}\nvariables:"]
    lines.append(f"  demand: {{levels: {list(range(demand))}, ordered: true, start: 0}}")
    lines += [f"  {name}: {{levels: [idle, active], start: idle}}" for name in names]
    lines.append("actors:")
    for name in names:
        lines.append(f"  {name}_owner: {{acts: 2 per year, patience: 5% per year,")
        lines.append(f"    interests: {{profit: {{when: {name} == active,")
        lines.append(f'      worth: "(0.2 * rank(demand) - 0.1 * ({active})) per year"}}}},')
        lines.append(
            f"    actions: {{enter: {{when: {name} == idle, then: {{{name}: active}}, worth: -0.5}},"
        )
        lines.append(f"      leave: {{when: {name} == active, then: {{{name}: idle}}}}}}}}")
    lines.append("hazards:")
    for n in range(demand - 1):
        lines.append(f"  up{n}: {{when: demand == {n}, rate: 1 per year, then: {{demand: {n + 1}}}}}")
        lines.append(f"  down{n}: {{when: demand == {n + 1}, rate: 1 per year, then: {{demand: {n}}}}}")
    return "\n".join(lines) + "\n"
