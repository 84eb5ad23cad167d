r"""Histories given that something comes about in them, however rare it is.

With :math:`\Lambda` the fastest rate, the process is a chain of steps at the times of a
Poisson process (uniformisation), and the chance :math:`b_k(s)` that the event comes about within k steps is

.. math:: b_k(s) = \sum_o \frac{r_o}{\Lambda} \Big[ o \text{ is it, or } \sum_b p_{ob} b_{k-1}(s_{ob}) \Big]
    + \Big(1 - \sum_o \frac{r_o}{\Lambda}\Big) b_{k-1}(s)

where s is not there yet. The number of steps and the beginning are drawn with their chance times
:math:`b_K(s_0)`, each step with its chance times the :math:`b` that it leaves, and what follows the event as
ever. This is the law of the process given that the event comes about: every history weighs the same, and
none shares its beginning with others, as by splitting.

Assumes rates that do not change with time: where known dates lie ahead nothing is sampled so. The chances of
all steps are kept, a number for each step and situation.

References: Jensen 1953 (uniformisation); Doob 1957 (the process given its end).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from bystander.columns import write_columns
from bystander.errors import QueryError
from bystander.game.arrays import Bool, Float, Game, Int32, Int64
from bystander.game.questions import mask, option_moves, option_situations, read_question
from bystander.numerics.jit import kernel
from bystander.process.announced import DatedProcess
from bystander.process.chain import Chain
from bystander.process.passage import as_times
from bystander.scenario.schema import Outcome
from bystander.seeds import stream
from bystander.simulation.paths import (
    FIRINGS,
    Paths,
    Sampled,
    as_piece,
    draw,
    histories,
    in_room,
    joined,
    kernel_arrays,
    simulate,
    simulate_from,
    whole_paths,
)

MOST_BYTES, MOST_STEPS = 1_000_000_000, 200_000
TAIL = 1e-9
"""Share of the chance of what is given that may lie beyond the steps that are followed."""
Asked: TypeAlias = tuple[Int64, Int32, Int32, Int64, Int32, Float, Float, Bool, Bool, float]


@dataclass(frozen=True)
class HistoryEvent:
    """What is to come about in a history: see `simulate_given`."""

    name: str
    target: Bool | None
    options: Bool | None
    within: float | None


def event_of(game: Game, name: str, outcome: Outcome) -> HistoryEvent:
    """Return what an outcome asks, as an event of a history that begins where the scenario does.

    Raises
    ------
    QueryError
        If it is not that something ever comes about, or if its clock starts later.
    """
    asked = read_question(game, outcome)
    if asked.sort not in ("ever", "fires"):
        raise QueryError(
            f"'{name}' is no event of a history: histories are sampled given an outcome that asks 'ever' "
            "or 'fires'."
        )
    if outcome.given is not None and game.situations.start[~mask(game, outcome.given)].any():
        raise QueryError(
            f"'{name}' is counted from the onset of a condition, histories from the beginning. "
            "Ask for an outcome without 'given'."
        )
    options = None if asked.moves is None else asked.moves[option_moves(game)]
    return HistoryEvent(name, asked.target, options, outcome.within)


def simulate_given(
    chain: Chain,
    count: int,
    horizon: float,
    random: np.random.Generator,
    *,
    target: Bool | None = None,
    options: Bool | None = None,
    within: float | None = None,
) -> tuple[Paths, float]:
    """Sample paths of the process given that something comes about, and return its chance.

    Parameters
    ----------
    horizon
        Days to follow each, or ``within`` if that is longer.
    target, options
        ``(N,)`` situations of which one is entered, ``(O,)`` options of which one fires.
    within
        Days in which that comes about; the horizon if not given.

    Raises
    ------
    QueryError
        If it cannot come about, or would take too many steps to follow.
    """
    as_times([horizon])
    days = horizon if within is None else within
    horizon = max(horizon, days)
    game = chain.game
    there = np.zeros(game.size, bool) if target is None else np.asarray(target, bool)
    hits = np.zeros(len(chain.option_rate), bool) if options is None else np.asarray(options, bool)
    total = np.bincount(option_situations(game), chain.option_rate, game.size)
    fastest = float(total.max(initial=0.0)) or 1.0
    asked: Asked = (*kernel_arrays(chain), hits, there, fastest)
    back, chances = _steps_back(asked, chain.start, fastest * days)
    chance = float(chances.sum())
    if not chance > 0.0:
        raise QueryError("It cannot come about, so that there is no history to sample in which it does.")
    jumps = draw(chances, count, random)
    first = np.empty(count, np.int32)
    for k in np.unique(jumps):
        first[jumps == k] = draw(chain.start * back[k], int((jumps == k).sum()), random)

    def sample(done: int) -> Sampled:
        return _simulate_given(*asked, back, first[done:], jumps[done:], days, FIRINGS, random)

    paths = in_room(sample, first, days)
    if days < horizon:
        then = simulate_from(chain, paths.at(np.inf), horizon - days, random)
        paths = joined(first, [as_piece(paths, 0.0), as_piece(then, days)], horizon)
    return paths, chance


def _steps_back(asked: Asked, start: Float, mean: float) -> tuple[Float, Float]:
    """Return ``(K + 1, N)`` chances of coming about in 0, 1, .. steps, and those times that of so many."""
    from scipy.stats import poisson

    most = min(MOST_STEPS, MOST_BYTES // (8 * len(start)))
    # The chance of more steps than these is below the least double, so that the last of them ends the loop.
    steps = np.arange(min(most, int(mean + 60.0 * np.sqrt(mean)) + 200) if mean < most else 0)
    back, chances, found = [], [], 0.0
    last = asked[-2].astype(np.float64)
    for weight, tail in zip(poisson.pmf(steps, mean), poisson.sf(steps, mean), strict=True):
        back.append(last)
        chances.append(float(weight * (start @ last)))
        found += chances[-1]
        if tail <= TAIL * found:
            return np.array(back), np.array(chances)
        last = _one_more_step(*asked, last)
    raise QueryError(
        f"More than {most:,} steps of {len(start):,} situations would have to be followed. "
        "Ask for a shorter time: horizon:, or the outcome's within:."
    )


@kernel
def _one_more_step(
    option_start: Int64, option_kind: Int32, kind_branches: Int32, target_start: Int64, targets: Int32,
    chance: Float, option_rate: Float, hits: Bool, there: Bool, fastest: float, before: Float,
) -> Float:  # fmt: skip
    """Return ``(N,)`` the chance of being there within one step more."""
    out = np.ones(len(there))
    for s in range(len(there)):
        if there[s]:
            continue
        stays, value = fastest, 0.0
        branch = target_start[s]
        for o in range(option_start[s], option_start[s + 1]):
            stays -= option_rate[o]
            kind = option_kind[o]
            for b in range(kind_branches[kind]):
                leads = 1.0 if hits[o] else before[targets[branch + b]]
                value += option_rate[o] * chance[kind, b] * leads
            branch += kind_branches[kind]
        out[s] = (value + max(stays, 0.0) * before[s]) / fastest
    return out


@kernel
def _simulate_given(
    option_start: Int64, option_kind: Int32, kind_branches: Int32, target_start: Int64, targets: Int32,
    chance: Float, option_rate: Float, hits: Bool, there: Bool, fastest: float, back: Float, first: Int32,
    jumps: Int32, horizon: float, room: int, random: np.random.Generator,
) -> tuple[int, Int64, Float, Int32, Int32]:  # fmt: skip
    """Fill the room with whole paths on which it comes about; see `_simulate`."""
    counts = np.zeros(len(first), np.int64)
    times = np.empty(room)
    options = np.empty(room, np.int32)
    situations = np.empty(room, np.int32)
    ones = np.ones(len(there))
    at = 0
    for path in range(len(first)):
        begin, s, time = at, first[path], 0.0
        done = there[s]
        for k in range(jumps[path], 0, -1):
            time = horizon - (horizon - time) * random.random() ** (1.0 / k)
            left = fastest * random.random() * (1.0 if done else back[k, s])
            o, b = _step_given(
                option_start, option_kind, kind_branches, target_start, targets, chance, option_rate,
                hits, fastest, s, ones if done else back[k - 1], left,
            )  # fmt: skip
            if o < 0:
                continue
            if at == room:
                return whole_paths(path, counts, times, options, situations, begin)
            s = targets[b]
            done = done or there[s] or hits[o]
            times[at], options[at], situations[at] = time, o, s
            at += 1
        counts[path] = at - begin
    return whole_paths(len(first), counts, times, options, situations, at)


@kernel
def _step_given(
    option_start: Int64, option_kind: Int32, kind_branches: Int32, target_start: Int64, targets: Int32,
    chance: Float, option_rate: Float, hits: Bool, fastest: float, s: int, after: Float, left: float,
) -> tuple[int, int]:  # fmt: skip
    """Return the step up to which rates times ``after`` come to ``left``: option and branch, -1 for none."""
    stays, branch, last = fastest, target_start[s], (-1, -1)
    for o in range(option_start[s], option_start[s + 1]):
        kind = option_kind[o]
        stays -= option_rate[o]
        for b in range(kind_branches[kind]):
            weight = option_rate[o] * chance[kind, b] * (1.0 if hits[o] else after[targets[branch + b]])
            left -= weight
            if weight > 0.0:
                last = (o, branch + b)
                if left < 0.0:
                    return last
        branch += kind_branches[kind]
    return (-1, -1) if stays > 0.0 and after[s] > 0.0 else last


def write_histories(
    process: Chain | DatedProcess,
    path: str | os.PathLike[str],
    number: int,
    horizon: float,
    seed: int = 0,
    event: HistoryEvent | None = None,
) -> float:
    """Sample histories and write them as CSV or Parquet, as the file's ending says.

    Parameters
    ----------
    event
        What comes about in each of them; its chance is returned, else 1.
    """
    chance = 1.0
    if event is None:
        paths = simulate(process, number, horizon, seed)
    elif isinstance(process, DatedProcess):
        raise QueryError(
            "Where known dates lie ahead, histories cannot be sampled given what comes about in them. "
            "Sample many, and keep those in which it does."
        )
    else:
        random = stream(seed, "histories", event.name)
        paths, chance = simulate_given(
            process, number, horizon, random, target=event.target, options=event.options, within=event.within
        )
    write_columns(path, histories(process, paths))
    return chance
