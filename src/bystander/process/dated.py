r"""Outcomes of a scenario whose known dates lie ahead, answered while behaviour changes from day to day.

Each question is an expectation followed back from its last day T to the start, as in
`bystander.process.announced`:

.. math:: P(\text{ever } C),\; P(\text{fires}): \; \text{the process killed by a hit}; \qquad
          P(C \text{ at } T) = E[1_C(s_T)]; \qquad
          E \int_0^T 1_C(s_t)\,dt \,/\, T; \qquad E\Big[\int_0^T g(s_t)\,dt + \sum c\Big].

Amounts are followed in units of their largest rate, so that an error is judged beside the answer. The error
stated is the difference between two refinements, an estimate. What has no last day (first times without end,
which of two comes first, the long run) and what begins at the onset of a condition is not answered, and says
so; there are no curves.
"""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.announced import Announced
from bystander.equilibrium.result import NOT_WITH_DATES, names_of_dates
from bystander.errors import QueryError
from bystander.game.arrays import Float
from bystander.game.questions import Question
from bystander.numerics.bounds import Bounded
from bystander.process.announced import expect_with_dates, reach_with_dates
from bystander.process.rewards import rewards_of

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
