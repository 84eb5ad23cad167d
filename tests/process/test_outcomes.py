"""Every kind of outcome against the dense process, clocks and windows included."""

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from bystander.cases.cases import solve_case
from bystander.errors import BoundError
from bystander.game.questions import mask, option_mask
from bystander.numerics.bounds import Bounded
from bystander.process.chain import make_chain
from bystander.process.outcomes import (
    Request,
    answer_all,
    expectations,
    make_clocks,
    request_of,
    responses,
    trusted,
)
from bystander.report.words.sentences import is_impossible
from bystander.scenario import read_text
from bystander.scenario.expressions import Query, parse_expression, queries_of, resolve
from process.toy import solved
from reference.processes import absorbed, dense, options_in_order

YEAR = 365.25


@pytest.fixture(scope="module")
def toy():
    scenario, equilibrium = solved()
    clocks = make_clocks(equilibrium)
    requests = [Request(name, outcome) for name, outcome in scenario.outcomes.items()]
    found = {r.name: r for r in answer_all(clocks, requests)}
    return scenario, equilibrium, clocks, found


@pytest.fixture(scope="module")
def truth(toy):
    """Answers by matrix exponentials and linear solves."""
    _, equilibrium, clocks, _ = toy
    game = equilibrium.game
    q, start = dense(equilibrium), clocks.chain.start
    war, deployed = mask(game, "war"), mask(game, "alliance == deployed")
    entered = np.where(war, start @ expm(absorbed(q, war) * YEAR), 0.0)
    onset = entered / entered.sum()

    def total(begin, reward, time):
        return quad_vec(lambda u: begin @ expm(q * u) @ reward, 0, time, epsabs=1e-12)[0]

    def fired(name, begin, time):
        chosen = set(np.flatnonzero(option_mask(game, name)))
        return (np.append(begin, 0.0) @ expm(dense(equilibrium, kill=chosen) * time))[-1]

    per_move = {
        name: sum(
            np.eye(game.size)[s] * rate
            for s, o, _, rate, _ in options_in_order(equilibrium)
            if option_mask(game, name)[o]
        )
        for name in ("north.escalate", "nature.incident")
    }
    live = ~deployed
    days = np.linalg.solve(-q[np.ix_(live, live)], np.ones(live.sum()))
    answers = {
        "war_comes": entered.sum(),
        "alliance_acts": fired("alliance.deploy", start, YEAR),
        "deployed_once_at_war": (onset @ expm(absorbed(q, deployed) * 30.0))[deployed].sum(),
        "at_war": (start @ expm(q * YEAR))[war].sum(),
        "time_at_war": total(start, war * 1.0, YEAR) / YEAR,
        "dead": total(start, war * 10.0, YEAR),
        "dead_once_at_war": total(onset, war * 10.0 + 5 * per_move["north.escalate"], YEAR),
        "incidents_seen": total(start, per_move["nature.incident"], YEAR),
        "time_to_deployment": start[live] @ days,
        "war_first": 1.0,
        "war_in_the_long_run": (start @ expm(q * 1e6))[war].sum(),
    }
    return answers, fired, onset


def test_every_kind_of_outcome(toy, truth) -> None:
    _, _, _, found = toy
    answers, *_ = truth
    assert set(found) == set(answers)
    for name, true in answers.items():
        estimate = found[name].estimate
        assert estimate.value == pytest.approx(true, rel=1e-8, abs=1e-9), name
        assert 0.0 <= estimate.error < 1e-6 * max(1.0, abs(true)), name


def test_units_and_kinds(toy) -> None:
    _, _, _, found = toy
    assert (found["dead"].kind, found["dead"].estimate.unit) == ("amount", "people")
    assert (found["time_to_deployment"].kind, found["time_to_deployment"].estimate.unit) == ("time", "days")
    assert found["incidents_seen"].estimate.unit == "count"
    assert found["dead_once_at_war"].given == "war"


def test_curves_start_at_nothing_and_end_at_the_estimate(toy) -> None:
    _, _, _, found = toy
    for name in ("war_comes", "alliance_acts", "dead", "incidents_seen"):
        times, values = zip(*found[name].curve, strict=True)
        assert (times[0], values[0]) == (0.0, 0.0)
        assert times[-1] == pytest.approx(YEAR)
        assert values[-1] == found[name].estimate.value
        assert (np.diff(values) >= -1e-9).all()
    assert found["deployed_once_at_war"].curve[-1][0] == 30.0
    assert found["time_to_deployment"].curve == ()


def test_batches_and_single_questions_agree(toy) -> None:
    scenario, equilibrium, _, found = toy
    chain = make_chain(equilibrium)
    for name in ("war_comes", "dead_once_at_war", "at_war"):
        request = Request(name, scenario.outcomes[name])
        alone = answer_all(make_clocks(equilibrium, chain), [request])[0]
        assert alone.estimate.value == pytest.approx(found[name].estimate.value, abs=1e-9)


