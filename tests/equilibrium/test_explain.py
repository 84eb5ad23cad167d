"""Bars add up to log-odds, and failed votes are shared out fairly."""

import itertools
import math

import numpy as np
import pytest

from bystander.equilibrium.blocking import blocked_each
from bystander.equilibrium.explain import WhyQuestion, explain_all
from bystander.equilibrium.response import respond
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.arrays import MoveType
from reference.decomposition import decompose
from reference.small_games import random_game, with_numbers


@pytest.fixture(scope="module", params=["control", "private", "noise"])
def solved(request):
    return solve(random_game(21, levels=(3, 2, 2), shocks=request.param)).require_converged()


def everywhere(game):
    return np.random.default_rng(3).uniform(size=game.size)


def options_of(game, name):
    m = [move.name for move in game.moves].index(name)
    options = np.flatnonzero(game.structure.kind_move[game.structure.option_kind] == m)
    return options, np.searchsorted(game.structure.option_start, options, side="right") - 1


def test_bars_of_every_action_add_up(solved):
    game, w = solved.game, everywhere(solved.game)
    names = [move.name for move in game.moves if move.type is MoveType.ACTION]
    for name, reason in zip(names, explain_all(solved, [WhyQuestion(n, w) for n in names]), strict=True):
        assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-8)
        options, places = options_of(game, name)
        i = game.actors.index(reason.owner)
        here = w[places] / w[places].sum()
        gain = respond(solved).gain[options, i]
        habit = sum(bar.log_odds for bar in reason.bars if bar.group == "habit")
        assert reason.log_odds - habit == pytest.approx(here @ gain * game.numbers.rationality[i], abs=1e-7)
        assert reason.probability == pytest.approx(here @ solved.choice[options], abs=1e-8)
        assert reason.possible == pytest.approx(w[places].sum() / w.sum())


def test_in_one_situation_log_odds_are_those_of_the_choice(solved):
    game = solved.game
    options, places = options_of(game, "actor1.action0")
    w = np.zeros(game.size)
    w[places[0]] = 1.0
    reason = explain_all(solved, [WhyQuestion("actor1.action0", w)])[0]
    s = places[0]
    menu = [
        o
        for o in range(game.structure.option_start[s], game.structure.option_start[s + 1])
        if game.moves[game.structure.kind_move[game.structure.option_kind[o]]].owner == "actor1"
    ]
    waiting = 1.0 - solved.choice[menu].sum()
    assert reason.log_odds == pytest.approx(math.log(solved.choice[options[0]] / waiting), abs=1e-6)


def test_votes_add_up_and_name_the_voter(solved):
    game, w = solved.game, everywhere(solved.game)
    for i, actor in enumerate(game.actors):
        options, places = options_of(game, "council.decision0")
        votes = game.numbers.vote_weight[game.structure.option_kind[options], i] > 0
        if not votes.any():
            continue
        reason = explain_all(solved, [WhyQuestion("council.decision0", w, actor)])[0]
        assert reason.voter == actor
        assert sum(bar.log_odds for bar in reason.bars) == pytest.approx(reason.log_odds, abs=1e-8)
        response = respond(solved)
        yes = response.yes[response.ballot[options[votes]], i]
        here = w[places[votes]] / w[places[votes]].sum()
        assert reason.probability == pytest.approx(here @ yes, abs=1e-7)


def test_bars_agree_with_the_full_decomposition():
    game = random_game(22)
    sharp = solve(game, tolerance=1e-12)
    w = everywhere(game)
    reason = explain_all(sharp, [WhyQuestion("actor0.action1", w)])[0]
    found = decompose(sharp, "actor0")
    options, places = options_of(game, "actor0.action1")
    here = w[places] / w[places].sum()
    beta = game.numbers.rationality[0]
    bars = {(bar.name, bar.group): bar.log_odds for bar in reason.bars if not bar.now}
    for n, term in enumerate(found.terms):
        expected = 0.0
        for o, s, x in zip(options, places, here, strict=True):
            k = game.structure.option_kind[o]
            before = range(game.structure.option_start[s], o)
            moves = game.structure.kind_move[game.structure.option_kind[list(before)]]
            at = game.structure.target_start[s] + game.structure.move_branches[moves].sum()
            count = game.structure.move_branches[game.structure.kind_move[k]]
            ahead = game.numbers.chance[k, :count] @ found.totals[game.structure.targets[at : at + count], n]
            expected += x * beta * (ahead - found.totals[s, n])
        assert bars.get((term.name, term.group), 0.0) == pytest.approx(expected, abs=1e-9)


