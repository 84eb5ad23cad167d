"""QuantEcon: the decision problem of one actor among others held fixed, and long-run shares.

One actor alone, as its choices lose all noise, solves a Markov decision process. It is handed over as
state-action pairs of the uniformised process: with L no less than any rate of leaving, a step has discount
factor L / (rho + L) and reward (flow + rates * impacts) / (rho + L).
"""

from __future__ import annotations

import numpy as np
from quantecon import MarkovChain
from quantecon.markov import DiscreteDP
from scipy.sparse import csr_matrix, diags, identity, vstack

from benchmarks.lone import problem_of
from benchmarks.peers import LeftOutError, Peer
from benchmarks.peers.sparse import closed, generator
from benchmarks.shelf import Shelf
from benchmarks.timing import Row, timed
from bystander.game.arrays import Float

DENSE = 2_500
"""Most situations for which its long-run shares, computed with dense matrices, are asked for."""
FACTORISED = 2_500
"""Most situations for which policy iteration is asked for, which factorises; above it, modified iteration."""

EPSILON = 1e-8
"""What modified policy iteration is asked for, in worth: the bound is its own, on the best values."""


def peers(_: str) -> dict[str, Peer]:
    """Return QuantEcon's way through each phase."""
    return {"lone": lone, "long-run": resting}


def resting(shelf: Shelf) -> tuple[Row, Float]:
    """Long-run share of the target, by elimination (Grassmann, Taksar and Heyman)."""
    process = shelf.process()
    inside = closed(process)
    if inside.sum() > DENSE:
        raise LeftOutError(f"its matrices are dense: {inside.sum():,} situations take too long")
    rates = generator(process)[inside][:, inside]
    jumps = identity(int(inside.sum())) + rates / (1.1 * process.exit.max())
    row, found = timed(lambda: MarkovChain(jumps.tocsr()).stationary_distributions)
    return row, np.atleast_1d(found[0][process.target[inside]].sum())


def lone(shelf: Shelf) -> tuple[Row, Float]:
    """Best values of one actor while the others behave as in the solution."""
    problem = problem_of(shelf.solved())
    n = len(problem.flow)
    if (problem.optional[~problem.own] > 0.0).any():
        raise LeftOutError("the actor votes: combinations of votes are too many to list as actions")
    rates = csr_matrix(
        (problem.forced, (problem.place, np.arange(len(problem.place)))), shape=(n, len(problem.place))
    )
    drift, gain = (rates @ problem.ahead).tocsr(), rates @ problem.impact
    leaving = np.asarray(rates.sum(axis=1)).ravel()
    own = np.flatnonzero(problem.own)
    places, paces = problem.place[own], problem.optional[own]
    quickest = np.zeros(n)
    np.maximum.at(quickest, places, paces)
    fastest = 1.001 * float((leaving + quickest).max())  # rounding must leave no chance below zero
    waiting = drift + diags(fastest - leaving)
    acting = waiting[places] + diags(paces) @ (problem.ahead[own] - identity(n).tocsr()[places])
    chance = vstack([waiting, acting]).tocsr() / fastest
    still = (problem.flow + gain) / (problem.discount + fastest)
    reward = np.concatenate(
        [still, still[places] + paces * problem.impact[own] / (problem.discount + fastest)]
    )
    states = np.concatenate([np.arange(n), places])
    choices = np.concatenate([np.zeros(n, int), 1 + np.arange(len(own))])
    discount = fastest / (problem.discount + fastest)
    decisions = DiscreteDP(reward, chance, discount, states, choices)
    method = "policy_iteration" if n <= FACTORISED else "modified_policy_iteration"
    row, found = timed(lambda: decisions.solve(method=method, epsilon=EPSILON, max_iter=100_000))
    return row | {"facts": {"method": method.replace("_", " ")}}, np.asarray(found.v)
