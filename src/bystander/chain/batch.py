"""Many first-time questions from several clocks, answered in one pass over the likely part of the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.chain.clocks import Clock, Clocks
from bystander.chain.process import Bool, branches_of_kinds
from bystander.game.arrays import Float
from bystander.numerics.bounds import Bounded
from bystander.numerics.firsts import HIT, MISS, Options, Targets, first_hits
from bystander.numerics.generators import restrict


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
    found = first_hits(
        generator,
        _options(clocks, keep),
        _targets(clocks, distinct, keep),
        begin[:, keep],
        last,
        clocks.epsilon,
    )
    by_times: dict[bytes, Bounded[Float]] = {}
    out = []
    for question, clock, when in zip(questions, starts, times, strict=True):
        if when.tobytes() not in by_times:
            by_times[when.tobytes()] = found.at(when)
        reached = by_times[when.tobytes()]
        value = reached.value[:, rows[clock.given], columns[question.identity]]
        out.append(Bounded(np.clip(value, 0.0, 1.0), reached.error + lost + clock.error))
    return out


def _options(clocks: Clocks, keep: Bool) -> Options:
    chain = clocks.chain
    structure = chain.game.structure
    everything = Options(
        structure.option_start,
        structure.target_start,
        branches_of_kinds(chain.game)[structure.option_kind],
        chain.option_move,
        chain.option_rate,
        structure.targets,
        chain.branch_rate,
    )
    return everything if keep.all() else everything.restricted(keep)


def _targets(clocks: Clocks, questions: Sequence[FirstTime], keep: Bool) -> Targets:
    situations = np.zeros((int(keep.sum()), len(questions)), np.uint8)
    labels = np.zeros((len(clocks.chain.game.moves), len(questions)), bool)
    for column, question in enumerate(questions):
        if question.avoid is not None:
            situations[question.avoid[keep], column] = MISS
        if question.target is not None:
            situations[question.target[keep], column] = HIT
        if question.moves is not None:
            labels[question.moves, column] = True
    return Targets(situations, labels)
