"""Small random games with every feature of the frozen form, and a plain fixed point that solves them.

Slow, obvious and independent of the package's kernels: dictionaries and loops over one situation at a time.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from bystander.game.arrays import Game, InterestLabel, MoveLabel, MoveType, Numbers, Situations, Structure


def random_game(seed, *, levels=(2, 3, 2), actors=3, shocks="control", worth=1.0, patience=0.5, quota=None):
    """Hazards, two institutions' decisions with weighted votes and lotteries, and actions of every actor."""
    rng = np.random.default_rng(seed)
    rows = list(itertools.product(*(range(k) for k in levels)))
    n, variables = len(rows), len(levels)
    strides = np.array([int(np.prod(levels[f + 1 :])) for f in range(variables)])
    names = [f"actor{i}" for i in range(actors)]
    moves, kinds, options = [], [], {s: [] for s in range(n)}

    def lottery(branches):
        out = []
        for _ in range(branches):
            out.append({f: rng.integers(levels[f]) for f in rng.choice(variables, rng.integers(1, 3), False)})
        return out

    def add(owner, name, kind, branches):
        guard_variable = rng.integers(variables)
        guard_level = rng.integers(levels[guard_variable])
        context_variable = rng.integers(variables)
        effects = lottery(branches)
        move = len(moves)
        moves.append(MoveLabel(f"{owner}.{name}", owner, kind))
        first = len(kinds)
        for _ in range(levels[context_variable]):
            chance = np.zeros(2)
            chance[:branches] = rng.dirichlet(np.ones(branches))
            weight = np.zeros(actors, np.int32)
            if kind is MoveType.DECISION:
                weight = rng.integers(0, 3, actors).astype(np.int32)
                weight[rng.integers(actors)] = 1
            adopt = int(rng.integers(1, max(weight.sum(), 1) + 1)) if quota is None else quota(weight)
            rate = 1.0 if kind is MoveType.ACTION else float(rng.uniform(0.2, 3.0)) / 30
            kinds.append((move, chance, rng.normal(size=actors) * 0.5 * worth, weight, adopt, rate))
        for s, row in enumerate(rows):
            if row[guard_variable] == guard_level and rng.random() < 0.5:
                continue
            targets = [
                int(np.dot([effect.get(f, row[f]) for f in range(variables)], strides)) for effect in effects
            ]
            options[s].append((first + row[context_variable], targets))

    for h in range(3):
        add("nature", f"hazard{h}", MoveType.HAZARD, 1 + h % 2)
    for d in range(2):
        add("council", f"decision{d}", MoveType.DECISION, 1 + d % 2)
    for name in names:
        for a in range(2):
            add(name, f"action{a}", MoveType.ACTION, 1 + a)
    flow_actor = np.array([*range(actors), *range(actors)], np.int32)
    flow_worth = np.concatenate([[0.0], rng.normal(size=2 * 3 * actors) * worth * 3 / 365])
    flow_context = np.array(
        [[0 if rng.random() < 0.3 else 1 + 3 * k + rng.integers(3) for k in range(2 * actors)] for _ in rows]
    )
    habits = np.random.default_rng([seed, 1])
    habitual = np.array([m.type is MoveType.ACTION and habits.random() < 0.6 for m in moves])
    kind_move = np.array([k[0] for k in kinds], np.int32)
    option_start = np.concatenate([[0], np.cumsum([len(options[s]) for s in range(n)])])
    flat = [o for s in range(n) for o in options[s]]
    start = rng.dirichlet(np.ones(n))
    return Game(
        actors=tuple(names),
        institutions=("council",),
        moves=tuple(moves),
        interests=tuple(InterestLabel(f"{names[i]}.interest{k}", names[i]) for k, i in enumerate(flow_actor)),
        situations=Situations(
            names=tuple(f"v{f}" for f in range(variables)),
            level_names=tuple(tuple(f"l{k}" for k in range(m)) for m in levels),
            levels=np.array(rows, np.uint8),
            codes=np.arange(n),
            strides=strides,
            start=start,
        ),
        structure=Structure(
            option_start=option_start.astype(np.int64),
            option_kind=np.array([k for k, _ in flat], np.int32),
            target_start=np.concatenate(
                [[0], np.cumsum([sum(len(t) for _, t in options[s]) for s in range(n)])]
            ).astype(np.int64),
            targets=np.array([t for _, ts in flat for t in ts], np.int32),
            kind_move=kind_move,
            move_type=np.array([m.type for m in moves], np.uint8),
            move_owner=np.array(
                [
                    -1 if m.type is MoveType.HAZARD else names.index(m.owner) if m.owner in names else 0
                    for m in moves
                ],
                np.int32,
            ),
            move_branches=np.array(
                [next(len(t) for k, t in flat if kinds[k][0] == m) for m in range(len(moves))], np.int32
            ),
            move_habitual=habitual,
            pace_context=np.array([row[0] for row in rows], np.int32),
            flow_context=flow_context.astype(np.int32),
            flow_actor=flow_actor,
        ),
        numbers=Numbers(
            rate=np.array([k[5] for k in kinds]),
            chance=np.array([k[1] for k in kinds]),
            impact=np.array([k[2] for k in kinds]),
            vote_weight=np.array([k[3] for k in kinds]),
            vote_quota=np.array([k[4] for k in kinds], np.int32),
            habit=np.where(habitual[kind_move], habits.uniform(0.02, 0.4, len(kinds)), 0.0),
            vote_habit=habits.uniform(0.05, 0.9, (len(kinds), actors)),
            pace=rng.uniform(0.5, 2.0, (levels[0], actors)) / 14,
            flow_worth=flow_worth,
            discount=rng.uniform(0.8, 1.2, actors) * patience / 365,
            rationality=rng.uniform(0.5, 1.5, actors),
        ),
        shocks=shocks,
    )


