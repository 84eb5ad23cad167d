"""Whole distributions: how often moves fire, and how much accumulates, within a time.

Expected values and variances are in `bystander.process.rewards`; these cost as many times more as there are
counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.numerics.bounds import Bounded
from bystander.numerics.counting import bracket_total, count_events
from bystander.numerics.generators import Generator, collect
from bystander.process.chain import Bool, Chain, branch_rates, branches_of_kinds, sum_options, without_options


@dataclass(frozen=True, slots=True)
class Bracket:
    """Bounds on the distribution of a total: ``lower <= P(total <= amounts) <= upper``, each ``(G,)``."""

    amounts: Float
    lower: Float
    upper: Float


def firings(
    chain: Chain, options: Bool, time: float, most: int, *, start: Float | None = None
) -> Bounded[Float]:
    """Return ``(most + 2,)`` the probability of 0 .. ``most`` firings within a time, and of more."""
    if most < 0:
        raise QueryError(f"The largest count must be at least 0, not {most}.")
    structure = chain.game.structure
    shape = (
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(chain.game),
        structure.target_start,
    )
    others = without_options(*shape, chain.branch_rate, options)
    rates = np.where(options, chain.option_rate, 0.0)
    counted = collect(
        structure.target_start, structure.targets, branch_rates(*shape, chain.game.numbers.chance, rates)
    )
    unmoved = np.maximum(sum_options(structure.option_start, rates) - counted.exit, 0.0)
    begin = chain.start if start is None else start
    rest = collect(structure.target_start, structure.targets, others)
    return count_events(rest, counted, unmoved, begin, time, most)


def total(
    chain: Chain, flow: Float, time: float, amounts: Float, *, cells: int = 100, start: Float | None = None
) -> Bracket:
    """Return bounds on the probability that at most each amount has accumulated within a time.

    Parameters
    ----------
    flow
        ``(N,)`` per day, not negative.
    amounts
        ``(G,)`` amounts to compare with.
    cells
        Counts up to the largest amount: more are closer and dearer.
    """
    amounts = np.asarray(amounts, np.float64)
    if (flow < 0.0).any() or not (amounts >= 0.0).all() or not amounts.max(initial=0.0) > 0.0:
        raise QueryError(
            "Amounts that accrue, and those to compare with, must not be negative, and one be positive."
        )
    step = float(amounts.max()) / cells
    none = Generator(
        np.zeros(chain.size + 1, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros(chain.size)
    )
    begin = chain.start if start is None else start
    most = int(cells + 6.0 * np.sqrt(cells) + 6.0)
    found = count_events(chain.generator, none, flow / step, begin, time, most)
    return Bracket(amounts, *bracket_total(found, step, amounts))
