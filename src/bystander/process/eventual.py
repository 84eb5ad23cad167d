r"""What happens without a deadline: expected times, who comes first, long-run shares.

Times are infinite where the target may never be reached: decided on the graph of positive rates, not by a
number that looks large. Linear solves carry proved bounds, see `bystander.numerics.absorption`. Where
situations are left only over times so long that double precision cannot tell (rates of 1e-20 beside rates of
one), a bound can exceed what it bounds: then there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.errors import NotConvergedError
from bystander.game.arrays import Float, Int32
from bystander.numerics.absorption import collected, days_before_leaving, find_classes, shares, time_to_leave
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import inner, rate_into, restrict
from bystander.process.chain import Bool, Chain, make_passage

TRUSTED = 1e-3


@dataclass(frozen=True, slots=True)
class RecurrentClass:
    """A set of situations that is never left once entered.

    Attributes
    ----------
    rows
        Its situations.
    shares
        Long-run share of time in each of them; the error is in the sum.
    probability
        That the process ends up in this class.
    """

    rows: Int32
    shares: Bounded[Float]
    probability: Bounded[float]


@dataclass(frozen=True, slots=True)
class LongRun:
    """The recurrent classes, and ``(N,)`` long-run shares of time from the given start (error in the sum)."""

    classes: tuple[RecurrentClass, ...]
    share: Bounded[Float]


def expected_time(
    chain: Chain,
    target: Bool | None,
    *,
    options: Bool | None = None,
    start: Float | None = None,
) -> Bounded[float]:
    """Return the expected days until a hit; infinite if there may never be one."""
    begin = chain.start if start is None else start
    passage = make_passage(chain, target, options=options)
    if passage.may_miss(begin):
        return Bounded(np.inf, 0.0)
    live, rows = restrict(passage.generator, passage.sure)
    days = time_to_leave(live)
    value = inner(begin[passage.rows[rows]], days.value)
    relative = days.error / float(days.value.max()) if len(days.value) else 0.0
    return Bounded(value, relative * value)


def expected_time_from_everywhere(
    chain: Chain, target: Bool | None, *, options: Bool | None = None
) -> Bounded[Float]:
    """Return ``(N,)`` expected days until a hit; infinite where there may be none."""
    passage = make_passage(chain, target, options=options)
    out = np.full(chain.size, np.inf)
    out[passage.target] = 0.0
    live, kept = restrict(passage.generator, passage.sure)
    days = time_to_leave(live)
    out[passage.rows[kept]] = days.value
    return Bounded(out, days.error)


def before(chain: Chain, first: Bool, than: Bool, *, start: Float | None = None) -> Bounded[float]:
    """Return the probability that ``first`` is entered before ``than``; one that never comes is never first.

    A situation in both counts as ``first``.
    """
    passage = make_passage(chain, first, avoid=than)
    live, begun = passage.split(chain.start if start is None else start)
    chance = collected(passage.generator, passage.hit_rate)
    _require(chance.error, "Which of two conditions comes first")
    return Bounded(min(max(begun + inner(live, chance.value), 0.0), 1.0), chance.error)


def long_run(chain: Chain, *, start: Float | None = None) -> LongRun:
    """Return the recurrent classes, the chance of ending up in each, and the long-run shares of time."""
    begin = chain.start if start is None else start
    found = find_classes(chain.generator)
    live, rows = restrict(chain.generator, found.of < 0)
    days = days_before_leaving(live, begin[rows])
    flow = np.zeros(chain.size)
    flow[rows] = days.value
    classes = []
    share = np.zeros(chain.size)
    error = days.error
    for number in range(found.count):
        inside = found.of == number
        members = found.rows(number)
        probability = float(begin[inside].sum() + inner(flow, rate_into(chain.generator, inside)))
        within = shares(chain.generator, members)
        share[members] = probability * within.value
        error += probability * within.error
        classes.append(RecurrentClass(members, within, Bounded(probability, days.error)))
    _require(error, "What happens in the long run")
    return LongRun(tuple(classes), Bounded(share, error))


def _require(error: float, what: str) -> None:
    """Refuse a probability whose bound says nothing."""
    if not error <= TRUSTED:
        raise NotConvergedError(
            f"{what} could not be computed: its error could be {error:.1e}. Some situations are left "
            "only over times so long that double precision cannot tell."
        )
