r"""The Markov jump process that behaviour makes of a game, and its killed versions for first times.

When option ``o`` fires at rate :math:`r_o(s)` and branch ``b`` of it has chance :math:`p_b`, the process
jumps from ``s`` to the branch's target at rate :math:`\sum r_o p_b` over all options and branches that
lead there. Jumps to the same situation are dropped: they change nothing, though the option has fired,
which is why questions about moves ask the options and not the rates.

A *passage* is the process killed when it first enters a set, or when one of a set of moves first fires:
live rows keep their exit rates, lose their rates into the set, and gain a *hit rate*. Rows from which the
target can never be reached are dropped as well; what enters them never hits.

From options and their branches to rates, and back from the entries of a generator to branches.

A situation's options stand one after the other, and so do the branches of its options: what belongs to
situation ``s`` is found from ``option_start[s]`` and ``target_start[s]``. Everything here is linear in the
number of branches.

A reward flows at :math:`f(s)` per day and :math:`\iota_o` comes whenever option ``o`` fires. The expected
total by ``T`` is :math:`\int_0^T \pi_u \cdot r\, du` with :math:`r(s) = f(s) + \sum_{o \in s} r_o
\iota_o`: a move's reward counts each time it fires, also when the situation stays as it is. Counting
firings is a reward of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bystander.equilibrium.result import Equilibrium
from bystander.errors import QueryError
from bystander.game.arrays import Float, Game, Int32, Int64
from bystander.game.questions import Question, branch_options, branches_of_kinds
from bystander.numerics.generators import Generator, collect, rate_into, reached_from, restrict, transpose
from bystander.numerics.jit import kernel
from bystander.numerics.operators import Ends, Losses, no_losses

Bool = NDArray[np.bool_]


def find_entries(target_start: Int64, targets: Int32, generator: Generator) -> Int32:
    """Return ``(B,)`` the entry of a collected generator that each branch adds to; -1 if it adds to none."""
    return _find_entries(target_start, targets, generator.indptr, generator.indices)


@kernel
def branch_rates(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    chance: Float,
    option_rate: Float,
) -> Float:
    """Return ``(B,)`` the rate of each branch: its option's rate times its chance."""
    out = np.empty(target_start[-1])
    for s in range(len(option_start) - 1):
        at = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            kind = option_kind[o]
            for b in range(kind_branches[kind]):
                out[at] = option_rate[o] * chance[kind, b]
                at += 1
    return out


@kernel
def without_options(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    rates: Float,
    chosen: Bool,
) -> Float:
    """Return a copy of the branch rates in which those of the chosen options are zero."""
    out = rates.copy()
    for s in range(len(option_start) - 1):
        at = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            branches = kind_branches[option_kind[o]]
            if chosen[o]:
                for b in range(at, at + branches):
                    out[b] = 0.0
            at += branches
    return out


@kernel
def sum_options(option_start: Int64, per_option: Float) -> Float:
    """Return ``(N,)`` the sum over each situation's options."""
    out = np.zeros(len(option_start) - 1)
    for s in range(len(out)):
        for o in range(option_start[s], option_start[s + 1]):
            out[s] += per_option[o]
    return out


@kernel
def _find_entries(target_start: Int64, targets: Int32, indptr: Int64, indices: Int32) -> Int32:
    out = np.empty(len(targets), np.int32)
    place = np.full(len(indptr), -1, np.int32)
    for s in range(len(indptr) - 1):
        for i in range(indptr[s], indptr[s + 1]):
            place[indices[i]] = i
        for b in range(target_start[s], target_start[s + 1]):
            out[b] = place[targets[b]]
        for i in range(indptr[s], indptr[s + 1]):
            place[indices[i]] = -1
    return out


