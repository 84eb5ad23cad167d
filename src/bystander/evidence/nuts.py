r"""Draws from a posterior: the no-U-turn sampler, and whether importance draws may be believed.

A point moves with a momentum :math:`r \sim N(0, I)` by leapfrog steps of the Hamiltonian
:math:`-\log p(x) + |r|^2/2`, forward or backward in time by doubling, until the trajectory would turn back;
the next point is drawn from it in proportion to :math:`e^{-H}` (multinomial, biased to the newer half). The
step is tuned while warming up to an average acceptance of 0.8 by dual averaging. Coordinates are those of
Laplace's approximation, in which the posterior is about a standard normal: no mass matrix is needed.

References: Hoffman & Gelman (2014); Betancourt (2017), A conceptual introduction to Hamiltonian Monte Carlo.

Importance draws are judged by the tail of their weights: the largest are compared with a generalised Pareto
law; its shape k says how many moments the weights have. Below 0.7 averages over so many draws are reliable,
above they are not, however plausible they look (Vehtari, Simpson, Gelman, Yao & Gabry 2024). Fitted by Zhang
& Stephens (2009), with the same weak prior.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bystander.game.arrays import Float

Target = Callable[[Float], tuple[float, Float]]
DEEPEST = 8
DIVERGES = 1000.0


@dataclass
class _Tree:
    left: tuple[Float, Float, Float]
    right: tuple[Float, Float, Float]
    point: Float
    value: float
    slope: Float
    weight: float
    going: bool
    accepted: float
    steps: int
    diverged: bool


@dataclass(frozen=True, slots=True)
class NutsChain:
    """One chain.

    Attributes
    ----------
    points
        ``(n, p)`` draws after warming up.
    accepted, diverged
        Average acceptance, and how many trajectories diverged.
    step
        Length of a leapfrog step.
    """

    points: Float
    accepted: float
    diverged: int
    step: float


def draw_chain(
    target: Target,
    start: Float,
    random: np.random.Generator,
    draws: int,
    warm: int,
    tell: Callable[[float], None],
) -> NutsChain:
    """Draw one chain from a log density with gradient."""
    x = start.copy()
    value, slope = target(x)
    step = 0.5
    centre, average, bar, log_step_bar = math.log(10.0 * step), 0.0, 0.0, 0.0
    points = np.empty((draws, len(x)))
    accepted, diverged = 0.0, 0
    for number in range(warm + draws):
        x, value, slope, rate, failed = _transition(target, x, value, slope, step, random)
        if number < warm:
            m = number + 1
            average += (0.8 - rate - average) / (m + 10)
            log_step = centre - math.sqrt(m) / 0.05 * average
            bar = m**-0.75 * log_step + (1.0 - m**-0.75) * bar
            step = math.exp(log_step)
            log_step_bar = bar
            if m == warm:
                step = math.exp(log_step_bar)
        else:
            points[number - warm] = x
            accepted += rate / draws
            diverged += failed
        tell((number + 1) / (warm + draws))
    return NutsChain(points, accepted, diverged, step)


def _transition(
    target: Target, x: Float, value: float, slope: Float, step: float, random: np.random.Generator
) -> tuple[Float, float, Float, float, bool]:
    r = random.standard_normal(len(x))
    energy = value - 0.5 * float(r @ r)
    edge = (x, r, slope)
    tree = _Tree(edge, edge, x, value, slope, 0.0, True, 0.0, 0, False)
    for depth in range(DEEPEST):
        side = 1.0 if random.random() < 0.5 else -1.0
        new = _build(target, tree.right if side > 0 else tree.left, side, depth, step, energy, random)
        if side > 0:
            tree.right = new.right
        else:
            tree.left = new.left
        if new.going and math.log(max(random.random(), 1e-300)) < new.weight - tree.weight:
            tree.point, tree.value, tree.slope = new.point, new.value, new.slope
        tree.weight = float(np.logaddexp(tree.weight, new.weight))
        tree.accepted += new.accepted
        tree.steps += new.steps
        tree.diverged |= new.diverged
        if not new.going or _turns(tree.left, tree.right):
            break
    return tree.point, tree.value, tree.slope, tree.accepted / max(tree.steps, 1), tree.diverged


def _build(
    target: Target,
    edge: tuple[Float, Float, Float],
    side: float,
    depth: int,
    step: float,
    energy: float,
    random: np.random.Generator,
) -> _Tree:
    if depth == 0:
        x, r, slope = edge
        r = r + 0.5 * side * step * slope
        x = x + side * step * r
        value, slope = target(x)
        r = r + 0.5 * side * step * slope
        now = value - 0.5 * float(r @ r)
        gain = now - energy if math.isfinite(now) else -math.inf
        diverged = not gain > -DIVERGES
        place = (x, r, slope)
        return _Tree(
            place, place, x, value, slope, gain, not diverged, min(1.0, math.exp(min(gain, 0.0))), 1, diverged
        )
    first = _build(target, edge, side, depth - 1, step, energy, random)
    if not first.going:
        return first
    second = _build(target, first.right if side > 0 else first.left, side, depth - 1, step, energy, random)
    weight = float(np.logaddexp(first.weight, second.weight))
    chosen = first
    if second.weight > -math.inf and math.log(max(random.random(), 1e-300)) < second.weight - weight:
        chosen = second
    left, right = (first.left, second.right) if side > 0 else (second.left, first.right)
    going = second.going and not _turns(left, right)
    return _Tree(
        left,
        right,
        chosen.point,
        chosen.value,
        chosen.slope,
        weight,
        going,
        first.accepted + second.accepted,
        first.steps + second.steps,
        second.diverged,
    )


def _turns(left: tuple[Float, Float, Float], right: tuple[Float, Float, Float]) -> bool:
    across = right[0] - left[0]
    return float(across @ left[1]) < 0.0 or float(across @ right[1]) < 0.0


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
