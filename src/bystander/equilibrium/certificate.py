r"""Evidence for a solution, recomputed from the game alone by code that no solver uses.

The value equations of docs/theory (game.md and votes.md), one situation after the other. For an option o and
an actor i let :math:`g_i(o) = J_i(o) + E[V_i(s'_o)] - V_i(s)`, J with the own worth of whoever acts or votes.
The *defect* of actor i in situation s is a worth per day,

    e_i(s) = u_i - rho_i V_i + sum_hazards q g_i + sum_{j != i} lambda_j sum_a P_j(a) g_i(a)
           + lambda_i M_i + sum_decisions lambda_d [piv_i G_i + without_i g_i]     (i votes on d)
                          + sum_decisions lambda_d A g_i                           (i does not)

    P_j(a) = h_a exp(beta_j g_j(a)) / sum_b h_b exp(beta_j g_j(b))      b over the options and waiting, g = 0
    M_i    = log(sum_b h_b exp(beta_i g_i(b))) / beta_i                 sum_a P_a g_a under shocks: noise
    G_i    = log(1 - h + h exp(beta_i g_i)) / beta_i                    y g under noise

Options without a stated habit share evenly with waiting what the stated ones leave. Without habit
(``private``) h is 1 for every option, for waiting and for either vote. An actor of rationality 0 does what
habit says and its shocks are worth nothing.

*Votes* are counted backwards, by what is still needed: with the members after m still to vote, the chance
that a yes weight of r or more comes together is :math:`f_m(r) = y_m f_{m+1}(r - w_m) + (1 - y_m) f_{m+1}(r)`,
1 for r <= 0 and 0 where nobody is left. Leaving m out, :math:`without_m = f(q)` and :math:`piv_m = f(q - w_m)
- f(q)`. (Solvers count forwards, by the yes weight that has come together.)

*Residual*: max |e_i(s)| / (rho_i + total rate of leaving s), the change one application of the contraction
makes, in worth; times the actor's rationality it is a change in *log-odds* of choices.

*Regret*: with the others' behaviour held, i faces a decision problem whose best value W_i obeys the same
equation with the best of i's choices, a contraction with modulus below 1 in continuous time at rate rho_i.
Hence W_i - V_i <= max e+ / rho_i for the defect e of that best-choice equation at V_i, and the worth U_i of
i's actual behaviour obeys V_i - U_i <= max e- / rho_i for the defect at actual behaviour. Where shocks or
control costs are part of the payoff the two equations are the same one, M being the best there is: regret_i
<= (max e+ + max e-) / rho_i. Under noise a player who ignored its shocks would gain: the caller hands in
guesses W at the best values, from wherever, and W_i + max e+ / rho_i, with e the defect of the best-choice
equation recomputed here at the guess, bounds what any behaviour can be worth.

Bounds hold in exact arithmetic; rounding adds about 1e-15 times the largest value over rho.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.result import Certificate
from bystander.game.arrays import Float, Game, MoveType
from bystander.numerics.jit import kernel, read_only
from bystander.numerics.workers import ranges, run_ranges

Array = NDArray[Any]

ROWS_AT_ONCE = 2048
IS_HAZARD, IS_DECISION = int(MoveType.HAZARD), int(MoveType.DECISION)
FREE, PAID, BEST = 0, 1, 2
"""What own choices are worth: shocks nothing; shocks or control costs counted; the best option, always."""


class GameStatement(NamedTuple):
    """The game as the value equations name it; shapes as in `bystander.game.arrays`.

    Attributes
    ----------
    sort, owner, branches
        ``(K,)`` of each kind's move.
    flow
        ``(N, A)`` worth per day.
    most
        ``(4,)`` most options in a situation, largest quota, how options pay (see `BEST`), and whether habits
        count.
    """

    option_start: Array
    option_kind: Array
    target_start: Array
    targets: Array
    sort: Array
    owner: Array
    branches: Array
    rate: Array
    chance: Array
    impact: Array
    weight: Array
    quota: Array
    pace_context: Array
    pace: Array
    flow_context: Array
    flow_worth: Array
    flow_actor: Array
    discount: Array
    precision: Array
    habit: Array
    stated: Array
    vote_habit: Array
    most: Array


def certify(game: Game, values: Float, best: Float | None = None) -> Certificate:
    """Recompute residual and regret of values.

    Parameters
    ----------
    values
        ``(N, A)`` worth.
    best
        ``(N, A)`` guesses at what the best behaviour of each actor against the others is worth: for the
        regret under noise, which is infinite without them.

    Returns
    -------
    Certificate
        Infinite entries where a value is not finite. Cost: about one sweep.
    """
    if not np.isfinite(values).all():
        return Certificate(np.inf, (np.inf,) * len(game.actors), np.inf)
    discount, paid = game.numbers.discount, game.shocks != "noise"
    residual, high, low = _extremes(game, values, values, PAID if paid else FREE)
    gain = np.maximum(high, 0.0) / discount
    if not paid:
        gain = np.full(len(discount), np.inf) if best is None else _gain_of_best(game, values, best)
    below = np.maximum(-low, 0.0) / discount
    steep = float((residual * game.numbers.rationality).max(initial=0.0))
    return Certificate(float(residual.max(initial=0.0)), tuple((gain + below).tolist()), steep)


def _gain_of_best(game: Game, values: Float, best: Float) -> Float:
    """Return ``(A,)`` a bound on what each actor gains over its values by any behaviour."""
    if not np.isfinite(best).all():
        return np.full(len(game.actors), np.inf)
    _, high, _ = _extremes(game, values, best, BEST)
    above = np.maximum((best - values).max(axis=0, initial=0.0), 0.0)
    return np.asarray(above + np.maximum(high, 0.0) / game.numbers.discount)


def _extremes(game: Game, values: Float, worths: Float, pay: int) -> tuple[Float, Float, Float]:
    """Return ``(A,)`` the largest change, and the highest and lowest defect, over all situations."""
    statement = _write_down(game, pay)
    held, paid_out = read_only(values, np.float64), read_only(worths, np.float64)

    def part(low: int, high: int) -> tuple[Float, Float, Float]:
        defect, leaving = np.empty((high - low, len(game.actors))), np.empty(high - low)
        _balance(statement, held, paid_out, low, defect, leaving)
        change = np.abs(defect) / (game.numbers.discount + leaving[:, None])
        return change.max(axis=0), defect.max(axis=0), defect.min(axis=0)

    found = run_ranges(part, ranges(game.size, -(-game.size // ROWS_AT_ONCE)))
    changes, highs, lows = zip(*found, strict=True)
    return np.max(changes, axis=0), np.max(highs, axis=0), np.min(lows, axis=0)


def _write_down(game: Game, pay: int) -> GameStatement:
    """Write the game down; nothing is copied but small tables."""
    shape, numbers, kind = game.structure, game.numbers, game.structure.kind_move
    options = int(np.diff(shape.option_start).max(initial=0))
    return GameStatement(
        read_only(shape.option_start, np.int64),
        read_only(shape.option_kind, np.int32),
        read_only(shape.target_start, np.int64),
        read_only(shape.targets, np.int32),
        read_only(shape.move_type[kind], np.uint8),
        read_only(shape.move_owner[kind], np.int32),
        read_only(shape.move_branches[kind], np.int32),
        read_only(numbers.rate, np.float64),
        read_only(numbers.chance, np.float64),
        read_only(numbers.impact, np.float64),
        read_only(numbers.vote_weight, np.int32),
        read_only(numbers.vote_quota, np.int32),
        read_only(shape.pace_context, np.int32),
        read_only(numbers.pace, np.float64),
        read_only(shape.flow_context, np.int32),
        read_only(numbers.flow_worth, np.float64),
        read_only(shape.flow_actor, np.int32),
        read_only(numbers.discount, np.float64),
        read_only(numbers.rationality, np.float64),
        read_only(numbers.habit, np.float64),
        read_only(shape.move_habitual[kind], np.bool_),
        read_only(numbers.vote_habit, np.float64),
        read_only(
            np.array([options, numbers.vote_quota.max(initial=1), pay, game.shocks == "control"]), np.int64
        ),
    )


@kernel(fast=True)
def _balance(
    game: GameStatement, values: Array, worths: Array, low: int, defect: Array, leaving: Array
) -> None:
    """Fill in defects of ``worths``, when behaviour is that of ``values``, and rates of leaving."""
    actors, pay = values.shape[1], game.most[2]
    chosen = np.empty((game.most[0] + 1, actors))
    worth = np.empty((game.most[0] + 1, actors)) if pay == BEST else chosen
    owners, chance = np.empty(game.most[0] + 1, np.int64), np.empty(game.most[0] + 1)
    yes, needed = np.empty(actors), np.empty(game.most[1] + 1)
    top, total, best = np.empty(actors), np.empty(actors), np.empty(actors)
    kinds, share = np.empty(game.most[0] + 1, np.int64), np.empty(actors)
    for row in range(len(leaving)):
        s, acts, gone = low + row, 0, 0.0
        for i in range(actors):
            defect[row, i] = -game.discount[i] * worths[s, i]
        for f in range(len(game.flow_actor)):
            defect[row, game.flow_actor[f]] += game.flow_worth[game.flow_context[s, f]]
        branch = game.target_start[s]
        for o in range(game.option_start[s], game.option_start[s + 1]):
            k = game.option_kind[o]
            _look_ahead(game, values, s, k, branch, chosen[acts])
            if pay == BEST:
                _look_ahead(game, worths, s, k, branch, worth[acts])
            branch += game.branches[k]
            if game.sort[k] == IS_HAZARD:
                gone += game.rate[k]
                for i in range(actors):
                    defect[row, i] += game.rate[k] * worth[acts, i]
            elif game.sort[k] == IS_DECISION:
                gone += _ballot(game, k, pay, chosen[acts], worth[acts], yes, needed, defect[row])
            else:
                owners[acts], kinds[acts] = game.owner[k], k
                acts += 1
        top[:] = 0.0
        _waiting(game, acts, owners, kinds, total, share)
        _choose(game, acts, owners, kinds, share, chosen, chance, top, total)
        for a in range(acts):
            j = owners[a]
            fired = game.pace[game.pace_context[s], j] * chance[a]
            gone += fired
            for i in range(actors):
                if i != j:
                    defect[row, i] += fired * worth[a, i]
        best[:] = 0.0
        for a in range(acts):
            j = owners[a]
            gain = worth[a, j]
            best[j] = max(best[j], gain) if pay == BEST else best[j] + chance[a] * gain
        for j in range(actors):
            if pay == PAID and game.precision[j] > 0.0:
                best[j] = (top[j] + np.log(total[j])) / game.precision[j]
            defect[row, j] += game.pace[game.pace_context[s], j] * best[j]
        leaving[row] = gone


@kernel(fast=True, inline=True)
def _look_ahead(game: GameStatement, values: Array, s: int, k: int, branch: int, out: Array) -> None:
    """Fill in what each actor gains by a move: its impact, and the expected value after it less that now."""
    for i in range(len(out)):
        out[i] = game.impact[k, i]
    for b in range(game.branches[k]):
        for i in range(len(out)):
            out[i] += game.chance[k, b] * (values[game.targets[branch + b], i] - values[s, i])


@kernel(fast=True, inline=True)
def _waiting(
    game: GameStatement, acts: int, owners: Array, kinds: Array, sharing: Array, share: Array
) -> None:
    """Fill in the habit of waiting of each owner; ``sharing`` is room."""
    share[:] = 1.0
    sharing[:] = 1.0
    for a in range(acts):
        if game.most[3] and game.stated[kinds[a]]:
            share[owners[a]] -= game.habit[kinds[a]]
        elif game.most[3]:
            sharing[owners[a]] += 1.0
    for j in range(len(share)):
        share[j] /= sharing[j]


@kernel(fast=True, inline=True)
def _choose(
    game: GameStatement,
    acts: int,
    owners: Array,
    kinds: Array,
    share: Array,
    chosen: Array,
    chance: Array,
    top: Array,
    total: Array,
) -> None:
    """Fill in the chance of each action, and per owner the largest logit and the sum of what is beside it.

    ``share`` is the habit of waiting, and of each option without a stated one.
    """
    for a in range(acts):
        j = owners[a]
        top[j] = max(top[j], game.precision[j] * chosen[a, j])
    for j in range(len(total)):
        total[j] = share[j] * np.exp(-top[j])
    for a in range(acts):
        j = owners[a]
        usual = game.habit[kinds[a]] if game.most[3] and game.stated[kinds[a]] else share[j]
        chance[a] = usual * np.exp(game.precision[j] * chosen[a, j] - top[j])
        total[j] += chance[a]
    for a in range(acts):
        chance[a] /= total[owners[a]]


@kernel(fast=True)
def _ballot(
    game: GameStatement,
    k: int,
    pay: int,
    chosen: Array,
    worth: Array,
    yes: Array,
    needed: Array,
    defect: Array,
) -> float:
    """Add what a proposal's coming up is worth to the defects; return the rate at which it is adopted."""
    quota, rate = game.quota[k], game.rate[k]
    for m in range(len(yes)):
        ayes, noes = 1.0, 1.0
        if game.most[3]:
            ayes, noes = game.vote_habit[k, m], 1.0 - game.vote_habit[k, m]
        odds = np.exp(-abs(game.precision[m] * chosen[m]))
        if chosen[m] >= 0.0:
            noes *= odds
        else:
            ayes *= odds
        yes[m] = ayes / (ayes + noes)
    _count_back(yes, game.weight[k], -1, quota, needed)
    adopted = needed[quota]
    for m in range(len(yes)):
        weight = game.weight[k, m]
        if weight == 0:
            defect[m] += rate * adopted * worth[m]
            continue
        _count_back(yes, game.weight[k], m, quota, needed)
        beta, own = game.precision[m], yes[m] * worth[m]
        if pay == BEST:
            own = max(worth[m], 0.0)
        elif pay == PAID and beta > 0.0:
            least = np.expm1(-beta * abs(worth[m]))
            usual = 1.0 - game.vote_habit[k, m] if worth[m] >= 0.0 else game.vote_habit[k, m]
            more = np.log1p(usual * least) if game.most[3] else np.log1p(1.0 + least)
            own = max(worth[m], 0.0) + more / beta
        decisive = (needed[quota - weight] if weight < quota else 1.0) - needed[quota]
        defect[m] += rate * (decisive * own + needed[quota] * worth[m])
    return float(rate * adopted)


@kernel(fast=True)
def _count_back(yes: Array, weights: Array, absent: int, quota: int, needed: Array) -> None:
    """Fill in the chance that all but one together bring a yes weight of r or more, r from 0 to the quota."""
    own = 0 if absent < 0 else weights[absent]
    left = weights.sum() - own
    lowest = max(quota - own - left, 0)
    for r in range(lowest, quota + 1):
        needed[r] = 1.0 if r == 0 else 0.0
    reach = 0
    for m in range(len(yes)):
        if m == absent or weights[m] == 0:
            continue
        left -= weights[m]
        reach = min(reach + weights[m], quota)
        lowest = max(quota - own - left, 1)
        for back in range(reach - lowest + 1):
            r = reach - back
            with_yes = needed[r - weights[m]] if weights[m] < r else 1.0
            needed[r] += yes[m] * (with_yes - needed[r])