def with_numbers(game, **changes):
    """The same game with some of its arrays of numbers replaced."""
    return replace(game, numbers=replace(game.numbers, **changes))


def sweep(game, values, worth=1.0):
    """One application of the value equations in contraction form; returns values, choices and rates.

    What shocks give, or control costs, is multiplied by ``worth``.
    """
    shape, num = game.structure, game.numbers
    actors = len(game.actors)
    flow = game.flow()
    new, choice = np.zeros_like(values), np.zeros(len(shape.option_kind))
    rate = np.zeros(len(shape.option_kind))
    control, priced = game.shocks == "control", game.shocks != "noise"
    for s in range(game.size):
        v = values[s]
        top, bottom = flow[s].copy(), num.discount.copy()
        at, menus = shape.target_start[s], {}
        for o in range(shape.option_start[s], shape.option_start[s + 1]):
            k = shape.option_kind[o]
            m = shape.kind_move[k]
            branches = shape.move_branches[m]
            ahead = num.impact[k] + num.chance[k, :branches] @ values[shape.targets[at : at + branches]]
            at += branches
            if shape.move_type[m] == MoveType.HAZARD:
                choice[o], rate[o] = 1.0, num.rate[k]
                top += rate[o] * ahead
                bottom += rate[o]
            elif shape.move_type[m] == MoveType.ACTION:
                menus.setdefault(shape.move_owner[m], []).append((o, ahead))
            else:
                voters = np.flatnonzero(num.vote_weight[k])
                usual = {i: num.vote_habit[k, i] if control else 0.5 for i in voters}
                y = {}
                for i in voters:
                    odds = usual[i] / (1 - usual[i]) * np.exp(num.rationality[i] * (ahead[i] - v[i]))
                    y[i] = odds / (1 + odds)
                passes, pivot = 0.0, dict.fromkeys(voters, 0.0)
                for ballot in itertools.product((0, 1), repeat=len(voters)):
                    p = np.prod([y[i] if b else 1 - y[i] for i, b in zip(voters, ballot, strict=True)])
                    yes = sum(num.vote_weight[k, i] for i, b in zip(voters, ballot, strict=True) if b)
                    passes += p * (yes >= num.vote_quota[k])
                    for i, b in zip(voters, ballot, strict=True):
                        without = yes - b * num.vote_weight[k, i]
                        decides = without < num.vote_quota[k] <= without + num.vote_weight[k, i]
                        pivot[i] += p * decides
                choice[o], rate[o] = passes, num.rate[k] * passes
                top += rate[o] * ahead
                bottom += rate[o]
                for i in voters:
                    if priced and num.rationality[i] > 0:
                        h = -y[i] * np.log(y[i]) - (1 - y[i]) * np.log(1 - y[i])
                        if control:
                            h += y[i] * np.log(usual[i]) + (1 - y[i]) * np.log(1 - usual[i])
                        top[i] += worth * num.rate[k] * pivot[i] * h / num.rationality[i]
        for j, menu in menus.items():
            w = np.array([v[j], *(ahead[j] for _, ahead in menu)])
            usual = _usual(game, [shape.option_kind[o] for o, _ in menu]) if control else np.ones(len(w))
            p = usual * np.exp(num.rationality[j] * (w - w.max()))
            p /= p.sum()
            pace = num.pace[shape.pace_context[s], j]
            for (o, ahead), chance in zip(menu, p[1:], strict=True):
                choice[o], rate[o] = chance, pace * chance
                top += rate[o] * ahead
                bottom += rate[o]
            if priced and num.rationality[j] > 0:
                top[j] -= worth * pace * (p @ np.log(p / usual)) / num.rationality[j]
        new[s] = top / bottom
    assert new.shape == (game.size, actors)
    return new, choice, rate


def _usual(game, kinds):
    """Habits of waiting and of the options of a menu: those not stated share with waiting what is left."""
    stated = [bool(game.structure.move_habitual[game.structure.kind_move[k]]) for k in kinds]
    habit = [game.numbers.habit[k] for k in kinds]
    left = 1 - sum(h for h, known in zip(habit, stated, strict=True) if known)
    rest = left / (1 + stated.count(False))
    return np.array([rest, *(h if known else rest for h, known in zip(habit, stated, strict=True))])


def solve(game, *, tolerance=1e-13, limit=20_000, values=None):
    """Repeat `sweep` until nothing moves, then polish by Newton's method with finite differences."""
    values = np.zeros((game.size, len(game.actors))) if values is None else values
    for _ in range(limit):
        new, choice, rate = sweep(game, values)
        moved = np.abs(new - values).max()
        values = new
        if moved < 1e-4:
            break
    for _ in range(30):
        new, choice, rate = sweep(game, values)
        gap = (new - values).ravel()
        if np.abs(gap).max() < tolerance:
            break
        columns = []
        for c in range(values.size):
            step = np.zeros(values.size)
            step[c] = 1e-6
            up = sweep(game, values + step.reshape(values.shape))[0]
            down = sweep(game, values - step.reshape(values.shape))[0]
            columns.append(((up - down) / 2e-6).ravel() - np.eye(values.size)[c])
        values = values - np.linalg.solve(np.array(columns).T, gap).reshape(values.shape)
    new, choice, rate = sweep(game, values)
    return values, choice, rate, float(np.abs(new - values).max())