@dataclass(frozen=True)
class Chain:
    """The process over the situations of a game under given behaviour.

    Attributes
    ----------
    generator
        Rates between situations, per day.
    start
        ``(N,)`` starting distribution.
    game
        The game whose options make the rates.
    option_rate
        ``(O,)`` per day, how often each option fires.
    branch_rate
        ``(B,)`` per day, the rate of each branch of each option.
    """

    generator: Generator
    start: Float
    game: Game
    option_rate: Float
    branch_rate: Float

    @property
    def size(self) -> int:
        """Number of situations."""
        return self.generator.size

    @property
    def indptr(self) -> Int64:
        """``(N + 1,)`` first entry of each row."""
        return self.generator.indptr

    @property
    def indices(self) -> Int32:
        """``(n,)`` column of each entry."""
        return self.generator.indices

    @property
    def rates(self) -> Float:
        """``(n,)`` rate of each entry, per day."""
        return self.generator.rates

    @property
    def exit(self) -> Float:
        """``(N,)`` exit rate of each situation, per day."""
        return self.generator.exit

    @cached_property
    def transposed(self) -> Generator:
        """The same rates listed by target."""
        return transpose(self.generator)

    @cached_property
    def branch_entry(self) -> Int32:
        """``(B,)`` the entry of the generator that each branch adds to; -1 if it adds to none."""
        structure = self.game.structure
        return find_entries(structure.target_start, structure.targets, self.generator)

    @cached_property
    def option_move(self) -> Int32:
        """``(O,)`` the move of each option."""
        structure = self.game.structure
        return structure.kind_move[structure.option_kind]

    def options_of(self, moves: Bool) -> Bool:
        """Return ``(O,)`` which options belong to the marked moves ``(M,)``."""
        return np.ascontiguousarray(moves[self.option_move])


@dataclass(frozen=True)
class Passage:
    """The process until it first hits a target.

    Attributes
    ----------
    generator
        Over the live rows; what is missing from a row is killed.
    rows
        ``(L,)`` the situation of each live row.
    hit_rate
        ``(L,)`` per day, the rate of hitting from each live row.
    target
        ``(N,)`` situations that count as hit at once.
    leaks
        ``(L,)`` whether the next jump from a live row may lose the target for good.
    """

    generator: Generator
    rows: Int32
    hit_rate: Float
    target: Bool
    leaks: Bool

    @cached_property
    def sure(self) -> Bool:
        """``(L,)`` whether a hit is certain, sooner or later, from each live row."""
        return ~reached_from(self.transposed, self.leaks)

    def may_miss(self, start: Float) -> bool:
        """Return whether a process with this start may never hit."""
        certain = self.target.copy()
        certain[self.rows[self.sure]] = True
        return bool((start[~certain] > 0.0).any())

    @cached_property
    def transposed(self) -> Generator:
        """The live rates listed by target."""
        return transpose(self.generator)

    def split(self, start: Float) -> tuple[Float, float]:
        """Return the live part of a distribution and the mass that has hit already."""
        return start[self.rows], float(start[self.target].sum())

    def spread(self, live: Float) -> Float:
        """Return ``(..., N)`` values from those of live rows ``(..., L)``: 1 on the target, 0 elsewhere."""
        out = np.zeros((*live.shape[:-1], len(self.target)))
        out[..., self.rows] = live
        out[..., self.target] = 1.0
        return out


def make_chain(equilibrium: Equilibrium, start: Float | None = None) -> Chain:
    """Return the process in which options fire as behaviour says; ``start`` replaces the game's own."""
    game = equilibrium.require_lasting("One process for all times").game
    generator, rates = jumps_of(game, equilibrium.option_rate)
    begin = game.situations.start if start is None else as_distribution(start, game.size)
    return Chain(generator, begin, game, equilibrium.option_rate, rates)


def jumps_of(game: Game, option_rate: Float) -> tuple[Generator, Float]:
    """Return the jumps that options make which fire at these rates ``(O,)``, and the rate of each branch."""
    structure = game.structure
    rates = branch_rates(
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(game),
        structure.target_start,
        game.numbers.chance,
        option_rate,
    )
    return collect(structure.target_start, structure.targets, rates), rates


