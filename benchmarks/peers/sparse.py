"""SciPy on the exported process: the action of a matrix exponential, and direct sparse solves.

`expm_multiply` has no error to ask for. `spsolve` factorises, and the factors of a process over many
variables fill in: it is asked only where they fit.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import bmat, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import expm_multiply, spsolve

from benchmarks.peers import LeftOutError, Peer
from benchmarks.shelf import Process, Shelf
from benchmarks.timing import Row, timed
from bystander.game.arrays import Float
from bystander.process.chain import Bool

DIRECT = 12_000
"""Most situations whose factors are tried."""


def peers(_: str) -> dict[str, Peer]:
    """Return SciPy's way through each phase."""
    return {
        "transient": transient,
        "reward": reward,
        "eventual": eventual,
        "waiting": waiting,
        "long-run": resting,
    }


def transient(shelf: Shelf) -> tuple[Row, Float]:
    """Find the chance of reaching by the deadline: the exponential of the process stopped in the target."""
    process = shelf.process()
    stopped = (diags((~process.target).astype(float)) @ generator(process)).tocsr() * process.days
    return timed(lambda: np.asarray(expm_multiply(stopped, process.target.astype(float))))


def reward(shelf: Shelf) -> tuple[Row, Float]:
    """Find the reward expected by the deadline: one more situation, of worth 1, that pays the reward."""
    process = shelf.process()
    paying = csr_matrix(process.reward[:, None])
    paid = bmat([[generator(process), paying], [None, csr_matrix((1, 1))]]).tocsr() * process.days
    last = np.zeros(paid.shape[0])
    last[-1] = 1.0
    return timed(lambda: np.asarray(expm_multiply(paid, last))[:-1])


def eventual(shelf: Shelf) -> tuple[Row, Float]:
    """Find the chance of reaching first: one linear solve over the situations that are neither."""
    process = shelf.process()
    hit = process.target.astype(float)
    live = ~process.target & ~process.avoid & reaching(process)
    return _solved(process, live, lambda q: q[live][:, process.target] @ np.ones(process.target.sum()), hit)


def waiting(shelf: Shelf) -> tuple[Row, Float]:
    """Find the days expected until the target: one linear solve over the situations outside it."""
    process = shelf.process()
    live = ~process.target
    return _solved(process, live, lambda _: np.ones(live.sum()), np.zeros(len(live)))


def resting(shelf: Shelf) -> tuple[Row, Float]:
    """Find the share of the target: ``pi Q = 0`` in the recurrent class, one equation replaced by the sum."""
    process = shelf.process()
    inside = closed(process)
    _fits(int(inside.sum()))
    equations = generator(process)[inside][:, inside].T.tolil()
    equations[-1] = 1.0
    right = np.zeros(equations.shape[0])
    right[-1] = 1.0
    system = equations.tocsc()
    row, share = timed(lambda: spsolve(system, right))
    return row, np.atleast_1d(share[process.target[inside]].sum())


def generator(process: Process) -> csr_matrix:
    """Return Q."""
    n = len(process.exit)
    return csr_matrix((process.rates, process.indices, process.indptr), shape=(n, n)) - diags(process.exit)


def reaching(process: Process) -> Bool:
    """Return which situations may reach the target without meeting what is to be avoided."""
    n = len(process.exit)
    jumps = csr_matrix((np.ones(len(process.rates)), process.indices, process.indptr), shape=(n, n))
    found = process.target.copy()
    while True:
        wider = (found | (jumps @ found > 0.0)) & ~process.avoid
        if (wider == found).all():
            return found
        found = wider


def closed(process: Process) -> Bool:
    """Return the recurrent class, where there is only one."""
    rates = generator(process)
    count, of = connected_components(rates, directed=True, connection="strong")
    rows, columns = rates.nonzero()
    left = np.zeros(count, bool)
    left[of[rows[of[rows] != of[columns]]]] = True
    if (~left).sum() != 1:
        raise LeftOutError(f"one linear solve does not do for {(~left).sum()} recurrent classes")
    return np.asarray(~left[of])


def _fits(size: int) -> None:
    if size > DIRECT:
        raise LeftOutError(f"the factors of {size:,} situations would fill in beyond memory or patience")


def _solved(process, live, gain, known) -> tuple[Row, Float]:
    _fits(int(live.sum()))
    q = generator(process)
    system, right = -q[live][:, live].tocsc(), gain(q)
    row, found = timed(lambda: spsolve(system, right))
    out = known.copy()
    out[live] = found
    return row, out
