"""Where searches for equilibria start.

Starts take turns among

* values of *pure behaviour*: every action and vote is always or never chosen, drawn at random, beginning with
  nobody ever acting and everybody always acting. V solves the linear equations of that behaviour, up to
  `ROUNDS` passes over the situations: a start needs no more;
* values that are sums of random parts, one for each level of each variable;
* values drawn for each situation on its own,

the last two uniform between what an actor can lose and gain at all:

    max_s (u_i + sum_o rate_o max(J_i(o), 0) + lambda_i log(1 + n_i) / beta_i) / rho_i,    likewise below,

with rates at their largest and n_i own options; the last term, the worth of private shocks, only above.

Cost of a start: `ROUNDS` passes over the options, without exponentials, or one.

*Confirmed shares.* Where several actors would each rather another acted, there is an equilibrium for many a
set S of owners: its members act now and then, so that each is indifferent, and nobody else acts. A start near
it solves, for shares x of opportunities, one for each member,

    logit p_i(V(x)) = logit x_i        for every i in S,

with V(x) the values of acting at shares x and p_i(V) what i would choose, by Newton's method with differences
(`CONFIRMED`, `NEWTON_STEPS`); a share moves by at most a factor of `FARTHEST` at a step, from `FIRST_SHARES`.
Sets go from two members to all, `MOST_SETS` at most. Owners of several moves use one share for all of them:
it is a start, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bystander.equilibrium.iteration import Iteration
from bystander.equilibrium.kernels import packed_behaviour
from bystander.equilibrium.packed import Layout, lay_out, pack
from bystander.game.arrays import Float, Game, MoveType
from bystander.numerics.jit import kernel

ROUNDS = 20
ALL_SETS = 5
MOST_SETS = 255
CONFIRMED = 1e-3
NEWTON_STEPS, FARTHEST = 12, 5.0
FIRST_SHARES = (0.05, 0.005)
SMALL = 1e-6
SHARES = (1.0, 0.1, 0.03)
DECIDED, CHOSEN = int(MoveType.DECISION), int(MoveType.ACTION)


def draw_start(game: Game, random: Generator, number: int) -> Float:
    """Draw the values ``(N, A)`` of start ``number``; 0 is of nobody ever acting, 3 of everybody always."""
    kind, turn = number % 3, number // 3
    if kind == 0:
        chosen = np.full(len(game.moves), turn == 1) if turn < 2 else random.random(len(game.moves)) < 0.5
        return pure_values(game, chosen)
    low, high = bounds(game)
    if kind == 2:
        return low + (high - low) * random.random((game.size, len(game.actors)))
    shares = np.zeros((game.size, len(game.actors)))
    for f, names in enumerate(game.situations.level_names):
        shares += random.random((len(names), len(game.actors)))[game.situations.levels[:, f]]
    return low + (high - low) * shares / len(game.situations.level_names)


def lone_starts(game: Game) -> list[Float]:
    """Values of some owners of moves always acting and the others never, then of their acting now and then.

    Of each owner alone and of all but each; of every set of owners up to `ALL_SETS` of them. Who acts now and
    then is near where waiting for others and acting are as good as each other.
    """
    owners = sorted({m.owner for m in game.moves if m.type != MoveType.HAZARD})
    owned = [np.array([m.owner == owner for m in game.moves]) for owner in owners]
    if len(owners) > ALL_SETS:
        sets = [chosen for own in owned for chosen in (own, ~own)]
    else:
        picks = (pick for count in range(1, len(owners) + 1) for pick in combinations(owned, count))
        sets = [np.any(pick, axis=0) for pick in picks]
    return [pure_values(game, share * chosen) for share in SHARES for chosen in sets]


def confirmed_starts(game: Game, replies: int) -> Iterator[Float]:
    """Values ``(N, A)`` of members of a set acting at shares that their replies confirm; see the module.

    Parameters
    ----------
    replies
        Most replies to compute. Each costs `ROUNDS` passes over the options.
    """
    owners = sorted({m.owner for m in game.moves if m.type != MoveType.HAZARD})
    picks = (pick for count in range(2, len(owners) + 1) for pick in combinations(owners, count))
    for pick in islice(picks, MOST_SETS):
        reply = Reply(game, pick)
        for first in FIRST_SHARES:
            values, made = _confirmed(reply, np.full(len(pick), first))
            replies -= made
            if replies < 0:
                return
            if values is not None:
                yield values
                break


class Reply:
    """What members of a set would do where each acts at a share of opportunities, and others never."""

    def __init__(self, game: Game, members: Sequence[str]) -> None:
        self.game = game
        self.owned = np.array([[m.owner == member for m in game.moves] for member in members])
        kind = lay_out(game).option_kind
        moves = game.structure.kind_move[kind]
        self.options = [np.flatnonzero(own[moves]) for own in self.owned]
        self.iteration = Iteration(pack(game), np.zeros((game.size, len(game.actors))))

    def __call__(self, shares: Float) -> tuple[Float, Float]:
        """Return values ``(N, A)``, and how far the log-odds of replies lie above those of the shares."""
        values = pure_values(self.game, shares @ self.owned)
        self.iteration.place(values)
        choice, _ = packed_behaviour(self.iteration.game, self.iteration.point, 1.0)
        replies = np.array([choice[options].mean() for options in self.options])
        return values, _log_odds(replies) - _log_odds(shares)


def _log_odds(shares: Float) -> Float:
    inside = np.clip(shares, 1e-300, 1.0 - 1e-15)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _confirmed(reply: Reply, shares: Float) -> tuple[Float | None, int]:
    """Look for shares that replies confirm; return their values, if there are any, and the replies made."""
    made = 0
    for _ in range(NEWTON_STEPS):
        values, gap = reply(shares)
        made += 1 + len(shares)
        if np.abs(gap).max() < CONFIRMED:
            return values, made
        slopes = np.empty((len(shares), len(shares)))
        for k, share in enumerate(shares):
            moved = shares.copy()
            moved[k] += SMALL * share
            slopes[:, k] = (reply(moved)[1] - gap) / (SMALL * share)
        try:
            step = np.linalg.solve(slopes, -gap)
        except np.linalg.LinAlgError:
            break
        most = np.minimum(shares * FARTHEST, 1.0 - (1.0 - shares) / FARTHEST)
        shares = np.clip(shares + step, shares / FARTHEST, most)
    return None, made


def pure_values(game: Game, chosen: NDArray[Any]) -> Float:
    """Values of everyone choosing each move at a share of opportunities, ``chosen`` ``(M,)``: 1 is always.

    An actor that chooses several actions picks one of them evenly.
    """
    shares = np.ascontiguousarray(chosen[game.structure.kind_move], dtype=float)
    return np.asarray(_pure_values(lay_out(game), shares))


def bounds(game: Game) -> tuple[Float, Float]:
    """Least and greatest value that any behaviour can give each actor, ``(A,)`` each."""
    rationality = game.numbers.rationality
    shocks = np.zeros(len(rationality))
    if game.shocks == "private":
        shocks[rationality > 0.0] = 1.0 / rationality[rationality > 0.0]
    low, high = _extremes(lay_out(game), shocks)
    return low / game.numbers.discount, high / game.numbers.discount


@kernel(fuse=True)
def _pure_values(game: Layout, share: Float) -> Float:
    n, actors = len(game.option_start) - 1, len(game.discount)
    values = np.zeros((n, actors))
    income = np.zeros((n, actors))
    leaving = np.zeros(n)
    rate = np.zeros(len(game.option_kind))
    count = np.zeros(actors)
    for s in range(n):
        count[:] = 0.0
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if game.kind_type[k] == CHOSEN and share[k] > 0.0:
                count[game.kind_owner[k]] += 1.0
        for f in range(len(game.flow_actor)):
            income[s, game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            if game.kind_type[k] == CHOSEN:
                j = game.kind_owner[k]
                rate[o] = share[k] * game.pace[game.pace_context[s], j] / count[j] if count[j] > 0.0 else 0.0
            elif game.kind_type[k] == DECIDED:
                rate[o] = share[k] * game.rate[k]
            else:
                rate[o] = game.rate[k]
            leaving[s] += rate[o]
            for i in range(actors):
                income[s, i] += rate[o] * game.impact[k, i]
    total = np.empty(actors)
    for _ in range(ROUNDS):
        for s in range(n):
            total[:] = income[s]
            branch = game.target_start[s]
            for o in range(game.option_start[s], game.option_start[s + 1]):
                k = game.option_kind[o]
                for b in range(game.kind_branches[k]):
                    weight = rate[o] * game.chance[k, b]
                    if weight > 0.0:
                        target = game.targets[branch + b]
                        for i in range(actors):
                            total[i] += weight * values[target, i]
                branch += game.kind_branches[k]
            for i in range(actors):
                values[s, i] = total[i] / (game.discount[i] + leaving[s])
    return values


@kernel
def _extremes(game: Layout, shocks: Float) -> tuple[Float, Float]:
    """Least and greatest flow of worth that each actor can have anywhere, ``(A,)`` each, per day."""
    n, actors = len(game.option_start) - 1, len(game.discount)
    low, high = np.full(actors, np.inf), np.full(actors, -np.inf)
    least, most, count = np.empty(actors), np.empty(actors), np.empty(actors)
    for s in range(n):
        least[:] = 0.0
        count[:] = 0.0
        for f in range(len(game.flow_actor)):
            least[game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        most[:] = least
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            rate = game.rate[k]
            if game.kind_type[k] == CHOSEN:
                rate = game.pace[game.pace_context[s], game.kind_owner[k]]
                count[game.kind_owner[k]] += 1.0
            for i in range(actors):
                least[i] += rate * min(game.impact[k, i], 0.0)
                most[i] += rate * max(game.impact[k, i], 0.0)
        for i in range(actors):
            most[i] += game.pace[game.pace_context[s], i] * np.log1p(count[i]) * shocks[i]
            low[i] = min(low[i], least[i])
            high[i] = max(high[i], most[i])
    return low, high