def make_passage(
    chain: Chain, target: Bool | None = None, *, options: Bool | None = None, avoid: Bool | None = None
) -> Passage:
    """Return the process killed on entering ``target`` or firing ``options`` (hits) or entering ``avoid``.

    Parameters
    ----------
    target, avoid
        ``(N,)`` masks of situations; a situation in both counts as hit.
    options
        ``(O,)`` mask of options.
    """
    n = chain.size
    target = np.zeros(n, bool) if target is None else _as_mask(target, n, "target")
    generator = chain.generator
    hit_rate = np.zeros(n)
    if options is not None:
        generator, hit_rate = killed_by(chain, options)
    if target.any():
        hit_rate = hit_rate + rate_into(generator, target)
    dead = target if avoid is None else target | _as_mask(avoid, n, "avoid")
    live, rows = restrict(generator, ~dead)
    leads = reached_from(transpose(live), hit_rate[rows] > 0.0)
    if not leads.all():
        live, kept = restrict(live, leads)
        rows = rows[kept]
    lost = ~target
    lost[rows] = False
    return Passage(live, rows, hit_rate[rows], target, rate_into(generator, lost)[rows] > 0.0)


def killed_by(chain: Chain, options: Bool) -> tuple[Generator, Float]:
    """Return the process killed when one of the options ``(O,)`` fires, and ``(N,)`` the rate at that."""
    options = _as_mask(options, len(chain.option_rate), "options")
    structure = chain.game.structure
    others = without_options(
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(chain.game),
        structure.target_start,
        chain.branch_rate,
        options,
    )
    hit_rate = sum_options(structure.option_start, np.where(options, chain.option_rate, 0.0))
    generator = collect(structure.target_start, structure.targets, others)
    return replace(generator, exit=generator.exit + hit_rate, killed=hit_rate), hit_rate


def losses_by(chain: Chain, moves: Bool) -> Losses:
    """Return the jumps that the firing of these moves ``(M, C)`` makes, labelled by move."""
    if not moves.any():
        return no_losses()
    structure = chain.game.structure
    option = branch_options(chain.game)
    ending: Bool = np.asarray(moves.any(axis=1))
    branches = np.flatnonzero(ending[chain.option_move][option])
    source = np.searchsorted(structure.target_start, branches, side="right") - 1
    return Losses(
        source.astype(np.int32),
        structure.targets[branches],
        chain.option_move[option[branches]],
        chain.branch_rate[branches],
    )


@dataclass(frozen=True)
class FirstTime:
    """One column: enter ``target`` (N,) or fire one of ``moves`` (M,), before ``avoid`` (N,) is entered."""

    target: Bool | None = None
    moves: Bool | None = None
    avoid: Bool | None = None

    def over(self, size: int) -> Bool:
        """Return ``(N,)`` where nothing goes on."""
        out = np.zeros(size, bool)
        for mask in (self.target, self.avoid):
            if mask is not None:
                out |= mask
        return out

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


def as_distribution(start: Float, size: int) -> Float:
    """Check that an array is a distribution over the situations and return it."""
    start = np.ascontiguousarray(start, np.float64)
    if start.shape != (size,):
        raise QueryError(
            f"A starting distribution needs {size} entries, one per situation, not {start.shape}."
        )
    if not (start >= 0.0).all() or abs(start.sum() - 1.0) > 1e-9:
        raise QueryError(
            f"A starting distribution must be non-negative and sum to 1; this one has least entry "
            f"{start.min():.3g} and sum {start.sum():.9g}."
        )
    return start


def _as_mask(mask: Bool, size: int, what: str) -> Bool:
    if mask.shape != (size,) or mask.dtype != np.bool_:
        raise QueryError(f"{what} must be a mask of {size} booleans, not {mask.dtype} of shape {mask.shape}.")
    return np.ascontiguousarray(mask)


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
