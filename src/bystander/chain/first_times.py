"""Questions about first times, and how the process of each of them ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.chain.process import Bool, Chain, losses_by
from bystander.numerics.endings import Ends


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
