r"""What stands in the way of an institution's decision, and whose vote failed it.

Where a decision cannot come up, the reason is ``no mandate`` if its ``when`` fails and ``no request`` if
only its ``request`` does; it is ``an answer that stands`` if its ``when`` would hold with other levels of
the variables that decisions of the same body change, whoever changed them, all others being as they are,
and ``done already`` if what stands is always what the decision itself would bring. Where only the decision's
own wait keeps it shut (``takes``), it is ``under way``; where only its own ``once`` does, ``done already``.
Which answer stands is told by the level of the one variable that alone would have to be otherwise.
Where it can, it fails with probability 1 - A(s), which is divided among the voters by the Shapley value of
the game in which those who said no are persuaded in random order: a voter's share is the chance that
persuading it is what makes the proposal pass. By Owen's (1972) multilinear extension that is, for
independent votes,

    share_m = (1 - y_m) int_0^1 pivot_m(1 - t (1 - y)) dt,       sum_m share_m = 1 - A,

a polynomial integral, done exactly by Gauss-Legendre nodes. It favours no order of the members, gives nothing
to a voter whose vote could not matter, and equal shares to equals.

References: Shapley (1953); Owen (1972), Management Science 18(5), P64-P79.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.packed import Layout
from bystander.equilibrium.reasons import (
    ANSWERED,
    DONE,
    NO_MANDATE,
    NO_REQUEST,
    NO_VOTERS,
    UNDER_WAY,
    VOTE,
    Reason,
)
from bystander.equilibrium.response import Response, respond, respond_at
from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import Game, MoveType
from bystander.game.questions import mask, mask_otherwise, move_index, normalised, options_of
from bystander.numerics.generators import inner
from bystander.numerics.jit import kernel
from bystander.numerics.votes import tally
from bystander.scenario.expressions import Expr
from bystander.scenario.schema import Decision, Institution
from bystander.scenario.shorthands import done_name, under_way_name

Array = NDArray[Any]
Shares = tuple[tuple[str, float], ...]


def blocked_each(
    equilibrium: Equilibrium,
    decisions: Sequence[str],
    weights: Array,
    given: str = "",
    days: Sequence[tuple[float, Array]] = (),
) -> list[Reason]:
    """Say what stands in the way of institutions' decisions, with the probability of each reason.

    Parameters
    ----------
    weights
        ``(N,)`` time spent in each situation under the condition, in any scale.
    days
        Where known dates lie ahead, ``weights`` by the day; the first day alone if not given.

    Raises
    ------
    QueryError
        If a decision is unknown or the weights are all zero.
    """
    if not decisions:
        return []
    announced = equilibrium.announced
    asked = [(day, each) for day, each in days or ((0.0, weights),) if each.any()]
    if announced is None or not asked:
        response = respond(equilibrium if announced is None else announced.after, pull=False)
        return [_blocked(response, decision, weights, given) for decision in decisions]
    by_day = []
    for day, each in asked:
        response = respond_at(announced.game, announced.values_at(day), pull=False)
        by_day.append([_blocked(response, decision, each, given) for decision in decisions])
    spent = np.array([float(each.sum()) for _, each in asked])
    spent /= spent.sum()
    return [_averaged(spent, found) for found in zip(*by_day, strict=True)]


def _averaged(spent: Array, found: Sequence[Reason]) -> Reason:
    """Return one reason for all days, by the share of time spent on each."""
    parts = spent.tolist()
    passes = float(spent @ [reason.probability for reason in found])
    possible = float(spent @ [reason.possible for reason in found])
    return replace(
        found[0],
        probability=passes,
        log_odds=_log_odds(passes / possible if possible > 0.0 else 0.0),
        blocked=_together(parts, [reason.blocked for reason in found]),
        possible=possible,
        standing=_together(parts, [reason.standing for reason in found]),
    )


def _together(parts: Sequence[float], told: Sequence[Shares]) -> Shares:
    """Add up shares by name, each list weighed by its part, greatest first."""
    shares: dict[str, float] = {}
    for part, each in zip(parts, told, strict=True):
        for name, x in each:
            shares[name] = shares.get(name, 0.0) + part * x
    return tuple(sorted(shares.items(), key=lambda pair: -pair[1]))


def _blocked(response: Response, decision: str, weights: Array, given: str) -> Reason:
    game = response.game
    m = move_index(game, decision)
    move = game.moves[m]
    if move.type is not MoveType.DECISION:
        raise QueryError(f"'{decision}' is not a decision of an institution, so no vote can block it.")
    w = normalised(weights, game.size, given)
    options, places = options_of(game, m)
    here = w[places]
    possible = float(here.sum())
    choice = response.choice[options]
    shares = _failed_votes(response, options, here)
    closed, standing = _closed(game, decision, w, places)
    reasons = [*closed]
    reasons += [(f"{VOTE}{game.actors[i]}", float(x)) for i, x in enumerate(shares) if x > 0.0]
    failed = inner(here, 1.0 - choice)
    unexplained = failed - float(shares.sum())
    if unexplained > 1e-12:
        reasons.append((NO_VOTERS, unexplained))
    passes = inner(here, choice)
    reasons.sort(key=lambda pair: -pair[1])
    adopted = passes / possible if possible > 0.0 else 0.0
    return Reason(
        owner=move.owner,
        move=move.name.partition(".")[2],
        about=move.about,
        given=given,
        probability=passes,
        log_odds=_log_odds(adopted),
        bars=(),
        blocked=tuple(reasons),
        possible=possible,
        standing=standing,
    )


def _closed(game: Game, decision: str, w: Array, places: Array) -> tuple[Shares, Shares]:
    """Shares of the time in which the decision cannot come up, by reason and by the answer that stands."""
    open_ = np.zeros(game.size, bool)
    open_[places] = True
    shut = float(w[~open_].sum())
    if not shut > 0.0:
        return (), ()
    owner, _, name = decision.partition(".")
    body = game.scenario.institutions[owner] if game.scenario is not None else None
    if body is None:
        return ((NO_MANDATE, shut),), ()
    written = body.decisions[name]
    holds = np.ones(game.size, bool)
    answered, done, under_way = (np.zeros(game.size, bool) for _ in range(3))
    standing: Shares = ()
    if written.when is not None:
        own = _changed_by(body)
        holds = mask(game, written.when)
        shut_by_level = ~open_ & ~holds
        under_way, done = (
            shut_by_level & mask_otherwise(game, written.when, {variable})
            for variable in (under_way_name(owner, name), done_name(owner, name))
        )
        answered = shut_by_level & ~under_way & ~done & mask_otherwise(game, written.when, own)
        if not w[answered & ~_brought(game, written)].any():
            done, answered = done | answered, np.zeros(game.size, bool)
        standing = _standing(game, written.when, np.where(answered, w, 0.0), own)
    unasked = ~open_ & holds & (written.request is not None)
    shares = {
        ANSWERED: float(w[answered].sum()),
        UNDER_WAY: float(w[under_way].sum()),
        DONE: float(w[done].sum()),
        NO_MANDATE: float(w[~open_ & ~unasked & ~answered & ~under_way & ~done].sum()),
        NO_REQUEST: float(w[unasked].sum()),
    }
    return tuple((reason, share) for reason, share in shares.items() if share > 1e-15), standing


def _standing(game: Game, when: Expr, answered: Array, own: frozenset[str]) -> Shares:
    """Divide the time in which an answer stands by the level that alone would have to be otherwise."""
    found: list[tuple[str, float]] = []
    variables = game.scenario.variables if game.scenario is not None else {}
    for f, name in enumerate(game.situations.names):
        if name not in own or name not in variables or not answered.any():
            continue
        alone = np.where(mask_otherwise(game, when, {name}), answered, 0.0)
        answered = answered - alone
        levels = variables[name].levels
        spent = np.bincount(game.situations.levels[:, f], alone, len(levels)).tolist()
        told = zip(levels.items(), spent, strict=True)
        found += [(about or level, x) for (level, about), x in told if x > 1e-15]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _brought(game: Game, decision: Decision) -> Array:
    """Return where all that a decision would bring is so, ``(N,)``."""
    so, names = np.ones(game.size, bool), list(game.situations.names)
    variables = game.scenario.variables if game.scenario is not None else {}
    for branch in decision.then:
        if branch.computed:
            return np.zeros(game.size, bool)
        for name, level in branch.changes.items():
            so &= game.situations.levels[:, names.index(name)] == list(variables[name].levels).index(level)
    return so


def _changed_by(body: Institution) -> frozenset[str]:
    """Return the variables that decisions of a body change."""
    branches = [branch for decision in body.decisions.values() for branch in decision.then]
    return frozenset(name for branch in branches for name in (*branch.changes, *branch.computed))


def _failed_votes(response: Response, options: Array, here: Array) -> Array:
    """Return the share of each voter in the failures of a decision, ``(A,)``."""
    nodes, steps = np.polynomial.legendre.leggauss(len(response.game.actors) // 2 + 1)
    return _share_failures(
        response.layout,
        options,
        here,
        response.yes,
        response.ballot,
        0.5 * (nodes + 1.0),
        0.5 * steps,
    )


def _log_odds(p: float) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log(p) - np.log1p(-p)) if p < 1.0 else float("inf")


@kernel
def _share_failures(
    game: Layout, options: Array, here: Array, yes: Array, ballot: Array, nodes: Array, steps: Array
) -> Array:
    """Average Shapley share of each voter in a failed vote; see the module."""
    actors = yes.shape[1]
    shares = np.zeros(actors)
    before = np.empty((actors + 1, game.sizes[1] + 1))
    after = np.empty((actors + 1, game.sizes[1] + 1))
    pivot, without, y = np.empty(actors), np.empty(actors), np.empty(actors)
    member, weight = np.empty(actors, np.int64), np.empty(actors, np.int32)
    for x in range(len(options)):
        if here[x] == 0.0:
            continue
        k = game.option_kind[options[x]]
        d = ballot[options[x]]
        n = 0
        for i in range(actors):
            if game.vote_weight[k, i] > 0:
                member[n] = i
                weight[n] = game.vote_weight[k, i]
                n += 1
        if n == 0:
            continue
        for g in range(len(nodes)):
            for v in range(n):
                y[v] = 1.0 - nodes[g] * (1.0 - yes[d, member[v]])
            tally(y[:n], weight[:n], game.vote_quota[k], before, after, pivot, without)
            for v in range(n):
                shares[member[v]] += here[x] * steps[g] * (1.0 - yes[d, member[v]]) * pivot[v]
    return shares
