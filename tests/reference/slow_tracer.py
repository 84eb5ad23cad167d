"""The traced path by the plainest means: loops over options, differences for slopes, many short steps.

Nothing is shared with the package's kernels or its follower. Returns where t turned and where the path ended.
"""

from __future__ import annotations

import itertools

import numpy as np


def gap(game, values, t):
    """By how much values miss the value equations at t: what votes lead to is summed over all ballots."""
    shape, num = game.structure, game.numbers
    out = game.flow() - num.discount * values
    private = game.shocks == "private"

    def entropy(p):
        return -sum(x * np.log(x) for x in p if x > 0.0)

    branch = 0
    for s in range(game.size):
        menus = {}
        for o in range(shape.option_start[s], shape.option_start[s + 1]):
            k = shape.option_kind[o]
            m = shape.kind_move[k]
            gain = num.impact[k].copy()
            for b in range(shape.move_branches[m]):
                gain += num.chance[k, b] * (values[shape.targets[branch]] - values[s])
                branch += 1
            if shape.move_type[m] == 0:
                out[s] += num.rate[k] * gain
            elif shape.move_type[m] == 1:
                voters = np.flatnonzero(num.vote_weight[k])
                odds = t * num.rationality[voters] * gain[voters]
                yes = 1.0 / (1.0 + np.exp(-odds))
                for votes in itertools.product((0, 1), repeat=len(voters)):
                    p = np.where(votes, yes, 1.0 - yes)
                    weight = num.vote_weight[k, voters] @ np.array(votes, int)
                    if weight >= num.vote_quota[k]:
                        out[s] += num.rate[k] * p.prod() * gain
                    for v, i in enumerate(voters):
                        others = weight - num.vote_weight[k, i] * votes[v]
                        pivotal = others < num.vote_quota[k] <= others + num.vote_weight[k, i]
                        if pivotal and votes[v] and private and num.rationality[i] > 0.0:
                            worth = t / num.rationality[i] * entropy((yes[v], 1.0 - yes[v]))
                            out[s, i] += num.rate[k] * np.delete(p, v).prod() * worth
            else:
                menus.setdefault(shape.move_owner[m], []).append(gain)
        for j, gains in menus.items():
            odds = np.array([0.0, *(t * num.rationality[j] * gain[j] for gain in gains)])
            p = np.exp(odds - odds.max())
            p /= p.sum()
            pace = num.pace[shape.pace_context[s], j]
            for chance, gain in zip(p[1:], gains, strict=True):
                out[s] += pace * chance * gain
            if private and num.rationality[j] > 0.0:
                out[s, j] += pace * t / num.rationality[j] * entropy(p)
    return out.ravel()


def slopes(game, x, shape):
    """Derivatives of the gap in all values and t, by central differences."""
    columns = []
    for c in range(len(x)):
        size = 1e-6 * max(1.0, abs(x[c]))
        ahead, behind = x.copy(), x.copy()
        ahead[c] += size
        behind[c] -= size
        two = (gap(game, y[:-1].reshape(shape), y[-1]) for y in (ahead, behind))
        columns.append((next(two) - next(two)) / (2.0 * size))
    return np.array(columns).T


def trace(game, *, length=0.1, most=5000):
    """Follow the path from t = 0; return the t of its folds, and values and t at its end."""
    shape = (game.size, len(game.actors))
    scale = np.append(
        np.tile(np.maximum(game.numbers.rationality, 1e-3), game.size) / np.sqrt(np.prod(shape)), 1.0
    )
    x = np.zeros(np.prod(shape) + 1)
    for _ in range(5):
        x[:-1] -= np.linalg.solve(slopes(game, x, shape)[:, :-1], gap(game, x[:-1].reshape(shape), 0.0))
    direction, folds = np.append(np.zeros(len(x) - 1), 1.0), []

    def tangent(x, near):
        matrix = np.vstack([slopes(game, x, shape) / scale, near])
        found = np.linalg.solve(matrix, np.append(np.zeros(len(x) - 1), 1.0))
        return found / np.linalg.norm(found)

    direction = tangent(x, direction)
    size = length
    for _ in range(most):
        ahead = x + size * direction / scale
        for _ in range(8):
            matrix = np.vstack([slopes(game, ahead, shape) / scale, direction])
            step = np.linalg.solve(matrix, np.append(-gap(game, ahead[:-1].reshape(shape), ahead[-1]), 0.0))
            ahead = ahead + step / scale
            if np.abs(step).max() < 1e-8:
                break
        turned = tangent(ahead, direction)
        if np.abs(step).max() >= 1e-8 or turned @ direction < 0.97:
            size /= 2
            continue
        if turned[-1] * direction[-1] < 0.0:
            a, b = direction[-1], turned[-1]
            folds.append(x[-1] + size * a * a / (a - b) / 2)
        if ahead[-1] >= 1.0:
            x = x + (ahead - x) * (1.0 - x[-1]) / (ahead[-1] - x[-1])
            for _ in range(8):
                x[:-1] -= np.linalg.solve(
                    slopes(game, x, shape)[:, :-1], gap(game, x[:-1].reshape(shape), 1.0)
                )
            return folds, x[:-1].reshape(shape), 1.0
        x, direction, size = ahead, turned, min(1.5 * size, length)
    return folds, x[:-1].reshape(shape), x[-1]