def shapley_of_failures(yes, weights, quota):
    """Each voter's share, by listing every outcome of the vote and every order of persuasion."""
    n = len(yes)
    shares = np.zeros(n)
    for ballot in itertools.product((0, 1), repeat=n):
        chance = np.prod([y if b else 1 - y for y, b in zip(yes, ballot, strict=True)])
        have = sum(w for w, b in zip(weights, ballot, strict=True) if b)
        if have >= quota:
            continue
        against = [v for v in range(n) if not ballot[v]]
        orders = list(itertools.permutations(against))
        for order in orders:
            total = have
            for v in order:
                total += weights[v]
                if total >= quota:
                    shares[v] += chance / len(orders)
                    break
    return shares


def test_blocked_shares_are_shapley_values_and_sum_to_one():
    game = random_game(23, levels=(2, 2), actors=4)
    solved = solve(game)
    w = everywhere(game)
    reason = blocked_each(solved, ["council.decision1"], w)[0]
    shares = dict(reason.blocked)
    assert sum(shares.values()) + reason.probability == pytest.approx(1.0, abs=1e-12)
    response = respond(solved)
    options, places = options_of(game, "council.decision1")
    expected = np.zeros(4)
    for o, s in zip(options, places, strict=True):
        k = game.structure.option_kind[o]
        voters = np.flatnonzero(game.numbers.vote_weight[k])
        yes = response.yes[response.ballot[o], voters]
        part = shapley_of_failures(yes, game.numbers.vote_weight[k, voters], game.numbers.vote_quota[k])
        expected[voters] += w[s] / w.sum() * part
    for i, actor in enumerate(game.actors):
        assert shares.get(f"vote: {actor}", 0.0) == pytest.approx(expected[i], abs=1e-12)
    assert shares.get("no mandate", 0.0) == pytest.approx(1 - w[places].sum() / w.sum(), abs=1e-12)


def test_decisions_asked_about_together_are_told_as_alone():
    solved = solve(random_game(23, levels=(2, 2), actors=4))
    names, w = ["council.decision0", "council.decision1"], everywhere(solved.game)
    together = blocked_each(solved, names, w)
    assert [reason.move for reason in together] == ["decision0", "decision1"]
    assert together == [blocked_each(solved, [name], w)[0] for name in names]
    assert blocked_each(solved, [], w) == []


def test_a_vote_nobody_may_cast_is_said():
    game = random_game(24, levels=(2, 2))
    kinds = game.structure.kind_move == [m.name for m in game.moves].index("council.decision0")
    weight, quota = game.numbers.vote_weight.copy(), game.numbers.vote_quota.copy()
    weight[kinds], quota[kinds] = 0, 1
    game = with_numbers(game, vote_weight=weight, vote_quota=quota)
    reason = blocked_each(solve(game), ["council.decision0"], everywhere(game))[0]
    assert dict(reason.blocked).get("nobody may vote", 0.0) == pytest.approx(reason.possible)
    assert reason.probability == 0.0


def test_impossible_questions_are_refused(solved):
    w = everywhere(solved.game)
    with pytest.raises(QueryError, match=r"no move 'actor0\.fly'"):
        explain_all(solved, [WhyQuestion("actor0.fly", w)])[0]
    with pytest.raises(QueryError, match="chance, not choice"):
        explain_all(solved, [WhyQuestion("nature.hazard0", w)])[0]
    with pytest.raises(QueryError, match="decided by vote"):
        explain_all(solved, [WhyQuestion("council.decision0", w)])[0]
    with pytest.raises(QueryError, match="not a decision"):
        blocked_each(solved, ["actor0.action0"], w)[0]
    with pytest.raises(QueryError, match="No time is spent where it rains"):
        explain_all(solved, [WhyQuestion("actor0.action0", np.zeros(solved.game.size), given="it rains")])[0]
    _, places = options_of(solved.game, "actor0.action0")
    elsewhere = np.ones(solved.game.size)
    elsewhere[places] = 0.0
    if elsewhere.any():
        with pytest.raises(QueryError, match="never possible"):
            explain_all(solved, [WhyQuestion("actor0.action0", elsewhere)])[0]
