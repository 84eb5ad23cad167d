"""Random processes that end in several ways, and their dense, obvious counterparts."""

from __future__ import annotations

import numpy as np

from bystander.numerics.generators import Generator, collect
from bystander.numerics.operators import Ends, Losses

LABELS = 3


def random_killed(seed: int, columns: int, size: int = 9, losses: bool = True) -> tuple[Generator, Ends]:
    """Jumps with labels, some of which lead nowhere; sets to end in and labels that end, column by column."""
    rng = np.random.default_rng(seed)
    count = 4 * size
    source = np.sort(rng.integers(0, size, count)).astype(np.int32)
    target = rng.integers(0, size, count).astype(np.int32)
    label = rng.integers(0, LABELS + 1, count).astype(np.int32)
    rate = np.exp(rng.normal(size=count))
    start = np.searchsorted(source, np.arange(size + 1)).astype(np.int64)
    labels = np.zeros((LABELS + 1, columns), bool)
    if losses:
        labels[:LABELS] = rng.random((LABELS, columns)) < 0.4
    ending = labels.any(axis=1)[label]
    jumps = Losses(source[ending], target[ending], label[ending], rate[ending])
    return collect(start, target, rate), Ends(rng.random((size, columns)) < 0.2, jumps, labels)


def dense(generator: Generator, ends: Ends, column: int) -> np.ndarray:
    """The rates of one process ``(N, N)``: rows and columns where it has ended are 0."""
    n = generator.size
    q = np.zeros((n, n))
    q[np.repeat(np.arange(n), np.diff(generator.indptr)), generator.indices] = generator.rates
    q -= np.diag(generator.exit)
    losses = ends.losses
    for s, t, label, rate in zip(losses.source, losses.target, losses.label, losses.rate, strict=True):
        if ends.labels[label, column]:
            q[s, t] -= rate
    alive = ~ends.situations[:, column]
    return q * np.outer(alive, alive)
