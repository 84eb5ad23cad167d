r"""Sampled histories of the process: what one future looks like, and a check on the exact answers.

From situation ``s`` the next firing comes after an exponential time with rate :math:`\sum_o r_o`, is
option ``o`` with probability :math:`r_o / \sum r`, and leads along branch ``b`` with its chance
(Gillespie 1977). Firings that leave the situation as it is are part of the history. Paths are
independent, and the same stream of random numbers gives the same paths.

Where known dates lie ahead, behaviour changes from day to day: paths follow the pieces of
`bystander.process.announced`, each with the behaviour of its middle, so many that the expected days in each
situation are right to about 1 in 10,000 of all days, and are led on by the dates in between.

Frequencies over ``n`` paths err by about :math:`\sqrt{p (1 - p) / n}`: use `bystander.process` for numbers.

As a table there is one row for every move that was made, and one for where each path begins. Columns:
``path`` (from 0), ``day``, ``owner``, ``move`` (``start`` on the first row of a path), and the level of each
variable afterwards. A known date is a row too, its owner ``calendar``. The same scenario, number and seed
give the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bystander.errors import QueryError
from bystander.game.arrays import Float, Int32, Int64
from bystander.game.questions import branches_of_kinds, option_moves
from bystander.numerics.jit import kernel
from bystander.process.announced import DatedProcess
from bystander.process.chain import Bool, Chain, as_distribution
from bystander.process.passage import as_times
from bystander.seeds import stream

FIRINGS = 2_000_000
CLOSE = 1e-4


Sampled: TypeAlias = tuple[int, Int64, Float, Int32, Int32]
"""How many whole paths, their numbers of firings, and the time, option and situation after each firing."""
Piece: TypeAlias = tuple[Int64, Float, Int32, Int32]
"""Path, time, option and situation after each firing."""
Options: TypeAlias = tuple[Int64, Int32, Int32, Int64, Int32, Float, Float]


@dataclass(frozen=True, slots=True)
class Paths:
    """Histories of n paths, one after the other.

    Attributes
    ----------
    first
        ``(n,)`` situation at time 0.
    start
        ``(n + 1,)`` first firing of each path.
    times
        ``(f,)`` days at which options fired, increasing within a path.
    options
        ``(f,)`` which option fired; -1 - k where it was the k-th known date.
    situations
        ``(f,)`` situation afterwards.
    horizon
        Days followed.
    """

    first: Int32
    start: Int64
    times: Float
    options: Int32
    situations: Int32
    horizon: float

    def __len__(self) -> int:
        """Return the number of paths."""
        return len(self.first)

    def at(self, time: float) -> Int32:
        """Return ``(n,)`` the situation of each path at a time."""
        return _situations_at(self.first, self.start, self.times, self.situations, time)

    def first_times(self, target: Bool | None = None, options: Bool | None = None) -> Float:
        """Return ``(n,)`` when each path first enters ``target`` or fires ``options``; infinite if never."""
        inside = np.zeros(0, bool) if target is None else target
        chosen = np.zeros(0, bool) if options is None else options
        return _first_times(self.first, self.start, self.times, self.options, self.situations, inside, chosen)

    def days_in(self, target: Bool) -> Float:
        """Return ``(n,)`` how many days each path spends in ``target`` (N,)."""
        return _days_in(self.first, self.start, self.times, self.situations, target, self.horizon)


def simulate_paths(
    chain: Chain, count: int, horizon: float, random: np.random.Generator, start: Float | None = None
) -> Paths:
    """Sample paths of the process.

    Parameters
    ----------
    horizon
        Days to follow each.
    random
        A stream of its own, see `bystander.seeds.stream`.
    start
        ``(N,)`` starting distribution; the chain's own if not given.
    """
    as_times([horizon])
    begin = chain.start if start is None else as_distribution(start, chain.size)
    return simulate_from(chain, draw(begin, count, random), horizon, random)


def draw(begin: Float, count: int, random: np.random.Generator) -> Int32:
    """Draw where paths begin, of weights that need not add up to 1."""
    if count < 1:
        raise QueryError(f"The number of paths must be at least 1, not {count}.")
    return random.choice(len(begin), size=count, p=begin / begin.sum()).astype(np.int32)


def simulate_course(course: DatedProcess, count: int, horizon: float, random: np.random.Generator) -> Paths:
    """Sample paths of a process with known dates ahead; see `simulate_paths`."""
    as_times([horizon])
    first = draw(course.game.situations.start, count, random)
    now, everyone = first, np.arange(count)
    found: list[Piece] = []
    for piece in course.pieces(0.0, 0, horizon, course.parts(horizon, CLOSE)):
        if piece.end > piece.begin:
            part = simulate_from(course.chain(piece), now, piece.end - piece.begin, random)
            found.append(as_piece(part, piece.begin))
            now = part.at(np.inf)
        if piece.known is not None:
            known, left = piece.known, random.random(count)
            branch = (np.cumsum(known.chances[now], axis=1)[:, :-1] <= left[:, None]).sum(axis=1)
            now = known.targets[now, branch]
            dated = np.full(count, -1 - piece.past, np.int32)
            found.append((everyone, np.full(count, piece.end), dated, now))
    return joined(first, found, horizon)


def joined(first: Int32, found: Sequence[Piece], horizon: float) -> Paths:
    """Join pieces of paths that follow each other in time."""
    path, times, options, situations = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(path, kind="stable")
    counts = np.bincount(path, minlength=len(first))
    begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Paths(first, begins, times[order], options[order], situations[order], horizon)


def as_piece(paths: Paths, begin: float) -> Piece:
    """Return paths that begin on a day as a piece of longer ones."""
    path = np.repeat(np.arange(len(paths)), np.diff(paths.start))
    return path, begin + paths.times, paths.options, paths.situations


def kernel_arrays(chain: Chain) -> Options:
    """Return the options of a process as kernels take them."""
    structure = chain.game.structure
    return (
        structure.option_start,
        structure.option_kind,
        branches_of_kinds(chain.game),
        structure.target_start,
        structure.targets,
        chain.game.numbers.chance,
        chain.option_rate,
    )


def simulate_from(chain: Chain, first: Int32, horizon: float, random: np.random.Generator) -> Paths:
    """Sample one path from each situation."""
    arrays = kernel_arrays(chain)
    return in_room(lambda done: _simulate(*arrays, first[done:], horizon, FIRINGS, random), first, horizon)


def in_room(sample: Callable[[int], Sampled], first: Int32, horizon: float) -> Paths:
    """Sample paths from the first that is not done yet, as many at a time as there is room for."""
    count = len(first)
    parts, done = [], 0
    while done < count:
        part = sample(done)
        if part[0] == 0:
            raise QueryError(
                f"One path of {horizon:g} days has more than {FIRINGS} firings. Ask for a shorter time."
            )
        parts.append(part)
        done += part[0]
    counts = np.concatenate([part[1] for part in parts])
    return Paths(
        first=first,
        start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        times=np.concatenate([part[2] for part in parts]),
        options=np.concatenate([part[3] for part in parts]),
        situations=np.concatenate([part[4] for part in parts]),
        horizon=horizon,
    )


@kernel
def _fired(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    option_rate: Float,
    s: int,
    left: float,
) -> tuple[int, int]:
    """Return the option up to which the rates of a situation add up to ``left``, and its first branch."""
    branch = target_start[s]
    last = option_start[s + 1] - 1
    for o in range(option_start[s], last):
        left -= option_rate[o]
        if left < 0.0:
            return o, branch
        branch += kind_branches[option_kind[o]]
    return last, branch


@kernel
def whole_paths(
    count: int, counts: Int64, times: Float, options: Int32, situations: Int32, until: int
) -> tuple[int, Int64, Float, Int32, Int32]:
    """Return the first paths that a room holds whole, of its firings those up to a place."""
    return count, counts[:count], times[:until].copy(), options[:until].copy(), situations[:until].copy()


@kernel
def _simulate(
    option_start: Int64,
    option_kind: Int32,
    kind_branches: Int32,
    target_start: Int64,
    targets: Int32,
    chance: Float,
    option_rate: Float,
    first: Int32,
    horizon: float,
    room: int,
    random: np.random.Generator,
) -> tuple[int, Int64, Float, Int32, Int32]:
    """Fill the room with whole paths; return how many, their numbers of firings, and the firings."""
    counts = np.zeros(len(first), np.int64)
    times = np.empty(room)
    options = np.empty(room, np.int32)
    situations = np.empty(room, np.int32)
    at = 0
    for path in range(len(first)):
        begin = at
        s = first[path]
        time = 0.0
        while True:
            total = 0.0
            for o in range(option_start[s], option_start[s + 1]):
                total += option_rate[o]
            if total <= 0.0:
                break
            time += random.standard_exponential() / total
            if time > horizon:
                break
            if at == room:
                return whole_paths(path, counts, times, options, situations, begin)
            left = random.random() * total
            fired, branch = _fired(
                option_start, option_kind, kind_branches, target_start, option_rate, s, left
            )
            kind = option_kind[fired]
            left = random.random()
            for b in range(kind_branches[kind]):
                left -= chance[kind, b]
                if left < 0.0 or b == kind_branches[kind] - 1:
                    s = targets[branch + b]
                    break
            times[at] = time
            options[at] = fired
            situations[at] = s
            at += 1
        counts[path] = at - begin
    return whole_paths(len(first), counts, times, options, situations, at)


@kernel
def _situations_at(first: Int32, start: Int64, times: Float, situations: Int32, time: float) -> Int32:
    out = first.copy()
    for path in range(len(first)):
        for i in range(start[path], start[path + 1]):
            if times[i] > time:
                break
            out[path] = situations[i]
    return out


@kernel
def _first_times(
    first: Int32,
    start: Int64,
    times: Float,
    options: Int32,
    situations: Int32,
    target: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
) -> Float:
    out = np.full(len(first), np.inf)
    for path in range(len(first)):
        if len(target) > 0 and target[first[path]]:
            out[path] = 0.0
            continue
        for i in range(start[path], start[path + 1]):
            if (len(target) > 0 and target[situations[i]]) or (
                len(chosen) > 0 and options[i] >= 0 and chosen[options[i]]
            ):
                out[path] = times[i]
                break
    return out


@kernel
def _days_in(
    first: Int32, start: Int64, times: Float, situations: Int32, target: NDArray[np.bool_], horizon: float
) -> Float:
    out = np.zeros(len(first))
    for path in range(len(first)):
        since, inside = 0.0, target[first[path]]
        for i in range(start[path], start[path + 1]):
            if inside:
                out[path] += times[i] - since
            since, inside = times[i], target[situations[i]]
        if inside:
            out[path] += horizon - since
    return out


START = "start"


def simulate(process: Chain | DatedProcess, number: int, horizon: float, seed: int = 0) -> Paths:
    """Sample paths from the stream that a seed names.

    Parameters
    ----------
    horizon
        Days to follow each.
    """
    random = stream(seed, "histories")
    if isinstance(process, DatedProcess):
        return simulate_course(process, number, horizon, random)
    return simulate_paths(process, number, horizon, random)


def histories(process: Chain | DatedProcess, paths: Paths) -> dict[str, NDArray[Any]]:
    """Return the columns of the table."""
    game = process.game
    count = len(paths)
    firings = np.diff(paths.start)
    path = np.concatenate([np.arange(count), np.repeat(np.arange(count), firings)])
    day = np.concatenate([np.zeros(count), paths.times])
    moves = len(game.moves)
    fired = option_moves(game)[np.maximum(paths.options, 0)] if len(paths.options) else paths.options
    made = np.where(paths.options >= 0, fired, moves - 1 - paths.options)
    move = np.concatenate([np.full(count, -1), made])
    situation = np.concatenate([paths.first, paths.situations])
    order = np.argsort(path, kind="stable")
    named = [*(move.name for move in game.moves), *(known.name for known in game.dates)]
    labels = [name.partition(".") for name in named]
    owners = np.array([owner for owner, _, _ in labels] + [""])
    names = np.array([name for _, _, name in labels] + [START])
    levels = game.situations.levels[situation[order]]
    return {
        "path": path[order],
        "day": day[order],
        "owner": owners[move[order]],
        "move": names[move[order]],
        **{
            name: np.array(game.situations.level_names[f])[levels[:, f]]
            for f, name in enumerate(game.situations.names)
        },
    }