def test_queries_of_judgements_carry_their_own_clock_and_window(toy, truth) -> None:
    scenario, _, clocks, _ = toy
    text = "P(alliance_acts | war, within 30 days) < 50%"
    query = queries_of(resolve(parse_expression(text), scenario.scope(), asking=True))[0]
    assert isinstance(query, Query)
    _, fired, onset = truth
    found = answer_all(clocks, [request_of(clocks, query, scenario.outcomes)])[0].estimate
    assert found.value == pytest.approx(fired("alliance.deploy", onset, 30.0), abs=1e-9)


@pytest.mark.parametrize(
    ("horizon", "told"),
    [
        (3.0, [3.0]),
        (7.0, [7.0]),
        (7.5, [7.5]),
        (21.0, [7.0, 21.0]),
        (30.0, [7.0, 30.0]),
        (30.4375, [7.0, 30.4375]),
        (60.0, [7.0, 30.0, 60.0]),
    ],
)
def test_who_acts_is_told_no_farther_than_the_scenario_looks(toy, horizon, told) -> None:
    _, _, clocks, _ = toy
    for response in expectations(clocks, "war", horizon).responses:
        assert [days for days, _ in response.within] == told


def test_who_acts(toy, truth) -> None:
    _, _, clocks, _ = toy
    _, fired, onset = truth
    listed = responses(clocks, "war", (7.0, 30.0, YEAR), owners=True)
    names = {f"{r.owner}.{r.move}" for r in listed}
    assert names == {
        "alliance.deploy",
        "north.escalate",
        "north.calm",
        "south.stop",
        "alliance.any",
        "north.any",
        "south.any",
    }
    for response in listed:
        name = response.owner if response.move == "any" else f"{response.owner}.{response.move}"
        for days, chance in response.within:
            assert chance == pytest.approx(fired(name, onset, days), abs=1e-9)
        assert response.role == ("institution" if response.owner == "alliance" else "actor")


def test_a_bound_that_is_asked_for_and_not_met_is_an_error(toy) -> None:
    scenario, _, clocks, _ = toy
    request = Request("war_comes", scenario.outcomes["war_comes"])
    assert answer_all(clocks, [request], tolerance=1e-8)
    with pytest.raises(BoundError, match="war_comes"):
        answer_all(clocks, [request], tolerance=1e-20)


def test_a_condition_that_never_comes_leaves_one_answer_undefined_and_no_other(toy) -> None:
    scenario, _, clocks, _ = toy
    outcome = scenario.outcomes["war_comes"]
    never = Request("never", outcome, given="front == fighting and front == quiet")
    alone = answer_all(clocks, [Request("war_comes", outcome)])[0]
    undefined, other = answer_all(clocks, [never, Request("war_comes", outcome)])
    assert np.isnan(undefined.estimate.value)
    assert "never comes to hold" in undefined.estimate.withheld
    assert undefined.curve == ()
    assert other == alone


@pytest.mark.parametrize(
    ("kind", "value", "error", "said"),
    [
        ("probability", 0.3, 1e-9, True),
        ("share", 0.3, 3.0, False),
        ("time", 1e6, 1e4, False),
        ("time", 1e6, 10.0, True),
        ("time", np.inf, 0.0, True),
        ("count", 0.0, 1e-12, True),
        ("amount", np.nan, 0.0, False),
    ],
)
def test_answers_that_could_be_far_off_are_not_given(kind, value, error, said) -> None:
    assert trusted(Bounded(np.array([value]), error), kind) is said


WAYS = """bystander: 1
title: Ways
as_of: 2024-01-01
horizon: 1 year
variables:
  s: {levels: [a, b, c, d, e], start: a}
  flag: {levels: [down, up], start: down}
hazards:
  go: {when: s == a, rate: 1 per year, then: {s: b}}
  slow: {when: s == b, rate: 1 per 1e150 years, then: {s: d}}
  back: {when: s == e, rate: 1 per year, then: {s: a}}
  hoist: {when: s == e, rate: 1 per year, then: {flag: up}}
outcomes:
  OUTCOME
"""


@pytest.mark.parametrize("dated", ["", "calendar: {rain: {date: 2024-03-01, when: s == a, then: {s: b}}}\n"])
@pytest.mark.parametrize(
    ("outcome", "impossible"),
    [
        ("{ever: s == c}", True),
        ("{at: s == e}", True),
        ("{share: flag == up}", True),
        ("{fires: nature.back}", True),
        ("{ever: s == c or flag == up, given: s == b}", True),
        ("{ever: s == a, given: s == b}", True),
        ("{fires: nature.go, given: s == b}", True),
        ("{ever: s == b}", False),
        ("{ever: s == d}", False),
        ("{fires: nature.slow}", False),
    ],
)
def test_what_nothing_leads_to_is_known_without_error(outcome: str, impossible: bool, dated: str) -> None:
    """A chance is nought without error where no way leads there; one that is rounded to nought is not."""
    text = WAYS.replace("OUTCOME", f"asked: {outcome}") + dated
    (found,) = solve_case(read_text(text)).outcomes.values()
    assert found.estimate.value < 1e-100 or not impossible
    assert is_impossible(found) == impossible
