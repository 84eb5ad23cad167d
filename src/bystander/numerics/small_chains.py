r"""Observed chains over few situations: many short histories in one kernel.

For up to `FEW` situations rates are a full matrix; beyond, see `bystander.numerics.observed`. A history is a
list of steps applied to a row vector :math:`\alpha`, scaled to sum to one after each, the logarithms of the
scales kept:

==========  ===================================================
`BEGIN`     :math:`\alpha` becomes a given distribution
`PASS`      :math:`\alpha \leftarrow \alpha\, e^{G \Delta}`
`LEAP`      :math:`\alpha \leftarrow \alpha\, J`
`WEIGH`     :math:`\alpha \leftarrow \alpha \circ w`
==========  ===================================================

:math:`G` has non-negative entries off its diagonal and rows that sum to at most zero. With
:math:`\Lambda \ge \max |G_{ss}|`, :math:`P = I + G/\Lambda \ge 0` and :math:`e^{G\Delta} = \sum_k p_k P^k`
is a sum of non-negative terms: every entry is known to a few units of roundoff of itself, however small it
is. Up to `LONG` expected jumps the sum is taken on the vector; beyond, the stretch is cut into pieces of at
most `PIECE`, whose matrix is formed once by squaring, and the vector is scaled after each: nothing under- or
overflows.

Backwards, with :math:`\beta` scaled to :math:`\alpha \cdot \beta = 1`, the derivative of the log-likelihood
in :math:`G` is :math:`X = \int_0^\Delta (\alpha e^{Gu})^T (e^{G(\Delta-u)} \beta)^T du`: the adjoint of
the sum (:math:`\Lambda X = \sum_k \alpha_k \lambda_{k+1}^T`, :math:`\lambda_k = p_k \beta + P
\lambda_{k+1}`; see `bystander.numerics.pairs`), or the corner of :math:`\exp \begin{pmatrix} G & \beta
\alpha \\ 0 & G \end{pmatrix}` (Van Loan 1978), squared alongside. The derivative in :math:`J` is
:math:`\alpha^T \beta^T`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bystander.numerics.jit import kernel

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

FEW = 16
LONG = 64.0
PIECE = 256.0
"""Expected jumps of a piece whose matrix is formed: what remains after one cannot underflow."""
BEGIN, PASS, LEAP, WEIGH = 0, 1, 2, 3


@kernel
def forward_steps(
    kinds: Int64,
    places: Int64,
    spans: Float,
    starts: Float,
    rates: Float,
    leaps: Float,
    weights: Float,
    before: Float,
) -> Float:
    """Return ``(K,)`` the logarithm of the scale of each of K steps; ``before`` ``(K, N)`` is filled.

    Parameters
    ----------
    kinds, places, spans
        Of each step: its kind, which of its matrices or vectors, and its days.
    starts, rates, leaps, weights
        ``(S, N)``, ``(G, N, N)``, ``(J, N, N)``, ``(W, N)``.
    before
        Room for the vector before each step, scaled.
    """
    n = before.shape[1]
    logs = np.zeros(len(kinds))
    x, y = np.zeros(n), np.zeros(n)
    for k in range(len(kinds)):
        before[k] = x
        at = places[k]
        if kinds[k] == BEGIN:
            x[:] = starts[at]
            continue
        extra = 0.0
        if kinds[k] == PASS:
            extra = _pass_row(rates[at], spans[k], x, y)
        elif kinds[k] == LEAP:
            for t in range(n):
                total = 0.0
                for s in range(n):
                    total += x[s] * leaps[at, s, t]
                y[t] = total
        else:
            for s in range(n):
                y[s] = x[s] * weights[at, s]
        size = 0.0
        for s in range(n):
            size += y[s]
        if not size > 0.0:
            logs[k] = -np.inf
            x[:] = 0.0
            continue
        for s in range(n):
            x[s] = y[s] / size
        logs[k] = np.log(size) + extra
    return logs


@kernel
def backward_steps(
    kinds: Int64,
    places: Int64,
    spans: Float,
    rates: Float,
    leaps: Float,
    weights: Float,
    before: Float,
    rate_slopes: Float,
    leap_slopes: Float,
    start_slopes: Float,
    after: Float,
) -> None:
    r"""Add the derivatives of the log-likelihood; ``after`` ``(K, N)`` gets the scaled :math:`\beta` of each.

    ``after[k]`` belongs to the vector before step k: their product, entry by entry, is the chance of each
    situation there given the whole record.
    """
    n = before.shape[1]
    b, y = np.ones(n), np.zeros(n)
    for back in range(len(kinds)):
        k = len(kinds) - 1 - back
        at = places[k]
        x = before[k]
        if kinds[k] == BEGIN:
            start_slopes[at] += b
            b[:] = 1.0
            after[k] = b
            continue
        if kinds[k] == PASS:
            _pass_back(rates[at], spans[k], x, b, y, rate_slopes[at])
        elif kinds[k] == LEAP:
            total = 0.0
            for s in range(n):
                y[s] = 0.0
                for t in range(n):
                    y[s] += leaps[at, s, t] * b[t]
                total += x[s] * y[s]
            if total > 0.0:
                for s in range(n):
                    for t in range(n):
                        leap_slopes[at, s, t] += x[s] * b[t] / total
        else:
            for s in range(n):
                y[s] = weights[at, s] * b[s]
        size = 0.0
        for s in range(n):
            size += x[s] * y[s]
        for s in range(n):
            b[s] = y[s] / size if size > 0.0 else 0.0
        after[k] = b


@kernel
def _fastest(rates: Float) -> float:
    fast = 0.0
    for s in range(len(rates)):
        fast = max(fast, -rates[s, s])
    return fast


@kernel
def poisson_row(q: float, reach: int) -> Float:
    """Return Poisson weights from 0 on, to where they matter to no entry within ``reach`` jumps."""
    room = int(q + 12.0 * np.sqrt(q) + 60.0) + 2 * reach
    out = np.empty(room)
    out[0] = np.exp(-q)
    least = out[0]
    k = 1
    while k < room:
        out[k] = out[k - 1] * q / k
        if k <= reach:
            least = min(least, out[k])
        elif k > q and (out[k] < 1e-20 * least or out[k] < 1e-300):
            break
        k += 1
    return out[:k].copy()


@kernel
def _jump_row(rates: Float, fast: float, x: Float, y: Float) -> None:
    n = len(x)
    for t in range(n):
        total = x[t]
        for s in range(n):
            total += x[s] * rates[s, t] / fast
        y[t] = max(total, 0.0)


@kernel
def _pass_row(rates: Float, span: float, x: Float, y: Float) -> float:
    """Put ``x exp(rates span)`` in y, but for a factor whose logarithm is returned."""
    n = len(x)
    fast = _fastest(rates)
    q = fast * span
    if q == 0.0:
        y[:] = x
        return 0.0
    if q > LONG:
        pieces = int(np.ceil(q / PIECE))
        whole, _ = _power(rates, span / pieces, fast, np.zeros((0, 0)))
        return _pass_pieces(whole, x, y, np.zeros((pieces, 0)))
    p = poisson_row(q, n)
    v, w = x.copy(), np.empty(n)
    for t in range(n):
        y[t] = p[0] * v[t]
    for k in range(1, len(p)):
        _jump_row(rates, fast, v, w)
        v, w = w, v
        for t in range(n):
            y[t] += p[k] * v[t]
    return 0.0


@kernel
def _pass_back(rates: Float, span: float, x: Float, b: Float, y: Float, slopes: Float) -> None:
    """Put ``exp(rates span) b`` in y up to a factor, and add the derivative in the rates."""
    n = len(x)
    fast = _fastest(rates)
    q = fast * span
    if span == 0.0:
        y[:] = b
        return
    if q == 0.0 or q > LONG:
        _pass_back_pieces(rates, span, max(fast, 1.0 / span), x, b, y, slopes)
        return
    p = poisson_row(q, n)
    terms = len(p)
    ahead = np.empty((terms, n))
    ahead[0] = x
    for k in range(1, terms):
        _jump_row(rates, fast, ahead[k - 1], ahead[k])
    back, room, sums = np.zeros(n), np.empty(n), np.zeros((n, n))
    for k in range(terms - 1, -1, -1):
        if k < terms - 1:
            for s in range(n):
                for t in range(n):
                    sums[s, t] += ahead[k, s] * back[t]
        for s in range(n):
            total = back[s]
            for t in range(n):
                total += rates[s, t] / fast * back[t]
            room[s] = max(total, 0.0) + p[k] * b[s]
        back, room = room, back
    y[:] = back
    total = 0.0
    for s in range(n):
        total += x[s] * y[s]
    if total > 0.0:
        for s in range(n):
            for t in range(n):
                slopes[s, t] += sums[s, t] / fast / total


@kernel
def _pass_pieces(whole: Float, x: Float, y: Float, kept: Float) -> float:
    """Multiply ``x`` by a matrix once for each row of ``kept``, which gets the vectors before, scaled."""
    n = len(x)
    log = 0.0
    v = x.copy()
    for piece in range(len(kept)):
        if kept.shape[1] > 0:
            kept[piece] = v
        size = 0.0
        for t in range(n):
            total = 0.0
            for s in range(n):
                total += v[s] * whole[s, t]
            y[t] = total
            size += total
        if not size > 0.0:
            return -np.inf
        for t in range(n):
            v[t] = y[t] / size
        log += np.log(size)
    y[:] = v
    return log


@kernel
def _pass_back_pieces(
    rates: Float, span: float, fast: float, x: Float, b: Float, y: Float, slopes: Float
) -> None:
    """See `_pass_back`, for a stretch cut into pieces."""
    n = len(x)
    pieces = max(int(np.ceil(fast * span / PIECE)), 1)
    kept, corner = np.empty((pieces, n)), np.empty((n, n))
    whole, _ = _power(rates, span / pieces, fast, np.zeros((0, 0)))
    _pass_pieces(whole, x, y, kept)
    after = b.copy()
    for back in range(pieces):
        v = kept[pieces - 1 - back]
        for s in range(n):
            for t in range(n):
                corner[s, t] = after[s] * v[t]
        _, part = _power(rates, span / pieces, fast, corner)
        total = 0.0
        for s in range(n):
            y[s] = 0.0
            for t in range(n):
                y[s] += whole[s, t] * after[t]
            total += v[s] * y[s]
        if not total > 0.0:
            return
        for s in range(n):
            after[s] = y[s] / total
            for t in range(n):
                slopes[s, t] += part[t, s] / total
    y[:] = after


@kernel
def _power(rates: Float, span: float, fast: float, corner: Float) -> tuple[Float, Float]:
    """Return ``exp(rates span)`` and its part due to a corner."""
    n = len(rates)
    with_corner = len(corner) > 0
    halves = 0
    step = span
    while fast * step > 1.0:
        step /= 2.0
        halves += 1
    one = np.empty((n, n))
    for s in range(n):
        for t in range(n):
            one[s, t] = rates[s, t] / fast
        one[s, s] = max(1.0 + one[s, s], 0.0)
    q = fast * step
    p = poisson_row(q, n)
    whole, part = np.zeros((n, n)), np.zeros((n, n))
    power, lead = np.eye(n), np.zeros((n, n))
    for k in range(len(p)):
        whole += p[k] * power
        if with_corner:
            part += p[k] * lead
            lead = _product(lead, one) + _product(power, corner) / fast
        power = _product(power, one)
    for _ in range(halves):
        if with_corner:
            part = _product(part, whole) + _product(whole, part)
        whole = _product(whole, whole)
    return whole, part


@kernel
def _product(a: Float, b: Float) -> Float:
    n = len(a)
    out = np.zeros((n, n))
    for s in range(n):
        for r in range(n):
            factor = a[s, r]
            if factor != 0.0:
                for t in range(n):
                    out[s, t] += factor * b[r, t]
    return out
