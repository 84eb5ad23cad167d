r"""What then happens while behaviour changes from day to day, because dates that everybody knows come closer.

With behaviour of `bystander.equilibrium.announced`, the expectation f(s, t) of what is collected from day t
on and held in the end, from situation s, obeys

.. math:: -\frac{df}{dt} = g(t) + Q(t) f, \qquad f(s, t_k-) = \sum_{s'} J_k(s, s') f(s', t_k+),

and f = terminal at the end. Each span between dates is cut into n pieces of equal length on which the
generator and g are those of its middle; there the answer is as exact as for any process
(`bystander.numerics.transients`). The rule is symmetric in time, so its error has even powers of the length
of a piece only: n is doubled and answers are extrapolated (Romberg 1955) until two in a row differ by less
than the tolerance. The difference is the error that is reported: an estimate, not a bound. After the last
date behaviour is constant, and one piece is exact.

Reference: Hairer, Lubich & Wanner (2006), *Geometric Numerical Integration*, II.3 and IV.7 (Magnus series).

Each question of a scenario whose known dates lie ahead is an expectation followed so from its last day T back
to the start:

.. math:: P(\text{ever } C),\; P(\text{fires}): \; \text{the process killed by a hit}; \qquad
          P(C \text{ at } T) = E[1_C(s_T)]; \qquad
          E \int_0^T 1_C(s_t)\,dt \,/\, T; \qquad E\Big[\int_0^T g(s_t)\,dt + \sum c\Big].

Amounts are followed in units of their largest rate, so that an error is judged beside the answer. The error
stated is the difference between two refinements, an estimate. What has no last day (first times without end,
which of two comes first, the long run) and what begins at the onset of a condition is not answered, and says
so; there are no curves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from bystander.equilibrium.announced import Announced, jump_to
from bystander.equilibrium.result import NOT_WITH_DATES, names_of_dates
from bystander.errors import NotConvergedError, QueryError
from bystander.game.arrays import DateJump, Float
from bystander.game.questions import Question
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import rate_into, restrict
from bystander.numerics.transients import backward
from bystander.process.chain import Bool, Chain, killed_by, make_chain
from bystander.process.rewards import rate_of, rewards_of

TOLERANCE = 1e-8
LEVELS = 10

Back = Callable[[Chain, Float, float], Float]


def reach_with_dates(
    announced: Announced,
    target: Bool | None,
    until: float,
    *,
    moves: Bool | None = None,
    tolerance: float = TOLERANCE,
) -> Bounded[float]:
    """Return the probability that a set is entered, or a move fires, within ``until`` days.

    Parameters
    ----------
    target
        ``(N,)`` the set; what a date leads into counts.
    moves
        ``(M,)`` the moves; asked where ``target`` is None.
    """
    if target is None:
        assert moves is not None
        return _fired(announced, moves, until, tolerance)
    inside = target.astype(np.float64)

    def back(chain: Chain, ahead: Float, length: float) -> Float:
        live, rows = restrict(chain.generator, ~target)
        out = inside.copy()
        if len(rows):
            hit = rate_into(chain.generator, target)[rows]
            out[rows] = backward(live, ahead[rows], hit, np.array([length])).value[0]
        return out

    def leap(known: DateJump, after: Float) -> Float:
        return np.where(target, 1.0, jump_to(known, after))

    return _refined(announced, inside, until, back, leap, tolerance)


def _fired(announced: Announced, moves: Bool, until: float, tolerance: float) -> Bounded[float]:
    def back(chain: Chain, ahead: Float, length: float) -> Float:
        live, hit = killed_by(chain, chain.options_of(moves))
        return np.asarray(backward(live, ahead, hit, np.array([length])).value[0])

    return _refined(announced, np.zeros(announced.game.size), until, back, jump_to, tolerance)


def expect_with_dates(
    announced: Announced,
    until: float,
    *,
    terminal: Float | None = None,
    flow: Float | None = None,
    per_firing: Float | None = None,
    tolerance: float = TOLERANCE,
    relative: float = 0.0,
) -> Bounded[float]:
    """Return what is expected to be held after ``until`` days plus what is collected until then.

    Parameters
    ----------
    terminal
        ``(N,)`` what it is worth to be in a situation then.
    flow
        ``(N,)`` per day.
    per_firing
        ``(O,)`` each time an option fires.
    relative
        An error of this share of the answer is accepted too.
    """
    end = np.zeros(announced.game.size) if terminal is None else np.asarray(terminal, float)

    def back(chain: Chain, ahead: Float, length: float) -> Float:
        gain = rate_of(chain, flow, per_firing)
        return np.asarray(backward(chain.generator, ahead, gain, np.array([length])).value[0])

    return _refined(announced, end, until, back, jump_to, tolerance, relative)


def _refined(
    announced: Announced,
    end: Float,
    until: float,
    back: Back,
    leap: Callable[[DateJump, Float], Float],
    tolerance: float,
    relative: float = 0.0,
) -> Bounded[float]:
    """Double the number of pieces until extrapolated answers agree."""
    start = announced.game.situations.start
    rows: list[list[float]] = []
    for level in range(LEVELS):
        row = [float(start @ _followed(announced, end, until, back, leap, 2**level))]
        for k, before in enumerate(rows[-1] if rows else (), 1):
            row.append(row[-1] + (row[-1] - before) / (4.0**k - 1.0))
        exact = not any(known.day > 0.0 for known in announced.game.dates)
        wrong = 0.0 if exact else abs(row[-1] - rows[-1][-1]) if rows else np.inf
        if wrong <= max(tolerance, relative * abs(row[-1])):
            return Bounded(row[-1], wrong)
        rows.append(row)
    raise NotConvergedError(
        f"The answer still moves by {wrong:.1e} when behaviour is followed in pieces half as long; asked for "
        f"{tolerance:.0e}."
    )


def _followed(
    announced: Announced,
    end: Float,
    until: float,
    back: Back,
    leap: Callable[[DateJump, Float], Float],
    pieces: int,
) -> Float:
    """Values of an expectation in every situation at the start, ``(N,)``."""
    ahead = end
    for begin, length, known, parts in _spans(announced, until, pieces):
        if known is not None:
            ahead = leap(known, ahead)
        for part in reversed(range(parts)):
            middle = begin + (part + 0.5) * length / parts
            choice, rate = announced.behaviour_at(middle)
            chain = make_chain(replace(announced.after, choice=choice, option_rate=rate))
            ahead = back(chain, ahead, length / parts)
    return ahead


def _spans(
    announced: Announced, until: float, pieces: int
) -> Iterator[tuple[float, float, DateJump | None, int]]:
    """Spans from the last to the first: begin, length, the date at their end if it counts, pieces."""
    dates = [known for known in announced.game.dates if known.day <= until]
    last = dates[-1].day if dates else 0.0
    if until > last:
        ahead = len(dates) < len(announced.game.dates)
        yield last, until - last, None, pieces if ahead else 1
    for k in range(len(dates) - 1, -1, -1):
        begin = dates[k - 1].day if k else 0.0
        yield begin, dates[k].day - begin, dates[k], pieces


CLOSELY = 1e-7


def answer_with_dates(announced: Announced, question: Question, until: float) -> Bounded[Float]:
    """Return the answer, ``(1,)``, to a question about the first ``until`` days.

    Raises
    ------
    QueryError
        If the question has no last day.
    NotConvergedError
        If refinements do not agree.
    """
    match question.sort:
        case "ever" | "fires":
            found = reach_with_dates(
                announced, question.target, until, moves=question.moves, tolerance=CLOSELY
            )
        case "at":
            assert question.target is not None
            found = expect_with_dates(
                announced, until, terminal=question.target.astype(np.float64), tolerance=CLOSELY
            )
        case "share" | "accumulates" | "counts":
            found = _collected(announced, question, until)
        case sort:
            what = f"The answer to '{sort}', which has no last day,"
            raise QueryError(f"{what} {NOT_WITH_DATES} ({names_of_dates(announced.game)}).")
    return Bounded(np.array([found.value]), found.error)


def _collected(announced: Announced, question: Question, until: float) -> Bounded[float]:
    rewards = rewards_of(announced.game, question)
    scale = max(float(np.abs(part).max(initial=0.0)) for part in rewards if part is not None) or 1.0
    flow, per_firing = (None if part is None else part / scale for part in rewards)
    found = expect_with_dates(
        announced, until, flow=flow, per_firing=per_firing, tolerance=CLOSELY, relative=CLOSELY
    )
    if question.sort == "share":
        scale /= until
    return Bounded(found.value * scale, found.error * scale)
