"""Finding the situations that can occur.

From the starting situations through options of positive rate and branches of positive chance. A
situation is its mixed-radix code; for a whole frontier at once, guards and contexts are looked up by one
matrix product (see `bystander.game.tables`) and a branch that sets variables f to levels l leads to

    code(s') = code(s) - sum_f level_f(s) stride_f + sum_f l_f stride_f,

again one matrix product for all branches. An effect that depends on the situation adds
(l(s) - level_f(s)) stride_f instead, where l is looked up on the grid of the variables its expression
mentions (`Effects`). Codes stay below 2^53, so floating point is exact. Whether rates
and chances are proper numbers is not asked here: `bystander.game.checks` looks at those that are used.

*What is too large is refused early.* Where the levels combine to more than `VAST` times the limit, a scenario
that goes on growing is far more likely out of hand than just below the limit: exploring stops at a
tenth of the limit (though not below `SMALL`, which costs nothing).

Which codes are known already is asked for many at once (`Known`): one byte for each combination of levels
where that is affordable, one bit where only that is, sorted runs elsewhere, and where so few codes are
expected that clearing a map would cost more than sorting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bystander.errors import Problem, ScenarioError
from bystander.game.arrays import Bool, Float, Int32, Int64, MoveType, Numbers
from bystander.game.rules import Lottery, Rules
from bystander.game.tables import Conditions, NumberPlaces, grid_of, lay_out, product, strides
from bystander.scenario.expressions import effect_levels, parameters_of, to_text

MAX_MAP = 1 << 27
MAX_BITS = 1 << 32
SPARSE = 1000


class Known(Protocol):
    """A growing set of codes."""

    size: int

    def add(self, codes: Int64) -> Int64:
        """Add codes and return those that are new, each once, increasing."""

    def codes(self) -> Int64:
        """Return all codes, increasing."""


def known_of(space: int, most: int) -> Known:
    """Return an empty set for codes below ``space``, to hold about ``most`` of them at most."""
    if space > SPARSE * most:
        return _Sorted()
    if space <= MAX_MAP:
        return _Map(space)
    return _Bits(space) if space <= MAX_BITS else _Sorted()


def unique(codes: Int64) -> Int64:
    """Sort codes and keep one of each (for millions of numbers faster than hashing them)."""
    found = np.sort(codes)
    if len(found):
        keep = np.empty(len(found), dtype=np.bool_)
        keep[0] = True
        np.not_equal(found[1:], found[:-1], out=keep[1:])
        found = found[keep]
    return found


class _Map:
    """Known situations as one byte for each combination of levels."""

    def __init__(self, space: int) -> None:
        self.seen = np.zeros(space, dtype=np.bool_)
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        fresh = unique(codes[~self.seen[codes]])
        self.seen[fresh] = True
        self.size += len(fresh)
        return fresh

    def codes(self) -> Int64:
        return np.flatnonzero(self.seen).astype(np.int64)


class _Bits:
    """Known situations as one bit for each combination of levels."""

    def __init__(self, space: int) -> None:
        self.seen = np.zeros(space // 8 + 1, dtype=np.uint8)
        self.found: list[Int64] = []
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        bits = np.left_shift(1, codes & 7).astype(np.uint8)
        fresh = unique(codes[(self.seen[codes >> 3] & bits) == 0])
        place = fresh & 7
        for bit in range(8):
            self.seen[fresh[place == bit] >> 3] |= np.uint8(1 << bit)
        self.found.append(fresh)
        self.size += len(fresh)
        return fresh

    def codes(self) -> Int64:
        return np.sort(np.concatenate(self.found))


class _Sorted:
    """Known situations as sorted runs, merged when they have doubled."""

    def __init__(self) -> None:
        self.runs: list[Int64] = []
        self.size = 0

    def add(self, codes: Int64) -> Int64:
        fresh = unique(codes)
        for run in self.runs:
            at = np.minimum(np.searchsorted(run, fresh), len(run) - 1)
            fresh = fresh[run[at] != fresh]
        if len(fresh):
            self.size += len(fresh)
            self.runs.append(fresh)
            while len(self.runs) > 1 and len(self.runs[-2]) <= 2 * len(self.runs[-1]):
                last = self.runs.pop()
                merged = np.concatenate((self.runs.pop(), last))
                merged.sort(kind="stable")
                self.runs.append(merged)
        return fresh

    def codes(self) -> Int64:
        return np.sort(np.concatenate(self.runs)) if self.runs else np.zeros(0, dtype=np.int64)


class Effects:
    """The computed effects of all branches of some rules."""

    def __init__(self, rules: Rules, parameters: Mapping[str, float]) -> None:
        self.rules, self.parameters = rules, parameters
        self.branch: list[int] = []
        self.variable: list[int] = []
        self.exprs, self.owner, marks = [], [], []
        position = 0
        for j, move in enumerate(rules.moves):
            for branch in move.branches:
                for f, effect in branch.computed:
                    self.branch.append(position)
                    self.variable.append(f)
                    self.exprs.append(effect)
                    self.owner.append(j)
                    marks.append(move.mark)
                position += 1
        grids = [grid_of((effect,), rules.variables) for effect in self.exprs]
        self.contexts = lay_out(grids, len(rules.variables), marks, "an effect")
        self.table = np.zeros(self.contexts.rows, dtype=np.int64)
        for n, (effect, f) in enumerate(zip(self.exprs, self.variable, strict=True)):
            names = rules.variables[f].levels
            levels = effect_levels(effect, names, grids[n].levels(), parameters)
            self.table[self.contexts.part(n)] = np.broadcast_to(levels, grids[n].shape).reshape(-1)
        self.mentioned = frozenset(name for effect in self.exprs for name in parameters_of(effect))

    def add(self, targets: Float, levels: Float, strides: Int64, held: Bool) -> None:
        """Add to the codes that branches lead to what computed effects change.

        Raises
        ------
        ScenarioError
            Where a move that is possible would lead between two levels.
        """
        if not self.exprs:
            return
        reached = self.table[self.contexts.at(levels)]
        for n, (b, f) in enumerate(zip(self.branch, self.variable, strict=True)):
            nowhere = held[:, self.owner[n]] & (reached[:, n] < 0)
            if nowhere.any():
                raise self.between(n, levels[int(np.argmax(nowhere))])
            level = np.where(reached[:, n] < 0, levels[:, f], reached[:, n])
            targets[:, b] += (level - levels[:, f]) * int(strides[f])

    def between(self, n: int, levels: Float) -> ScenarioError:
        """Say which effect leads between two levels, from where."""
        variable, move = self.rules.variables[self.variable[n]], self.rules.moves[self.owner[n]]
        at = ", ".join(
            f"{v.name} {v.levels[int(level)]}" for v, level in zip(self.rules.variables, levels, strict=True)
        )
        what = to_text(self.exprs[n])
        message = f"'{move.label.name}' sets '{variable.name}' to {what}, which is no level of it at ({at})."
        fix = "Add the level, or a 'when' that rules this out."
        return ScenarioError(Problem(move.mark, message, fix, "between-levels"))

    def same_at(self, parameters: Mapping[str, float]) -> bool:
        """Tell whether all lead to the same levels at other parameter values."""
        if all(self.parameters[name] == parameters[name] for name in self.mentioned):
            return True
        return np.array_equal(self.table, Effects(self.rules, parameters).table)


CHUNK = 4096
VAST = 100
SMALL = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step ahead from n situations, over M moves and their branches.

    Attributes
    ----------
    kinds
        ``(n, M)`` table row of each move.
    held
        ``(n, M)`` whether the move is an option: guard holds, rate and owner's pace are not 0.
    codes
        Situation that each branch of each option leads to, options in order, branches in order.
    """

    kinds: Int32
    held: Bool
    codes: Int64


