"""On every small scenario of the library: reasons add up, and derivatives agree with solving again."""

from functools import cache

import numpy as np
import pytest

from bystander.derivatives.outcomes import gradients
from bystander.equilibrium.blocking import blocked_each
from bystander.equilibrium.explain import WhyQuestion, explain_all
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.arrays import MoveType
from bystander.game.compile import compile_game, with_parameters
from bystander.game.questions import mask
from bystander.library import entries
from bystander.process.outcomes import Request, answer_all, make_clocks
from bystander.scenario import read_scenario, read_text
from reference.decomposition import decompose

LARGEST = 1e8  # an expected time of 1e13 days has too few digits left to be differenced
NAMES = [e.path for e in entries() if e.path.startswith(("toys/", "papers/"))]
NAMES += ["crises/kazakhstan-2022", "crises/kyrgyz-uzbek-delimitation"]


@cache
def solved(name):
    found = solve(compile_game(read_scenario(name)), tolerance=1e-11, limit=200_000)
    return found.require_converged()


@pytest.mark.parametrize("name", NAMES)
def test_values_are_the_sum_of_their_terms(name):
    equilibrium = solved(name)
    for actor in equilibrium.game.actors:
        found = decompose(equilibrium, actor)
        assert found.gap <= 1e-8


@pytest.mark.parametrize("name", NAMES)
def test_bars_add_up_and_reasons_for_standing_by_sum_to_one(name):
    equilibrium = solved(name)
    game = equilibrium.game
    weights = np.random.default_rng(0).uniform(0.5, 1.5, game.size)
    questions = []
    for m, move in enumerate(game.moves):
        if move.type is MoveType.ACTION:
            questions.append(WhyQuestion(move.name, weights))
        elif move.type is MoveType.DECISION:
            found = blocked_each(equilibrium, [move.name], weights)[0]
            assert sum(s for _, s in found.blocked) + found.probability == pytest.approx(1.0, abs=1e-10)
            kinds = game.structure.kind_move == m
            votes = (game.numbers.vote_weight[kinds] > 0).any(axis=0)
            questions += [
                WhyQuestion(move.name, weights, a) for a, v in zip(game.actors, votes, strict=True) if v
            ]
    for reason in explain_all(equilibrium, questions):
        assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-8)
        assert 0.0 <= reason.probability <= 1.0


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith(("toys/", "papers/blevins"))])
def test_derivatives_of_outcomes_agree_with_solving_again(name):
    equilibrium = solved(name)
    game = equilibrium.game
    requests = [Request(n, o) for n, o in game.scenario.outcomes.items()]
    found = gradients(equilibrium, requests)
    leverage = {p: max(abs(g[p] * v) for g in found) for p, v in game.parameters if v != 0.0}
    for parameter in sorted(leverage, key=lambda p: -leverage[p])[:6]:
        value = dict(game.parameters)[parameter]
        step = 1e-4 * abs(value)
        ends = []
        for sign in (1.0, -1.0):
            try:
                moved = with_parameters(game, {parameter: value + sign * step})
            except QueryError:
                break
            if moved.structure is not game.structure:
                break  # a guard changes its mind here
            again = solve(moved, warm=equilibrium, tolerance=1e-12, limit=200_000)
            ends.append(answer_all(make_clocks(again), requests))
        if len(ends) < 2:
            continue
        for gradient, up, down in zip(found, *ends, strict=True):
            high, low = up.estimate.value, down.estimate.value
            if not max(abs(high), abs(low)) < LARGEST:
                continue
            numeric = (high - low) / (2.0 * step)
            scale = max(abs(high), 1e-3) / abs(value)
            assert gradient[parameter] == pytest.approx(numeric, rel=1e-4, abs=1e-5 * scale), parameter


def test_what_stops_the_council_is_not_called_an_answer_once_it_has_adopted():
    equilibrium = solve(compile_game(read_scenario("toys/un-security-council")))
    weights = np.ones(equilibrium.game.size)
    (reason,) = blocked_each(equilibrium, ["un_security_council.adopt"], weights)
    blocked = dict(reason.blocked)
    assert blocked["done already"] == pytest.approx(0.5)
    assert "an answer that stands" not in blocked
    assert reason.standing == ()
    assert sum(blocked.values()) + reason.probability == pytest.approx(1.0, abs=1e-12)


KEPT_SHUT = """
bystander: 1
title: A council that takes its time
as_of: 2024-01-01
horizon: 1 year
variables: {front: {levels: [quiet, war], start: quiet}, post: {levels: [empty, sent], start: empty}}
hazards:
  breaks: {when: front == quiet, rate: 4 per year, then: {front: war}}
  ends: {when: front == war, rate: 4 per year, then: {front: quiet}}
  leaves: {when: post == sent, rate: 9 per year, then: {post: empty}}
actors: {a: {acts: never, discount: 50% per year}, b: {acts: never, discount: 50% per year}}
institutions:
  council:
    members: [a, b]
    decisions:
      send: {WHEN, proposed: every 2 weeks, rule: majority, then: {post: sent}, HOW}
outcomes: {war: {ever: front == war}}
"""


@pytest.mark.parametrize(
    ("when", "how", "told"),
    [
        ("when: front == war", "takes: 3 weeks in 2 stages", {"no mandate", "under way"}),
        ("when: front == war", "once: true", {"no mandate", "done already"}),
        ("when: front == war", "once: true, takes: 1 month", {"no mandate", "done already", "under way"}),
        ("when: post == empty", "takes: 1 month in 1 stage", {"under way", "no mandate"}),
        ("when: post == empty", "about: Sends", {"done already"}),
        ("about: Sends", "takes: 1 month", {"under way"}),
    ],
)
def test_a_wait_and_what_is_done_once_are_no_answers_that_stand(when, how, told):
    scenario = read_text(KEPT_SHUT.replace("WHEN", when).replace("HOW", how))
    game = compile_game(scenario)
    (reason,) = blocked_each(solve(game), ["council.send"], np.ones(game.size))
    blocked = dict(reason.blocked)
    assert {text for text in blocked if not text.startswith("vote: ")} == told
    assert reason.standing == ()
    assert sum(blocked.values()) + reason.probability == pytest.approx(1.0, abs=1e-12)
    if "under way" in told and "when: front" in when:
        at_work = game.situations.levels[:, game.situations.names.index("council_send_under_way")] > 0
        assert blocked["under way"] == pytest.approx(np.mean(at_work & mask(game, "front == war")))
