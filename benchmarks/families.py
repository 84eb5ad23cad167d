"""Families of games that grow: random crises, and the entry game of Blevins (2025).

A random crisis has variables of a few levels each. Every move changes one variable, sometimes a second,
is possible where two or three variables have certain levels, and has one or two branches. Interests and
impacts are drawn per actor. The families are functions of their sizes and a seed, so that a benchmark
names its game completely.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bystander.game.arrays import Game, InterestLabel, MoveLabel, MoveType, Numbers, Situations, Structure

YEAR = 365.25


@dataclass
class MoveDraft:
    """A move before assembly: where it is possible, and where each of its branches leads."""

    name: str
    owner: int
    type: MoveType
    guard: NDArray[np.bool_]
    targets: list[NDArray[np.int64]]
    chance: list[float]
    impact: NDArray[np.float64]
    rate: float = 1.0
    vote_weight: list[int] = field(default_factory=list)
    quota: int = 1


def assemble(
    levels: list[int],
    drafts: list[MoveDraft],
    actors: int,
    interests: list[tuple[int, NDArray[np.int32], NDArray[np.float64]]],
    pace: NDArray[np.float64],
    discount: NDArray[np.float64],
    rationality: NDArray[np.float64],
    shocks: str = "private",
) -> Game:
    """Put moves over the full grid of levels into the arrays of a `Game`.

    ``interests`` holds (actor, context of each situation with 0 where it does not hold, worth of contexts
    1, 2, ...). Moves must come in the order hazards, decisions, actions by owner.
    """
    size = int(np.prod(levels))
    guards = np.array([d.guard for d in drafts])
    option_start = np.concatenate([[0], np.cumsum(guards.sum(0))]).astype(np.int64)
    situation, move = np.nonzero(guards.T)
    branches = np.array([len(d.targets) for d in drafts], np.int32)
    counts = branches[move]
    target_start = np.concatenate([[0], np.cumsum(guards.T @ branches)]).astype(np.int64)
    branch_start = np.cumsum(counts) - counts
    targets = np.empty(int(counts.sum()), np.int32)
    for m, draft in enumerate(drafts):
        chosen = move == m
        for b, target in enumerate(draft.targets):
            targets[branch_start[chosen] + b] = target[situation[chosen]]
    chance = np.zeros((len(drafts), int(branches.max())))
    weight = np.zeros((len(drafts), actors), np.int32)
    for m, draft in enumerate(drafts):
        chance[m, : len(draft.chance)] = draft.chance
        if draft.vote_weight:
            weight[m] = draft.vote_weight
    strides = np.array([int(np.prod(levels[f + 1 :])) for f in range(len(levels))], np.int64)
    codes = np.arange(size, dtype=np.int64)
    start = np.zeros(size)
    start[0] = 1.0
    starts = np.cumsum([1] + [len(worth) for _, _, worth in interests])
    contexts = [
        np.where(c > 0, c - 1 + first, 0) for (_, c, _), first in zip(interests, starts, strict=False)
    ]
    flow_context = np.stack(contexts, 1).astype(np.int32)
    return Game(
        actors=tuple(f"actor_{i}" for i in range(actors)),
        institutions=("institution",) if any(d.type is MoveType.DECISION for d in drafts) else (),
        moves=tuple(MoveLabel(d.name, d.name.partition(".")[0], d.type) for d in drafts),
        interests=tuple(
            InterestLabel(f"actor_{i}.interest_{n}", f"actor_{i}") for n, (i, _, _) in enumerate(interests)
        ),
        situations=Situations(
            names=tuple(f"x{f}" for f in range(len(levels))),
            level_names=tuple(tuple(f"l{k}" for k in range(n)) for n in levels),
            levels=((codes[:, None] // strides) % np.array(levels)).astype(np.uint8),
            codes=codes,
            strides=strides,
            start=start,
        ),
        structure=Structure(
            option_start=option_start,
            option_kind=move.astype(np.int32),
            target_start=target_start,
            targets=targets,
            kind_move=np.arange(len(drafts), dtype=np.int32),
            move_type=np.array([d.type for d in drafts], np.uint8),
            move_owner=np.array([d.owner for d in drafts], np.int32),
            move_branches=branches,
            move_habitual=np.zeros(len(drafts), bool),
            pace_context=np.zeros(size, np.int32),
            flow_context=flow_context,
            flow_actor=np.array([i for i, _, _ in interests], np.int32),
        ),
        numbers=Numbers(
            rate=np.array([d.rate for d in drafts]),
            chance=chance,
            impact=np.array([d.impact for d in drafts]),
            vote_weight=weight,
            vote_quota=np.array([d.quota for d in drafts], np.int32),
            habit=np.zeros(len(drafts)),
            vote_habit=np.full((len(drafts), actors), 0.5),
            pace=pace.reshape(1, actors),
            flow_worth=np.concatenate([[0.0], *[worth for _, _, worth in interests]]),
            discount=discount,
            rationality=rationality,
        ),
        shocks=shocks,
    )


def random_crisis(
    levels: list[int],
    actors: int,
    hazards: int,
    actions: int,
    decisions: int = 0,
    seed: int = 1,
    hazard_rate: float = 2.0,
    pace: float = 4.0,
    discount: float = 0.5,
    rationality: float = 1.0,
    guards: int = 1,
    shocks: str = "private",
) -> Game:
    """Draw a crisis over the full grid of ``levels``; rates, pace and discount are per year."""
    random = np.random.default_rng(seed)
    size = int(np.prod(levels))
    strides = [int(np.prod(levels[f + 1 :])) for f in range(len(levels))]
    codes = np.arange(size, dtype=np.int64)
    grid = [(codes // stride) % n for stride, n in zip(strides, levels, strict=True)]

    def draft(name: str, owner: int, kind: MoveType, rate: float) -> MoveDraft:
        """Draw a move: one variable steps to another level, where `guards` further variables allow it."""
        count = 2 if random.random() < 0.3 else 1
        chosen = random.permutation(len(levels))[: count + guards]
        guard = np.ones(size, bool)
        for f in chosen[count:]:
            guard &= grid[f] != random.integers(levels[f])
        targets = []
        for f in chosen[:count]:
            to = int(random.integers(levels[f]))
            guard &= grid[f] != to
            targets.append(codes + (to - grid[f]) * strides[f])
        first = float(random.uniform(0.3, 0.9)) if count == 2 else 1.0
        chance = [first, 1.0 - first] if count == 2 else [1.0]
        weight = random.integers(0, 2, actors).tolist() if kind is MoveType.DECISION else []
        if weight and sum(weight) == 0:
            weight[0] = 1
        return MoveDraft(
            name, owner, kind, guard, targets, chance, random.normal(0.0, 0.3, actors), rate / YEAR, weight,
            quota=int(random.integers(1, max(sum(weight), 1) + 1)),
        )  # fmt: skip

    drafts = [draft(f"nature.h{h}", -1, MoveType.HAZARD, hazard_rate) for h in range(hazards)]
    drafts += [draft(f"institution.d{d}", 0, MoveType.DECISION, 3.0) for d in range(decisions)]
    owners = np.sort(np.arange(actions) % actors)
    drafts += [draft(f"actor_{i}.a{a}", int(i), MoveType.ACTION, YEAR) for a, i in enumerate(owners)]
    interests = []
    for i in range(actors):
        for f in random.permutation(len(levels))[:3]:
            interests.append((i, (grid[f] + 1).astype(np.int32), random.normal(0.0, 2.0, levels[f]) / YEAR))
    return assemble(
        levels, drafts, actors, interests,
        np.full(actors, pace / YEAR), np.full(actors, discount / YEAR), np.full(actors, rationality), shocks,
    )  # fmt: skip


def entry_game(firms: int = 2, demand: int = 2, shocks: str = "private") -> Game:
    """Blevins (2025): firms enter and leave a market of moving demand; one time unit is one day."""
    levels = [2] * firms + [demand]
    size = demand * 2**firms
    codes = np.arange(size, dtype=np.int64)
    x = codes % demand
    active = [(codes // (demand * 2 ** (firms - 1 - i))) % 2 for i in range(firms)]
    none = np.zeros(firms)
    drafts = [
        MoveDraft("nature.up", -1, MoveType.HAZARD, x < demand - 1, [codes + 1], [1.0], none, 1.0),
        MoveDraft("nature.down", -1, MoveType.HAZARD, x > 0, [codes - 1], [1.0], none, 1.0),
    ]
    for i in range(firms):
        step = demand * 2 ** (firms - 1 - i)
        cost = none.copy()
        cost[i] = -0.5
        drafts += [
            MoveDraft(f"firm_{i}.enter", i, MoveType.ACTION, active[i] == 0, [codes + step], [1.0], cost),
            MoveDraft(f"firm_{i}.leave", i, MoveType.ACTION, active[i] == 1, [codes - step], [1.0], none),
        ]
    rivals = np.sum(active, axis=0)
    context = rivals * demand + x
    worth = np.array([-0.1 * n + 0.2 * d for n in range(firms + 1) for d in range(demand)])
    interests = [(i, np.where(active[i] == 1, context + 1, 0).astype(np.int32), worth) for i in range(firms)]
    return assemble(
        levels, drafts, firms, interests,
        np.full(firms, 2.0), np.full(firms, 0.05), np.ones(firms), shocks,
    )  # fmt: skip