class Stepper:
    """Everything needed to look one step ahead from any situation."""

    def __init__(self, rules: Rules, layout: NumberPlaces, numbers: Numbers) -> None:
        self.rules = rules
        self.layout = layout
        self.shape = np.array([len(variable.levels) for variable in rules.variables], dtype=np.int64)
        self.space = math.prod(int(radix) for radix in self.shape)
        if self.space >= 1 << 53:
            raise too_large(rules, f"about 10^{len(str(self.space)) - 1} combinations of levels")
        self.strides = np.array(strides([int(radix) for radix in self.shape]), dtype=np.int64)
        moves = rules.moves
        self.guards = Conditions([move.guard for move in moves], rules.variables, rules.parameters)
        self.never = Conditions(rules.never, rules.variables, rules.parameters)
        self.resets = [
            (f, Conditions((variable.reset,), rules.variables, rules.parameters))
            for f, variable in enumerate(rules.variables)
            if variable.reset is not None
        ]
        self.effects = Effects(rules, rules.parameters)
        self.alive = numbers.rate != 0
        self.paced = np.ones((layout.paces.rows, len(moves)), dtype=np.bool_)
        for j, move in enumerate(moves):
            if move.label.type is MoveType.ACTION:
                self.paced[:, j] = numbers.pace[:, move.owner] != 0
        self.all_paced = bool(self.paced.all())
        self.possible = numbers.chance != 0
        self.count = np.array([len(move.branches) for move in moves], dtype=np.int64)
        self.owner = np.repeat(np.arange(len(moves)), self.count)
        self.within = np.array([b for move in moves for b in range(len(move.branches))], dtype=np.intp)
        self.all_alive = bool(self.alive.all())
        self.all_possible = all(
            bool(self.possible[layout.kinds.part(j), : len(move.branches)].all())
            for j, move in enumerate(moves)
        )
        self.removed = np.zeros((len(self.shape), len(self.owner)))
        self.added = np.zeros(len(self.owner))
        branches = [branch for move in moves for branch in move.branches]
        for b, branch in enumerate(branches):
            for variable, level in branch.changes:
                self.removed[variable, b] = -self.strides[variable]
                self.added[b] += level * int(self.strides[variable])

    def levels(self, codes: Int64, kind: type[np.generic] = np.float64) -> Any:
        """Level of each variable in each situation, ``(n, F)``, as floats ready for products or as bytes."""
        found = np.empty((len(codes), len(self.shape)), kind)
        for f, (stride, radix) in enumerate(zip(self.strides, self.shape, strict=True)):
            found[:, f] = (codes // stride) % radix
        return found

    def step(self, codes: Int64, levels: Float) -> Step:
        """Look one step ahead; a branch without chance stays where it is."""
        kinds = self.layout.kinds.at(levels)
        held = self.guards.hold(levels)
        if not self.all_alive:
            held &= self.alive[kinds]
        if not self.all_paced:
            held &= self.paced[self.layout.paces.at(levels)[:, 0]]
        targets = self.targets(codes, levels, kinds, held)
        return Step(kinds, held, targets[held[:, self.owner]].astype(np.int64))

    def targets(self, codes: Int64, levels: Float, kinds: Int32, held: Bool) -> Float:
        """Code that every branch of every move leads to, possible or not, ``(n, branches)``."""
        targets = product(levels, self.removed)
        targets += self.added
        targets += codes[:, None]
        self.effects.add(targets, levels, self.strides, held)
        if not self.all_possible:
            stays = ~self.possible[kinds[:, self.owner], self.within]
            np.copyto(targets, codes[:, None], where=stays)
        return self.settled(targets.ravel()).reshape(targets.shape) if self.resets else targets

    def settled(self, codes: Float) -> Float:
        """Return codes with every variable at its first level whose condition to leave it fails, in order."""
        codes = codes.copy()
        for f, condition in self.resets:
            levels = self.levels(codes.astype(np.int64))
            gone = ~condition.hold(levels)[:, 0]
            codes[gone] -= levels[gone, f] * int(self.strides[f])
        return codes

    def describe(self, code: int) -> str:
        """Write a situation as ``front fighting, csto idle``."""
        parts = []
        for variable, stride in zip(self.rules.variables, self.strides, strict=True):
            parts.append(f"{variable.name} {variable.levels[code // int(stride) % len(variable.levels)]}")
        return ", ".join(parts)


def starting_codes(stepper: Stepper) -> tuple[Int64, Float]:
    """Find the starting situations and their probabilities, in order of their codes.

    Raises
    ------
    ScenarioError
        If there are too many, or one is impossible.
    """
    rules = stepper.rules
    codes, chances = _spread_start(stepper, rules.starts)
    codes, chances = codes[chances > 0], chances[chances > 0]
    for code, broken in zip(codes, stepper.never.hold(stepper.levels(codes)), strict=True):
        if broken.any():
            rule = rules.never[int(np.argmax(broken))]
            message = f"The start ({stepper.describe(int(code))}) is impossible: never {to_text(rule)}."
            mark = rule.mark if rule.mark.line or not rules.scenario else rules.scenario.mark("never")
            raise ScenarioError(
                Problem(mark, message, "Change the start or the rule.", "impossible-situation")
            )
    return codes, chances


def starting_slopes(stepper: Stepper, moved: Sequence[Lottery]) -> tuple[Int64, Float]:
    """Find how starting probabilities move where the chances of the joint distributions move as given.

    The start is a product of distributions, so each may be moved by itself, the others held.
    """
    starts = stepper.rules.starts
    parts = [
        _spread_start(stepper, (*starts[:k], lottery, *starts[k + 1 :]))
        for k, lottery in enumerate(moved)
        if any(chance for chance, _ in lottery)
    ]
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0)
    codes, place = np.unique(np.concatenate([codes for codes, _ in parts]), return_inverse=True)
    slopes = np.bincount(place, np.concatenate([part for _, part in parts]))
    return codes, slopes.astype(np.float64)


