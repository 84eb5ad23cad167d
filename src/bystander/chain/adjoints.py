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
from bystander.numerics.generators import Generator
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
    """

    chain: Chain
    passage: Passage | None
    fired: Bool | None
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
            along = along_branches(self.chain, self.chain.generator, None, pairs.along, pairs.here)
            return assemble(self.chain, along, pairs.here, days, pairs.value, per_firing=per_firing)
        passage, n = self.passage, self.chain.size
        ends = passage.target.astype(np.float64) if worth is None else worth
        here, spent, value = np.zeros(n), np.zeros(n), ends.copy()
        here[passage.rows], spent[passage.rows], value[passage.rows] = pairs.here, days, pairs.value
        along = spread_over_branches(self.chain, spent, ends)
        along += along_branches(self.chain, passage.generator, passage.rows, pairs.along, pairs.here)
        return assemble(self.chain, along, here, spent, value, fired=self.fired)


def record_chain(chain: Chain, start: Float, time: float) -> Recorded:
    """Follow the whole process."""
    found = record(chain.generator, start, time, transposed=chain.transposed)
    return Recorded(chain, None, None, found)


def record_passage(
    chain: Chain, passage: Passage, start: Float, time: float, fired: Bool | None = None
) -> Recorded:
    """Follow a passage from the live part of a start."""
    live, _ = passage.split(start)
    found = record(passage.generator, live, time, transposed=passage.transposed)
    return Recorded(chain, passage, fired, found)


def along_branches(
    chain: Chain, generator: Generator, rows: Int32 | None, along: Float, here: Float
) -> Float:
    """Return ``(B,)`` the pair integral of each branch from those of the generator's entries and rows.

    ``rows`` are the situations of the generator's rows, all if None; branches that leave them get 0.
    """
    structure = chain.game.structure
    place = np.arange(chain.size, dtype=np.int32)
    if rows is not None:
        place[:] = -1
        place[rows] = np.arange(len(rows), dtype=np.int32)
    return _along_branches(
        structure.target_start, structure.targets, place, generator.indptr, generator.indices, along, here
    )


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
def _along_branches(
    target_start: Int64,
    targets: Int32,
    place: Int32,
    indptr: Int64,
    indices: Int32,
    along: Float,
    here: Float,
) -> Float:
    out = np.zeros(len(targets))
    for s in range(len(place)):
        row = place[s]
        if row < 0:
            continue
        for b in range(target_start[s], target_start[s + 1]):
            column = place[targets[b]]
            if column == row:
                out[b] = here[row]
            elif column >= 0:
                for i in range(indptr[row], indptr[row + 1]):
                    if indices[i] == column:
                        out[b] = along[i]
                        break
    return out


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
