r"""First times: when the process enters a set or a move fires, where it is then, and the long run.

With the live process of `bystander.process.chain.Passage`, :math:`P(\tau \le T) = \int_0^T \pi_u \cdot
h\, du` where :math:`h` is the hit rate, and :math:`\pi_u \cdot h` is the density of :math:`\tau`. Every
term is positive, so small probabilities keep their digits. *Onset* of a condition is its first time; the
situation in which the process enters it has probability :math:`\sum_s \int_0^T \pi_u(s)\, du\; q_{st}`,
to be divided by :math:`P(\tau \le T)`.

*Without a deadline* expected times, who comes first and long-run shares are asked. Times are infinite where
the target may never be reached: decided on the graph of positive rates, not by a number that looks large.
Linear solves carry proved bounds, see `bystander.numerics.absorption`. Where situations are left only over
times so long that double precision cannot tell (rates of 1e-20 beside rates of one), a bound can exceed what
it bounds: then there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import Float, Int32
from bystander.numerics.absorption import collected, days_before_leaving, find_classes, shares, time_to_leave
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import inner, rate_into, restrict
from bystander.numerics.transients import forward_course
from bystander.process.chain import Bool, Chain, make_passage
from bystander.units import format_whole

EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Onset:
    """The situation in which a condition first holds, given that it comes to hold by a horizon.

    ``distribution`` sums to 1 and lies on situations in which the condition holds; ``probability`` is
    that of onset by the horizon.
    """

    distribution: Bounded[Float]
    probability: Bounded[float]


def onset(
    chain: Chain, condition: Bool, horizon: float, *, start: Float | None = None, epsilon: float = EPSILON
) -> Onset:
    """Return where the process is when a condition first holds, given that it comes to by the horizon.

    Situations of the start in which it holds already are their own onset.
    """
    begin = chain.start if start is None else start
    passage = make_passage(chain, condition)
    entered = np.where(condition, begin, 0.0)
    live, begun = passage.split(begin)
    error = 0.0
    if live.any():
        none = np.zeros((len(live), 0))
        until = as_times([horizon])
        course = forward_course(passage.transposed, live, horizon, none, until=until, epsilon=epsilon)
        days = np.zeros(chain.size)
        days[passage.rows] = np.maximum(course.until[0], 0.0)
        entered = entered + flow_into(chain, days, condition)
        error = course.until_error * float(passage.hit_rate.max(initial=0.0))
    probability = float(entered.sum())
    if probability <= 0.0:
        raise QueryError(
            f"The condition never comes to hold within {format_whole(horizon)} of the start: nothing can "
            "be asked given it."
        )
    relative = 2.0 * error / probability
    return Onset(
        Bounded(entered / probability, relative if begun < 1.0 else 0.0),
        Bounded(min(probability, 1.0), error),
    )


def as_times(times: Float | list[float]) -> Float:
    """Check that times are finite and not negative, and return them as an array."""
    out = np.atleast_1d(np.asarray(times, np.float64))
    if out.ndim != 1 or len(out) == 0 or not np.isfinite(out).all() or (out < 0.0).any():
        raise QueryError(f"Times must be finite and at least 0 days, not {times}.")
    return out


def flow_into(chain: Chain, days: Float, condition: Bool) -> Float:
    """Return ``(N,)`` the expected number of entries into each situation of the condition."""
    generator = chain.generator
    sources = np.repeat(np.arange(chain.size), np.diff(generator.indptr))
    inside = condition[generator.indices]
    entries = np.bincount(
        generator.indices[inside],
        weights=days[sources[inside]] * generator.rates[inside],
        minlength=chain.size,
    )
    return np.asarray(entries, np.float64)


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
    chain: Chain, target: Bool | None, *, options: Bool | None = None, start: Float | None = None
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


def expected_time_from_everywhere(chain: Chain, target: Bool | None) -> Bounded[Float]:
    """Return ``(N,)`` expected days until a hit; infinite where there may be none."""
    passage = make_passage(chain, target)
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