def _spread_start(stepper: Stepper, lotteries: Sequence[Lottery]) -> tuple[Int64, Float]:
    """Return codes in order, and their weights by the starts of variables and by joint distributions."""
    rules = stepper.rules
    codes = np.zeros(1, dtype=np.int64)
    chances = np.ones(1)
    for variable, stride in zip(rules.variables, stepper.strides, strict=True):
        weights = np.array(variable.start)
        chosen = np.flatnonzero(weights > 0)
        if len(codes) * len(chosen) > rules.limit:
            raise too_large(rules, f"more than {rules.limit:,} starting situations")
        codes = (codes[:, None] + chosen * stride).ravel()
        chances = (chances[:, None] * weights[chosen]).ravel()
    codes, chances = _jointly(stepper, lotteries, codes, chances)
    if stepper.resets:
        codes, place = np.unique(
            stepper.settled(codes.astype(np.float64)).astype(np.int64), return_inverse=True
        )
        chances = np.bincount(place, chances).astype(np.float64)
    return codes, chances


def _jointly(
    stepper: Stepper, lotteries: Sequence[Lottery], codes: Int64, chances: Float
) -> tuple[Int64, Float]:
    """Apply the joint distributions of the start: each sets several variables together."""
    for lottery in lotteries:
        parts, weights = [], []
        for chance, changes in lottery:
            moved = codes.copy()
            for f, level in changes:
                stride, radix = int(stepper.strides[f]), int(stepper.shape[f])
                moved += (level - moved // stride % radix) * stride
            parts.append(moved)
            weights.append(chance * chances)
        merged, place = np.unique(np.concatenate(parts), return_inverse=True)
        total = np.bincount(place, np.concatenate(weights)).astype(np.float64)
        codes, chances = merged[total != 0], total[total != 0]
        if len(codes) > stepper.rules.limit:
            raise too_large(stepper.rules, f"more than {stepper.rules.limit:,} starting situations")
    return codes, chances


def reachable(stepper: Stepper, limit: int, also: Int64 | None = None) -> Int64:
    """Codes of all situations that can occur from the start, or from those ``also`` given, increasing.

    Raises
    ------
    ScenarioError
        If there are more than ``limit`` (a tenth of it where levels combine to vastly more), or a move leads
        into an impossible situation.
    """
    vast = stepper.space > VAST * limit
    most = min(limit, max(limit // 10, SMALL)) if vast else limit
    known = known_of(stepper.space, most)
    starting = starting_codes(stepper)[0]
    waiting = [known.add(starting if also is None else unique(np.concatenate([starting, also])))]
    while waiting:
        waiting, frontier = _take(waiting)
        fresh = known.add(_next(stepper, frontier))
        if known.size > most:
            levels = stepper.levels(fresh)
            seen = [len(np.unique(column)) for column in levels.T]
            of = f" among {stepper.space:,} combinations of levels" if most < limit else ""
            raise too_large(stepper.rules, f"more than {most:,} situations{of}", seen)
        if len(fresh):
            waiting.append(fresh)
    return known.codes()


def _take(waiting: list[Int64]) -> tuple[list[Int64], Int64]:
    """Take up to `CHUNK` situations, the latest found first, so that endless growth shows soonest."""
    taken: list[Int64] = []
    room = CHUNK
    while waiting and room > 0:
        last = waiting.pop()
        if len(last) > room:
            waiting.append(last[:-room])
            last = last[-room:]
        taken.append(last)
        room -= len(last)
    return waiting, np.concatenate(taken)


def _next(stepper: Stepper, codes: Int64) -> Int64:
    step = stepper.step(codes, stepper.levels(codes))
    if stepper.rules.never:
        reached = unique(step.codes)
        broken = stepper.never.hold(stepper.levels(reached))
        if broken.any():
            bad = int(np.argmax(broken.any(axis=1)))
            raise impossible(stepper, codes, step, int(reached[bad]), int(np.argmax(broken[bad])))
        return reached
    return step.codes


def impossible(stepper: Stepper, codes: Int64, step: Step, target: int, rule: int) -> ScenarioError:
    """Say which move leads into an impossible situation, from where."""
    rows, branches = np.nonzero(step.held[:, stepper.owner])
    entry = int(np.argmax(step.codes == target))
    move = stepper.rules.moves[stepper.owner[branches[entry]]]
    broken = stepper.rules.never[rule]
    message = (
        f"'{move.label.name}' leads from ({stepper.describe(int(codes[rows[entry]]))}) "
        f"to ({stepper.describe(target)}), which is impossible: never {to_text(broken)}."
    )
    fix = f"Add to its 'when' what rules this out, or change the rule at {broken.mark}."
    return ScenarioError(Problem(move.mark, message, fix, "impossible-situation"))


def too_large(rules: Rules, what: str, seen: list[int] | None = None) -> ScenarioError:
    """Refuse a scenario that is too large, naming the variables with most levels (seen so far)."""
    variables = rules.variables
    counts = [len(variable.levels) for variable in variables] if seen is None else seen
    order = sorted(range(len(variables)), key=lambda f: -counts[f])[:6]
    names = ", ".join(f"{variables[f].name} ({counts[f]} levels)" for f in order if counts[f] > 1)
    message = f"This scenario has {what}. The variables that multiply it most: {names}."
    stated = 0 if rules.scenario is None else rules.scenario.settings.stated_limit
    more = f"raise its own limit of {stated:,} under 'settings'" if stated == rules.limit else ""
    more = more or "set BYSTANDER_LIMIT if memory allows"
    fix = f"Drop or merge levels, restrict moves with 'when', or {more}."
    return ScenarioError(Problem(variables[order[0]].mark, message, fix, "too-large"))
