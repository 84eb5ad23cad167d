"""Many first-time questions from several clocks, answered in one pass over the likely part of the process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bystander.chain.clocks import Clock, Clocks
from bystander.chain.first_times import FirstTime, ends_of
from bystander.game.arrays import Float
from bystander.numerics.bounds import Bounded
from bystander.numerics.firsts import first_hits
from bystander.numerics.generators import restrict


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
