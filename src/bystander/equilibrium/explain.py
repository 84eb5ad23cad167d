r"""Why an actor acts or waits, why a member votes yes or no, and what stands in an institution's way.

Let w be a distribution over situations and A those in which the move a of actor i is possible. The average
log-odds of acting rather than
waiting is

    sum_s w(s | A) beta_i X_ai(s) = beta_i sum_s w(s | A) [J_i + c_i] + sum_k beta_i sum_s w(s | A) [E
    F_k(s'_a) - F_k(s)]

with F_k the totals of `bystander.equilibrium.decompose`: one bar for the worth of the move itself, one for
each term of what follows. Since F_k = (rho I - Q)^-1 f_k, the second part is ``mu . f_k`` with ``(rho I -
Q)^T mu = d`` and d the average change of place that the move makes: one transposed system for each question,
whatever the number of terms. mu(s) is the extra discounted time spent in s because of the move. A vote is
explained alike, with D in place of X.

*Blocked.* Where an institution's decision cannot come up, the reason is ``no mandate`` if its ``when`` fails
and ``no request`` if only its ``request`` does. Where it can, it fails with probability 1 - A(s), divided
among the voters by the Shapley value of the game in which those who said no are persuaded in random order: a
voter's share is the chance that persuading it is what makes the proposal pass. By Owen's (1972) multilinear
extension that is, for independent votes,

    share_m = (1 - y_m) int_0^1 pivot_m(1 - t (1 - y)) dt,       sum_m share_m = 1 - A,

a polynomial integral, done exactly by Gauss-Legendre nodes. It favours no order of the members, gives nothing
to a voter whose vote could not matter, and equal shares to equals.

References: Shapley (1953); Owen (1972), Management Science 18(5), P64-P79.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.decompose import OWN_WORTH, discounted, terms_of
from bystander.equilibrium.packed import Packed
from bystander.equilibrium.reasons import Bar, Reason
from bystander.equilibrium.response import Response, respond
from bystander.equilibrium.result import Equilibrium
from bystander.equilibrium.solve import solve
from bystander.errors import QueryError
from bystander.game.arrays import Game, MoveType
from bystander.numerics.jit import kernel
from bystander.numerics.votes import tally

Array = NDArray[Any]

SHARP = 1e-11
NO_MANDATE, NO_REQUEST, NO_VOTERS = "no mandate", "no request", "nobody may vote"


@dataclass(frozen=True, slots=True)
class Question:
    """What to explain: a move, for a decision also whose vote, and where the question arises.

    Attributes
    ----------
    move
        ``owner.move``.
    weights
        ``(N,)`` not negative, in any scale: time spent in each situation under the condition.
    voter
        Actor whose vote is explained; "" for an action.
    given
        The condition in words, for the label.
    """

    move: str
    weights: Array
    voter: str = ""
    given: str = ""


def explain_action(equilibrium: Equilibrium, move: str, weights: Array, given: str = "") -> Reason:
    """Explain why the owner of an action takes it or waits; see `explain_all`."""
    return explain_all(equilibrium, [Question(move, weights, given=given)])[0]


def explain_vote(
    equilibrium: Equilibrium, decision: str, voter: str, weights: Array, given: str = ""
) -> Reason:
    """Explain why a member votes yes or no on a decision; see `explain_all`."""
    return explain_all(equilibrium, [Question(decision, weights, voter, given)])[0]


def explain_all(equilibrium: Equilibrium, questions: Sequence[Question]) -> list[Reason]:
    """Explain actions and votes.

    Questions about one actor share the linear solve. Where the equilibrium is not sharp enough for bars to
    add up to 1e-8 it is first solved on from where it is.

    Raises
    ------
    QueryError
        If a move or voter is unknown, the move is never possible under the weights, or the member never votes
        on it.
    """
    if not questions:
        return []
    response = respond(sharpen(equilibrium))
    game = response.game
    prepared = [_prepare(response, q) for q in questions]
    reasons: dict[int, Reason] = {}
    for actor in sorted({p.actor for p in prepared}):
        places = [n for n, p in enumerate(prepared) if p.actor == actor]
        terms, flows = terms_of(response, actor)
        shifts = np.stack([prepared[n].shift for n in places], axis=1)
        times = discounted(response, actor).solve(shifts, transpose=True)
        beta = float(game.numbers.rationality[actor])
        parts = beta * (flows.T @ times)
        for column, n in enumerate(places):
            p, q = prepared[n], questions[n]
            move = game.moves[p.move]
            bars = [Bar(move.name, move.about, OWN_WORTH, beta * p.worth, move.because, now=True)]
            bars += [
                Bar(t.name, t.about, t.group, float(x), t.because)
                for t, x in zip(terms, parts[:, column], strict=True)
            ]
            reasons[n] = Reason(
                owner=move.owner,
                move=move.name.partition(".")[2],
                about=move.about,
                given=q.given,
                probability=p.probability,
                log_odds=beta * p.gain,
                bars=tuple(b for b in bars if b.log_odds != 0.0),
                voter=q.voter,
                possible=p.possible,
            )
    return [reasons[n] for n in range(len(questions))]


def blocked(equilibrium: Equilibrium, decision: str, weights: Array, given: str = "") -> Reason:
    """Say what stands in the way of an institution's decision, with the probability of each reason.

    Parameters
    ----------
    weights
        ``(N,)`` time spent in each situation under the condition, in any scale.

    Raises
    ------
    QueryError
        If the decision is unknown or the weights are all zero.
    """
    response = respond(equilibrium)
    game = response.game
    m = move_index(game, decision)
    move = game.moves[m]
    if move.type is not MoveType.DECISION:
        raise QueryError(f"'{decision}' is not a decision of an institution, so no vote can block it.")
    w = _normalised(weights, game.size, given)
    options, places = _options_of(game, m)
    here = w[places]
    possible = float(here.sum())
    choice = response.choice[options]
    shares = _failed_votes(response, options, here)
    reasons = [*_closed(game, decision, w, places)]
    reasons += [(f"vote: {game.actors[i]}", float(x)) for i, x in enumerate(shares) if x > 0.0]
    failed = float(here @ (1.0 - choice))
    unexplained = failed - float(shares.sum())
    if unexplained > 1e-12:
        reasons.append((NO_VOTERS, unexplained))
    passes = float(here @ choice)
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
    )


def sharpen(equilibrium: Equilibrium) -> Equilibrium:
    """Solve on from an equilibrium until its values are good to about 1e-9, if they are not."""
    if max(equilibrium.certificate.regret, default=0.0) <= 1e-9:
        return equilibrium
    found = solve(equilibrium.game, warm=equilibrium, tolerance=SHARP)
    return found if found.certificate.residual < equilibrium.certificate.residual else equilibrium


def move_index(game: Game, name: str) -> int:
    """Return the number of a move given as ``owner.move``."""
    names = [move.name for move in game.moves]
    if name not in names:
        close = get_close_matches(name, names, 1)
        hint = f" Did you mean '{close[0]}'?" if close else f" There are: {', '.join(names[:20])}."
        raise QueryError(f"There is no move '{name}' in this scenario.{hint}")
    return names.index(name)


@dataclass(frozen=True, slots=True)
class _Prepared:
    actor: int
    move: int
    shift: Array
    worth: float
    gain: float
    probability: float
    possible: float


def _prepare(response: Response, question: Question) -> _Prepared:
    game, packed = response.game, response.packed
    m = move_index(game, question.move)
    move = game.moves[m]
    if move.type is MoveType.HAZARD:
        raise QueryError(f"'{question.move}' is chance, not choice: nobody decides it for reasons.")
    options, places = _options_of(game, m)
    w = _normalised(question.weights, game.size, question.given)
    under = f" while {question.given}" if question.given else ""
    if move.type is MoveType.DECISION:
        if question.voter not in game.actors:
            members = ", ".join(game.actors)
            raise QueryError(f"'{question.move}' is decided by vote: name one of its voters ({members}).")
        actor = game.actors.index(question.voter)
        votes = packed.vote_weight[packed.option_kind[options], actor] > 0
        options, places = options[votes], places[votes]
        chance = response.yes[response.ballot[options], actor]
        if not votes.any():
            raise QueryError(f"'{question.voter}' never votes on '{question.move}': no member, or recused.")
    else:
        actor = int(packed.kind_owner[packed.option_kind[options[0]]]) if len(options) else 0
        chance = response.choice[options]
    possible = float(w[places].sum())
    if not possible > 0.0:
        raise QueryError(f"'{question.move}' is never possible{under}, so there is nothing to weigh.")
    here = w[places] / possible
    shift = _shift(packed, options, places, here)
    return _Prepared(
        actor,
        m,
        shift,
        float(here @ packed.impact[packed.option_kind[options], actor]),
        float(here @ response.gain[options, actor]),
        float(here @ chance),
        possible,
    )


def _options_of(game: Game, move: int) -> tuple[Array, Array]:
    """Options of a move and the situation of each."""
    shape = game.structure
    options = np.flatnonzero(shape.kind_move[shape.option_kind] == move)
    places = np.searchsorted(shape.option_start, options, side="right") - 1
    return options, places


def _normalised(weights: Array, size: int, given: str) -> Array:
    w = np.asarray(weights, dtype=float)
    if w.shape != (size,) or not np.isfinite(w).all() or (w < 0.0).any():
        raise QueryError(f"Weights must be {size} numbers of at least 0, one for each situation.")
    total = float(w.sum())
    if not total > 0.0:
        where = given or "the question arises"
        raise QueryError(f"No time is spent where {where}: there is nothing to explain.")
    return w / total


def _closed(game: Game, decision: str, w: Array, places: Array) -> list[tuple[str, float]]:
    """Shares of the time in which the decision cannot come up, by reason."""
    open_ = np.zeros(game.size, bool)
    open_[places] = True
    shut = float(w[~open_].sum())
    if not shut > 0.0:
        return []
    owner, _, name = decision.partition(".")
    written = game.scenario.institutions[owner].decisions[name] if game.scenario is not None else None
    if written is None or written.request is None:
        return [(NO_MANDATE, shut)]
    from bystander.game.masks import mask

    mandate = np.ones(game.size, bool) if written.when is None else mask(game, written.when)
    without = float(w[~open_ & ~mandate].sum())
    found = [(NO_MANDATE, without), (NO_REQUEST, shut - without)]
    return [(reason, share) for reason, share in found if share > 1e-15]


def _failed_votes(response: Response, options: Array, here: Array) -> Array:
    """Return the share of each voter in the failures of a decision, ``(A,)``."""
    nodes, steps = np.polynomial.legendre.leggauss(len(response.game.actors) // 2 + 1)
    return _share_failures(
        response.packed,
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
def _shift(game: Packed, options: Array, places: Array, here: Array) -> Array:
    """Average change of place that an option makes, ``(N,)``, sums to 0."""
    shift = np.zeros(len(game.option_start) - 1)
    for n in range(len(options)):
        s = places[n]
        at = game.target_start[s]
        for o in range(game.option_start[s], options[n]):
            at += game.kind_branches[game.option_kind[o]]
        k = game.option_kind[options[n]]
        for b in range(game.kind_branches[k]):
            step = here[n] * game.chance[k, b]
            shift[game.targets[at + b]] += step
            shift[s] -= step
    return shift


@kernel
def _share_failures(
    game: Packed, options: Array, here: Array, yes: Array, ballot: Array, nodes: Array, steps: Array
) -> Array:
    """Average Shapley share of each voter in a failed vote; see the module."""
    actors = yes.shape[1]
    shares = np.zeros(actors)
    before = np.empty((actors + 1, game.sizes[2] + 1))
    after = np.empty((actors + 1, game.sizes[2] + 1))
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
