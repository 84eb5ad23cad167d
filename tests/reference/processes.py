"""Small random processes as games with given behaviour, and their dense, obvious counterparts."""

from __future__ import annotations

import numpy as np

from bystander.equilibrium.result import Certificate, Equilibrium, Selection, Status
from bystander.game.arrays import Game, MoveLabel, MoveType, Numbers, Situations, Structure
from bystander.numerics.bounds import Bounded
from bystander.numerics.operators import uniformise
from bystander.numerics.transients import forward_course, march
from bystander.process.chain import make_passage, rate_of


def process(
    branches,
    *,
    moves=1,
    start=None,
    move_names=None,
):
    """An equilibrium with the options listed: ``branches[s] = [(move, rate, [(chance, target), ...]),
    ...]``."""
    size = len(branches)
    widths = np.ones(moves, np.int32)
    for options in branches:
        for move, _, effects in options:
            widths[move] = len(effects)
    chance_of = {}
    option_kind, option_rate, targets = [], [], []
    option_start, target_start = [0], [0]
    for options in branches:
        for move, rate, effects in options:
            kind = chance_of.setdefault((move, tuple(p for p, _ in effects)), len(chance_of))
            option_kind.append(kind)
            option_rate.append(rate)
            targets.extend(t for _, t in effects)
        option_start.append(len(option_kind))
        target_start.append(len(targets))
    chance = np.zeros((max(len(chance_of), 1), int(widths.max())))
    kind_move = np.zeros(max(len(chance_of), 1), np.int32)
    for (move, chances), kind in chance_of.items():
        chance[kind, : len(chances)] = chances
        kind_move[kind] = move
    kinds = len(kind_move)
    names = (
        move_names or ["nature.h0", "council.d1", *(f"actor{m % 2}.a{m}" for m in range(2, moves))][:moves]
    )
    types = [
        MoveType.HAZARD
        if n.startswith("nature")
        else MoveType.DECISION
        if n.startswith("council")
        else MoveType.ACTION
        for n in names
    ]
    owners = [-1 if n.startswith("nature") else 0 if n.startswith("council") else int(n[5]) for n in names]
    begin = np.eye(size)[0] if start is None else np.asarray(start, float)
    game = Game(
        actors=("actor0", "actor1"),
        institutions=("council",),
        moves=tuple(MoveLabel(n, n.split(".")[0], t) for n, t in zip(names, types, strict=True)),
        interests=(),
        situations=Situations(
            names=("place",),
            level_names=(tuple(f"l{s}" for s in range(size)),),
            levels=(np.arange(size) % 256).astype(np.uint8)[:, None],
            codes=np.arange(size, dtype=np.int64),
            strides=np.ones(1, np.int64),
            start=begin,
        ),
        structure=Structure(
            option_start=np.array(option_start, np.int64),
            option_kind=np.array(option_kind, np.int32),
            target_start=np.array(target_start, np.int64),
            targets=np.array(targets, np.int32),
            kind_move=kind_move,
            move_type=np.array(types, np.uint8),
            move_owner=np.array(owners, np.int32),
            move_branches=widths,
            move_habitual=np.zeros(len(types), bool),
            pace_context=np.zeros(size, np.int32),
            flow_context=np.zeros((size, 0), np.int32),
            flow_actor=np.zeros(0, np.int32),
        ),
        numbers=Numbers(
            rate=np.ones(kinds),
            chance=chance,
            impact=np.zeros((kinds, 2)),
            vote_weight=np.zeros((kinds, 2), np.int32),
            vote_quota=np.ones(kinds, np.int32),
            habit=np.zeros(kinds),
            vote_habit=np.full((kinds, 2), 0.5),
            pace=np.ones((1, 2)),
            flow_worth=np.zeros(1),
            discount=np.full(2, 0.1),
            rationality=np.ones(2),
        ),
    )
    rate = np.array(option_rate, float)
    return Equilibrium(
        game=game,
        values=np.zeros((size, 2)),
        choice=np.ones(len(rate)),
        option_rate=rate,
        status=Status.CONVERGED,
        certificate=Certificate(0.0, (0.0, 0.0)),
        selection=Selection("direct"),
        tolerance=1e-9,
        iterations=0,
        seconds=0.0,
    )


