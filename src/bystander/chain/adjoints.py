r"""From pair integrals to derivatives in what behaviour sets: rates of options, chances of branches.

With :math:`X` the pair integrals of an answer (`bystander.numerics.pairs`), an option at ``s`` with
branches ``b`` contributes

.. math:: \frac{\partial y}{\partial r_o} = \sum_b p_b X_{s t_b} - X_{ss} + d_s \iota_o, \qquad
          \frac{\partial y}{\partial p_b} \mathrel{+}= r_o X_{s t_b},

with :math:`d_s` the expected days in ``s`` and :math:`\iota_o` the reward of a firing. Where a target
ends the process, :math:`X_{st} = d_s w_t` with the worth :math:`w_t` of ending there (1 for a
probability); an option whose firing ends it contributes :math:`d_s - X_{ss}`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bystander.chain.process import Bool, Chain, Passage, branches_of_kinds
from bystander.game.arrays import Float, Int32, Int64
from bystander.numerics.generators import ranges_of
from bystander.numerics.jit import kernel
from bystander.numerics.pairs import Recording, record


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
    """A process or a passage followed over a time, ready for derivatives.

    Attributes
    ----------
    passage
        None for the whole process.
    fired
        ``(O,)`` options whose firing is a hit.
    branches
        ``(b,)`` number, among all branches, of those of live rows.
    """

    chain: Chain
    passage: Passage | None
    fired: Bool | None
    branches: Int64 | None
    recording: Recording

    def slope(
        self,
        terminal: Float | None,
        accrual: Float | None,
        *,
        per_firing: Float | None = None,
        worth: Float | None = None,
    ) -> Slope:
        """Differentiate what is expected of ``terminal`` at the end plus ``accrual`` per day until then.

        Parameters
        ----------
        terminal, accrual
            Over the rows of the process (live rows of a passage).
        per_firing
            ``(O,)`` part of the accrual that comes with each firing.
        worth
            ``(N,)`` worth of ending in each situation, for a passage; 1 on its target if not given.
        """
        pairs = self.recording.pairs(terminal, accrual)
        days = self.recording.days
        if self.passage is None:
            return assemble(self.chain, pairs.along, pairs.here, days, pairs.value, per_firing=per_firing)
        passage, n = self.passage, self.chain.size
        ends = passage.target.astype(np.float64) if worth is None else worth
        here, spent, value = np.zeros(n), np.zeros(n), ends.copy()
        here[passage.rows], spent[passage.rows], value[passage.rows] = pairs.here, days, pairs.value
        along = spread_over_branches(self.chain, spent, ends)
        along[self.branches] += pairs.along
        return assemble(self.chain, along, here, spent, value, fired=self.fired)


def record_chain(chain: Chain, start: Float, time: float, epsilon: float) -> Recorded:
    """Follow the whole process."""
    structure = chain.game.structure
    found = record(
        chain.generator,
        start,
        time,
        structure.target_start,
        structure.targets,
        epsilon,
        chain.transposed,
    )
    return Recorded(chain, None, None, None, found)


def record_passage(
    chain: Chain, passage: Passage, start: Float, time: float, epsilon: float, fired: Bool | None = None
) -> Recorded:
    """Follow a passage from the live part of a start."""
    branches, target_start, targets = live_branches(chain, passage)
    live, _ = passage.split(start)
    found = record(passage.generator, live, time, target_start, targets, epsilon, passage.transposed)
    return Recorded(chain, passage, fired, branches, found)


def live_branches(chain: Chain, passage: Passage) -> tuple[Int64, Int64, Int32]:
    """Return the branches of live rows, where each row's begin, and their targets (-1 if outside)."""
    structure = chain.game.structure
    place = np.full(chain.size, -1, np.int32)
    place[passage.rows] = np.arange(len(passage.rows), dtype=np.int32)
    branches = ranges_of(structure.target_start, passage.rows)
    counts = np.diff(structure.target_start)[passage.rows]
    target_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return branches, target_start, place[structure.targets[branches]]


def spread_over_branches(chain: Chain, days: Float, worth: Float) -> Float:
    """Return ``(B,)`` the days in each branch's situation times the worth of where it leads."""
    structure = chain.game.structure
    return np.repeat(days, np.diff(structure.target_start)) * worth[structure.targets]


def assemble(
    chain: Chain,
    along: Float,
    here: Float,
    days: Float,
    value: Float,
    *,
    per_firing: Float | None = None,
    fired: Bool | None = None,
) -> Slope:
    """Turn pair integrals ``(B,)`` and ``(N,)`` into derivatives in option rates and chances."""
    structure, chance = chain.game.structure, chain.game.numbers.chance
    none = np.zeros(len(chain.option_rate))
    rate, chances = _assemble(
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(chain.game),
        structure.target_start,
        chance,
        chain.option_rate,
        along,
        here,
        days,
        none if per_firing is None else per_firing,
        np.zeros(len(none), bool) if fired is None else fired,
    )
    return Slope(rate, chances, value)


@kernel
def _assemble(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    chance: Float,
    option_rate: Float,
    along: Float,
    here: Float,
    days: Float,
    per_firing: Float,
    fired: Bool,
) -> tuple[Float, Float]:
    rate = np.zeros(len(option_rate))
    chances = np.zeros(chance.shape)
    for s in range(len(here)):
        at = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            kind = option_kind[o]
            value = days[s] * per_firing[o] - here[s]
            if fired[o]:
                value += days[s]
            else:
                for b in range(kind_branches[kind]):
                    value += chance[kind, b] * along[at + b]
                    chances[kind, b] += option_rate[o] * along[at + b]
            rate[o] = value
            at += kind_branches[kind]
    return rate, chances
