r"""From pair integrals to derivatives in what behaviour sets: rates of options, chances of branches.

With :math:`X` the pair integrals of an answer (`bystander.numerics.pairs`), an option at ``s`` with
branches ``b`` contributes

.. math:: \frac{\partial y}{\partial r_o} = \sum_b p_b X_{s t_b} - X_{ss} + d_s \iota_o, \qquad
          \frac{\partial y}{\partial p_b} \mathrel{+}= r_o X_{s t_b},

with :math:`d_s` the expected days in ``s`` and :math:`\iota_o` the reward of a firing. Where a target
ends the process, :math:`X_{st} = d_s w_t` with the worth :math:`w_t` of ending there (1 for a
probability); an option whose firing ends it contributes :math:`d_s - X_{ss}`.

Answers are columns, as in the pair integrals: those of one process, or one each of several that end in
different ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bystander.game.arrays import Float, Int32, Int64
from bystander.game.questions import branches_of_kinds
from bystander.numerics.jit import kernel
from bystander.numerics.operators import Ends, rate_of_ending
from bystander.numerics.pairs import Recording, record
from bystander.numerics.rows import load_row, side_by_side, store_row
from bystander.process.chain import Bool, Chain


@dataclass(frozen=True)
class Slope:
    """Derivative of one answer in what behaviour sets.

    Attributes
    ----------
    option_rate
        ``(O,)`` in the rate of each option.
    chance
        ``(K, branches)`` in the chance of each branch, rates held.
    start
        ``(N,)`` in the starting probability of each situation: the answer from there.
    """

    option_rate: Float
    chance: Float
    start: Float

    def plus(self, other: Slope) -> Slope:
        """Return the sum of two contributions; the start is that of the first."""
        return Slope(self.option_rate + other.option_rate, self.chance + other.chance, self.start)


@dataclass(frozen=True)
class Recorded:
    """Processes followed over a time, ready for derivatives; columns are filled up to a row's length."""

    chain: Chain
    recording: Recording

    @property
    def days(self) -> Float:
        """``(N, C)`` expected days in each situation."""
        return self.recording.days

    def slopes(self, terminal: Sequence[Float | None], accrual: Sequence[Float | None]) -> list[Slope]:
        """Differentiate what is expected at the end plus what accrues per day until then, answer by answer.

        Parameters
        ----------
        terminal, accrual
            ``(N,)`` each; None for nothing.
        """
        size, count = self.chain.size, len(terminal)
        at_end, on_the_way = side_by_side(terminal, size), side_by_side(accrual, size)
        return self._slopes(at_end, on_the_way, np.zeros(at_end.shape))[:count]

    def whole(self, terminal: Float, accrual: Float, worth: Float) -> Slope:
        """Differentiate what is expected at the end, per day until then, and where the one process ends."""
        worths, size = side_by_side([worth], self.chain.size), self.chain.size
        gain = rate_of_ending(self.chain.generator, self.recording.ends, worths)
        gain += side_by_side([accrual], size)
        return self._slopes(side_by_side([terminal], size), gain, worths)[0]

    def slopes_of_ending(self, worth: Sequence[Float]) -> list[Slope]:
        """Differentiate what ending is expected to be worth, given what it is in each situation ``(N,)``.

        An option whose firing ends a process is worth 1.
        """
        worths = side_by_side(worth, self.chain.size)
        accrual = rate_of_ending(self.chain.generator, self.recording.ends, worths)
        return self._slopes(np.zeros(worths.shape), accrual, worths)[: len(worth)]

    def _slopes(self, terminal: Float, accrual: Float, worth: Float) -> list[Slope]:
        pairs = self.recording.pairs(terminal, accrual)
        days = np.broadcast_to(self.days, terminal.shape)
        values = np.where(self.recording.ends.situations, worth, pairs.value)
        return assemble(
            self.chain, pairs.along, pairs.here, days, worth, values, moves=self.recording.ends.labels
        )


def follow(chain: Chain, ends: Ends, starts: Sequence[Float], time: float) -> Recorded:
    """Follow processes that end as given, filled up to a row's length, each from its own start ``(N,)``."""
    begin = side_by_side(starts, chain.size)
    return Recorded(chain, record(chain.generator, chain.transposed, ends, begin, time))


def assemble(
    chain: Chain,
    along: Float | None,
    here: Float,
    days: Float,
    worth: Float,
    values: Float,
    *,
    moves: Bool | None = None,
) -> list[Slope]:
    """Turn pair integrals of R answers into derivatives in option rates and chances.

    Parameters
    ----------
    along
        ``(n, R)`` along the entries of the generator, if any.
    here, days
        ``(N, R)``.
    worth
        ``(N, R)``: days times worth is added along every branch that leads to another situation.
    values
        ``(N, R)`` the answer from each situation.
    moves
        ``(M, R)`` or ``(M, 1)`` whose firing ends a process.
    """
    structure, chance = chain.game.structure, chain.game.numbers.chance
    width = here.shape[1]
    hits = np.zeros((len(chain.game.moves), width))
    if moves is not None:
        hits[:] = moves
    rate = np.empty((len(chain.option_rate), width))
    chances = np.zeros((*chance.shape, width))
    _assemble(
        (0,) * width,
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(chain.game),
        structure.kind_move,
        structure.targets,
        chain.branch_entry,
        chance,
        chain.option_rate,
        np.zeros((len(chain.indices), width)) if along is None else along,
        here,
        np.ascontiguousarray(days),
        worth,
        np.asarray(worth.any(axis=1)),
        hits,
        np.asarray(hits.any(axis=1)),
        rate,
        chances,
    )
    return [Slope(rate[:, c], chances[..., c], values[:, c]) for c in range(width)]


@kernel(fast=True, borrow=True)
def _assemble(
    lanes: tuple[int, ...],
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    kind_move: Int32,
    targets: Int32,
    branch_entry: Int32,
    chance: Float,
    option_rate: Float,
    along: Float,
    here: Float,
    days: Float,
    worth: Float,
    worthy: Bool,
    hits: Float,
    hitting: Bool,
    rate: Float,
    chances: Float,
) -> None:
    """See `assemble`; ``worthy`` and ``hitting`` say where rows of ``worth`` and ``hits`` are not zero."""
    branch = 0
    for s in range(len(option_start) - 1):
        spent, stay = load_row(days, s, lanes), load_row(here, s, lanes)
        for o in range(option_start[s], option_start[s + 1]):
            kind = option_kind[o]
            move = kind_move[kind]
            goes = 1.0 - load_row(hits, move, lanes)
            total = load_row(hits, move, lanes) * spent - stay
            for b in range(kind_branches[kind]):
                entry, t = branch_entry[branch], targets[branch]
                branch += 1
                if t == s:
                    row = stay
                else:
                    row = load_row(along, entry, lanes) if entry >= 0 else 0.0 * stay
                    if worthy[t]:
                        row = row + spent * load_row(worth, t, lanes)
                if hitting[move]:
                    row = goes * row
                total = total + chance[kind, b] * row
                place = kind * chance.shape[1] + b
                store_row(chances, place, load_row(chances, place, lanes) + option_rate[o] * row)
            store_row(rate, o, total)
