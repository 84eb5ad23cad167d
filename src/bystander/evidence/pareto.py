r"""Whether importance draws may be believed: the shape of the tail of their weights.

The largest weights are compared with a generalised Pareto law; its shape k says how many moments the weights
have. Below 0.7 averages over so many draws are reliable, above they are not, however plausible they look
(Vehtari, Simpson, Gelman, Yao & Gabry 2024). Fitted by Zhang & Stephens (2009), with the same weak prior.
"""

from __future__ import annotations

import numpy as np

from bystander.game.arrays import Float

BELIEVED = 0.7
FEWEST = 25


def pareto_k(log_weights: Float) -> float:
    """Return the shape of the tail of importance weights; infinite for too few draws to tell."""
    count = len(log_weights)
    tail = int(min(0.2 * count, 3.0 * np.sqrt(count)))
    if count < FEWEST or tail < 5:
        return float("inf")
    ordered = np.sort(log_weights - np.max(log_weights))
    cut = np.exp(ordered[-tail - 1])
    excess = np.exp(ordered[-tail:]) - cut
    if not excess[-1] > 0.0:
        return -np.inf
    return _shape(excess)


def _shape(x: Float) -> float:
    n = len(x)
    points = 30 + int(np.sqrt(n))
    quartile = max(float(x[int(n / 4 + 0.5) - 1]), 1e-300)
    b = (1.0 - np.sqrt(points / (np.arange(1, points + 1) - 0.5))) / (3.0 * quartile) + 1.0 / x[-1]
    k = np.log1p(-b[:, None] * x).mean(axis=1)
    fit = n * (np.log(-b / k) - k - 1.0)
    weights = 1.0 / np.exp(fit - fit[:, None]).sum(axis=1)
    weights /= weights.sum()
    best = float((b * weights).sum())
    shape = float(np.log1p(-best * x).mean())
    return (n * shape + 10 * 0.5) / (n + 10)
