r"""How a total is spread by chance: its variance and its distribution, beside what is expected of it.

Expected totals are in `bystander.process.chain`; a moment costs about as much as a first time, a
distribution as many times more as there are counts, so both are computed on request. What one course of
events differs by from another with everything known is no range over assumptions: those are the priors'.

A count of firings has its distribution exactly, to a stated error. What flows at a rate that depends on the
situation is bracketed, :math:`P(Y \le y)` from below and above (`bystander.numerics.counting`), more narrowly
the more cells are taken, and most narrowly at amounts that are asked for. Lumps that come with moves have
moments, and no bracket here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.numerics.bounds import Bounded
from bystander.numerics.counting import Lumps, bracket_total, count_events, moments
from bystander.numerics.generators import Generator, inner, restrict
from bystander.process.chain import Bool, Chain, jumps_of, rewards_of, sum_options
from bystander.process.clocks import Clocks
from bystander.process.outcomes import Reading, Request, read_request

MOST = 400
"""Largest count told one by one."""
LINES = 12
CELLS = 150
FOLLOWED = 1e6
"""Most events by which an amount that flows is followed: of hardly any, larger amounts are told."""


@dataclass(frozen=True, slots=True)
class Bracket:
    """Bounds on the distribution of a total: ``lower <= P(total <= amounts) <= upper``, each ``(G,)``."""

    amounts: Float
    lower: Float
    upper: Float


@dataclass(frozen=True, slots=True)
class TotalSpread:
    """A total and how it is spread by chance.

    Attributes
    ----------
    given, days
        Where its clock starts, "" with the scenario, and how long it is collected.
    unit
        What the amounts are counted in.
    mean, deviation
        Expected total, and its standard deviation.
    variance
        With the bound on its error.
    bracket
        Bounds on the chance of at most so much, for counts equal to within their error; None where amounts
        come with moves.
    """

    name: str
    about: str
    given: str
    days: float
    unit: str
    mean: Bounded[float]
    variance: Bounded[float]
    bracket: Bracket | None

    @property
    def deviation(self) -> float:
        """Standard deviation from one course of events to another."""
        return math.sqrt(self.variance.value)


def spread_of(
    clocks: Clocks, request: Request, *, distribution: bool = True, amounts: Sequence[float] = ()
) -> TotalSpread:
    """Return how a total is spread by chance.

    Parameters
    ----------
    request
        An outcome that accumulates or counts.
    distribution
        Whether to bracket its distribution too, which takes many times as long as its moments.
    amounts
        Where to bracket it, as closely as can be; else on a grid over what its moments make likely.

    Raises
    ------
    QueryError
        If an amount is negative or a count over `MOST`, the outcome is no total, its condition never holds,
        or known dates lie ahead.
    """
    if clocks.course is not None:
        raise QueryError(
            "How a total is spread is not worked out where known dates lie ahead; histories sampled by "
            "`bystander simulate` show it."
        )
    reading = read_request(clocks, request)
    question = reading.question
    if question.sort not in ("accumulates", "counts"):
        raise QueryError(
            f"'{request.name}' is no total: ask about an outcome that accumulates or counts. A chance has no "
            "spread of its own."
        )
    if reading.denied:
        raise QueryError(reading.denied)
    chain, start, days = clocks.chain, reading.clock.start, float(reading.times[-1])
    flow, per_firing = rewards_of(chain.game, question)
    mean, variance = mean_and_variance(chain, flow, per_firing, days, start=start)
    bracket = None
    if distribution:
        deviation = math.sqrt(variance.value)
        asked = _amounts_asked(request.name, amounts, question.sort == "counts")
        bracket = _bracket(clocks, reading, (flow, per_firing), (mean.value, deviation), asked)
    return TotalSpread(
        request.name, request.outcome.told, reading.clock.given, days, question.unit, mean, variance, bracket
    )


def _bracket(
    clocks: Clocks,
    reading: Reading,
    rewards: tuple[Float | None, Float | None],
    moments_of_total: tuple[float, float],
    asked: Float,
) -> Bracket | None:
    """Return bounds on the distribution of a total, at amounts asked or over those that are likely."""
    chain, start, days = clocks.chain, reading.clock.start, float(reading.times[-1])
    (flow, per_firing), (mean, deviation) = rewards, moments_of_total
    live, lost = clocks.likely([reading.clock], days)
    lost += reading.clock.error
    if reading.question.sort == "counts" and per_firing is not None:
        likely = math.ceil(mean + 8.0 * deviation) + 1
        most = int(asked.max()) if len(asked) else min(likely, MOST)
        counted = firings(chain, per_firing > 0.0, days, most, start=start, live=live)
        below = np.cumsum(counted.value)[:-1]
        error = counted.error + lost
        amounts = asked if len(asked) else np.arange(most + 1.0)
        below = below[amounts.astype(np.intp)]
        return Bracket(amounts, np.clip(below - error, 0.0, 1.0), np.clip(below + error, 0.0, 1.0))
    top = float(asked.max(initial=0.0)) or mean + 4.0 * deviation
    if flow is None or not top > 0.0 or (flow < 0.0).any() or (per_firing is not None and per_firing.any()):
        return None
    fastest = CELLS * float(flow.max()) * days / FOLLOWED
    if len(asked):
        cells = max(int(CELLS * min(1.0, top / fastest)), 1) if fastest else CELLS
        found = total(chain, flow, days, asked, cells=cells, start=start, live=live, fit=True)
    else:
        top = max(top, fastest)
        amounts = np.linspace(top / LINES, top, LINES)
        found = total(chain, flow, days, amounts, start=start, live=live)
    low, high = np.clip(found.lower - lost, 0.0, 1.0), np.clip(found.upper + lost, 0.0, 1.0)
    return Bracket(found.amounts, low, high)


def _amounts_asked(name: str, amounts: Sequence[float], counted: bool) -> Float:
    """Return amounts in order, each once, or refuse them."""
    most = MOST if counted else math.inf
    wrong = [amount for amount in amounts if not 0.0 <= amount <= most or math.isinf(amount)]
    if wrong:
        told = f"a count from 0 to {MOST}" if counted else "an amount that is not negative"
        raise QueryError(f"'{name}' cannot be asked to be more than {wrong[0]:g}: ask for {told}.")
    asked = np.unique(np.array(amounts, np.float64))
    return np.unique(np.floor(asked)) if counted else asked


def mean_and_variance(
    chain: Chain, flow: Float | None, per_firing: Float | None, time: float, *, start: Float | None = None
) -> tuple[Bounded[float], Bounded[float]]:
    """Return mean and variance of the total by ``time``, the start being random too."""
    flow = np.zeros(chain.size) if flow is None else np.asarray(flow, np.float64)
    per_firing = (
        np.zeros(len(chain.option_rate)) if per_firing is None else np.asarray(per_firing, np.float64)
    )
    first, second = moments(chain.generator, flow, _lumps(chain, per_firing), time)
    begin = chain.start if start is None else start
    mean = inner(begin, first.value)
    variance = max(inner(begin, second.value) - mean**2, 0.0)
    error = second.error + first.error * (2.0 * abs(mean) + first.error)
    return Bounded(mean, first.error), Bounded(variance, error)


def firings(
    chain: Chain,
    options: Bool,
    time: float,
    most: int,
    *,
    start: Float | None = None,
    live: Bool | None = None,
) -> Bounded[Float]:
    """Return ``(most + 2,)`` the probability of 0 .. ``most`` firings within a time, and of more.

    Parameters
    ----------
    options
        ``(O,)`` those whose firings are counted.
    live
        ``(N,)`` situations to follow; the process is lost where it leaves them. All if None.
    """
    if most < 0:
        raise QueryError(f"The largest count must be at least 0, not {most}.")
    rates = np.where(options, chain.option_rate, 0.0)
    counted, rest = (jumps_of(chain.game, each)[0] for each in (rates, chain.option_rate - rates))
    unmoved = np.maximum(sum_options(chain.game.structure.option_start, rates) - counted.exit, 0.0)
    begin = chain.start if start is None else start
    if live is not None:
        (rest, _), (counted, _) = restrict(rest, live), restrict(counted, live)
        unmoved, begin = unmoved[live], begin[live]
    return count_events(rest, counted, unmoved, begin, time, most)


def total(
    chain: Chain,
    flow: Float,
    time: float,
    amounts: Float,
    *,
    cells: int = CELLS,
    start: Float | None = None,
    live: Bool | None = None,
    fit: bool = False,
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
    live
        As in `firings`.
    fit
        Whether to look for the closest bounds that the counts allow.
    """
    amounts = np.asarray(amounts, np.float64)
    if (flow < 0.0).any() or not (amounts >= 0.0).all() or not amounts.max(initial=0.0) > 0.0:
        raise QueryError(
            "Amounts that accrue, and those to compare with, must not be negative, and one be positive."
        )
    step = float(amounts.max()) / cells
    rest, begin = chain.generator, chain.start if start is None else start
    if live is not None:
        rest, _ = restrict(rest, live)
        flow, begin = flow[live], begin[live]
    none = Generator(
        np.zeros(rest.size + 1, np.int64), np.zeros(0, np.int32), np.zeros(0), np.zeros(rest.size)
    )
    most = int(cells + 6.0 * np.sqrt(cells) + 6.0)
    found = count_events(rest, none, flow / step, begin, time, most)
    return Bracket(amounts, *bracket_total(found, step, amounts, fit=fit))


def _lumps(chain: Chain, per_firing: Float) -> Lumps:
    moved = jumps_of(chain.game, chain.option_rate * per_firing)[0]
    starts = chain.game.structure.option_start
    mean = sum_options(starts, chain.option_rate * per_firing)
    square = sum_options(starts, chain.option_rate * per_firing**2)
    return Lumps(moved, mean - moved.exit, mean, square)
