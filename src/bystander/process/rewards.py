r"""What accumulates: expected totals, and how often moves fire.

A reward flows at :math:`f(s)` per day and :math:`\iota_o` comes whenever option ``o`` fires. The expected
total by ``T`` is :math:`\int_0^T \pi_u \cdot r\, du` with :math:`r(s) = f(s) + \sum_{o \in s} r_o
\iota_o`: a move's reward counts each time it fires, also when the situation stays as it is. Counting
firings is a reward of one.
"""

from __future__ import annotations

import numpy as np

from bystander.errors import QueryError
from bystander.game.arrays import Float, Game
from bystander.game.questions import Question
from bystander.numerics.bounds import Bounded
from bystander.numerics.transients import backward, forward_course
from bystander.process.chain import Chain, sum_options

EPSILON = 1e-12


def rate_of(chain: Chain, flow: Float | None = None, per_firing: Float | None = None) -> Float:
    """Return ``(N,)`` the expected reward per day: flow ``(N,)`` plus ``per_firing`` ``(O,)`` times rates."""
    out = np.zeros(chain.size) if flow is None else np.array(flow, np.float64)
    if per_firing is not None:
        out += sum_options(chain.game.structure.option_start, per_firing * chain.option_rate)
    if not np.isfinite(out).all():
        raise QueryError("Rewards must be finite numbers.")
    return out


def rewards_of(game: Game, question: Question) -> tuple[Float | None, Float | None]:
    """Return what a question about a condition, moves or amounts collects, per day and per firing.

    Flow ``(N,)`` and ``(O,)`` for each time an option fires; None where nothing is collected so.
    """
    if question.target is not None:
        return question.target.astype(np.float64), None
    if question.moves is not None:
        structure = game.structure
        return None, question.moves[structure.kind_move[structure.option_kind]].astype(np.float64)
    return question.flow, question.per_firing


def accumulated(
    chain: Chain,
    flow: Float | None,
    per_firing: Float | None,
    times: Float,
    *,
    start: Float | None = None,
    epsilon: float = EPSILON,
) -> Bounded[Float]:
    """Return ``(G,)`` the expected total by each time.

    Parameters
    ----------
    flow
        ``(N,)`` per day.
    per_firing
        ``(O,)`` each time an option fires.
    """
    rate = rate_of(chain, flow, per_firing)
    times = np.atleast_1d(np.asarray(times, np.float64))
    begin = chain.start if start is None else start
    course = forward_course(chain.transposed, begin, float(times.max()), rate[:, None], epsilon=epsilon)
    total = course.series.until(times, scale=float(np.abs(rate).max(initial=0.0)))
    return Bounded(total.value[:, 0], total.error)


def accumulated_from_everywhere(
    chain: Chain, flow: Float | None, per_firing: Float | None, time: float, *, epsilon: float = EPSILON
) -> Bounded[Float]:
    """Return ``(N,)`` the expected total within ``time`` days from every situation."""
    rate = rate_of(chain, flow, per_firing)
    scale = max(float(np.abs(rate).max(initial=0.0)) * time, 1e-300)
    found = backward(chain.generator, np.zeros(chain.size), rate, np.array([time]), epsilon * scale)
    return Bounded(found.value[0], found.error)
