"""Many first-time questions from several clocks, answered in one pass over the likely part of the process.

Questions about first times, and how the process of each of them ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.game.arrays import Float
from bystander.numerics.bounds import Bounded
from bystander.numerics.generators import restrict
from bystander.numerics.operators import Ends
from bystander.numerics.transients import first_hits
from bystander.process.chain import Bool, Chain, losses_by
from bystander.process.clocks import Clock, Clocks


@dataclass(frozen=True)
class FirstTime:
    """One column: enter ``target`` (N,) or fire one of ``moves`` (M,), before ``avoid`` (N,) is entered."""

    target: Bool | None = None
    moves: Bool | None = None
    avoid: Bool | None = None

    @property
    def identity(self) -> tuple[bytes, ...]:
        """Equal for equal questions."""
        return tuple(
            b"" if m is None else np.packbits(m).tobytes() for m in (self.target, self.moves, self.avoid)
        )


def ends_of(chain: Chain, questions: Sequence[FirstTime]) -> tuple[Ends, Bool]:
    """Return how each question's process ends, and ``(N, C)`` in which situations that is a hit."""
    columns = len(questions)
    hit, miss = np.zeros((2, chain.size, columns), bool)
    labels = np.zeros((len(chain.game.moves), columns), bool)
    for column, question in enumerate(questions):
        if question.avoid is not None:
            miss[:, column] = question.avoid
        if question.target is not None:
            hit[:, column] = question.target
        if question.moves is not None:
            labels[:, column] = question.moves
    return Ends(hit | miss, losses_by(chain, labels), labels), hit


def chances(
    clocks: Clocks, starts: Sequence[Clock], questions: Sequence[FirstTime], times: Sequence[Float]
) -> list[Bounded[Float]]:
    """Return ``(G,)`` chances of a hit by each of its times, for each question from the clock beside it."""
    if not questions:
        return []
    columns: dict[tuple[bytes, ...], int] = {}
    distinct: list[FirstTime] = []
    for question in questions:
        if columns.setdefault(question.identity, len(columns)) == len(distinct):
            distinct.append(question)
    rows: dict[str, int] = {}
    for clock in starts:
        rows.setdefault(clock.given, len(rows))
    begin = np.array([clocks.at(given or None).start for given in rows])
    last = float(max(t.max() for t in times))
    keep, lost = clocks.likely([clocks.at(given or None) for given in rows], last)
    generator, _ = restrict(clocks.chain.generator, keep)
    ends, targets = ends_of(clocks.chain, distinct)
    found = first_hits(generator, ends.restricted(keep), targets[keep], begin[:, keep], last, clocks.epsilon)
    by_times: dict[bytes, Bounded[Float]] = {}
    out = []
    for question, clock, when in zip(questions, starts, times, strict=True):
        if when.tobytes() not in by_times:
            by_times[when.tobytes()] = found.at(when)
        reached = by_times[when.tobytes()]
        value = reached.value[:, rows[clock.given], columns[question.identity]]
        out.append(Bounded(np.clip(value, 0.0, 1.0), reached.error + lost + clock.error))
    return out
