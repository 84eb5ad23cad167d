"""The best an actor could do against the behaviour of the others, without shocks.

With the others' behaviour held, actor i chooses at each of its opportunities the best option or waits,
and votes yes exactly when adoption is better: a discounted Markov decision process in continuous time.
Policy iteration (Howard 1960) solves it: hold the choices, solve the linear equations, choose again;
values rise and choices repeat after a few rounds.

The linear solves are iterative. Whatever they return, the answer is turned into a bound: if e is the
largest defect of the best-choice equation at a guess W, no behaviour is worth more than W + max(e, 0) /
rho anywhere.

Reference: Puterman 1994, Markov Decision Processes, chapters 6 and 11.

Counting the same ballot in many situations, in plain array arithmetic.

For best responses, which want the counts of one ballot in many situations as arrays: here the distribution of
the yes weight is built for all situations together, and anew for every member that is left out. With Y_m
independent yes votes of chance y_m and weight w_m, and quota q,

    adopted   = P(sum_m w_m Y_m >= q)
    without_m = P(sum of the others >= q)
    pivot_m   = P(q - w_m <= sum of the others < q).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from bystander.equilibrium.kernels import behaviour
from bystander.equilibrium.packed import habits_of
from bystander.game.arrays import Float, Game, Int32, Int64, MoveType
from bystander.numerics import linear


@dataclass(frozen=True, slots=True)
class VotingWay:
    """One way of voting: the kinds ``(K,)`` decided by it, who votes, weights ``(A,)`` and quota."""

    kinds: NDArray[np.bool_]
    voters: Int64
    weights: Int32
    quota: int


def ballots_of(game: Game) -> list[VotingWay]:
    """List the different ballots of a game."""
    numbers, structure = game.numbers, game.structure
    decided = structure.move_type[structure.kind_move] == MoveType.DECISION
    patterns = np.column_stack([numbers.vote_weight, numbers.vote_quota])
    return [
        VotingWay(
            decided & (patterns == pattern).all(1),
            np.flatnonzero(pattern[:-1]),
            pattern[:-1],
            int(pattern[-1]),
        )
        for pattern in np.unique(patterns[decided], axis=0)
    ]


def yes_chances(game: Game, gain: Float, tilt: Float) -> Float:
    """Chance that each actor votes for a gain ``(n, A)``: 1 / (1 + exp(-gain * rationality - tilt))."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -game.numbers.rationality * gain - tilt)))


def count(ballot: VotingWay, yes: Float) -> tuple[Float, Float, Float]:
    """Adoption ``(n,)``, pivot and pass-without probabilities ``(n, A)``; zero for those who do not vote."""
    pivot, without = np.zeros(yes.shape), np.zeros(yes.shape)
    quota = ballot.quota
    for member in ballot.voters:
        others = _yes_weight(ballot, yes, ballot.voters[ballot.voters != member])
        pivot[:, member] = others[max(quota - int(ballot.weights[member]), 0) : quota].sum(0)
        without[:, member] = others[quota]
    return _yes_weight(ballot, yes, ballot.voters)[quota], pivot, without


def _yes_weight(ballot: VotingWay, yes: Float, voters: Int64) -> Float:
    """Distribution of the yes weight of some members, ``(quota + 1, n)``; the last row holds all above it."""
    quota = ballot.quota
    cells = np.zeros((quota + 1, len(yes)))
    cells[0] = 1.0
    for member in voters:
        weight, chance = min(int(ballot.weights[member]), quota), yes[:, member]
        step = cells * (1.0 - chance)
        step[weight:] += cells[: quota + 1 - weight] * chance
        step[quota] += cells[quota + 1 - weight :].sum(0) * chance
        cells = step
    return cells


ROUNDS = 60


@dataclass(frozen=True, slots=True)
class DecisionProblem:
    """What one actor faces: per option, how often it fires, its impact, and where it leads.

    Attributes
    ----------
    place
        ``(O,)`` situation of each option.
    ahead
        ``(O, N)`` sparse: probability of each target.
    impact
        ``(O,)`` the actor's.
    forced
        ``(O,)`` per day: rate at which the option fires whatever the actor does.
    optional
        ``(O,)`` per day: rate the actor adds by choosing it (own actions: one per situation; own votes).
    own
        ``(O,)`` whether the option is an own action.
    flow, discount
        ``(N,)`` and a number, per day.
    """

    place: Int64
    ahead: sparse.csr_matrix
    impact: Float
    forced: Float
    optional: Float
    own: np.ndarray[tuple[int], np.dtype[np.bool_]]
    flow: Float
    discount: float

    def respond(self, values: Float) -> tuple[Float, Float, Float]:
        """Rates of the best choices, the defect of the best-choice equation, and the rate of leaving."""
        gain = self.impact + self.ahead @ values - values[self.place]
        size = len(values)
        best = np.zeros(size)
        np.maximum.at(best, self.place[self.own], gain[self.own])
        chosen = np.where(self.own, gain == best[self.place], True) & (gain > 0.0)
        ties = np.bincount(self.place, chosen & self.own, size)[self.place]
        share = np.where(self.own, 1.0 / np.maximum(ties, 1.0), 1.0)
        rate = self.forced + np.where(chosen, self.optional * share, 0.0)
        defect = self.flow - self.discount * values + np.bincount(self.place, rate * gain, size)
        return rate, defect, np.asarray(np.bincount(self.place, rate, size), float)