def random_process(seed, size=7, moves=4, density=0.7, spread=1.0):
    """Random options with lotteries, self-loops and duplicate targets; ``spread`` makes rates differ by
    orders."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 4, moves)
    lotteries = [rng.dirichlet(np.ones(w)) for w in widths]
    branches = [
        [
            (m, float(np.exp(spread * rng.normal())), [(p, int(rng.integers(size))) for p in lotteries[m]])
            for m in range(moves)
            if rng.random() < density
        ]
        for _ in range(size)
    ]
    return process(branches, moves=moves, start=rng.dirichlet(np.ones(size)))


def options_in_order(equilibrium):
    """Every option as (situation, option, move, rate, [(chance, target), ...])."""
    game = equilibrium.game
    shape = game.structure
    for s in range(game.size):
        at = shape.target_start[s]
        for o in range(shape.option_start[s], shape.option_start[s + 1]):
            kind = shape.option_kind[o]
            move = shape.kind_move[kind]
            width = shape.move_branches[move]
            effects = [(game.numbers.chance[kind, b], int(shape.targets[at + b])) for b in range(width)]
            at += width
            yield s, o, move, equilibrium.option_rate[o], effects


def dense(equilibrium, *, kill=()):
    """The generator as a matrix; options in ``kill`` leave for an extra last row that absorbs."""
    n = equilibrium.game.size
    q = np.zeros((n + 1, n + 1))
    for s, o, _, rate, effects in options_in_order(equilibrium):
        for chance, t in effects:
            q[s, n if o in kill else t] += rate * chance
    q[np.diag_indices(n + 1)] = 0.0
    q[np.diag_indices(n + 1)] = -q.sum(axis=1)
    return q if len(kill) else q[:n, :n]


def absorbed(q, target):
    """The generator with the rows of a mask set to zero."""
    out = q.copy()
    out[target] = 0.0
    return out


def accumulated(chain, flow, per_firing, times):
    """One total followed alone: ``(G,)`` what is expected by each time, from the chain's start."""
    rate = rate_of(chain, flow, per_firing)
    times = np.asarray(times, float)
    course = forward_course(chain.transposed, chain.start, float(times.max()), rate[:, None])
    total = course.series.until(times, scale=float(np.abs(rate).max(initial=0.0)))
    return Bounded(total.value[:, 0], total.error)


def accumulated_from_everywhere(chain, flow, time):
    """``(N,)`` the total of a flow per day within a time, from every situation."""
    scale = max(float(np.abs(flow).max()) * time, 1e-300)
    return back_from(chain.generator, np.zeros(chain.size), flow, time, epsilon=1e-12 * scale)


def reach(chain, target, times, *, options=None, avoid=None, start=None):
    """``(G,)`` the chance of having entered the target, or fired an option, by each time."""
    times = np.asarray(times, float)
    passage = make_passage(chain, target, options=options, avoid=avoid)
    live, begun = passage.split(chain.start if start is None else start)
    none = np.zeros(len(live))
    hits = backward_course(passage.generator, none, passage.hit_rate, times.max(), live[None, :]).series
    found = hits.at(times)
    return Bounded(np.clip(begun + found.value[:, 0], 0.0, 1.0), found.error)


def reach_from_everywhere(chain, target, time, *, avoid=None):
    """``(N,)`` the chance of entering the target within a time, from every situation."""
    passage = make_passage(chain, target, avoid=avoid)
    hit = back_from(passage.generator, np.zeros(len(passage.rows)), passage.hit_rate, time)
    return Bounded(np.clip(passage.spread(hit.value), 0.0, 1.0), hit.error)


def back_from(generator, terminal, gain, time, epsilon=1e-12):
    """``(N,)`` values at a time before a deadline, from those at it and what is gained until then."""
    nowhere, when = np.zeros((0, generator.size)), np.array([time])
    course = backward_course(generator, terminal, gain, time, nowhere, at=when, epsilon=epsilon)
    return Bounded(course.at[0], course.error)


def backward_course(generator, terminal, gain, time, starts, *, at=None, epsilon=1e-12):
    """Follow values ``(N,)`` back from a deadline, reading them from starting distributions ``(S, N)``."""
    operator = uniformise(generator, forward=False, gain=gain)
    if not terminal.any():
        epsilon *= min(max(operator.gain_size * operator.rate * time, 1e-280), 1.0)
    return march(operator, terminal, float(time), lambda x: starts @ x, at=at, epsilon=epsilon)