@dataclass(frozen=True, slots=True)
class Others:
    """Everyone's behaviour at given values, from which each actor's problem is taken.

    Attributes
    ----------
    place
        ``(O,)`` situation of each option.
    ahead
        ``(O, N)`` sparse: probability of each target.
    rate
        ``(O,)`` per day.
    pivot, without
        ``(O, A)`` chances that the actor decides a vote, and that it passes against the actor.
    """

    game: Game
    place: Int64
    ahead: sparse.csr_matrix
    rate: Float
    pivot: Float
    without: Float


def hold_behaviour(game: Game, values: Float) -> Others:
    """Hold everyone's behaviour at given values ``(N, A)``."""
    structure, numbers = game.structure, game.numbers
    kind = structure.option_kind
    place = np.repeat(np.arange(game.size), np.diff(structure.option_start))
    counts = structure.move_branches[structure.kind_move[kind]]
    row = np.repeat(np.arange(len(kind)), counts)
    branch = np.arange(len(structure.targets)) - np.repeat(np.cumsum(counts) - counts, counts)
    chance = numbers.chance[kind[row], branch]
    ahead = sparse.csr_matrix((chance, (row, structure.targets)), shape=(len(kind), game.size))
    pivot, without = np.zeros((len(kind), len(game.actors))), np.zeros((len(kind), len(game.actors)))
    tilt = habits_of(game).tilt
    for ballot in ballots_of(game):
        put = np.flatnonzero(ballot.kinds[kind])
        gain = numbers.impact[kind[put]] + ahead[put] @ values - values[place[put]]
        _, pivot[put], without[put] = count(ballot, yes_chances(game, gain, tilt[kind[put]]))
    _, rate = behaviour(game, values)
    return Others(game, place, ahead, rate, pivot, without)


def decision_problem(others: Others, actor: int) -> DecisionProblem:
    """State what is left for one actor to choose when all others behave as held."""
    structure, numbers = others.game.structure, others.game.numbers
    kind, place = structure.option_kind, others.place
    move = structure.kind_move[kind]
    own = (structure.move_type[move] == MoveType.ACTION) & (structure.move_owner[move] == actor)
    votes = (structure.move_type[move] == MoveType.DECISION) & (numbers.vote_weight[kind, actor] > 0)
    forced, optional = others.rate.copy(), np.zeros(len(kind))
    forced[own] = 0.0
    optional[own] = numbers.pace[structure.pace_context[place[own]], actor]
    forced[votes] = numbers.rate[kind[votes]] * others.without[votes, actor]
    optional[votes] = numbers.rate[kind[votes]] * others.pivot[votes, actor]
    return DecisionProblem(
        place, others.ahead, numbers.impact[kind, actor], forced, optional, own,
        others.game.flow()[:, actor], float(numbers.discount[actor]),
    )  # fmt: skip


def best_response(problem: DecisionProblem, guess: Float) -> tuple[Float, float]:
    """Values of the best choices, ``(N,)``, and a bound on how much more any behaviour could be worth."""
    values, held = guess, np.empty(0)
    for _ in range(ROUNDS):
        rate, defect, leaving = problem.respond(values)
        bound = max(float(defect.max()), 0.0) / problem.discount
        if bound <= 1e-12 * (1.0 + np.abs(values).max()) or np.array_equal(rate, held):
            break
        held = rate
        values = _evaluate(problem, rate, leaving, values)
    return values, bound


def best_values(game: Game, values: Float) -> Float:
    """Return ``(N, A)`` what each actor's best behaviour against that of the others is worth to it."""
    others = hold_behaviour(game, values)
    found = np.empty(values.shape)
    for actor in range(len(game.actors)):
        found[:, actor], _ = best_response(decision_problem(others, actor), values[:, actor])
    return found


def _evaluate(problem: DecisionProblem, rate: Float, leaving: Float, guess: Float) -> Float:
    """Solve ``(rho + leaving) V = u + sum rate (impact + E V)`` for held rates."""
    size = len(guess)
    gather = sparse.csr_matrix((rate, (problem.place, np.arange(len(rate)))), shape=(size, len(rate)))
    matrix = (gather @ problem.ahead).tocsr()
    right = problem.flow + gather @ problem.impact
    found = linear.solve(
        matrix.indptr,
        matrix.indices,
        matrix.data,
        problem.discount + leaving,
        right,
        tolerance=1e-14,
        start=guess,
    )
    return np.asarray(found.x)
